"""What NTKRegressor and NNGPRegressor share: the network's parameters, time and spread."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from .._gram import Gram, kernel_product
from .._memory import require_memory
from .._warnings import warn
from ..inference import sample_gaussian
from ..kernels.activations import ACTIVATIONS, Activation
from ..solvers import SpectralFactor, graded, spectral
from ._kernel_regressor import (
    COMMON_CONSTRAINTS,
    KernelRegressor,
    all_or_nothing,
    one_of,
    ridge_groups,
    weighted_mean,
)


class NetworkRegressor(KernelRegressor):
    """A KernelRegressor with a kernel of its own parameters and a distribution of functions.

    Subclasses have `__init__`, `_network_kernel` and `_spread`, the variance or the covariance
    at rows in normalised units, which rounding may have made negative.
    """

    _parameter_constraints: dict = {
        "depth": [Interval(Integral, 1, None, closed="left")],
        "activation": [one_of(ACTIVATIONS), Activation, callable],
        "weight_variance": [Interval(Real, 0, None, closed="neither")],
        "bias_variance": [Interval(Real, 0, None, closed="left")],
        "training_time": [Interval(Real, 0, None, closed="both"), None],
        **COMMON_CONSTRAINTS,
    }

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Solve for the coefficients.

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
        ValueError
            If `training_time` comes with a `precision` or a `storage` that eigenvectors do
            not have; for targets that are labels, or too large for the coefficients to be
            finite.
        """
        factors, self._y_fit, self._weight_fit = self._fit(X, y, sample_weight)
        self.factor_ = factors[0] if len(factors) == 1 else factors
        self.y_scale_ = self._target_scale(self._y_fit, self._weight_fit)
        return self

    def _kept(self, factor):
        return factor

    def _groups(self):
        """(factor, ridge, mask of its targets) for each distinct ridge."""
        groups = ridge_groups(self._ridge_fit, self._y_fit)
        factors = [self.factor_] if len(groups) == 1 else self.factor_
        return [(factor, *group) for factor, group in zip(factors, groups, strict=True)]

    def _target_scale(self, y, weight):
        if not self.normalize_y:
            return 1.0
        size = np.abs(y).max(axis=0)
        size = np.where(size > 0, size, 1.0)  # y**2 may overflow, or underflow to 0
        std = np.sqrt(weighted_mean((y / size) ** 2, weight)) * size
        return np.where(std > 0, std, 1.0)[()]

    def _make_kernel(self, X, weight):
        return self._network_kernel(
            self.depth,
            activation=self.activation,
            weight_variance=self.weight_variance,
            bias_variance=self.bias_variance,
        )

    def _solve(self, X, y, weight, groups):
        if self.training_time is None:
            return super()._solve(X, y, weight, groups)
        if self.precision in ("float32", "mixed") or self.storage is not None:
            raise ValueError(
                "training_time needs eigenvectors, which are in float64 and in memory: leave "
                "precision at 'auto' and storage at None, or training_time at None."
            )
        n = X.shape[0]
        require_memory(16 * n**2, "eigendecomposition", "training_time=None needs a quarter of it")
        K = Gram(self.kernel_, X, np.zeros(n)).to_array(self.n_jobs)
        # A common factor of weights and ridge changes nothing, but sums of huge ones overflow.
        unit = weight.max() if weight.max() > 1e100 else 1.0
        factor = spectral(K, weight / unit).at(time=self.training_time)
        factors = [factor.at(alpha=ridge / unit) for ridge, _ in groups]
        if np.isinf(self.training_time) and graded(weight):
            # The end needs no eigenvectors, which are bad at rows of small weight.
            return factors, super()._solve(X, y, weight, groups)[1]
        coefficients = np.empty(y.shape, X.dtype)
        for factor, (_, targets) in zip(factors, groups, strict=True):
            coefficients[..., targets] = factor.solve(y[..., targets])
        return factors, coefficients

    def predict(self, X, return_std=False, return_cov=False):
        """Mean and, if asked for, spread of the distribution of functions.

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

        Raises
        ------
        ValueError
            If both `return_std` and `return_cov` are asked for, or if the covariance overflows.
        """
        if return_std and return_cov:
            raise ValueError("Ask for one of return_std and return_cov; std is sqrt(diag(cov)).")
        mean = super().predict(X)
        if not (return_std or return_cov):
            return mean
        spread = self._normalized_spread(X, mean.shape[1:], covariance=return_cov)
        scale = self.y_scale_
        if return_std:
            return mean, (np.sqrt(spread) * scale).astype(mean.dtype, copy=False)
        with np.errstate(over="ignore"):  # checked below, with advice
            # From the left: scale**2 may overflow where the covariance does not.
            covariance = (spread * scale * scale).astype(mean.dtype, copy=False)
        if not np.isfinite(covariance).all():
            raise ValueError(
                f"The covariance overflows in {mean.dtype}. Scale the targets, for instance with "
                "sklearn.compose.TransformedTargetRegressor, or ask for return_std."
            )
        return mean, covariance

    def _normalized_spread(self, X, targets, covariance):
        """`_spread` of every target, with 0 and a warning for variances that became negative."""
        X = self._check_rows(X)
        shape = (X.shape[0],) * (2 if covariance else 1)
        result = np.empty((*shape, *targets))
        for factor, ridge, mask in self._groups():
            spread = self._spread(X, factor, ridge, covariance=covariance)
            result[..., mask] = spread[..., np.newaxis]
        variance = np.einsum("ii...->i...", result) if covariance else result  # a view
        negative = variance < 0
        if negative.any():
            warn(
                f"{negative.sum()} of {variance.size} variances came out negative by rounding, "
                f"down to {variance.min():.1e}, and were set to 0. Increase alpha if they matter."
            )
            variance[negative] = 0
        return result

    def staged_predict(self, X, training_times):
        """Predictions after several training times, from one eigendecomposition.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
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
            If the estimator was fitted with ``training_time=None``, which keeps no
            eigenvectors; ``training_time=numpy.inf`` does, and predicts the same. If a time is
            negative or NaN.
        """
        X = self._check_rows(X)
        times = np.asarray(training_times, dtype=np.float64)
        if times.ndim != 1 or not times.size or not (times >= 0).all():
            raise ValueError(
                f"training_times == {training_times!r}, must be a sequence of numbers in the range "
                "[0, inf]."
            )
        groups, y = self._groups(), self._y_fit
        if not isinstance(groups[0][0], SpectralFactor):
            raise ValueError("Fit with training_time=numpy.inf to predict at other times.")
        coefficients = np.empty((len(y), len(times), *y.shape[1:]))
        for factor, _, targets in groups:
            path = factor.solve_path(y[..., targets], [factor.alpha], times)
            coefficients[..., targets] = np.moveaxis(path[0], 0, 1)
        coefficients = coefficients.reshape(len(y), -1)
        stages = kernel_product(self.kernel_, X, self.X_fit_, coefficients, self.n_jobs)
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
        check_is_fitted(self)
        rng = check_random_state(random_state)
        mean = self.predict(X)[..., np.newaxis]
        # In normalised units, in which no covariance overflows.
        targets = mean.shape[1:-1]
        covariance = self._normalized_spread(X, targets, covariance=True)
        deviations = np.empty((*mean.shape[:-1], n_samples))
        for target in np.ndindex(targets):
            part = sample_gaussian(covariance[:, :, *target], (n_samples,), rng)
            deviations[:, *target] = part
        return mean + np.asarray(self.y_scale_)[..., np.newaxis] * deviations
