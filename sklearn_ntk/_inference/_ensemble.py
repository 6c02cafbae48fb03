"""The distribution of infinitely wide networks after training, over random initialisations.

With B = A^-1 Theta(X, X*), A the NTK's training matrix, and K the NNGP kernel, networks that
start as draws of the prior end with

    cov = K** + B' K(X, X) B - B' K(X, X*) - K(X*, X) B

(Lee et al., Wide Neural Networks of Any Depth Evolve as Linear Models Under Gradient Descent,
NeurIPS 2019, equation 16). At a finite time the factor applies the filter of gradient flow in
place of A^-1.
"""

import numpy as np

from .._blocks import row_chunks
from .._gram import Gram, cross_matrix
from .._threads import n_threads


def ensemble_variance(ntk, nngp, X_fit, factor, X, n_jobs=None):
    """The diagonal of the covariance, holding one chunk of its rows at a time.

    Parameters
    ----------
    ntk, nngp : scikit-learn kernel objects
        Kernels of the same network.
    X_fit : {ndarray, sparse matrix} of shape (n, n_features)
    factor : CholeskyFactor or EighFactor
        Of A = ntk(X_fit) plus ridge.
    X : {ndarray, sparse matrix} of shape (m, n_features)
    n_jobs : int, default=None
        Threads, as for `n_threads`.

    Returns
    -------
    variance : ndarray of shape (m,)
        Rounding may have made values close to 0 negative.
    """
    variance = nngp.diag(X)
    # Arrays of a chunk's size that live at once: Theta, B, K B, K(X, X*), a part for each thread.
    row_length = (4 + n_threads(n_jobs)) * X_fit.shape[0]
    for rows in row_chunks(X.shape[0], row_length, n_jobs=1):
        B, pull = _response(ntk, nngp, X_fit, factor, X[rows], n_jobs)
        variance[rows] += np.einsum("nm,nm->m", B, pull)
    return variance


def ensemble_covariance(ntk, nngp, X_fit, factor, X, n_jobs=None):
    """The covariance, shape (m, m); parameters as for `ensemble_variance`."""
    B, pull = _response(ntk, nngp, X_fit, factor, X, n_jobs)
    covariance = B.T @ pull
    # pull holds K B - 2 K(X, X*), whose product with B' is symmetric only on the average.
    return nngp(X) + (covariance + covariance.T) / 2


def _response(ntk, nngp, X_fit, factor, X, n_jobs):
    """B and K(X, X) B - 2 K(X, X*)."""
    B = factor.solve(cross_matrix(ntk, X_fit, X, factor.dtype, n_jobs))
    B = B.astype(np.float64, copy=False)
    pull = Gram(nngp, X_fit, np.zeros(X_fit.shape[0])).product(B, n_jobs)
    pull -= 2 * cross_matrix(nngp, X_fit, X, np.float64, n_jobs)
    return B, pull
