"""Ridge regression on features, for all ridges, from sums over rows that need not be kept."""

import numpy as np

from ._dense import eigenvectors, rounding, singular


class NormalEquations:
    """Phi' W Phi, Phi' W Y and the other sums that ridge regressions of Y on Phi need.

    Parameters
    ----------
    n_features : int
        Columns of Phi.
    n_targets : int
        Columns of Y.

    Attributes
    ----------
    gram : ndarray of shape (n_features, n_features)
        Phi' W Phi.
    cross : ndarray of shape (n_features, n_targets)
        Phi' W Y.
    features : ndarray of shape (n_features,)
        Phi' w.
    targets, squares : ndarray of shape (n_targets,)
        Sums of w y and of w y^2.
    weight : float
        Sum of w.
    """

    def __init__(self, n_features, n_targets):
        self.gram = np.zeros((n_features, n_features))
        self.cross = np.zeros((n_features, n_targets))
        self.features = np.zeros(n_features)
        self.targets, self.squares = np.zeros(n_targets), np.zeros(n_targets)
        self.weight = 0.0

    def add(self, Phi, Y, weight):
        """Add rows.

        Parameters
        ----------
        Phi : ndarray of shape (n, n_features)
            Features; overwritten.
        Y : ndarray of shape (n, n_targets)
            Targets.
        weight : ndarray of shape (n,)
            Positive weights.
        """
        root = np.sqrt(weight)[:, np.newaxis]
        Phi *= root
        self.gram += Phi.T @ Phi  # by NumPy, whose products let other threads go on
        self.cross += Phi.T @ (root * Y)
        self.features += Phi.T @ root[:, 0]
        self.targets += weight @ Y
        self.squares += weight @ Y**2
        self.weight += weight.sum()

    def merge(self, other):
        """Add the rows of other equations.

        Parameters
        ----------
        other : NormalEquations
            Of as many features and targets.
        """
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def mean(self):
        """Weighted means of the targets, shape (n_targets,)."""
        return self.targets / self.weight

    def deviation(self):
        """Weighted standard deviations of the targets, 1 of those that are constant."""
        variance = self.squares / self.weight - self.mean() ** 2
        constant = variance <= 10 * np.finfo(float).eps * self.squares / self.weight
        return np.where(constant, 1.0, np.sqrt(np.maximum(variance, 0)))

    def path(self, centred):
        """The regressions of all ridges, by one eigendecomposition.

        Parameters
        ----------
        centred : bool
            As for `RidgePath`.

        Returns
        -------
        path : RidgePath
        """
        return RidgePath(self, centred)


class RidgePath:
    """Coefficients (Phi' W Phi + alpha I)^-1 Phi' W (Y - mean), for any alpha.

    Parameters
    ----------
    equations : NormalEquations
        Of all rows.
    centred : bool
        Whether the weighted mean of the targets is subtracted from them.
    """

    def __init__(self, equations, centred):
        self.eigenvalues, self.Q = eigenvectors(equations.gram.copy())
        self.total = equations.weight
        self.mean = equations.mean() if centred else None
        cross, sums = equations.cross, self.Q.T @ equations.features
        if centred:
            cross = cross - np.outer(equations.features, self.mean)
        self._cross, self._sums = self.Q.T @ cross, sums

    def least(self):
        """The ridge below which there is nothing but rounding."""
        return rounding(len(self.Q), np.float64) * self.eigenvalues[-1]

    def coefficients(self, alpha):
        """Coefficients of the features.

        Parameters
        ----------
        alpha : float
            Ridge.

        Returns
        -------
        b : ndarray of shape (n_features, n_targets)

        Raises
        ------
        numpy.linalg.LinAlgError
            If alpha is too small for the features to tell their coefficients.
        """
        self._require(alpha)
        return self.Q @ (self._cross / (self.eigenvalues + alpha)[:, np.newaxis])

    def inverse_form(self, Phi, alpha):
        """phi' (Phi' W Phi + alpha I)^-1 phi for each row phi.

        Parameters
        ----------
        Phi : ndarray of shape (n, n_features)
            Features of any rows.
        alpha : float
            Ridge.

        Returns
        -------
        forms : ndarray of shape (n,)
        """
        return (Phi @ self.Q) ** 2 @ (1 / (self.eigenvalues + alpha))

    def leave_one_out(self, Phi, Y, weight, alphas):
        """Predictions of rows by regressions without them.

        Parameters
        ----------
        Phi : ndarray of shape (n, n_features)
            Features of some of the rows that were added.
        Y : ndarray of shape (n, n_targets)
            Their targets.
        weight : ndarray of shape (n,)
            The weight that is taken from each of them, all or one repetition of it.
        alphas : ndarray of shape (n_alphas,)
            Ridges.

        Returns
        -------
        predictions : ndarray of shape (n_alphas, n, n_targets)
        leverage : ndarray of shape (n_alphas, n)
            Share of a row in its own prediction with it.
        """
        # Without row i the matrix is M^-1 - w phi phi', and the mean moves by -shift.
        Z = Phi @ self.Q
        D = 1 / (self.eigenvalues[:, np.newaxis] + alphas)
        leverage = (Z**2 @ D).T * weight
        fitted = np.einsum("nm,ma,mk->ank", Z, D, self._cross, optimize=True)
        if self.mean is None:
            mean = 0.0
        else:
            shift = (weight / np.maximum(self.total - weight, 1e-300))[:, np.newaxis] * (
                Y - self.mean
            )
            fitted += (Z @ (D * self._sums[:, np.newaxis])).T[..., np.newaxis] * shift
            mean = self.mean - shift
        h = leverage[..., np.newaxis]
        with np.errstate(divide="ignore", invalid="ignore"):
            return mean + (fitted - h * (Y - mean)) / (1 - h), leverage

    def _require(self, alpha):
        least = self.least()
        if not self.eigenvalues[0] + alpha > least:
            raise singular("The features of the centres are linearly dependent", 1e2 * least)
