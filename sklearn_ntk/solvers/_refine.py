"""Solutions to float64 accuracy from a factor in float32."""

import numpy as np


def refine(product, factor, B, *, tolerance=5e-11, max_iter=30):
    """Solve A X = B by conjugate gradients preconditioned with a rough factor of A.

    The factor costs half the memory and half the time of an accurate one; each iteration then
    costs one product with A and two passes over the factor, and gains as many digits as the
    factor has.

    Parameters
    ----------
    product : callable
        Maps V of shape (n, k) to A V in float64.
    factor : CholeskyFactor
        Of A, to whatever precision.
    B : ndarray of shape (n,) or (n, k)
        Right-hand sides.
    tolerance : float, default=5e-11
        Residual norm, relative to the norm of each right-hand side, at which to stop.
    max_iter : int, default=30
        Number of iterations after which to give up.

    Returns
    -------
    X : ndarray of the shape of B, or None
        The float64 solution; None if the iteration did not converge, because the factor says
        too little about a matrix as ill-conditioned as A.

    References
    ----------
    Golub and Ye, Inexact Preconditioned Conjugate Gradient Method with Inner-Outer Iteration,
    SIAM J. Sci. Comput. 1999, for the flexible form, which forgives the rounding of the factor.
    """
    R = np.array(B, dtype=np.float64).reshape(len(B), -1)
    X = np.zeros_like(R)
    target = tolerance * np.linalg.norm(R, axis=0)
    P, inner, previous = X, np.zeros(R.shape[1]), R
    for _ in range(max_iter):
        Z = factor.solve(R).astype(np.float64)
        P = Z + _ratio(_dots(R - previous, Z), inner) * P
        inner = _dots(R, Z)
        Q = product(P)
        step = _ratio(inner, _dots(P, Q))
        X = X + step * P
        previous, R = R, R - step * Q
        if (np.linalg.norm(R, axis=0) <= target).all():
            return X.reshape(B.shape)
    return None


def _dots(A, B):
    return np.einsum("nk,nk->k", A, B)


def _ratio(a, b):
    """a / b, and 0 at the start and for a column that is already solved."""
    return np.divide(a, b, out=np.zeros_like(a), where=b != 0)
