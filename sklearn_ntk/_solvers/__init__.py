"""Solvers: they see a symmetric positive definite matrix and right-hand sides.

A solver is a function of a training matrix (as `_gram` describes it) or an array; those that work
through many steps take a ``progress`` (as `_callbacks` describes it). What it leaves behind is a
factor of A, which has

- ``solve(B)``, A^-1 B;
- ``half_solve(B)``, V with V'V = B' A^-1 B;
- ``log_determinant()``, log det A;
- ``dtype``, its precision.

B has shape (n,) or (n, k) and is left unchanged. A matrix that is singular to working precision
is a ``numpy.linalg.LinAlgError`` whose message names the remedy.
"""

from ._cholesky import CholeskyFactor, cholesky
from ._conjugate_gradients import conjugate_gradients
from ._cross_validation import (
    cholesky_predictions,
    eigh_predictions,
    flow_predictions,
    refitted_predictions,
    sums_of_others,
)
from ._dense import DenseFactor, dense_cholesky, require_squares, rounding
from ._eigh import EighFactor, eigh, graded
from ._normal_equations import NormalEquations, RidgePath
from ._pivoted_cholesky import LowRankFactor, pivoted_cholesky
from ._solve import solve_cholesky, solve_conjugate_gradients

__all__ = [
    "solve_cholesky",
    "solve_conjugate_gradients",
    "pivoted_cholesky",
    "LowRankFactor",
    "cholesky",
    "CholeskyFactor",
    "conjugate_gradients",
    "eigh",
    "EighFactor",
    "graded",
    "NormalEquations",
    "RidgePath",
    "dense_cholesky",
    "DenseFactor",
    "require_squares",
    "rounding",
    "eigh_predictions",
    "cholesky_predictions",
    "refitted_predictions",
    "flow_predictions",
    "sums_of_others",
]
