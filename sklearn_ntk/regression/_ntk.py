"""Regression with the neural tangent kernel."""

from .._gram import Gram
from .._inference import ensemble_covariance, ensemble_variance
from .._solvers import cholesky
from ..kernels import NNGP, NTK
from ._network import NetworkRegressor


class NTKRegressor(NetworkRegressor):
    """Infinitely wide network, trained to the end: regression with the neural tangent kernel.

    The prediction is the one that gradient descent on squared loss reaches, on average over
    random initialisations, with a fully connected network whose layers are infinitely wide.
    The standard deviation, the covariance and the samples are those of the trained networks
    over their initialisations: a deep ensemble in closed form. They contain no noise of the
    targets, and are not a Bayesian posterior.

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
        Ridge, added to the diagonal of the kernel matrix, in absolute units; on standardised
        data the diagonal itself is about 18 by default. 0 interpolates. An array is a ridge
        for each target, at the price of a factorization for each distinct value.
    training_time : float, default=None
        For how long gradient flow on the loss sum_i w_i (f(x_i) - y_i)^2 / (2 sum_i w_i), at
        learning rate 1, trains the network. None is the end, by a Cholesky factorization. A
        number, also infinity, takes an eigendecomposition in float64 instead (two square
        matrices of memory at its peak, one kept), and allows `staged_predict`.
    normalize_y : bool, default=True
        Whether to subtract the (weighted) mean of the targets and to divide by their standard
        deviation; predictions are in the original units. The division changes the spread
        only: networks start with outputs of variance K(x, x) in units of the scaled targets.
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
        Coefficients of the training rows.
    X_fit_ : {ndarray, sparse matrix} of shape (n_rows, n_features)
        The training rows of positive weight.
    intercept_ : float or ndarray of shape (n_targets,)
        What was subtracted from the targets.
    y_scale_ : float or ndarray of shape (n_targets,)
        What the targets were divided by.
    kernel_ : NTK
        The kernel that was used.
    factor_ : EighFactor, list of EighFactor or None
        Of the training matrix, n_rows^2 numbers; for distinct ridges a list, ascending, that
        shares them. None in its place without `training_time`: nothing of that size is kept
        then, and each call for a spread factors the matrix once more.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X has string column names.

    See Also
    --------
    NTKRegressorCV : Chooses its own parameters.
    NNGPRegressor : The same network with only its last layer trained; Bayesian inference.
    LaplaceKernel : Nearly the same on the sphere, and cheaper.

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

    _network_kernel = NTK

    def __init__(
        self,
        depth=3,
        *,
        activation="relu",
        weight_variance=2.0,
        bias_variance=1.0,
        alpha=0.03,
        training_time=None,
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
        self.normalize_y = normalize_y
        self.precision = precision
        self.storage = storage
        self.n_jobs = n_jobs

    def _kept(self, factor):
        # Predictions do without a factor, and it is the largest thing by far.
        return None

    def _spread(self, X, factor, ridge, covariance):
        ntk = self.kernel_
        # The same network at initialisation.
        nngp = NNGP(
            ntk.depth,
            activation=ntk.activation,
            weight_variance=ntk.weight_variance,
            bias_variance=ntk.bias_variance,
        )
        if factor is None:
            A = Gram(ntk, self.X_fit_, ridge / self._weight_fit)
            factor = cholesky(A, n_jobs=self.n_jobs, storage=self.storage)
        moments = ensemble_covariance if covariance else ensemble_variance
        return moments(ntk, nngp, self.X_fit_, factor, X, self.n_jobs)
