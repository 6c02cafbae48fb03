"""Smooth nonlinearities with closed forms, in terms of c = cov(u, v), a = var(u), b = var(v)."""

from dataclasses import dataclass

import numpy as np

from ._base import Activation


@dataclass(frozen=True)
class Erf(Activation):
    """phi(u) = erf(u).

    ::

        E[phi phi]   = (2 / pi) arcsin(2 c / sqrt((1 + 2 a) (1 + 2 b)))
        E[phi' phi'] = (4 / pi) / sqrt((1 + 2 a) (1 + 2 b) - 4 c^2)

    References
    ----------
    Williams, Computing with Infinite Networks, NeurIPS 1996, equation 11.
    """

    def dual(self, c, a, b):
        sine, cosine, _ = _noisy_correlation(2 * c, 2 * a, 2 * b)
        return 2 / np.pi * np.arctan(sine / cosine)

    def derivative_dual(self, c, a, b):
        _, cosine, scale = _noisy_correlation(2 * c, 2 * a, 2 * b)
        return 4 / np.pi / (scale * cosine)


@dataclass(frozen=True)
class GELU(Activation):
    """phi(u) = u Phi(u), with Phi the distribution function of the standard Gaussian.

    With N = (1 + a) (1 + b), sin w = c / sqrt(N) and G = 1/4 + w / (2 pi) ::

        E[phi phi]   = c G + (a b cos w / N + tan w sin w / N) sqrt(N) / (2 pi)
        E[phi' phi'] = G + tan w (1 + (2 - a b + tan^2 w) / N) / (2 pi)

    by Stein's lemma from E[Phi Phi] = G. The second is the derivative of the first by c.

    References
    ----------
    Tsuchida et al., Avoiding Kernel Fixed Points: Computing with ELU and GELU Infinite
    Networks, AAAI 2021.
    """

    def dual(self, c, a, b):
        sine, cosine, scale = _noisy_correlation(c, a, b)
        G = 1 / 4 + np.arctan(sine / cosine) / (2 * np.pi)
        product = a / (1 + a) * (b / (1 + b)) * scale
        return c * G + (product * cosine + sine**2 / (scale * cosine)) / (2 * np.pi)

    def derivative_dual(self, c, a, b):
        sine, cosine, scale = _noisy_correlation(c, a, b)
        tangent = sine / cosine
        G = 1 / 4 + np.arctan(tangent) / (2 * np.pi)
        last = 1 - a / (1 + a) * (b / (1 + b)) + (2 + tangent**2) / scale / scale
        return G + tangent * last / (2 * np.pi)


def _noisy_correlation(c, a, b):
    """sin w, cos w and sqrt(N) for N = (1 + a) (1 + b) and sin w = c / sqrt(N).

    By the inequality of Cauchy and Schwarz N cos^2 w is at least 1 + a + b, which rounding
    forgets for large variances.
    """
    scale = np.sqrt(1 + a) * np.sqrt(1 + b)
    sine = c / scale
    floor = (1 / (1 + a) + 1 / (1 + b)) - 1 / scale / scale
    return sine, np.sqrt(np.maximum(1 - sine**2, floor)), scale


@dataclass(frozen=True)
class Sin(Activation):
    """phi(u) = sin(u).

    ::

        E[phi phi]   = exp(-(a + b) / 2) sinh(c)
        E[phi' phi'] = exp(-(a + b) / 2) cosh(c)

    References
    ----------
    Rahimi and Recht, Random Features for Large-Scale Kernel Machines, NeurIPS 2007.
    """

    def dual(self, c, a, b):
        return _damped_sinh(c, a, b)

    def derivative_dual(self, c, a, b):
        return _damped_cosh(c, a, b)


@dataclass(frozen=True)
class Cos(Activation):
    """phi(u) = cos(u): the formulas of `Sin`, exchanged."""

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
class RBF(Activation):
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

    def dual(self, c, a, b):
        return np.exp(-self.gamma * np.maximum(a + b - 2 * c, 0))

    def derivative_dual(self, c, a, b):
        return 2 * self.gamma * self.dual(c, a, b)


@dataclass(frozen=True)
class Gaussian(Activation):
    """phi(u) = exp(-u^2 / 2).

    With D = (1 + a) (1 + b) - c^2 ::

        E[phi phi]   = D^(-1/2)
        E[phi' phi'] = c D^(-3/2)

    References
    ----------
    Williams, Computing with Infinite Networks, NeurIPS 1996, section 3.2.
    """

    def dual(self, c, a, b):
        _, cosine, scale = _noisy_correlation(c, a, b)
        return 1 / (scale * cosine)

    def derivative_dual(self, c, a, b):
        return c * self.dual(c, a, b) ** 3


@dataclass(frozen=True)
class Exp(Activation):
    """phi(u) = exp(u).

    ::

        E[phi phi] = E[phi' phi'] = exp((a + b) / 2 + c)

    References
    ----------
    Daniely, Frostig and Singer, Toward Deeper Understanding of Neural Networks, NeurIPS 2016.
    """

    def dual(self, c, a, b):
        return np.exp((a + b) / 2 + c)

    def derivative_dual(self, c, a, b):
        return self.dual(c, a, b)
