"""LAPACK on whole square arrays, and what it means for one to be singular.

LAPACK counts by columns. A symmetric array is its own transpose, so it is given the transpose of
an array that NumPy counts by rows, and works in place.
"""

import numpy as np
from scipy import linalg
from scipy.linalg import get_lapack_funcs

from .._memory import require_memory

# Rows of matrices several of which are decomposed at a time, by threads.
SMALL = 1024


class DenseFactor:
    """A = L L', L in the lower triangle of a whole array; made by `dense_cholesky`.

    Parameters
    ----------
    L : ndarray of shape (n, n)
        In the order of columns; what lies above its diagonal is not read.
    """

    def __init__(self, L):
        self.L = L

    @property
    def dtype(self):
        """Precision of L."""
        return self.L.dtype

    def solve(self, B):
        """A^-1 B.

        Parameters
        ----------
        B : ndarray of shape (n,) or (n, k)
            Right-hand sides; unchanged.

        Returns
        -------
        X : ndarray of the shape of B
        """
        return get_lapack_funcs("potrs", (self.L,))(self.L, B, lower=True)[0]

    def half_solve(self, B):
        """L^-1 B.

        Parameters
        ----------
        B : ndarray of shape (n,) or (n, k)
            Right-hand sides; unchanged.

        Returns
        -------
        X : ndarray of the shape of B
        """
        return linalg.solve_triangular(self.L, B, lower=True, check_finite=False)

    def log_determinant(self):
        """log det A."""
        return 2 * float(np.sum(np.log(self.L.diagonal()), dtype=np.float64))

    def inverse(self):
        """The lower triangle of A^-1, in the memory of L: the factor is spent.

        Returns
        -------
        inverse : ndarray of shape (n, n)
            What lies above its diagonal means nothing.
        """
        return get_lapack_funcs("potri", (self.L,))(self.L, lower=True, overwrite_c=True)[0]


def dense_cholesky(A):
    """Factor a whole array in its own memory.

    Parameters
    ----------
    A : ndarray of shape (n, n)
        Symmetric positive definite; overwritten.

    Returns
    -------
    factor : DenseFactor

    Raises
    ------
    numpy.linalg.LinAlgError
        If A is not positive definite to working precision.
    """
    pivots = A.diagonal().copy()
    potrf = get_lapack_funcs("potrf", (A,))
    L, failed = potrf(A.T, lower=True, overwrite_a=True, clean=False)
    require_pivots(L, failed, pivots, len(A))
    return DenseFactor(L)


def solve_block(A, B):
    """A^-1 B from the lower triangle of A, which is overwritten; NaN if A is not definite.

    Parameters
    ----------
    A : ndarray of shape (n, n)
    B : ndarray of shape (n, k)

    Returns
    -------
    X : ndarray of shape (n, k)
    """
    posv = get_lapack_funcs("posv", (A,))
    # The lower triangle of A is the upper one of its transpose.
    _, X, failed = posv(A.T, B, lower=False, overwrite_a=True)
    return np.full_like(B, np.nan) if failed else X


def eigenvectors(S):
    """Eigenvalues in ascending order, and eigenvectors in columns.

    Parameters
    ----------
    S : ndarray of shape (n, n)
        Symmetric; overwritten.

    Returns
    -------
    eigenvalues : ndarray of shape (n,)
    Q : ndarray of shape (n, n)
    """
    # Divide and conquer takes a tenth less time but a third array, and rounding more. NumPy's lets
    # other threads go on, SciPy's functions do not.
    if len(S) <= SMALL:
        return np.linalg.eigh(S)
    return linalg.eigh(S.T, driver="evr", overwrite_a=True, check_finite=False)


def require_squares(n_arrays, n, name, remedies):
    """Raise a MemoryError with advice if so many square arrays of float64 do not fit.

    Parameters
    ----------
    n_arrays : int
        How many.
    n : int
        Their rows.
    name : str
        What needs them.
    remedies : str
        A sentence without its full stop.
    """
    require_memory(8 * n_arrays * n**2, name, remedies)


def rounding(n, dtype):
    """Share of a pivot or of the mean eigenvalue below which there is nothing but rounding.

    Parameters
    ----------
    n : int
        Rows of the matrix.
    dtype : dtype
        Its precision.

    Returns
    -------
    share : float
    """
    return 4 * np.sqrt(n) * np.finfo(dtype).eps


def require_pivots(L, failed, pivots, n, start=0):
    """Raise a LinAlgError with advice if a Cholesky factor has pivots that are all rounding.

    Parameters
    ----------
    L : ndarray of shape (m, m)
        Factor of a diagonal block.
    failed : int
        What LAPACK says: 0, or the position of the first pivot without a root, from 1.
    pivots : ndarray of shape (m,)
        The diagonal of the block in the whole matrix, of which rounding is a share.
    n : int
        Rows of the whole matrix.
    start : int, default=0
        Position of the block in it.
    """
    # Such a pivot means a singular matrix, whatever its sign came out as; one that overflowed
    # is not more than anything.
    lost = [] if failed else np.flatnonzero(~(L.diagonal() ** 2 > rounding(n, L.dtype) * pivots))
    if failed or len(lost):
        row = start + (failed - 1 if failed else lost[0])
        level = pivots.mean() * (1e-6 if L.dtype == np.float64 else 1e-3)
        raise singular(
            f"The matrix is not positive definite to working precision at row {row}", level
        )


def singular(finding, level):
    """The error for a matrix that is singular to working precision.

    Parameters
    ----------
    finding : str
        Beginning of the message: what is not positive definite, and where.
    level : float
        Ridge that would help, if the matrix is of an ordinary size.
    """
    if 1e-12 < level < 1e12:
        remedy = (
            f"for instance because rows are duplicates. Increase alpha, perhaps by {level:.1e}."
        )
    else:
        remedy = (
            "because its diagonal is too small, too large or too uneven. Scale the rows, for "
            "instance with sklearn.preprocessing.StandardScaler."
        )
    return np.linalg.LinAlgError(f"{finding}, {remedy}")
