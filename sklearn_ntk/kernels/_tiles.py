"""The recursion over depth on tiles of correlations, twice: in passes, and as a compiled loop.

Both are the layer that `_recursion` states, of all pairs but those that rho cannot hold. `Passes`
are NumPy's, over a tile at a time, for every activation; a `Loop` goes through all layers with one
row of a tile, which stays in the cache, for activations whose expectations it can inline.
"""

from functools import lru_cache
from math import pi

import numpy as np

from .._compiled import compiled, inlined
from ._angle import angle_and_sine
from ._arrays import COLUMNS, ROWS, views
from ._pairs import inner_products

# A tile with a larger share of pairs that rho cannot hold is for haversines as a whole.
SHARE = 1 / 64
# What a loop knows of a row in each layer.
TERMS = 5


class Passes:
    """The kernel on tiles, in passes of NumPy.

    Parameters
    ----------
    network : Network
    x, z : Rows
        All rows of both sides.
    rates : list of (g, e)
        Learning rates of all affine layers.
    angular : AngularMap or None
        In place of the recursion.
    """

    def __init__(self, network, x, z, rates, angular):
        self.network, self.x, self.z = network, x, z
        self.rates, self.angular = rates, angular
        self.scratch = 6 if network.residual else 4, ROWS * COLUMNS

    def fill(self, rows, cols, border, own, out, store):
        """Write the kernel of all pairs whose |rho| is at most `border` to `out`.

        Parameters
        ----------
        rows, cols : slice
        border : float
        own : bool
            Whether the tile is one of rows with themselves, whose diagonal does not matter.
        out : ndarray of shape (n_rows, n_cols)
        store : ndarray of shape `scratch`

        Returns
        -------
        near : tuple of two ndarrays, or None
            The other pairs, or None if they are many, and `out` is left as it was.
        """
        x, z = self.x.take(rows), self.z.take(cols)
        rho, *scratch = views(store, out.shape)
        inner_products(x.unit, z.unit, rho)
        near = NONE
        if max(rho.max(), -rho.min()) > border:
            near = np.nonzero(np.abs(rho, out=scratch[0]) > border)
            rho[near] = 0  # theirs is not to leave [-1, 1] by rounding
            if own:
                near = tuple(index[near[0] != near[1]] for index in near)
            if len(near[0]) > SHARE * rho.size:
                return None
        if self.angular is None:
            self._recur(x, z, rho, *scratch, out)
        else:
            self.angular(rho, *scratch[:3])
            np.multiply.outer(x.scale, z.scale, out=scratch[0])
            np.multiply(rho, scratch[0], out=out)
        return near

    def _recur(self, x, z, rho, kappa_dot, work, theta, *rest):
        """The recursion on a tile of first correlations `rho`, which is overwritten."""
        *kept, out = rest
        network = self.network
        factor, tangent = network.activation.factor, network.tangent
        states = [rho, theta] if tangent else [rho]
        (g, e), *rates = self.rates
        if tangent:
            np.multiply(g, rho, out=theta)
            if e != g:
                theta += np.multiply.outer((e - g) * x.first_bias, z.first_bias, out=work)
        for layer, (g, e) in enumerate(rates):
            (q_x, p_x, r_x, s_x), (q_z, p_z, r_z, s_z) = x.layers[layer], z.layers[layer]
            if network.skips(layer):
                np.multiply.outer(p_x, p_z, out=work)
                for state, copy in zip(states, kept, strict=False):
                    np.multiply(state, work, out=copy)
            network.activation.correlate(rho, q_x[:, np.newaxis], q_z, kappa_dot, work)
            if tangent:
                theta *= kappa_dot
            if layer == network.depth - 1:
                break
            np.multiply.outer(factor * r_x, r_z, out=work)
            for state in states:
                state *= work
            if network.bias_variance > 0:
                rho += np.multiply.outer(s_x, s_z, out=work)
                if tangent and e != g:
                    theta += np.multiply(e - g, work, out=work)
            if tangent:
                _add_multiple(theta, g, rho, work)
            if network.skips(layer):
                for state, copy in zip(states, kept, strict=False):
                    state += copy
        # The last layer goes straight to the units of the kernel, where the bias is a constant.
        if tangent:
            _add_multiple(theta, g, rho, work)
        np.multiply.outer(factor * r_x * x.scale, r_z * z.scale, out=work)
        np.multiply(states[-1], work, out=out)
        out += network.bias_variance * (e if tangent else 1)


class Loop:
    """`Passes` as a compiled loop; parameters and methods are the same."""

    scratch = 1, ROWS * COLUMNS

    def __init__(self, network, x, z, rates, angular):
        self.x, self.z, self.tangent = x.unit, z.unit, network.tangent
        if angular is None:
            self.loop, self.constants = recursion_loop(network.activation._pair), np.array(rates)
            self.terms = [_terms(network, side) for side in (x, z)]
        else:
            self.loop, self.constants = look_up, angular.coefficients
            self.terms = [side.scale[np.newaxis] for side in (x, z)]

    def fill(self, rows, cols, border, own, out, store):
        (values,) = views(store, out.shape)
        inner_products(self.x[rows], self.z[cols], values)
        near = np.empty((2, int(SHARE * out.size) + 1), dtype=np.intp)
        x, z = (
            np.ascontiguousarray(terms[:, part])
            for terms, part in zip(self.terms, (rows, cols), strict=True)
        )
        found = self.loop(values, x, z, self.constants, self.tangent, border, own, near)
        if found < 0:
            return None
        out[...] = values
        return tuple(near[:, :found])


