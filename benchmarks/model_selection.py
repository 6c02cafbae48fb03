"""Searches side by side with GridSearchCV and with their own eigendecompositions, in one run.

    python benchmarks/model_selection.py [--kernels N]

n=2,000 rows, 5 depths x 5 bias variances x 30 alphas, of which --kernels takes the first N depths
and one bias variance. The whole grid by GridSearchCV takes many minutes. Needs a machine that is
otherwise idle; compare ratios, not seconds.
"""

import argparse
from time import perf_counter

import numpy as np
from report import progress, show
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--kernels", type=int, help="depths of one bias variance, else all")
    arguments = parser.parse_args()
    few = {"depth": GRID["depth"][:3], "bias_variance": [0.3]}
    if arguments.kernels:
        GRID.update(few, depth=GRID["depth"][: arguments.kernels])
    # The peer between two runs of ours, as shared machines drift.
    model, *before = search(cv=FOLDS)
    start = perf_counter()
    theirs = GridSearchCV(NTKRegressor(), GRID, cv=FOLDS, n_jobs=2).fit(*data())
    their_seconds = perf_counter() - start
    _, *after = search(cv=FOLDS)
    _, *loo = search()
    difference = model.cv_results_["mean_test_score"] - theirs.cv_results_["mean_test_score"]
    progress(f"largest difference of scores {np.abs(difference).max():.1e}")
    progress("same best parameters:", model.best_params_.items() >= theirs.best_params_.items())
    GRID.update(few)
    _, *inverses = search([0.1, 1.0, 10.0], cv=FOLDS)
    limit, _held_out.FEW_ALPHAS = _held_out.FEW_ALPHAS, 0
    _, *eigenvectors = search([0.1, 1.0, 10.0], cv=FOLDS)
    _held_out.FEW_ALPHAS = limit
    searches = {
        "``GridSearchCV``": (their_seconds, 0),
        "``NTKRegressorCV``, 5 folds": np.mean([before, after], axis=0),
        "``NTKRegressorCV``, leave-one-out": loo,
        "3 kernels, 3 ridges, 5 folds, by inverses": inverses,
        "3 kernels, 3 ridges, 5 folds, by eigenvectors": eigenvectors,
    }
    rows = [[name, f"{one:.1f}", f"{part:.1f}"] for name, (one, part) in searches.items()]
    show(["search", "seconds", "of which eigendecompositions"], rows)


if __name__ == "__main__":
    main()
