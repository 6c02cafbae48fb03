"""What the kernels exp(-distance^exponent) share, whatever their distance is."""

from numbers import Real

import numpy as np
from sklearn.gaussian_process.kernels import Hyperparameter, StationaryKernelMixin

from ._base import BaseKernel
from ._pairs import check_number, check_rows
from ._scale import require_number, typical_distance


class PoweredExponential(StationaryKernelMixin, BaseKernel):
    """A kernel exp(-power), where power = (distance / length_scale)^exponent.

    The distance is (sum_j |x_j - z_j|^norm)^(1 / norm). Subclasses define `_norm`, `_lengths`, how
    many typical distances "scale" is, and `_map_powers(function, X, Z, out)`, which fills `out`
    through function(power, tile); that may overwrite `power`.
    """

    def __init__(self, length_scale=1.0, *, exponent=1.0, length_scale_bounds=(1e-5, 1e5)):
        self.length_scale = length_scale
        self.exponent = exponent
        self.length_scale_bounds = length_scale_bounds

    @property
    def hyperparameter_length_scale(self):
        require_number(self)
        return Hyperparameter("length_scale", "numeric", self.length_scale_bounds)

    def scale(self, X, weight=None):
        """A length that suits the rows, which is what "scale" stands for as a length scale.

        A multiple, which depends on the kernel and its exponent, of the distance of two rows each
        of whose columns differ by its root mean square difference, sqrt(2 var(X_j)).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        weight : array-like of shape (n_samples,), default=None
            Weights of the rows in the variances.

        Returns
        -------
        scale : float
            In the units of the rows; if all of them are equal, as if they were at a distance of 1.

        Raises
        ------
        ValueError
            For wrong rows or weights, or if the distance is beyond the largest number.
        """
        self._check_exponent()
        X, _ = check_rows(X, None)
        return typical_distance(X, weight, float(self._norm), self._lengths)

    def _fill(self, X, Z, out):
        def decay(power, out):
            np.exp(np.negative(power, out=power), out=out)

        self._map_powers(decay, X, Z, out)

    def _value_and_gradient(self, X):
        def decay_and_slope(power, out):
            np.minimum(power, 1e3, out=power)  # both are 0 from here on, and not inf * 0
            np.exp(-power, out=out[0])
            np.multiply(power, self.exponent * out[0], out=out[1])

        K, gradient = stack = np.empty((2, X.shape[0], X.shape[0]))
        self._map_powers(decay_and_slope, X, None, stack)
        return K, gradient[:, :, np.newaxis]

    def _diagonal(self, X):
        self._check_parameters()
        return np.ones(X.shape[0])

    def _check_parameters(self):
        require_number(self)
        check_number(self.length_scale, "length_scale", Real, 0, include="neither")
        self._check_exponent()

    def _check_exponent(self):
        check_number(self.exponent, "exponent", Real, 0, max_val=2, include="right")
