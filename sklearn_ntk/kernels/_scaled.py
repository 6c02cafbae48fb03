"""A kernel of rows each of whose columns has a scale of its own."""

from functools import singledispatch

import numpy as np
from scipy import sparse
from sklearn.gaussian_process.kernels import Hyperparameter

from ._input_gradient import contracted
from ._laplace import Laplace
from ._mapped import Mapped, dense
from ._theta_gradient import weighted_sum

# Rows of the identity at a time, through which every pair has a gradient of its own.
UNITS = 32


class Scaled(Mapped):
    """Any kernel of rows whose columns are multiplied by scales, one for each of them.

    ::

        k(x, z) = kernel(x * scales, z * scales)

    A column whose scale is small is nearly ignored, so that what makes the marginal likelihood
    large tells which columns are relevant. Scales and length scales of the kernel say the same
    twice: keep one of them fixed.

    Parameters
    ----------
    kernel : kernel object
        Of `sklearn_ntk.kernels` or scikit-learn, sums, products and powers included. Derivatives
        are known for those that `input_gradient` takes, values for all.
    scales : float or array-like of shape (n_features,), default=1.0
        What columns are multiplied by, in units of 1 over those of the column. A number is the
        same for all.
    scales_bounds : pair of floats, array-like of shape (n_features, 2) or "fixed", \
default=(1e-5, 1e5)
        Range for optimisation.

    See Also
    --------
    theta_gradient : Derivatives by all scales at once, without an array for each.
    sklearn_ntk.ARDRegressor : Learns the scales.

    References
    ----------
    Neal, Bayesian Learning for Neural Networks, 1996, section 1.2.2. Rasmussen and Williams,
    Gaussian Processes for Machine Learning, 2006, section 5.1.

    Examples
    --------
    >>> from sklearn_ntk.kernels import Laplace, Scaled
    >>> kernel = Scaled(Laplace(), [3.0, 4.0, 0.0])
    >>> kernel([[0.0, 0.0, 0.0]], [[1.0, 1.0, 9.0]]).round(4)
    array([[0.0067]])
    """

    def __init__(self, kernel, scales=1.0, scales_bounds=(1e-5, 1e5)):
        self.kernel = kernel
        self.scales = scales
        self.scales_bounds = scales_bounds

    @property
    def hyperparameters(self):
        """Those of the kernel inside, and the scales."""
        return [*super().hyperparameters, self.hyperparameter_scales]

    @property
    def hyperparameter_scales(self):
        return Hyperparameter("scales", "numeric", self.scales_bounds, np.size(self.scales))

    def mapped(self, X):
        """Rows times scales.

        Parameters
        ----------
        X : {ndarray, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        rows : {ndarray, sparse matrix} of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            If there is another number of scales, or if one is negative, infinite or NaN.
        """
        scales = np.asarray(self.scales, dtype=float)
        if scales.shape not in [(), (1,), (X.shape[1],)]:
            raise ValueError(
                f"scales has shape {scales.shape}, but rows have {X.shape[1]} features: give a "
                "number, or one for each of them."
            )
        if not (np.isfinite(scales) & (scales >= 0)).all():
            raise ValueError(f"scales == {self.scales}, must be finite and 0 or more.")
        if sparse.issparse(X):
            return sparse.csr_array(X.multiply(scales[np.newaxis] if scales.ndim else scales))
        return X * scales

    def _value_and_gradient(self, X):
        K, gradient = super()._value_and_gradient(X)
        if not self.hyperparameter_scales.fixed:
            by_columns = pair_gradients(self.kernel, self.mapped(X))
            gradient[..., -np.size(self.scales) :] = self._by_scales(by_columns)
        return K, gradient

    def _by_scales(self, by_columns):
        """Derivatives by the logarithms of the scales, from those by those of all columns."""
        return by_columns if np.size(self.scales) > 1 else by_columns.sum(axis=-1, keepdims=True)


@contracted.register
def _(kernel: Scaled, X, Z, C, factor):
    gradient = contracted(kernel.kernel, kernel.mapped(X), kernel.mapped(Z), C, factor)
    return gradient * np.asarray(kernel.scales, dtype=float)


@weighted_sum.register
def _(kernel: Scaled, X, Z, W):
    U, V = kernel.mapped(X), None if Z is None else kernel.mapped(Z)
    inner = weighted_sum(kernel.kernel, U, V, W)
    if kernel.hyperparameter_scales.fixed:
        return inner
    by_columns = weighted_slopes(kernel.kernel, *centred(kernel.kernel, U, V), W)
    return np.append(inner, kernel._by_scales(by_columns))


@singledispatch
def weighted_slopes(kernel, U, V, W):
    """The derivatives of sum_ab W[a, b] kernel(U[a] * s, V[b] * s) by log s_j at 1.

    V is None for U itself, where W is symmetric. Each scale moves both rows by their own column.
    """

    def side(u, v, w):
        [slopes] = contracted(kernel, u, v, np.ones((1, w.shape[1])), w)
        return np.einsum("nd,nd->d", dense(u), slopes)

    return 2 * side(U, U, W) if V is None else side(U, V, W) + side(V, U, W.T)


@weighted_slopes.register
def _(kernel: Laplace, U, V, W):
    """From the derivatives by squared distances, which are those by ||u||^2, in one product."""
    U, V = dense(U), dense(U if V is None else V)
    by_product, by_distance = np.empty((2, *W.shape))
    kernel.fill_partials(U, V, by_product, by_distance)
    by_distance *= W
    squares = by_distance.sum(axis=1) @ U**2 + by_distance.sum(axis=0) @ V**2
    return 2 * (squares - 2 * np.einsum("nd,nd->d", U, by_distance @ V))


def pair_gradients(kernel, U):
    """The derivatives of kernel(u_a * s, u_b * s) by log s_j at 1, shape (n, n, d)."""
    U, _ = centred(kernel, U, None)
    n = U.shape[0]
    result = np.empty((n, n, U.shape[1]))
    for start in range(0, n, UNITS):
        some = slice(start, min(start + UNITS, n))
        units = np.eye(some.stop - some.start)
        result[:, some] = contracted(kernel, U, U[some], units, 1.0).transpose(1, 0, 2)
    result *= dense(U)[:, np.newaxis]
    result += result.transpose(1, 0, 2).copy()
    return result


def centred(kernel, U, V):
    """Both less a common row, if they are dense and the kernel does not see it: rounding does."""
    if sparse.issparse(U) or not kernel.is_stationary():
        return U, V
    middle = U.mean(axis=0)
    return U - middle, None if V is None else V - middle
