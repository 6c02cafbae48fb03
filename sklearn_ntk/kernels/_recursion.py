"""The recursion over depth behind NNGP and NTK, as functions on arrays.

State of a pair of rows (x, z): the correlation rho of their preactivations and, for the NTK,
theta = Theta / sqrt(q_x q_z), with q the preactivation variance. With m the second moment after
the nonlinearity, an affine layer with weight variance sw2 and bias variance sb2, and the skip
connection of a residual block where there is one, gives q' = [q] + sw2 m + sb2. With

    p = [sqrt(q / q')],  r = sqrt(sw2 m / q'),  s = sqrt(sb2 / q'),  p^2 + r^2 + s^2 = 1

for each row, P = p_x p_z for each pair, and so on, one hidden layer is

    rho   <- P rho + R kappa(rho) + S
    theta <- P theta + R theta kappa_dot(rho_before) + g R kappa(rho_before) + e S,

g and e the learning rates of the weights and biases: 1 in the NTK parameterization, fan-in / sw2
and 1 / sb2 in the standard one, 0 for a layer that is not trained. Layer normalisation leaves rho
and theta alone and sets the variances that the nonlinearity sees to 1.

These are the equations of Lee et al. (ICLR 2018, eq. 5), Jacot et al. (NeurIPS 2018, theorem 1)
and Sohl-Dickstein et al. (2020, on the standard parameterization) divided by sqrt(q_x q_z); in
this form rows of any norm are safe.

Pairs of which rho does not hold the digits are few in most matrices, and all in some: nearly
parallel rows, rows that biases dominate, networks that first contract angles. `_haversine` has the
same recursion for those, and for all that need not be fast: diagonals, functions of the angle and,
on jets, derivatives.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import row_norms

from .._compiled import use_loops
from ._angular import compile_angular_map
from ._arrays import COLUMNS, PART, ROWS, slices
from ._haversine import pair_haversines, pair_up, recur_on_haversines, tile_haversines
from ._jet import divide, second_moment, sqrt, value_of
from ._pairs import fill_tiles
from ._tiles import Loop, Passes

# Where 1 - |rho| is or becomes as small as this, pairs go by haversines. An angle from rho has an
# error of 1e-16 / sin t: 2e-14 at the border. Activations that see variances may make much more
# of the relative error of 1 - rho.
NEAR, NEAR_WITH_VARIANCE = 1e-5, 1e-4
# Rows of a tile that goes by haversines as a whole, at a time.
FEW = 32


class Rows(NamedTuple):
    """One side of the kernel matrix: all that the recursion needs to know about n rows."""

    rows: np.ndarray  # (n, d): X itself
    unit: np.ndarray  # (n, d) or (n, d + 1): unit vectors whose products are the first rho
    factor: np.ndarray  # (n,): turns X into the first d columns of `unit`
    root: np.ndarray  # (n,): sqrt(q) of the first affine layer
    share: np.ndarray  # (n,): r^2 of the first affine layer
    first_bias: np.ndarray  # (n,): s of the first affine layer
    contraction: np.ndarray  # (n,): the smallest factor to which a layer shrinks small haversines
    layers: np.ndarray  # (depth, 4, n): variance a nonlinearity sees, and p, r, s after it
    scale: np.ndarray  # (n,): sqrt(q) at the output

    def take(self, index):
        rows, layers = self.rows[index], self.layers[..., index]
        unit, *vectors, scale = (part[index] for part in (self.unit, *self[2:7], self.scale))
        return Rows(rows, unit, *vectors, layers, scale)


class Network(NamedTuple):
    """The parameters of the network, checked, and the kernel: NTK if `tangent`, or NNGP."""

    depth: int
    activation: object
    weight_variance: float
    bias_variance: float
    tangent: bool
    layer_norm: bool = False
    residual: bool = False
    width: int | None = None  # of the standard parameterization; None is the NTK's
    n_frozen: int = 0  # layers, from the input, that are not trained

    def affine(self, moment, skipped):
        """(q, p, r, s) of an affine layer; r = 1 for a row that is zero there."""
        signal = self.weight_variance * moment
        q = skipped + signal + self.bias_variance
        ratios = divide(skipped, q), divide(signal, q, 1), divide(self.bias_variance, q)
        return q, *map(sqrt, ratios)

    def affine_layers(self, mean_square):
        """(q, p, r, s) of all depth + 1 affine layers, for rows whose entries have it.

        Arrays of the shape of `mean_square`, or jets where it or the variances are.
        """
        layers = [self.affine(mean_square, 0 * mean_square)]
        for layer in range(self.depth):
            layers.append(self.hidden_layer(layers[-1][0], self.skips(layer)))
        return layers

    def hidden_layer(self, q, skips):
        """(q, p, r, s) of the affine layer that follows preactivations of variance q."""
        moment = second_moment(self.activation, self.seen(q))
        return self.affine(moment, q if skips else 0 * q)

    def hidden_layers(self, affine):
        """(variance that the nonlinearity sees, p, r, s) of all hidden layers."""
        return [(self.seen(q), *after) for (q, *_), (_, *after) in pairwise(affine)]

    def embed(self, X):
        """The `Rows` of X, in O(n (d + depth))."""
        with np.errstate(over="ignore", invalid="ignore"):  # checked below, with advice
            affine = np.array(self.affine_layers(mean_squares(X)))
            layers = np.array(self.hidden_layers(affine))
            q, _, share, first_bias = affine[0].copy()  # and the rest is let go
            root, scale = np.sqrt(q), np.sqrt(affine[-1, 0])
            # By way of the root, because 1 / q overflows where q is subnormal.
            factor = divide(np.sqrt(self.weight_variance / X.shape[1]), root)
            stretched = contraction = np.ones_like(q)
            for variance, p, r, _ in layers:
                contraction = np.minimum(contraction, stretched)
                # What it makes of small haversines, or of those that cannot grow any more.
                slope = np.minimum(self.activation.stretch(variance), 1)
                stretched = stretched * (p**2 + r**2 * slope)
        require_finite(np.isfinite(affine[:, 0]).all(axis=0))
        contraction[scale == 0] = 1  # a row that stays zero has no angle to lose
        # <x, z> / d times sw2, plus sb2, is one product of rows that carry the bias as a column.
        column = first_bias[:, np.newaxis][:, : 1 if self.bias_variance > 0 else 0]
        if sparse.issparse(X):
            unit = sparse.hstack([sparse.diags_array(factor) @ X, column], format="csr")
        else:
            unit = np.empty((X.shape[0], X.shape[1] + column.shape[1]))
            np.multiply(X, factor[:, np.newaxis], out=unit[:, : X.shape[1]])
            unit[:, X.shape[1] :] = column
        return Rows(X, unit, factor, root, share**2, first_bias, contraction, layers, scale)

    def seen(self, q):
        """The variances that the nonlinearity sees, for preactivations of variance q."""
        return (value_of(q) > 0).astype(np.float64) if self.layer_norm else q

    def skips(self, layer):
        """Whether a skip connection leads past this hidden layer; none leads past the last."""
        return self.residual and layer < self.depth - 1

    def rates(self, n_features):
        """Learning rates (g, e) of the weights and biases of each of the depth + 1 layers."""
        rates = [(0.0, 0.0)] * self.n_frozen
        for layer in range(self.n_frozen, self.depth + 1):
            if self.width is None:
                rates.append((1.0, 1.0))
            else:
                fan_in = self.width if layer else n_features
                bias = 1 / self.bias_variance if value_of(self.bias_variance) > 0 else 0.0
                rates.append((fan_in / self.weight_variance, bias))
        return rates

    def diagonal(self, X):
        """The diagonal of the kernel, in O(n)."""
        return self._diagonal(self.embed(X), self.rates(X.shape[1]))

    def _diagonal(self, x, rates):
        if not self.tangent:
            return x.scale**2
        values = np.empty_like(x.scale)
        for part in slices(len(values), PART):
            one = np.ones_like(values[part])
            layers = np.concatenate(2 * [x.layers[..., part]], axis=1)
            bias = x.first_bias[part] ** 2
            with np.errstate(over="ignore", invalid="ignore"):  # checked below, with advice
                values[part] = self.recur(0 * one, one, 0 * one, layers, rates, bias)
                values[part] *= x.scale[part] ** 2
        require_finite(np.isfinite(values))
        return values

    def correlation_map(self, rho, q):
        """The next correlation, for two rows whose preactivations have variance q."""
        _, *scalings = self.hidden_layer(q, self.residual)
        layers, none = [2 * (self.seen(q), *scalings)], 2 * [(0.0, 0.0)]
        h, g, gap = (1 - rho) / 2, (1 + rho) / 2, np.zeros(())
        return self._replace(tangent=False).recur(h, g, gap, layers, none, 0.0)

    def profile(self, angle, norm, n_features):
        """The kernel of two rows of equal norm, as a function of the angle between them."""
        affine = self.affine_layers(np.asarray(norm**2 / n_features))
        layers = [(*layer, *layer) for layer in self.hidden_layers(affine)]
        _, _, r, s = affine[0]
        h, g = (r * np.sin(angle / 2)) ** 2, (r * np.cos(angle / 2)) ** 2 + s**2
        rates = self.rates(n_features)
        return affine[-1][0] * self.recur(h, g, np.zeros(()), layers, rates, s**2)

    def matrix(self, X, Z, out):
        """The kernel between the rows of X and of Z (or X, if Z is None), by `fill_tiles`."""
        x = self.embed(X)
        z = x if Z is None else self.embed(Z)
        rates = self.rates(X.shape[1])
        # Of all that the kernel can be, these are the largest, and say so if they overflow.
        diagonal = self._diagonal(x, rates)
        if Z is not None:
            self._diagonal(z, rates)
        angular = self._angular_map(x, z, rates)
        inline = angular is not None or self.activation._pair is not None
        form = Loop if inline and use_loops(len(x.scale) * len(z.scale)) else Passes
        tiles = form(self, x, z, rates, angular)

        def evaluate(rows, cols, out, store):
            x_tile, z_tile = x.take(rows), z.take(cols)
            border = 1 - self.near(x_tile, z_tile)
            near = None
            if border > 0 and least_correlation(x_tile, z_tile) <= border:
                near = tiles.fill(rows, cols, border, Z is None and rows == cols, out, store)
            if near is None:
                self._recur_on_tile(x_tile, z_tile, rates, out)
            elif len(near[0]):
                out[near] = self._recur_on_pairs(x_tile, z_tile, rates, *near)
            if Z is None and rows == cols:
                np.fill_diagonal(out, diagonal[rows])

        with np.errstate(over="ignore"):  # exponents and ratios of what is 0 in the end
            fill_tiles(out, evaluate, symmetric=Z is None, scratch=tiles.scratch)

    def _angular_map(self, x, z, rates):
        """The kernel of unit rows as a function of an angle, where rows share their scalings."""
        if self.depth == 1 or len(x.scale) * len(z.scale) < ROWS * COLUMNS:
            return None  # the recursion is as cheap
        layers = np.concatenate([x.layers, z.layers], axis=2)
        if not self.activation.sees_variance:
            layers[:, 0] = 1
        same = np.ptp(layers, axis=2) <= 1e-14 * layers[:, :, 0]
        biases = np.concatenate([x.first_bias, z.first_bias])
        g, e = rates[0]
        if not same.all() or (self.tangent and g != e and np.ptp(biases) > 1e-14):
            return None
        # Rounded, so that blocks of rows that differ in the last bit share one map.
        layers = tuple(map(tuple, layers[:, :, 0].round(14)))
        return compile_angular_map(
            self.activation, layers, tuple(rates), biases[0].round(14), self.tangent
        )

    def near(self, x, z):
        """How small 1 - |rho| has to be at first for some layer to see what rho cannot hold."""
        border = NEAR_WITH_VARIANCE if self.activation.sees_variance else NEAR
        contraction = np.sqrt(x.contraction.min() * z.contraction.min())
        return np.inf if contraction == 0 else border / contraction

    def _recur_on_pairs(self, x, z, rates, i, j):
        """The kernel of single pairs by haversines."""
        values = np.empty(len(i))
        for part in slices(len(i), PART):
            k, m = i[part], j[part]
            layers = np.concatenate([x.layers[..., k], z.layers[..., m]], axis=1)
            bias = x.first_bias[k] * z.first_bias[m]
            values[part] = self.recur(*pair_haversines(x, z, k, m), layers, rates, bias)
        return values * x.scale[i] * z.scale[j]

    def _recur_on_tile(self, x, z, rates, out):
        """The kernel of all pairs by haversines."""
        for part in slices(len(x.scale), FEW):
            x_part = x.take(part)
            layers = pair_up(x_part.layers, z.layers)
            bias = np.multiply.outer(x_part.first_bias, z.first_bias)
            values = self.recur(*tile_haversines(x_part, z), layers, rates, bias)
            np.multiply(values, x_part.scale[:, np.newaxis] * z.scale, out=out[part])

    def recur(self, h, g, gap, layers, rates, first_bias):
        """`recur_on_haversines` with the parameters of this network."""
        if self.layer_norm:
            gap = np.sqrt(layers[0][0]) - np.sqrt(layers[0][4])  # of variances that are seen
        return recur_on_haversines(
            self.activation, h, g, gap, layers, rates, first_bias, self.tangent
        )


def mean_squares(X):
    """||x||^2 / n_features of each row."""
    return row_norms(X, squared=True) / X.shape[1]


def require_finite(finite):
    """Raise an error with advice unless all rows have a finite kernel with themselves."""
    if not finite.all():
        raise ValueError(
            f"The kernel overflows on row {np.argmin(finite)}. Scale the rows, for instance with "
            "sklearn.preprocessing.StandardScaler, or lower weight_variance."
        )


def least_correlation(x, z):
    """A bound from below on the first rho of all pairs: biases alone may bring them close to 1."""
    spread = np.sqrt(x.share.max()) + np.sqrt(z.share.max())
    low = min(x.first_bias.min(), z.first_bias.min())
    high = max(x.first_bias.max(), z.first_bias.max())
    return 1 - (spread**2 + (high - low) ** 2) / 2
