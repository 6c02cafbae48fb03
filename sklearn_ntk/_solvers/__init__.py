"""Solvers: they see a symmetric positive definite matrix and right-hand sides."""

from ._cholesky import BLOCK_SIZE, CholeskyFactor, cholesky
from ._conjugate_gradients import conjugate_gradients
from ._cross_validation import (
    cholesky_predictions,
    eigh_predictions,
    flow_predictions,
    refitted_predictions,
    sums_of_others,
)
from ._eigh import EighFactor, eigh, graded
from ._solve import solve

__all__ = [
    "BLOCK_SIZE",
    "cholesky",
    "CholeskyFactor",
    "conjugate_gradients",
    "solve",
    "eigh",
    "EighFactor",
    "graded",
    "eigh_predictions",
    "cholesky_predictions",
    "refitted_predictions",
    "flow_predictions",
    "sums_of_others",
]
