"""Nonlinearities of the hidden layers.

The common ones go by a string; those with parameters, and your own, are objects.
"""

from ._base import Activation
from ._centered import Centered
from ._homogeneous import Abs, Identity, LeakyReLU, RectifiedQuadratic, ReLU
from ._names import ACTIVATIONS, get_activation
from ._noisy import GELU, Erf, Gaussian
from ._series import Numerical, Polynomial, hermite, monomial
from ._steps import Sign, Step
from ._waves import RBF, Cos, Exp, Sin

__all__ = [
    "Activation",
    "ReLU",
    "LeakyReLU",
    "Abs",
    "RectifiedQuadratic",
    "Identity",
    "Sign",
    "Step",
    "Erf",
    "GELU",
    "Sin",
    "Cos",
    "RBF",
    "Gaussian",
    "Exp",
    "Polynomial",
    "monomial",
    "hermite",
    "Numerical",
    "Centered",
    "get_activation",
    "ACTIVATIONS",
]
