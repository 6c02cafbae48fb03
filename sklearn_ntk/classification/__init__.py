"""Classifiers: glue between a kernel, a solver and the calibration of probabilities."""

from ._kernel_classifier import KernelClassifier
from ._laplace import LaplaceClassifier
from ._nngp import NNGPClassifier
from ._ntk import NTKClassifier
from ._nystroem import NystroemClassifier

__all__ = [
    "NTKClassifier",
    "NNGPClassifier",
    "LaplaceClassifier",
    "KernelClassifier",
    "NystroemClassifier",
]
