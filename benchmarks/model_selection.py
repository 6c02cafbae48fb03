"""Searches side by side with GridSearchCV and with their own eigendecompositions, in one run.

    python benchmarks/model_selection.py [loo] [folds] [few] [grid] [--kernels N]

n=2,000 rows, 5 depths x 5 bias variances x 30 alphas, of which --kernels takes the first N depths
and one bias variance. The whole grid by GridSearchCV takes many minutes. Needs a machine that is
otherwise idle; compare ratios, not seconds.
"""

import argparse
from time import perf_counter

import numpy as np
from sklearn.model_selection import GridSearchCV, KFold

from sklearn_ntk import NTKRegressor, NTKRegressorCV
from sklearn_ntk._inference import _held_out
from sklearn_ntk._solvers import eigh

GRID = {
    "depth": [1, 2, 3, 4, 5],
    "bias_variance": [0.0, 0.1, 0.3, 1.0, 3.0],
    "alpha": np.logspace(-4, 1.5, 30).tolist(),
}
FOLDS = KFold(5, shuffle=True, random_state=0)


def data(n=2000):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, 8))
    return X, np.sin(X[:, 0]) + X[:, 1] * X[:, 2] + 0.3 * rng.standard_normal(n)


def search(alphas=GRID["alpha"], **options):
    """A fitted search, its seconds and those of its eigendecompositions."""
    seconds = []

    def timed(*arguments):
        start = perf_counter()
        factor = eigh(*arguments)
        seconds.append(perf_counter() - start)
        return factor

    _held_out.eigh = timed
    start = perf_counter()
    model = NTKRegressorCV(
        GRID["depth"],
        bias_variances=GRID["bias_variance"],
        alphas=alphas,
        subsample=None,
        n_jobs=2,
        **options,
    ).fit(*data())
    return model, perf_counter() - start, sum(seconds)


def report(name, total, decompositions):
    print(f"{name:<32}{total:>8.1f} s, eigendecompositions {decompositions:.1f} s", flush=True)
    if decompositions:
        print(f"{'':<32}ratio {total / decompositions:.2f}", flush=True)


def loo():
    report("leave-one-out", *search()[1:])


def folds():
    model, *seconds = search(cv=FOLDS)
    report("5 folds", *seconds)
    return model, seconds[0]


def few():
    """Three ridges, by inverses and by eigenvectors."""
    report("3 ridges, 5 folds, inverses", *search([0.1, 1.0, 10.0], cv=FOLDS)[1:])
    limit, _held_out.FEW_ALPHAS = _held_out.FEW_ALPHAS, 0
    report("3 ridges, 5 folds, eigenvectors", *search([0.1, 1.0, 10.0], cv=FOLDS)[1:])
    _held_out.FEW_ALPHAS = limit


def grid():
    """The whole grid by GridSearchCV on two cores, between two runs of the search."""
    model, before = folds()
    start = perf_counter()
    theirs = GridSearchCV(NTKRegressor(), GRID, cv=FOLDS, n_jobs=2, refit=True).fit(*data())
    their_seconds = perf_counter() - start
    ours = (before + folds()[1]) / 2
    mean = "mean_test_score"
    difference = np.abs(model.cv_results_[mean] - theirs.cv_results_[mean]).max()
    print(f"{'GridSearchCV':<32}{their_seconds:>8.1f} s, {their_seconds / ours:.1f} times")
    print(f"largest difference of scores {difference:.1e}")
    print("same best parameters:", model.best_params_.items() >= theirs.best_params_.items())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", default=["loo", "folds", "few"])
    parser.add_argument("--kernels", type=int)
    arguments = parser.parse_args()
    if arguments.kernels:
        GRID |= {"depth": GRID["depth"][: arguments.kernels], "bias_variance": [0.3]}
    for part in arguments.parts:
        globals()[part]()
