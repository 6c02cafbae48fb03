"""What each training row adds to a prediction."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_scalar

from ._blocks import row_chunks
from ._gram import cross_matrix
from ._threads import thread_map


def contributions(parts, X, Z, top=None, n_jobs=None):
    """The terms of the sums over i of kernel(x, Z[i]) C[i], for each row x and column of C.

    Parameters
    ----------
    parts : list of (kernel, C)
        Kernel objects and coefficients of shape (n,) or (n, k), whose terms are added; None
        stands for X, which holds kernel values already.
    X : {ndarray, sparse matrix} of shape (m, n_features)
    Z : {ndarray, sparse matrix} of shape (n, n_features)
    top : int, default=None
        How many terms of each sum to return, those of largest absolute value; None is all.
    n_jobs : int, default=None
        Threads that share the rows of X, as for `n_threads`.

    Returns
    -------
    terms : ndarray of shape (m, n), (m, n, k), (m, top) or (m, top, k)
        The largest first if there is a `top`.
    index : ndarray of int of the same shape
        Which they are; only if there is a `top`.
    """
    if top is not None:
        check_scalar(top, "top", Integral, min_val=1)
    n, *targets = parts[0][1].shape
    k = int(np.prod(targets))

    def terms(rows):
        total = 0.0
        for kernel, C in parts:
            K = X[rows] if kernel is None else cross_matrix(kernel, X[rows], Z, np.float64, 1)
            total = total + K[:, :, np.newaxis] * C.reshape(n, k)
        if top is None:
            return total, None
        size = -np.abs(total)
        index = np.argpartition(size, min(top, n) - 1, axis=1)[:, :top]
        order = np.argsort(np.take_along_axis(size, index, axis=1), axis=1, kind="stable")
        index = np.take_along_axis(index, order, axis=1)
        return np.take_along_axis(total, index, axis=1), index

    found = thread_map(terms, row_chunks(X.shape[0], 4 * n * k, n_jobs), n_jobs)
    whole = [
        np.concatenate(part).reshape(X.shape[0], -1, *targets)
        for part in zip(*found, strict=True)
        if part[0] is not None
    ]
    return whole[0] if top is None else tuple(whole)
