"""Derivatives of the convolutional kernels by (log bias_variance, log weight_variance).

Forward differentiation of the recursion in `_convolution`, whose notation this file shares. The
differentials that go with variances are those of their logarithms.
"""

import numpy as np

from ._arrays import divide, slices
from ._convolution import PARALLEL, inverse_root
from ._gradient import D_BIAS, D_WEIGHT, Jet, apply_activation
from ._pairs import fill_tiles


def gradient(network, X):
    """Derivatives of the kernel matrix K(X, X).

    Returns an array of shape (n, n, 2), the last axis (log bias_variance, log
    weight_variance).
    """
    images = network.images(X)
    variances = _variances(network.without_read_out(), images)
    result = np.empty((2, len(images), len(images)))
    tile, work = network.workspace(*result.shape[1:])

    def evaluate(rows, cols, out):
        def sides(layer, _):
            q = variances[layer]
            parts = [Jet(q.value[..., part], q.d[..., part]) for part in (rows, cols)]
            return _broadcast(network.sides, *parts)

        K = network.covariances(images[rows], images[cols], work[0])
        np.copyto(out, _recur(network, K, sides).d)

    fill_tiles(result, evaluate, symmetric=True, tile=tile)
    return np.moveaxis(result, 0, -1)


def _variances(network, images):
    """The variances of each hidden layer as jets."""
    shapes = [(*size, len(images)) for size in network.sizes()]
    variances = [Jet(np.empty(shape), np.empty((2, *shape))) for shape in shapes]
    (_, columns), _ = network.workspace(1, len(images))
    for part in slices(len(images), columns):

        def sides(layer, K, part=part):
            q = network.own_variances(K.value)
            dq = np.stack([network.own_variances(d) for d in K.d])
            jet = Jet(q, divide(dq, q))
            variances[layer].value[..., part], variances[layer].d[..., part] = jet
            return _broadcast(network.own_sides, jet)

        _recur(network, network.own_covariances(images[part]), sides)
    return variances


def _broadcast(view, *jets):
    """A function of arrays that returns a pair of arrays, applied to values and differentials."""
    values = view(*(jet.value for jet in jets))
    d = zip(*(view(*parts) for parts in zip(*(jet.d for jet in jets), strict=True)), strict=True)
    return [Jet(value, np.stack(parts)) for value, parts in zip(values, d, strict=True)]


def _recur(network, K, sides):
    """The kernel, for covariances K of the first layer, as a jet."""
    activation = network.activation
    K = Jet(K, np.stack([np.full_like(K, network.bias_variance), K - network.bias_variance]))
    theta = None
    for layer in range(network.depth):
        x, z = sides(layer, K)
        root = inverse_root(x.value) * inverse_root(z.value)
        root = Jet(root, -root / 2 * (x.d + z.d))
        rho = K * root
        rho.value[rho.value > PARALLEL] = 1
        rho.value[rho.value < -PARALLEL] = -1
        theta = rho if layer == 0 else theta * root
        kappa, kappa_dot = apply_activation(activation, rho, x, z)
        theta = theta * kappa_dot + kappa
        m = np.sqrt(activation.second_moment(x.value)) * np.sqrt(activation.second_moment(z.value))
        slopes = [activation.log_slope(side.value) * side.d for side in (x, z)]
        m = Jet(m, m / 2 * sum(slopes))
        last = layer == network.depth - 1
        weight = network.weight(K.value.shape, last)
        forward = network.read_out if last else _convolve(network)
        K, theta = (_affine(network, state * m, weight, forward) for state in (kappa, theta))
    return theta if network.tangent else K


def _convolve(network):
    return lambda values: network.convolve(values, *np.empty((2, values.size)))


def _affine(network, state, weight, forward):
    """`weight` times forward(state), plus the bias."""
    value = weight * forward(state.value)
    d = np.stack([weight * forward(d) for d in state.d])
    shape = (2, *[1] * value.ndim)
    d += D_WEIGHT.reshape(shape) * value + D_BIAS.reshape(shape) * network.bias_variance
    return Jet(value + network.bias_variance, d)
