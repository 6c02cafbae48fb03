"""Kernel matrices that are evaluated in pieces and never held whole.

A training matrix is what solvers are given in place of an array. It has

- ``shape``, (n, n), and ``dtype``, that of the array which it stands for;
- ``diagonal()``, all of it, in O(n) where the kernel can;
- ``fill_block(rows, cols, out)``, which writes the block of two slices, equal or disjoint;
- ``product(V, n_jobs)``, the matrix times V in float64, a block at a time;
- ``kept(n_bytes, n_jobs)``, the same for many products, evaluated once if these bytes hold it;
- ``columns(index, n_jobs)`` and ``part(index)``, columns and a square part without the noise;
- ``to_array(n_jobs)``, all n^2 numbers, for algorithms that need them.

`TrainingMatrix` defines ``product``, ``kept`` and ``to_array`` through ``fill_block``.
"""

import numpy as np
from sklearn.utils import gen_batches

from ._blocks import PART, SIDE, WIDTH, length, row_chunks, shares, transpose, view
from ._compiled import expect
from ._threads import n_threads, thread_map


def evaluate(kernel, X, Z, out):
    """kernel(X, Z) written to `out`: in place by kernels that can, which spares a fresh block."""
    if hasattr(kernel, "fill"):
        kernel.fill(X, Z, out)
    else:
        out[...] = kernel(X, Z)


class TrainingMatrix:
    """A kernel matrix plus diag(noise); subclasses have `_fill` and `_diagonal` of the kernel's.

    Parameters
    ----------
    noise : ndarray of shape (n,)
        Added to the diagonal.
    """

    dtype = np.dtype(np.float64)

    def __init__(self, noise):
        self.noise = noise
        self.shape = (len(noise), len(noise))
        expect(len(noise) ** 2 / 2)

    def diagonal(self):
        """The diagonal, shape (n,)."""
        return self._diagonal() + self.noise

    def fill_block(self, rows, cols, out):
        """Write the block of two slices, which are either equal or disjoint, to `out`."""
        self._fill(rows, cols, out)
        if rows == cols:
            out[np.diag_indices(len(out))] += self.noise[rows]

    def product(self, V, n_jobs=None):
        """The matrix times V in float64, evaluating its lower triangle once more."""
        pairs = self._lower_triangle()
        n_parts = n_threads(n_jobs)

        def part(pairs):
            result = np.zeros(V.shape)
            store = np.empty(SIDE * SIDE)
            for rows, cols in pairs:
                K = view(store, length(rows), length(cols))
                self.fill_block(rows, cols, K)
                result[rows] += K @ V[cols]
                if rows != cols:
                    result[cols] += K.T @ V[rows]
            return result

        return sum(thread_map(part, [pairs[k::n_parts] for k in range(n_parts)], n_jobs))

    def kept(self, n_bytes, n_jobs=None):
        """The same for products alone, evaluated once if these bytes hold it."""
        if self.dtype.itemsize * self.shape[0] ** 2 > n_bytes:
            return self
        return WholeMatrix(self.to_array(n_jobs))

    def to_array(self, n_jobs=None):
        """The whole matrix, for algorithms that need it, from its lower triangle."""
        K = np.empty(self.shape, dtype=self.dtype)

        def fill(block):
            rows, cols = block
            self.fill_block(rows, cols, K[rows, cols])
            if rows != cols:
                transpose(K[rows, cols], K[cols, rows])

        thread_map(fill, self._lower_triangle(), n_jobs)
        return K

    def _lower_triangle(self):
        blocks = list(gen_batches(self.shape[0], SIDE))
        return [(rows, cols) for rows in blocks for cols in blocks if cols.start <= rows.start]


class Gram(TrainingMatrix):
    """The training matrix kernel(X) + diag(noise), evaluated where it is asked for.

    Parameters
    ----------
    kernel : scikit-learn kernel object
        Evaluated on slices of X.
    X : {ndarray, sparse matrix} of shape (n, n_features)
        Rows.
    noise : ndarray of shape (n,)
        Added to the diagonal.
    """

    def __init__(self, kernel, X, noise):
        super().__init__(noise)
        self.kernel = kernel
        self.X = X

    def columns(self, index, n_jobs=None):
        K = cross_matrix(self.kernel, self.X, self.X[index], self.dtype, n_jobs)
        K[index, np.arange(len(index))] = self._diagonal()[index]  # as of white noise
        return K

    def part(self, index):
        return self.kernel(self.X[index])

    def product(self, V, n_jobs=None):
        if hasattr(self.kernel, "product"):
            return self.kernel.product(self.X, None, V, n_jobs) + (self.noise * V.T).T
        return super().product(V, n_jobs)

    def _fill(self, rows, cols, out):
        evaluate(self.kernel, self.X[rows], None if rows == cols else self.X[cols], out)

    def _diagonal(self):
        return self.kernel.diag(self.X)


class PrecomputedGram(TrainingMatrix):
    """The training matrix K + diag(noise) of a kernel matrix that is there already.

    Parameters
    ----------
    K : ndarray of shape (n, n)
        Kernel matrix, symmetric; unchanged, and only its lower triangle is read.
    noise : ndarray of shape (n,)
        Added to the diagonal.
    """

    def __init__(self, K, noise):
        super().__init__(noise)
        self.K = K

    def columns(self, index, n_jobs=None):
        return self.K[:, index]

    def part(self, index):
        return self.K[np.ix_(index, index)]

    def _fill(self, rows, cols, out):
        out[...] = self.K[rows, cols]

    def _diagonal(self):
        return self.K.diagonal()


class WholeMatrix:
    """A matrix that is there, noise and all."""

    def __init__(self, A):
        self.A = A

    def product(self, V, n_jobs=None):
        """The matrix times V, by the threads of BLAS."""
        return self.A @ V


def kernel_product(kernel, X, Z, V, n_jobs=None):
    """kernel(X, Z) @ V, holding one block of the kernel matrix per job, or less.

    Parameters
    ----------
    kernel : scikit-learn kernel object
    X : {ndarray, sparse matrix} of shape (m, n_features)
    Z : {ndarray, sparse matrix} of shape (n, n_features)
    V : ndarray of shape (n,) or (n, k)
    n_jobs : int, default=None
        Threads, as for `n_threads`.

    Returns
    -------
    product : ndarray of shape (m,) or (m, k)
    """
    n = Z.shape[0]
    if hasattr(kernel, "product"):
        # What a kernel needs to know of rows of X takes as much memory as they do.
        parts = gen_batches(X.shape[0], PART)
        return np.concatenate([kernel.product(X[rows], Z, V, n_jobs) for rows in parts])
    blocks = list(gen_batches(n, WIDTH))

    def product(rows):
        store = np.empty(length(rows) * min(n, WIDTH))
        total = 0
        for cols in blocks:
            K = view(store, length(rows), length(cols))
            evaluate(kernel, X[rows], Z[cols], K)
            total = total + K @ V[cols]
        return total

    chunks = row_chunks(X.shape[0], min(n, WIDTH), n_jobs)
    return np.concatenate(thread_map(product, chunks, n_jobs))


def cross_matrix(kernel, Z, X, dtype, n_jobs=None):
    """kernel(Z, X) in the given precision, evaluated a block of rows of Z at a time."""
    K = np.empty((Z.shape[0], X.shape[0]), dtype=dtype)
    expect(K.size)

    def fill(rows):
        evaluate(kernel, Z[rows], X, K[rows])

    thread_map(fill, shares(Z.shape[0], WIDTH, n_jobs), n_jobs)
    return K
