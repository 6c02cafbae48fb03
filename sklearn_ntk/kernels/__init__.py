"""Kernels of infinitely wide networks as scikit-learn kernel objects."""

from ._laplace import Laplace
from ._network import NNGP, NTK

__all__ = ["NTK", "NNGP", "Laplace"]
