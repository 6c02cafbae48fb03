"""Which defaults do well after a StandardScaler, without any search by the user?

    python benchmarks/defaults.py scores|kernels DATA_FOLDER

DATA_FOLDER holds the UCI regression sets as prepared by github.com/treforevans/uci_datasets:
NAME/data.csv.gz (last column the target) and NAME/test_mask.csv.gz (a column for each fold).
Everything is fitted on at most 1,000 rows of three folds of each set; every ridge of this package
is the one that alpha="auto" finds on the training rows. "scores" shows R2 of the defaults set by
set. "kernels" shows, for the default parameters of each kernel and for the best on average, R2 lost
against the best candidate of that kernel on each set; a negative R2 counts as 0 there.
"""

import argparse
import itertools
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from report import progress, show
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from threadpoolctl import threadpool_limits

from sklearn_ntk import (
    KernelRegressor,
    KernelRegressorCV,
    LaplaceKernel,
    NNGPRegressor,
    NTKRegressor,
    NTKRegressorCV,
)
from sklearn_ntk.kernels import NNGP, NTK, Laplace

DEPTHS = [1, 2, 3, 5, 8]
BIASES = [0.0, 0.1, 1.0, 3.0]
LENGTHS = [0.5, 1.0, 2.0, 4.0, 8.0]
EXPONENTS = [1.0, 1.5]
MAX_ROWS = 1000

# What the package settled on.
DEFAULTS = {
    "NTK": "depth 3, bias 1",
    "NNGP": "depth 3, bias 1",
    "Laplace": "4 distances, exponent 1",
}


def estimators():
    """All models as they come, and what their columns are called."""
    learned = ConstantKernel() * RBF() + WhiteKernel(0.1)
    return {
        "NTK": NTKRegressor(),
        "NNGP": NNGPRegressor(),
        "Laplace": LaplaceKernel(),
        "NTK CV": NTKRegressorCV(),
        "kernel CV": KernelRegressorCV(),
        "learned GP": GaussianProcessRegressor(learned),
        "KernelRidge": KernelRidge(kernel="rbf"),
        "SVR": SVR(),
    }


def candidates(X):
    """(kernel, setting, object) for the parameters that are compared."""
    for depth, bias in itertools.product(DEPTHS, BIASES):
        for kernel in NTK, NNGP:
            setting = f"depth {depth}, bias {bias:g}"
            yield kernel.__name__, setting, kernel(depth, bias_variance=bias)
    distance = Laplace().scale(X) / 4  # root mean square
    for factor, exponent in itertools.product(LENGTHS, EXPONENTS):
        setting = f"{factor:g} distances, exponent {exponent:g}"
        yield "Laplace", setting, Laplace(factor * distance, exponent=exponent)


def load(folder, fold):
    """Standardised X, X_test, y, y_test of one fold of one set."""
    data = pd.read_csv(folder / "data.csv.gz", header=None).to_numpy()
    test = pd.read_csv(folder / "test_mask.csv.gz", header=None).to_numpy(dtype=bool)[:, fold]
    rng = np.random.default_rng(fold)
    train, test = (rng.permutation(np.flatnonzero(mask)) for mask in (~test, test))
    train, test = train[:MAX_ROWS], test[: 2 * MAX_ROWS]
    scaler = StandardScaler().fit(data[train])
    train, test = scaler.transform(data[train]), scaler.transform(data[test])
    return train[:, :-1], test[:, :-1], train[:, -1], test[:, -1]


def evaluate(part, folder, fold):
    """(set, kernel, setting, R2) of every model on one fold of one set."""
    X, X_test, y, y_test = load(folder, fold)
    if part == "scores":
        models = [("", name, model) for name, model in estimators().items()]
    else:
        models = [(*names, KernelRegressor(kernel)) for *names, kernel in candidates(X)]
    rows = []
    with threadpool_limits(1):
        for kernel, setting, model in models:
            score = r2_score(y_test, model.fit(X, y).predict(X_test))
            rows.append((folder.name, kernel, setting, score))
    progress(folder.name, fold)
    return rows


def scores(table):
    """Sets by estimators."""
    means = table.groupby(["set", "setting"])[["R2", "clipped"]].mean().unstack()
    chosen = means["R2"][list(estimators())]
    means = {"**mean**": chosen.mean(), "R2 < 0 as 0": means["clipped"][list(chosen)].mean()}
    chosen = pd.concat([chosen, pd.DataFrame(means).T]).map("{:.3f}".format)
    show(["set", *chosen], chosen.reset_index().to_numpy())


def kernels(table):
    """The default and the best parameters of each kernel."""
    # A set on which a candidate fails altogether should not decide alone.
    means = table.groupby(["kernel", "setting", "set"])["clipped"].mean().unstack()
    rows = []
    for kernel, default in DEFAULTS.items():
        losses = means.loc[kernel].max() - means.loc[kernel]
        best = losses.mean(axis=1).idxmin()
        for label, setting in ("default", default), ("best on average", best):
            loss = losses.loc[setting]
            rows.append([kernel, f"{label}: {setting}", f"{loss.mean():.3f}", f"{loss.max():.3f}"])
    show(["kernel", "setting", "mean loss", "worst loss"], rows)


def main():
    parts = {"scores": scores, "kernels": kernels}
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("part", choices=parts)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--folds", type=int, default=3)
    arguments = parser.parse_args()
    folders = sorted(path.parent for path in arguments.folder.glob("*/data.csv.gz"))
    results = Parallel(n_jobs=-1)(
        delayed(evaluate)(arguments.part, folder, fold)
        for folder in folders
        for fold in range(arguments.folds)
    )
    columns = ["set", "kernel", "setting", "R2"]
    table = pd.DataFrame(itertools.chain(*results), columns=columns)
    parts[arguments.part](table.assign(clipped=table["R2"].clip(lower=0)))


if __name__ == "__main__":
    main()
