"""A low-rank factor of a kernel matrix from a few of its columns, and what it preconditions."""

import numpy as np
from scipy.linalg import solve_triangular
from sklearn.utils import gen_batches

from .._blocks import SIDE
from .._threads import thread_map
from ._dense import dense_cholesky

# Columns proposed at a time: enough for products of matrices, few enough to be accepted.
BLOCK = 256


def pivoted_cholesky(A, rank, rng, n_jobs=None, progress=None, dtype=np.float64):
    """F of shape (n, k), k <= rank, with F F' close to the kernel matrix of A without its noise.

    Pivots are drawn in proportion to the diagonal of what is left, a block at a time, and thinned
    by rejection so that they are distributed as if drawn one by one.

    Parameters
    ----------
    A : TrainingMatrix
        Of which rank + O(BLOCK) columns are evaluated.
    rank : int
        Columns of F at most; fewer where nothing but rounding is left.
    rng : RandomState
        Draws the pivots.
    n_jobs : int, default=None
        Threads, as for `n_threads`.
    progress : callable, default=None
        As for `cholesky`, a step for each column.
    dtype : dtype, default=float64
        Of F. F F' is positive semi-definite however its entries are rounded: half the memory
        is twice the columns.

    Returns
    -------
    F : ndarray of shape (n, k)
    pivots : ndarray of int of shape (k,)
        The rows of A that it reproduces; those of F are lower triangular.

    References
    ----------
    Chen, Epperly, Tropp and Webber, Randomly pivoted Cholesky, 2022; Epperly, Tropp and Webber,
    Embrace rejection: Kernel matrix approximation by accelerated randomly pivoted Cholesky, 2024.
    """
    residual = A.diagonal() - A.noise
    rounding = 10 * np.finfo(dtype).eps * residual
    chosen = []
    F, k = np.empty((A.shape[0], rank), dtype=dtype, order="F"), 0
    step = progress(rank, "preconditioner", "column") if progress else lambda: None
    while k < rank and residual.any():
        size = min(BLOCK, rank - k)
        proposed = rng.choice(len(residual), size, p=residual / residual.sum())
        rows = F[proposed, :k].astype(np.float64)
        S = A.part(proposed) - rows @ rows.T
        pivots, L = _accepted(S, residual[proposed], rounding[proposed], rng)
        pivots = proposed[pivots]
        if not len(pivots):
            break  # what is left is rounding
        block = A.columns(pivots, n_jobs)
        block -= F[:, :k] @ F[pivots, :k].T
        block = solve_triangular(L, block.T, lower=True).T
        F[:, k : k + len(pivots)] = block
        residual -= (block**2).sum(axis=1)
        residual[residual <= rounding] = 0
        residual[pivots] = 0
        chosen.extend(pivots)
        k += len(pivots)
        for _ in pivots:
            step()
    return F[:, :k], np.array(chosen, dtype=int)


def _accepted(S, proposed, rounding, rng):
    """Which proposals are kept, and the Cholesky factor of their part of S.

    Parameters
    ----------
    S : ndarray of shape (b, b)
        What is left of the matrix at the proposals; overwritten.
    proposed : ndarray of shape (b,)
        The diagonal with which they were proposed; by now S may have less, from those before.
    rounding : ndarray of shape (b,)
        What has to be left of it.
    """
    kept = []
    for i in range(len(S)):
        if S[i, i] > max(rng.uniform() * proposed[i], rounding[i]):
            S[i:, i] /= np.sqrt(S[i, i])
            S[i + 1 :, i + 1 :] -= np.outer(S[i + 1 :, i], S[i + 1 :, i])
            kept.append(i)
    return kept, np.tril(S[np.ix_(kept, kept)])


class LowRankFactor:
    """Solutions with F F' + diag(noise), for as many operations as F has entries.

    In float64, which holds the digits that cancel, a strip of the rows of F at a time.

    Parameters
    ----------
    F : ndarray of shape (n, k)
        Low-rank factor of a kernel matrix.
    noise : ndarray of shape (n,)
        Of the diagonal; positive.
    n_jobs : int, default=None
        Threads, as for `n_threads`.
    """

    dtype = np.dtype(np.float64)

    def __init__(self, F, noise, n_jobs=None):
        self.F = F
        self.noise = noise
        self.n_jobs = n_jobs
        inner = np.eye(F.shape[1])
        for rows in gen_batches(len(F), SIDE):
            scaled = F[rows] / np.sqrt(noise[rows])[:, np.newaxis]
            inner += scaled.T @ scaled
        self.inner = dense_cholesky(inner)

    def solve(self, B):
        """(F F' + diag(noise))^-1 B, by the formula of Woodbury.

        Parameters
        ----------
        B : ndarray of shape (n, k)
            Right-hand sides; unchanged.

        Returns
        -------
        X : ndarray of the shape of B
        """
        noise = self.noise[:, np.newaxis]
        Z = B / noise
        strips = list(gen_batches(len(Z), SIDE))

        def projected(rows):
            return self.F[rows].astype(np.float64).T @ Z[rows]

        inner = self.inner.solve(sum(thread_map(projected, strips, self.n_jobs)))

        def subtract(rows):
            Z[rows] -= self.F[rows].astype(np.float64) @ inner / noise[rows]

        thread_map(subtract, strips, self.n_jobs)
        return Z
