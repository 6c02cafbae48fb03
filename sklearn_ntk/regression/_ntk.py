"""Regression with the neural tangent kernel."""

from numbers import Integral

from sklearn.utils._param_validation import Interval

from .._constraints import NETWORK_CONSTRAINTS
from .._docs import shared_docs
from .._inference import ensemble_covariance, ensemble_variance
from ..kernels import NNGP, NTK
from ._base import BaseKernelRegressor


@shared_docs(keep=False)
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
    $network
    frozen_layers : int, default=0
        Number of layers, from the input, that keep their initial weights; at most `depth`.
    alpha : "auto", float or array-like of shape (n_targets,), default="auto"
        Ridge, added to the diagonal of the kernel matrix, which on standardised data is about
        18 by default. "auto" chooses it by leave-one-out, as for `KernelRegressor`; a number is
        in absolute units, and 0 interpolates. An array is a ridge for each target.
    $solver
    $normalize_y
    $precision
    $random_state
    n_jobs : int, default=None
        Number of threads, as for `KernelRegressor`.

    Attributes
    ----------
    $coefficients
    kernel_ : NTK
        The kernel that was used.
    alpha_ : float or ndarray of shape (n_targets,)
        The ridge.
    $factor

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
        alpha="auto",
        solver="auto",
        tol=1e-7,
        max_iter=1000,
        training_time=None,
        keep_factor=False,
        normalize_y=True,
        precision="auto",
        storage=None,
        random_state=0,
        n_jobs=None,
    ):
        self.depth = depth
        self.activation = activation
        self.weight_variance = weight_variance
        self.bias_variance = bias_variance
        self.frozen_layers = frozen_layers
        self.alpha = alpha
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.training_time = training_time
        self.keep_factor = keep_factor
        self.normalize_y = normalize_y
        self.precision = precision
        self.storage = storage
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _make_kernel(self, X, weight):
        return NTK(
            self.depth,
            activation=self.activation,
            weight_variance=self.weight_variance,
            bias_variance=self.bias_variance,
            frozen_layers=self.frozen_layers,
        )

    def _amplitude(self):
        return 1.0  # the variances of the initial weights are what they are

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
