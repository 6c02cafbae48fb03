"""Regressors: glue between a kernel and a solver."""

from ._kernel_regressor import KernelRegressor
from ._laplace import LaplaceKernel
from ._nngp import NNGPRegressor
from ._ntk import NTKRegressor
from ._nystroem import NystroemRegressor

__all__ = ["NTKRegressor", "NNGPRegressor", "LaplaceKernel", "KernelRegressor", "NystroemRegressor"]
