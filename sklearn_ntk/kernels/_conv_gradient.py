"""Derivatives of the convolutional kernels by (log bias_variance, log weight_variance).

The recursion of `_convolution`, whose notation this file shares, on jets.
"""

import numpy as np

from ._arrays import slices
from ._gradient import by_logarithms
from ._jet import Jet, at_haversines, divide, second_moment, sqrt
from ._pairs import fill_tiles
from ._pixels import PARALLEL


def gradient(network, X):
    """Derivatives of the kernel matrix K(X, X).

    Returns an array of shape (n, n, 2), the last axis (log bias_variance, log
    weight_variance).
    """
    images = network.images(X)
    variances = _variances(network.without_read_out(), images)
    result = np.empty((2, len(images), len(images)))
    tile, shape = network.workspace(*result.shape[1:])

    def evaluate(rows, cols, out, work):
        def sides(layer, _):
            q = variances[layer]
            return network.sides(q[..., rows], q[..., cols])

        K = network.covariances(images[rows], images[cols], work[0])
        out[0], out[1] = _recur(network, K, sides).d

    fill_tiles(result, evaluate, symmetric=True, tile=tile, scratch=shape)
    return np.moveaxis(result, 0, -1)


def _variances(network, images):
    """The variances of each hidden layer as jets."""
    shapes = [(*size, len(images)) for size in network.sizes()]
    variances = [Jet(np.empty(shape), np.empty((2, *shape))) for shape in shapes]
    (_, columns), _ = network.workspace(1, len(images))
    for part in slices(len(images), columns):

        def sides(layer, K, part=part):
            q = K.map(network.own_variances)
            for store, values in zip(
                (variances[layer].value, *variances[layer].d), (q.value, *q.d), strict=True
            ):
                store[..., part] = values
            return network.own_sides(q)

        _recur(network, network.own_covariances(images[part]), sides)
    return variances


def _recur(network, K, sides):
    """The kernel, for covariances K of the first layer, as a jet."""
    activation, jets = network.activation, by_logarithms(network)
    K = Jet(K, (network.bias_variance, K - network.bias_variance))
    theta = None
    for layer in range(network.depth):
        q_x, q_z = sides(layer, K)
        root_x, root_z = sqrt(q_x), sqrt(q_z)
        root = divide(1.0, root_x * root_z)
        rho = K * root
        rho.value[rho.value > PARALLEL] = 1
        rho.value[rho.value < -PARALLEL] = -1
        theta = rho if layer == 0 else theta * root
        h, g = 0.5 - 0.5 * rho, 0.5 + 0.5 * rho
        gap = root_x.value - root_z.value
        h, g, kappa_dot = at_haversines(activation, h, g, q_x, q_z, gap)
        kappa = g - h
        theta = theta * kappa_dot + kappa
        m = sqrt(second_moment(activation, q_x)) * sqrt(second_moment(activation, q_z))
        last = layer == network.depth - 1
        weight = jets.weight(K.value.shape, last)
        forward = network.read_out if last else _convolve(network)
        K, theta = (
            weight * (state * m).map(forward) + jets.bias_variance for state in (kappa, theta)
        )
    return theta if network.tangent else K


def _convolve(network):
    return lambda values: network.convolve(values, *np.empty((2, values.size)))
