"""Solvers: they see a symmetric positive definite matrix and right-hand sides."""

from ._cholesky import BLOCK_SIZE, CholeskyFactor, cholesky
from ._cross_validation import (
    cholesky_predictions,
    flow_predictions,
    refitted_predictions,
    spectral_predictions,
    sums_of_others,
)
from ._refine import refine
from ._solve import solve
from ._spectral import SpectralFactor, graded, spectral

__all__ = [
    "BLOCK_SIZE",
    "cholesky",
    "CholeskyFactor",
    "refine",
    "solve",
    "spectral",
    "SpectralFactor",
    "graded",
    "spectral_predictions",
    "cholesky_predictions",
    "refitted_predictions",
    "flow_predictions",
    "sums_of_others",
]
