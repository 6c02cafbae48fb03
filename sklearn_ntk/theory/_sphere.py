"""Kernels on the sphere by frequency: what they can express, and how fast it is learned."""

from numbers import Integral

import numpy as np
from scipy.special import binom

from ..kernels._pairs import check_number
from ._quadrature import kernel_values, sphere_rule

# Below this part of the largest, eigenvalues are rounding errors of the quadrature.
ROUNDING = 1e-13


def sphere_eigenvalues(kernel, dimension, n_frequencies):
    """Eigenvalues of a kernel on the unit sphere, one for each frequency.

    For points x, z that are uniformly distributed on the sphere S^(dimension - 1), a kernel of
    their angle has the spherical harmonics of each degree k as eigenfunctions, of one eigenvalue::

        lambda_k = E[k(x, z) P_k(<x, z>)]

    with P_k the Gegenbauer polynomial, P_k(1) = 1; on the circle, cos(k theta). The integral is by
    quadrature, and right to about 1e-14 of the largest eigenvalue, to frequencies of some hundreds.

    Parameters
    ----------
    kernel : kernel object
        Any that sees the angle between rows of norm 1 alone, sums, products and kernels of
        scikit-learn included.
    dimension : int
        Of the space, at least 2: the length of the rows, by which networks divide products.
    n_frequencies : int
        Frequencies 0 to n_frequencies - 1.

    Returns
    -------
    eigenvalues : ndarray of shape (n_frequencies,)
        For the uniform probability measure: with `sphere_multiplicities` their sum is k(x, x).

    Raises
    ------
    ValueError
        If the kernel changes when the sphere is rotated.

    See Also
    --------
    decay_exponent : How fast they fall.
    learning_times : How long training takes for each.

    References
    ----------
    Basri, Jacobs, Kasten and Kritchman, The Convergence Rate of Neural Networks for Learned
    Functions of Different Frequencies, NeurIPS 2019. Bach, Breaking the Curse of Dimensionality
    with Convex Neural Networks, JMLR 2017, appendix D, for the Funk-Hecke formula.

    Examples
    --------
    The neural tangent kernel of one hidden layer without biases cannot express odd frequencies
    other than 1:

    >>> from sklearn_ntk.kernels import NTK
    >>> from sklearn_ntk.theory import sphere_eigenvalues
    >>> eigenvalues = sphere_eigenvalues(NTK(depth=1, bias_variance=0), 3, 6)
    >>> (eigenvalues / eigenvalues[0]).round(6) + 0.0
    array([1.      , 0.666667, 0.15625 , 0.      , 0.010417, 0.      ])
    """
    check_number(n_frequencies, "n_frequencies", Integral, 1)
    # For each half wave at the equator, where they are the least dense, and for the narrow belt
    # around it to which points in high dimensions keep.
    n_nodes = 400 + 4 * n_frequencies + int(60 * np.sqrt(dimension))
    cosine, sine, weights = sphere_rule(dimension, n_nodes)
    weighted = weights * kernel_values(kernel, dimension, cosine, sine)
    before, polynomial = np.ones_like(cosine), cosine
    eigenvalues = np.empty(n_frequencies)
    eigenvalues[0] = weighted.sum()
    for k in range(1, n_frequencies):
        eigenvalues[k] = weighted @ polynomial
        following = (2 * k + dimension - 2) * cosine * polynomial - k * before
        before, polynomial = polynomial, following / (k + dimension - 2)
    return eigenvalues


def sphere_multiplicities(dimension, n_frequencies):
    """Number of independent spherical harmonics of each degree.

    Parameters
    ----------
    dimension : int
        Of the space, at least 2.
    n_frequencies : int
        Frequencies 0 to n_frequencies - 1.

    Returns
    -------
    multiplicities : ndarray of shape (n_frequencies,)

    Examples
    --------
    >>> from sklearn_ntk.theory import sphere_multiplicities
    >>> sphere_multiplicities(3, 4)
    array([1., 3., 5., 7.])
    """
    check_number(dimension, "dimension", Integral, 2)
    check_number(n_frequencies, "n_frequencies", Integral, 1)
    k = np.arange(n_frequencies, dtype=float)
    # Polynomials of degree k in one variable less, and those of degree k - 1.
    return binom(k + dimension - 2, dimension - 2) + np.where(
        k > 0, binom(k + dimension - 3, dimension - 2), 0
    )


def decay_exponent(eigenvalues):
    """The p of lambda_k ~ k^-p, over the upper half of the frequencies.

    Even and odd frequencies may have factors of their own; those whose eigenvalues are rounding
    errors do not count. On S^(d - 1) theory has d for the neural tangent kernel of a ReLU network
    and for the Laplace kernel, d + 2 for the NNGP kernel, and d - 1 + gamma for
    exp(-||x - z||^gamma).

    Parameters
    ----------
    eigenvalues : array-like of shape (n_frequencies,)
        Of frequencies 0, 1, ...

    Returns
    -------
    exponent : float

    Raises
    ------
    ValueError
        If fewer than four eigenvalues are above rounding errors.

    References
    ----------
    Geifman et al., On the Similarity between the Laplace and Neural Tangent Kernels, NeurIPS 2020,
    theorems 1 and 3.

    Examples
    --------
    >>> from sklearn_ntk.kernels import NTK, Laplace
    >>> from sklearn_ntk.theory import decay_exponent, sphere_eigenvalues
    >>> kernels = NTK(depth=1), Laplace(length_scale=1.0)
    >>> [round(decay_exponent(sphere_eigenvalues(k, 3, 200)), 2) for k in kernels]
    [2.99, 2.99]
    """
    eigenvalues = np.asarray(eigenvalues, dtype=float)
    k = np.arange(len(eigenvalues))
    seen = (k >= len(k) / 2) & (k > 0) & (eigenvalues > ROUNDING * eigenvalues.max(initial=0))
    if seen.sum() < 4:
        raise ValueError(
            f"Of the upper half of {len(k)} eigenvalues {seen.sum()} are above rounding errors, "
            "and a power needs 4: take fewer frequencies of a smooth kernel, more of a rough one."
        )
    k = k[seen]
    columns = np.column_stack([-np.log(k), k % 2 == 0, k % 2 == 1])
    return float(np.linalg.lstsq(columns, np.log(eigenvalues[seen]), rcond=None)[0][0])


def learning_times(eigenvalues):
    """Training times after which 1/e of each eigenfunction is left to learn.

    Under gradient flow on ||f - y||^2 / (2 n) what is left of the component of the target along an
    eigenfunction falls as exp(-eigenvalue * time), as long as its rows are many.

    Parameters
    ----------
    eigenvalues : array-like
        Of a kernel as an operator: `sphere_eigenvalues`, or those of a matrix divided by n.

    Returns
    -------
    times : ndarray of the shape of eigenvalues
        In the units of `training_time`; infinite where the eigenvalue is not positive.

    References
    ----------
    Basri et al., NeurIPS 2019, section 4; Arora et al., ICML 2019, theorem 4.1.

    Examples
    --------
    >>> from sklearn_ntk.theory import learning_times
    >>> learning_times([1.0, 0.25, 0.0])
    array([ 1.,  4., inf])
    """
    eigenvalues = np.asarray(eigenvalues, dtype=float)
    out = np.full(eigenvalues.shape, np.inf)
    return np.divide(1, eigenvalues, out=out, where=eigenvalues > 0)
