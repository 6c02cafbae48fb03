"""Solvers: they see a symmetric positive definite matrix and right-hand sides."""

from ._cholesky import BLOCK_SIZE, CholeskyFactor, cholesky
from ._refine import refine
from ._solve import solve

__all__ = ["BLOCK_SIZE", "cholesky", "CholeskyFactor", "refine", "solve"]
