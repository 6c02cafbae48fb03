"""Kernel matrices that are evaluated in pieces and never held whole."""

import numpy as np
from joblib import delayed, effective_n_jobs
from sklearn import get_config
from sklearn.utils import gen_batches

from ._threads import thread_pool

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
        n_parts = effective_n_jobs(n_jobs)

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

        with thread_pool(n_jobs) as pool:
            return sum(pool(delayed(part)(pairs[k::n_parts]) for k in range(n_parts)))

    def to_array(self, n_jobs=None):
        """The whole matrix, for algorithms that need it, from its lower triangle."""
        K = np.empty(self.shape, dtype=self.dtype)

        def fill(rows, cols):
            self.fill_block(rows, cols, K[rows, cols])
            if rows != cols:
                K[cols, rows] = K[rows, cols].T

        with thread_pool(n_jobs) as pool:
            pool(delayed(fill)(rows, cols) for rows, cols in self._lower_triangle())
        return K

    def _lower_triangle(self):
        blocks = list(gen_batches(self.shape[0], SIDE))
        return [(rows, cols) for rows in blocks for cols in blocks if cols.start <= rows.start]


def row_chunks(n_rows, row_length, n_jobs=None):
    """Slices of rows that all jobs together can hold within sklearn's working_memory."""
    memory = get_config()["working_memory"] * 2**20 / effective_n_jobs(n_jobs)
    # More than 1024 rows gain nothing, and leave nothing to share between jobs.
    return gen_batches(n_rows, int(np.clip(memory / (8 * row_length), 1, 1024)))


def kernel_product(kernel, X, Z, V, n_jobs=None):
    """kernel(X, Z) @ V, holding one block of the kernel matrix per job.

    Parameters
    ----------
    kernel : scikit-learn kernel object
    X : {ndarray, sparse matrix} of shape (m, n_features)
    Z : {ndarray, sparse matrix} of shape (n, n_features)
    V : ndarray of shape (n,) or (n, k)
    n_jobs : int, default=None
        Threads, as in joblib.

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

    with thread_pool(n_jobs) as pool:
        chunks = row_chunks(X.shape[0], min(n, WIDTH), n_jobs)
        return np.concatenate(pool(delayed(product)(rows) for rows in chunks))


def cross_matrix(kernel, Z, X, dtype):
    """kernel(Z, X) in the given precision, evaluated a block of rows of Z at a time."""
    K = np.empty((Z.shape[0], X.shape[0]), dtype=dtype)
    for rows in gen_batches(Z.shape[0], WIDTH):
        evaluate(kernel, Z[rows], X, K[rows])
    return K
