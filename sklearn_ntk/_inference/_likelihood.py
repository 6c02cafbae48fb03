"""Hyperparameters of a Gaussian process by marginal likelihood, in the memory of one matrix."""

import itertools

import numpy as np
from scipy.linalg import get_lapack_funcs
from scipy.optimize import minimize
from sklearn.utils import gen_batches

from .._gram import Gram
from .._threads import thread_map

# The noise may be as small or as large, in units of the variance of normalised targets.
NOISE_BOUNDS = 1e-6, 1e2


def likelihood_and_gradient(kernel, noise, X, y, weight, n_jobs=None):
    """log N(y; 0, A), A = kernel(X) + noise / weight, and its gradient.

    With t targets in y, d value = tr(G dA) / 2, G = A^-1 y y' A^-1 - t A^-1. One array holds A,
    then its Cholesky factor, then its inverse, then G; the derivatives of the kernel are
    evaluated for two blocks of rows at a time.

    Parameters
    ----------
    kernel : scikit-learn kernel object
    noise : float
    X : {ndarray, sparse matrix} of shape (n, n_features)
    y : ndarray of shape (n,) or (n, n_targets)
    weight : ndarray of shape (n,)
    n_jobs : int, default=None
        Threads, as for `n_threads`.

    Returns
    -------
    value : float
        Summed over targets; -inf if A is not positive definite to working precision.
    gradient : ndarray of shape (n_dims + 1,)
        By kernel.theta and log(noise).

    References
    ----------
    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, equations 2.30, 5.9.
    """
    n, Y = len(y), y.reshape(len(y), -1)
    A = Gram(kernel, X, noise / weight).to_array(n_jobs)
    potrf, potrs, potri = get_lapack_funcs(("potrf", "potrs", "potri"), (A,))
    L, failed = potrf(A.T, lower=True, overwrite_a=True, clean=False)
    if failed:
        return -np.inf, np.zeros(len(kernel.theta) + 1)
    C = potrs(L, Y, lower=True)[0]
    log_determinant = 2 * np.log(L.diagonal()).sum()
    constant = log_determinant + n * np.log(2 * np.pi)
    value = -(np.sum(Y * C) + Y.shape[1] * constant) / 2
    G = potri(L, lower=True, overwrite_c=True)[0]  # its lower triangle
    for cols in gen_batches(n, 512):
        G[cols.start :, cols] *= -Y.shape[1]
        G[cols.start :, cols] += C[cols.start :] @ C[cols].T
    by_noise = np.sum(G.diagonal() * noise / weight) / 2
    return float(value), np.append(_by_kernel(kernel, X, G, n_jobs), by_noise)


def _by_kernel(kernel, X, G, n_jobs):
    """tr(G dK / d theta) / 2 from the lower triangle of G."""
    # A kernel gives its gradient for a square only, so pairs of blocks are made squares; a
    # block meets all others, and its own square counts once in all.
    blocks = list(gen_batches(X.shape[0], 256))
    pairs = list(itertools.combinations(blocks, 2)) or [(blocks[0],)]
    share = 1 / max(len(blocks) - 1, 1)

    def part(pair):
        rows = np.concatenate([np.arange(block.start, block.stop) for block in pair])
        weights = np.tril(G[np.ix_(rows, rows)])
        weights.flat[:: len(rows) + 1] /= 2
        first = pair[0].stop - pair[0].start
        weights[:first, :first] *= share
        weights[first:, first:] *= share
        return np.einsum("ij,ijk->k", weights, kernel(X[rows], eval_gradient=True)[1])

    return sum(thread_map(part, pairs, n_jobs))


def maximise_likelihood(kernel, noise, X, y, weight, *, n_restarts, rng, n_jobs=None):
    """The kernel and the noise of the largest likelihood that L-BFGS-B finds.

    Parameters
    ----------
    kernel, noise, X, y, weight, n_jobs
        As for `likelihood_and_gradient`; kernel and noise are where the search starts.
    n_restarts : int
        Further searches, from points drawn evenly from the logarithms within the bounds.
    rng : RandomState
        Draws them.

    Returns
    -------
    kernel : scikit-learn kernel object
    noise : float
    problem : str or None
        Why the search ended before it converged, or None if it did converge.
    """
    bounds = np.vstack([kernel.bounds, np.log(NOISE_BOUNDS)]) if len(kernel.theta) else None
    bounds = np.log([NOISE_BOUNDS]) if bounds is None else bounds

    def objective(theta):
        value, gradient = likelihood_and_gradient(
            kernel.clone_with_theta(theta[:-1]), np.exp(theta[-1]), X, y, weight, n_jobs
        )
        return -value, -gradient

    start = np.append(kernel.theta, np.log(np.clip(noise, *NOISE_BOUNDS)))
    starts = [np.clip(start, *bounds.T), *rng.uniform(*bounds.T, size=(n_restarts, len(bounds)))]
    found = [
        minimize(objective, theta, jac=True, method="L-BFGS-B", bounds=bounds) for theta in starts
    ]
    best = min(found, key=lambda result: result.fun)
    problem = None if best.success else best.message
    return kernel.clone_with_theta(best.x[:-1]), float(np.exp(best.x[-1])), problem
