"""Exact solution of a symmetric positive definite system, in the precision that is asked for."""

import numpy as np

from ._cholesky import cholesky
from ._conjugate_gradients import conjugate_gradients


def solve_cholesky(A, B, *, precision, n_jobs=None, storage=None, progress=None):
    """Solve A X = B by a Cholesky factorization.

    Parameters
    ----------
    A : TrainingMatrix
        The matrix, evaluated where it is asked for.
    B : ndarray of shape (n,) or (n, k)
        Right-hand sides.
    precision : {"float64", "float32", "mixed"}
        Of the factorization; "mixed" factors in float32 and refines X to a relative residual
        of 1e-10, or solves in float64 if A is too ill-conditioned for that.
    n_jobs : int, default=None
        Threads, as for `n_threads`.
    storage : str or path, default=None
        A folder for a temporary file that holds the factor; None keeps it in memory.
    progress : callable, default=None
        As for `cholesky`; called anew for each factorization.

    Returns
    -------
    factor : CholeskyFactor
        In float32 for "mixed", and in float64 where that was too little.
    X : ndarray of the shape of B
        In float64, which holds any units of B; its accuracy is that of the factorization.

    Raises
    ------
    numpy.linalg.LinAlgError
        If A is not positive definite to working precision.
    """
    options = {"n_jobs": n_jobs, "storage": storage, "progress": progress}
    if precision == "mixed":
        try:
            factor = cholesky(A, dtype=np.float32, **options)
            X = conjugate_gradients(lambda V: A.product(V, n_jobs), factor, B)
        except np.linalg.LinAlgError:
            X = None
        if X is not None:
            return factor, X
        factor = None  # gives its memory back before the next one takes twice as much
        precision = "float64"
    factor = cholesky(A, dtype=np.dtype(precision), **options)
    size = np.abs(B).max(axis=0)
    size = np.where(size > 0, size, 1.0)  # float32 may not hold the units of B
    return factor, factor.solve(B / size) * size
