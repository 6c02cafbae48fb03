"""The recursion over depth behind NNGP and NTK, as functions on arrays.

State of a pair of rows (x, z): the correlation rho of their preactivations and, for the NTK,
theta = Theta / sqrt(q_x q_z), with q the preactivation variance. An affine layer with weight
variance sw2 and bias variance sb2 turns second moments m into variances q = sw2 m + sb2. With

    r = sqrt(sw2 m / q),  s = sqrt(sb2 / q),  r^2 + s^2 = 1   for each row,

one hidden layer is

    rho   <- r_x r_z kappa(rho) + s_x s_z
    theta <- rho + r_x r_z theta kappa_dot(rho_before).

These are the equations of Lee et al. (ICLR 2018, eq. 5) and Jacot et al. (NeurIPS 2018,
theorem 1) divided by sqrt(q_x q_z); in this form rows of any norm are safe.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import row_norms

from ._angular import compile_angular_map, recur_on_angles
from ._pairs import COLUMNS, ROWS, buffers, fill_tiles, inner_products, squared_distances

# Where |rho| is this close to 1 the angle is recomputed from differences of rows. Left alone,
# its error is about 1e-16 / sin t for each layer; at the border, t = 4.5e-3, that is 2e-14.
NEAR_PARALLEL = 1 - 1e-5


class Rows(NamedTuple):
    """One side of the kernel matrix: all that the recursion needs to know about n rows."""

    unit: np.ndarray  # (n, d) or (n, d + 1): unit vectors whose products are the first rho
    weight: np.ndarray  # (depth, n): r of the affine layer after each hidden layer
    bias: np.ndarray  # (depth, n): s of the same
    scale: np.ndarray  # (n,): sqrt(q) at the output

    def take(self, index):
        return Rows(self.unit[index], self.weight[:, index], self.bias[:, index], self.scale[index])


class Network(NamedTuple):
    """The parameters of the network, checked, and the kernel: NTK if `tangent`, or NNGP."""

    depth: int
    activation: object
    weight_variance: float
    bias_variance: float
    tangent: bool

    def affine(self, second_moment):
        """(q, r, s) of an affine layer; r = 1, s = 0 for a row that is zero there."""
        q = self.weight_variance * second_moment + self.bias_variance
        weight = _ratio(self.weight_variance * second_moment, q, 1)
        return q, np.sqrt(weight), np.sqrt(_ratio(self.bias_variance, q, 0))

    def embed(self, X):
        """The `Rows` of X, in O(n (d + depth))."""
        with np.errstate(over="ignore", invalid="ignore"):  # checked below, with advice
            second_moment = row_norms(X, squared=True) / X.shape[1]
            q, _, s = self.affine(second_moment)
            factor = np.sqrt(_ratio(self.weight_variance / X.shape[1], q, 0))
            layers = []
            for _ in range(self.depth):
                q, *layer = self.affine(self.activation.second_moment(q))
                layers.append(layer)
        if not np.isfinite(q).all():
            raise ValueError(
                f"The kernel overflows on row {np.argmin(np.isfinite(q))}. Scale the rows, for "
                "instance with sklearn.preprocessing.StandardScaler, or lower weight_variance."
            )
        weight, bias = np.moveaxis(np.array(layers), 1, 0)
        # <x, z> / d times sw2, plus sb2, is one product of rows that carry the bias as a column.
        s = s[:, np.newaxis][:, : 1 if self.bias_variance > 0 else 0]
        if sparse.issparse(X):
            unit = sparse.hstack([sparse.diags_array(factor) @ X, s], format="csr")
        else:
            unit = np.hstack([X * factor[:, np.newaxis], s])
        return Rows(unit, weight, bias, np.sqrt(q))

    def diagonal(self, X):
        """The diagonal of the kernel, in O(n)."""
        return self._diagonal(self.embed(X))

    def _diagonal(self, rows):
        theta = np.ones_like(rows.scale)
        if self.tangent:
            for r in rows.weight:
                theta = 1 + r * r * theta  # kappa_dot(1) = 1
        return rows.scale**2 * theta

    def matrix(self, X, Z=None):
        """The kernel between the rows of X and of Z (or X)."""
        x = self.embed(X)
        z = x if Z is None else self.embed(Z)
        K = np.empty((len(x.scale), len(z.scale)))
        angular = self._angular_map(x, z)
        take = buffers(4)

        def evaluate(rows, cols, out):
            x_tile, z_tile = x.take(rows), z.take(cols)
            rho, *scratch = take(*out.shape)
            inner_products(x_tile.unit, z_tile.unit, rho)
            near = None
            if max(rho.max(), -rho.min()) > NEAR_PARALLEL:
                near = np.nonzero(np.abs(rho) > NEAR_PARALLEL)
            if angular is None:
                self._recur(x_tile, z_tile, rho, *scratch, out)
            else:
                angular(rho, *scratch)
                np.multiply.outer(x_tile.scale, z_tile.scale, out=scratch[0])
                np.multiply(rho, scratch[0], out=out)
            if near is not None:
                out[near] = self._near_parallel(x_tile, z_tile, *near)

        fill_tiles(K, evaluate, symmetric=Z is None)
        if Z is None:
            np.fill_diagonal(K, self._diagonal(x))
        return K

    def _angular_map(self, x, z):
        """The kernel of unit rows as a function of an angle, where rows share their scalings."""
        if self.depth == 1 or len(x.scale) * len(z.scale) < ROWS * COLUMNS:
            return None  # the recursion is as cheap
        scalings = np.concatenate([[rows.weight, rows.bias] for rows in (x, z)], axis=2)
        if np.ptp(scalings, axis=2).max() > 1e-14:
            return None
        # Rounded, so that blocks of rows that differ in the last bit share one map.
        weights = tuple(x.weight[:, 0].round(14))
        return compile_angular_map(self.activation, weights, self.tangent)

    def _recur(self, x, z, rho, kappa_dot, work, theta, out):
        """The recursion on a tile of first correlations `rho`, which is overwritten."""
        factor = self.activation.factor
        if self.tangent:
            theta[...] = rho
        for layer in range(self.depth):
            self.activation.dual(rho, kappa_dot, work)
            if self.tangent:
                theta *= kappa_dot
            if layer == self.depth - 1:
                break
            np.multiply.outer(factor * x.weight[layer], z.weight[layer], out=work)
            rho *= work
            if self.tangent:
                theta *= work
            if self.bias_variance > 0:
                rho += np.multiply.outer(x.bias[layer], z.bias[layer], out=work)
            if self.tangent:
                theta += rho
        # The last layer goes straight to the units of the kernel, where the bias is a constant.
        state = np.add(theta, rho, out=theta) if self.tangent else rho
        amplitude = [rows.weight[-1] * rows.scale for rows in (x, z)]
        np.multiply.outer(factor * amplitude[0], amplitude[1], out=work)
        np.multiply(state, work, out=out)
        out += self.bias_variance

    def _near_parallel(self, x, z, i, j):
        """The kernel of single pairs, whose angle is taken from differences of rows."""
        # Kahan's formula: exact to the last digits for any two vectors of equal length.
        t = 2 * np.arctan2(
            np.sqrt(squared_distances(x.unit, z.unit, i, j)),
            np.sqrt(squared_distances(x.unit, z.unit, i, j, sign=-1)),
        )
        layers = zip(x.weight[:, i], z.weight[:, j], x.bias[:, i], z.bias[:, j], strict=True)
        values = recur_on_angles(self.activation, t, layers, self.tangent)
        return values * x.scale[i] * z.scale[j]


def _ratio(a, b, otherwise):
    """a / b, and `otherwise` where b is 0: a row of zeros in a network without biases."""
    return np.divide(a, b, out=np.full_like(b, otherwise), where=b > 0)
