"""What every kernel does with rows: checks, a walk over tiles, distances of chosen pairs."""

import numpy as np
from scipy import sparse
from sklearn.utils import check_array, check_scalar

# Large enough that threads spend their time in passes over a tile and not in handing the
# interpreter lock to each other, small enough for the cache.
ROWS, COLUMNS = 128, 1024


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
    require_rows(X)
    X = check_array(X, accept_sparse="csr", dtype=np.float64)
    if Y is None:
        return X, None
    require_rows(Y)
    Y = check_array(Y, accept_sparse="csr", dtype=np.float64)
    if X.shape[1] != Y.shape[1]:
        raise ValueError(
            f"X has {X.shape[1]} features but Y has {Y.shape[1]}; a kernel compares rows of "
            "equal length."
        )
    return X, Y


def check_number(value, name, target_type, min_val, *, max_val=None, include="both"):
    """Raise a TypeError or a ValueError unless `value` is a finite number in range."""
    if isinstance(value, bool):  # which Python counts among the integers
        raise TypeError(f"{name} == {value}, must be a number, not a bool.")
    check_scalar(
        value, name, target_type, min_val=min_val, max_val=max_val, include_boundaries=include
    )
    if not np.isfinite(value):
        raise ValueError(f"{name} == {value}, must be finite.")


def fill_tiles(K, evaluate, symmetric, tile=(ROWS, COLUMNS)):
    """Fill the matrix K, or a stack of them, through `evaluate(rows, cols, out)`.

    A symmetric matrix is evaluated on and below the diagonal and mirrored, so it is
    symmetric to the last bit.
    """
    n_rows, n_cols = tile
    for rows in slices(K.shape[-2], n_rows):
        for cols in slices(rows.start if symmetric else K.shape[-1], n_cols):
            out = K[..., rows, cols]
            evaluate(rows, cols, out)
            if symmetric:
                K[..., cols, rows] = out.swapaxes(-1, -2)
        if symmetric:
            out = K[..., rows, rows]
            evaluate(rows, rows, out)
            upper = np.triu_indices(out.shape[-1], k=1)
            out[..., *upper] = out.swapaxes(-1, -2)[..., *upper]


def slices(n, size):
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def buffers(count, dtype=np.float64):
    """`count` scratch tiles, as a function of the shape that is asked of them."""
    store = np.empty((count, ROWS * COLUMNS), dtype=dtype)

    def take(n_rows, n_cols):
        return [flat[: n_rows * n_cols].reshape(n_rows, n_cols) for flat in store]

    return take


def inner_products(X, Z, out):
    """X @ Z.T written to `out`, for dense or sparse rows."""
    if sparse.issparse(X) or sparse.issparse(Z):
        product = X @ Z.T
        out[...] = product.toarray() if sparse.issparse(product) else product
    else:
        np.matmul(X, Z.T, out=out)


def squared_distances(X, Z, i, j, sign=1):
    """||X[i] - sign * Z[j]||^2 for paired indices, from differences.

    ||x||^2 + ||z||^2 - 2 <x, z> loses everything when x is close to z; this does not, and is
    only meant for the few pairs that need it.
    """
    result = np.empty(len(i))
    for part in slices(len(i), max(256, 2**20 // X.shape[1])):
        difference = X[i[part]] - sign * Z[j[part]]
        if sparse.issparse(difference):
            result[part] = np.asarray(difference.multiply(difference).sum(axis=1)).ravel()
        else:
            np.einsum("pd,pd->p", difference, difference, out=result[part])
    return result
