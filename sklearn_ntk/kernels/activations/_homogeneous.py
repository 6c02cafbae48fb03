"""Positively homogeneous nonlinearities: phi(s u) = s^degree phi(u) for s > 0.

Their normalised duals depend on the angle t = arccos(rho) alone, so rows of any norm are safe.
"""

from dataclasses import dataclass

import numpy as np

from ..._compiled import inlined
from .._angle import angle_and_sine
from .._arrays import divide
from ._base import Normalized


class Homogeneous(Normalized):
    """What they share; subclasses define `correlate`, `_from_haversines` and `_derivatives`."""

    degree = 1
    sees_variance = False

    def normalized(self, rho, q_x, q_z):
        kappa = np.array(rho)  # numbers as well become arrays, which are changed in place
        kappa_dot, scratch = np.empty_like(kappa), np.empty_like(kappa)
        self.correlate(kappa, q_x, q_z, kappa_dot, scratch)
        return self.factor * kappa, self.factor * kappa_dot

    def log_slope(self, q):
        return np.full_like(q, self.degree)

    def differential(self, h, g, q_x, q_z, d_rho, d_log_q_x, d_log_q_z):
        slope, curvature = self._derivatives(h, g)
        return slope * d_rho, curvature * d_rho


def angle(h, g):
    """t, with all its digits near 0 and near pi."""
    t = angle_to_axis(h, g)
    return np.where(g < h, np.pi - t, t)


def angle_to_axis(h, g):
    """t or pi - t, whichever is smaller, with all its digits."""
    t = np.arcsin(np.sqrt(np.minimum(h, g)))
    t *= 2
    return t


def inverse_sine(h, g):
    """1 / sin t, and 0 where sin t is: at a kink, the mean of the slopes on its sides."""
    return divide(1.0, 2 * np.sqrt(h * g))


@inlined
def bent_line(rho, bend, _b, _x, _z):
    """A line that bends at 0, from the B of `PiecewiseLinear`."""
    t, sine = angle_and_sine(rho)
    kappa_dot = 1.0 - bend * t
    return rho * kappa_dot + bend * sine, kappa_dot


@dataclass(frozen=True)
class Identity(Homogeneous):
    """phi(u) = u: a deep linear network."""

    parity = -1
    _pair = staticmethod(bent_line)

    def __call__(self, u):
        return np.array(u, dtype=float)

    def derivative(self, u):
        return np.ones_like(u, dtype=float)

    def second_moment(self, q):
        return q

    def correlate(self, rho, q_x, q_z, kappa_dot, scratch):
        kappa_dot[...] = 1

    def _pair_terms(self, q):
        return np.zeros_like(q), np.zeros_like(q), np.ones_like(q)  # it does not bend

    def _from_haversines(self, h, g, q_x, q_z, gap):
        return h, np.ones_like(h)

    def _derivatives(self, h, g):
        return np.ones_like(h), np.zeros_like(h)


