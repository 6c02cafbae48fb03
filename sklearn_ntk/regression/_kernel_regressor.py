"""Regression with any kernel object."""

from sklearn.base import clone
from sklearn.gaussian_process.kernels import Kernel
from sklearn.utils._param_validation import StrOptions

from ..kernels import NTK
from ._base import BaseKernelRegressor
from ._constraints import LIKELIHOOD_CONSTRAINTS


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
        products included. None stands for ``NTK()``. With "precomputed", X is the kernel
        matrix: K(X, X), of shape (n_samples, n_samples), in fit, and K(X*, X) in predict.
    alpha : float or array-like of shape (n_targets,), default=0.03
        Ridge, or variance of the noise, added to the diagonal of the kernel matrix, in absolute
        units. With `sample_weight` w it is ``alpha / w``. 0 interpolates. An array is a ridge for
        each target, at the price of a factorization for each distinct value.
    solver : {"auto", "cholesky", "eigh"}, default="auto"
        "cholesky" takes n_rows^3 / 3 operations and n_rows^2 / 2 numbers; "eigh", by
        eigenvectors, some 10 n_rows^3 and 2 n_rows^2, in float64, for any training time. "auto"
        is the first unless there is a `training_time`.
    training_time : float, default=None
        For how long gradient flow on the loss sum_i w_i (f(x_i) - y_i)^2 / (2 sum_i w_i), at
        learning rate 1, trains the coefficients of K's features. None and infinity are its end; a
        number takes eigenvectors.
    keep_factor : bool, default=False
        Whether to keep the factor of the training matrix, for spreads and, with eigenvectors,
        `staged_predict`: n_rows^2 / 2 numbers, half as much in float32, n_rows^2 for
        eigenvectors, as long as the model lives and wherever it is sent.
    optimizer : {"fmin_l_bfgs_b"}, default=None
        How to maximise the marginal likelihood over the free hyperparameters of the kernel and
        `alpha`, starting from their values, within their bounds. None keeps them. Takes
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
        Number of threads that share the blocks of the matrix, BLAS keeping to one thread in
        each; -1 is all cores. None is what ``joblib.parallel_config`` names and, where it names
        nothing, as many as BLAS has been given (``threadpoolctl.threadpool_limits``,
        ``OPENBLAS_NUM_THREADS``). Eigendecompositions keep BLAS's own threads.

    Attributes
    ----------
    dual_coef_ : ndarray of shape (n_rows,) or (n_rows, n_targets)
        Coefficients of the training rows, in the units of the targets.
    X_fit_ : {ndarray, sparse matrix} of shape (n_rows, n_features)
        The training rows of positive weight; none if the kernel was precomputed.
    intercept_ : float or ndarray of shape (n_targets,)
        The mean that was subtracted from the targets, or 0.
    y_scale_ : float or ndarray of shape (n_targets,)
        Their standard deviation, or 1.
    kernel_ : kernel object
        The kernel that was used, with optimised hyperparameters if there is an `optimizer`;
        None if it was precomputed.
    alpha_ : float or ndarray of shape (n_targets,)
        The ridge that was used, likewise.
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
        "kernel": [Kernel, StrOptions({"precomputed"}), BaseKernelRegressor, None],
        **BaseKernelRegressor._parameter_constraints,
        **LIKELIHOOD_CONSTRAINTS,
    }

    def __init__(
        self,
        kernel=None,
        *,
        alpha=0.03,
        solver="auto",
        training_time=None,
        keep_factor=False,
        optimizer=None,
        alpha_bounds=(1e-6, 100.0),
        n_restarts_optimizer=0,
        random_state=None,
        normalize_y=True,
        precision="auto",
        storage=None,
        n_jobs=None,
    ):
        self.kernel = kernel
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
        if self.kernel is None:
            return NTK()
        if self._pairwise():
            return None
        if isinstance(self.kernel, BaseKernelRegressor):
            return self.kernel._make_kernel(X, weight)
        return clone(self.kernel)

    def _pairwise(self):
        return isinstance(self.kernel, str)
