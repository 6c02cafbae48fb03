"""Length scales that are measured on the rows: what "scale" stands for."""

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.gaussian_process.kernels import Kernel
from sklearn.utils.sparsefuncs import mean_variance_axis, min_max_axis
from sklearn.utils.validation import _check_sample_weight


def at_scale(kernel, X, weight=None):
    """A copy of the kernel in which each length_scale="scale" is the number measured on X.

    Parameters
    ----------
    kernel : scikit-learn kernel object
        Sums, products and powers included.
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        Rows.
    weight : ndarray of shape (n_samples,), default=None
        Their weights.

    Returns
    -------
    kernel : kernel object
    """
    kernel = clone(kernel)
    if hasattr(kernel, "scale") and is_scale(getattr(kernel, "length_scale", None)):
        kernel.set_params(length_scale=kernel.scale(X, weight))
    rows = kernel.mapped(X) if hasattr(kernel, "mapped") else X
    for name, part in kernel.get_params(deep=False).items():
        if isinstance(part, Kernel):
            kernel.set_params(**{name: at_scale(part, rows, weight)})
    return kernel


def require_number(kernel):
    """Raise a ValueError if the length scale of a kernel is still to be measured."""
    if is_scale(kernel.length_scale):
        raise ValueError(
            "length_scale='scale' is measured on the training rows by the estimators of this "
            "package. Elsewhere set a number: length_scale=kernel.scale(X)."
        )


def is_scale(length_scale):
    return isinstance(length_scale, str) and length_scale == "scale"


def typical_distance(X, weight, norm, multiple):
    """multiple * (sum_j r_j^norm)^(1/norm), r_j the root mean square difference in column j.

    The distance counts as 1 if it is 0. In O(n d).
    """
    deviations = column_deviations(X, weight)
    moving = deviations > 0
    if not moving.any():
        return float(multiple)
    largest = np.frexp(deviations.max())[1]
    differences = np.sqrt(2) * np.ldexp(deviations[moving], -largest)
    with np.errstate(over="ignore", under="ignore"):
        distance = np.ldexp(multiple * np.sum(differences**norm) ** (1 / norm), largest)
    if not np.isfinite(distance):
        raise ValueError(
            "The typical distance of these rows is beyond the largest number. Standardise their "
            "columns, for instance with StandardScaler, or set length_scale to a number."
        )
    return float(distance)


def column_deviations(X, weight=None):
    """The standard deviation of each column, exactly 0 if it is constant.

    For rows of any size: each column is divided by a power of 2 beforehand.

    Parameters
    ----------
    X : {ndarray, sparse matrix} of shape (n, n_features)
    weight : ndarray of shape (n,), default=None

    Returns
    -------
    deviations : ndarray of shape (n_features,)
    """
    if weight is not None:
        weight = _check_sample_weight(weight, X, dtype=np.float64)
        if (weight < 0).any() or not weight.any():
            raise ValueError("Weights must be 0 or more, and that of at least one row positive.")
        X, weight = X[weight > 0], weight[weight > 0]
        weight = weight / weight.max()  # their sum may overflow
    low, high = min_max_axis(X, axis=0) if sparse.issparse(X) else (X.min(axis=0), X.max(axis=0))
    varies = np.flatnonzero(low < high)  # in others the mean may round
    deviations = np.zeros(X.shape[1])
    if varies.size:
        size = np.frexp(np.maximum(-low, high))[1][varies]
        variance = _variances(X[:, varies], size, weight)
        deviations[varies] = np.ldexp(np.sqrt(variance), size)
    return deviations


def _variances(X, size, weight):
    """Those of the columns of X / 2^size; a sparse X is overwritten."""
    if sparse.issparse(X):
        X.sum_duplicates()
        X.data = np.ldexp(X.data, -size[X.indices])
        return mean_variance_axis(X, axis=0, weights=weight)[1]
    X = np.ldexp(X, -size)
    X -= np.average(X, axis=0, weights=weight)
    return np.average(np.square(X, out=X), axis=0, weights=weight)
