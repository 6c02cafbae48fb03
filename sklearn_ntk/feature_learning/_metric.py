"""The recursive feature machine: a metric from the gradients of predictions, and again."""

import numpy as np

from .._blocks import row_chunks
from .._gram import Gram
from .._inference import best_ridge, ridge_candidates
from .._solvers import dense_cholesky, require_squares
from .._validation import weighted_mean
from ..kernels import Projected, Scaled, input_gradient
from ..kernels._mapped import Mapped
from ..kernels._scale import at_scale, column_deviations
from ._scales import starting_kernel


def learn_metric(kernel, X, Y, weight, *, n_iter, full, n_jobs=None):
    """The kernel of rows in the metric that gradients of its predictions span.

    Each iteration fits with the ridge of the best leave-one-out predictions, takes the mean outer
    product of the gradients as the metric of the next one, and measures lengths anew. The metric
    whose leave-one-out error was least is kept, that of the beginning included.

    Parameters
    ----------
    kernel : scikit-learn kernel object
        If it maps its rows, as `Scaled`, where to begin; otherwise with columns over their
        standard deviations.
    X : {ndarray, sparse matrix} of shape (n, n_features)
    Y : ndarray of shape (n, n_targets)
        Targets in comparable units, one metric for all of them.
    weight : ndarray of shape (n,)
    n_iter : int
        Fits whose gradients are taken.
    full : bool
        Whether directions are learned, or only a scale for each column.
    n_jobs : int, default=None
        Threads, as for `n_threads`.

    Returns
    -------
    kernel : Scaled or Projected

    References
    ----------
    Radhakrishnan, Beaglehole, Pandit and Belkin, Mechanism for feature learning in neural networks
    and backpropagation-free machine learning models, Science 2024, algorithm 1.
    """
    if full:
        require_squares(4, X.shape[1], "metric", "metric='diagonal' needs a number for each column")
    inner = kernel.kernel if isinstance(kernel, Mapped) else kernel
    current = starting_kernel(kernel, X, weight)
    size = column_deviations(X, weight)
    share = weight / weight.max()
    best, least = current, np.inf
    for iteration in range(n_iter + 1):
        K = Gram(current, X, np.zeros(len(Y))).to_array(n_jobs)
        alpha, held_out = best_ridge(K.copy(), Y, share, ridge_candidates(K, share), centred=True)
        error = share @ np.sum((held_out - Y) ** 2, axis=1)
        if error < least:
            best, least = current, error
        if iteration == n_iter:
            break
        K.flat[:: len(K) + 1] += alpha / share
        C = dense_cholesky(K).solve(Y - weighted_mean(Y, weight))
        # In units of the deviations, so that those of the columns do not matter.
        M = mean_outer_product(current, X, C, share, size, full, n_jobs)
        total = np.trace(M) if full else M.sum()
        if not total > 0:
            break  # a constant
        M *= np.count_nonzero(size) / total
        unit = np.divide(1, size, out=np.zeros_like(size), where=size > 0)
        if full:
            current = Projected(inner, unit[:, np.newaxis] * square_root(M))
        else:
            current = Scaled(inner, unit * np.sqrt(M))
        current = at_scale(current, X, weight)
    return best


def mean_outer_product(kernel, X, C, weight, unit, full, n_jobs=None):
    """The mean over rows x of g g', g the gradient of sum_i C_i kernel(x, x_i), for all columns.

    Parameters
    ----------
    kernel : scikit-learn kernel object
    X : {ndarray, sparse matrix} of shape (n, d)
    C : ndarray of shape (n, k)
        Coefficients of k functions, over which the outer products are summed.
    weight : ndarray of shape (n,)
        Weights of the rows in the mean.
    unit : ndarray of shape (d,)
        What each column of g is multiplied by.
    full : bool
        Whether to return more than the diagonal.

    Returns
    -------
    M : ndarray of shape (d, d) or (d,)
    """
    M = 0.0
    for rows in row_chunks(X.shape[0], X.shape[1] * C.shape[1], n_jobs=1):
        g = input_gradient(kernel, X[rows], X, C, n_jobs) * unit[:, np.newaxis]
        g = np.moveaxis(g * np.sqrt(weight[rows])[:, np.newaxis, np.newaxis], 1, 0)
        g = g.reshape(len(unit), -1)
        M = M + (g @ g.T if full else np.einsum("dn,dn->d", g, g))
    return M / weight.sum()


def square_root(M):
    """The symmetric square root of a positive semi-definite matrix."""
    eigenvalues, Q = np.linalg.eigh(M)
    return (Q * np.sqrt(np.maximum(eigenvalues, 0))) @ Q.T
