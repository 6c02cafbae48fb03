"""A whole kernel as one function of one angle.

Where all rows share their scalings, in a network without biases or for rows of equal norm, the
kernel depends on the angle alone: whatever the depth, it is compiled once into a table of cubics.
"""

from functools import lru_cache

import numpy as np

from ._haversine import recur_on_haversines

MAX_INTERVALS = 16384


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

    Parameters are those of `recur_on_haversines`; `layers` is a tuple of (q, p, r, s), which all
    rows share.
    """
    layers = [np.array(layer + layer)[:, np.newaxis, np.newaxis] for layer in layers]
    # Chebyshev points of [0, 1], and a fifth to see the error.
    points = np.append((1 - np.cos(np.pi * (np.arange(4) + 0.5) / 4)) / 2, 0.5)
    solve = np.linalg.inv(np.vander(points[:4], increasing=True))
    check = points[4] ** np.arange(4)
    n = 512
    while n <= MAX_INTERVALS:
        t = (np.arange(n) + points[:, np.newaxis]) * (np.pi / n)
        h, g = np.sin(t / 2) ** 2, np.cos(t / 2) ** 2
        values = recur_on_haversines(
            activation, h, g, np.zeros((1, 1)), layers, rates, first_bias, tangent
        )
        coefficients = solve @ values[:4]
        error = np.abs(check @ coefficients - values[4]).max()
        if error < 1e-13 * np.abs(values).max():
            return AngularMap(coefficients)
        n *= 2
    return None
