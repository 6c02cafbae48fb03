"""The mean of the tangent kernels of drawn networks, tile by tile."""

import math

import numpy as np
from sklearn.utils.extmath import row_norms

from ..kernels._arrays import COLUMNS, ROWS, views
from ..kernels._pairs import fill_tiles, inner_products
from ..kernels._recursion import require_finite


def fill_tangent_kernel(networks, X, Z, out):
    """Fill `out`, or a `TileProduct`, with the mean kernel of checked rows; None stands for X."""
    x = _Factors(networks, X)
    z = x if Z is None else _Factors(networks, Z)
    layers = list(zip(x.layers, z.layers, strict=True))

    def evaluate(rows, cols, out, store):
        products, signals = views(store, out.shape)
        out[...] = 0
        for (A, D, bias_variance), (B, E, _) in layers:
            inner_products(A[rows], B[cols], products)
            products += bias_variance
            products *= np.matmul(D[rows], E[cols].T, out=signals)
            out += products
        if Z is None and rows == cols:
            np.fill_diagonal(out, x.diagonal[rows])

    fill_tiles(out, evaluate, symmetric=Z is None, scratch=(2, ROWS * COLUMNS))


def tangent_diagonal(networks, X):
    """The diagonal of that kernel, each row with itself."""
    return _Factors(networks, X).diagonal


def require_derivative(activation):
    """Raise a ValueError for step functions, which nothing can train."""
    if not activation.has_derivative:
        raise ValueError(
            f"{activation!r} has no useful derivative, so no gradient descent and no tangent "
            "kernel. Give it a surrogate, for instance Sign(surrogate=Erf())."
        )


class _Factors:
    """What the layers of all networks make of rows.

    Attributes
    ----------
    layers : list of (A, D, bias_variance)
        The kernel is the sum over it of (A A' + bias_variance) * (D D').
    diagonal : ndarray of shape (n_samples,)
    """

    def __init__(self, networks, X):
        with np.errstate(over="ignore", invalid="ignore"):  # checked below, with advice
            self.layers = [layer for network in networks for layer in _layers(network, X)]
            for _, D, _ in self.layers:
                D /= math.sqrt(len(networks))
            self.diagonal = sum(
                (row_norms(A, squared=True) + bias_variance) * row_norms(D, squared=True)
                for A, D, bias_variance in self.layers
            )
        require_finite(np.isfinite(self.diagonal))


def _layers(network, X):
    require_derivative(network.activation)
    inputs, hidden, outputs = network._propagate(X)
    n, n_outputs = outputs.shape
    # Every row once for each output, of which one has the derivative 1 by itself.
    ones = np.tile(np.eye(n_outputs) / math.sqrt(n_outputs), (n, 1))
    slopes = [np.repeat(slope, n_outputs, axis=0) for slope in network._slopes(hidden)]
    signals = [D.reshape(n, -1) for D in network._signals(slopes, ones)]
    signals[-1] = np.ones((n, 1))  # the same products in one column
    scales = map(network._scale, network.weights)
    return [
        (A * scale, D, network.bias_variance)
        for A, D, scale in zip(inputs, signals, scales, strict=True)
    ]
