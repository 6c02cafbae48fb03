"""The Laplace kernel and its gamma-exponential family."""

from numbers import Real

import numpy as np
from scipy import sparse
from sklearn.gaussian_process.kernels import (
    Hyperparameter,
    NormalizedKernelMixin,
    StationaryKernelMixin,
)
from sklearn.utils.extmath import row_norms

from ._base import Kernel
from ._pairs import (
    buffers,
    check_number,
    check_rows,
    fill_tiles,
    inner_products,
    squared_distances,
)

# Below this fraction of ||x||^2 + ||z||^2, ||x - z||^2 is summed from differences: above it,
# the distance from the inner product is still right to about 1e-14 of the norms.
CLOSE = 1e-4


class Laplace(StationaryKernelMixin, NormalizedKernelMixin, Kernel):
    """Laplace kernel, and the gamma-exponential family around it.

    ::

        k(x, z) = exp(-(||x - z||_2 / length_scale)^exponent)

    With exponent 1 this is the Laplace kernel, equal to scikit-learn's ``Matern(nu=0.5)`` and
    on the sphere nearly the neural tangent kernel of a ReLU network; with exponent 2 it is a
    Gaussian. The distance is the Euclidean one, while scikit-learn's ``laplacian_kernel``
    uses the L1 distance. Works wherever scikit-learn takes a kernel object.

    Parameters
    ----------
    length_scale : float, default=1.0
        The distance, in the units of the rows, at which the kernel has fallen to 1/e.
    exponent : float, default=1.0
        Smoothness, in (0, 2].
    length_scale_bounds : pair of floats or "fixed", default=(1e-5, 1e5)
        Range for optimisation by GaussianProcessRegressor.

    References
    ----------
    Geifman et al., On the Similarity between the Laplace and Neural Tangent Kernels,
    NeurIPS 2020. Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006,
    equation 4.18.

    Examples
    --------
    >>> from sklearn_ntk.kernels import Laplace
    >>> Laplace(length_scale=5.0)([[0.0, 0.0]], [[3.0, 4.0]]).round(4)
    array([[0.3679]])
    """

    def __init__(self, length_scale=1.0, *, exponent=1.0, length_scale_bounds=(1e-5, 1e5)):
        self.length_scale = length_scale
        self.exponent = exponent
        self.length_scale_bounds = length_scale_bounds

    @property
    def hyperparameter_length_scale(self):
        return Hyperparameter("length_scale", "numeric", self.length_scale_bounds)

    def __call__(self, X, Y=None, eval_gradient=False):
        """The kernel matrix.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
            Rows.
        Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features), default=None
            Other rows. None stands for X and costs half.
        eval_gradient : bool, default=False
            Whether to return the gradient as well; only for ``Y=None``.

        Returns
        -------
        K : ndarray of shape (n_samples_X, n_samples_Y)
            Kernel values, float64 for every input.
        K_gradient : ndarray of shape (n_samples_X, n_samples_X, n_dims)
            Derivative by log(length_scale), with an empty last axis if that is fixed; only
            if `eval_gradient`.

        Raises
        ------
        ValueError, TypeError
            For parameters out of range, NaN or infinite values, or unequal numbers of
            features.
        """
        if eval_gradient and Y is not None:
            raise ValueError("The gradient is only defined for Y=None.")
        X, Y = self._check(X, Y)
        K = np.empty((X.shape[0], (X if Y is None else Y).shape[0]))
        if not eval_gradient:
            self._fill(X, Y, K)
            return K
        powers = np.empty_like(K)
        self._fill(X, None, K, powers)
        free = not self.hyperparameter_length_scale.fixed
        # Where K has underflown the power may be infinite; the product is 0 all the same.
        np.multiply(powers, K, out=powers, where=K > 0)
        powers[K == 0] = 0
        return K, (self.exponent * powers)[:, :, np.newaxis][:, :, : int(free)]

    def fill(self, X, Y, out):
        """Write the kernel matrix to an array, of any precision.

        Parameters
        ----------
        X, Y : {array-like, sparse matrix}
            As for a call.
        out : ndarray of shape (n_samples_X, n_samples_Y)
            Overwritten.
        """
        self._fill(*self._check(X, Y), out)

    def _check(self, X, Y):
        check_number(self.length_scale, "length_scale", Real, 0, include="neither")
        check_number(self.exponent, "exponent", Real, 0, max_val=2, include="right")
        return check_rows(X, Y)

    def _fill(self, X, Z, K, powers=None):
        """K, and the powers (||x - z|| / length_scale)^exponent where they are asked for."""
        if not (sparse.issparse(X) or sparse.issparse(Z)):
            # Distances do not see a shift, rounding errors do.
            centre = X.mean(axis=0)
            X, Z = X - centre, None if Z is None else Z - centre
        xx = row_norms(X, squared=True)
        symmetric = Z is None
        Z, zz = (X, xx) if symmetric else (Z, row_norms(Z, squared=True))
        take = buffers(2)

        def evaluate(rows, cols, out):
            power, work = take(*out.shape)
            inner_products(X[rows], Z[cols], power)
            power *= -2
            np.add.outer(xx[rows], zz[cols], out=work)
            power += work
            work *= CLOSE
            close = np.nonzero(power < work)
            if len(close[0]):
                power[close] = squared_distances(X[rows], Z[cols], *close)
            np.sqrt(power, out=power)
            power *= 1 / self.length_scale
            if self.exponent != 1:
                np.power(power, self.exponent, out=power)
            if powers is not None:
                powers[rows, cols] = power
                powers[cols, rows] = power.T
            np.exp(np.negative(power, out=power), out=power)
            out[...] = power

        with np.errstate(over="ignore"):  # an infinite power is a kernel value of 0
            fill_tiles(K, evaluate, symmetric)

    def __repr__(self):
        return f"Laplace(length_scale={self.length_scale:.3g}, exponent={self.exponent:.3g})"
