"""Nonlinearities without closed forms: phi and phi', from which the series makes the kernel."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from ._base import Activation


@dataclass(frozen=True)
class Tanh(Activation):
    """phi(u) = tanh(u)."""

    def __call__(self, u):
        return np.tanh(u)

    def derivative(self, u):
        return 1 - np.tanh(u) ** 2


@dataclass(frozen=True)
class Sigmoid(Activation):
    """phi(u) = 1 / (1 + exp(-u))."""

    def __call__(self, u):
        return expit(u)

    def derivative(self, u):
        return expit(u) * expit(-u)


@dataclass(frozen=True)
class SiLU(Activation):
    """phi(u) = u / (1 + exp(-u)), also known as swish."""

    def __call__(self, u):
        return u * expit(u)

    def derivative(self, u):
        return expit(u) * (1 + u * expit(-u))


@dataclass(frozen=True)
class Softplus(Activation):
    """phi(u) = log(1 + exp(u))."""

    def __call__(self, u):
        return np.logaddexp(0, u)

    def derivative(self, u):
        return expit(u)


@dataclass(frozen=True)
class ELU(Activation):
    """phi(u) = u for u > 0 and exp(u) - 1 for u < 0."""

    def __call__(self, u):
        return np.where(u > 0, u, np.expm1(np.minimum(u, 0)))

    def derivative(self, u):
        return np.exp(np.minimum(u, 0))


@dataclass(frozen=True)
class SELU(Activation):
    """phi(u) = s u for u > 0 and s a (exp(u) - 1) for u < 0, with s = 1.05 and a = 1.67.

    References
    ----------
    Klambauer et al., Self-Normalizing Neural Networks, NeurIPS 2017, equation 2.
    """

    def __call__(self, u):
        return SCALE * np.where(u > 0, u, BEND * np.expm1(np.minimum(u, 0)))

    def derivative(self, u):
        return SCALE * np.where(u > 0, 1, BEND * np.exp(np.minimum(u, 0)))


SCALE, BEND = 1.0507009873554805, 1.6732632423543772


@dataclass(frozen=True)
class Mish(Activation):
    """phi(u) = u tanh(log(1 + exp(u)))."""

    def __call__(self, u):
        return u * np.tanh(np.logaddexp(0, u))

    def derivative(self, u):
        saturation = np.tanh(np.logaddexp(0, u))
        return saturation + u * (1 - saturation**2) * expit(u)
