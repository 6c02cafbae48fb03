"""Gaussian process regression with the NNGP kernel."""

from .._constraints import LIKELIHOOD_CONSTRAINTS, NETWORK_CONSTRAINTS
from .._docs import shared_docs
from ..kernels import NNGP
from ._base import BaseKernelRegressor


@shared_docs(keep=True)
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
    $network
    alpha : "auto", float or array-like of shape (n_targets,), default="auto"
        Variance of the noise, added to the diagonal of the kernel matrix, which is about 6 on
        standardised data by default. "auto" chooses it by leave-one-out, as for
        `KernelRegressor`, and then the scale of noise and prior together (`amplitude_`). A
        number is in the absolute units of this prior; 0 interpolates. An array is a noise for
        each target, at the price of a factor for each distinct value, computed and kept.
    $solver
    $optimizer
    $normalize_y
    $precision
    $random_state
    n_jobs : int, default=None
        Number of threads, as for `KernelRegressor`.

    Attributes
    ----------
    $coefficients
    kernel_ : NNGP
        The kernel that was used, with optimised variances if there is an `optimizer`.
    alpha_ : float or ndarray of shape (n_targets,)
        The variance of the noise that was used, likewise.
    $factor

    See Also
    --------
    NNGPRegressorCV : Chooses its own parameters by held-out predictions.
    NTKRegressor : The same network with all its layers trained by gradient descent.
    KernelRegressor : Takes ``NNGP(...)`` with other bounds for the optimizer, among all kernels.

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
        alpha="auto",
        solver="auto",
        tol=1e-7,
        max_iter=1000,
        training_time=None,
        keep_factor=True,
        optimizer=None,
        alpha_bounds=(1e-6, 100.0),
        n_restarts_optimizer=0,
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
        self.alpha = alpha
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.training_time = training_time
        self.keep_factor = keep_factor
        self.optimizer = optimizer
        self.alpha_bounds = alpha_bounds
        self.n_restarts_optimizer = n_restarts_optimizer
        self.normalize_y = normalize_y
        self.precision = precision
        self.storage = storage
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _make_kernel(self, X, weight):
        return NNGP(
            self.depth,
            activation=self.activation,
            weight_variance=self.weight_variance,
            bias_variance=self.bias_variance,
        )
