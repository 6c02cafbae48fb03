"""A low-rank factor of a kernel matrix from a few of its columns, and what it preconditions."""

import numpy as np
from scipy.linalg import solve_triangular

from ._dense import dense_cholesky

# Columns proposed at a time: enough for products of matrices, few enough to be accepted.
BLOCK = 64


def pivoted_cholesky(A, rank, rng, n_jobs=None, progress=None):
    """F of shape (n, k), k <= rank, with F F' close to the kernel matrix of A, without its noise.

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

    Returns
    -------
    F : ndarray of shape (n, k)

    References
    ----------
    Chen, Epperly, Tropp and Webber, Randomly pivoted Cholesky, 2022; Epperly, Tropp and Webber,
    Embrace rejection: Kernel matrix approximation by accelerated randomly pivoted Cholesky, 2024.
    """
    residual = A.diagonal() - A.noise
    smallest = np.finfo(float).eps * residual.sum()
    F, k = np.empty((A.shape[0], rank), order="F"), 0
    step = progress(rank, "preconditioner", "column") if progress else lambda: None
    while k < rank and residual.sum() > smallest:
        size = min(BLOCK, rank - k)
        proposed = rng.choice(len(residual), size, p=residual / residual.sum())
        rows = F[proposed, :k]
        pivots, L = _accepted(A.part(proposed) - rows @ rows.T, residual[proposed], rng)
        pivots = proposed[pivots]
        if not len(pivots):
            break  # residuals are rounding
        block = A.columns(pivots, n_jobs)
        block -= F[:, :k] @ F[pivots, :k].T
        F[:, k : k + len(pivots)] = solve_triangular(L, block.T, lower=True).T
        residual = np.maximum(residual - (F[:, k : k + len(pivots)] ** 2).sum(axis=1), 0)
        residual[pivots] = 0
        k += len(pivots)
        for _ in pivots:
            step()
    return F[:, :k]


def _accepted(S, proposed, rng):
    """Which proposals are kept, and the Cholesky factor of their part of S.

    Parameters
    ----------
    S : ndarray of shape (b, b)
        What is left of the matrix at the proposals; overwritten.
    proposed : ndarray of shape (b,)
        The diagonal with which they were proposed; by now S may have less, from those before.
    """
    kept = []
    for i in range(len(S)):
        if S[i, i] > rng.uniform() * proposed[i] and S[i, i] > 1e-10 * proposed[i]:
            S[i:, i] /= np.sqrt(S[i, i])
            S[i + 1 :, i + 1 :] -= np.outer(S[i + 1 :, i], S[i + 1 :, i])
            kept.append(i)
    return kept, np.tril(S[np.ix_(kept, kept)])


class LowRankFactor:
    """Solutions with F F' + diag(noise), for as many operations as F has entries.

    Parameters
    ----------
    F : ndarray of shape (n, k)
        Low-rank factor of a kernel matrix.
    noise : ndarray of shape (n,)
        Of the diagonal; positive.
    """

    dtype = np.dtype(np.float64)

    def __init__(self, F, noise):
        self.F = F
        self.noise = noise
        scaled = F / np.sqrt(noise)[:, np.newaxis]
        self.inner = dense_cholesky(np.eye(F.shape[1]) + scaled.T @ scaled)

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
        return Z - (self.F @ self.inner.solve(self.F.T @ Z)) / noise