class PiecewiseLinear(Homogeneous):
    """phi(u) = u on the right and negative_slope * u on the left.

    With B = (1 - negative_slope)^2 / (pi (1 + negative_slope^2)) ::

        kappa_dot = 1 - B t
        kappa     = rho kappa_dot + B sin t

    References
    ----------
    Cho and Saul, Kernel Methods for Deep Learning, NeurIPS 2009, equations 3 to 6, for the
    ReLU. The others are sums of it and of the identity.
    """

    def __call__(self, u):
        return np.where(u > 0, u, self.negative_slope * np.minimum(u, 0))

    def derivative(self, u):
        return np.where(u > 0, 1.0, self.negative_slope)

    def second_moment(self, q):
        return q * ((1 + self.negative_slope**2) / 2)

    @property
    def factor(self):
        """B."""
        return (1 - self.negative_slope) ** 2 / (np.pi * (1 + self.negative_slope**2))

    _pair = staticmethod(bent_line)

    def _pair_terms(self, q):
        return np.full_like(q, self.factor), np.zeros_like(q), np.ones_like(q)

    def correlate(self, rho, q_x, q_z, kappa_dot, scratch):
        np.negative(rho, out=kappa_dot)
        np.arccos(kappa_dot, out=kappa_dot)  # pi - t, in one pass
        if self.negative_slope != 0:
            kappa_dot += 1 / self.factor - np.pi
        np.multiply(rho, rho, out=scratch)
        np.subtract(1, scratch, out=scratch)
        np.sqrt(scratch, out=scratch)
        rho *= kappa_dot
        rho += scratch

    def _from_haversines(self, h, g, q_x, q_z, gap):
        # phi is a multiple of abs(u), whose share of the variance is w, and one of u.
        B, slope = self.factor, self.negative_slope
        w, rest_of_w = (np.array([1 - slope, 1 + slope]) ** 2) / (2 * (1 + slope**2))
        small, to_axis = np.minimum(h, g), angle_to_axis(h, g)
        t = np.where(g < h, np.pi - to_axis, to_axis)
        rest = 2 * np.sqrt(h * g) - to_axis * (1 - 2 * small)
        rest /= np.pi
        h = rest_of_w * h + w * (small - rest)
        t *= -B
        t += 1
        return h, t

    def _derivatives(self, h, g):
        return 1 - self.factor * angle(h, g), self.factor * inverse_sine(h, g)


@dataclass(frozen=True)
class ReLU(PiecewiseLinear):
    """phi(u) = max(u, 0)."""

    negative_slope = 0.0


@dataclass(frozen=True)
class LeakyReLU(PiecewiseLinear):
    """phi(u) = u for u > 0 and negative_slope * u for u < 0.

    Parameters
    ----------
    negative_slope : float, default=0.01
        Any number but 1, which would be the identity.
    """

    negative_slope: float = 0.01

    def __post_init__(self):
        if not np.isfinite(self.negative_slope) or self.negative_slope == 1:
            raise ValueError(
                f"negative_slope == {self.negative_slope}, must be finite and not 1 (use "
                "activation='identity' for that)."
            )


@dataclass(frozen=True)
class Abs(PiecewiseLinear):
    """phi(u) = abs(u)."""

    negative_slope = -1.0
    parity = 1


@dataclass(frozen=True)
class RectifiedQuadratic(Homogeneous):
    """phi(u) = max(u, 0)^2, the arc-cosine kernel of order 2.

    With t = arccos(rho) ::

        kappa     = (3 sin t cos t + (pi - t) (1 + 2 cos^2 t)) / (3 pi)
        kappa_dot = 4 (sin t + (pi - t) cos t) / (3 pi)

    References
    ----------
    Cho and Saul, Kernel Methods for Deep Learning, NeurIPS 2009, equation 7.
    """

    degree = 2
    factor = 1 / (3 * np.pi)

    def __call__(self, u):
        return np.maximum(u, 0.0) ** 2

    def derivative(self, u):
        return 2 * np.maximum(u, 0.0)

    def second_moment(self, q):
        return 1.5 * q**2

    def correlate(self, rho, q_x, q_z, kappa_dot, scratch):
        np.arccos(-rho, out=scratch)
        sine = np.sqrt(1 - rho * rho)
        np.multiply(4, sine + scratch * rho, out=kappa_dot)
        rho *= 3 * sine + 2 * scratch * rho
        rho += scratch

    def _from_haversines(self, h, g, q_x, q_z, gap):
        t, sine, cosine = angle(h, g), 2 * np.sqrt(h * g), g - h
        h = (2 * (np.pi - t) * sine**2 + 3 * (t - sine * cosine)) / (6 * np.pi)
        return h, 4 * self.factor * (sine + (np.pi - t) * cosine)

    def _derivatives(self, h, g):
        t = angle(h, g)
        slope = 4 * self.factor * (2 * np.sqrt(h * g) + (np.pi - t) * (g - h))
        return slope, 4 * self.factor * (np.pi - t)
