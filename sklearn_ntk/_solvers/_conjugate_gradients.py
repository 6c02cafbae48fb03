"""Solutions from products with a matrix and a rough factor of it."""

import numpy as np

# In theory the energy norm of the error never grows. Where rounding makes it grow so much, no
# further iteration helps.
GROWTH = 100.0


def conjugate_gradients(product, factor, B, *, tolerance, max_iter=30, step=None):
    """Solve A X = B by conjugate gradients preconditioned with a rough factor of A.

    The factor costs half the memory and half the time of an accurate one; each iteration then
    costs one product with A and two passes over the factor, and gains as many digits as the
    factor has.

    Where A is a kernel matrix, an error E of X changes a prediction by k(x, X) E: by at most the
    norm of the residual at the rows of A, and elsewhere by at most sqrt(k(x, x)) times the
    energy norm sqrt(E' A E), which one norm of residuals does not bound if the diagonal of A
    spans decades. So both have to be small.

    Parameters
    ----------
    product : callable
        Maps V of shape (n, k) to A V in float64.
    factor : CholeskyFactor
        Of A, to whatever precision.
    B : ndarray of shape (n,) or (n, k)
        Right-hand sides.
    tolerance : float
        Norm of the residual and energy norm of the error, relative to the norm of each
        right-hand side and to the energy norm of its solution, at which to stop.
    max_iter : int, default=30
        Number of iterations after which to give up.
    step : callable, default=None
        Called after each iteration.

    Returns
    -------
    X : ndarray of the shape of B
        The solution of the least error.
    n_iter : int
        Number of iterations.
    error : float
        The larger of the two relative norms, over all columns. It is above the tolerance if the
        iteration did not converge, because the factor says too little about a matrix as
        ill-conditioned as A, or because float64 does.

    References
    ----------
    Golub and Ye, Inexact Preconditioned Conjugate Gradient Method with Inner-Outer Iteration,
    SIAM J. Sci. Comput. 1999, for the flexible form, which forgives the rounding of the factor.
    """
    size = np.abs(B).max(axis=0)
    size = np.where(size > 0, size, 1.0)  # the factor's precision may not hold the units of B
    R = Y = (B / size).reshape(len(B), -1)
    X = np.zeros_like(Y)
    norm = np.linalg.norm(Y, axis=0)
    P, inner, previous = X, np.zeros(Y.shape[1]), R
    best, reached, least = X, np.inf, np.inf
    for n_iter in range(max_iter + 1):
        Z = factor.solve(R).astype(np.float64)
        change, inner_before, inner = _dots(R - previous, Z), inner, _dots(R, Z)
        # Z is almost A^-1 R, the error, so `inner` is the square of its energy norm.
        energy = np.sqrt(_relative(np.maximum(inner, 0), np.maximum(_dots(X, Y), 0)))
        error = np.maximum(energy, _relative(np.linalg.norm(R, axis=0), norm)).max()
        if error < reached:
            best, reached = X, error
        if error <= tolerance or n_iter == max_iter or not energy.max() <= GROWTH * least:
            break
        least = min(least, energy.max())
        P = Z + _ratio(change, inner_before) * P
        # Updates of R lose sight of the rounding in A X, which one product gives along with A P.
        Q, AX = np.hsplit(product(np.hstack([P, X])), 2)
        length = _ratio(inner, _dots(P, Q))
        X = X + length * P
        previous, R = R, Y - AX - length * Q
        if step is not None:
            step()
    return best.reshape(B.shape) * size, n_iter, reached


def _dots(A, B):
    return np.einsum("nk,nk->k", A, B)


def _ratio(a, b):
    """a / b, and 0 at the start and for a column that is already solved."""
    return np.divide(a, b, out=np.zeros_like(a), where=b != 0)


def _relative(a, b):
    """a / b, where nothing of nothing is 0."""
    with np.errstate(divide="ignore"):
        return np.divide(a, b, out=np.zeros_like(a), where=a != 0)
