"""Rows farther out than any training row, and what bounding the columns does about them.

    python benchmarks/outliers.py DATA_FOLDER

Two folds of benchmarks/defaults.py in which three of the 2,000 test rows lie farther out than any
training row. Shows R2 on all test rows, without the three, and of models whose columns are clipped
at five standard deviations.
"""

import argparse
from pathlib import Path

import numpy as np
from defaults import load
from report import show
from sklearn.metrics import r2_score
from sklearn.svm import SVR

from sklearn_ntk import KernelRegressorCV, LaplaceKernel, NNGPRegressor, NTKRegressor

FOLDS = ("protein", 0), ("keggdirected", 8)
MODELS = {
    "NTK": NTKRegressor(),
    "NNGP": NNGPRegressor(),
    "Laplace": LaplaceKernel(),
    "KernelRegressorCV": KernelRegressorCV(),
    "SVR": SVR(),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    rows = []
    for name, fold in FOLDS:
        X, X_test, y, y_test = load(arguments.folder / name, fold)
        near = np.abs(X_test).max(axis=1) <= np.abs(X).max()
        scores = []
        for model in MODELS.values():
            found = model.fit(X, y).predict(X_test)
            clipped = model.fit(np.clip(X, -5, 5), y).predict(np.clip(X_test, -5, 5))
            score = r2_score(y_test, found), r2_score(y_test[near], found[near])
            scores.append([*score, r2_score(y_test, clipped)])
        labels = "all test rows", f"without the {(~near).sum()}", "all, clipped at 5"
        for label, row in zip(labels, np.transpose(scores), strict=True):
            rows.append([f"{name} {fold}, {label}", *map("{:.3f}".format, row)])
    show(["fold, and R2 on", *MODELS], rows)


if __name__ == "__main__":
    main()
