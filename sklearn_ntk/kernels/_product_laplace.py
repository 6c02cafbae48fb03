"""The Laplace kernel that is a product over columns, and the family around it."""

from math import sqrt

import numpy as np
from scipy import sparse
from scipy.spatial.distance import cdist

from .._compiled import compiled, use_loops
from ._arrays import COLUMNS, ROWS, SMALL_TILE, slices, views
from ._laplace import Laplace
from ._pairs import fill_tiles
from ._powered_exponential import PoweredExponential

# Exponents whose powers are products of roots, and rows of sums that stay in the cache.
ROOTS, PANEL = (0.5, 1.0, 1.5), 4
# Numbers that a tile of sparse rows may take while it is dense.
DENSE = 2**20


class ProductLaplace(PoweredExponential):
    """Product over columns of one-dimensional Laplace kernels, and the family around it.

    ::

        k(x, z) = exp(-sum_j (|x_j - z_j| / length_scale)^exponent)

    With exponent 1 the distance is the L1 distance, and the kernel scikit-learn's
    ``laplacian_kernel(gamma=1 / length_scale)``; with exponent 2 it is a Gaussian, the same as
    that of `Laplace`. Below 2 it is no function of the Euclidean distance: differences in one
    column count for less than the same spread over many, so that its functions follow the axes, as
    those of trees do. Works wherever scikit-learn takes a kernel object.

    Parameters
    ----------
    length_scale : float or "scale", default=1.0
        The difference in a single column, in the units of the rows, at which the kernel has
        fallen to 1/e. "scale" is the typical distance of the training rows,
        ``kernel.scale(X)``, which the estimators of this package measure.
    exponent : float, default=1.0
        Smoothness, in (0, 2].
    length_scale_bounds : pair of floats or "fixed", default=(1e-5, 1e5)
        Range for optimisation by GaussianProcessRegressor.

    See Also
    --------
    Laplace : The same of the Euclidean distance.

    References
    ----------
    Rahimi and Recht, Random Features for Large-Scale Kernel Machines, NeurIPS 2007, figure 1,
    for exponent 1. Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006,
    equation 4.18, for one column and any exponent, and section 4.2.4 for products.

    Examples
    --------
    >>> from sklearn_ntk.kernels import ProductLaplace
    >>> ProductLaplace(length_scale=7.0)([[0.0, 0.0]], [[3.0, 4.0]]).round(4)
    array([[0.3679]])
    """

    _lengths = 1.0

    @property
    def _norm(self):
        return self.exponent

    def _map_powers(self, function, X, Z, out):
        self._check_parameters()
        if self.exponent == 2:
            Laplace(self.length_scale, exponent=2.0)._map_powers(function, X, Z, out)
            return
        exponent, length_scale = float(self.exponent), float(self.length_scale)
        symmetric, Z = Z is None, X if Z is None else Z
        unit, factor = unit_and_factor(X, Z, length_scale)
        factor **= exponent
        # Fewer sparse rows have fewer columns with values.
        tile = SMALL_TILE if sparse.issparse(X) and sparse.issparse(Z) else (ROWS, COLUMNS)

        def evaluate(rows, cols, out, store):
            power, part, work = views(store, out.shape[-2:])
            for k, (_, x, z) in enumerate(dense_columns(X[rows], Z[cols])):
                total = part if k else power
                if unit is None:
                    sum_of_extremes(x, z, length_scale, exponent, total)
                else:
                    sum_of_powers(x / unit, z / unit, exponent, total, work)
                if k:
                    power += part
            if factor != 1:
                power *= factor
            function(power, out)

        # An infinite power is a kernel value of 0; an infinite logarithm is of equal numbers.
        with np.errstate(over="ignore", divide="ignore"):
            fill_tiles(out, evaluate, symmetric, tile, scratch=(3, np.prod(tile)))

    def contract(self, X, Z, C, factor):
        """sum_i C[k, i] factor[n, i] times the gradient of x -> k(x, Z[i]) at X[n].

        ::

            dk/dx_j = -exponent / length_scale sign(t) |t|^(exponent - 1) k
            t = (x_j - z_j) / length_scale

        Where t is 0 that is 0, the mean of the two sides; with an exponent below 1 they are
        infinite, and opposite.

        Parameters
        ----------
        X : {ndarray, sparse matrix} of shape (n, d)
            Checked rows by which to differentiate.
        Z : {ndarray, sparse matrix} of shape (m, d)
            Checked other rows.
        C : ndarray of shape (k, m)
            Coefficients.
        factor : ndarray of shape (n, m) or float
            What they are multiplied by.

        Returns
        -------
        gradient : ndarray of shape (k, n, d)
        """
        K = np.empty((X.shape[0], Z.shape[0]))
        self._fill(X, Z, K)
        K *= factor
        exponent, length_scale = float(self.exponent), float(self.length_scale)
        unit, _ = unit_and_factor(X, Z, length_scale)
        unit = 1.0 if unit is None or exponent == 1 else unit
        gradient = np.zeros((X.shape[1], X.shape[0], len(C)))
        store = np.empty((2, ROWS * COLUMNS))
        with np.errstate(all="ignore"):
            for rows in slices(X.shape[0], ROWS):
                for cols in slices(Z.shape[0], COLUMNS):
                    k, c = np.ascontiguousarray(K[rows, cols]), C[:, cols].T
                    slope, work = views(store, k.shape)
                    for columns, x, z in dense_columns(X[rows], Z[cols]):
                        for j, u, v in zip(columns, x.T / unit, z.T / unit, strict=True):
                            np.subtract.outer(u, v, out=slope)
                            signed_power(slope, exponent - 1, work)
                            slope *= k
                            gradient[j, rows] += slope @ c
            log = np.log(length_scale)
            slope_of_unit = np.exp(np.log(exponent) - log + (exponent - 1) * (np.log(unit) - log))
            gradient *= -np.minimum(slope_of_unit, np.finfo(float).max)  # and not inf * 0
        return gradient.transpose(2, 1, 0)


