"""The Laplace kernel and its gamma-exponential family."""

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import row_norms

from ._arrays import COLUMNS, ROWS, pair_slices, views
from ._pairs import fill_tiles, inner_products
from ._powered_exponential import PoweredExponential
from ._rotation_invariant import RotationInvariant

# Below this fraction of ||x||^2 + ||z||^2, ||x - z||^2 is summed from differences: above it,
# the distance from the inner product is still right to about 1e-14 of the norms.
CLOSE = 1e-4
# Squares below this one have lost digits to underflow.
TINY = 1e-280
# Rows of this size have squares that are far from overflow.
LARGE = 1e140


class Laplace(PoweredExponential, RotationInvariant):
    """Laplace kernel, and the gamma-exponential family around it.

    ::

        k(x, z) = exp(-(||x - z||_2 / length_scale)^exponent)

    With exponent 1 this is the Laplace kernel, equal to scikit-learn's ``Matern(nu=0.5)`` and
    on the sphere nearly the neural tangent kernel of a ReLU network; with exponent 2 it is a
    Gaussian. The distance is the Euclidean one, while scikit-learn's ``laplacian_kernel``
    uses the L1 distance, as `ProductLaplace` does. Works wherever scikit-learn takes
    a kernel object.

    Parameters
    ----------
    length_scale : float or "scale", default=1.0
        The distance, in the units of the rows, at which the kernel has fallen to 1/e. "scale"
        is ``kernel.scale(X)``, 4^(2 - exponent) times the root mean square distance of the
        training rows, which the estimators of this package measure.
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

    _norm = 2

    @property
    def _lengths(self):
        # The rougher the kernel is at a distance of 0, the longer it may be: where leave-one-out
        # chooses the ridge, 4 serves Laplace on average over data sets, 2 the exponent 1.5, and
        # 1 the Gaussian.
        return 4.0 ** (2 - self.exponent)

    def _profile(self, angle, norm, n_features):
        self._check_parameters()
        chord = 2 * norm * np.sin(angle / 2)
        return np.exp(-((chord / self.length_scale) ** self.exponent))

    def _fill_partials(self, X, Z, by_product, by_norm):
        self._check_parameters()
        exponent = float(self.exponent)
        log_factor = np.log(exponent / 2) - 2 * np.log(self.length_scale)

        def slope(power, out):
            """dk/dr^2 = -exponent / 2 length_scale^-2 power^(1 - 2 / exponent) exp(-power)."""
            log = log_factor - power
            if exponent != 2:
                log += (1 - 2 / exponent) * np.log(power)
                # r^2 moves by <x - z, dx>: at a distance of 0 there are as many ways up as down.
                log[power == 0] = -np.inf
            np.negative(np.exp(log), out=out)
            out[np.isinf(out)] = 0  # too close for that to be seen

        with np.errstate(divide="ignore"):
            self._map_powers(slope, X, Z, by_norm)
        np.multiply(by_norm, -2, out=by_product)

    def _map_powers(self, function, X, Z, out):
        """Fill `out` through function(power, tile), which may overwrite `power`.

        power = (||x - z|| / length_scale)^exponent, for each pair of a tile of `out`.
        """
        self._check_parameters()
        exponent = float(self.exponent)
        U, V, scale = _scaled(X, Z, self.length_scale)
        symmetric, Z = Z is None, X if Z is None else Z
        uu = row_norms(U, squared=True)
        vv = uu if symmetric else row_norms(V, squared=True)
        limit_u, limit_v = CLOSE * uu + TINY, CLOSE * vv

        def evaluate(rows, cols, out, store):
            power, work = views(store, out.shape[-2:])
            inner_products(U[rows], V[cols], power)
            power *= -2
            power += np.add.outer(uu[rows], vv[cols], out=work)
            close = None
            if power.min() < limit_u[rows].max() + limit_v[cols].max():
                close = np.nonzero(power < np.add.outer(limit_u[rows], limit_v[cols], out=work))
            power **= exponent / 2
            if factor != 1:
                power *= factor
            if close is not None:
                log_ratio = _log_distances(X[rows], Z[cols], *close) - np.log(self.length_scale)
                power[close] = np.exp(exponent * log_ratio)
            function(power, out)

        # An infinite power is a kernel value of 0; an invalid one is of a close pair.
        with np.errstate(over="ignore", invalid="ignore"):
            factor = np.exp(exponent * (np.log(scale) - np.log(self.length_scale)))
            fill_tiles(out, evaluate, symmetric, scratch=(2, ROWS * COLUMNS))


def _scaled(X, Z, length_scale):
    """X and Z over a common scale, centred if they are dense, and the scale.

    The scale is the power of 2 at or below `length_scale`, by which division is exact: rounding
    would change the differences of rows that are far from the origin. It is more where squares of
    the rows would overflow.
    """
    sides = [X] if Z is None else [X, Z]
    values = [side.data if sparse.issparse(side) else side for side in sides]
    largest = max(max(v.max(initial=0), -v.min(initial=0)) for v in values)
    scale = np.ldexp(0.5, np.frexp(max(length_scale, largest / LARGE))[1])
    sides = [side.copy() for side in sides]
    # No quotient is larger than 2 LARGE; numpy 1 reports an overflow of its padding all the same.
    with np.errstate(over="ignore"):
        for side in sides:
            values = side.data if sparse.issparse(side) else side
            values /= scale
    if not any(sparse.issparse(side) for side in sides):
        # Distances do not see a shift, rounding errors do.
        centre = sides[0].mean(axis=0)
        for side in sides:
            side -= centre
    return sides[0], sides[-1], scale


def _log_distances(X, Z, i, j):
    """log ||X[i] - Z[j]|| for paired indices, from differences: for rows however close."""
    result = np.empty(len(i))
    for part in pair_slices(len(i), X.shape[1]):
        x, z = X[i[part]], Z[j[part]]
        squares = row_norms(x - z, squared=True)
        with np.errstate(divide="ignore"):  # equal rows are at -inf
            log = np.log(squares) / 2
            tiny, huge = squares < TINY, squares > 1 / TINY
            if tiny.any():
                difference = (x[tiny] - z[tiny]) * 2.0**600
                log[tiny] = np.log(row_norms(difference, squared=True)) / 2 - 600 * np.log(2)
            if huge.any():
                difference = x[huge] * 2.0**-600 - z[huge] * 2.0**-600
                log[huge] = np.log(row_norms(difference, squared=True)) / 2 + 600 * np.log(2)
        result[part] = log
    return result
