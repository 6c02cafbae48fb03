"""Kernels of infinitely wide networks as scikit-learn kernel objects."""

from ._conv_nngp import ConvNNGP
from ._conv_ntk import ConvNTK
from ._input_gradient import input_gradient
from ._laplace import Laplace
from ._nngp import NNGP
from ._ntk import NTK

__all__ = ["NTK", "NNGP", "ConvNTK", "ConvNNGP", "Laplace", "input_gradient"]
