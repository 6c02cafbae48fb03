"""Regression by a finite network and gradient descent."""

import math
from copy import deepcopy
from numbers import Integral, Real

import numpy as np
from sklearn.base import MultiOutputMixin, RegressorMixin, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import Interval

from .._callbacks import CallbackSupportMixin, fit_progress
from .._constraints import NETWORK_CONSTRAINTS
from .._docs import shared_docs
from .._estimator import Estimator
from .._validation import (
    all_or_nothing,
    fitted_rows,
    normalized,
    one_of,
    require_numbers,
    shares,
    weighted_rows,
)
from .._warnings import warn
from ._finite_network import FiniteNetwork

# Least number of steps. With wt, the training time in units of what a direction of the kernel
# needs, k steps leave (wt)^2 exp(-wt) / (2 k) < 0.28 / k of a target that gradient flow does not.
LEAST_STEPS = 100
SMALLER_STEPS = (
    "Lower learning_rate, scale the targets or leave normalize_y at True, or increase width."
)


@shared_docs()
class FiniteNetworkRegressor(MultiOutputMixin, RegressorMixin, CallbackSupportMixin, Estimator):
    """Network of finite width, trained by gradient descent in all its layers.

    What `NTKRegressor` is the limit of: for large `width` the predictions over random
    initialisations have the mean and the standard deviation of
    ``NTKRegressor(depth, alpha=0, training_time=training_time)``. The function at initialisation
    is part of the prediction, as of any network's, so that the mean over several `random_state` is
    closer to the target than one of them.

    Parameters
    ----------
    depth : int, default=1
        Number of hidden layers.
    width : int, default=512
        Units of each.
    activation : str, Activation or callable, default="relu"
        Nonlinearity of the hidden layers, as for `NTK`.
    weight_variance : float, default=2.0
        Variance of each initial weight times its fan-in; positive.
    bias_variance : float, default=1.0
        Variance of each initial bias; 0 is a network without biases.
    training_time : float, default=100.0
        Steps times learning rate on the loss sum_i w_i ||f(x_i) - y_i||^2 / (2 sum_i w_i), in the
        units of `NTKRegressor`. Acts as a ridge of about n_samples over it.
    learning_rate : "auto" or float, default="auto"
        The largest step; it is shortened so that whole steps take `training_time`. "auto" is 1
        over the largest eigenvalue of the tangent kernel at initialisation over n_samples, half of
        what diverges, or a hundredth of `training_time`, which keeps each direction within 0.3 %
        of gradient flow.
    max_iter : int, default=2000
        Steps after which training stops short of `training_time` with a `ConvergenceWarning`.
    normalize_y : bool, default=True
        Whether to subtract the (weighted) mean of the targets and to divide by their standard
        deviation, so that the function at initialisation, and how far training has to go, are in
        units of it. Predictions are in the original units.
    random_state : int, RandomState instance or None, default=None
        Draws the weights and biases; None draws anew in each fit.

    Attributes
    ----------
    network_ : FiniteNetwork
        After training; predicts normalised targets.
    initial_network_ : FiniteNetwork
        As it was drawn.
    intercept_ : float or ndarray of shape (n_targets,)
        The mean that was subtracted from the targets, or 0.
    y_scale_ : float or ndarray of shape (n_targets,)
        Their standard deviation, or 1.
    learning_rate_ : float
        The step that was used.
    n_iter_ : int
        Number of steps; times `learning_rate_` it is the training time.
    loss_curve_ : ndarray of shape (`n_iter_` + 1,)
        Loss of the normalised targets, summed over them, before each step and after the last.
    $seen

    See Also
    --------
    sklearn_ntk.NTKRegressor : The limit of infinite width, without any draw.
    EmpiricalNTK : The kernel of the network at initialisation, for kernel regression.

    Notes
    -----
    Scale the columns of X first, for instance with ``StandardScaler``: the number of steps grows
    with the square of their units. Each of them takes, for each row, ``4 * n_features * width +
    6 * (depth - 1) * width**2`` operations and ``4 * depth * width`` numbers, in float64.

    References
    ----------
    Jacot, Gabriel and Hongler, Neural Tangent Kernel, NeurIPS 2018. Lee et al., Wide Neural
    Networks of Any Depth Evolve as Linear Models Under Gradient Descent, NeurIPS 2019, theorem 2.1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk.networks import FiniteNetworkRegressor
    >>> X = np.linspace(-2, 2, 20)[:, np.newaxis]
    >>> model = FiniteNetworkRegressor(random_state=0).fit(X, np.sin(X[:, 0]))
    >>> model.score(X, np.sin(X[:, 0])) > 0.95
    True
    >>> model.kernel_change(X) < 0.2
    True
    """

    _parameter_constraints: dict = {
        **NETWORK_CONSTRAINTS,
        "width": [Interval(Integral, 1, None, closed="left")],
        "training_time": [Interval(Real, 0, None, closed="left")],
        "learning_rate": [one_of(["auto"]), Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "normalize_y": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        depth=1,
        *,
        width=512,
        activation="relu",
        weight_variance=2.0,
        bias_variance=1.0,
        training_time=100.0,
        learning_rate="auto",
        max_iter=2000,
        normalize_y=True,
        random_state=None,
    ):
        self.depth = depth
        self.width = width
        self.activation = activation
        self.weight_variance = weight_variance
        self.bias_variance = bias_variance
        self.training_time = training_time
        self.learning_rate = learning_rate
        self.max_iter = max_iter
        self.normalize_y = normalize_y
        self.random_state = random_state

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Draw a network and train it.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, equivalent to repeating rows; a row of weight 0 is left out.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If X or y cannot be used, the rows are so large that the tangent kernel overflows, or
            training diverges.
        """
        require_numbers(y)
        X, y, weight = weighted_rows(self, X, y, sample_weight, y_numeric=True)
        self._dtype = X.dtype
        y, self.intercept_, self.y_scale_ = normalized(y, weight, self.normalize_y)
        self._targets = y.shape[1:]
        X = X.astype(np.float64, copy=False)
        Y = (y / self.y_scale_).reshape(len(y), -1).astype(np.float64, copy=False)
        weight = shares(X, weight)
        self.initial_network_ = FiniteNetwork.draw(
            X.shape[1],
            Y.shape[1],
            depth=self.depth,
            width=self.width,
            activation=self.activation,
            weight_variance=self.weight_variance,
            bias_variance=self.bias_variance,
            random_state=self.random_state,
        )
        with fit_progress(self, X, y) as progress:
            self.n_iter_ = self._steps(X, weight)
            self._train(X, Y, weight, progress(self.n_iter_, "gradient descent", "step"))
        return self

    def _steps(self, X, weight):
        """How many steps to take; finds `learning_rate_`."""
        step = self.learning_rate
        if isinstance(step, str):
            with np.errstate(over="ignore", invalid="ignore"):  # checked, with advice
                largest = self.initial_network_._largest_eigenvalue(X, weight)
            if not np.isfinite(self.training_time * largest):
                raise ValueError(
                    "The tangent kernel overflows. Scale the rows, for instance with "
                    "sklearn.preprocessing.StandardScaler, or lower weight_variance."
                )
            step = self.training_time / max(self.training_time * largest, LEAST_STEPS)
        # Rounding must not make one step more of a time that is a multiple of the step.
        n_steps = math.ceil(self.training_time / step * (1 - 1e-12)) if step else 0
        self.learning_rate_ = self.training_time / n_steps if n_steps else 0.0
        if n_steps > self.max_iter:
            warn(
                f"Training stopped after max_iter={self.max_iter} of {n_steps:.4g} steps, at time "
                f"{self.max_iter * self.learning_rate_:.3g} of {self.training_time:g}. Scale the "
                "rows, for instance with sklearn.preprocessing.StandardScaler, increase max_iter, "
                "or lower training_time.",
                ConvergenceWarning,
            )
        return min(n_steps, self.max_iter)

    def _train(self, X, Y, weight, done):
        self.network_ = network = deepcopy(self.initial_network_)
        self.loss_curve_ = np.empty(self.n_iter_ + 1)
        with np.errstate(over="ignore", invalid="ignore"):  # checked, with advice
            for i in range(self.n_iter_):
                self.loss_curve_[i] = network._descend(X, Y, self.learning_rate_, weight)
                self._require_finite_loss(i)
                done()
            errors = network.forward(X) - Y
            self.loss_curve_[-1] = weight @ (errors**2).sum(axis=1) / 2
        self._require_finite_loss(self.n_iter_)
        if self.loss_curve_.max() > self.loss_curve_[0]:
            warn(
                "The loss rose beyond that of the network at initialisation, which gradient flow "
                f"cannot do: steps of {self.learning_rate_:.3g} are too large. {SMALLER_STEPS}",
                ConvergenceWarning,
            )

    def _require_finite_loss(self, n_steps):
        if not np.isfinite(self.loss_curve_[n_steps]):
            raise ValueError(
                f"Training diverged: after {n_steps} steps of {self.learning_rate_:.3g} the loss "
                f"is not finite. {SMALLER_STEPS}"
            )

    def predict(self, X):
        """Predict.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Predictions, float32 if fit and predict both saw float32.
        """
        X = fitted_rows(self, X)
        y = self.network_.forward(X).reshape(-1, *self._targets)
        y = y * self.y_scale_ + self.intercept_
        return y.astype(np.result_type(X.dtype, self._dtype), copy=False)

    def kernel_change(self, X):
        """By how much training has changed the tangent kernel.

        It falls about like 1 / width, faster than what the kernel at initialisation is off by,
        1 / sqrt(width): wide networks keep the kernel that they are drawn with.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        change : float
            Frobenius norm of the difference of the kernels of `network_` and `initial_network_`,
            over that of the latter.

        References
        ----------
        Dyer and Gur-Ari, Asymptotics of Wide Networks from Feynman Diagrams, ICLR 2020.
        """
        X = fitted_rows(self, X)
        before, after = (
            network.tangent_kernel(X) for network in (self.initial_network_, self.network_)
        )
        return float(np.linalg.norm(after - before) / np.linalg.norm(before))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
