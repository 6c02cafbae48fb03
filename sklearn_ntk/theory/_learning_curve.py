"""The error that a spectrum predicts."""

import numpy as np
from scipy.optimize import brentq


def predicted_learning_curve(
    eigenvalues, powers, n_samples, *, multiplicities=1, alpha=0.0, noise=0.0
):
    """The mean squared error of kernel ridge regression, from the spectrum alone.

    With k the root of ``k = alpha + sum_i k w_i / (n w_i + k)``, the ridge that the eigenfunctions
    which n rows cannot resolve add to alpha, and ``g = sum_i n w_i^2 / (n w_i + k)^2``::

        error = (sum_i powers_i k^2 / (n w_i + k)^2 + g noise) / (1 - g)

    It is of the noiseless target at new rows, averaged over random training sets of n rows, and
    exact where features are Gaussian and numbers large.

    Parameters
    ----------
    eigenvalues : array-like of shape (n_eigenvalues,)
        Those of the kernel's operator, w_i: `sphere_eigenvalues`, or `empirical_spectrum` of many
        rows.
    powers : array-like of shape (n_eigenvalues,)
        Squared coefficients of the target along the eigenfunctions, those of equal eigenvalues
        added up: their sum is the mean square of the target.
    n_samples : int or array-like of shape (n_sizes,)
        Numbers of training rows n.
    multiplicities : array-like of shape (n_eigenvalues,), default=1
        How often each eigenvalue occurs; `sphere_multiplicities`.
    alpha : float, default=0.0
        Ridge, not negative. Eigenvalues that were left out act as a ridge of their sum, which
        is to be added here.
    noise : float, default=0.0
        Variance of the noise of the training targets.

    Returns
    -------
    error : float or ndarray of shape (n_sizes,)

    Raises
    ------
    ValueError
        If an eigenvalue, `alpha` or `n_samples` is negative, or a value is not finite.

    References
    ----------
    Bordelon, Canatar and Pehlevan, Spectrum Dependent Learning Curves in Kernel Regression and
    Wide Neural Networks, ICML 2020, equations 4 to 6; Canatar, Bordelon and Pehlevan, Nature
    Communications 2021, for the noise.

    Examples
    --------
    Linear regression on more Gaussian inputs than rows learns the share of them that it sees:

    >>> import numpy as np
    >>> from sklearn_ntk.theory import predicted_learning_curve
    >>> predicted_learning_curve(np.ones(100), np.full(100, 0.01), [0, 25, 50, 75])
    array([1.  , 0.75, 0.5 , 0.25])
    """
    w, p = (np.asarray(values, dtype=float) for values in (eigenvalues, powers))
    w, p, m = np.broadcast_arrays(w, p, np.asarray(multiplicities, dtype=float))
    if not (w.min() >= 0 and alpha >= 0 and np.isfinite(w).all() and np.isfinite(p).all()):
        raise ValueError(
            f"The least eigenvalue is {w.min()} and alpha == {alpha}; neither may be negative, and "
            "all have to be finite. Clip eigenvalues that are negative by rounding."
        )
    n_samples = np.asarray(n_samples, dtype=float)
    if not (n_samples >= 0).all():
        raise ValueError(f"n_samples == {n_samples}, must be >= 0.")

    def error(n):
        k = _total_ridge(w, m, n, alpha)
        if k == 0:  # more rows than eigenfunctions, without a ridge
            seen, left, g = w > 0, np.where(w > 0, 0.0, p).sum(), m[w > 0].sum() / n
            return (left + g * noise) / (1 - g) if seen.any() else left
        shrinkage = k / (n * w + k)
        g = (m * n * (w / (n * w + k)) ** 2).sum()
        return ((p * shrinkage**2).sum() + g * noise) / (1 - g)

    errors = np.vectorize(error, otypes=[float])(n_samples)
    return errors if errors.ndim else float(errors)


def _total_ridge(w, m, n, alpha):
    """The root of k = alpha + sum m k w / (n w + k)."""
    trace = (m * w).sum()
    if n == 0 or trace == 0:
        return alpha + trace
    if alpha == 0 and m[w > 0].sum() <= n:
        return 0.0

    def excess(log_k):
        k = np.exp(log_k)
        return 1 - alpha / k - (m * w / (n * w + k)).sum()

    # k is at most alpha + trace, and falls with n.
    high = np.log(alpha + trace)
    low = high - 1
    while excess(low) > 0:
        low -= 2 * (high - low)
    return float(np.exp(brentq(excess, low, high + 1e-12, xtol=1e-14)))
