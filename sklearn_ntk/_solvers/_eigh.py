"""One eigendecomposition in place of a factorization for each ridge and each training time."""

import numpy as np
from scipy.special import exprel

from ._dense import eigenvectors, rounding, singular

# The largest weight over the smallest up to which eigenvectors serve without a further check.
# They are exact to eps times the norm of the whole matrix, so a row of weight w loses a factor of
# sqrt(max(W) / w) against a Cholesky factor, which scaled rows do not harm: here two digits.
MAX_SPREAD = 1e4
# Beyond it, the relative error from which eigenvectors are refused.
TOLERANCE = 1e-8


class EighFactor:
    """A = K + alpha W^-1 through the eigenvectors of W^1/2 K W^1/2; made by `eigh`.

    With S = W^1/2 K W^1/2 + alpha I = Q diag(w) Q', gradient flow for a time t replaces 1/w by
    (1 - exp(-w t / sum(W))) / w; `solve` applies W^1/2 Q diag(that) Q' W^1/2, which at
    t = infinity is A^-1.

    Parameters
    ----------
    eigenvalues : ndarray of shape (n,)
        Of W^1/2 K W^1/2, not negative.
    Q : ndarray of shape (n, n)
        Eigenvectors in columns.
    weight : ndarray of shape (n,)
        Diagonal of W.
    alpha : float, default=0.0
        Ridge.
    time : float, default=inf
        Duration of the gradient flow.
    """

    dtype = np.dtype(np.float64)

    def __init__(self, eigenvalues, Q, weight, alpha=0.0, time=np.inf):
        self.eigenvalues = eigenvalues
        self.Q = Q
        self.weight = weight
        self.alpha = alpha
        self.time = time

    def at(self, *, alpha=None, time=None):
        """The same matrix with another ridge or at another time, without a copy.

        Parameters
        ----------
        alpha : float, default=None
            Ridge; None keeps it.
        time : float, default=None
            Duration of the gradient flow; None keeps it.

        Returns
        -------
        factor : EighFactor
        """
        alpha = self.alpha if alpha is None else alpha
        time = self.time if time is None else time
        return EighFactor(self.eigenvalues, self.Q, self.weight, alpha, time)

    def solve(self, B):
        """A^-1 B, or what gradient flow makes of it in a finite time.

        Parameters
        ----------
        B : ndarray of shape (n,) or (n, k)
            Right-hand sides; unchanged.

        Returns
        -------
        X : ndarray of the shape of B
        """
        return self._root(self.Q @ _scale(self.filter(), self.Q.T @ self._root(B)))

    def solve_path(self, B, alphas, times):
        """`solve` for every pair of a ridge and a time, in one product.

        Parameters
        ----------
        B : ndarray of shape (n, k)
            Right-hand sides; unchanged.
        alphas : sequence of float
            Ridges.
        times : sequence of float
            Durations of the gradient flow.

        Returns
        -------
        X : ndarray of shape (n_alphas, n_times, n, k)
        """
        filters = [[self.at(alpha=alpha, time=t).filter() for t in times] for alpha in alphas]
        return self.apply(np.array(filters), B)

    def apply(self, filters, B):
        """W^1/2 Q diag(f) Q' W^1/2 B for many filters f, in one product.

        Parameters
        ----------
        filters : ndarray of shape (n_alphas, n_times, n)
            Functions of the eigenvalues.
        B : ndarray of shape (n, k)
            Right-hand sides; unchanged.

        Returns
        -------
        X : ndarray of shape (n_alphas, n_times, n, k)
        """
        right = np.moveaxis(filters, -1, 0)[..., np.newaxis]
        right = right * (self.Q.T @ self._root(B))[:, np.newaxis, np.newaxis]
        X = self._root(self.Q @ right.reshape(len(B), -1))
        return np.moveaxis(X.reshape(right.shape), 0, 2)

    def half_solve(self, B):
        """V with V'V = B' A^-1 B, and at a finite time t that of gradient flow for 2t.

        Parameters
        ----------
        B : ndarray of shape (n,) or (n, k)
            Right-hand sides; unchanged.

        Returns
        -------
        V : ndarray of the shape of B
        """
        return _scale(np.sqrt(self.filter(2)), self.Q.T @ self._root(B))

    def log_determinant(self):
        """log det A."""
        return float(np.log(self._spectrum()).sum() - np.log(self.weight).sum())

    def filter(self, multiple=1):
        """(1 - exp(-w s)) / w at s = multiple * time / sum(W), for every eigenvalue w of S.

        Parameters
        ----------
        multiple : float, default=1
            Of the time.

        Returns
        -------
        filter : ndarray of shape (n,)

        Raises
        ------
        numpy.linalg.LinAlgError
            If time is infinite and A singular to working precision, or if the weights differ
            too widely for eigenvectors to hold what has been learned by that time.
        """
        spectrum = self.eigenvalues + self.alpha
        with np.errstate(over="ignore", invalid="ignore"):
            step = multiple * self.time / self.weight.sum()
            decay = step * (rounding(len(spectrum), spectrum.dtype) * spectrum.mean())
        # By exp(-40) the flow has ended for all of the spectrum that is more than rounding, and
        # products with much longer times would overflow.
        if not decay < 40:
            return 1 / self._spectrum()
        self._require_digits(step)
        return step * exprel(-spectrum * step)

    def holds(self, step):
        """Whether eigenvectors hold the flow at s = step to a relative error of TOLERANCE.

        Errors of S are eps times its norm, and what they do to the filter is at most this over
        the slowest rate that counts: 1 / step, or alpha at the end.

        Parameters
        ----------
        step : float
            Time over the sum of the weights; infinity is the end of training.

        Returns
        -------
        holds : bool
            Always True up to a spread of MAX_SPREAD, where this is how far any method gets.
        """
        if not graded(self.weight):
            return True
        slowest = max(self.alpha, 1 / step) if step > 0 else np.inf
        return np.finfo(float).eps * self.eigenvalues.max() <= TOLERANCE * slowest

    def _require_digits(self, step):
        if not self.holds(step):
            raise np.linalg.LinAlgError(
                "The sample weights differ too widely for eigenvectors: their largest is "
                f"{self.weight.max() / self.weight.min():.0e} times their smallest. "
                "training_time=None does without eigenvectors; otherwise bring the weights "
                "closer together, increase alpha or train for a shorter time."
            )

    def _root(self, B):
        return _scale(np.sqrt(self.weight), B)

    def _spectrum(self):
        """The eigenvalues of S, if they can be divided by."""
        self._require_digits(np.inf)
        spectrum = self.eigenvalues + self.alpha
        if spectrum.min() <= rounding(len(spectrum), spectrum.dtype) * spectrum.mean():
            finding = (
                f"With alpha={self.alpha:.1e} the matrix is not positive definite to working "
                "precision"
            )
            raise singular(finding, 1e-6 * spectrum.mean())
        return spectrum


def graded(weight):
    """Whether the weights differ by more than MAX_SPREAD.

    Parameters
    ----------
    weight : ndarray of shape (n,)
        Positive weights of the rows.

    Returns
    -------
    graded : bool
    """
    return weight.max() > MAX_SPREAD * weight.min()


def eigh(K, weight, alpha=0.0):
    """Decompose a kernel matrix, in its own memory and that of the eigenvectors.

    Parameters
    ----------
    K : ndarray of shape (n, n)
        Symmetric positive semi-definite; overwritten.
    weight : ndarray of shape (n,)
        Positive weights of the rows.
    alpha : float, default=0.0
        Ridge.

    Returns
    -------
    factor : EighFactor
    """
    root = np.sqrt(weight)
    K *= root
    K *= root[:, np.newaxis]
    eigenvalues, Q = eigenvectors(K)
    # What falls below 0 is rounding.
    return EighFactor(np.maximum(eigenvalues, 0), Q, weight, alpha)


def _scale(factors, B):
    """diag(factors) @ B for B of one or two dimensions."""
    return (factors * B.T).T
