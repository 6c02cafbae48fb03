"""Which defaults do well after a StandardScaler, without any search by the user?

    python benchmarks/defaults.py DATA_FOLDER

DATA_FOLDER holds the UCI regression sets as prepared by github.com/treforevans/uci_datasets:
NAME/data.csv.gz (last column the target) and NAME/test_mask.csv.gz (a column for each fold).
Everything is fitted on at most 1,000 rows of three folds of each set; every ridge of this package
is the one that alpha="auto" finds on the training rows. Prints R2 of the defaults set by set, and
for each kernel the candidates with the least mean regret: R2 lost against the best candidate of
that kernel, averaged over sets. A negative R2 counts as 0 there; what that hides is in the columns
and rows of R2 as it is.
"""

import argparse
import itertools
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
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
    "NTK": "depth=3 bias_variance=1.0",
    "NNGP": "depth=3 bias_variance=1.0",
    "Laplace": "length_scale=4.0 * distance exponent=1.0",
}


def estimators():
    """All models as they come, and what their columns are called."""
    learned = ConstantKernel() * RBF() + WhiteKernel(0.1)
    return {
        "NTK": NTKRegressor(),
        "NNGP": NNGPRegressor(),
        "Laplace": LaplaceKernel(),
        "NTKRegressorCV": NTKRegressorCV(),
        "KernelRegressorCV": KernelRegressorCV(),
        "GaussianProcessRegressor": GaussianProcessRegressor(learned),
        "KernelRidge": KernelRidge(kernel="rbf"),
        "SVR": SVR(),
    }


def candidates(X):
    """(kernel, setting, object) for all that is compared."""
    for depth, bias in itertools.product(DEPTHS, BIASES):
        for kernel in NTK, NNGP:
            setting = f"depth={depth} bias_variance={bias}"
            yield kernel.__name__, setting, kernel(depth, bias_variance=bias)
    distance = Laplace().scale(X) / 4  # root mean square
    for factor, exponent in itertools.product(LENGTHS, EXPONENTS):
        setting = f"length_scale={factor} * distance exponent={exponent}"
        yield "Laplace", setting, Laplace(factor * distance, exponent=exponent)


def evaluate(folder, fold):
    """R2 of every model on one fold of one set."""
    data = pd.read_csv(folder / "data.csv.gz", header=None).to_numpy()
    test = pd.read_csv(folder / "test_mask.csv.gz", header=None).to_numpy(dtype=bool)[:, fold]
    rng = np.random.default_rng(fold)
    train, test = (rng.permutation(np.flatnonzero(mask)) for mask in (~test, test))
    train, test = train[:MAX_ROWS], test[: 2 * MAX_ROWS]
    scaler = StandardScaler().fit(data[train, :-1])
    X, X_test = scaler.transform(data[train, :-1]), scaler.transform(data[test, :-1])
    y, y_test = data[train, -1], data[test, -1]
    mean, std = y.mean(), y.std()
    y, y_test = (y - mean) / std, (y_test - mean) / std
    rows = []

    def record(kernel, setting, model):
        prediction = model.fit(X, y).predict(X_test)
        rows.append((folder.name, fold, kernel, setting, r2_score(y_test, prediction)))

    with threadpool_limits(1):
        for name, model in estimators().items():
            record("estimators", name, model)
        for kernel, setting, candidate in candidates(X):
            record(kernel, setting, KernelRegressor(candidate))
    return rows


def report(table):
    """Print R2 of the estimators set by set, then the best candidates of each kernel."""
    # A set on which a candidate fails altogether should not decide alone.
    table["clipped R2"] = table["R2"].clip(lower=0)
    means = table.groupby(["kernel", "setting", "set"])[["R2", "clipped R2"]].mean().unstack()
    scores, clipped = means["R2"], means["clipped R2"]
    columns = list(estimators())
    chosen = scores.loc["estimators"].loc[columns].T
    chosen.loc["mean"] = chosen.mean()
    chosen.loc["mean, R2 < 0 as 0"] = clipped.loc["estimators"].loc[columns].mean(axis=1)
    print(f"R2 of the defaults\n{chosen.round(3).to_string()}")
    for kernel, block in clipped.drop("estimators").groupby(level=0):
        block = block.droplevel(0)
        regret = block.max() - block
        columns = {"mean regret": regret, "clipped R2": block, "R2": scores.loc[kernel]}
        summary = pd.DataFrame({name: values.mean(axis=1) for name, values in columns.items()})
        summary["worst regret"] = regret.max(axis=1)
        best = summary.sort_values("mean regret").head(8).round(4)
        print(f"\n{kernel}\n{best.to_string()}")
        print(summary.loc[[DEFAULTS[kernel]]].round(4).to_string(header=False))
        print(f"best setting of each set: {block.max().mean():.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--folds", type=int, default=3)
    arguments = parser.parse_args()
    folders = sorted(path.parent for path in arguments.folder.glob("*/data.csv.gz"))
    results = Parallel(n_jobs=-1, verbose=5)(
        delayed(evaluate)(folder, fold) for folder in folders for fold in range(arguments.folds)
    )
    columns = ["set", "fold", "kernel", "setting", "R2"]
    report(pd.DataFrame(itertools.chain(*results), columns=columns))


if __name__ == "__main__":
    main()