def unit_and_factor(X, Z, length_scale):
    """The power of 2 at or below the length scale and the rows, and its ratio to the former.

    Division by it is exact: rounding would change the differences of rows that are far from the
    origin. None and 1 if there is no such unit, for rows that are more than the largest number of
    length scales from it.
    """
    values = [side.data if sparse.issparse(side) else side for side in (X, Z)]
    largest = max(max(v.max(initial=0), -v.min(initial=0)) for v in values) or length_scale
    exponent = np.frexp(min(length_scale, largest))[1]
    if np.frexp(largest)[1] - exponent > 1020:
        return None, 1.0
    unit = np.ldexp(0.5, exponent)
    return unit, unit / length_scale


def dense_columns(X, Z):
    """(indices, columns of X, columns of Z) as arrays, of all columns that have values."""
    if not sparse.issparse(X) and not sparse.issparse(Z):
        yield range(X.shape[1]), X, Z
        return
    X, Z = sparse.csc_array(X), sparse.csc_array(Z)
    used = np.flatnonzero(np.diff(X.indptr) + np.diff(Z.indptr))
    used = used if used.size else np.zeros(1, dtype=int)
    for part in slices(len(used), max(1, DENSE // (X.shape[0] + Z.shape[0]))):
        yield used[part], X[:, used[part]].toarray(), Z[:, used[part]].toarray()


def sum_of_powers(X, Z, exponent, out, work):
    """Write the sums over columns of |x_j - z_j|^exponent."""
    if exponent in ROOTS and use_loops(out.size):
        out[...] = 0
        halves = int(2 * exponent)
        _add_powers(np.ascontiguousarray(X), np.ascontiguousarray(Z.T), halves, out)
        return
    if exponent == 1:
        cdist(X, Z, "cityblock", out=out)
        return
    out[...] = 0
    more = np.empty_like(out) if exponent == 1.5 else None
    for x, z in zip(X.T, Z.T, strict=True):
        np.abs(np.subtract.outer(x, z, out=work), out=work)
        if exponent == 1.5:  # square roots are faster than powers
            work *= np.sqrt(work, out=more)
        else:
            work **= exponent
        out += work


@compiled
def _add_powers(X, Z, halves, out):
    """Add the same for an exponent of so many halves; Z has a row for each column."""
    for top in range(0, X.shape[0], PANEL):
        for k in range(X.shape[1]):
            for i in range(top, min(top + PANEL, X.shape[0])):
                x = X[i, k]
                if halves == 2:
                    for j in range(Z.shape[1]):
                        out[i, j] += abs(x - Z[k, j])
                elif halves == 1:
                    for j in range(Z.shape[1]):
                        out[i, j] += sqrt(abs(x - Z[k, j]))
                else:
                    for j in range(Z.shape[1]):
                        t = abs(x - Z[k, j])
                        out[i, j] += t * sqrt(t)


def sum_of_extremes(X, Z, length_scale, exponent, out):
    """Write the sums over columns of (|x_j - z_j| / length_scale)^exponent, by logarithms."""
    out[...] = 0
    for x, z in zip(X.T, Z.T, strict=True):
        log = np.log(np.abs(np.subtract.outer(x, z)))
        if np.isinf(log).any():
            half = np.log(np.abs(np.subtract.outer(x / 2, z / 2)))
            log = np.where(log == np.inf, half + np.log(2), log)
        out += np.exp(exponent * (log - np.log(length_scale)))


def signed_power(values, exponent, work):
    """sign(v) |v|^exponent in place, for an exponent between -1 and 1, and 0 where not finite."""
    if exponent == 0:
        np.sign(values, out=values)
        return
    np.abs(values, out=work)
    work **= exponent
    np.copysign(work, values, out=values)
    values[~np.isfinite(values)] = 0
