"""Which activation does well on small tabular data?

    python benchmarks/activations.py

Five folds of each set in examples/data, at most 800 rows, standardised; NTK of depth 2 and
bias variance 1, weight variance such that a preactivation of variance 2 keeps it through one
layer. Each activation takes the best of seven ridges on each set, so the table compares kernels
and not ridges. Prints R2.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from report import show
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler

from sklearn_ntk.kernels import NTK
from sklearn_ntk.kernels.activations import ACTIVATIONS, get_activation

ALPHAS = np.logspace(-4, 2, 7)
DATA = Path(__file__).parents[1] / "examples" / "data"


def score(name, activation):
    data = pd.read_csv(DATA / f"{name}.csv.gz", header=None).to_numpy()
    data = data[np.random.default_rng(0).permutation(len(data))[:800]]
    X, y = StandardScaler().fit_transform(data[:, :-1]), data[:, -1]
    y = (y - y.mean()) / y.std()
    weight_variance = 1 / get_activation(activation).second_moment(np.array([2.0]))[0]
    kernel = NTK(2, activation=activation, weight_variance=weight_variance, bias_variance=1.0)
    K = kernel(X)
    K /= K.diagonal().mean()
    scores = []
    for train, test in KFold(5).split(X):
        w, Q = np.linalg.eigh(K[np.ix_(train, train)])
        mean = y[train].mean()
        projected = Q.T @ (y[train] - mean)
        cross = K[np.ix_(test, train)] @ Q
        scores.append(
            [r2_score(y[test], mean + cross @ (projected / (w + alpha))) for alpha in ALPHAS * 1e-2]
        )
    return np.mean(scores, axis=0).max()


def main():
    sets = sorted(path.name.split(".")[0] for path in DATA.glob("*.csv.gz"))
    names = [name for name, activation in ACTIVATIONS.items() if activation.has_derivative]
    scores = Parallel(2)(delayed(score)(data, name) for name in names for data in sets)
    table = pd.DataFrame(np.reshape(scores, (len(names), -1)), index=names, columns=sets)
    table["mean"] = table.mean(axis=1)
    table = table.sort_values("mean", ascending=False).map("{:.3f}".format)
    show(["activation", *table], table.reset_index().to_numpy())


if __name__ == "__main__":
    main()
