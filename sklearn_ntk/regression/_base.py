"""Regression with any kernel: predictions, their spread, their path and their derivatives."""

import numpy as np
from sklearn.base import MultiOutputMixin, RegressorMixin, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._inference import (
    amplitude,
    at_theta,
    likelihood,
    likelihood_and_gradient,
    log_marginal_likelihood,
    maximise_likelihood,
    posterior_covariance,
    posterior_variance,
    repetitions,
    sample_gaussian,
)
from .._kernel_machine import KernelMachine, checked_ridge, ridge_groups
from .._memory import size
from .._validation import all_or_nothing, normalized, one_of, require_numbers, require_range
from .._warnings import warn
from ..kernels import input_gradient

# Where the optimizer starts unless a number is given: from far less noise it may not return.
NOISE_START = 0.03


class BaseKernelRegressor(MultiOutputMixin, RegressorMixin, KernelMachine):
    """All that a regressor does with the kernel that a subclass makes of its parameters.

    Its spread is that of the Gaussian process posterior; a subclass for which it is another
    overrides `_spread` and `_amplitude`. One without a search by likelihood has no parameter
    `optimizer`.
    """

    _parameter_constraints: dict = {
        **KernelMachine._parameter_constraints,
        "solver": [one_of(["auto", "cholesky", "eigh"])],
        "keep_factor": ["boolean"],
        "normalize_y": ["boolean"],
    }
    optimizer = None

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Solve for the coefficients: n^3 / 3 operations by Cholesky, some 10 n^3 by eigenvectors.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows. float32 stays float32.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, equivalent to repeating rows; a row of weight 0 is left out. As noise, that
            of a row has variance ``alpha / sample_weight``.

        Returns
        -------
        self : object

        Raises
        ------
        numpy.linalg.LinAlgError
            If the matrix is singular to working precision; increase `alpha`.
        ValueError
            If eigenvectors are asked for together with a `precision` or a `storage` that they
            do not have; for targets that are labels, or so large or small that the coefficients
            overflow or underflow in their dtype.
        """
        require_numbers(y)
        X, y, weight = self._validated(X, y, sample_weight, multi_output=True, y_numeric=True)
        y, self.intercept_, self.y_scale_ = normalized(y, weight, self.normalize_y)
        self.kernel_ = self._make_kernel(X, weight)
        self.alpha_ = self._ridge(X, y, weight)
        if self.optimizer is not None:
            self.kernel_, self.alpha_ = self._most_likely(X, y, weight)
        self._solve(X, y, weight)
        chosen = isinstance(self.alpha, str) and self.optimizer is None
        self.amplitude_ = self._amplitude() if chosen else 1.0
        return self

    def _ridge(self, X, y, weight):
        """The ridge of the parameters, or that of the best leave-one-out predictions."""
        if not isinstance(self.alpha, str):
            return checked_ridge(self.alpha, y)
        if self.optimizer is not None:
            return NOISE_START
        Y = (y / self.y_scale_).reshape(len(y), -1).astype(np.float64, copy=False)
        return self._held_out(X, Y, weight, repetitions(weight), centred=self.normalize_y)[0]

    def _most_likely(self, X, y, weight):
        """The kernel and the ridge of the largest likelihood, from where they are."""
        kernel, alpha = self.kernel_, self.alpha_
        if kernel is None:
            raise ValueError("A precomputed kernel has no hyperparameters for an optimizer.")
        if np.ndim(alpha) > 0:
            raise ValueError(
                "The optimizer finds one noise for all targets: give it one number as alpha."
            )
        kernel, alpha, problem = maximise_likelihood(
            kernel,
            alpha,
            X,
            y / self.y_scale_,
            weight,
            noise_bounds=self.alpha_bounds,
            n_restarts=self.n_restarts_optimizer,
            rng=check_random_state(self.random_state),
            n_jobs=self.n_jobs,
        )
        if problem is not None:
            warn(
                f"The likelihood may not be at its maximum: {problem} Scale the data, or "
                "start elsewhere with n_restarts_optimizer.",
                ConvergenceWarning,
            )
        return kernel, alpha

    def _solve(self, X, y, weight):
        """Keep the coefficients, the likelihood and, if asked for, the factors."""
        parts, factors, total = [], [], 0.0
        scale = np.broadcast_to(self.y_scale_, y.shape[1:])
        with np.errstate(over="ignore", invalid="ignore"):  # checked below, with advice
            for ridge, targets, factor, part in self._solutions(X, y, weight):
                unit = scale[targets]
                if self.solver_ == "cholesky":
                    total += log_marginal_likelihood(factor, y[..., targets] / unit, part / unit)
                else:
                    # It knows no time, and needs a factor that weights far apart do not harm.
                    A = self._training_matrix(X, ridge / weight)
                    total += likelihood(A, y[..., targets] / unit, self.n_jobs)
                parts.append((targets, part))
                if self.keep_factor:
                    factors.append(factor)
                del factor  # before the next one
        self.dual_coef_ = np.empty(y.shape, part.dtype)
        for targets, part in parts:
            self.dual_coef_[..., targets] = part
        require_range(self.dual_coef_, y)
        self.log_marginal_likelihood_value_ = total
        self.factor_ = factors if len(factors) > 1 else factors[0] if factors else None
        # Of a precomputed matrix nothing but its precision is needed again.
        self.X_fit_ = X[:0] if self.kernel_ is None else X
        self._y_fit, self._weight_fit = y, weight

    def _amplitude(self):
        """The unit of the prior's standard deviation, normalised, that leave-one-out finds.

        A ridge that was chosen is a share of the kernel: the scale of both is open.
        """
        if self.kernel_ is None:
            return 1.0
        n, counts = len(self._y_fit), repetitions(self._weight_fit)
        Y = (self._y_fit / self.y_scale_).reshape(n, -1)
        K, Y, weight = self._sample(self.X_fit_, Y, self._weight_fit, counts)
        found = np.empty(Y.shape[1])
        for ridge, targets in ridge_groups(self.alpha_, Y):
            found[targets] = amplitude(K.copy(), Y[:, targets], ridge / weight)
        return found.reshape(self._y_fit.shape[1:])[()]

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

    def log_marginal_likelihood(self, theta=None, eval_gradient=False):
        """Log marginal likelihood of the training targets under a Gaussian process.

        Parameters
        ----------
        theta : array-like of shape (n_hyperparameters,), default=None
            Logarithms of the free hyperparameters of the kernel, in its order, and of alpha. None
            stands for those that were fitted.
        eval_gradient : bool, default=False
            Whether to return the gradient by theta as well.

        Returns
        -------
        value : float
            In the units in which the targets were normalised, summed over targets; -inf if the
            matrix is singular to working precision. It knows no `training_time`.
        gradient : ndarray of shape (n_hyperparameters,)
            Only if `eval_gradient`.

        Raises
        ------
        ValueError
            If theta has another number of entries, or if there is a noise for each target or a
            precomputed kernel, which have no common theta.
        """
        check_is_fitted(self)
        if theta is None and not eval_gradient:
            return self.log_marginal_likelihood_value_
        self._require_kernel("theta")
        if np.ndim(self.alpha_) > 0:
            raise ValueError(
                "With a noise for each target there are no common hyperparameters: leave theta "
                "at None and eval_gradient at False, or fit each target by itself."
            )
        kernel = self.kernel_
        kernel, noise = (kernel, self.alpha_) if theta is None else at_theta(kernel, theta)
        y = self._y_fit / self.y_scale_
        value, gradient = likelihood_and_gradient(
            kernel, noise, self.X_fit_, y, self._weight_fit, self.n_jobs
        )
        return (value, gradient) if eval_gradient else value
