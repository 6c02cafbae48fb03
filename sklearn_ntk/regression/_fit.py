"""How every regressor is fitted: its kernel, its ridge, coefficients, likelihood, amplitude."""

import numpy as np
from sklearn.base import _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._callbacks import fit_progress
from .._inference import (
    amplitude,
    at_theta,
    likelihood,
    log_marginal_likelihood,
    loss_and_gradient,
    minimise,
    negative_likelihood,
    repetitions,
)
from .._kernel_machine import KernelMachine, checked_ridge, ridge_groups
from .._validation import all_or_nothing, normalized, require_numbers, require_range
from .._warnings import warn

# Where the optimizer starts unless a number is given: from far less noise it may not return.
NOISE_START = 0.03


class RegressionFit(KernelMachine):
    """The first half of a regressor: `fit`, and the likelihood of what was fitted."""

    _parameter_constraints: dict = {
        **KernelMachine._parameter_constraints,
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
        X, y, weight = self._validated(X, y, sample_weight, y_numeric=True)
        y, self.intercept_, self.y_scale_ = normalized(y, weight, self.normalize_y)
        Y = (y / self.y_scale_).reshape(len(y), -1).astype(np.float64, copy=False)
        counts = repetitions(weight)
        with fit_progress(self, X, y) as progress:
            self.kernel_, found = self._learned_kernel(X, Y, weight, counts, progress)
            if not isinstance(self.alpha, str):
                self.alpha_ = checked_ridge(self.alpha, y)
            elif self.optimizer is not None:
                self.alpha_ = NOISE_START
            else:
                self.alpha_ = (found or self._held_out(X, Y, weight, counts))[0]
            if self.optimizer is not None:
                self.kernel_, self.alpha_ = self._most_likely(X, Y, weight)
            self._solve(X, y, weight, progress)
        chosen = isinstance(self.alpha, str) and self.optimizer is None
        self.amplitude_ = self._amplitude() if chosen else 1.0
        return self

    def _centred(self):
        return self.normalize_y

    def _most_likely(self, X, Y, weight):
        """The kernel and the ridge of the largest likelihood, from where they are."""
        kernel, alpha = self.kernel_, self.alpha_
        if kernel is None:
            raise ValueError("A precomputed kernel has no hyperparameters for an optimizer.")
        if np.ndim(alpha) > 0:
            raise ValueError(
                "The optimizer finds one noise for all targets: give it one number as alpha."
            )
        kernel, alpha, problem = minimise(
            negative_likelihood,
            kernel,
            alpha,
            X,
            Y,
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

    def _solve(self, X, y, weight, progress):
        """Keep the coefficients, the likelihood and, if asked for, the factors."""
        parts, factors, total = [], [], 0.0
        scale = np.broadcast_to(self.y_scale_, y.shape[1:])
        with np.errstate(over="ignore", invalid="ignore"):  # checked below, with advice
            for ridge, targets, factor, part in self._solutions(X, y, weight, progress):
                unit = scale[targets]
                if self.solver_ == "cholesky":
                    total += log_marginal_likelihood(factor, y[..., targets] / unit, part / unit)
                elif self.solver_ == "cg":
                    total = np.nan  # no determinant
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
        Y = (self._y_fit / self.y_scale_).reshape(len(self._y_fit), -1)
        value, gradient = loss_and_gradient(
            negative_likelihood, kernel, noise, self.X_fit_, Y, self._weight_fit, self.n_jobs
        )
        return (-value, -gradient) if eval_gradient else -value
