"""Derivatives of the network kernels, by their hyperparameters and by their inputs.

Both are the recursion of `_haversine` on jets: of the variances of weights and biases, or of the
first correlation and of the first variance of x.
"""

import numpy as np

from ._arrays import SMALL_TILE, slices
from ._haversine import PARALLEL, pair_up, scalings_apart, tile_haversines
from ._jet import Jet, divide, sqrt
from ._pairs import fill_tiles
from ._recursion import mean_squares

# Stands for the mean square of a row of zeros, which has no angle.
TINY = 1e-100
# A slope there that no kernel has but where it jumps.
STEEP = 1e30
# A kernel that falls as fast as this, relative to its value, has a kink for rows that are parallel.
SHARP = 1e8


def by_logarithms(network):
    """The network with jets by (log bias_variance, log weight_variance) for its variances."""
    return network._replace(
        bias_variance=Jet(network.bias_variance, (network.bias_variance, 0.0)),
        weight_variance=Jet(network.weight_variance, (0.0, network.weight_variance)),
    )


def gradient(network, X):
    """Derivatives of the kernel matrix K(X, X).

    Returns an array of shape (n, n, 2), the last axis (log bias_variance, log
    weight_variance).
    """
    x = network.embed(X)
    network = by_logarithms(network)
    affine = network.affine_layers(mean_squares(X))
    (_, _, *first), scale = affine[0], sqrt(affine[-1][0])
    layers, rates = [first, *network.hidden_layers(affine)], network.rates(X.shape[1])
    result = np.empty((2, X.shape[0], X.shape[0]))

    def evaluate(rows, cols, out, _):
        h, g, gap = tile_haversines(x.take(rows), x.take(cols))
        (r_x, s_x, r_z, s_z), *hidden = pair_up(_take(layers, rows), _take(layers, cols))
        # The first layer acts on the haversine of the raw rows, a constant.
        R, S, apart = r_x * r_z, s_x * s_z, scalings_apart((r_x, s_x), (r_z, s_z))
        share = divide(R, R.value)
        h = apart + share * (h - apart.value)
        g = S + apart + share * (g - S.value - apart.value)
        K = network.recur(h, g, gap, hidden, rates, S) * scale[rows, np.newaxis] * scale[cols]
        out[0], out[1] = K.d

    fill_tiles(result, evaluate, symmetric=True, tile=SMALL_TILE)
    return np.moveaxis(result, 0, -1)


def _take(layers, index):
    return [[part[index] for part in layer] for layer in layers]


def fill_partials(network, X, Z, by_product, by_norm):
    """Write dK/d<x, z>, and dK/d||x||^2 at fixed <x, z>, to two arrays.

    With q_x and q_z the first variances and rho the first correlation, K(rho, log q_x) has

        dK/d<x, z>   = (sw2 / d) K_rho / sqrt(q_x q_z)
        dK/d||x||^2  = (sw2 / d) (K_log_q - rho K_rho / 2) / q_x;

    a `gain` is the square root of the last variance over that of the first.
    """
    x, z = network.embed(X), network.embed(Z)
    m_x, m_z = (np.where(m == 0, TINY, m) for m in (mean_squares(X), mean_squares(Z)))
    q_x, q_z = (network.affine(m, 0 * m)[0] for m in (m_x, m_z))
    affine_x = network.affine_layers(Jet(m_x, (0.0, q_x / network.weight_variance)))
    affine_z = network.affine_layers(m_z)
    (*_, s_x), (*_, s_z) = affine_x[0], affine_z[0]
    layers_x, layers_z = map(network.hidden_layers, (affine_x, affine_z))
    root_x, root_z = np.sqrt(q_x), np.sqrt(q_z)
    gain_x, gain_z = sqrt(affine_x[-1][0]) / root_x, sqrt(affine_z[-1][0]) / root_z
    rates, factor = network.rates(X.shape[1]), network.weight_variance / X.shape[1]
    n_rows, n_cols = SMALL_TILE
    for rows in slices(len(m_x), n_rows):
        for cols in slices(len(m_z), n_cols):
            h, g, gap = tile_haversines(x.take(rows), z.take(cols))
            rho = g - h
            h, g = (Jet(np.where(v > PARALLEL, v, 0), (d, 0.0)) for v, d in ((h, -0.5), (g, 0.5)))
            hidden = pair_up(_take(layers_x, rows), _take(layers_z, cols))
            bias = s_x[rows, np.newaxis] * s_z[cols]
            with np.errstate(over="ignore", invalid="ignore"):
                K = network.recur(h, g, gap, hidden, rates, bias)
                K = K * gain_x[rows, np.newaxis] * gain_z[cols]
            # Of parallel rows the two derivatives see the same part of K_rho, of opposite signs.
            parallel = (h.value == 0) | (g.value == 0)
            by_rho, by_log_q = (
                np.where(parallel & ~(np.abs(d) < SHARP * np.abs(K.value)), 0, d) for d in K.d
            )
            by_product[rows, cols] = factor * by_rho
            ratio = root_z[cols] / root_x[rows, np.newaxis]
            by_norm[rows, cols] = factor * (by_log_q - rho * by_rho / 2) * ratio
    # Where x is 0 the gradient takes no multiple of it, and where z is none of that.
    by_norm[x.root == 0] = 0
    by_product[:, z.root == 0] = 0
    steep = (x.root == 0)[:, np.newaxis] & (np.abs(by_product) > STEEP)
    by_product[steep] = 0
