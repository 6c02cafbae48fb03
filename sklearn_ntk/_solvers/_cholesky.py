"""Blocked Cholesky factorization of a matrix that is produced block by block."""

import numpy as np
from scipy.linalg import get_lapack_funcs, solve_triangular
from sklearn.utils import gen_batches

from .._blocks import view
from .._threads import n_threads, thread_map
from ._dense import require_pivots
from ._packed import PackedTriangle
from ._schedule import Abandoned, Schedule

# Products of blocks of this side run at the full speed of BLAS; larger ones waste memory.
BLOCK_SIZE = 640
# Triangles of this side are inverted, so that solving against them is a matrix product.
# Larger ones would lose accuracy, smaller ones time.
SMALL = 64
# Right-hand sides for which a pass over L takes longer than reading it.
MANY_COLUMNS = 64


class CholeskyFactor:
    """A = L L', L lower triangular in packed storage; made by `cholesky`.

    Parameters
    ----------
    triangle : PackedTriangle
        L; what lies above the diagonal within diagonal blocks is zero.
    """

    def __init__(self, triangle):
        self.triangle = triangle

    @property
    def dtype(self):
        """Precision of L."""
        return self.triangle.dtype

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
        X = np.array(B, dtype=self.dtype)
        _share_columns(self._forward, X)
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
        X = self.half_solve(B)
        _share_columns(self._backward, X)
        return X

    def _forward(self, X):
        """Replace X by L^-1 X."""
        L = self.triangle
        for i, rows in enumerate(L.blocks):
            X[rows] -= L.left(i, i) @ X[: rows.start]
            X[rows] = _triangular(L.block(i, i), X[rows])

    def _backward(self, X):
        """Replace X by L'^-1 X."""
        L = self.triangle
        for i in reversed(range(len(L))):
            rows = L.blocks[i]
            X[rows] = _triangular(L.block(i, i), X[rows], trans="T")
            X[: rows.start] -= L.left(i, i).T @ X[rows]

    def log_determinant(self):
        """log det A."""
        L = self.triangle
        diagonals = [np.diag(L.block(i, i)) for i in range(len(L))]
        return 2 * float(np.sum(np.log(np.concatenate(diagonals), dtype=np.float64)))


def cholesky(A, *, dtype=None, block_size=BLOCK_SIZE, n_jobs=None, storage=None, progress=None):
    """Factor a symmetric positive definite matrix into L L'.

    Left-looking over packed block rows: a block is asked of `A` when its turn comes, reduced
    by one product of the finished parts of two block rows, and solved against the diagonal
    block, so n^2 / 2 numbers and a few blocks are held at any time.

    Parameters
    ----------
    A : ndarray of shape (n, n), or an object with `shape`, `dtype` and `fill_block`
        The matrix; only its lower triangle is asked for. Unchanged. `fill_block(rows, cols, out)`
        writes the block of two slices to `out`.
    dtype : numpy dtype, default=None
        Precision of L; None is that of A.
    block_size : int, default=640
        Rows in a block.
    n_jobs : int, default=None
        Threads that share the blocks. None is what ``joblib.parallel_config`` names; where it
        names nothing, as many as BLAS has been given.
    storage : str or path, default=None
        A folder for a temporary file that holds L; None keeps it in memory.
    progress : callable, default=None
        Called with the number of block columns when the factorization begins; returns a
        function that is called without arguments after each of them.

    Returns
    -------
    factor : CholeskyFactor

    Raises
    ------
    numpy.linalg.LinAlgError
        If A is not positive definite to working precision.
    MemoryError
        If L does not fit into the memory there is.
    OSError
        If the folder is missing or its disk is too small.

    References
    ----------
    Golub and Van Loan, Matrix Computations, 4th edition, section 4.2.
    """
    L = PackedTriangle(A.shape[0], block_size, dtype or A.dtype, storage)
    schedule, inverses = Schedule(len(L)), {}
    n_workers = min(n_threads(n_jobs), len(L))
    step = None if progress is None else progress(len(L))

    def work(_):
        _finish_blocks(A, L, inverses, schedule, step)

    try:
        thread_map(work, range(n_workers), n_workers)
    except BaseException:  # an interrupt reaches this thread, not the workers
        schedule.fail()
        raise
    return CholeskyFactor(L)


def _finish_blocks(A, L, inverses, schedule, step):
    """Finish blocks until none is left; several threads do this at once."""
    scratch = np.empty(L.blocks[0].stop ** 2, dtype=L.dtype)
    try:
        for i, j in schedule:
            W = L.block(i, j)
            if isinstance(A, np.ndarray):
                W[...] = A[L.blocks[i], L.blocks[j]]
            else:
                A.fill_block(L.blocks[i], L.blocks[j], W)
            pivots = W.diagonal().copy()
            if j > 0:
                schedule.wait(j, j - 1)
                schedule.wait(i, j - 1)
                product = view(scratch, *W.shape)
                W -= np.matmul(L.left(i, j), L.left(j, j).T, out=product)
            if i == j:
                inverses[j] = _factor(W, pivots, L.n, L.blocks[j].start)
                if step is not None:
                    step()
            else:
                schedule.wait(j, j)
                _solve_right(L.block(j, j), inverses[j], W, scratch)
            schedule.finish(i, j)
    except Abandoned:
        pass
    except BaseException:
        schedule.fail()
        raise


def _factor(W, pivots, n, start):
    """Replace W by its lower Cholesky factor; return the inverses of small triangles in it."""
    potrf, trtri = get_lapack_funcs(("potrf", "trtri"), (W,))
    # LAPACK counts by columns, so the lower triangle of W is the upper one of W.T, in place.
    upper, failed = potrf(W.T, lower=False, overwrite_a=True, clean=True)
    W[...] = upper.T
    require_pivots(W, failed, pivots, n, start)
    return [
        np.ascontiguousarray(trtri(W[k : k + SMALL, k : k + SMALL], lower=True)[0])
        for k in range(0, len(W), SMALL)
    ]


def _solve_right(L, inverses, W, scratch):
    """Replace W by W L'^-1, by halves, so that nearly all of it is large products."""
    m, n = W.shape
    if n <= SMALL:
        W[...] = np.matmul(W, inverses[0].T, out=view(scratch, m, n))
        return
    middle = len(inverses) // 2 + len(inverses) % 2
    k = middle * SMALL
    _solve_right(L[:k, :k], inverses[:middle], W[:, :k], scratch)
    W[:, k:] -= np.matmul(W[:, :k], L[k:, :k].T, out=view(scratch, m, n - k))
    _solve_right(L[k:, k:], inverses[middle:], W[:, k:], scratch)


def _share_columns(function, X):
    """function(X), which changes columns of X in place, by threads if there are enough of them."""
    if X.ndim == 1:
        thread_map(function, [X], n_jobs=1)
    else:
        width = max(MANY_COLUMNS, -(-X.shape[1] // n_threads()))
        thread_map(function, [X[:, part] for part in gen_batches(X.shape[1], width)])


def _triangular(L, B, trans="N"):
    return solve_triangular(L, B, lower=True, trans=trans, check_finite=False)
