"""Expectations over Gaussian pairs by quadrature in the plane."""

import numpy as np


def expectation(f, c, a, b):
    """E[f(u) f(v)] in polar coordinates, in panels between the lines u = 0 and v = 0."""
    rho = np.clip(c / np.sqrt(a * b), -1, 1)
    tilt = np.arctan2(np.sqrt(1 - rho**2), rho)
    kinks = [tilt - np.pi / 2, tilt + np.pi / 2]  # of v; those of u are multiples of pi / 2
    edges = np.sort([*np.linspace(0, 2 * np.pi, 5), *np.mod(kinks, 2 * np.pi)])
    x, w = np.polynomial.legendre.leggauss(60)
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    angles = (middle[:, np.newaxis] + half[:, np.newaxis] * x).ravel()
    weights = (half[:, np.newaxis] * w).ravel()
    # exp(u) still counts where the density alone is below rounding.
    r, w_r = 7 * (x + 1), 7 * w
    radius, share = r[:, np.newaxis], (w_r * r * np.exp(-(r**2) / 2))[:, np.newaxis]
    u = np.sqrt(a) * radius * np.cos(angles)
    v = np.sqrt(b) * radius * np.cos(angles - tilt)
    return (f(u) * f(v) * share * weights).sum() / (2 * np.pi)
