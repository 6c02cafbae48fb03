"""The whole training matrix as a Dask array, each tile made where it will be used."""

import warnings

import numpy as np

from .._gram import evaluate


def tiled_matrix(kernel, X, noise, tile):
    """K(X, X) + diag(noise), bordered by an identity to a multiple of the tile.

    Parameters
    ----------
    kernel : scikit-learn kernel object
    X : dask array of shape (n, n_features)
        In one chunk of columns.
    noise : ndarray of shape (n,)
    tile : int
        Rows and columns of each tile, all of the same size as Cholesky wants them.

    Returns
    -------
    A : dask array of shape (m, m), m >= n
    """
    import dask.array as da

    n = len(noise)
    n_more = -n % tile
    with warnings.catch_warnings():
        # That there are more tiles than chunks is meant so.
        warnings.simplefilter("ignore", da.PerformanceWarning)
        X = da.pad(X, ((0, n_more), (0, 0))).rechunk((tile, -1))
    noise = da.from_array(np.append(noise, np.ones(n_more)), chunks=tile)
    number = da.arange(n + n_more, chunks=tile)
    return da.blockwise(
        _tile,
        "ij",
        *(X, "ik", X, "jk", number, "i", number, "j", noise, "i"),
        kernel=kernel,
        n=n,
        concatenate=True,
        dtype=np.float64,
        meta=np.empty((0, 0)),
    )


def _tile(x, z, i, j, noise, kernel, n):
    K = np.empty((len(x), len(z)))
    own = i[0] == j[0]
    evaluate(kernel, x, None if own else z, K)
    K[i >= n], K[:, j >= n] = 0, 0
    if own:
        K[np.diag_indices(len(K))] += noise
    return K
