"""The ridge whose leave-one-out predictions err least, found on a sample of the rows."""

import numpy as np
from scipy import sparse
from sklearn.utils import check_random_state

from .._solvers import rounding
from .._threads import single_threaded_blas
from ._held_out import HeldOut

# Leave-one-out on so many rows finds a ridge that serves any number of them, unscaled.
N_ROWS = 1000
# Ridges over the scale of the kernel matrix; the first of equals is the smoothest.
RATIOS = 10.0 ** np.linspace(2.5, -6, 24)


def sampled_rows(X, at_most, random_state, counts=None):
    """All rows, or so many of them drawn at random, as an index in ascending order.

    Equal rows are drawn together, so that a sample repeats itself as often as the whole does: a
    row that is left out is easy to predict from others like it.

    Parameters
    ----------
    X : {ndarray, CSR matrix} of shape (n, n_features)
    at_most : int or None
        How many rows to draw; None is no limit.
    random_state : int, RandomState instance or None
        Draws them.
    counts : ndarray of int of shape (n,), default=None
        How often each row stands in the sample; None is once.

    Returns
    -------
    rows : ndarray of int
    """
    rows = np.arange(X.shape[0])
    rows = rows if counts is None else np.repeat(rows, counts)
    if at_most is None or len(rows) <= at_most:
        return rows
    group = row_groups(X)
    order = check_random_state(random_state).permutation(group.max() + 1)[group[rows]]
    return np.sort(rows[np.argsort(order, kind="stable")[:at_most]])


def row_groups(X):
    """For each row a number that it shares with the rows that are equal to it, in their order."""
    place = {}
    return np.array([place.setdefault(key, len(place)) for key in row_keys(X)])


def row_keys(X):
    """Bytes for each row, the same for equal rows."""
    if not sparse.issparse(X):
        return [(row + 0.0).tobytes() for row in X]  # in which -0.0 is 0.0
    X = X.sorted_indices()
    bounds = zip(X.indptr[:-1], X.indptr[1:], strict=True)
    return [X.indices[a:b].tobytes() + X.data[a:b].tobytes() for a, b in bounds]


def repetitions(weight):
    """How often each row counts: weights that are multiples of the least are repeated rows.

    Weights of other kinds, such as precisions, count once each, and so do those that would make
    more than ten rows of each.

    Parameters
    ----------
    weight : ndarray of shape (n,)
        Positive weights.

    Returns
    -------
    counts : ndarray of int of shape (n,)
    """
    ratio = weight / weight.min()
    if not ratio.sum() <= 10 * len(ratio) or np.abs(ratio - ratio.round()).max() > 1e-9:
        return np.ones(len(ratio), dtype=int)
    return ratio.round().astype(int)


def ridge_candidates(K, weight, n_rows=None, dtype=np.float64):
    """Ridges relative to the scale of a kernel matrix, from large to small.

    The scale is the mean variance of the kernel's functions over the rows, (tr K - sum K / n) / n
    without weights, times the mean weight of a repetition.

    Parameters
    ----------
    K : ndarray of shape (n, n)
        Kernel matrix.
    weight : ndarray of shape (n,)
        Positive weights, of which no sum overflows.
    n_rows : int, default=None
        Rows of the matrix that will be factored; None is n.
    dtype : dtype, default=float64
        Its precision: no candidate is so small that it could be singular.

    Returns
    -------
    alphas : ndarray of shape (n_candidates,)
    """
    n_rows = len(K) if n_rows is None else n_rows
    share = weight / weight.sum()
    diagonal = K.diagonal()
    mean = share @ diagonal
    scale = mean - share @ K @ share
    if not scale > rounding(len(K), K.dtype) * mean:  # a kernel that tells no row from another
        scale = mean if mean > 0 else 1.0
    least = 4 * rounding(n_rows, dtype) * diagonal.max() * weight.max()
    return np.maximum(scale * (share @ (weight / repetitions(weight))) * RATIOS, least)


def best_ridge(K, Y, weight, alphas, *, centred, time=np.inf):
    """The ridge of the least squared error of leave-one-out predictions, and these.

    Parameters
    ----------
    K : ndarray of shape (n, n)
        Kernel matrix; overwritten.
    Y : ndarray of shape (n, n_targets)
        Targets in comparable units: all of them share the ridge.
    weight : ndarray of shape (n,)
        Positive weights, in the fits and in the error.
    alphas : sequence of float
        Candidates; those with which the matrix is singular are left out.
    centred : bool
        Whether each fit subtracts the mean of its own training targets.
    time : float, default=inf
        Duration of gradient flow.

    Returns
    -------
    alpha : float
    predictions : ndarray of shape (n, n_targets)

    Raises
    ------
    numpy.linalg.LinAlgError
        If no candidate can be solved.
    """
    size = np.abs(Y).max() or 1.0  # squares must not overflow
    if len(Y) == 1:  # nothing is left to predict it from
        return float(alphas[len(alphas) // 2]), np.zeros_like(Y)
    held_out = HeldOut(Y / size, weight, None, centred, n_jobs=1)
    # Too few rows for the threads of BLAS, which are slow where other processes are busy.
    with single_threaded_blas:
        [predictions] = held_out.predict(K, alphas, [time])
    predictions = predictions[:, 0]
    errors = squared_errors(predictions, held_out)
    if np.isnan(errors).all():
        raise np.linalg.LinAlgError(
            f"With a ridge of {max(alphas):.1e} the matrix is not positive definite to working "
            "precision, for instance because rows are duplicates. Increase alpha, or scale the "
            "rows with sklearn.preprocessing.StandardScaler."
        )
    best = int(np.nanargmin(errors))
    return float(alphas[best]), predictions[best] * size


def squared_errors(predictions, held_out):
    """The weighted sum over rows and targets for each ridge, the first axis of predictions."""
    residuals = predictions - held_out.Y
    return np.einsum("n,ank,ank->a", held_out.weight, residuals, residuals)
