"""Regression with any kernel: predictions, their spread, their path and their derivatives."""

import numpy as np
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.utils import check_random_state

from .._contributions import contributions
from .._inference import posterior_covariance, posterior_variance, sample_gaussian
from .._kernel_machine import ridge_groups
from .._memory import size
from .._warnings import warn
from ..kernels import input_gradient
from ._fit import RegressionFit


class BaseKernelRegressor(MultiOutputMixin, RegressorMixin, RegressionFit):
    """All that a regressor does with the kernel that a subclass makes of its parameters.

    Its spread is that of the Gaussian process posterior; a subclass for which it is another
    overrides `_spread` and `_amplitude`. One without a search by likelihood has no parameter
    `optimizer`.
    """

    def predict(self, X, return_std=False, return_cov=False, include_noise=False):
        """Predict and, if asked for, say how far functions spread around it.

        Holds one block of the kernel matrix for each job at a time.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows, or ``K(X, X_fit_)`` if the kernel is precomputed.
        return_std : bool, default=False
            Whether to return the standard deviation at each row; never forms a square matrix.
        return_cov : bool, default=False
            Whether to return the covariance between rows; not together with `return_std`.
        include_noise : bool, default=False
            Whether the spread is that of new observations, with noise of variance
            ``alpha_ * (amplitude_ * y_scale_)**2``, rather than that of the function.

        Returns
        -------
        mean : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Predictions, float32 if fit and predict both saw float32.
        std : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Standard deviation, in the units of the targets; only if `return_std`.
        cov : ndarray of shape (n_samples, n_samples) or (n_samples, n_samples, n_targets)
            Covariance; only if `return_cov`.

        Raises
        ------
        ValueError
            If both spreads are asked for; if one is and no factor was kept, or the kernel was
            precomputed; if the covariance overflows.
        """
        if return_std and return_cov:
            raise ValueError("Ask for one of return_std and return_cov; std is sqrt(diag(cov)).")
        X = self._check_rows(X)
        dtype = np.result_type(X, self.X_fit_)
        mean = (self._product(X, self.dual_coef_) + self.intercept_).astype(dtype, copy=False)
        if not (return_std or return_cov):
            return mean
        spread = self._normalized_spread(X, mean.shape[1:], covariance=return_cov)
        scale, noise = self._unit(), self.alpha_ if include_noise else 0.0
        if return_std:
            return mean, (np.sqrt(spread + noise) * scale).astype(dtype, copy=False)
        np.einsum("ii...->i...", spread)[...] += noise
        with np.errstate(over="ignore"):  # checked below, with advice
            # From the left: scale**2 may overflow where the covariance does not.
            covariance = (spread * scale * scale).astype(dtype, copy=False)
        if not np.isfinite(covariance).all():
            raise ValueError(
                f"The covariance overflows in {dtype}. Scale the targets, for instance with "
                "sklearn.compose.TransformedTargetRegressor, or ask for return_std."
            )
        return mean, covariance

    def _unit(self):
        """The standard deviation, in the units of the targets, of a kernel value of 1."""
        return self.y_scale_ * self.amplitude_

    def _spread(self, X, factor, covariance):
        """The variance or the covariance at rows, in normalised units; rounding may make it < 0."""
        if covariance:
            return posterior_covariance(self.kernel_, self.X_fit_, factor, X)
        return posterior_variance(self.kernel_, self.X_fit_, factor, X, self.n_jobs)

    def _normalized_spread(self, X, targets, covariance):
        """`_spread` of every target, with 0 and a warning for variances that became negative."""
        self._require_kernel("A spread")
        shape = (X.shape[0],) * (2 if covariance else 1)
        result = np.empty((*shape, *targets))
        for factor, _, mask in self._kept_factors():
            result[..., mask] = self._spread(X, factor, covariance)[..., np.newaxis]
        variance = np.einsum("ii...->i...", result) if covariance else result  # a view
        negative = variance < 0
        if negative.any():
            warn(
                f"{negative.sum()} of {variance.size} variances came out negative by rounding, "
                f"down to {variance.min():.1e}, and were set to 0. Increase alpha if they matter."
            )
            variance[negative] = 0
        return result

    def _kept_factors(self):
        """(factor, ridge, mask of its targets) for each distinct ridge."""
        if self.factor_ is None:
            raise ValueError(
                "No factor of the training matrix was kept. Fit with keep_factor=True, which takes "
                f"{size(4 * len(self._y_fit) ** 2)} for as long as the model lives, or twice that "
                "for eigenvectors."
            )
        groups = ridge_groups(self.alpha_, self._y_fit)
        factors = [self.factor_] if len(groups) == 1 else self.factor_
        return [(factor, *group) for factor, group in zip(factors, groups, strict=True)]

    def staged_predict(self, X, training_times):
        """Predictions after several training times, from one eigendecomposition.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows, or ``K(X, X_fit_)`` if the kernel is precomputed.
        training_times : sequence of float
            Times from 0 to infinity, which is the end of training, in the units of
            `training_time`.

        Yields
        ------
        y : ndarray of shape (n_samples,) or (n_samples, n_targets)
            What `predict` returns after each of the times.

        Raises
        ------
        ValueError
            Unless the estimator was fitted with ``solver="eigh"`` and ``keep_factor=True``; if a
            time is negative or NaN.
        """
        X = self._check_rows(X)
        times = np.asarray(training_times, dtype=np.float64)
        if times.ndim != 1 or not times.size or not (times >= 0).all():
            wanted = "a sequence of numbers in the range [0, inf]"
            raise ValueError(f"training_times == {training_times!r}, must be {wanted}.")
        if self.solver_ != "eigh" or self.factor_ is None:
            raise ValueError(
                "Fit with solver='eigh' and keep_factor=True to predict at several times."
            )
        y = self._y_fit
        coefficients = np.empty((len(y), len(times), *y.shape[1:]))
        for factor, _, targets in self._kept_factors():
            path = factor.solve_path(y[..., targets], [factor.alpha], times)
            coefficients[..., targets] = np.moveaxis(path[0], 0, 1)
        stages = self._product(X, coefficients.reshape(len(y), -1))
        for stage in np.split(stages, len(times), axis=1):
            values = stage.reshape(-1, *y.shape[1:]) + self.intercept_
            yield values.astype(np.result_type(X, self.X_fit_), copy=False)

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
        mean = self.predict(X)[..., np.newaxis]
        rng = check_random_state(random_state)
        # In normalised units, in which no covariance overflows.
        targets = mean.shape[1:-1]
        covariance = self._normalized_spread(self._check_rows(X), targets, covariance=True)
        deviations = np.empty((*mean.shape[:-1], n_samples))
        for target in np.ndindex(targets):
            part = sample_gaussian(covariance[:, :, *target], (n_samples,), rng)
            deviations[:, *target] = part
        return mean + np.asarray(self._unit())[..., np.newaxis] * deviations

    def gradient(self, X):
        """Derivatives of the predictions by the features of each row, in two matrix products.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        gradient : ndarray of shape (n_samples, n_features) or (n_samples, n_features, n_targets)
            Units of the targets per unit of each feature. Where a kernel has a kink, at a
            training row, the mean of the derivatives on both sides.

        Raises
        ------
        NotImplementedError
            If the derivatives of the kernel are not known.
        """
        X = self._check_rows(X)
        self._require_kernel("A gradient")
        return input_gradient(self.kernel_, X, self.X_fit_, self.dual_coef_, self.n_jobs)

    def contributions(self, X, top=None):
        """What each training row adds to a prediction: its coefficient times the kernel.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows, or ``K(X, X_fit_)`` if the kernel is precomputed.
        top : int, default=None
            How many training rows to name for each row, those of largest absolute value; None
            is all, n_samples times n_rows numbers.

        Returns
        -------
        contributions : ndarray of shape (n_samples, n_rows) or (n_samples, n_rows, n_targets)
            They sum over the rows to ``predict(X) - intercept_``. With `top`, n_rows is that
            many, the largest first.
        index : ndarray of int of the same shape
            Positions of their rows in `X_fit_`; only with `top`.
        """
        X = self._check_rows(X)
        parts = [(self.kernel_, self.dual_coef_)]
        return contributions(parts, X, self.X_fit_, top, self.n_jobs)
