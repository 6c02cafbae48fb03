"""A tree with a kernel machine in each leaf against one machine with inducing points.

    python benchmarks/trees.py DATA_FOLDER [SET ...]

DATA_FOLDER holds the UCI regression sets as prepared by github.com/treforevans/uci_datasets. A
tenth of the rows of each set, at random, are for the test. The inducing points are random rows, in
the metric that RFMRegressor learns from the first 2,000 training rows; the ridge is chosen on a
tenth of the training rows.
"""

import argparse
import itertools
import time
from pathlib import Path

import numpy as np
import pandas as pd
from report import progress, show
from scipy.linalg import solve
from sklearn.kernel_approximation import Nystroem
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler

from sklearn_ntk import KernelTreeRegressor, RFMRegressor


def split(path):
    """Standardised training and test rows, the last column of each the target."""
    data = pd.read_csv(path, header=None).to_numpy()
    data = np.random.default_rng(0).permutation(data)
    test, train = np.split(data, [len(data) // 10])
    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(test)


def inducing(n_components):
    """A function that fits (X, y) and predicts at X_test with so many inducing points."""

    def predictions(X, y, X_test):
        kernel = RFMRegressor(subsample=2000).fit(X[:2000], y[:2000]).kernel_
        features = Nystroem(kernel, n_components=n_components, random_state=0).fit(X)
        Z, held_out, errors = features.transform(X), np.arange(len(X)) % 10 == 0, {}
        square, moment = Z.T @ Z, Z.T @ y
        kept = square - Z[held_out].T @ Z[held_out], moment - Z[held_out].T @ y[held_out]
        for ridge in 10.0 ** np.arange(-7, 1):
            coefficients = solve(kept[0] + ridge * np.eye(len(square)), kept[1], assume_a="pos")
            errors[ridge] = np.mean((Z[held_out] @ coefficients - y[held_out]) ** 2)
        ridge = min(errors, key=errors.get)
        coefficients = solve(square + ridge * np.eye(len(square)), moment, assume_a="pos")
        return features.transform(X_test) @ coefficients

    return predictions


def tree(max_leaf_rows):
    """The same with a tree."""
    model = KernelTreeRegressor(max_leaf_rows=max_leaf_rows)
    return lambda X, y, X_test: model.fit(X, y).predict(X_test)


def main():
    """Show R2 and seconds of each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("sets", nargs="*", default=["kin40k", "protein"])
    arguments = parser.parse_args()
    models = {f"{m:,} inducing points": inducing(m) for m in (2000, 4000)}
    models |= {f"leaves of at most {n:,}": tree(n) for n in (2500, 5000, 10_000)}
    rows = {label: [label] for label in models}
    for name in arguments.sets:
        train, test = split(arguments.folder / name / "data.csv.gz")
        for label, model in models.items():
            start = time.perf_counter()
            found = model(train[:, :-1], train[:, -1], test[:, :-1])
            seconds = time.perf_counter() - start
            rows[label] += [f"{r2_score(test[:, -1], found):.3f}", f"{seconds:.0f}"]
            progress(name, *rows[label])
    columns = itertools.chain(*([name, "seconds"] for name in arguments.sets))
    show(["R2 and seconds", *columns], rows.values())


if __name__ == "__main__":
    main()
