"""Kernels of infinitely wide networks as scikit-learn kernel objects."""

from ._laplace import Laplace
from ._nngp import NNGP
from ._ntk import NTK

__all__ = ["NTK", "NNGP", "Laplace"]
