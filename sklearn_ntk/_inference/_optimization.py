"""Hyperparameters by the gradient of a loss, in the memory of one matrix."""

import numpy as np
from scipy.optimize import minimize

from .._gram import Gram
from .._solvers import require_squares
from ..kernels import theta_gradient

# The noise may be as small or as large, in units of the variance of normalised targets.
NOISE_BOUNDS = 1e-6, 1e2


def loss_and_gradient(loss, kernel, noise, X, Y, weight, n_jobs=None):
    """A loss of A = kernel(X) + noise / weight, and its gradient.

    One array holds A, then its Cholesky factor, then its inverse, then the slope of the loss; the
    derivatives of the kernel are evaluated for two blocks of rows at a time.

    Parameters
    ----------
    loss : callable
        As described in `_objectives`.
    kernel : scikit-learn kernel object
    noise : float
    X : {ndarray, sparse matrix} of shape (n, n_features)
    Y : ndarray of shape (n, n_targets)
    weight : ndarray of shape (n,)
    n_jobs : int, default=None
        Threads, as for `n_threads`.

    Returns
    -------
    value : float
        Infinity if A is not positive definite to working precision.
    gradient : ndarray of shape (n_dims + 1,)
        By kernel.theta and log(noise).
    """
    require_squares(1, len(Y), "likelihood's gradient", "The likelihood by itself needs half")
    try:
        value, G = loss(Gram(kernel, X, noise / weight).to_array(n_jobs), Y, weight)
    except np.linalg.LinAlgError:
        return np.inf, np.zeros(kernel.n_dims + 1)
    by_noise = np.sum(G.diagonal() * noise / weight)
    return value, np.append(theta_gradient(kernel, X, G, n_jobs), by_noise)


def minimise(
    loss,
    kernel,
    noise,
    X,
    Y,
    weight,
    *,
    noise_bounds=NOISE_BOUNDS,
    penalty=None,
    n_restarts,
    rng,
    tolerance=2.2e-9,
    n_jobs=None,
):
    """The kernel and the noise of the smallest loss that L-BFGS-B finds.

    Parameters
    ----------
    loss, kernel, noise, X, Y, weight, n_jobs
        As for `loss_and_gradient`; kernel and noise are where the search starts.
    noise_bounds : pair of float or "fixed", default=(1e-6, 1e2)
        Between which to search for the noise; "fixed" keeps it.
    penalty : callable, default=None
        What to add to the loss: a function of `kernel.theta` that returns a value and its
        gradient.
    n_restarts : int
        Further searches, from points drawn evenly from the logarithms within the bounds.
    rng : RandomState
        Draws them.
    tolerance : float, default=2.2e-9
        Relative improvement of the loss below which the search has converged.

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

    found_so_far = []

    def objective(theta):
        value, gradient = loss_and_gradient(loss, *at(theta), X, Y, weight, n_jobs)
        if value == np.inf:
            # A line search steps back from a value worse than all others; one that meets
            # infinity ends where it began, and calls that convergence.
            return max(found_so_far, default=np.inf) + Y.size, gradient[: len(theta)]
        if penalty is not None:
            more, slope = penalty(theta[:n_dims])
            value += more
            gradient[:n_dims] += slope
        found_so_far.append(value)
        return value, gradient[: len(theta)]

    starts = [np.clip(start, *bounds.T), *rng.uniform(*bounds.T, size=(n_restarts, len(bounds)))]
    method = {"method": "L-BFGS-B", "bounds": bounds, "options": {"ftol": tolerance}}
    found = [minimize(objective, theta, jac=True, **method) for theta in starts]
    best = min(found, key=lambda result: result.fun)
    return *at(best.x), None if best.success else best.message
