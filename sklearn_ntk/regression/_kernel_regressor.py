"""Exact kernel regression with any kernel object."""

from functools import wraps
from numbers import Integral, Real
from os import PathLike

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, _fit_context, clone
from sklearn.gaussian_process.kernels import Kernel
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from .._callbacks import CallbackSupportMixin, fit_progress
from .._gram import Gram, kernel_product
from .._warnings import warn
from ..kernels import NTK
from ..kernels._pairs import require_rows
from ..solvers import BLOCK_SIZE, solve


def one_of(names):
    """A constraint whose message lists the names in their order, which that of a set does not."""
    return StrOptions(dict.fromkeys(names).keys())


def all_or_nothing(fit):
    """Decorate a `fit` that leaves the estimator as it was if it fails or is interrupted."""

    @wraps(fit)
    def wrapper(self, *args, **kwargs):
        before = vars(self).copy()
        try:
            return fit(self, *args, **kwargs)
        except BaseException:
            self.__dict__ = before
            raise

    return wrapper


RIDGE = Interval(Real, 0, None, closed="left")
COMMON_CONSTRAINTS = {
    "alpha": [RIDGE, "array-like"],
    "normalize_y": ["boolean"],
    "precision": [one_of(["auto", "float64", "float32", "mixed"])],
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
    alpha : float or array-like of shape (n_targets,), default=0.03
        Ridge, added to the diagonal of the kernel matrix, in absolute units. With
        `sample_weight` w it is ``alpha / w``. 0 interpolates. An array is a ridge for each
        target, at the price of a factorization for each distinct value.
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

    @all_or_nothing
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
        ValueError
            For targets that are labels, or so large or small that the coefficients overflow or
            underflow in their dtype.
        """
        self._fit(X, y, sample_weight)
        return self

    def _fit(self, X, y, sample_weight):
        """Fit, and return a factor for each distinct ridge, the centred targets, the weights."""
        require_rows(X)
        require_numbers(y)
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
        self.intercept_ = weighted_mean(y, weight) if self.normalize_y else 0.0
        y = y - self.intercept_
        self._ridge_fit = self._ridge(X, y, weight)
        groups = ridge_groups(self._ridge_fit, y)
        with np.errstate(over="ignore", invalid="ignore"):  # checked below, with advice
            factors, self.dual_coef_ = self._solve(X, y, weight, groups)
        require_range(self.dual_coef_, y)
        self.X_fit_ = X
        return factors, y, weight

    def _ridge(self, X, y, weight):
        return checked_ridge(self.alpha, y)

    def _solve(self, X, y, weight, groups):
        """What is kept of the factor of each group of targets, and the coefficients."""
        precision = X.dtype.name if self.precision == "auto" else self.precision
        coefficients = np.empty(y.shape, X.dtype if precision == "float32" else np.float64)
        kept = []
        n_steps = len(groups) * -(-X.shape[0] // BLOCK_SIZE)
        with fit_progress(self, X, y, n_steps) as step:
            for ridge, targets in groups:
                factor, coefficients[..., targets] = solve(
                    Gram(self.kernel_, X, ridge / weight),
                    y[..., targets],
                    precision=precision,
                    n_jobs=self.n_jobs,
                    storage=self.storage,
                    progress=step,
                )
                if precision == "mixed" and factor.dtype == np.float64:
                    warn(
                        "The matrix is too ill-conditioned for precision='mixed', and was solved "
                        "in float64 instead. Increase alpha to keep the mixed precision."
                    )
                kept.append(self._kept(factor))
                del factor  # before there is another
        return kept, coefficients

    def _kept(self, factor):
        return None

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
        require_rows(X)
        return validate_data(
            self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def require_numbers(y):
    """Raise a ValueError for targets that are labels of classes."""
    y = np.asarray(y)
    if y.dtype.kind not in "OU" or y.ndim == 0:
        return
    try:
        y.astype(np.float64)
    except TypeError:
        return  # scikit-learn says what else is wrong
    except ValueError:
        raise ValueError(
            f"y holds labels, such as {str(y.flat[0])!r}, but a regressor needs numbers. For "
            "classification use sklearn.svm.SVC(kernel=sklearn_ntk.kernels.NTK()), or this "
            "regressor within sklearn.multiclass.OneVsRestClassifier."
        ) from None


def require_range(coefficients, y):
    """Raise a ValueError where their dtype does not hold the coefficients of the targets y."""
    advice = "Scale the targets, for instance with sklearn.compose.TransformedTargetRegressor"
    limits, size = np.finfo(coefficients.dtype), np.abs(y).max(axis=0)
    if ((size > 0) & (size < limits.tiny / limits.eps)).any():  # from there on digits are lost
        raise ValueError(f"The coefficients underflow in {coefficients.dtype}. {advice}.")
    if not np.isfinite(coefficients).all():
        raise ValueError(
            f"The coefficients overflow in {coefficients.dtype}. {advice}, or increase alpha."
        )


def weighted_mean(values, weight):
    """The mean over rows, also where sums of the values or of the weights would overflow."""
    size = np.abs(values).max(axis=0)
    size = np.where(size > 0, size, 1.0)
    return np.average(values / size, axis=0, weights=weight / weight.max()) * size


def checked_ridge(alpha, y):
    """`alpha` as an array: a single ridge, or one for each column of y.

    Raises
    ------
    ValueError
        If there are too few or too many, or if one is negative, infinite or NaN.
    """
    alpha = np.asarray(alpha, dtype=np.float64)
    if alpha.shape not in [(), y.shape[1:]]:
        wanted = f"or an array of shape {y.shape[1:]}, one for each target" if y.ndim == 2 else ""
        raise ValueError(f"alpha has shape {alpha.shape}; give one number {wanted}".rstrip() + ".")
    if not ((alpha >= 0) & np.isfinite(alpha)).all():
        raise ValueError(f"alpha has values that are not in the range [0, inf): {alpha}.")
    return alpha


def ridge_groups(alpha, y):
    """(ridge, mask of the targets that share it) for each distinct ridge.

    The mask has the shape of a row of y, so that ``y[..., mask]`` has two dimensions always.
    """
    alpha = np.broadcast_to(alpha, y.shape[1:])
    return [(ridge, alpha == ridge) for ridge in np.unique(alpha)]


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
    weight = np.maximum(weight, 1e-200)  # alpha / weight must not overflow
    return (X, y, weight) if used.all() else (X[used], y[used], weight[used])
