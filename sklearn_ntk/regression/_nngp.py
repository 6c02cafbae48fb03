"""Gaussian process regression with the NNGP kernel."""

from numbers import Integral

import numpy as np
from sklearn.base import _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from .._gram import Gram
from .._warnings import warn
from ..inference import (
    likelihood_and_gradient,
    log_marginal_likelihood,
    maximise_likelihood,
    posterior_covariance,
    posterior_variance,
)
from ..kernels import NNGP
from ..solvers import solve
from ._kernel_regressor import all_or_nothing, checked_ridge, one_of
from ._network import NetworkRegressor


class NNGPRegressor(NetworkRegressor):
    """Bayesian infinitely wide network: Gaussian process regression with the NNGP kernel.

    The prior over functions is that of a fully connected network with random weights and
    infinitely wide layers; the noise of the targets is Gaussian with variance `alpha`. The
    posterior is exact. Standard deviations, covariances and samples are those of the posterior
    of the function; `include_noise` makes them those of new observations. With a finite
    `training_time` they are those of networks of which only the last layer was trained, for
    that long, over their initialisations.

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
    alpha : float or array-like of shape (n_targets,), default=0.03
        Variance of the noise, added to the diagonal of the kernel matrix, which is about 6 on
        standardised data by default; in units of the variance of the targets if
        `normalize_y`. 0 interpolates. An array is a noise for each target, at the price of a
        factor for each distinct value, computed and kept.
    training_time : float, default=None
        For how long gradient flow on the loss sum_i w_i (f(x_i) - y_i)^2 / (2 sum_i w_i), at
        learning rate 1, trains the last layer. None is the end, by a Cholesky factorization. A
        number, also infinity, takes an eigendecomposition in float64 instead (two square
        matrices of memory at its peak, one kept), and allows `staged_predict`.
    optimizer : {"fmin_l_bfgs_b"}, default=None
        How to maximise the marginal likelihood over `weight_variance`, `bias_variance` (unless
        it is 0) and `alpha`, starting from their values, within the bounds of the kernel and
        1e-6 to 100 for `alpha`. None keeps them. Takes n_rows^2 numbers and, for each of some
        dozens of evaluations, about n_rows^3 operations and the gradient of the kernel.
    n_restarts_optimizer : int, default=0
        Number of further searches from random starting points.
    random_state : int, RandomState instance or None, default=None
        Draws the starting points.
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
        Number of threads, as for `KernelRegressor`.

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
        The kernel that was used, with optimised variances if there is an `optimizer`.
    alpha_ : float or ndarray of shape (n_targets,)
        The variance of the noise that was used, likewise.
    factor_ : CholeskyFactor or SpectralFactor, or list of them
        Of the training matrix, kept for the posterior: about n_rows^2 / 2 numbers, or
        n_rows^2 with `training_time`. For distinct noises a list, in ascending order.
    log_marginal_likelihood_value_ : float
        Log marginal likelihood of the targets, in normalised units, summed over targets.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X has string column names.

    See Also
    --------
    NNGPRegressorCV : Chooses its own parameters by held-out predictions.
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

    _parameter_constraints: dict = {
        **NetworkRegressor._parameter_constraints,
        "optimizer": [one_of(["fmin_l_bfgs_b"]), None],
        "n_restarts_optimizer": [Interval(Integral, 0, None, closed="left")],
        "random_state": ["random_state"],
    }
    _network_kernel = NNGP

    def __init__(
        self,
        depth=3,
        *,
        activation="relu",
        weight_variance=2.0,
        bias_variance=1.0,
        alpha=0.03,
        training_time=None,
        optimizer=None,
        n_restarts_optimizer=0,
        random_state=None,
        normalize_y=True,
        precision="auto",
        storage=None,
        n_jobs=None,
    ):
        self.depth = depth
        self.activation = activation
        self.weight_variance = weight_variance
        self.bias_variance = bias_variance
        self.alpha = alpha
        self.training_time = training_time
        self.optimizer = optimizer
        self.n_restarts_optimizer = n_restarts_optimizer
        self.random_state = random_state
        self.normalize_y = normalize_y
        self.precision = precision
        self.storage = storage
        self.n_jobs = n_jobs

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Condition the process on the training rows, after optimisation if there is any.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows. float32 stays float32.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, equivalent to repeating rows; a row of weight 0 is left out. The noise of
            a row has variance ``alpha / sample_weight``.

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
        super().fit(X, y, sample_weight)
        y, coefficients = self._y_fit / self.y_scale_, self.dual_coef_ / self.y_scale_
        self.log_marginal_likelihood_value_ = 0.0
        for factor, ridge, targets in self._groups():
            part, solution = y[..., targets], coefficients[..., targets]
            if self.training_time is not None:
                # The likelihood has no time, and weights that differ do not harm this factor.
                A = Gram(self.kernel_, self.X_fit_, ridge / self._weight_fit)
                factor, solution = solve(A, part, precision="float64", n_jobs=self.n_jobs)
            self.log_marginal_likelihood_value_ += log_marginal_likelihood(factor, part, solution)
        return self

    def _ridge(self, X, y, weight):
        alpha = checked_ridge(self.alpha, y)
        if self.optimizer is None:
            self.alpha_ = alpha if alpha.ndim else float(alpha)
            return alpha
        if alpha.ndim > 0:
            raise ValueError(
                "The optimizer finds one noise for all targets: give it one number as alpha."
            )
        self.kernel_, self.alpha_, problem = maximise_likelihood(
            self.kernel_,
            float(alpha),
            X,
            y / self._target_scale(y, weight),
            weight,
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
        return self.alpha_

    def predict(self, X, return_std=False, return_cov=False, include_noise=False):
        """Mean and, if asked for, spread of the posterior.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        return_std : bool, default=False
            Whether to return the standard deviation at each row; never forms a square matrix.
        return_cov : bool, default=False
            Whether to return the covariance between rows; not together with `return_std`.
        include_noise : bool, default=False
            Whether the spread is that of new observations, with noise of variance
            ``alpha_ * y_scale_**2``, rather than that of the function.

        Returns
        -------
        mean : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Posterior mean.
        std : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Posterior standard deviation, in the units of the targets; only if `return_std`.
        cov : ndarray of shape (n_samples, n_samples) or (n_samples, n_samples, n_targets)
            Posterior covariance; only if `return_cov`.

        Raises
        ------
        ValueError
            If both `return_std` and `return_cov` are asked for, or if the covariance overflows.
        """
        result = super().predict(X, return_std=return_std, return_cov=return_cov)
        if not (include_noise and (return_std or return_cov)):
            return result
        mean, spread = result
        noise = np.sqrt(self.alpha_) * self.y_scale_  # its square may overflow
        if return_std:
            return mean, np.hypot(spread, noise).astype(mean.dtype, copy=False)
        rows = np.arange(len(mean))
        spread[rows, rows] += noise**2
        return mean, spread

    def _spread(self, X, factor, ridge, covariance):
        fitted = self.kernel_, self.X_fit_, factor
        if covariance:
            return posterior_covariance(*fitted, X)
        return posterior_variance(*fitted, X, self.n_jobs)

    def log_marginal_likelihood(self, theta=None, eval_gradient=False):
        """Log marginal likelihood of the training targets under the prior.

        Parameters
        ----------
        theta : array-like of shape (n_hyperparameters,), default=None
            Logarithms of bias_variance (unless that is 0), weight_variance and alpha. None
            stands for those that were fitted.
        eval_gradient : bool, default=False
            Whether to return the gradient by theta as well.

        Returns
        -------
        value : float
            In the units in which the targets were normalised, summed over targets.
        gradient : ndarray of shape (n_hyperparameters,)
            Only if `eval_gradient`.

        Raises
        ------
        ValueError
            If theta has another number of entries.
        """
        check_is_fitted(self)
        if theta is None and not eval_gradient:
            return self.log_marginal_likelihood_value_
        if np.ndim(self.alpha_) > 0:
            raise ValueError(
                "With a noise for each target there are no common hyperparameters: leave theta "
                "at None and eval_gradient at False, or fit each target by itself."
            )
        kernel, noise = self.kernel_, self.alpha_
        if theta is not None:
            if np.shape(theta) != (kernel.n_dims + 1,):
                names = [h.name for h in kernel.hyperparameters if not h.fixed] + ["alpha"]
                raise ValueError(
                    f"theta has shape {np.shape(theta)}, but must have {len(names)} entries: the "
                    f"logarithms of {', '.join(names)}."
                )
            kernel, noise = kernel.clone_with_theta(np.array(theta[:-1])), np.exp(theta[-1])
        value, gradient = likelihood_and_gradient(
            kernel,
            noise,
            self.X_fit_,
            self._y_fit / self.y_scale_,
            self._weight_fit,
            self.n_jobs,
        )
        return (value, gradient) if eval_gradient else value
