"""Predictions for rows that a ridge regression has not seen, from what it costs to fit it once.

With A = K + alpha W^-1, the regression without the rows F predicts there

    Y_F - ((A^-1)_FF)^-1 (A^-1 Y)_F,

exactly (Rasmussen and Williams, 2006, equations 5.10 to 5.12, for single rows). All functions
take columns Y as they are: a column of ones tells `HeldOut` how an intercept comes out.

All return a list: for each split, in its order of rows, an array of shape (n_alphas, n_times,
n_test_rows, n_targets). Leave-one-out is one split with all the rows, and the end of training one
time. A ridge whose matrix is singular to working precision, or a training time at which the
weights differ too widely for eigenvectors, gives NaN and leaves the others alone.
"""

from contextlib import suppress
from itertools import product

import numpy as np
from sklearn.utils import gen_batches

from .._blocks import STRIP, WIDTH
from .._threads import n_threads, thread_map
from ._dense import dense_cholesky, solve_block
from ._eigh import eigh, graded

# Nodes of the contour, of which half are conjugates: the error is 3.89^-N and rounding.
N_NODES = 32


def eigh_predictions(factor, alphas, Y, folds=None, n_jobs=None):
    """Held-out predictions for every ridge from one eigendecomposition.

    Leave-one-out takes one product of the squared eigenvectors with all the 1 / (w + alpha);
    a fold of m rows takes m^2 n operations for each ridge, for its block of A^-1.

    Parameters
    ----------
    factor : EighFactor
        Of the kernel matrix.
    alphas : sequence of float
        Ridges.
    Y : ndarray of shape (n, k)
        Targets.
    folds : list of ndarray of int, default=None
        Rows that are left out together; None leaves out each row by itself.
    n_jobs : int, default=None
        Threads that share the ridges of a fold, as for `n_threads`.

    Returns
    -------
    predictions : list of ndarray of shape (n_alphas, 1, n_rows_of_the_fold, k)
    """
    Q, root = factor.Q, np.sqrt(factor.weight)[:, np.newaxis]
    inverse = np.array([_filter_or_nan(factor.at(alpha=alpha)) for alpha in alphas])
    if folds is None:
        residuals = _leave_one_out(Q, inverse, root * Y, np.arange(len(Y)))
        return [(Y - residuals / root)[:, np.newaxis]]
    projected = Q.T @ (root * Y)
    result = [np.empty((len(alphas), 1, len(rows), Y.shape[1])) for rows in folds]
    # Each thread holds the rows of Q of a fold and two blocks: no more than two matrices in all.
    m, n = max(map(len, folds)), len(Y)
    n_parts = int(np.clip(2 * n**2 // (m * (n + 2 * m + min(n, WIDTH))), 1, n_threads(n_jobs)))

    def predict(task):
        (rows, predictions), part = task
        P, chosen = Q[rows], inverse[part::n_parts]
        right = (chosen.T[:, :, np.newaxis] * projected[:, np.newaxis]).reshape(len(Y), -1)
        right = (P @ right).reshape(len(rows), len(chosen), -1)
        for j, values in enumerate(chosen):
            residuals = solve_block(_block(P, values), right[:, j])
            predictions[part + j * n_parts, 0] = Y[rows] - residuals / root[rows]

    thread_map(predict, product(zip(folds, result, strict=True), range(n_parts)), n_parts)
    return result


def cholesky_predictions(K, weight, alphas, Y, folds=None):
    """Held-out predictions from one inverse for each ridge; for a few of them.

    Parameters
    ----------
    K : ndarray of shape (n, n)
        Kernel matrix; unchanged.
    weight : ndarray of shape (n,)
        Positive weights of the rows.
    alphas : sequence of float
        Ridges.
    Y : ndarray of shape (n, k)
        Targets.
    folds : list of ndarray of int, default=None
        Rows that are left out together; None leaves out each row by itself.

    Returns
    -------
    predictions : list of ndarray of shape (n_alphas, 1, n_rows_of_the_fold, k)
    """
    rows_of = [np.arange(len(K))] if folds is None else folds
    result = [np.full((len(alphas), 1, len(rows), Y.shape[1]), np.nan) for rows in rows_of]
    A = np.empty_like(K)
    for j, alpha in enumerate(alphas):
        try:
            factor = _factor(K, weight, alpha, A)
        except np.linalg.LinAlgError:
            continue
        C = factor.solve(Y)
        inverse = factor.inverse()
        for rows, predictions in zip(rows_of, result, strict=True):
            if folds is None:
                residuals = C / inverse.diagonal()[:, np.newaxis]
            else:
                # Only the lower triangle is there; in ascending order so is the block's.
                order = np.sort(rows)
                solved = solve_block(inverse[np.ix_(order, order)], C[order])
                residuals = solved[np.searchsorted(order, rows)]
            predictions[j, 0] = Y[rows] - residuals
    return result


def refitted_predictions(K, weight, alphas, times, Y, splits):
    """Predictions of real fits, for splits and training times without a closed form.

    One eigendecomposition of each training part serves every ridge and every time; where the
    weights are too different for it, a Cholesky factorization for each ridge serves the end.

    Parameters
    ----------
    K : ndarray of shape (n, n)
        Kernel matrix; unchanged.
    weight : ndarray of shape (n,)
        Positive weights of the rows.
    alphas : sequence of float
        Ridges.
    times : sequence of float
        Durations of the gradient flow; infinity is its end.
    Y : ndarray of shape (n, k)
        Targets.
    splits : list of pairs of ndarray of int
        Training and test rows.

    Returns
    -------
    predictions : list of ndarray of shape (n_alphas, n_times, n_test_rows, k)
    """
    result = []
    for train, test in splits:
        part = K[np.ix_(train, train)]
        coefficients = _flow_coefficients(part, weight[train], alphas, times, Y[train])
        result.append(K[np.ix_(test, train)] @ coefficients)
    return result


def _flow_coefficients(K, weight, alphas, times, Y):
    """Coefficients of shape (n_alphas, n_times, n, k); K is overwritten."""
    by_cholesky = np.isinf(times) & graded(weight)
    coefficients = np.full((len(alphas), len(times), *Y.shape), np.nan)
    if by_cholesky.any():
        A = np.empty_like(K)
        for part, alpha in zip(coefficients, alphas, strict=True):
            with suppress(np.linalg.LinAlgError):
                part[by_cholesky] = _factor(K, weight, alpha, A).solve(Y)
    if not by_cholesky.all():
        factor = eigh(K, weight)
        chosen = np.asarray(times)[~by_cholesky]
        filters = [[_filter_or_nan(factor.at(alpha=a, time=t)) for t in chosen] for a in alphas]
        coefficients[:, ~by_cholesky] = factor.apply(np.array(filters), Y)
    return coefficients


def flow_predictions(factor, alphas, times, Y):
    """Leave-one-out predictions of gradient flow at finite times, from one eigendecomposition.

    Without row i the flow obeys a Volterra equation whose Laplace transform is solved by the
    leave-one-out residual of a ridge: at time s the flow's residual is the inverse transform of

        ((S + p I)^-1 y)_i / (p ((S + p I)^-1)_ii)     at s = time / (sum of the other weights),

    S the matrix with its ridge. The integral is taken over a contour around the negative real
    axis, where all poles are, with 16 complex ridges p for each time.

    Parameters
    ----------
    factor : EighFactor
        Of the kernel matrix.
    alphas : sequence of float
        Ridges.
    times : sequence of float
        Durations of the gradient flow, finite.
    Y : ndarray of shape (n, k)
        Targets.

    Returns
    -------
    predictions : list of one ndarray of shape (n_alphas, n_times, n, k)

    References
    ----------
    Trefethen, Weideman and Schmelzer, Talbot Quadratures and Rational Approximations, BIT 2006,
    for the contour.
    """
    angle = np.pi * (2 * np.arange(N_NODES // 2) + 1) / N_NODES
    cotangent = 1 / np.tan(0.6407 * angle)
    z = N_NODES * (0.5017 * angle * cotangent - 0.6122 + 0.2645j * angle)
    dz = 0.5017 * (cotangent - 0.6407 * angle * (1 + cotangent**2)) + 0.2645j
    root = np.sqrt(factor.weight)[:, np.newaxis]
    result = np.zeros((len(alphas), len(times), *Y.shape))  # no prediction yet at time 0
    step = 1 / sums_of_others(factor.weight)
    # A contour serves the longest of some times and those down to half of it, to 3e-12, but none
    # that are 1.2 times as long; without weights that is all rows.
    octave = np.floor(np.log2(step.max() / step))
    groups = [np.flatnonzero(octave == k) for k in np.unique(octave)]
    for i, alpha in enumerate(alphas):
        for j, time in enumerate(times):
            # A row of nearly all the weight leaves the others less than eigenvectors hold.
            if not factor.at(alpha=alpha).holds(time * step.max()):
                result[i, j] = np.nan
                continue
            for rows in groups if time > 0 else []:
                p = z / (time * step[rows].max())
                inverse = 1 / (factor.eigenvalues + alpha + p[:, np.newaxis])
                residuals = _leave_one_out(factor.Q, inverse, root * Y, rows)
                # dp / p = dz / z; the nodes below the real axis are the conjugates.
                terms = np.exp(np.outer(p, time * step[rows])) * (dz / z)[:, np.newaxis]
                flow = 2 * np.einsum("pn,pnk->nk", terms, residuals).imag
                result[i, j, rows] = Y[rows] - flow / root[rows]
    return [result]


def sums_of_others(values):
    """For each row the sum over all other rows, which subtraction would lose beside a large row.

    Parameters
    ----------
    values : ndarray of shape (n,) or (n, k)
        Summed over the first axis.

    Returns
    -------
    sums : ndarray of the shape of values
    """
    sums = np.zeros_like(values)
    sums[1:] = np.cumsum(values[:-1], axis=0)
    sums[:-1] += np.cumsum(values[:0:-1], axis=0)[::-1]
    return sums


def _filter_or_nan(factor):
    try:
        return factor.filter()
    except np.linalg.LinAlgError:
        return np.full(len(factor.eigenvalues), np.nan)


def _factor(K, weight, alpha, A):
    """The factor of K + alpha W^-1, in the memory of A."""
    np.copyto(A, K)
    A.flat[:: len(K) + 1] += alpha / weight
    return dense_cholesky(A)


def _leave_one_out(Q, inverse, Y, rows):
    """(Q diag(d) Q' Y)_i / (Q diag(d) Q')_ii for some rows i and every d in `inverse`."""
    n_filters, k = len(inverse), Y.shape[1]
    parts = [inverse.real, inverse.imag] if np.iscomplexobj(inverse) else [inverse]
    filters = np.concatenate(parts)
    right = filters[:, :, np.newaxis] * (Q.T @ Y)
    right = right.transpose(1, 0, 2).reshape(len(Q), -1)
    result = np.empty((n_filters, len(rows), k), dtype=inverse.dtype)
    for chunk in gen_batches(len(rows), STRIP):  # the squares of Q would be another matrix
        part = Q[rows[chunk]]
        solution = (part @ right).reshape(-1, len(filters), k)
        diagonal = np.square(part, out=part) @ filters.T
        if len(parts) == 2:
            solution = solution[:, :n_filters] + 1j * solution[:, n_filters:]
            diagonal = diagonal[:, :n_filters] + 1j * diagonal[:, n_filters:]
        result[:, chunk] = np.moveaxis(solution / diagonal[:, :, np.newaxis], 0, 1)
    return result


def _block(P, values):
    """P diag(values) P', without another matrix of the size of P."""
    block = np.zeros((len(P), len(P)))
    for columns in gen_batches(P.shape[1], WIDTH):
        half = P[:, columns] * np.sqrt(values[columns])
        block += half @ half.T  # of which NumPy computes one triangle
    return block
