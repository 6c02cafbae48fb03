"""Gaussian process regression with the NNGP kernel."""

from ..kernels import NNGP
from ._base import BaseKernelRegressor
from ._constraints import LIKELIHOOD_CONSTRAINTS, NETWORK_CONSTRAINTS


class NNGPRegressor(BaseKernelRegressor):
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
        standardised data by default. 0 interpolates. An array is a noise for each target, at the
        price of a factor for each distinct value, computed and kept.
    solver : {"auto", "cholesky", "eigh"}, default="auto"
        "cholesky" takes n_rows^3 / 3 operations and n_rows^2 / 2 numbers; "eigh", by
        eigenvectors, some 10 n_rows^3 and 2 n_rows^2, in float64, for any training time. "auto"
        is the first unless there is a `training_time`.
    training_time : float, default=None
        For how long gradient flow on the loss sum_i w_i (f(x_i) - y_i)^2 / (2 sum_i w_i), at
        learning rate 1, trains the last layer. None and infinity are its end; a
        number takes eigenvectors.
    keep_factor : bool, default=True
        Whether to keep the factor of the training matrix, for spreads and, with eigenvectors,
        `staged_predict`: n_rows^2 / 2 numbers, half as much in float32, n_rows^2 for
        eigenvectors, as long as the model lives and wherever it is sent.
    optimizer : {"fmin_l_bfgs_b"}, default=None
        How to maximise the marginal likelihood over `weight_variance`, `bias_variance` (unless
        it is 0) and `alpha`, starting from their values, within the bounds of `NNGP` and
        `alpha_bounds`; ``KernelRegressor(NNGP(...))`` takes other bounds. None keeps them. Takes
        n_rows^2 numbers and, for each of some dozens of evaluations, about n_rows^3 operations
        and the gradient of the kernel.
    alpha_bounds : pair of floats or "fixed", default=(1e-6, 100.0)
        Range of `alpha` for the optimizer.
    n_restarts_optimizer : int, default=0
        Number of further searches from random starting points within the bounds.
    random_state : int, RandomState instance or None, default=None
        Draws the starting points.
    normalize_y : bool, default=True
        Whether to subtract the (weighted) mean of the targets and to divide by their standard
        deviation. Predictions and spreads are in the original units. The division leaves the
        predictions as they are; it is the unit of the prior's variance K(x, x) and of `alpha`.
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
        The mean that was subtracted from the targets, or 0.
    y_scale_ : float or ndarray of shape (n_targets,)
        Their standard deviation, or 1.
    kernel_ : NNGP
        The kernel that was used, with optimised variances if there is an `optimizer`.
    alpha_ : float or ndarray of shape (n_targets,)
        The variance of the noise that was used, likewise.
    solver_ : {"cholesky", "eigh"}
        The solver that was used.
    factor_ : object, list of objects or None
        Of the training matrix, with ``solve(B)``, ``half_solve(B)`` and ``log_determinant()``; a
        list, in ascending order, for distinct ridges; None without `keep_factor`.
    log_marginal_likelihood_value_ : float
        Log marginal likelihood of the normalised targets, summed over targets.
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
        **NETWORK_CONSTRAINTS,
        **BaseKernelRegressor._parameter_constraints,
        **LIKELIHOOD_CONSTRAINTS,
    }

    def __init__(
        self,
        depth=3,
        *,
        activation="relu",
        weight_variance=2.0,
        bias_variance=1.0,
        alpha=0.03,
        solver="auto",
        training_time=None,
        keep_factor=True,
        optimizer=None,
        alpha_bounds=(1e-6, 100.0),
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
        self.solver = solver
        self.training_time = training_time
        self.keep_factor = keep_factor
        self.optimizer = optimizer
        self.alpha_bounds = alpha_bounds
        self.n_restarts_optimizer = n_restarts_optimizer
        self.random_state = random_state
        self.normalize_y = normalize_y
        self.precision = precision
        self.storage = storage
        self.n_jobs = n_jobs

    def _make_kernel(self, X, weight):
        return NNGP(
            self.depth,
            activation=self.activation,
            weight_variance=self.weight_variance,
            bias_variance=self.bias_variance,
        )
