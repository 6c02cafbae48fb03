"""What each step of the recommended search of KernelRegressorCV gains.

    python benchmarks/recommended.py DATA_FOLDER [--folds 2]

The sets, the rows and the folds are those of benchmarks/defaults.py; everything is chosen on the
training rows. Shows mean R2 over the sets, a negative one as 0, the number of sets on which a
search errs more than the default one, and seconds of all fits, one thread each.
"""

import argparse
import itertools
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from defaults import load
from joblib import Parallel, delayed
from report import progress, show
from sklearn.metrics import r2_score
from threadpoolctl import threadpool_limits

from sklearn_ntk import ARDRegressor, KernelRegressorCV, NTKRegressor, RFMRegressor
from sklearn_ntk.kernels import Laplace, ProductLaplace
from sklearn_ntk.model_selection._recommended import recommended_kernels, recommended_learners

DEFAULT = "fifteen, one ARD and two RFM: the mean of up to three"


def searches(X):
    """Estimators by what they try."""
    fifteen = recommended_kernels(X, np.ones(len(X)))
    seven = [kernel for kernel in fifteen if not isinstance(kernel, ProductLaplace)]
    smooth, gaussian = Laplace("scale", exponent=1.5), Laplace("scale", exponent=2.0)
    ards = [ARDRegressor(kernel) for kernel in (smooth, gaussian)]
    rfms = [RFMRegressor(kernel) for kernel in (smooth, gaussian)]
    default = recommended_learners(X) + fifteen
    return {
        "NTKRegressor": NTKRegressor(),
        "networks, Laplace, Gauss: the best": KernelRegressorCV(seven, n_members=1),
        "the mean of up to three of them": KernelRegressorCV(seven),
        "with product kernels, fifteen: the best": KernelRegressorCV(fifteen, n_members=1),
        "fifteen: the mean of up to three": KernelRegressorCV(fifteen),
        "ARD alone, Laplace with exponent 1.5": ards[0],
        "ARD alone, Gaussian": ards[1],
        "RFM alone, Laplace with exponent 1.5": rfms[0],
        "RFM alone, Gaussian": rfms[1],
        "fifteen and two ARD: the mean of up to three": KernelRegressorCV(ards + fifteen),
        "fifteen and two RFM: the mean of up to three": KernelRegressorCV(rfms + fifteen),
        DEFAULT: KernelRegressorCV(default),
        "the same: the mean of up to five": KernelRegressorCV(default, n_members=5),
    }


def evaluate(folder, fold):
    """(set, search, R2, seconds) of every search, a negative R2 as 0."""
    X, X_test, y, y_test = load(folder, fold)
    rows = []
    with threadpool_limits(1):
        for name, model in searches(X).items():
            start = perf_counter()
            score = r2_score(y_test, model.fit(X, y).predict(X_test))
            rows.append((folder.name, name, max(score, 0.0), perf_counter() - start))
    progress(folder.name, fold)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--folds", type=int, default=2)
    arguments = parser.parse_args()
    folders = sorted(path.parent for path in arguments.folder.glob("*/data.csv.gz"))
    results = Parallel(n_jobs=-1)(
        delayed(evaluate)(folder, fold) for folder in folders for fold in range(arguments.folds)
    )
    table = pd.DataFrame(itertools.chain(*results), columns=["set", "search", "R2", "seconds"])
    scores = table.groupby(["search", "set"], sort=False)["R2"].mean().unstack()
    seconds = table.groupby("search")["seconds"].sum()
    worse = (scores < scores.loc[DEFAULT] - 5e-4).sum(axis=1)
    rows = [
        [name, f"{mean:.3f}", str(worse[name]), f"{seconds[name]:.0f}"]
        for name, mean in scores.mean(axis=1).items()
    ]
    show(["search", "mean R2", "sets worse", "seconds"], rows)


if __name__ == "__main__":
    main()
