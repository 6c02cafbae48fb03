"""Integrals over angles between points of a sphere."""

from numbers import Integral

import numpy as np
from scipy.special import roots_legendre

from ..kernels._pairs import check_number

# How strongly nodes gather at both ends: an integrand theta^p becomes u^(GRADING p), so that kinks
# and fractional powers at parallel and antipodal rows cost no digits.
GRADING = 6
# Relative to the largest value: how far a kernel of angles may change when they are rotated.
ROTATION = 1e-6


def sphere_rule(dimension, n_nodes):
    """Nodes and weights for functions of the angle to a fixed point of the sphere.

    Gauss-Legendre nodes of u in (0, 1), theta = pi u^p / (u^p + (1 - u)^p) with p = `GRADING`.

    Parameters
    ----------
    dimension : int
        Of the space, at least 2.
    n_nodes : int

    Returns
    -------
    cosine, sine : ndarray of shape (n_nodes,)
        Of the angles.
    weights : ndarray of shape (n_nodes,)
        Their sum is 1: the measure of a uniform random point.
    """
    check_number(dimension, "dimension", Integral, 2)
    nodes, weights = roots_legendre(n_nodes)
    u, rest = (1 + nodes) / 2, (1 - nodes) / 2
    here, there = u**GRADING, rest**GRADING
    theta, supplement = (np.pi * part / (here + there) for part in (here, there))
    # From the nearer end, or the sine of the last angles would have no digits.
    sine = np.sin(np.minimum(theta, supplement))
    cosine = np.where(theta < supplement, np.cos(theta), -np.cos(supplement))
    jacobian = (u * rest) ** (GRADING - 1) / (here + there) ** 2
    with np.errstate(under="ignore"):
        weights = weights * jacobian * sine ** (dimension - 2)
    return cosine, sine, weights / weights.sum()


def kernel_values(kernel, dimension, cosine, sine, norm=1.0):
    """A kernel between a row and others of the same norm, at given angles to it.

    Parameters
    ----------
    kernel : kernel object
    dimension : int
        Length of the rows.
    cosine, sine : ndarray of shape (n_angles,)
        Of the angles.
    norm : float, default=1.0
        Of the rows.

    Returns
    -------
    values : ndarray of shape (n_angles,)

    Raises
    ------
    ValueError
        If the kernel changes when the rows are rotated.
    """
    circle = norm * np.column_stack([cosine, sine])
    rows = np.zeros((len(circle), dimension))
    rows[:, :2] = circle
    values = kernel(norm * np.eye(1, dimension), rows)[0]
    few = np.linspace(0, len(circle) - 1, 9).astype(int)
    plane = np.linalg.qr(np.random.default_rng(0).normal(size=(dimension, 2)))[0].T
    again = kernel(norm * plane[:1], circle[few] @ plane)[0]
    if np.abs(again - values[few]).max() > ROTATION * np.abs(values).max():
        raise ValueError(
            f"{kernel} is no function of the norms of two rows and their angle: it changes when "
            "the sphere is rotated."
        )
    return values
