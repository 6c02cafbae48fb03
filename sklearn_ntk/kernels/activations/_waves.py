"""Waves and exponentials, in the terms and with the haversines of `_noisy`."""

from dataclasses import dataclass

import numpy as np

from .._arrays import divide
from ._base import Activation, comparable


class FromHaversines(Activation):
    """Activations whose formula in terms of haversines is good for all pairs."""

    def normalized(self, rho, q_x, q_z):
        gap = np.sqrt(q_x) - np.sqrt(q_z)
        h, kappa_dot = self._from_haversines((1 - rho) / 2, (1 + rho) / 2, q_x, q_z, gap)
        return 1 - 2 * h, kappa_dot


class Wave(Activation):
    """The sine, for which sign is 1, and the cosine, for which it is -1."""

    def normalized(self, rho, q_x, q_z):
        h, g, gap = (1 - rho) / 2, (1 + rho) / 2, np.sqrt(q_x) - np.sqrt(q_z)
        return self._duals(*self._exponents(h, g, q_x, q_z, gap), rho, q_x, q_z)

    def _exponents(self, h, g, a, b, gap):
        """d2 / 2 and s2 / 2."""
        product, square = 2 * np.sqrt(a) * np.sqrt(b), gap**2 / 2
        return square + h * product, square + g * product

    def _duals(self, near, far, rho, a, b):
        m_x, m_z = (np.sqrt(self.second_moment(q)) for q in (a, b))
        slope = divide(np.sqrt(a), m_x) * divide(np.sqrt(b), m_z)
        plus = (np.exp(-near) + np.exp(-far)) / 2
        # exp(-near) - exp(-far), whose exponents differ by 2 c
        c = rho * np.sqrt(a) * np.sqrt(b)
        side = np.where(np.real(c) < 0, -1, 1)
        minus = np.exp(-np.where(side < 0, far, near)) * np.expm1(-2 * side * c) * (side / -2)
        dual, derivative_dual = (minus, plus) if self.sign > 0 else (plus, minus)
        return divide(divide(dual, m_x), m_z), derivative_dual * slope

    def _from_haversines(self, h, g, q_x, q_z, gap):
        near, far = self._exponents(h, g, q_x, q_z, gap)
        kappa, kappa_dot = self._duals(near, far, g - h, q_x, q_z)
        # exp(-a) - exp(-b), and half of exp(-2 a) - exp(-2 b), but for the sign
        apart, least = -np.abs(gap) * (np.sqrt(q_x) + np.sqrt(q_z)), np.minimum(q_x, q_z)
        once = np.exp(-least) * np.expm1(apart)
        twice = np.exp(-2 * least) * np.expm1(2 * apart) / 2
        m_x, m_z = (np.sqrt(self.second_moment(q)) for q in (q_x, q_z))
        both = 1 + np.exp(-far) if self.sign > 0 else -np.expm1(-far)
        distance = -np.expm1(-near) * both - self.sign * once**2 / 2
        distance = distance - divide(twice, m_x + m_z) ** 2
        distance = divide(divide(distance, m_x), m_z) / 4
        return np.where(comparable(q_x, q_z), distance, (1 - kappa) / 2), kappa_dot


@dataclass(frozen=True)
class Sin(Wave):
    """phi(u) = sin(u).

    ::

        E[phi phi]   = exp(-(a + b) / 2) sinh(c)
        E[phi' phi'] = exp(-(a + b) / 2) cosh(c)

    References
    ----------
    Rahimi and Recht, Random Features for Large-Scale Kernel Machines, NeurIPS 2007.
    """

    parity = -1
    sign = 1

    def __call__(self, u):
        return np.sin(u)

    def derivative(self, u):
        return np.cos(u)

    def dual(self, c, a, b):
        return _damped_sinh(c, a, b)

    def derivative_dual(self, c, a, b):
        return _damped_cosh(c, a, b)


@dataclass(frozen=True)
class Cos(Wave):
    """phi(u) = cos(u): the formulas of `Sin`, exchanged."""

    parity = 1
    sign = -1

    def __call__(self, u):
        return np.cos(u)

    def derivative(self, u):
        return -np.sin(u)

    def dual(self, c, a, b):
        return _damped_cosh(c, a, b)

    def derivative_dual(self, c, a, b):
        return _damped_sinh(c, a, b)


def _damped_cosh(c, a, b):
    return (np.exp(np.minimum(c - (a + b) / 2, 0)) + np.exp(np.minimum(-c - (a + b) / 2, 0))) / 2


def _damped_sinh(c, a, b):
    """exp(-(a + b) / 2) sinh(c), without overflow and to the last digits for small c."""
    sign = np.where(np.real(c) < 0, -1, 1)
    c = sign * c
    return -sign / 2 * np.exp(np.minimum(c - (a + b) / 2, 0)) * np.expm1(-2 * c)


@dataclass(frozen=True)
class RBF(FromHaversines):
    """phi(u) = sqrt(2) sin(sqrt(2 gamma) u + pi/4), which turns a layer into an RBF kernel.

    ::

        E[phi phi]   = exp(-gamma (a + b - 2 c))
        E[phi' phi'] = 2 gamma exp(-gamma (a + b - 2 c))

    Parameters
    ----------
    gamma : float, default=1.0
        Positive.

    References
    ----------
    Rahimi and Recht, Random Features for Large-Scale Kernel Machines, NeurIPS 2007.
    """

    gamma: float = 1.0

    def __post_init__(self):
        if not 0 < self.gamma < np.inf:
            raise ValueError(f"gamma == {self.gamma}, must be positive and finite.")

    def __call__(self, u):
        return np.sqrt(2) * np.sin(np.sqrt(2 * self.gamma) * u + np.pi / 4)

    def derivative(self, u):
        return 2 * np.sqrt(self.gamma) * np.cos(np.sqrt(2 * self.gamma) * u + np.pi / 4)

    def dual(self, c, a, b):
        return np.exp(-self.gamma * np.maximum(a + b - 2 * c, 0))

    def derivative_dual(self, c, a, b):
        return 2 * self.gamma * self.dual(c, a, b)

    def _from_haversines(self, h, g, q_x, q_z, gap):
        product = np.sqrt(q_x) * np.sqrt(q_z)
        h = -np.expm1(-self.gamma * (gap**2 + 4 * h * product)) / 2
        return h, 2 * self.gamma * (1 - 2 * h) * product


@dataclass(frozen=True)
class Exp(FromHaversines):
    """phi(u) = exp(u).

    ::

        E[phi phi] = E[phi' phi'] = exp((a + b) / 2 + c)

    References
    ----------
    Daniely, Frostig and Singer, Toward Deeper Understanding of Neural Networks, NeurIPS 2016.
    """

    def __call__(self, u):
        return np.exp(u)

    def derivative(self, u):
        return np.exp(u)

    def dual(self, c, a, b):
        return np.exp((a + b) / 2 + c)

    def derivative_dual(self, c, a, b):
        return self.dual(c, a, b)

    def _from_haversines(self, h, g, q_x, q_z, gap):
        product = np.sqrt(q_x) * np.sqrt(q_z)
        h = -np.expm1(-(gap**2 + 4 * h * product) / 2) / 2
        return h, (1 - 2 * h) * product
