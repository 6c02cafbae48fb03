"""The recursion of `_tiles` together with its differentials in two directions, as a compiled loop.

`_gradient` has the same on jets, for all activations and all pairs. This is for piecewise linear
ones, whose kappa' is kappa_dot and whose kappa_dot' is B / sin t, and for pairs of which rho holds
the digits.
"""

import numpy as np

from .._compiled import compiled
from ._angle import angle_and_sine
from ._arrays import divide
from ._jet import value_of
from ._pairs import inner_products
from ._tiles import SHARE, take_row
from .activations._homogeneous import bent_line

# Columns of a tile. All that belongs to them lies in arrays of this step, so that whoever compiles
# the loop knows it apart.
WIDTH = 256
# Numbers that it takes of a row: in each layer p, r and s, and in front of all layers and behind.
TERMS, HEAD, TAIL = 9, 5, 3


class PartialsLoop:
    """Differentials of the kernel on tiles, from jets of two directions.

    Parameters
    ----------
    network : Network
    x, z : Rows
    x_jets, z_jets : tuple (first, layers, scale)
        (r, s) of the first layer, (q, p, r, s) of the hidden ones and the scale of the kernel, for
        all rows of either side: jets, or arrays that do not change.
    rates : list of (g, e)
        Of all affine layers, jets or numbers.
    start : pair of float or None
        Differentials of the first rho; None stands for those that it has from r and s.
    """

    tile = WIDTH, WIDTH

    def __init__(self, network, x, z, x_jets, z_jets, rates, start):
        self.x, self.z, self.terms = x.unit, z.unit, [_terms(*jets) for jets in (x_jets, z_jets)]
        self.rates = np.array([[_split(rate) for rate in layer] for layer in rates])
        self.constants = network.activation._pair_terms(np.ones(1))[0][0], network.tangent
        self.start = np.array((0.0, 0.0, 1.0) if start is None else (*start, 0.0))

    @staticmethod
    def takes(network):
        """Whether a network is one of those that this is for."""
        return network.activation._pair is bent_line

    def fill(self, rows, cols, border, out, rho):
        """Write both differentials of the pairs of two slices, shape (2, n_rows, n_cols).

        Returns the pairs whose |rho| is beyond the border, or None if they are many; of all others
        `rho` is overwritten with the first correlations.
        """
        inner_products(self.x[rows], self.z[cols], rho)
        x, z = np.ascontiguousarray(self.terms[0][:, rows]), self.terms[1][:, cols]
        steps = np.zeros((len(z), WIDTH))
        steps[:, : z.shape[1]] = z
        near = np.empty((2, int(SHARE * rho.size) + 1), dtype=np.intp)
        values = np.empty(out.shape)
        constants = self.rates, self.start, *self.constants, border
        found = _recur(rho, x, steps.ravel(), *constants, near, values)
        if found < 0:
            return None
        out[...] = values
        return tuple(near[:, :found])


def _terms(first, layers, scale):
    """What the loop knows of rows, shape (HEAD + depth TERMS + TAIL, n)."""
    (r, *r_slopes), s = (_split(part) for part in first)
    terms = [*s, *(divide(slope, r) for slope in r_slopes)]
    for _, *scalings in layers:
        terms += [part for parts in zip(*map(_split, scalings), strict=True) for part in parts]
    value, *slopes = _split(scale)
    return np.array([*terms, value, *(divide(slope, value) for slope in slopes)])


def _split(x):
    """The value of a jet and its two differentials, or of an array and zeros."""
    value = np.asarray(value_of(x), dtype=float)
    return value, *(np.broadcast_to(d, value.shape) for d in getattr(x, "d", (0.0, 0.0)))


