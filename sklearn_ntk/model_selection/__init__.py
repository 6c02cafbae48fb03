"""Estimators that choose their own parameters, from one decomposition for each kernel."""

from ._kernel_classifier import KernelClassifierCV
from ._kernel_regressor import KernelRegressorCV
from ._laplace import LaplaceKernelCV
from ._nngp import NNGPRegressorCV
from ._ntk import NTKRegressorCV
from ._ntk_classifier import NTKClassifierCV

__all__ = [
    "NTKRegressorCV",
    "NNGPRegressorCV",
    "LaplaceKernelCV",
    "KernelRegressorCV",
    "NTKClassifierCV",
    "KernelClassifierCV",
]
