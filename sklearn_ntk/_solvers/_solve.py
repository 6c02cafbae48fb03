"""Exact solution of a symmetric positive definite system, in the precision that is asked for."""

import numpy as np

from .._blocks import working_memory
from ._cholesky import cholesky
from ._conjugate_gradients import conjugate_gradients
from ._pivoted_cholesky import LowRankFactor, pivoted_cholesky

# What refinement reaches: half of the relative residual that "mixed" promises.
REFINED = 5e-11


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
            X, _, error = conjugate_gradients(
                lambda V: A.product(V, n_jobs), factor, B, tolerance=REFINED
            )
            if error <= REFINED:
                return factor, X
        except np.linalg.LinAlgError:
            pass
        factor = None  # gives its memory back before the next one takes twice as much
        precision = "float64"
    factor = cholesky(A, dtype=np.dtype(precision), **options)
    size = np.abs(B).max(axis=0)
    size = np.where(size > 0, size, 1.0)  # float32 may not hold the units of B
    return factor, factor.solve(B / size) * size


def solve_conjugate_gradients(A, B, *, tolerance, max_iter, rng, n_jobs=None, progress=None):
    """Solve A X = B by conjugate gradients, in the memory of a few columns of A.

    Half of scikit-learn's ``working_memory`` is for the preconditioner, of 20 sqrt(n) columns or as
    many as that holds; A is evaluated once if it fits into the rest, and in each iteration if not.

    Parameters
    ----------
    A : TrainingMatrix
        The matrix.
    B : ndarray of shape (n,) or (n, k)
        Right-hand sides.
    tolerance : float
        Relative error at which to stop, as for `conjugate_gradients`.
    max_iter : int
        Number of iterations after which to give up.
    rng : RandomState
        Draws the columns of the preconditioner.
    n_jobs : int, default=None
        Threads, as for `n_threads`.
    progress : callable, default=None
        As for `cholesky`; called for the preconditioner and for the iterations.

    Returns
    -------
    X : ndarray of the shape of B
        The solution.
    n_iter : int
        Number of iterations.
    error : float
        Above the tolerance if they were too few, as for `conjugate_gradients`.

    References
    ----------
    Diaz, Epperly, Frangella, Tropp and Webber, Robust, randomized preconditioning for kernel ridge
    regression, 2023.
    """
    n, memory = A.shape[0], working_memory()
    rank = max(1, min(n, int(20 * np.sqrt(n)), int(memory / 2 / (4 * n))))
    F, _ = pivoted_cholesky(A, rank, rng, n_jobs, progress, np.float32)
    # Without noise the preconditioner would be singular; a little spoils nothing but its speed.
    least = np.finfo(float).eps * n * A.diagonal().mean()
    factor = LowRankFactor(F, np.maximum(A.noise, least), n_jobs)
    A = A.kept(memory - F.nbytes, n_jobs)
    step = progress(max_iter, "conjugate gradients", "iteration") if progress else None
    return conjugate_gradients(
        lambda V: A.product(V, n_jobs),
        factor,
        B,
        tolerance=tolerance,
        max_iter=max_iter,
        step=step,
    )
