"""Kernel machines that learn the metric of their rows, also as transformers."""

from ._ard_classifier import ARDClassifier
from ._ard_regressor import ARDRegressor
from ._rfm_classifier import RFMClassifier
from ._rfm_regressor import RFMRegressor
from ._tree_classifier import KernelTreeClassifier
from ._tree_regressor import KernelTreeRegressor

__all__ = [
    "ARDRegressor",
    "ARDClassifier",
    "RFMRegressor",
    "RFMClassifier",
    "KernelTreeRegressor",
    "KernelTreeClassifier",
]
