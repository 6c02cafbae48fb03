"""What the eigenvalues of a kernel matrix say about learning with it."""

import numpy as np
from scipy.linalg import eigh
from sklearn.utils import check_array, check_consistent_length


def effective_dimension(eigenvalues, alpha):
    """Number of directions that a ridge leaves free: the sum of w / (w + alpha).

    Parameters
    ----------
    eigenvalues : array-like of shape (n,)
        Of the kernel matrix K(X, X).
    alpha : float
        Ridge, positive, in the units of the eigenvalues.

    Returns
    -------
    dimension : float
        The trace of K (K + alpha I)^-1, which is also called the effective degrees of freedom.

    Raises
    ------
    ValueError
        If `alpha` is not positive.

    References
    ----------
    Zhang, Learning Bounds for Kernel Regression Using Effective Data Dimensionality, Neural
    Computation 2005.

    Examples
    --------
    >>> from sklearn_ntk.theory import effective_dimension
    >>> effective_dimension([3.0, 1.0, 0.0], alpha=1.0)
    1.25
    """
    if not alpha > 0:
        raise ValueError(f"alpha == {alpha}, must be > 0.")
    eigenvalues = np.maximum(np.asarray(eigenvalues, dtype=float), 0)
    return float((eigenvalues / (eigenvalues + alpha)).sum())


def kernel_target_alignment(K, y):
    """How well a kernel matrix resembles the products of the targets, both centred.

    ::

        A = <K_c, Y_c Y_c'> / (||K_c|| ||Y_c Y_c'||)

    Parameters
    ----------
    K : array-like of shape (n_samples, n_samples)
        Kernel matrix.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Targets; of classes, their columns of 0 and 1.

    Returns
    -------
    alignment : float
        From 0 to 1 for positive semi-definite K.

    Raises
    ------
    ValueError
        If the shapes differ, or K or y is constant.

    References
    ----------
    Cortes, Mohri and Rostamizadeh, Algorithms for Learning Kernels Based on Centered Alignment,
    JMLR 2012, definition 4.

    Examples
    --------
    >>> from sklearn_ntk.theory import kernel_target_alignment
    >>> kernel_target_alignment([[1.0, 0.0], [0.0, 1.0]], [-1.0, 1.0])
    1.0
    """
    K, y = _matrix_and_targets(K, y)
    y = y - y.mean(axis=0)
    means = K.mean(axis=0)
    K = K - means - K.mean(axis=1)[:, np.newaxis] + means.mean()
    norms = np.linalg.norm(K) * np.linalg.norm(y.T @ y)
    if norms == 0:
        raise ValueError("K or y is constant, and has no alignment with anything.")
    return float(np.sum(y * (K @ y)) / norms)


def empirical_spectrum(K, y):
    """Eigenvalues of a kernel on a sample, and the power of the targets along its eigenfunctions.

    Parameters
    ----------
    K : array-like of shape (n_samples, n_samples)
        Kernel matrix of the sample.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Targets, without their noise.

    Returns
    -------
    eigenvalues : ndarray of shape (n_samples,)
        Of K / n_samples, the largest first: those of the kernel's operator, as far as the sample
        shows them.
    powers : ndarray of shape (n_samples,)
        Squared coefficients of the targets; their sum is the mean of y^2, summed over targets.

    See Also
    --------
    predicted_learning_curve : What they predict.

    Examples
    --------
    >>> from sklearn_ntk.theory import empirical_spectrum
    >>> eigenvalues, powers = empirical_spectrum([[2.0, 1.0], [1.0, 2.0]], [1.0, 1.0])
    >>> eigenvalues, powers.round(12)
    (array([1.5, 0.5]), array([1., 0.]))
    """
    K, y = _matrix_and_targets(K, y)
    n = len(K)
    w, U = eigh(K, check_finite=False)
    return w[::-1] / n, (np.square(U.T @ y).sum(axis=1) / n)[::-1]


def _matrix_and_targets(K, y):
    K = check_array(K, dtype=np.float64)
    y = check_array(y, dtype=np.float64, ensure_2d=False)
    check_consistent_length(K, y)
    if K.shape[0] != K.shape[1]:
        raise ValueError(f"K has shape {K.shape}, but a kernel matrix is square.")
    return K, y.reshape(len(y), -1)
