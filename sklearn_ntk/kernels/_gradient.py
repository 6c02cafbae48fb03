"""Derivatives of the network kernels by (log bias_variance, log weight_variance).

Forward differentiation of the recursion in `_recursion`, whose notation this file shares.
"""

from typing import NamedTuple

import numpy as np
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import row_norms

from ._pairs import fill_tiles, inner_products

# d log sb2 and d log sw2, one row per hyperparameter in the order of scikit-learn's theta.
D_BIAS, D_WEIGHT = np.eye(2)[:, :, np.newaxis]

PARALLEL = 1 - 1e-14


class Jet(NamedTuple):
    """A value and its differential, which has one more axis in front."""

    value: np.ndarray
    d: np.ndarray

    def __add__(self, other):
        return Jet(self.value + other.value, self.d + other.d)

    def __mul__(self, other):
        return Jet(self.value * other.value, self.d * other.value + self.value * other.d)

    def outer(self, rows, cols):
        """The product of two entries of a vector, for each pair."""
        x, z = self.value[rows, np.newaxis], self.value[cols]
        return Jet(x * z, self.d[:, rows, np.newaxis] * z + x * self.d[:, np.newaxis, cols])


ZERO = Jet(np.zeros(()), np.zeros((2, 1, 1)))


def gradient(network, X):
    """Derivatives of the kernel matrix K(X, X).

    Returns an array of shape (n, n, 2), the last axis (log bias_variance, log
    weight_variance).
    """
    unit = normalize(X)
    layers, scale = _rows(network, X)
    rates = _rates(network, X.shape[1])
    result = np.empty((2, X.shape[0], X.shape[0]))

    def evaluate(rows, cols, out):
        # The first affine layer acts on the cosine of the raw rows, a constant.
        kappa = Jet(np.empty(out.shape[1:]), np.zeros((2, 1, 1)))
        inner_products(unit[rows], unit[cols], kappa.value)
        np.clip(kappa.value, -1, 1, out=kappa.value)
        rho = theta = chain = ZERO  # chain = theta * kappa_dot
        for (g, e), (variance, *scalings) in zip(rates, layers, strict=True):
            P, R, S = (part.outer(rows, cols) for part in scalings)
            theta = P * theta + R * (chain + g * kappa) + e * S
            rho = P * rho + R * kappa + S
            kappa, kappa_dot = _correlate(network.activation, rho, variance, rows, cols)
            chain = theta * kappa_dot
        value = theta if network.tangent else rho
        np.copyto(out, (value * scale.outer(rows, cols)).d)

    fill_tiles(result, evaluate, symmetric=True)
    return np.moveaxis(result, 0, -1)


def _rates(network, n_features):
    """g and e of each layer; in the standard parameterization they are c / sw2 and c / sb2."""
    moves = 0 if network.width is None else -1
    return [
        (Jet(g, moves * g * D_WEIGHT[..., np.newaxis]), Jet(e, moves * e * D_BIAS[..., np.newaxis]))
        for g, e in network.rates(n_features)
    ]


def _rows(network, X):
    """(variance seen by the nonlinearity after it, p, r, s) of all affine layers, and sqrt(q).

    The differential of the first is that of its logarithm.
    """
    activation = network.activation
    m, d_log_m = row_norms(X, squared=True) / X.shape[1], np.zeros((2, X.shape[0]))
    q, d_log_q = np.zeros_like(m), d_log_m
    layers = []
    for layer in range(network.depth + 1):
        if layer > 0:
            seen = layers[-1][0]
            m = activation.second_moment(seen.value)
            d_log_m = activation.log_slope(seen.value) * seen.d
        skips = layer > 0 and network.skips(layer - 1)
        q, *scalings = network.affine(m, q if skips else np.zeros_like(q))
        sources = [d_log_q, D_WEIGHT + d_log_m, D_BIAS]
        d_log_q = sum(part**2 * d for part, d in zip(scalings, sources, strict=True))
        parts = [
            Jet(part, part * (d - d_log_q) / 2) for part, d in zip(scalings, sources, strict=True)
        ]
        seen = Jet(network.seen(q), 0 * d_log_q if network.layer_norm else d_log_q)
        layers.append((seen, *parts))
    scale = np.sqrt(q)
    return layers, Jet(scale, scale * d_log_q / 2)


def _correlate(activation, rho, variance, rows, cols):
    """kappa and kappa_dot."""
    # Parallel up to rounding counts as parallel: a unit step makes an angle of t into one of
    # sqrt(t), layer by layer.
    value = np.where(np.abs(rho.value) > PARALLEL, np.sign(rho.value), rho.value)
    x = Jet(variance.value[rows, np.newaxis], variance.d[:, rows, np.newaxis])
    z = Jet(variance.value[cols], variance.d[:, np.newaxis, cols])
    return apply_activation(activation, Jet(value, np.broadcast_to(rho.d, (2, *value.shape))), x, z)


def apply_activation(activation, rho, x, z):
    """kappa and kappa_dot, for variances x and z whose differentials are of their logarithms."""
    values = activation.normalized(rho.value, x.value, z.value)
    d = [
        activation.differential(rho.value, x.value, z.value, *directions)
        for directions in zip(rho.d, x.d, z.d, strict=True)
    ]
    return [
        Jet(value, np.stack(parts))
        for value, parts in zip(values, zip(*d, strict=True), strict=True)
    ]
