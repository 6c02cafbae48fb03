"""The recursion over depth on haversines, for all that is not a tile of ordinary pairs.

Pairs whose correlation does not hold the digits, diagonals, functions of the angle and, where it
is given jets, derivatives.

The haversine h = (1 - rho) / 2 = sin(t / 2)^2 of the angle t between two rows keeps the digits
that rho loses where rows are nearly parallel, and its complement g = (1 + rho) / 2 those where
they are nearly antipodal. Both pass through the layers as sums of terms that are not negative,
so that their relative accuracy lasts, in whatever way the network contracts or stretches angles.
"""

import numpy as np
from scipy import sparse

from ._arrays import divide, pair_slices
from ._jet import at_haversines, positive, value_of
from ._pairs import inner_products

# Below this fraction of the squared norms, matrix products know a squared distance too badly.
CLOSE = 1e-4
ROUNDING = 8 * np.finfo(float).eps
# Haversines below this one are those of parallel rows to whoever divides by the sine.
PARALLEL = ROUNDING**2


def recur_on_haversines(activation, h, g, gap, layers, rates, first_bias, tangent):
    """rho or, if `tangent`, theta at the output, as an array or a jet.

    Parameters
    ----------
    activation : Activation
    h, g : ndarray or Jet
        Haversines of the angles between preactivations of the first hidden layer, and 1 - h.
    gap : ndarray
        Differences sqrt(q_x) - sqrt(q_z) there.
    layers : iterable of (q_x, p_x, r_x, s_x, q_z, p_z, r_z, s_z)
        Variances and scalings of each hidden layer, arrays or jets that broadcast against h.
    rates : list of (g, e)
        Learning rates of all affine layers.
    first_bias : ndarray or float
        S of the first affine layer.
    tangent : bool
        NTK or NNGP.
    """
    (rate, e), *rates = rates
    theta = rate * (g - h) + (e - rate) * first_bias
    for layer, ((rate, e), (q_x, p_x, r_x, s_x, q_z, p_z, r_z, s_z)) in enumerate(
        zip(rates, layers, strict=True)
    ):
        if layer > 0:
            gap = np.sqrt(value_of(q_x)) - np.sqrt(value_of(q_z))
        h_next, g_next, kappa_dot = at_haversines(activation, h, g, q_x, q_z, gap)
        P, R, S = p_x * p_z, r_x * r_z, s_x * s_z
        if tangent:
            theta = theta * (R * kappa_dot + P) + (R * rate * (g_next - h_next) + e * S)
        apart = scalings_apart((p_x, r_x, s_x), (p_z, r_z, s_z))
        h = positive(P * h + R * h_next + apart)
        g = positive(P * g + R * g_next + (S + apart))
    return theta if tangent else g - h


def scalings_apart(x, z):
    """(1 - P - R - S) / 2, which is a sum of squares."""
    differences = [a - b for a, b in zip(x, z, strict=True)]
    return sum(difference * difference for difference in differences) * 0.25


def tile_haversines(x, z):
    """h, g and gap of all pairs of two `Rows`, by a matrix product and few differences."""
    n_features = x.rows.shape[1]
    h = np.empty((len(x.root), len(z.root)))
    inner_products(x.unit[:, :n_features], z.unit[:, :n_features], h)
    # |u_x - u_z|^2 of unit vectors u. What a bias adds to both does not enter, so the error is
    # that of the rows' own share of the norm.
    h *= -2
    total = np.add.outer(x.share, z.share)
    h += total
    h += np.subtract.outer(x.first_bias, z.first_bias) ** 2
    h /= 4
    h[x.root == 0] = 0.5
    h[:, z.root == 0] = 0.5
    total *= CLOSE
    pairs = np.nonzero((h < total) | (h > 1 - CLOSE))
    g, gap = 1 - h, np.subtract.outer(x.root, z.root)
    if len(pairs[0]):
        h[pairs], g[pairs], gap[pairs] = pair_haversines(x, z, *pairs)
    return h, g, gap


def pair_haversines(x, z, i, j):
    """h, g and gap of single pairs, from differences of rows."""
    result = np.empty((3, len(i)))
    larger = x.root[i] >= z.root[j]
    for part in pair_slices(len(i), x.rows.shape[1]):
        for sign, (a, b, left, right) in ((1, (x, z, i, j)), (-1, (z, x, j, i))):
            chosen = part.start + np.flatnonzero(larger[part] == (sign > 0))
            if len(chosen):
                result[:, chosen] = _chords(a, b, left[chosen], right[chosen])
                result[2, chosen] *= sign
    return result


def _chords(x, z, i, j):
    """`pair_haversines` where no row of x is shorter than that of z.

    The chord u_x - u_z of two unit vectors u = v / |v| is, without cancellation,

        (v_x - v_z) / |v_x| - u_z (|v_x| - |v_z|) / |v_x|,

    where |v_x|^2 - |v_z|^2 = <v_x - v_z, v_x + v_z>; v is a row and its bias.
    """
    root, n_features = x.root[i], x.rows.shape[1]
    minus = _scaled(x.factor[i], x.rows[i] - z.rows[j])
    plus = _scaled(x.factor[i], x.rows[i] + z.rows[j])
    gap = _dots(minus, plus) / (1 + divide(z.root[j], root))
    shift = _scaled(gap, z.unit[j][:, :n_features])
    h = _sum_of_squares(minus, -shift, z.first_bias[j] * gap)
    g = _sum_of_squares(plus, shift, x.first_bias[i] + z.first_bias[j])
    return h / 4, g / 4, gap * root


def _sum_of_squares(first, second, bias):
    """|first + second|^2 + bias^2, without the first where that is all rounding.

    Parallel rows have no angle but that of their biases: of one of 1e-17 deep step functions
    would make much, and erf of those of rows of 1e100.
    """
    total = first + second
    squares = _dots(total, total)
    return np.where(squares > PARALLEL * _dots(first, first), squares, 0) + bias**2


def _scaled(factors, rows):
    if sparse.issparse(rows):
        return sparse.diags_array(factors) @ rows
    return factors[:, np.newaxis] * np.asarray(rows)


def _dots(a, b):
    if sparse.issparse(a) or sparse.issparse(b):
        a = a if sparse.issparse(a) else sparse.csr_array(a)
        return np.asarray(a.multiply(b).sum(axis=1)).ravel()
    return np.einsum("pd,pd->p", a, b)


def pair_up(x_layers, z_layers):
    """Layers of two sides as `recur_on_haversines` takes them, for all pairs."""
    return [
        (*(part[:, np.newaxis] for part in x), *(part[np.newaxis] for part in z))
        for x, z in zip(x_layers, z_layers, strict=True)
    ]
