"""Derivatives of sum_ij G_ij k(x_i, x_j) by all hyperparameters of k, streamed block by block.

Every kernel contracts its derivatives on a block, `weighted_sum`. Where a kernel has many of them
it never holds one matrix for each.
"""

from functools import singledispatch

import numpy as np
from scipy import sparse
from sklearn.gaussian_process.kernels import Exponentiation, Kernel, Product, Sum
from sklearn.utils import gen_batches

from .._blocks import STRIP
from .._threads import thread_map
from ._input_gradient import values
from ._pairs import check_rows


def theta_gradient(kernel, X, G, n_jobs=None):
    """The derivatives of sum_ij G[i, j] kernel(X)[i, j] by `kernel.theta`.

    Parameters
    ----------
    kernel : scikit-learn kernel object
        Any that has an ``eval_gradient``. `Scaled` kernels, and sums, products and powers of
        them, take the time of a few products of n^2 n_features and the memory of a block,
        others an array for each hyperparameter and block.
    X : {array-like, sparse matrix} of shape (n, n_features)
        Rows.
    G : ndarray of shape (n, n)
        Symmetric; only its lower triangle is read.
    n_jobs : int, default=None
        Threads that share the blocks; None is as many as BLAS has been given.

    Returns
    -------
    gradient : ndarray of shape (n_dims,)
        Each is tr(G dK / dtheta), by the logarithms of the hyperparameters that are not fixed.

    Raises
    ------
    NotImplementedError
        For `Scaled` kernels without derivatives by inputs.
    ValueError
        If shapes do not agree, or as for a call of the kernel.

    References
    ----------
    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, equation 5.9.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk.kernels import Laplace, theta_gradient
    >>> X, G = np.eye(2), np.ones((2, 2))
    >>> theta_gradient(Laplace(np.sqrt(2)), X, G).round(4)
    array([0.7358])
    """
    X, _ = check_rows(X, None)
    if np.shape(G) != (X.shape[0], X.shape[0]):
        raise ValueError(f"G has shape {np.shape(G)}, must be {(X.shape[0], X.shape[0])}.")
    if not kernel.n_dims:
        return np.zeros(0)
    blocks = list(gen_batches(X.shape[0], STRIP))

    def part(pair):
        rows, cols = pair
        if rows == cols:
            W = np.tril(G[rows, rows])
            return weighted_sum(kernel, X[rows], None, W + np.tril(W, -1).T)
        return 2 * weighted_sum(kernel, X[rows], X[cols], G[rows, cols])

    pairs = [(rows, cols) for rows in blocks for cols in blocks if cols.start <= rows.start]
    return sum(thread_map(part, pairs, n_jobs))


@singledispatch
def weighted_sum(kernel, X, Z, W):
    """sum_ij W[i, j] dk(X[i], Z[j]) / dtheta; Z is None for X itself, where W is symmetric."""
    raise TypeError(f"{type(kernel).__name__} is not a kernel object.")


@weighted_sum.register
def _(kernel: Kernel, X, Z, W):
    if not kernel.n_dims:
        return np.zeros(0)
    if Z is None:
        return np.einsum("ij,ijk->k", W, values(kernel, X, None, eval_gradient=True)[1])
    # A kernel gives its gradient for a square only.
    rows = (sparse.vstack if sparse.issparse(X) else np.vstack)([X, Z])
    n = X.shape[0]
    gradient = values(kernel, rows, None, eval_gradient=True)[1]
    return np.einsum("ij,ijk->k", W, gradient[:n, n:])


@weighted_sum.register
def _(kernel: Sum, X, Z, W):
    return np.append(weighted_sum(kernel.k1, X, Z, W), weighted_sum(kernel.k2, X, Z, W))


@weighted_sum.register
def _(kernel: Product, X, Z, W):
    first = weighted_sum(kernel.k1, X, Z, W * values(kernel.k2, X, Z))
    return np.append(first, weighted_sum(kernel.k2, X, Z, W * values(kernel.k1, X, Z)))


@weighted_sum.register
def _(kernel: Exponentiation, X, Z, W):
    slope = kernel.exponent * values(kernel.kernel, X, Z) ** (kernel.exponent - 1)
    return weighted_sum(kernel.kernel, X, Z, W * slope)
