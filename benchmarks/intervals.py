"""How many held-out targets lie in the 90 % intervals, before and after likelihood optimisation.

    python benchmarks/intervals.py FOLDER

FOLDER holds comma-separated files like those of examples/data, the target in the last column.
Five folds, inputs standardised on each training part, intervals of new observations.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from report import show
from scipy.stats import norm
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler

from sklearn_ntk import NNGPRegressor, NTKRegressor

NAMES = ["concrete", "energy", "yacht", "machine", "stock", "airfoil"]
MODELS = {
    "posterior, defaults": NNGPRegressor(n_jobs=2),
    "posterior, optimised": NNGPRegressor(optimizer="fmin_l_bfgs_b", n_jobs=2),
    "posterior, 0.03": NNGPRegressor(alpha=0.03, n_jobs=2),
    "trained networks": NTKRegressor(keep_factor=True, n_jobs=2),
}


def coverage(model, X, y):
    """Fractions of targets inside and their intervals' mean width, in standard deviations of y."""
    inside, width = [], []
    for train, test in KFold(5, shuffle=True, random_state=0).split(X):
        scaler = StandardScaler().fit(X[train])
        model.fit(scaler.transform(X[train]), y[train])
        rows = scaler.transform(X[test])
        options = {"include_noise": True} if isinstance(model, NNGPRegressor) else {}
        mean, std = model.predict(rows, return_std=True, **options)
        half = norm.ppf(0.95) * std
        inside.append(np.abs(y[test] - mean) <= half)
        width.append(2 * half / y.std())
    return np.concatenate(inside).mean(), np.concatenate(width).mean()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--names", nargs="*", default=NAMES)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    rows = []
    for name in arguments.names:
        data = np.loadtxt(arguments.folder / f"{name}.csv.gz", delimiter=",")
        found = [coverage(model, data[:, :-1], data[:, -1]) for model in MODELS.values()]
        rows.append([name, *(f"{inside:.1%} ({width:.2f})" for inside, width in found)])
    show(["set", *MODELS], rows)


if __name__ == "__main__":
    main()
