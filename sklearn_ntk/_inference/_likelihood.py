"""The marginal likelihood of targets under a Gaussian process."""

import numpy as np

from .._solvers import solve_cholesky


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


def at_theta(kernel, theta):
    """The kernel, a copy, and the noise, from logarithms of which the noise's is the last."""
    if np.shape(theta) != (kernel.n_dims + 1,):
        names = [h.name for h in kernel.hyperparameters if not h.fixed] + ["alpha"]
        raise ValueError(
            f"theta has shape {np.shape(theta)}, but must have {kernel.n_dims + 1} entries: the "
            f"logarithms of {', '.join(names)}."
        )
    return kernel.clone_with_theta(np.array(theta[:-1])), float(np.exp(theta[-1]))
