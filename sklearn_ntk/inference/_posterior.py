"""The Gaussian process posterior, from a factor of the training matrix."""

import numpy as np

from .._gram import cross_matrix, row_chunks
from .._threads import thread_map


def posterior_variance(kernel, X_fit, factor, X, n_jobs=None):
    """diag(K** - K*X A^-1 KX*), holding one chunk of columns of KX* per job.

    Parameters
    ----------
    kernel : scikit-learn kernel object
    X_fit : {ndarray, sparse matrix} of shape (n, n_features)
    factor : CholeskyFactor or SpectralFactor
        Of A = kernel(X_fit) plus noise; at a finite time, the network is the one whose last
        layer was trained that long.
    X : {ndarray, sparse matrix} of shape (m, n_features)
    n_jobs : int, default=None
        Threads, as for `n_threads`.

    Returns
    -------
    variance : ndarray of shape (m,)
        Rounding may have made values close to 0 negative.
    """

    def variance(rows):
        V = factor.half_solve(cross_matrix(kernel, X_fit, X[rows], factor.dtype))
        return kernel.diag(X[rows]) - np.einsum("nm,nm->m", V, V, dtype=np.float64)

    chunks = row_chunks(X.shape[0], 2 * X_fit.shape[0], n_jobs)  # K*X and V
    return np.concatenate(thread_map(variance, chunks, n_jobs))


def posterior_covariance(kernel, X_fit, factor, X):
    """K** - K*X A^-1 KX*, shape (m, m); parameters as for `posterior_variance`."""
    V = factor.half_solve(cross_matrix(kernel, X_fit, X, factor.dtype))
    V = V.astype(np.float64, copy=False)
    return kernel(X) - V.T @ V


def log_marginal_likelihood(factor, y, dual_coef):
    """log N(y; 0, A), summed over targets.

    Parameters
    ----------
    factor : CholeskyFactor
        Of A.
    y : ndarray of shape (n,) or (n, n_targets)
    dual_coef : ndarray of the shape of y
        A^-1 y.

    Returns
    -------
    value : float
        -inf if it is below all of float64.

    References
    ----------
    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, equation 2.30.
    """
    constant = factor.log_determinant() + len(y) * np.log(2 * np.pi)
    size = max(np.abs(y).max(), np.finfo(float).tiny)
    fit = np.sum((y / size) * (dual_coef / size))
    with np.errstate(over="ignore"):
        return float(-(fit * size * size + constant * (y.size / len(y))) / 2)


def sample_gaussian(covariance, shape, rng):
    """Draws from N(0, covariance), of shape (m, *shape)."""
    # By eigenvectors, because a posterior covariance is singular as often as not.
    eigenvalues, Q = np.linalg.eigh(covariance)
    root = Q * np.sqrt(np.maximum(eigenvalues, 0))
    return np.tensordot(root, rng.standard_normal((len(root), *shape)), axes=1)
