"""Infinitely wide neural networks as scikit-learn estimators."""

from .classification import (
    KernelClassifier,
    LaplaceClassifier,
    NNGPClassifier,
    NTKClassifier,
    NystroemClassifier,
)
from .feature_learning import (
    ARDClassifier,
    ARDRegressor,
    KernelTreeClassifier,
    KernelTreeRegressor,
    RFMClassifier,
    RFMRegressor,
)
from .kernel_approximation import LinearizedNetwork, NNGPFeatures, NTKFeatures
from .model_selection import (
    KernelClassifierCV,
    KernelRegressorCV,
    LaplaceKernelCV,
    NNGPRegressorCV,
    NTKClassifierCV,
    NTKRegressorCV,
)
from .regression import (
    KernelRegressor,
    LaplaceKernel,
    NNGPRegressor,
    NTKRegressor,
    NystroemRegressor,
)

__version__ = "0.1.0"

__all__ = [
    "NTKRegressor",
    "NNGPRegressor",
    "LaplaceKernel",
    "KernelRegressor",
    "NTKClassifier",
    "NNGPClassifier",
    "LaplaceClassifier",
    "KernelClassifier",
    "ARDRegressor",
    "ARDClassifier",
    "RFMRegressor",
    "RFMClassifier",
    "KernelTreeRegressor",
    "KernelTreeClassifier",
    "NystroemRegressor",
    "NystroemClassifier",
    "NTKFeatures",
    "NNGPFeatures",
    "LinearizedNetwork",
    "NTKRegressorCV",
    "NNGPRegressorCV",
    "LaplaceKernelCV",
    "KernelRegressorCV",
    "NTKClassifierCV",
    "KernelClassifierCV",
]
