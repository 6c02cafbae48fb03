"""What NTKRegressorCV and NNGPRegressorCV share: the network's grid and its spread."""

from ._base import KernelSearchCV


class NetworkSearchCV(KernelSearchCV):
    """A KernelSearchCV over the parameters of a NetworkRegressor."""

    def _grid(self, X, weight):
        return {
            "depth": self.depths,
            "weight_variance": self.weight_variances,
            "bias_variance": self.bias_variances,
            "alpha": self.alphas,
        }

    def _candidate(self, **params):
        return super()._candidate(activation=self.activation, **params)

    def predict(self, X, return_std=False, return_cov=False):
        """Mean and, if asked for, spread of the best model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        return_std : bool, default=False
            Whether to return the standard deviation at each row; never forms a square matrix.
        return_cov : bool, default=False
            Whether to return the covariance between rows; not together with `return_std`.

        Returns
        -------
        mean : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Mean.
        std : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Standard deviation, in the units of the targets; only if `return_std`.
        cov : ndarray of shape (n_samples, n_samples) or (n_samples, n_samples, n_targets)
            Covariance; only if `return_cov`.
        """
        X = self._check_rows(X)
        return self.best_estimator_.predict(X, return_std=return_std, return_cov=return_cov)

    def sample_y(self, X, n_samples=1, random_state=0):
        """Draw functions from the distribution whose moments `predict` returns.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Where to evaluate the functions.
        n_samples : int, default=1
            Number of functions.
        random_state : int, RandomState instance or None, default=0
            Randomness; None draws anew at each call.

        Returns
        -------
        samples : ndarray of shape (n_rows, n_samples) or (n_rows, n_targets, n_samples)
            Values of the functions, without noise.
        """
        return self.best_estimator_.sample_y(self._check_rows(X), n_samples, random_state)