@compiled
def _recur(first, x, z, rates, start, bend, tangent, border, near, out):
    depth, n = len(rates) - 1, first.shape[1]
    found = 0
    states = np.empty(6 * WIDTH)
    for i in range(first.shape[0]):
        found = take_row(first[i], i, border, False, near, found)
        if found < 0:
            return -1
        g, g0, g1, e, e0, e1 = rates[0].flatten()
        for j in range(n):
            rho = first[i, j]
            S = x[0, i] * z[j]
            S0 = x[1, i] * z[j] + x[0, i] * z[WIDTH + j]
            S1 = x[2, i] * z[j] + x[0, i] * z[2 * WIDTH + j]
            r0 = start[0] + start[2] * (S0 + (x[3, i] + z[3 * WIDTH + j]) * (rho - S))
            r1 = start[1] + start[2] * (S1 + (x[4, i] + z[4 * WIDTH + j]) * (rho - S))
            states[j], states[WIDTH + j], states[2 * WIDTH + j] = rho, r0, r1
            states[3 * WIDTH + j] = g * rho + (e - g) * S
            states[4 * WIDTH + j] = g * r0 + g0 * rho + (e - g) * S0 + (e0 - g0) * S
            states[5 * WIDTH + j] = g * r1 + g1 * rho + (e - g) * S1 + (e1 - g1) * S
        for layer in range(depth):
            k = HEAD + TERMS * layer
            p_x, r_x, s_x, p0_x, r0_x, s0_x, p1_x, r1_x, s1_x = x[k : k + 9, i]
            t = z[k * WIDTH : (k + TERMS) * WIDTH]
            g, g0, g1, e, e0, e1 = rates[layer + 1].flatten()
            for j in range(n):
                rho, r0, r1 = states[j], states[WIDTH + j], states[2 * WIDTH + j]
                angle, sine = angle_and_sine(rho)
                kappa_dot = 1.0 - bend * angle
                kappa = rho * kappa_dot + bend * sine
                curvature = bend / sine
                p, r, s = t[j], t[WIDTH + j], t[2 * WIDTH + j]
                P, R, S = p_x * p, r_x * r, s_x * s
                P0, P1 = p0_x * p + p_x * t[3 * WIDTH + j], p1_x * p + p_x * t[6 * WIDTH + j]
                R0, R1 = r0_x * r + r_x * t[4 * WIDTH + j], r1_x * r + r_x * t[7 * WIDTH + j]
                S0, S1 = s0_x * s + s_x * t[5 * WIDTH + j], s1_x * s + s_x * t[8 * WIDTH + j]
                new, new0 = R * kappa, R0 * kappa + R * kappa_dot * r0
                new1 = R1 * kappa + R * kappa_dot * r1
                states[j] = P * rho + new + S
                states[WIDTH + j] = P0 * rho + P * r0 + new0 + S0
                states[2 * WIDTH + j] = P1 * rho + P * r1 + new1 + S1
                slope = R * kappa_dot + P
                slope0 = R0 * kappa_dot + R * curvature * r0 + P0
                slope1 = R1 * kappa_dot + R * curvature * r1 + P1
                theta = states[3 * WIDTH + j]
                states[3 * WIDTH + j] = theta * slope + g * new + e * S
                bias0, bias1 = e * S0 + e0 * S, e * S1 + e1 * S
                t0, t1 = states[4 * WIDTH + j], states[5 * WIDTH + j]
                states[4 * WIDTH + j] = t0 * slope + theta * slope0 + g * new0 + g0 * new + bias0
                states[5 * WIDTH + j] = t1 * slope + theta * slope1 + g * new1 + g1 * new + bias1
        k = HEAD + TERMS * depth
        t = z[k * WIDTH : (k + TAIL) * WIDTH]
        last = 3 * WIDTH if tangent else 0
        value, slopes0, slopes1 = states[last:], states[last + WIDTH :], states[last + 2 * WIDTH :]
        for j in range(n):
            scale = x[k, i] * t[j]
            out[0, i, j] = scale * (slopes0[j] + value[j] * (x[k + 1, i] + t[WIDTH + j]))
            out[1, i, j] = scale * (slopes1[j] + value[j] * (x[k + 2, i] + t[2 * WIDTH + j]))
    return found
