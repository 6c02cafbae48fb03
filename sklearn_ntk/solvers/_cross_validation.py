"""Predictions for rows that a ridge regression has not seen, from what it costs to fit it once.

With A = K + alpha W^-1, the regression without the rows F predicts there

    Y_F - ((A^-1)_FF)^-1 (A^-1 Y)_F,

exactly (Rasmussen and Williams, 2006, equations 5.10 to 5.12, for single rows). All functions
take columns Y as they are: a column of ones tells an estimator how an intercept comes out.
"""

from itertools import product

import numpy as np
from scipy.linalg import get_lapack_funcs
from sklearn.utils import gen_batches

from .._threads import n_threads, thread_map
from ._cholesky import rounding
from ._spectral import ridge_spectrum, spectral

# Nodes of the contour, of which half are conjugates: the error is 3.89^-N and rounding.
N_NODES = 32
# Columns of the eigenvectors that are scaled at a time.
WIDTH = 2048


def spectral_predictions(factor, alphas, Y, folds=None, n_jobs=None):
    """Held-out predictions for every ridge from one eigendecomposition.

    Leave-one-out takes one product of the squared eigenvectors with all the 1 / (w + alpha);
    a fold of m rows takes m^2 n operations for each ridge, for its block of A^-1.

    Parameters
    ----------
    factor : SpectralFactor
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
    predictions : list of ndarray of shape (n_alphas, n_rows_of_the_fold, k)
        One array for each fold; a single one with all rows for leave-one-out.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is singular to working precision.
    """
    Q, root = factor.Q, np.sqrt(factor.weight)[:, np.newaxis]
    inverse = np.array([1 / ridge_spectrum(factor.eigenvalues, alpha) for alpha in alphas])
    if folds is None:
        residuals = _leave_one_out(Q, inverse, root * Y, np.arange(len(Y)))
        return [Y - residuals / root]
    projected = Q.T @ (root * Y)
    result = [np.empty((len(alphas), len(rows), Y.shape[1])) for rows in folds]
    # Each thread holds the rows of Q of a fold and two blocks: no more than two matrices in all.
    m, n = max(map(len, folds)), len(Y)
    n_parts = int(np.clip(2 * n**2 // (m * (n + 2 * m + min(n, WIDTH))), 1, n_threads(n_jobs)))

    def predict(task):
        (rows, predictions), part = task
        P, chosen = Q[rows], inverse[part::n_parts]
        right = (chosen.T[:, :, np.newaxis] * projected[:, np.newaxis]).reshape(len(Y), -1)
        right = (P @ right).reshape(len(rows), len(chosen), -1)
        for j, values in enumerate(chosen):
            residuals = _solve_block(_block(P, values), right[:, j])
            predictions[part + j * n_parts] = Y[rows] - residuals / root[rows]

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
    predictions : list of ndarray of shape (n_alphas, n_rows_of_the_fold, k)
        As for `spectral_predictions`.
    coefficients : ndarray of shape (n_alphas, n, k)
        A^-1 Y.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is singular to working precision.
    """
    n = len(K)
    potrf, potrs, potri = get_lapack_funcs(("potrf", "potrs", "potri"), (K,))
    coefficients = np.empty((len(alphas), *Y.shape))
    rows_of = [np.arange(n)] if folds is None else folds
    result = [np.empty((len(alphas), len(rows), Y.shape[1])) for rows in rows_of]
    A = np.empty_like(K)
    for j, alpha in enumerate(alphas):
        np.copyto(A, K)
        A.flat[:: n + 1] += alpha / weight
        pivots = A.diagonal().copy()
        L, failed = potrf(A.T, lower=True, overwrite_a=True, clean=False)
        # As in `cholesky`: a pivot that is all rounding means a singular matrix.
        good = L.diagonal() ** 2 > rounding(n, L.dtype) * pivots
        if failed or not good.all():
            raise np.linalg.LinAlgError(
                f"With alpha={alpha:.1e} the matrix is not positive definite to working "
                "precision, for instance because rows are duplicates. Increase alpha, for "
                f"instance to {1e-6 * pivots.mean():.1e}."
            )
        C = coefficients[j] = potrs(L, Y, lower=True)[0]
        inverse = potri(L, lower=True, overwrite_c=True)[0]
        for rows, predictions in zip(rows_of, result, strict=True):
            if folds is None:
                residuals = C / inverse.diagonal()[:, np.newaxis]
            else:
                # Only the lower triangle is there; in ascending order so is the block's.
                order = np.sort(rows)
                solved = _solve_block(inverse[np.ix_(order, order)], C[order])
                residuals = solved[np.searchsorted(order, rows)]
            predictions[j] = Y[rows] - residuals
    return result, coefficients


def refitted_predictions(K, weight, alphas, times, Y, splits):
    """Predictions of real fits, for splits and training times without a closed form.

    One eigendecomposition of each training part serves every ridge and every time.

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
        One array for each split.
    """
    result = []
    for train, test in splits:
        factor = spectral(K[np.ix_(train, train)], weight[train])
        coefficients = factor.solve_path(Y[train], alphas, times)
        result.append(K[np.ix_(test, train)] @ coefficients)
    return result


def flow_predictions(factor, alphas, times, Y):
    """Leave-one-out predictions of gradient flow at finite times, from one eigendecomposition.

    Without row i the flow obeys a Volterra equation whose Laplace transform is solved by the
    leave-one-out residual of a ridge: at time s the flow's residual is the inverse transform of

        ((S + p I)^-1 y)_i / (p ((S + p I)^-1)_ii)     at s = time / (sum of the other weights),

    S the matrix with its ridge. The integral is taken over a contour around the negative real
    axis, where all poles are, with 16 complex ridges p for each time.

    Parameters
    ----------
    factor : SpectralFactor
        Of the kernel matrix.
    alphas : sequence of float
        Ridges.
    times : sequence of float
        Durations of the gradient flow, finite.
    Y : ndarray of shape (n, k)
        Targets.

    Returns
    -------
    predictions : ndarray of shape (n_alphas, n_times, n, k)

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
    step = 1 / (factor.weight.sum() - factor.weight)
    # A contour serves rows whose times differ by little; without weights that is all of them.
    octave = np.round(np.log2(step / step.max()))
    groups = [np.flatnonzero(octave == k) for k in np.unique(octave)]
    for i, alpha in enumerate(alphas):
        for j, time in enumerate(times):
            for rows in groups if time > 0 else []:
                p = z / (time * np.median(step[rows]))
                inverse = 1 / (factor.eigenvalues + alpha + p[:, np.newaxis])
                residuals = _leave_one_out(factor.Q, inverse, root * Y, rows)
                # dp / p = dz / z; the nodes below the real axis are the conjugates.
                terms = np.exp(np.outer(p, time * step[rows])) * (dz / z)[:, np.newaxis]
                flow = 2 * np.einsum("pn,pnk->nk", terms, residuals).imag
                result[i, j, rows] = Y[rows] - flow / root[rows]
    return result


def _leave_one_out(Q, inverse, Y, rows):
    """(Q diag(d) Q' Y)_i / (Q diag(d) Q')_ii for some rows i and every d in `inverse`."""
    n_filters, k = len(inverse), Y.shape[1]
    parts = [inverse.real, inverse.imag] if np.iscomplexobj(inverse) else [inverse]
    filters = np.concatenate(parts)
    right = filters[:, :, np.newaxis] * (Q.T @ Y)
    right = right.transpose(1, 0, 2).reshape(len(Q), -1)
    result = np.empty((n_filters, len(rows), k), dtype=inverse.dtype)
    for chunk in gen_batches(len(rows), 256):  # the squares of Q would be another matrix
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


def _solve_block(block, right):
    """block^-1 right, from the lower triangle of the block, which is overwritten."""
    posv = get_lapack_funcs("posv", (block,))
    # LAPACK counts by columns: the lower triangle of the block is the upper one of its transpose.
    _, solution, failed = posv(block.T, right, lower=False, overwrite_a=True)
    if failed:
        raise np.linalg.LinAlgError(
            "A held-out block is not positive definite to working precision. Increase alpha."
        )
    return solution
