"""What estimators ask of their input, and promise of a fit that fails."""

from functools import wraps

import numpy as np
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from .kernels._pairs import require_rows


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
            "classification use NTKClassifier, KernelClassifierCV or another classifier of "
            "sklearn_ntk."
        ) from None


def checked_rows(estimator, X, y="no_validation", *, sparse=True, **checks):
    """X, and y if there is one, as scikit-learn's `validate_data` checks them in a fit."""
    require_rows(X)
    formats = "csr" if sparse else False
    dtype = [np.float64, np.float32]
    return validate_data(estimator, X, y, accept_sparse=formats, dtype=dtype, **checks)


def fitted_rows(estimator, X, *, sparse=True):
    """X, of the columns that were seen in fit."""
    check_is_fitted(estimator)
    return checked_rows(estimator, X, sparse=sparse, reset=False)


def used_rows(X, sample_weight):
    """An index of the rows of positive weight, and their weights."""
    if sample_weight is None:
        return slice(None), np.ones(X.shape[0])
    weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
    if (weight < 0).any():
        raise ValueError("sample_weight has negative values; weights must be 0 or more.")
    if not weight.any():
        raise ValueError("sample_weight is 0 for every row; give at least one row a weight.")
    used = weight > 0
    weight = np.maximum(weight, 1e-200)  # alpha / weight must not overflow
    return (slice(None), weight) if used.all() else (used, weight[used])


def shares(X, sample_weight):
    """The weights of all rows, of sum 1."""
    used, weight = used_rows(X, sample_weight)
    share = np.zeros(X.shape[0])
    share[used] = weight / weight.max()  # whose sum does not overflow
    return share / share.sum()


def weighted_rows(estimator, X, y, sample_weight, **checks):
    """X and y of positive weight, as `checked_rows` checks them, and the weights."""
    X, y = checked_rows(estimator, X, y, multi_output=True, **checks)
    used, weight = used_rows(X, sample_weight)
    return X[used], y[used], weight


def weighted_mean(values, weight):
    """The mean over rows, also where sums of the values or of the weights would overflow."""
    size = np.abs(values).max(axis=0)
    size = np.where(size > 0, size, 1.0)
    return np.average(values / size, axis=0, weights=weight / weight.max()) * size


def normalized(y, weight, normalize_y):
    """The targets less their mean, the mean, and their standard deviation.

    This is what `normalize_y` means everywhere: without it the mean is 0 and the deviation 1.
    Coefficients are those of the centred targets, which a division would only scale; it is the
    unit of the prior's variance K(x, x), and so of spreads and likelihoods.
    """
    if not normalize_y:
        return y, 0.0, 1.0
    mean = weighted_mean(y, weight)
    y = y - mean
    largest = np.abs(y).max(axis=0)
    largest = np.where(largest > 0, largest, 1.0)  # y**2 may overflow, or underflow to 0
    std = np.sqrt(weighted_mean((y / largest) ** 2, weight)) * largest
    return y, mean, np.where(std > 0, std, 1.0)[()]


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
