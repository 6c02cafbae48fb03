"""Kernels of infinitely wide networks as scikit-learn kernel objects."""

from ._conv_nngp import ConvNNGP
from ._conv_ntk import ConvNTK
from ._input_gradient import input_gradient
from ._laplace import Laplace
from ._nngp import NNGP
from ._ntk import NTK
from ._product_laplace import ProductLaplace

__all__ = ["NTK", "NNGP", "ConvNTK", "ConvNNGP", "Laplace", "ProductLaplace", "input_gradient"]
