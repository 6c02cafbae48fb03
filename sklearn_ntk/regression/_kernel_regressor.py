"""Regression with any kernel object."""

from sklearn.gaussian_process.kernels import Kernel
from sklearn.utils._param_validation import StrOptions

from .._constraints import LIKELIHOOD_CONSTRAINTS
from .._docs import shared_docs
from .._kernel_machine import KernelMachine, kernel_of
from ._base import BaseKernelRegressor


@shared_docs(keep=False)
class KernelRegressor(BaseKernelRegressor):
    """Kernel ridge regression and Gaussian process regression with any scikit-learn kernel.

    Predicts ``K(X*, X) (K(X, X) + alpha I)^-1 (y - intercept_) + intercept_``. The training
    matrix is evaluated block by block into packed storage of about n^2 / 2 numbers and factored
    in place. The same is the mean of the posterior of a Gaussian process with covariance K and
    noise of variance `alpha`, whose standard deviations, covariances, samples and likelihood
    there are as well.

    Parameters
    ----------
    kernel : kernel object, LaplaceKernel or "precomputed", default=None
        Any kernel of `sklearn_ntk.kernels` or `sklearn.gaussian_process.kernels`, sums and
        products included; ``length_scale="scale"`` of kernels that have it is measured on the
        training rows. None stands for ``NTK()``. With "precomputed", X is the kernel matrix:
        K(X, X), of shape (n_samples, n_samples), in fit, and K(X*, X) in predict.
    alpha : "auto", float or array-like of shape (n_targets,), default="auto"
        Ridge, or variance of the noise, added to the diagonal of the kernel matrix. "auto" takes
        the one of 24, relative to the scale of the kernel, whose leave-one-out predictions have
        the least squared error, all targets together, on a random 1,000 of the rows where there
        are more. A number is in absolute units; 0 interpolates. With `sample_weight` w the ridge
        of a row is ``alpha / w``. An array is a ridge for each target, at the price of a
        factorization for each distinct value.
    $solver
    $optimizer
    $normalize_y
    $precision
    $random_state
    n_jobs : int, default=None
        Number of threads that share the blocks of the matrix, BLAS keeping to one thread in
        each; -1 is all cores. None is what ``joblib.parallel_config`` names and, where it names
        nothing, as many as BLAS has been given (``threadpoolctl.threadpool_limits``,
        ``OPENBLAS_NUM_THREADS``). Eigendecompositions keep BLAS's own threads.

    Attributes
    ----------
    $coefficients
    kernel_ : kernel object
        The kernel that was used, with optimised hyperparameters if there is an `optimizer`;
        None if it was precomputed.
    alpha_ : float or ndarray of shape (n_targets,)
        The ridge that was used, likewise.
    $factor

    See Also
    --------
    KernelRegressorCV : Chooses the kernel and the ridge.
    NTKRegressor, NNGPRegressor, LaplaceKernel : The same with the kernel's parameters as
        their own.

    References
    ----------
    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, algorithm 2.1.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ntk import KernelRegressor
    >>> from sklearn_ntk.kernels import NTK, Laplace
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), KernelRegressor(NTK() + Laplace(5.0), alpha=3))
    >>> model.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.45
    True
    """

    _parameter_constraints: dict = {
        "kernel": [Kernel, StrOptions({"precomputed"}), KernelMachine, None],
        **BaseKernelRegressor._parameter_constraints,
        **LIKELIHOOD_CONSTRAINTS,
    }

    def __init__(
        self,
        kernel=None,
        *,
        alpha="auto",
        solver="auto",
        tol=1e-7,
        max_iter=1000,
        training_time=None,
        keep_factor=False,
        optimizer=None,
        alpha_bounds=(1e-6, 100.0),
        n_restarts_optimizer=0,
        normalize_y=True,
        precision="auto",
        storage=None,
        random_state=0,
        n_jobs=None,
    ):
        self.kernel = kernel
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
        return kernel_of(self.kernel, X, weight)

    def _pairwise(self):
        return isinstance(self.kernel, str)
