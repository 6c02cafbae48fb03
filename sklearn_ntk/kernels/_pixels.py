"""What a nonlinearity makes of covariances of pixels, twice: in passes, and as a compiled loop.

Both are one layer of `_convolution` up to its sums over windows. They turn K and Theta into

    K <- weight M,    Theta <- weight (M + Theta M_dot),

where Theta of the first layer is the correlation.
"""

from functools import lru_cache

import numpy as np

from .._compiled import compiled
from ._arrays import divide, view

# Correlations this close to 1 are 1: rounding would turn them into angles of 1e-8. An angle
# that is really as small is lost with them, at an error of 4e-8 in a step's expectation.
PARALLEL = 1 - 32 * np.finfo(float).eps
# Columns that stay in the cache while all rows pass.
CHUNK = 1024


def inverse_root(q):
    """1 / sqrt(q), and 0 where q is."""
    return divide(1.0, np.sqrt(q))


def respond_in_passes(activation, K, theta, first, q_x, q_z, weight, work):
    """One layer in place, for any activation and any way in which variances broadcast.

    Parameters
    ----------
    activation : Activation
    K, theta : ndarray
        Covariances, overwritten; theta is None for the NNGP.
    first : bool
        Whether theta is still to be filled, as before the first layer.
    q_x, q_z : ndarray, broadcasting against K
        Variances.
    weight : float
    work : ndarray of shape (2, at least K.size)
        Overwritten.
    """
    kappa_dot, scratch = (view(flat, K.shape) for flat in work)
    np.multiply(inverse_root(q_x), inverse_root(q_z), out=scratch)
    K *= scratch
    K[K > PARALLEL] = 1
    K[K < -PARALLEL] = -1
    if theta is not None:
        if first:
            np.copyto(theta, K)
        else:
            theta *= scratch
    activation.correlate(K, q_x, q_z, kappa_dot, scratch)
    amplitude = [np.sqrt(activation.second_moment(q)) for q in (q_x, q_z)]
    np.multiply(amplitude[0] * (activation.factor * weight), amplitude[1], out=scratch)
    if theta is not None:
        theta *= kappa_dot
        theta += K
        theta *= scratch
    K *= scratch


def respond_in_a_loop(activation, K, theta, first, q_x, q_z, weight, _):
    """The same for an activation with a `_pair`, and variances of a row or a column each."""
    x, z = _terms(activation, q_x), _terms(activation, q_z)
    x[:, -1] *= weight
    shape = len(x), x.shape[2], z.shape[2]
    tangent = theta is not None
    matrices = [values.reshape(shape) for values in (K, theta if tangent else K)]
    response_loop(activation._pair)(*matrices, x, z, tangent, first)


def _terms(activation, q):
    """What a `response_loop` knows of the pixels, shape (products, 4, pixels of one side).

    Where the two pixels are one, every one has a matrix of its own, or all share a single one.
    """
    q = q.reshape(1 if q.ndim == 6 else q.shape[0] * q.shape[1], -1)
    a, b, unit = activation._pair_terms(q)
    amplitude = unit * np.sqrt(activation.second_moment(q))
    return np.stack([inverse_root(q), a, b, amplitude], axis=1)


@lru_cache
def response_loop(pair):
    """The loop for an activation with this `_pair`."""

    @compiled
    def respond(K, theta, x, z, tangent, first):
        for k in range(K.shape[0]):
            for start in range(0, K.shape[2], CHUNK):
                part = slice(start, start + CHUNK)
                inverse_z, a_z, b_z, u_z = (
                    z[k, 0, part],
                    z[k, 1, part],
                    z[k, 2, part],
                    z[k, 3, part],
                )
                for i in range(K.shape[1]):
                    inverse_x, a_x, b_x, u_x = x[k, :, i]
                    c, t = K[k, i, part], theta[k, i, part]
                    for j in range(len(c)):
                        rho = c[j] * (inverse_x * inverse_z[j])
                        rho = 1.0 if rho > PARALLEL else rho
                        c[j] = -1.0 if rho < -PARALLEL else rho
                    if not tangent:
                        for j in range(len(c)):
                            kappa, _ = pair(c[j], a_x, b_x, a_z[j], b_z[j])
                            c[j] = kappa * (u_x * u_z[j])
                        continue
                    for j in range(len(c)):
                        t[j] = c[j] if first else t[j] * (inverse_x * inverse_z[j])
                    for j in range(len(c)):
                        kappa, kappa_dot = pair(c[j], a_x, b_x, a_z[j], b_z[j])
                        u = u_x * u_z[j]
                        c[j] = kappa * u
                        t[j] = (t[j] * kappa_dot + kappa) * u

    return respond
