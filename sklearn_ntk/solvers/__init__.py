"""Solvers: they see a symmetric positive definite matrix and right-hand sides."""

from ._cholesky import CholeskyFactor, cholesky

__all__ = ["cholesky", "CholeskyFactor"]
