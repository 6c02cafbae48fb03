"""A training matrix of rows that live on the workers of a Dask cluster."""

from itertools import pairwise

import numpy as np
from joblib.parallel import get_active_backend
from sklearn.utils import gen_batches

from ._blocks import SIDE, length, view
from ._gram import Gram, cross_matrix, evaluate

# Rows of a tile, as far as it is for us to say: large enough for a task, small enough to be many.
TILE = 4096


def dask_is_active():
    """Whether joblib's backend is a Dask cluster, and this is no task of it."""
    backend, _ = get_active_backend()
    # By name: the class can be imported where Dask is installed only.
    return type(backend).__name__ == "DaskDistributedBackend" and not backend.nesting_level


class DistributedGram:
    """K(X, X) + diag(noise), of which the workers evaluate tiles where the rows are.

    It is what conjugate gradients and their preconditioner ask of a training matrix (`_gram`):
    vectors and a few columns come here, and rows stay there. Dask evaluates anew what a worker
    takes with it when it dies.

    Parameters
    ----------
    kernel : scikit-learn kernel object
    X : dask array of shape (n, n_features)
        In chunks of rows.
    noise : ndarray of shape (n,)
        Added to the diagonal.
    """

    dtype = np.dtype(np.float64)

    def __init__(self, kernel, X, noise):
        self.kernel = kernel
        self.X = X
        self.noise = noise
        self.shape = (len(noise), len(noise))
        self._chunks = X.to_delayed()[:, 0]
        bounds = np.cumsum([0, *X.chunks[0]])
        self._rows = [slice(*pair) for pair in pairwise(bounds)]

    @classmethod
    def of_local_rows(cls, kernel, X, noise):
        """The same of rows that are here, which are sent to the workers once."""
        import dask.array as da

        rows = da.from_array(X, chunks=(min(TILE, X.shape[0]), X.shape[1]))
        return cls(kernel, rows.persist(), noise)

    def diagonal(self):
        """The diagonal, shape (n,)."""
        parts = self._compute([(self.kernel.diag, x) for x in self._chunks])
        return np.concatenate(parts) + self.noise

    def part(self, index):
        """The matrix without noise on a few rows."""
        return self.kernel(self.rows(index))

    def columns(self, index, n_jobs=None):
        """A few columns of the matrix without noise."""
        Z = self.rows(index)
        tasks = [(cross_matrix, self.kernel, x, Z, self.dtype, 1) for x in self._chunks]
        K = np.concatenate(self._compute(tasks))
        K[index, np.arange(len(index))] = self.kernel.diag(Z)  # as of white noise
        return K

    def rows(self, index):
        """A few rows of X, here."""
        # In ascending order, each once, as Dask likes them.
        unique, inverse = np.unique(index, return_inverse=True)
        return self.X[unique].compute()[inverse]

    def kept(self, n_bytes, n_jobs=None):
        """Itself: what is here is no place for the matrix."""
        return self

    def product(self, V, n_jobs=None):
        """The matrix times V in float64, evaluating its lower triangle once more."""
        from dask import delayed

        parts = [delayed(V[rows]) for rows in self._rows]
        pairs = [(i, j) for i in range(len(parts)) for j in range(i + 1)]
        tasks = []
        for i, j in pairs:
            x, z = self._chunks[i], None if i == j else self._chunks[j]
            tasks.append((tile_product, self.kernel, x, z, parts[i], parts[j]))
        result = self.noise[:, np.newaxis] * V.reshape(len(V), -1)
        for (i, j), (left, right) in zip(pairs, self._compute(tasks), strict=True):
            result[self._rows[i]] += left
            if right is not None:
                result[self._rows[j]] += right
        return result.reshape(V.shape)

    def _compute(self, tasks):
        from dask import compute, delayed

        return compute(*(delayed(function)(*arguments) for function, *arguments in tasks))


def tile_product(kernel, X, Z, V, W):
    """kernel(X, Z) W and kernel(X, Z)' V; of kernel(X) and None if Z is None."""
    V, W = V.reshape(len(V), -1), W.reshape(len(W), -1)
    if Z is None:
        return Gram(kernel, X, np.zeros(len(X))).product(V, 1), None
    left, right = np.zeros(V.shape), np.zeros(W.shape)
    store = np.empty(SIDE * SIDE)
    for rows in gen_batches(len(V), SIDE):
        for cols in gen_batches(len(W), SIDE):
            K = view(store, length(rows), length(cols))
            evaluate(kernel, X[rows], Z[cols], K)
            left[rows] += K @ W[cols]
            right[cols] += K.T @ V[rows]
    return left, right
