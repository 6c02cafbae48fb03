"""What every kernel does with rows: checks and a walk over tiles."""

from functools import lru_cache

import numpy as np
from scipy import sparse
from sklearn.utils import check_array, check_scalar

from .._blocks import transpose
from .._threads import n_threads, thread_map
from ._arrays import COLUMNS, ROWS, slices, view

# Tiles that threads are worth starting for.
TILES = 4


def require_rows(X):
    """Raise a ValueError for arrays of images and other samples that are not rows."""
    n_dimensions = getattr(X, "ndim", 2)
    if n_dimensions > 2:
        raise ValueError(
            f"X has {n_dimensions} dimensions, but samples are rows: pass X.reshape(len(X), -1). "
            "ConvNTK and ConvNNGP take images as rows, too: image.ravel()."
        )


def check_rows(X, Y):
    """X and Y as finite float64 rows with the same number of columns; Y may be None."""
    X = _check_rows(X)
    if Y is None:
        return X, None
    Y = _check_rows(Y)
    if X.shape[1] != Y.shape[1]:
        raise ValueError(
            f"X has {X.shape[1]} features but Y has {Y.shape[1]}; a kernel compares rows of "
            "equal length."
        )
    return X, Y


def _check_rows(X):
    require_rows(X)
    with np.errstate(invalid="ignore"):  # of the sum of huge rows, by which it looks for NaN
        return check_array(X, accept_sparse="csr", dtype=np.float64)


def check_number(value, name, target_type, min_val, *, max_val=None, include="both"):
    """Raise a TypeError or a ValueError unless `value` is a finite number in range."""
    if isinstance(value, bool):  # which Python counts among the integers
        raise TypeError(f"{name} == {value}, must be a number, not a bool.")
    check_scalar(
        value, name, target_type, min_val=min_val, max_val=max_val, include_boundaries=include
    )
    if not np.isfinite(value):
        raise ValueError(f"{name} == {value}, must be finite.")


def fill_tiles(K, evaluate, symmetric, tile=(ROWS, COLUMNS), scratch=(0, 0), n_jobs=None):
    """Fill the matrix K, or a stack of them, through `evaluate(rows, cols, out, store)`.

    A symmetric matrix is evaluated on and below the diagonal and mirrored, so it is
    symmetric to the last bit. `out` is float64 whatever K is, so values are rounded once.
    `store` is an array of the shape `scratch`, to be overwritten. Threads share large matrices,
    as many as `n_threads` makes of `n_jobs`. A `TileProduct` takes the place of a matrix K.
    """
    tiles = _tiles(K.shape[-2:], symmetric, tile)
    errors = np.geterr()  # which is this thread's
    if isinstance(K, TileProduct):
        K.add_up(evaluate, symmetric, tiles, tile, scratch, errors)
        return

    def fill(tiles):
        store = np.empty(scratch)
        with np.errstate(**errors):
            for rows, cols in tiles:
                out = K[..., rows, cols]
                if K.dtype == np.float64:
                    evaluate(rows, cols, out, store)
                else:
                    values = np.empty(out.shape)
                    evaluate(rows, cols, values, store)
                    out[...] = values
                if not symmetric:
                    continue
                if rows == cols:
                    np.copyto(out, out.swapaxes(-1, -2).copy(), where=_above(out.shape[-1]))
                else:
                    transpose(out, K[..., cols, rows])

    rest = iter(tiles)  # of which every thread takes the next one
    if len(tiles) > TILES:
        thread_map(fill, [rest] * n_threads(n_jobs), n_jobs)
    else:
        fill(rest)


class TileProduct:
    """Takes the place of a kernel matrix where only its product with V is wanted.

    Parameters
    ----------
    shape : (m, n)
        Of the matrix.
    V : ndarray of shape (n, k)
    n_jobs : int, default=None
        Threads, as for `n_threads`.

    Attributes
    ----------
    value : ndarray of shape (m, k)
        The product, once the matrix has been "filled".
    """

    def __init__(self, shape, V, n_jobs=None):
        self.shape, self.V, self.n_jobs = shape, V, n_jobs
        self.value = None

    def add_up(self, evaluate, symmetric, tiles, tile, scratch, errors):
        """Evaluate each of the tiles once, and hold one per thread."""
        V = self.V

        def part(tiles):
            product = np.zeros((self.shape[0], V.shape[1]))
            store, values = np.empty(scratch), np.empty(tile[0] * tile[1])
            with np.errstate(**errors):
                for rows, cols in tiles:
                    K = view(values, (rows.stop - rows.start, cols.stop - cols.start))
                    evaluate(rows, cols, K, store)
                    product[rows] += K @ V[cols]
                    if symmetric and rows != cols:
                        product[cols] += K.T @ V[rows]
            return product

        # All threads have the same strips from call to call, so that rounding is the same, too.
        n = n_threads(self.n_jobs)
        parts = [
            [(rows, cols) for rows, cols in tiles if rows.start // tile[0] % n == k]
            for k in range(n)
        ]
        self.value = sum(thread_map(part, parts, self.n_jobs))


def _tiles(shape, symmetric, tile):
    """Pairs of slices (rows, cols) that cover a matrix, or its lower triangle."""
    tiles = []
    for rows in slices(shape[0], tile[0]):
        columns = slices(rows.start if symmetric else shape[1], tile[1])
        tiles += [(rows, cols) for cols in columns] + [(rows, rows)] * symmetric
    return tiles


@lru_cache(maxsize=4)
def _above(n):
    """Where a matrix is above its diagonal."""
    return ~np.tri(n, dtype=bool)


def inner_products(X, Z, out):
    """X @ Z.T written to `out`, for dense or sparse rows."""
    if sparse.issparse(X) or sparse.issparse(Z):
        product = X @ Z.T
        out[...] = product.toarray() if sparse.issparse(product) else product
    else:
        np.matmul(X, Z.T, out=out)
