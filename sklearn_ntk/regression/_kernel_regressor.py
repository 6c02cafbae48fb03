"""Exact kernel regression with any kernel object."""

from numbers import Integral, Real
from os import PathLike

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, _fit_context, clone
from sklearn.gaussian_process.kernels import Kernel
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from .._callbacks import CallbackSupportMixin, fit_progress
from .._gram import Gram, kernel_product
from ..kernels import NTK
from ..solvers import BLOCK_SIZE, solve

COMMON_CONSTRAINTS = {
    "alpha": [Interval(Real, 0, None, closed="left")],
    "normalize_y": ["boolean"],
    "precision": [StrOptions({"auto", "float64", "float32", "mixed"})],
    "storage": [str, PathLike, None],
    "n_jobs": [Integral, None],
}


class KernelRegressor(CallbackSupportMixin, MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Kernel ridge regression with any scikit-learn kernel object, in half a matrix of memory.

    Predicts ``K(X*, X) (K(X, X) + alpha I)^-1 (y - intercept_) + intercept_``. The training
    matrix is evaluated block by block into packed storage of about n^2 / 2 numbers and
    factored in place.

    Parameters
    ----------
    kernel : kernel object, default=None
        Any kernel of `sklearn_ntk.kernels` or `sklearn.gaussian_process.kernels`, sums and
        products included; its hyperparameters are used as they are. None stands for
        ``NTK()``.
    alpha : float, default=0.03
        Ridge, added to the diagonal of the kernel matrix, in absolute units. With
        `sample_weight` w it is ``alpha / w``. 0 interpolates.
    normalize_y : bool, default=True
        Whether to subtract the (weighted) mean of the targets before solving.
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
        Coefficients of the training rows.
    X_fit_ : {ndarray, sparse matrix} of shape (n_rows, n_features)
        The training rows of positive weight.
    intercept_ : float or ndarray of shape (n_targets,)
        What was subtracted from the targets.
    kernel_ : kernel object
        The kernel that was used.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X has string column names.

    See Also
    --------
    NTKRegressor, NNGPRegressor, LaplaceKernel : The same with the kernel's parameters as
        their own.

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

    _parameter_constraints: dict = {"kernel": [Kernel, None], **COMMON_CONSTRAINTS}

    def __init__(
        self,
        kernel=None,
        *,
        alpha=0.03,
        normalize_y=True,
        precision="auto",
        storage=None,
        n_jobs=None,
    ):
        self.kernel = kernel
        self.alpha = alpha
        self.normalize_y = normalize_y
        self.precision = precision
        self.storage = storage
        self.n_jobs = n_jobs

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Solve for the coefficients, in n^3 / 3 operations.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows. float32 stays float32.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, equivalent to repeating rows; a row of weight 0 is left out.

        Returns
        -------
        self : object

        Raises
        ------
        numpy.linalg.LinAlgError
            If the matrix is singular to working precision; increase `alpha`.
        """
        self._fit(X, y, sample_weight)
        return self

    def _fit(self, X, y, sample_weight):
        """Fit, and return the factor, the centred targets and the weights."""
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            copy=True,
            multi_output=True,
            y_numeric=True,
        )
        X, y, weight = weighted_rows(X, y.astype(np.float64), sample_weight)
        self.kernel_ = self._make_kernel(X, weight)
        self.intercept_ = np.average(y, axis=0, weights=weight) if self.normalize_y else 0.0
        y = y - self.intercept_
        alpha = self._ridge(X, y, weight)
        factor, self.dual_coef_ = self._solve(X, y, weight, alpha)
        self.X_fit_ = X
        return factor, y, weight

    def _ridge(self, X, y, weight):
        return self.alpha

    def _solve(self, X, y, weight, alpha):
        with fit_progress(self, X, y, n_steps=-(-X.shape[0] // BLOCK_SIZE)) as step:
            return solve(
                Gram(self.kernel_, X, alpha / weight),
                y,
                precision=X.dtype.name if self.precision == "auto" else self.precision,
                n_jobs=self.n_jobs,
                storage=self.storage,
                progress=step,
            )

    def _make_kernel(self, X, weight):
        return NTK() if self.kernel is None else clone(self.kernel)

    def predict(self, X):
        """Predict, holding one block of the kernel matrix for each job at a time.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Predictions, float32 if fit and predict both saw float32.
        """
        X = self._check_rows(X)
        y = kernel_product(self.kernel_, X, self.X_fit_, self.dual_coef_, self.n_jobs)
        return (y + self.intercept_).astype(np.result_type(X, self.X_fit_), copy=False)

    def _check_rows(self, X):
        check_is_fitted(self)
        return validate_data(
            self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def weighted_rows(X, y, sample_weight):
    """The rows of positive weight, their targets and their weights."""
    if sample_weight is None:
        return X, y, np.ones(X.shape[0])
    weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
    if (weight < 0).any():
        raise ValueError("sample_weight has negative values; weights must be 0 or more.")
    if not weight.any():
        raise ValueError("sample_weight is 0 for every row; give at least one row a weight.")
    used = weight > 0
    return (X, y, weight) if used.all() else (X[used], y[used], weight[used])
