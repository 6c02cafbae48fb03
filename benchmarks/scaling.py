"""Time, memory and accuracy against the number of rows, of all the ways to many rows.

    python benchmarks/scaling.py DATA_FOLDER [--set protein] [--rows 5000 ...]
        [--methods exact cg ...] [--components 2000]

Each fit runs in a process of its own. DATA_FOLDER has a folder for each set with a data.csv.gz,
the last column the target; "synthetic" needs none. Columns and targets are standardised. Parameters
are those of a first use: every ridge is found by leave-one-out on training rows, that of
scikit-learn's Ridge by RidgeCV on the features of 2,000 of them. Shows seconds of the fit and the
root mean square error, in standard deviations of the target; the rest is said on the way.
"""

import argparse
import resource
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from report import progress, show
from sklearn.kernel_approximation import Nystroem, RBFSampler
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ntk import (
    KernelTreeRegressor,
    NNGPFeatures,
    NTKFeatures,
    NTKRegressor,
    NystroemRegressor,
)
from sklearn_ntk.kernels import NTK

N_TEST = 1000
RIDGES = 10.0 ** np.arange(-4, 3)
METHODS = {
    "exact": "exact",
    "cg": "conjugate gradients",
    "tree": "KernelTreeRegressor",
    "centres": "NystroemRegressor",
    "Nystroem": "Nystroem and Ridge",
    "NNGPFeatures": "NNGPFeatures and Ridge",
    "NTKFeatures": "NTKFeatures and Ridge",
    "RBFSampler": "RBFSampler and Ridge",
}


def synthetic(n_rows):
    """Ten uniform columns, half of which matter, and noise of a tenth of the variance."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (n_rows, 10))
    f = np.sin(np.pi * X[:, 0] * X[:, 1]) + 2 * np.abs(X[:, 2]) + X[:, 3] * X[:, 4]
    return np.column_stack([X, f + 0.3 * f.std() * rng.standard_normal(n_rows)])


def load(folder, name, n_rows):
    """Standardised training and test rows, the last column of each the target."""
    if name == "synthetic":
        data = synthetic(n_rows + N_TEST)
    else:
        data = pd.read_csv(folder / name / "data.csv.gz", header=None).to_numpy()
        data = np.random.default_rng(0).permutation(data)[: n_rows + N_TEST]
    scaler = StandardScaler().fit(data[N_TEST:])
    return scaler.transform(data[N_TEST:]), scaler.transform(data[:N_TEST])


class RidgeOfSample(Ridge):
    """Ridge regression with the alpha that leave-one-out finds on 2,000 of the rows."""

    def fit(self, X, y):
        """Find the ridge, and solve."""
        self.alpha = RidgeCV(RIDGES).fit(X[:2000], y[:2000]).alpha_
        return super().fit(X, y)


def models(n_components, alpha):
    """The estimators by name, with so many centres or features where they have any."""
    size = {"n_components": n_components, "random_state": 0}
    ridge = RidgeOfSample() if alpha is None else Ridge(alpha)
    return {
        "exact": NTKRegressor(solver="cholesky"),
        "single": NTKRegressor(solver="cholesky", precision="float32"),
        "mixed": NTKRegressor(solver="cholesky", precision="mixed"),
        "cg": NTKRegressor(solver="cg"),
        "centres": NystroemRegressor(**size),
        "uniform": NystroemRegressor(centers="uniform", **size),
        "many": NystroemRegressor(solver="cg", **size),
        "tree": KernelTreeRegressor(),
        "NTKFeatures": make_pipeline(NTKFeatures(**size), ridge),
        "NNGPFeatures": make_pipeline(NNGPFeatures(**size), ridge),
        "Nystroem": make_pipeline(Nystroem(NTK(), **size), ridge),
        "RBFSampler": make_pipeline(RBFSampler(gamma="scale", **size), ridge),
    }


def run(folder, name, n_rows, method, n_components, alpha):
    """Seconds of fit and of predict, peak in GiB, root mean square error, and what was found."""
    train, test = load(folder, name, n_rows)
    # Compiles the loops, and imports what is imported on demand.
    models(100, alpha)[method].fit(train[:1500, :-1], train[:1500, -1]).predict(test[:9, :-1])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    model = models(n_components, alpha)[method]
    start = time.perf_counter()
    model.fit(train[:, :-1], train[:, -1])
    middle = time.perf_counter()
    found = model.predict(test[:, :-1])
    end = time.perf_counter()
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
    error = np.sqrt(np.mean((found - test[:, -1]) ** 2))
    model = model[-1] if hasattr(model, "steps") else model
    found = getattr(model, "alpha_", np.nan), getattr(model, "n_iter_", None) or 1
    return middle - start, end - middle, peak, error, *found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", default="protein")
    parser.add_argument("--rows", nargs="+", type=int, default=[5000, 10_000, 20_000, 44_730])
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=models(1, None))
    parser.add_argument("--components", type=int, default=2000)
    parser.add_argument(
        "--alpha", type=float, help="of scikit-learn's Ridge, else by leave-one-out"
    )
    arguments = parser.parse_args()
    table = []
    for method in arguments.methods:
        cells = []
        for n_rows in arguments.rows:
            case = (arguments.folder, arguments.set, n_rows, method)
            with get_context("spawn").Pool(1) as pool:
                outcome = pool.apply(run, (*case, arguments.components, arguments.alpha))
            fit, predict, peak, error, alpha, n_iter = outcome
            cells.append(f"{fit:.1f}, {error:.3f}" if fit < 10 else f"{fit:.0f}, {error:.3f}")
            progress(
                f"{n_rows:>8} {method:<13} fit {fit:.1f} s, predict {predict:.2f} s, "
                f"{peak:.2f} GiB, RMSE {error:.4f}, ridge {alpha:.2e}, {n_iter} iterations"
            )
        table.append([METHODS.get(method, method), *cells])
    show(["rows", *map("{:,}".format, arguments.rows)], table)


if __name__ == "__main__":
    main()
