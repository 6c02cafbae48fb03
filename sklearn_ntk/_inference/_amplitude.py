"""The scale of a Gaussian process whose kernel and noise are known up to a common factor."""

import numpy as np
from scipy.stats import norm

from .._solvers import dense_cholesky

# Share of the observations that the intervals of this level are to cover.
LEVEL = 0.9


def amplitude(K, Y, noise):
    """The factor of standard deviations with which 90 % of leave-one-out intervals cover.

    The observation y_i, less its prediction without row i, over the standard deviation of that,
    is z_i = (A^-1 y)_i / sqrt((A^-1)_ii), A = K + diag(noise). A quantile of |z| is used, and not
    the mean square, which is the estimate of largest likelihood: of targets that a kernel fits
    nearly without noise, a few rows can have z of hundreds.

    Parameters
    ----------
    K : ndarray of shape (n, n)
        Kernel matrix; overwritten.
    Y : ndarray of shape (n, n_targets)
        Centred targets.
    noise : ndarray of shape (n,)
        Variances.

    Returns
    -------
    amplitude : ndarray of shape (n_targets,)
        1 for a single row, which nothing is left to predict from.

    References
    ----------
    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, equations 5.10 to 5.12.
    """
    if len(Y) < 2:
        return np.ones(Y.shape[1])
    K.flat[:: len(K) + 1] += noise
    factor = dense_cholesky(K)
    C = factor.solve(Y)
    return covering(C / np.sqrt(factor.inverse().diagonal())[:, np.newaxis])


def covering(z):
    """The factor of standard deviations with which 90 % of the errors z are within 90 %.

    Parameters
    ----------
    z : ndarray of shape (n, n_targets)
        Errors in standard deviations.

    Returns
    -------
    factor : ndarray of shape (n_targets,)
    """
    return np.quantile(np.abs(z), LEVEL, axis=0) / norm.ppf((1 + LEVEL) / 2)