def _terms(network, x):
    """What a `recursion_loop` knows of each row, shape (depth * TERMS + 2, n)."""
    layers = []
    for q, p, r, s in x.layers:
        a, b, unit = network.activation._pair_terms(q)
        layers += [a, b, p, r * unit, s]
    return np.array([*layers, x.first_bias, x.scale])


@lru_cache
def recursion_loop(pair):
    """The loop for an activation with this `_pair`."""

    @compiled
    def recur(values, x, z, rates, tangent, border, own, near):
        """Turn first correlations into the kernel, row by row.

        Parameters
        ----------
        values : ndarray of shape (m, n)
            Overwritten; anything where |rho| is beyond the border.
        x, z : ndarray of shape (depth * TERMS + 2, m) and (depth * TERMS + 2, n)
            Of each layer the terms of the pair, p, r and s; then S of the first layer and the
            scale of the kernel.
        rates : ndarray of shape (depth + 1, 2)
        tangent : bool
        border : float
        own : bool
        near : ndarray of shape (2, at most)
            Filled with the pairs beyond the border, without the diagonal if `own`.

        Returns
        -------
        found : int
            How many of these there are, or -1 if they are more than `near` can hold.
        """
        found = 0
        n = values.shape[1]
        theta = np.empty(n)
        for i in range(values.shape[0]):
            rho = values[i]
            found = take_row(rho, i, border, own, near, found)
            if found < 0:
                return -1
            g = rates[0, 0]
            bias = (rates[0, 1] - g) * x[-2, i]
            for j in range(n):
                theta[j] = g * rho[j] + bias * z[-2, j]
            for layer in range(len(rates) - 1):
                k = TERMS * layer
                a_x, b_x, p_x, r_x, s_x = x[k : k + 5, i]
                a_z, b_z, p_z, r_z, s_z = z[k], z[k + 1], z[k + 2], z[k + 3], z[k + 4]
                g, e = rates[layer + 1, 0], rates[layer + 1, 1]
                if tangent and g == 1 and e == 1 and p_x == 0:  # as below, in fewer operations
                    for j in range(n):
                        kappa, kappa_dot = pair(rho[j], a_x, b_x, a_z[j], b_z[j])
                        R = r_x * r_z[j]
                        rho[j] = R * kappa + s_x * s_z[j]
                        theta[j] = theta[j] * (R * kappa_dot) + rho[j]
                elif tangent:
                    for j in range(n):
                        kappa, kappa_dot = pair(rho[j], a_x, b_x, a_z[j], b_z[j])
                        P, R, S = p_x * p_z[j], r_x * r_z[j], s_x * s_z[j]
                        rho[j] = P * rho[j] + R * kappa + S
                        theta[j] = theta[j] * (R * kappa_dot + P) + (g * R * kappa + e * S)
                else:
                    for j in range(n):
                        kappa, _ = pair(rho[j], a_x, b_x, a_z[j], b_z[j])
                        rho[j] = p_x * p_z[j] * rho[j] + r_x * r_z[j] * kappa + s_x * s_z[j]
            scale = x[-1, i]
            if tangent:
                for j in range(n):
                    rho[j] = theta[j] * (scale * z[-1, j])
            else:
                for j in range(n):
                    rho[j] *= scale * z[-1, j]
        return found

    return recur


@compiled
def look_up(values, x, z, coefficients, tangent, border, own, near):
    """The same as `recur` by the table of an `AngularMap`, the terms of rows being their scales."""
    found = 0
    n = values.shape[1]
    n_intervals = coefficients.shape[1]
    for i in range(values.shape[0]):
        row = values[i]
        found = take_row(row, i, border, own, near, found)
        if found < 0:
            return -1
        for j in range(n):
            t, _ = angle_and_sine(row[j])
            row[j] = t * (n_intervals / pi)
        for j in range(n):
            k = min(int(row[j]), n_intervals - 1)
            u = row[j] - k
            cubic = coefficients[0, k] + u * (
                coefficients[1, k] + u * (coefficients[2, k] + u * coefficients[3, k])
            )
            row[j] = cubic * (x[0, i] * z[0, j])
    return found


@inlined
def take_row(row, i, border, own, near, found):
    """Take pairs beyond the border out of row i; how many there are by now, or -1 if too many."""
    count = 0
    for j in range(len(row)):
        count += abs(row[j]) > border
    if count:
        for j in range(len(row)):
            if abs(row[j]) > border:
                row[j] = 0.0
                if own and i == j:
                    continue
                if found == near.shape[1]:
                    return -1
                near[0, found], near[1, found] = i, j
                found += 1
    return found


def _add_multiple(total, factor, part, scratch):
    """total += factor * part, for a number that is mostly 1, sometimes 0."""
    if factor == 1:
        total += part
    elif factor:
        total += np.multiply(factor, part, out=scratch)


NONE = 2 * (np.empty(0, dtype=np.intp),)
