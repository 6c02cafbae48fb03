"""Regression with the neural tangent kernel."""

from numbers import Integral

from sklearn.utils._param_validation import Interval

from .._inference import ensemble_covariance, ensemble_variance
from ..kernels import NNGP, NTK
from ._base import BaseKernelRegressor
from ._constraints import NETWORK_CONSTRAINTS


class NTKRegressor(BaseKernelRegressor):
    """Infinitely wide network, trained to the end: regression with the neural tangent kernel.

    The prediction is the one that gradient descent on squared loss reaches, on average over
    random initialisations, with a fully connected network whose layers are infinitely wide.
    The standard deviation, the covariance and the samples are those of the trained networks
    over their initialisations: a deep ensemble in closed form. They contain no noise of the
    targets unless it is asked for, and are not a Bayesian posterior; that of a Gaussian process
    with this kernel comes from ``KernelRegressor(NTK())``.

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
    frozen_layers : int, default=0
        Number of layers, from the input, that keep their initial weights; at most `depth`.
    alpha : float or array-like of shape (n_targets,), default=0.03
        Ridge, added to the diagonal of the kernel matrix, in absolute units; on standardised
        data the diagonal itself is about 18 by default. 0 interpolates. An array is a ridge
        for each target, at the price of a factorization for each distinct value.
    solver : {"auto", "cholesky", "eigh"}, default="auto"
        "cholesky" takes n_rows^3 / 3 operations and n_rows^2 / 2 numbers; "eigh", by
        eigenvectors, some 10 n_rows^3 and 2 n_rows^2, in float64, for any training time. "auto"
        is the first unless there is a `training_time`.
    training_time : float, default=None
        For how long gradient flow on the loss sum_i w_i (f(x_i) - y_i)^2 / (2 sum_i w_i), at
        learning rate 1, trains the network. None and infinity are its end; a
        number takes eigenvectors.
    keep_factor : bool, default=False
        Whether to keep the factor of the training matrix, for spreads and, with eigenvectors,
        `staged_predict`: n_rows^2 / 2 numbers, half as much in float32, n_rows^2 for
        eigenvectors, as long as the model lives and wherever it is sent.
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
    kernel_ : NTK
        The kernel that was used.
    alpha_ : float or ndarray of shape (n_targets,)
        The ridge.
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
    NTKRegressorCV : Chooses its own parameters.
    NNGPRegressor : The same network with only its last layer trained; Bayesian inference.
    LaplaceKernel : Nearly the same on the sphere, and cheaper.
    KernelRegressor : Takes kernel objects: residual, normalised or convolutional networks.

    Notes
    -----
    Scale the columns of X first, for instance with ``StandardScaler``.

    References
    ----------
    Jacot, Gabriel and Hongler, Neural Tangent Kernel, NeurIPS 2018. Lee et al., Wide Neural
    Networks of Any Depth Evolve as Linear Models Under Gradient Descent, NeurIPS 2019.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ntk import NTKRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), NTKRegressor(depth=1, alpha=10))
    >>> model.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.45
    True
    """

    _parameter_constraints: dict = {
        **NETWORK_CONSTRAINTS,
        "frozen_layers": [Interval(Integral, 0, None, closed="left")],
        **BaseKernelRegressor._parameter_constraints,
    }

    def __init__(
        self,
        depth=3,
        *,
        activation="relu",
        weight_variance=2.0,
        bias_variance=1.0,
        frozen_layers=0,
        alpha=0.03,
        solver="auto",
        training_time=None,
        keep_factor=False,
        normalize_y=True,
        precision="auto",
        storage=None,
        n_jobs=None,
    ):
        self.depth = depth
        self.activation = activation
        self.weight_variance = weight_variance
        self.bias_variance = bias_variance
        self.frozen_layers = frozen_layers
        self.alpha = alpha
        self.solver = solver
        self.training_time = training_time
        self.keep_factor = keep_factor
        self.normalize_y = normalize_y
        self.precision = precision
        self.storage = storage
        self.n_jobs = n_jobs

    def _make_kernel(self, X, weight):
        return NTK(
            self.depth,
            activation=self.activation,
            weight_variance=self.weight_variance,
            bias_variance=self.bias_variance,
            frozen_layers=self.frozen_layers,
        )

    def _spread(self, X, factor, covariance):
        ntk = self.kernel_
        # The same network at initialisation.
        nngp = NNGP(
            ntk.depth,
            activation=ntk.activation,
            weight_variance=ntk.weight_variance,
            bias_variance=ntk.bias_variance,
        )
        moments = ensemble_covariance if covariance else ensemble_variance
        return moments(ntk, nngp, self.X_fit_, factor, X, self.n_jobs)
