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

from ._pairs import buffers, fill_tiles, inner_products, squared_distances

# Where |rho| is this close to 1 the angle is recomputed from differences of rows. Left alone,
# its error is about 1e-16 / sin t, so at the border (t = 1.4e-3) it is still below 1e-12.
NEAR_PARALLEL = 1 - 1e-6


class Rows(NamedTuple):
    """One side of the kernel matrix: all that the recursion needs to know about n rows."""

    unit: np.ndarray  # (n, d) or (n, d + 1): unit vectors whose products are the first rho
    weight: np.ndarray  # (depth, n): r of the affine layer after each hidden layer
    bias: np.ndarray  # (depth, n): s of the same
    scale: np.ndarray  # (n,): sqrt(q) at the output

    def take(self, index):
        return Rows(self.unit[index], self.weight[:, index], self.bias[:, index], self.scale[index])


class Network(NamedTuple):
    """The parameters of the network, checked."""

    depth: int
    activation: object
    weight_variance: float
    bias_variance: float

    def affine(self, second_moment):
        """(q, r, s) of an affine layer; r = s = 0 for a row that is zero there."""
        q = self.weight_variance * second_moment + self.bias_variance
        weight = _ratio(self.weight_variance * second_moment, q)
        return q, np.sqrt(weight), np.sqrt(_ratio(self.bias_variance, q))

    def embed(self, X):
        """The `Rows` of X, in O(n (d + depth))."""
        with np.errstate(over="ignore", invalid="ignore"):  # checked below, with advice
            second_moment = row_norms(X, squared=True) / X.shape[1]
            q, _, s = self.affine(second_moment)
            factor = np.sqrt(_ratio(self.weight_variance / X.shape[1], q))
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

    def diagonal(self, X, tangent):
        """The diagonal of the NNGP kernel or, if `tangent`, of the NTK, in O(n)."""
        rows = self.embed(X)
        theta = np.ones_like(rows.scale)
        if tangent:
            for r in rows.weight:
                theta = 1 + r * r * theta  # kappa_dot(1) = 1
        return rows.scale**2 * theta

    def matrix(self, X, Z, tangent):
        """The NNGP kernel or, if `tangent`, the NTK between the rows of X and of Z (or X)."""
        x = self.embed(X)
        z = x if Z is None else self.embed(Z)
        K = np.empty((len(x.scale), len(z.scale)))
        take = buffers(4, K.shape)

        def evaluate(rows, cols, out):
            self._tile(x.take(rows), z.take(cols), tangent, take(*out.shape), out)

        fill_tiles(K, evaluate, symmetric=Z is None)
        if Z is None:
            np.fill_diagonal(K, self.diagonal(X, tangent))
        return K

    def _tile(self, x, z, tangent, scratch, out):
        rho, kappa_dot, work, theta = scratch
        inner_products(x.unit, z.unit, rho)
        near = np.nonzero(np.abs(rho, out=work) > NEAR_PARALLEL)
        theta[...] = rho
        for layer in range(self.depth):
            self.activation.dual(rho, kappa_dot, work)
            np.multiply.outer(x.weight[layer], z.weight[layer], out=work)
            rho *= work
            kappa_dot *= work
            if self.bias_variance > 0:
                rho += np.multiply.outer(x.bias[layer], z.bias[layer], out=work)
            if tangent:
                theta *= kappa_dot
                theta += rho
        state = theta if tangent else rho
        if len(near[0]):
            state[near] = self._near_parallel(x, z, *near, tangent)
        np.multiply.outer(x.scale, z.scale, out=work)
        np.multiply(state, work, out=out)

    def _near_parallel(self, x, z, i, j, tangent):
        """The same recursion for single pairs, carrying the angle instead of its cosine."""
        # Kahan's formula: exact to the last digits for any two vectors of equal length.
        t = 2 * np.arctan2(
            np.sqrt(squared_distances(x.unit, z.unit, i, j)),
            np.sqrt(squared_distances(x.unit, z.unit, i, j, sign=-1)),
        )
        rho = theta = np.cos(t)
        for r_x, r_z, s_x, s_z in zip(
            x.weight[:, i], z.weight[:, j], x.bias[:, i], z.bias[:, j], strict=True
        ):
            half_defect, kappa_dot = self.activation.dual_at_angle(t)
            # (1 - rho) / 2, where 1 - r_x r_z - s_x s_z is written as a sum of squares.
            half_defect = r_x * r_z * half_defect + ((r_x - r_z) ** 2 + (s_x - s_z) ** 2) / 4
            rho = 1 - 2 * half_defect
            theta = rho + r_x * r_z * theta * kappa_dot
            t = 2 * np.arcsin(np.sqrt(np.clip(half_defect, 0, 1)))
        return theta if tangent else rho


def _ratio(a, b):
    """a / b, and 0 where b is 0: a row of zeros in a network without biases."""
    return np.divide(a, b, out=np.zeros_like(b), where=b > 0)
