"""Functions on a few centres: which rows these are, and the features in which they are linear."""

import numpy as np
from sklearn.cluster import MiniBatchKMeans
from sklearn.utils import gen_batches
from threadpoolctl import threadpool_limits

from ._blocks import STRIP, WIDTH, row_chunks, working_memory
from ._gram import Gram, cross_matrix
from ._inference import row_groups
from ._solvers import NormalEquations, dense_cholesky, pivoted_cholesky
from ._threads import n_threads, thread_map

# Rows for each centre, among which they are chosen.
CHOICE = 5
# Added to the diagonal of the centres' matrix, of which it is a share: far above rounding, and
# far below any ridge that matters.
JITTER = 1e-11


def choose_centers(kernel, X, n_centers, method, rng, n_jobs=None):
    """Rows on which the functions of a kernel are approximated.

    Parameters
    ----------
    kernel : scikit-learn kernel object
    X : {ndarray, sparse matrix} of shape (n, n_features)
    n_centers : int
        At most n.
    method : {"k-means", "pivoted_cholesky", "uniform"}
    rng : RandomState
    n_jobs : int, default=None
        Threads, as for `n_threads`.

    Returns
    -------
    centers : {ndarray, sparse matrix} of shape (n_chosen, n_features)
        Fewer than `n_centers` where rows are equal, or further ones add nothing.
    """
    n = X.shape[0]
    n_rows = int(np.clip(working_memory() / (8 * n_centers), n_centers, CHOICE * n_centers))
    if method == "uniform":
        n_rows = n_centers
    rows = np.arange(n) if n_rows >= n else np.sort(rng.choice(n, n_rows, replace=False))
    X = X[rows]
    X = X[np.unique(row_groups(X), return_index=True)[1]]
    if method == "k-means" and n_centers < X.shape[0]:
        # Its batches are so small that threads of OpenMP only wait for one another.
        with threadpool_limits(1, user_api="openmp"):
            means = MiniBatchKMeans(n_centers, n_init=1, random_state=rng).fit(X)
        return means.cluster_centers_.astype(X.dtype)
    if method == "pivoted_cholesky":
        A = Gram(kernel, X, np.zeros(X.shape[0]))
        _, pivots = pivoted_cholesky(A, min(n_centers, X.shape[0]), rng, n_jobs)
        return X[pivots] if len(pivots) else X[:1]  # of a kernel that is 0 nothing adds anything
    return X


class CenterMap:
    """Features Phi(X) = K(X, Z) L^-T, L L' = K(Z, Z), for functions on the centres Z.

    Phi Phi' is the kernel's approximation by Nystroem. The function Phi b has coefficients L^-T b
    of the kernel at the centres, and the norm |b|.

    Parameters
    ----------
    kernel : scikit-learn kernel object
    centers : {ndarray, sparse matrix} of shape (m, n_features)
    n_jobs : int, default=None
        Threads, as for `n_threads`.
    """

    def __init__(self, kernel, centers, n_jobs=None):
        self.kernel = kernel
        self.centers = centers
        K = Gram(kernel, centers, np.zeros(centers.shape[0])).to_array(n_jobs)
        K.flat[:: len(K) + 1] *= 1 + JITTER
        # L^-1, with which features are products: NumPy's let other threads go on.
        self.root = dense_cholesky(K).half_solve(np.eye(len(K)))

    def features(self, X, n_jobs=None):
        """Phi(X), of shape (n, m), by n m^2 operations."""
        K = cross_matrix(self.kernel, X, self.centers, np.float64, n_jobs)
        # From the right, what is overwritten is not needed any more: the root is triangular.
        for columns in reversed(list(gen_batches(len(self.root), STRIP))):
            left = slice(columns.stop)
            K[:, columns] = K[:, left] @ self.root[columns, left].T
        return K

    def batches(self, n, n_jobs=None):
        """Slices of rows whose features fit into half of working_memory, a slice for each job."""
        memory = working_memory() / 2 / n_threads(n_jobs)
        return gen_batches(n, int(np.clip(memory / (16 * len(self.root)), 1, WIDTH)))

    def add_features(self, equations, X, Y, weight, n_jobs=None, progress=None):
        """Add rows to normal equations.

        Parameters
        ----------
        equations : NormalEquations
            One for each job that half of scikit-learn's working_memory can hold is made beside it.
        X : {ndarray, sparse matrix} of shape (n, n_features)
        Y : ndarray of shape (n, n_targets)
        weight : ndarray of shape (n,)
        n_jobs : int, default=None
            Threads, as for `n_threads`.
        progress : callable, default=None
            As from `fit_progress`, a step for each batch of rows.
        """
        batches = list(self.batches(X.shape[0], n_jobs))
        task = len(batches), "normal equations", "batch of rows"
        step = progress(*task) if progress else lambda: None
        n_parts = int(np.clip(working_memory() / 2 / equations.gram.nbytes, 1, n_threads(n_jobs)))

        def part(batches):
            total = NormalEquations(*equations.cross.shape)
            for rows in batches:
                total.add(self.features(X[rows]), Y[rows], weight[rows])
                step()
            return total

        for total in thread_map(part, [batches[k::n_parts] for k in range(n_parts)], n_jobs):
            equations.merge(total)

    def coefficients(self, b):
        """Of the kernel at the centres, from those of the features, shape (m, k)."""
        return self.root.T @ b

    def gram_product(self, X, weight, V, n_jobs=None):
        """Phi' W Phi V, of which it holds a chunk of the kernel for each job."""

        def product(K, rows):
            return K.T @ (weight[rows, np.newaxis] * (K @ V))

        V = self.coefficients(V)
        return self.root @ self._sum(product, X, n_jobs)

    def cross_product(self, X, V, n_jobs=None):
        """Phi' V, likewise."""
        return self.root @ self._sum(lambda K, rows: K.T @ V[rows], X, n_jobs)

    def _sum(self, function, X, n_jobs):
        def part(rows):
            return function(cross_matrix(self.kernel, X[rows], self.centers, np.float64), rows)

        chunks = row_chunks(X.shape[0], self.centers.shape[0], n_jobs)
        return sum(thread_map(part, chunks, n_jobs))
