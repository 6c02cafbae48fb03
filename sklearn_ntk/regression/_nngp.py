"""Gaussian process regression with the NNGP kernel."""

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._posterior import (
    log_marginal_likelihood,
    posterior_covariance,
    posterior_variance,
    sample_gaussian,
)
from ..kernels import NNGP
from ._network import NetworkRegressor


class NNGPRegressor(NetworkRegressor):
    """Bayesian infinitely wide network: Gaussian process regression with the NNGP kernel.

    The prior over functions is that of a fully connected network with random weights and
    infinitely wide layers; the noise of the targets is Gaussian with variance `alpha`. The
    posterior is exact.

    Parameters
    ----------
    depth : int, default=3
        Number of hidden layers.
    activation : str, Activation or callable, default="relu"
        Nonlinearity of the hidden layers: a name of
        `sklearn_ntk.kernels.activations.ACTIVATIONS`, an object of that module, or any
        vectorised function.
    weight_variance : float, default=2.0
        Variance of each weight times its fan-in; with ReLU, 2 keeps the scale over depth.
    bias_variance : float, default=1.0
        Variance of each bias; 0 is a network without biases.
    alpha : float, default=0.03
        Variance of the noise, added to the diagonal of the kernel matrix, which is about 6 on
        standardised data by default; in units of the variance of the targets if
        `normalize_y`. 0 interpolates.
    normalize_y : bool, default=True
        Whether to subtract the (weighted) mean of the targets and to divide by their standard
        deviation; predictions are in the original units.
    precision : {"auto", "float64", "float32", "mixed"}, default="auto"
        Of the factorization. "auto" is that of X. "mixed" factors in float32, for half the
        memory and time, and refines the coefficients to a relative residual of 1e-10 by
        conjugate gradients; it falls back to float64 with a warning if the matrix is too
        ill-conditioned.
    storage : str or path, default=None
        An existing folder for a temporary file that holds the factor, for matrices beyond
        memory; None keeps it in memory.
    n_jobs : int, default=None
        Number of threads, as in joblib.

    Attributes
    ----------
    dual_coef_ : ndarray of shape (n_rows,) or (n_rows, n_targets)
        Coefficients of the training rows, in the units of the targets.
    X_fit_ : {ndarray, sparse matrix} of shape (n_rows, n_features)
        The training rows of positive weight.
    intercept_ : float or ndarray of shape (n_targets,)
        What was subtracted from the targets.
    y_scale_ : float or ndarray of shape (n_targets,)
        What the targets were divided by for the posterior and the likelihood.
    kernel_ : NNGP
        The kernel that was used.
    factor_ : CholeskyFactor
        Of the training matrix, kept for the posterior: about n_rows^2 / 2 numbers.
    log_marginal_likelihood_value_ : float
        Log marginal likelihood of the targets, in normalised units, summed over targets.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X has string column names.

    See Also
    --------
    NTKRegressor : The same network with all its layers trained by gradient descent.

    Notes
    -----
    Scale the columns of X first, for instance with ``StandardScaler``. With `sample_weight` w
    the noise of a row has variance ``alpha / w``.

    References
    ----------
    Lee et al., Deep Neural Networks as Gaussian Processes, ICLR 2018. Rasmussen and Williams,
    Gaussian Processes for Machine Learning, 2006, algorithm 2.1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk import NNGPRegressor
    >>> X = np.linspace(-1, 1, 9)[:, np.newaxis]
    >>> model = NNGPRegressor(alpha=1e-6).fit(X, np.sin(3 * X[:, 0]))
    >>> mean, std = model.predict([[0.25], [3.0]], return_std=True)
    >>> mean.shape, bool(std[0] < 0.01 * std[1])
    ((2,), True)
    """

    _network_kernel = NNGP

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Condition the process on the training rows, in n^3 / 3 operations.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows. float32 stays float32.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, equivalent to repeating rows; a row of weight 0 is left out.

        Returns
        -------
        self : object

        Raises
        ------
        numpy.linalg.LinAlgError
            If the matrix is singular to working precision; increase `alpha`.
        """
        self.factor_, y, weight = self._fit(X, y, sample_weight)
        self.y_scale_ = 1.0
        if self.normalize_y:
            std = np.sqrt(np.average(y**2, axis=0, weights=weight))
            self.y_scale_ = np.where(std > 0, std, 1.0)[()]
        self.log_marginal_likelihood_value_ = log_marginal_likelihood(
            self.factor_, y / self.y_scale_, self.dual_coef_ / self.y_scale_
        )
        return self

    def predict(self, X, return_std=False, return_cov=False):
        """Mean and, if asked for, spread of the posterior of the noise-free function.

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
            Posterior mean.
        std : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Posterior standard deviation, in the units of the targets; only if `return_std`.
            Add ``alpha * y_scale_**2`` to its square for the spread of new observations.
        cov : ndarray of shape (n_samples, n_samples) or (n_samples, n_samples, n_targets)
            Posterior covariance; only if `return_cov`.

        Raises
        ------
        ValueError
            If both `return_std` and `return_cov` are asked for.
        """
        if return_std and return_cov:
            raise ValueError("Ask for one of return_std and return_cov; std is sqrt(diag(cov)).")
        mean = super().predict(X)
        if not (return_std or return_cov):
            return mean
        X = self._check_rows(X)
        fitted = self.kernel_, self.X_fit_, self.factor_
        if return_std:
            spread = np.sqrt(posterior_variance(*fitted, X, self.n_jobs))
            scale = self.y_scale_
        else:
            spread = posterior_covariance(*fitted, X)
            scale = self.y_scale_**2
        if mean.ndim == 2:
            spread = spread[..., np.newaxis]
            scale = np.broadcast_to(scale, mean.shape[1])
        return mean, (spread * scale).astype(mean.dtype, copy=False)

    def sample_y(self, X, n_samples=1, random_state=0):
        """Draw functions from the posterior.

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
        rng = check_random_state(random_state)
        mean, covariance = self.predict(X, return_cov=True)
        if mean.ndim == 1:
            return sample_gaussian(mean, covariance, n_samples, rng)
        samples = [
            sample_gaussian(mean[:, k], covariance[..., k], n_samples, rng)
            for k in range(mean.shape[1])
        ]
        return np.stack(samples, axis=1)

    def log_marginal_likelihood(self):
        """Log marginal likelihood of the training targets under the prior.

        Returns
        -------
        value : float
            In the units in which the targets were normalised, summed over targets.
        """
        check_is_fitted(self)
        return self.log_marginal_likelihood_value_
