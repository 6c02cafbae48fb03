"""Random features: the error of the kernel against their number.

    python benchmarks/features.py [--rows 100] [--draws 30]

Root mean square of the difference between products of features and the kernel, over the mean of the
diagonal, for standard normal rows of ten columns, averaged over draws of the weights.
"""

import argparse

import numpy as np
from report import show

from sklearn_ntk import LinearizedNetwork, NNGPFeatures, NTKFeatures
from sklearn_ntk.kernels import NNGP, NTK

SIZES = [250, 1000, 4000]


def maps(size):
    """Name, transformer and kernel, of about so many features."""
    for depth in 1, 3:
        for leverage in False, True:
            options = {"n_components": size, "leverage": leverage}
            label = f"depth {depth}{', leverage' if leverage else ''}"
            yield f"NNGPFeatures, {label}", NNGPFeatures(depth, **options), NNGP(depth)
            yield f"NTKFeatures, {label}", NTKFeatures(depth, **options), NTK(depth)
    yield "LinearizedNetwork", LinearizedNetwork(size // 12), NTK(1)


def main():
    """Show a row for each map, with a column for each number of features."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--draws", type=int, default=30)
    arguments = parser.parse_args()
    X = np.random.default_rng(0).standard_normal((arguments.rows, 10))
    errors = {}
    for size in SIZES:
        for name, transformer, kernel in maps(size):
            K, squares = kernel(X), []
            for seed in range(arguments.draws):
                features = transformer.set_params(random_state=seed).fit_transform(X)
                squares.append(np.mean((features @ features.T - K) ** 2))
            errors.setdefault(name, []).append(np.sqrt(np.mean(squares)) / K.diagonal().mean())
    rows = [[name, *map("{:.3f}".format, row)] for name, row in errors.items()]
    show(["features", *map("{:,}".format, SIZES)], rows)


if __name__ == "__main__":
    main()
