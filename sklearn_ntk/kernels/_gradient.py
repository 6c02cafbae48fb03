"""Derivatives of the network kernels, by their hyperparameters and by their inputs.

Both are the recursion of `_haversine` on jets: of the variances of weights and biases, or of the
first correlation and of the first variance of x.
"""

import numpy as np

from .._compiled import use_loops
from ._arrays import SMALL_TILE, slices, view
from ._haversine import PARALLEL, pair_haversines, scalings_apart, tile_haversines
from ._jet import Jet, divide, sqrt
from ._pairs import fill_tiles
from ._partials import PartialsLoop
from ._recursion import least_correlation, mean_squares

# Stands for the mean square of a row of zeros, which has no angle.
TINY = 1e-100
# A slope there that no kernel has but where it jumps.
STEEP = 1e30
# How much farther from 1 than for values |rho| has to be: kappa_dot' divides by the sine.
CAUTION = 10
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
    layers, rates = network.hidden_layers(affine), network.rates(X.shape[1])
    jets = first, layers, scale

    def on_haversines(h, g, gap, i, j):
        (r_x, s_x, r_z, s_z), *hidden = _sides([first, *layers], [first, *layers], i, j)
        # The first layer acts on the haversine of the raw rows, a constant.
        R, S, apart = r_x * r_z, s_x * s_z, scalings_apart((r_x, s_x), (r_z, s_z))
        share = divide(R, R.value)
        h = apart + share * (h - apart.value)
        g = S + apart + share * (g - S.value - apart.value)
        return (network.recur(h, g, gap, hidden, rates, S) * scale[i] * scale[j]).d

    fill, tile, n_jobs = _differentials(network, x, x, jets, jets, rates, None, on_haversines)
    result = np.empty((2, X.shape[0], X.shape[0]))
    scratch = 1, np.prod(tile)
    fill_tiles(result, fill, symmetric=True, tile=tile, scratch=scratch, n_jobs=n_jobs)
    return np.moveaxis(result, 0, -1)


def _differentials(network, x, z, x_jets, z_jets, rates, start, on_haversines):
    """A function fill(rows, cols, out, rho) for two differentials of the kernel, tile and n_jobs.

    It overwrites the first numbers of `rho` with the first correlations, for whom they serve.
    They are those of `on_haversines(h, g, gap, i, j)` for pairs i and j, or where it can of a
    `PartialsLoop`, whose other parameters are explained there.
    """
    loop = None
    if PartialsLoop.takes(network) and use_loops(len(x.scale) * len(z.scale)):
        loop = PartialsLoop(network, x, z, x_jets, z_jets, rates, start)

    def fill(rows, cols, out, rho):
        rho = view(rho.reshape(-1), out.shape[1:])
        x_tile, z_tile = x.take(rows), z.take(cols)
        near = None
        if loop is not None:
            border = 1 - CAUTION * network.near(x_tile, z_tile)
            if border > 0 and least_correlation(x_tile, z_tile) <= border:
                near = loop.fill(rows, cols, border, out, rho)
        i, j = np.arange(rows.start, rows.stop), np.arange(cols.start, cols.stop)
        if near is None:
            h, g, gap = tile_haversines(x_tile, z_tile)
            out[0], out[1] = on_haversines(h, g, gap, i[:, np.newaxis], j[np.newaxis])
            np.subtract(g, h, out=rho)
        elif len(near[0]):
            h, g, gap = pair_haversines(x_tile, z_tile, *near)
            out[:, *near] = on_haversines(h, g, gap, i[near[0]], j[near[1]])
            rho[near] = g - h

    # Formulas on jets have many steps, and threads would wait for each other at each of them.
    return (fill, SMALL_TILE, 1) if loop is None else (fill, loop.tile, None)


def _sides(x, z, i, j):
    """What two sides have in each layer, for pairs i and j of rows."""
    layers = zip(x, z, strict=True)
    return [(*(part[i] for part in a), *(part[j] for part in b)) for a, b in layers]


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
    (*_, r_x, s_x), (*_, r_z, s_z) = affine_x[0], affine_z[0]
    layers_x, layers_z = map(network.hidden_layers, (affine_x, affine_z))
    root_x, root_z = np.sqrt(q_x), np.sqrt(q_z)
    gain_x, gain_z = sqrt(affine_x[-1][0]) / root_x, sqrt(affine_z[-1][0]) / root_z
    rates, factor = network.rates(X.shape[1]), network.weight_variance / X.shape[1]

    def on_haversines(h, g, gap, i, j):
        h, g = (Jet(np.where(v > PARALLEL, v, 0), (d, 0.0)) for v, d in ((h, -0.5), (g, 0.5)))
        hidden = _sides(layers_x, layers_z, i, j)
        with np.errstate(over="ignore", invalid="ignore"):
            K = network.recur(h, g, gap, hidden, rates, s_x[i] * s_z[j]) * gain_x[i] * gain_z[j]
        # Of parallel rows the two derivatives see the same part of K_rho, of opposite signs.
        parallel = (h.value == 0) | (g.value == 0)
        return [np.where(parallel & ~(np.abs(d) < SHARP * np.abs(K.value)), 0, d) for d in K.d]

    x_jets, z_jets = ((r_x, s_x), layers_x, gain_x), ((r_z, s_z), layers_z, gain_z)
    fill, tile, _ = _differentials(network, x, z, x_jets, z_jets, rates, (1.0, 0.0), on_haversines)
    for rows in slices(len(m_x), tile[0]):
        for cols in slices(len(m_z), tile[1]):
            rho = np.empty((rows.stop - rows.start, cols.stop - cols.start))
            by_rho, by_log_q = slopes = np.empty((2, *rho.shape))
            fill(rows, cols, slopes, rho)
            by_product[rows, cols] = factor * by_rho
            ratio = root_z[cols] / root_x[rows, np.newaxis]
            by_norm[rows, cols] = factor * (by_log_q - rho * by_rho / 2) * ratio
    # Where x is 0 the gradient takes no multiple of it, and where z is none of that.
    by_norm[x.root == 0] = 0
    by_product[:, z.root == 0] = 0
    steep = (x.root == 0)[:, np.newaxis] & (np.abs(by_product) > STEEP)
    by_product[steep] = 0
