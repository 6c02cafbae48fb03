"""What a nonlinearity makes of covariances of pixels, twice: in passes, and for compiled loops.

Both are one layer of `_convolution` up to its sums over windows. They turn K and Theta into

    K <- weight M,    Theta <- weight (M + Theta M_dot),

where Theta of the first layer is the correlation.
"""

import numpy as np

from .._compiled import inlined
from ._arrays import divide, view

# Correlations this close to 1 are 1: rounding would turn them into angles of 1e-8. An angle
# that is really as small is lost with them, at an error of 4e-8 in a step's expectation.
PARALLEL = 1 - 32 * np.finfo(float).eps
# Columns that stay in the cache while all rows pass.
CHUNK = 1024


def inverse_root(q):
    """1 / sqrt(q), and 0 where q is."""
    return divide(1.0, np.sqrt(q))


def respond(activation, K, theta, first, q_x, q_z, weight, work):
    """One layer in place, for any activation and any way in which variances broadcast.

    Parameters
    ----------
    activation : Activation
    K, theta : ndarray
        Overwritten; theta is None for the NNGP.
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


def pixel_terms(activation, q):
    """What `respond_to_rows` knows of pixels of variances q, shape (4, *q.shape)."""
    a, b, unit = activation._pair_terms(q)
    return np.stack([inverse_root(q), a, b, unit * np.sqrt(activation.second_moment(q))])


@inlined
def clipped(rho):
    rho = 1.0 if rho > PARALLEL else rho
    return -1.0 if rho < -PARALLEL else rho


@inlined
def respond_to_rows(pair, K, theta, x, z, weight, tangent, first):
    """The same of a matrix whose rows and columns have a variance each.

    Parameters
    ----------
    pair : callable
        Of the activation.
    K, theta : ndarray of shape (m, n)
    x, z : ndarray of shape (4, m) and (4, n)
        The `pixel_terms` of rows and of columns.
    weight : float
    tangent, first : bool
    """
    # In one array, so that whoever compiles this has few arrays to tell apart before it may
    # compute with several numbers at a time.
    terms = np.empty(4 * CHUNK)
    for start in range(0, K.shape[1], CHUNK):
        n = min(CHUNK, K.shape[1] - start)
        for p in range(4):
            for j in range(n):
                terms[p * CHUNK + j] = z[p, start + j]
        for i in range(K.shape[0]):
            inverse_x, a_x, b_x, u_x = x[:, i]
            u_x *= weight
            c, t = K[i, start : start + n], theta[i, start : start + n]
            for j in range(n):
                inverse = inverse_x * terms[j]
                rho = clipped(c[j] * inverse)
                kappa, kappa_dot = pair(rho, a_x, b_x, terms[CHUNK + j], terms[2 * CHUNK + j])
                u = u_x * terms[3 * CHUNK + j]
                c[j] = kappa * u
                if tangent:
                    t[j] = ((rho if first else t[j] * inverse) * kappa_dot + kappa) * u
