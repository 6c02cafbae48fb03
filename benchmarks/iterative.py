"""Conjugate gradients against a factorization: iterations, time, memory and agreement.

    python benchmarks/iterative.py DATA_FOLDER [--set kin40k] [--rows 5000 10000 20000]
        [--ridges 1e-4 1e-2 1]

DATA_FOLDER holds the UCI regression sets as prepared by github.com/treforevans/uci_datasets. A
thousand rows, at random, are for the test. The ridge is what alpha="auto" finds on 1,000 of the
training rows, or a share of the mean of the diagonal. Every fit has a process of its own, whose
peak of memory is that of its resident pages beyond those before the fit. Shows the iterations;
the rest is said on the way.
"""

import argparse
import resource
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from report import progress, show
from sklearn.preprocessing import StandardScaler

from sklearn_ntk import LaplaceKernel, NNGPRegressor, NTKRegressor

MODELS = {
    "NTK": NTKRegressor(),
    "NNGP": NNGPRegressor(keep_factor=False),
    "Laplace": LaplaceKernel(),
}


def load(path, n_rows):
    """Standardised training and test rows, the last column of each the target."""
    data = pd.read_csv(path, header=None).to_numpy()
    data = np.random.default_rng(0).permutation(data)
    scaler = StandardScaler().fit(data[1000:])
    return scaler.transform(data[1000 : 1000 + n_rows]), scaler.transform(data[:1000])


def run(path, n_rows, name, alpha, solver):
    """Seconds of a fit, its peak in GiB, iterations, ridge, predictions, their error."""
    train, test = load(path, n_rows)
    model = MODELS[name].set_params(solver=solver)
    # Compiles the loops, and imports what is imported on demand.
    model.set_params(alpha=1.0).fit(train[:1500, :-1], train[:1500, -1]).predict(test[:, :-1])
    if alpha != "auto":
        alpha *= model.kernel_.diag(train[:, :-1]).mean()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    model.set_params(alpha=alpha).fit(train[:, :-1], train[:, -1])
    seconds = time.perf_counter() - start
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
    found = model.predict(test[:, :-1])
    error = np.sqrt(np.mean((found - test[:, -1]) ** 2))
    return seconds, peak, model.n_iter_, model.alpha_, found, error


def compare(path, n_rows, kernel, ridge):
    """Iterations of conjugate gradients; says how both solvers did."""
    exact = None
    for solver in "cholesky", "cg":
        with get_context("spawn").Pool(1) as pool:
            result = pool.apply(run, (path, n_rows, kernel, ridge, solver))
        seconds, peak, n_iter, alpha, found, error = result
        exact = found if exact is None else exact
        far = np.linalg.norm(found - exact) / np.linalg.norm(exact)
        progress(
            f"{n_rows:>7} {kernel:<8} {solver:<9} ridge {alpha:8.2e} {seconds:7.1f} s "
            f"{peak:6.2f} GiB {n_iter or 0:>4} iterations, RMSE {error:.6f}, "
            f"predictions apart by {far:.1e}"
        )
    return n_iter


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", default="kin40k")
    parser.add_argument("--rows", nargs="+", type=int, default=[5000, 10_000, 20_000])
    parser.add_argument("--kernels", nargs="+", default=list(MODELS))
    parser.add_argument("--ridges", nargs="+", default=["1e-4", "1e-2", "1"], help="or auto")
    arguments = parser.parse_args()
    path, rows = arguments.folder / arguments.set / "data.csv.gz", []
    for kernel in arguments.kernels:
        for n_rows in arguments.rows:
            ridges = [ridge if ridge == "auto" else float(ridge) for ridge in arguments.ridges]
            counts = [str(compare(path, n_rows, kernel, ridge)) for ridge in ridges]
            rows.append([kernel, f"{n_rows:,}", *counts])
    show(["kernel", "rows", *arguments.ridges], rows)


if __name__ == "__main__":
    main()
