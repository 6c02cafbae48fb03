"""Hyperparameters of a Gaussian process by marginal likelihood, in the memory of one matrix."""

import numpy as np
from scipy.optimize import minimize
from sklearn.utils import gen_batches

from .._blocks import STRIP
from .._gram import Gram
from .._solvers import dense_cholesky, require_squares, solve_cholesky
from ..kernels import theta_gradient

# The noise may be as small or as large, in units of the variance of normalised targets.
NOISE_BOUNDS = 1e-6, 1e2


def log_marginal_likelihood(factor, y, dual_coef):
    """log N(y; 0, A), summed over targets.

    Parameters
    ----------
    factor : CholeskyFactor, DenseFactor or EighFactor
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


def likelihood(A, y, n_jobs=None):
    """log N(y; 0, A), in half the memory of A.

    Parameters
    ----------
    A : TrainingMatrix
    y : ndarray of shape (n,) or (n, n_targets)
    n_jobs : int, default=None
        Threads, as for `n_threads`.

    Returns
    -------
    value : float
        Summed over targets; -inf if A is not positive definite to working precision.
    """
    try:
        factor, dual_coef = solve_cholesky(A, y, precision="float64", n_jobs=n_jobs)
    except np.linalg.LinAlgError:
        return -np.inf
    return log_marginal_likelihood(factor, y, dual_coef)


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
    require_squares(1, n, "likelihood's gradient", "The likelihood by itself needs half of that")
    try:
        factor = dense_cholesky(Gram(kernel, X, noise / weight).to_array(n_jobs))
    except np.linalg.LinAlgError:
        return -np.inf, np.zeros(len(kernel.theta) + 1)
    C = factor.solve(Y)
    value = log_marginal_likelihood(factor, Y, C)
    G = factor.inverse()  # its lower triangle
    for cols in gen_batches(n, STRIP):
        G[cols.start :, cols] *= -Y.shape[1]
        G[cols.start :, cols] += C[cols.start :] @ C[cols].T
    by_noise = np.sum(G.diagonal() * noise / weight) / 2
    return value, np.append(theta_gradient(kernel, X, G, n_jobs) / 2, by_noise)


def at_theta(kernel, theta):
    """The kernel, a copy, and the noise, from logarithms of which the noise's is the last."""
    if np.shape(theta) != (kernel.n_dims + 1,):
        names = [h.name for h in kernel.hyperparameters if not h.fixed] + ["alpha"]
        raise ValueError(
            f"theta has shape {np.shape(theta)}, but must have {kernel.n_dims + 1} entries: the "
            f"logarithms of {', '.join(names)}."
        )
    return kernel.clone_with_theta(np.array(theta[:-1])), float(np.exp(theta[-1]))


def maximise_likelihood(
    kernel, noise, X, y, weight, *, noise_bounds=NOISE_BOUNDS, n_restarts, rng, n_jobs=None
):
    """The kernel and the noise of the largest likelihood that L-BFGS-B finds.

    Parameters
    ----------
    kernel, noise, X, y, weight, n_jobs
        As for `likelihood_and_gradient`; kernel and noise are where the search starts.
    noise_bounds : pair of float or "fixed", default=(1e-6, 1e2)
        Between which to search for the noise; "fixed" keeps it.
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
    fixed = isinstance(noise_bounds, str)
    bounds, start, n_dims = kernel.bounds.reshape(-1, 2), kernel.theta, kernel.n_dims
    if not fixed:
        if np.shape(noise_bounds) != (2,) or not 0 < noise_bounds[0] <= noise_bounds[1]:
            raise ValueError(
                f"alpha_bounds == {noise_bounds!r}, must be 'fixed' or 0 < low <= high."
            )
        bounds = np.vstack([bounds, np.log(noise_bounds)])
        start = np.append(start, np.log(np.clip(noise, *noise_bounds)))
    if not len(start):
        return kernel, noise, None
    if n_restarts and not np.isfinite(bounds).all():
        raise ValueError("Restarts begin at points within the bounds, which must then be finite.")

    def at(theta):
        return kernel.clone_with_theta(theta[:n_dims]), noise if fixed else float(np.exp(theta[-1]))

    losses = []

    def objective(theta):
        value, gradient = likelihood_and_gradient(*at(theta), X, y, weight, n_jobs)
        if value == -np.inf:
            # A line search steps back from a value worse than all others; one that meets
            # infinity ends where it began, and calls that convergence.
            return max(losses, default=np.inf) + y.size, -gradient[: len(theta)]
        losses.append(-value)
        return -value, -gradient[: len(theta)]

    starts = [np.clip(start, *bounds.T), *rng.uniform(*bounds.T, size=(n_restarts, len(bounds)))]
    found = [
        minimize(objective, theta, jac=True, method="L-BFGS-B", bounds=bounds) for theta in starts
    ]
    best = min(found, key=lambda result: result.fun)
    return *at(best.x), None if best.success else best.message
