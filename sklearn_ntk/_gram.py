"""Kernel matrices that are evaluated in pieces and never held whole."""

import numpy as np
from sklearn import get_config
from sklearn.utils import gen_batches

from ._threads import n_threads, thread_map

# Training rows that meet a chunk of other rows at a time.
WIDTH = 4096
# Rows and columns of a block of the training matrix.
SIDE = 1024


def evaluate(kernel, X, Z, out):
    """kernel(X, Z) written to `out`: in place by kernels that can, which spares a fresh block."""
    if hasattr(kernel, "fill"):
        kernel.fill(X, Z, out)
    else:
        out[...] = kernel(X, Z)


def _length(rows):
    return rows.stop - rows.start


def _view(store, rows, cols):
    """The beginning of a flat array, in the shape of a block."""
    return store[: _length(rows) * _length(cols)].reshape(_length(rows), -1)


class Gram:
    """The training matrix kernel(X) + diag(noise), block by block.

    Parameters
    ----------
    kernel : scikit-learn kernel object
        Evaluated on slices of X.
    X : {ndarray, sparse matrix} of shape (n, n_features)
        Rows.
    noise : ndarray of shape (n,)
        Added to the diagonal.
    """

    dtype = np.dtype(np.float64)

    def __init__(self, kernel, X, noise):
        self.kernel = kernel
        self.X = X
        self.noise = noise
        self.shape = (X.shape[0], X.shape[0])

    def fill_block(self, rows, cols, out):
        """Write the block of two slices, which are either equal or disjoint, to `out`."""
        evaluate(self.kernel, self.X[rows], None if rows == cols else self.X[cols], out)
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
                K = _view(store, rows, cols)
                self.fill_block(rows, cols, K)
                result[rows] += K @ V[cols]
                if rows != cols:
                    result[cols] += K.T @ V[rows]
            return result

        return sum(thread_map(part, [pairs[k::n_parts] for k in range(n_parts)], n_jobs))

    def to_array(self, n_jobs=None):
        """The whole matrix, for algorithms that need it, from its lower triangle."""
        K = np.empty(self.shape, dtype=self.dtype)

        def fill(block):
            rows, cols = block
            self.fill_block(rows, cols, K[rows, cols])
            if rows != cols:
                K[cols, rows] = K[rows, cols].T

        thread_map(fill, self._lower_triangle(), n_jobs)
        return K

    def _lower_triangle(self):
        blocks = list(gen_batches(self.shape[0], SIDE))
        return [(rows, cols) for rows in blocks for cols in blocks if cols.start <= rows.start]


def row_chunks(n_rows, row_length, n_jobs=None):
    """Slices of rows that all threads together can hold within sklearn's working_memory."""
    memory = get_config()["working_memory"] * 2**20 / n_threads(n_jobs)
    # More than 1024 rows gain nothing.
    return _shares(n_rows, int(np.clip(memory / (8 * row_length), 1, 1024)), n_jobs)


def _shares(n_rows, at_most, n_jobs):
    """Slices of so many rows, or of fewer where some threads would have none."""
    return gen_batches(n_rows, max(1, min(at_most, -(-n_rows // n_threads(n_jobs)))))


def kernel_product(kernel, X, Z, V, n_jobs=None):
    """kernel(X, Z) @ V, holding one block of the kernel matrix per job.

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
    blocks = list(gen_batches(n, WIDTH))

    def product(rows):
        store = np.empty(_length(rows) * min(n, WIDTH))
        total = 0
        for cols in blocks:
            K = _view(store, rows, cols)
            evaluate(kernel, X[rows], Z[cols], K)
            total = total + K @ V[cols]
        return total

    chunks = row_chunks(X.shape[0], min(n, WIDTH), n_jobs)
    return np.concatenate(thread_map(product, chunks, n_jobs))


def cross_matrix(kernel, Z, X, dtype, n_jobs=None):
    """kernel(Z, X) in the given precision, evaluated a block of rows of Z at a time."""
    K = np.empty((Z.shape[0], X.shape[0]), dtype=dtype)

    def fill(rows):
        evaluate(kernel, Z[rows], X, K[rows])

    thread_map(fill, _shares(Z.shape[0], WIDTH, n_jobs), n_jobs)
    return K
