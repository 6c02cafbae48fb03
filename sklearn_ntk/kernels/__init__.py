"""Kernels of infinitely wide networks as scikit-learn kernel objects."""

from ._conv_nngp import ConvNNGP
from ._conv_ntk import ConvNTK
from ._input_gradient import input_gradient
from ._laplace import Laplace
from ._nngp import NNGP
from ._ntk import NTK
from ._product_laplace import ProductLaplace
from ._projected import Projected
from ._scaled import Scaled
from ._theta_gradient import theta_gradient

__all__ = [
    "NTK",
    "NNGP",
    "ConvNTK",
    "ConvNNGP",
    "Laplace",
    "ProductLaplace",
    "Scaled",
    "Projected",
    "input_gradient",
    "theta_gradient",
]
