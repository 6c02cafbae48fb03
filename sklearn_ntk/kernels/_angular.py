"""The recursion over depth in terms of the angle between two rows.

An angle keeps the digits that its cosine loses where rows are nearly parallel. And where all
rows share their scalings, in a network without biases or for rows of equal norm, the whole
kernel is one function of one angle: it is compiled once, whatever the depth, into a table of
cubics.
"""

from functools import lru_cache

import numpy as np

MAX_INTERVALS = 16384


def recur_on_angles(activation, t, layers, rates, first_bias, tangent):
    """rho or, if `tangent`, theta at the output, for angles t at the first layer.

    Parameters
    ----------
    activation : Activation
    t : ndarray of shape (n_pairs,)
        Angles between the preactivations of the first hidden layer.
    layers : iterable of (q_x, p_x, r_x, s_x, q_z, p_z, r_z, s_z)
        Variances and scalings of each hidden layer, arrays of shape (n_pairs,) or (1,).
    rates : list of (g, e)
        Learning rates of all affine layers.
    first_bias : ndarray or float
        S of the first affine layer.
    tangent : bool
        NTK or NNGP.
    """
    (g, e), *rates = rates
    rho = np.cos(t)
    theta = g * rho + (e - g) * first_bias
    for (g, e), (q_x, p_x, r_x, s_x, q_z, p_z, r_z, s_z) in zip(rates, layers, strict=True):
        P, R, S = p_x * p_z, r_x * r_z, s_x * s_z
        half_defect, kappa_dot = activation.at_angles(t, q_x, q_z)
        theta = (P + R * kappa_dot) * theta + g * R * (1 - 2 * half_defect) + e * S
        # (1 - rho) / 2, where 1 - P - R - S is written as a sum of squares.
        half_defect = P * np.sin(t / 2) ** 2 + R * half_defect
        half_defect += ((p_x - p_z) ** 2 + (r_x - r_z) ** 2 + (s_x - s_z) ** 2) / 4
        rho = 1 - 2 * half_defect
        t = 2 * np.arcsin(np.sqrt(np.clip(half_defect, 0, 1)))
    return theta if tangent else rho


class AngularMap:
    """A function of t on [0, pi] as a table of cubics.

    Parameters
    ----------
    coefficients : ndarray of shape (4, n_intervals)
        Of the powers 0 to 3 of the position within an interval, from 0 to 1.
    """

    def __init__(self, coefficients):
        self.coefficients = coefficients

    def __call__(self, rho, position, scratch, index):
        """Replace the tile `rho` by the values at arccos(rho); the rest is scratch."""
        index = index.view(np.int64)
        # Just below the number of intervals, so that t = pi falls into the last one.
        n_intervals = self.coefficients.shape[1] * (1 - 4 * np.finfo(float).eps)
        np.clip(rho, -1, 1, out=rho)
        np.arccos(rho, out=position)
        position *= n_intervals / np.pi
        np.floor(position, out=scratch)
        position -= scratch
        np.copyto(index, scratch, casting="unsafe")
        constant, linear, square, cube = self.coefficients
        np.take(cube, index, out=rho, mode="clip")
        for coefficient in square, linear, constant:
            rho *= position
            rho += np.take(coefficient, index, out=scratch, mode="clip")


@lru_cache(maxsize=16)
def compile_angular_map(activation, layers, rates, first_bias, tangent):
    """The `AngularMap` of a network, or None if a table cannot hold it to 1e-13.

    Parameters are those of `recur_on_angles`; `layers` is a tuple of (q, p, r, s), which all
    rows share.
    """
    layers = [np.array(layer + layer)[:, np.newaxis] for layer in layers]
    # Chebyshev points of [0, 1], and a fifth to see the error.
    points = np.append((1 - np.cos(np.pi * (np.arange(4) + 0.5) / 4)) / 2, 0.5)
    solve = np.linalg.inv(np.vander(points[:4], increasing=True))
    check = points[4] ** np.arange(4)
    n = 512
    while n <= MAX_INTERVALS:
        t = (np.arange(n) + points[:, np.newaxis]) * (np.pi / n)
        values = recur_on_angles(activation, t.ravel(), layers, rates, first_bias, tangent)
        values = values.reshape(5, n)
        coefficients = solve @ values[:4]
        error = np.abs(check @ coefficients - values[4]).max()
        if error < 1e-13 * np.abs(values).max():
            return AngularMap(coefficients)
        n *= 2
    return None
