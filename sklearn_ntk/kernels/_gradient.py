"""Derivatives of the network kernels by (log bias_variance, log weight_variance).

Forward differentiation of the recursion in `_recursion`. As r^2 + s^2 = 1, each affine layer
turns a row by one angle f with r = cos f and s = sin f, and its derivative is all there is:

    d rho   <- d(r_x r_z) kappa + d(s_x s_z) + r_x r_z kappa_dot d rho
    d theta <- d rho + d(r_x r_z theta kappa_dot).
"""

import numpy as np
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import row_norms

from ._pairs import fill_tiles, inner_products

# d log sb2 and d log sw2, one row per hyperparameter in the order of scikit-learn's theta.
D_BIAS, D_WEIGHT = np.eye(2)[:, :, np.newaxis]


def gradient(network, X):
    """Derivatives of the kernel matrix K(X, X).

    Returns an array of shape (n, n, 2), the last axis (log bias_variance, log
    weight_variance).
    """
    unit = normalize(X)
    layers, scale, d_log_q = _row_derivatives(network, X)
    result = np.empty((2, X.shape[0], X.shape[0]))

    def evaluate(rows, cols, out):
        # The first affine layer acts on the cosine of the raw rows, a constant.
        kappa = np.empty(out.shape[1:])
        inner_products(unit[rows], unit[cols], kappa)
        np.clip(kappa, -1, 1, out=kappa)
        d_kappa = chain = d_chain = 0  # chain = theta * kappa_dot
        for r, s, d_f in layers:
            R = _outer(r[rows], r[cols])
            d_R = -_outer((s * d_f)[:, rows], r[cols]) - _outer(r[rows], (s * d_f)[:, cols])
            d_S = _outer((r * d_f)[:, rows], s[cols]) + _outer(s[rows], (r * d_f)[:, cols])
            rho = R * kappa + _outer(s[rows], s[cols])
            d_rho = d_R * kappa + d_S + R * d_kappa
            theta = rho + R * chain
            d_theta = d_rho + d_R * chain + R * d_chain
            kappa, kappa_dot, slope = _duals(network.activation, rho)
            d_kappa = kappa_dot * d_rho
            chain = theta * kappa_dot
            d_chain = d_theta * kappa_dot + theta * slope * d_rho
        value, d_value = (theta, d_theta) if network.tangent else (rho, d_rho)
        d_value += value * (d_log_q[:, rows, np.newaxis] + d_log_q[:, np.newaxis, cols]) / 2
        np.multiply(d_value, _outer(scale[rows], scale[cols]), out=out)

    fill_tiles(result, evaluate, symmetric=True)
    return np.moveaxis(result, 0, -1)


def _row_derivatives(network, X):
    """(r, s, d f) of all depth + 1 affine layers, then sqrt(q) and d log q of the last."""
    second_moment = row_norms(X, squared=True) / X.shape[1]
    d_log_m = np.zeros((2, X.shape[0]))
    layers = []
    for _ in range(network.depth + 1):
        q, r, s = network.affine(second_moment)
        layers.append((r, s, r * s * (D_BIAS - D_WEIGHT - d_log_m) / 2))
        d_log_q = r**2 * (D_WEIGHT + d_log_m) + s**2 * D_BIAS
        second_moment = network.activation.second_moment(q)
        d_log_m = d_log_q  # the ReLU is homogeneous: m is proportional to q
    return layers, np.sqrt(q), d_log_q


def _duals(activation, rho):
    slope = activation.second_derivative_dual(rho)
    kappa, kappa_dot, scratch = rho.copy(), np.empty_like(rho), np.empty_like(rho)
    activation.dual(kappa, kappa_dot, scratch)
    return activation.factor * kappa, activation.factor * kappa_dot, slope


def _outer(a, b):
    """Outer products along the last axis of each."""
    return a[..., :, np.newaxis] * b[..., np.newaxis, :]
