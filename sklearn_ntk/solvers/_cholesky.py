"""Blocked Cholesky factorization of a matrix that is produced block by block."""

import numpy as np
from joblib import delayed
from scipy.linalg import get_lapack_funcs, solve_triangular

from .._threads import thread_pool
from ._tiles import PackedTriangle


class CholeskyFactor:
    """A = L L', L lower triangular in packed storage; made by `cholesky`.

    Parameters
    ----------
    triangle : PackedTriangle
        L; what lies above the diagonal within diagonal blocks is zero.
    """

    def __init__(self, triangle):
        self.triangle = triangle

    def half_solve(self, B):
        """L^-1 B, one pass over L for all columns.

        Parameters
        ----------
        B : ndarray of shape (n,) or (n, k)
            Right-hand sides; unchanged.

        Returns
        -------
        X : ndarray of the shape of B
        """
        L, X = self.triangle, np.array(B, dtype=self.triangle.dtype)
        for i, rows in enumerate(L.blocks):
            X[rows] -= L.left(i, i) @ X[: rows.start]
            X[rows] = _triangular(L.block(i, i), X[rows])
        return X

    def solve(self, B):
        """A^-1 B, two passes over L for all columns.

        Parameters
        ----------
        B : ndarray of shape (n,) or (n, k)
            Right-hand sides; unchanged.

        Returns
        -------
        X : ndarray of the shape of B
        """
        L, X = self.triangle, self.half_solve(B)
        for i in reversed(range(len(L))):
            rows = L.blocks[i]
            X[rows] = _triangular(L.block(i, i), X[rows], trans="T")
            X[: rows.start] -= L.left(i, i).T @ X[rows]
        return X

    def log_determinant(self):
        """log det A."""
        L = self.triangle
        return 2 * sum(np.log(np.diag(L.block(i, i))).sum() for i in range(len(L)))


def cholesky(A, *, block_size=512, n_jobs=None):
    """Factor a symmetric positive definite matrix into L L'.

    Left-looking over packed block rows: a block is asked of `A` when its turn comes, reduced
    by one product of the finished parts of two block rows, and solved against the diagonal
    block, so n^2 / 2 numbers and a few blocks are held at any time.

    Parameters
    ----------
    A : ndarray of shape (n, n), or an object with `shape`, `dtype` and `block(rows, cols)`
        The matrix; only its lower triangle is asked for. Unchanged.
    block_size : int, default=512
        Rows in a block.
    n_jobs : int, default=None
        Threads that share the blocks of a column, as in joblib.

    Returns
    -------
    factor : CholeskyFactor

    Raises
    ------
    numpy.linalg.LinAlgError
        If A is not positive definite to working precision.

    References
    ----------
    Golub and Van Loan, Matrix Computations, 4th edition, section 4.2.
    """
    L = PackedTriangle(A.shape[0], block_size, A.dtype)
    block = getattr(A, "block", lambda rows, cols: A[rows, cols])
    with thread_pool(n_jobs) as pool:
        for j in range(len(L)):
            _factor_diagonal(L, j, block)
            pool(delayed(_factor_block)(L, i, j, block) for i in range(j + 1, len(L)))
    return CholeskyFactor(L)


def _factor_diagonal(L, j, block):
    rows = L.blocks[j]
    work = np.array(block(rows, rows), dtype=L.dtype, order="F")
    original = work.diagonal().copy()
    work -= L.left(j, j) @ L.left(j, j).T
    (potrf,) = get_lapack_funcs(("potrf",), (work,))
    work, failed = potrf(work, lower=True, overwrite_a=True, clean=True)
    # A pivot that is all rounding means a singular matrix, whatever its sign came out as.
    rounding = 4 * np.sqrt(L.n) * np.finfo(L.dtype).eps * original
    good = work.diagonal() ** 2 > rounding
    if failed or not good.all():
        row = failed - 1 if failed else np.argmin(good)
        level = original.mean() * (1e-6 if L.dtype == np.float64 else 1e-3)
        raise np.linalg.LinAlgError(
            f"The matrix is not positive definite to working precision at row "
            f"{rows.start + row}, for instance because rows are duplicates. Increase its "
            f"diagonal (alpha), for instance by {level:.1e}."
        )
    L.block(j, j)[...] = work


def _factor_block(L, i, j, block):
    """L_ij = (A_ij - sum_k L_ik L_jk') L_jj'^-1."""
    work = np.asarray(block(L.blocks[i], L.blocks[j]), dtype=L.dtype)
    work = work - L.left(i, j) @ L.left(j, j).T
    L.block(i, j)[...] = _triangular(L.block(j, j), work.T).T


def _triangular(L, B, trans="N"):
    return solve_triangular(L, B, lower=True, trans=trans, check_finite=False)
