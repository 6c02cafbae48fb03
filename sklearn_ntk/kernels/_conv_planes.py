"""The recursion of `_convolution` without pooling as a compiled loop, in the cache.

A convolution compares pixel p + o of one image with pixel p' + o of another, so that it never
leaves a difference p' - p: all pairs of pixels of one difference are a plane, of the size of the
part of the images that overlaps when one is moved by it, and go through all layers on their own.
With strides, differences are multiples of those of the next layer. Reading out by flattening is
the plane of difference 0, and averaging the sum over all.
"""

from functools import lru_cache

import numpy as np

from .._compiled import compiled, inlined
from ._pixels import clipped, pixel_terms

# Images of a tile: those of z, side by side in memory, are as many as loops over them are compiled
# for.
N_Z = 64
TILE = N_Z, N_Z
# The plane with the row that has been added up along columns, behind K and Theta before and after.
BUFFER = 4


class PlaneLoop:
    """`ImagePasses` as a compiled loop, without pooling; parameters and methods are the same."""

    tile = TILE

    def __init__(self, network, x, z, q_x, q_z):
        self.bias, self.x, self.z = network.bias_variance, x, z
        self.q_x, self.q_z, self.activation = q_x, q_z, network.activation
        sizes = [network.image_shape[:2], *network.sizes()]
        first = network.weight_variance / (network.filter_size**2 * x.shape[-1])
        weights = [first, *(network.weight(size, size is sizes[-1]) for size in sizes[1:])]
        starts = [[network.before(n) for n in size] for size in sizes[:-1]]
        self.constants = (
            np.array(sizes),
            np.array(starts),
            np.array(weights),
            network.filter_size,
            network.stride,
            network.bias_variance,
            network.average,
            network.tangent,
        )
        self.loop = planes_loop(network.activation._pair)
        self.scratch = 5, sizes[0][0] * sizes[0][1] * N_Z

    def fill(self, rows, cols, out, work):
        """Write the kernel between two slices of images to `out`."""
        # Terms of all images at once would be several times what the images take.
        x_terms, z_terms = self._terms(self.q_x, rows), self._terms(self.q_z, cols)
        x, z = np.ascontiguousarray(self.x[rows]), _padded(np.moveaxis(self.z[cols], 0, -1))
        x_terms, z_terms = np.ascontiguousarray(np.moveaxis(x_terms, 2, 0)), _padded(z_terms)
        values = np.empty((out.shape[0], N_Z))
        self.loop(work.reshape(5, -1, N_Z), x, z, x_terms, z_terms, values, *self.constants)
        np.add(values[:, : out.shape[1]], self.bias, out=out)

    def _terms(self, variances, images):
        """`pixel_terms` of all layers, one after the other, shape (pixels, 4, images)."""
        layers = [pixel_terms(self.activation, q[..., images]) for q in variances]
        return np.concatenate([np.moveaxis(t, 0, 2).reshape(-1, 4, t.shape[-1]) for t in layers])


def _padded(values):
    """A contiguous array whose last axis has the length N_Z."""
    padded = np.zeros((*values.shape[:-1], N_Z))
    padded[..., : values.shape[-1]] = values
    return padded


@lru_cache
def planes_loop(pair):
    """The loop for an activation with this `_pair`."""

    @compiled
    def recur(
        work,
        x,
        z,
        x_terms,
        z_terms,
        out,
        sizes,
        starts,
        weights,
        size,
        stride,
        bias,
        average,
        tangent,
    ):
        """Write the kernel, but for its last bias, of all pairs of a few images.

        Parameters
        ----------
        work : ndarray of shape (5, height * width, N_Z)
            Overwritten.
        x, z : ndarray of shape (m, height, width, channels) and (height, width, channels, N_Z)
            Images.
        x_terms, z_terms : ndarray of shape (m, pixels, 4) and (pixels, 4, N_Z)
            `pixel_terms` of the pixels of all layers, one layer after the other.
        out : ndarray of shape (m, N_Z)
        sizes : ndarray of shape (depth + 1, 2)
            Heights and widths of the images and of each hidden layer.
        starts : ndarray of shape (depth, 2)
            By how much the windows start ahead of the first row and column.
        weights : ndarray of shape (depth + 1,)
            What each sum over windows is multiplied by, and the read-out.
        size, stride : int
            Of filters.
        bias : float
        average, tangent : bool
        """
        depth = len(starts)
        out[:] = 0
        reach_y, reach_x = (sizes[depth] - 1) * average
        for down in range(-reach_y, reach_y + 1):
            for right in range(-reach_x, reach_x + 1):
                for i in range(len(x)):
                    dy, dx = down * stride**depth, right * stride**depth
                    y, h = max(0, -dy), sizes[0, 0] - abs(dy)
                    c, w = max(0, -dx), sizes[0, 1] - abs(dx)
                    old, new = 0, 2  # planes of `work` with K, before those with Theta
                    multiply(work, old, x, z, i, (y, c, dy, dx, h, w), weights[0])
                    first_pixel = 0
                    for layer in range(depth):
                        dy, dx = dy // stride, dx // stride
                        y, c = max(0, -dy), max(0, -dx)
                        windows = h, w, size, stride, starts[layer, 0], starts[layer, 1], bias
                        h, w = sizes[layer + 1, 0] - abs(dy), sizes[layer + 1, 1] - abs(dx)
                        width = sizes[layer + 1, 1]
                        for row in range(h):  # all that it takes stays close to the processor
                            for state in range(1 + (tangent and layer > 0)):
                                convolve_row(work, old + state, new + state, row, w, windows)
                            pixel = first_pixel + (y + row) * width + c
                            other = pixel + dy * width + dx
                            respond_in_row(
                                pair,
                                work,
                                new,
                                row * w,
                                w,
                                x_terms,
                                z_terms,
                                (i, pixel, other),
                                weights[layer + 1],
                                tangent,
                                layer == 0,
                            )
                        first_pixel += sizes[layer + 1, 0] * width
                        old, new = new, old
                    last = old + tangent
                    for p in range(1, h * w):
                        for j in range(N_Z):
                            work[last, 0, j] += work[last, p, j]
                    for j in range(N_Z):
                        out[i, j] += work[last, 0, j]

    return recur


# No views in what follows: counting the references to each would take longer than its loop.


@inlined
def multiply(work, out, x, z, i, plane, weight):
    """Products of pixels, summed over channels, times `weight`."""
    y, c, dy, dx, h, w = plane
    for row in range(h):
        for column in range(w):
            p = row * w + column
            for channel in range(x.shape[3]):
                factor = weight * x[i, y + row, c + column, channel]
                for j in range(N_Z):
                    product = factor * z[y + row + dy, c + column + dx, channel, j]
                    work[out, p, j] = product + (work[out, p, j] if channel else 0.0)


@inlined
def convolve_row(work, values, out, row, width, windows):
    """Sums of plane `values` over windows, plus the bias, for one row of `out`."""
    h, w, size, stride, above, left, bias = windows
    first = max(0, row * stride - above)
    count = min(h, row * stride - above + size) - first
    for column in range(w):
        add_up(work, values, first * w + column, w, count, BUFFER, column, 0.0)
    for column in range(width):
        first = max(0, column * stride - left)
        count = min(w, column * stride - left + size) - first
        add_up(work, BUFFER, first, 1, count, out, row * width + column, bias)


@inlined
def add_up(work, values, first, gap, count, out, p, constant):
    """Pixel p of plane `out`: so many of `values`, from the first on, at gaps, and a constant."""
    if count > 2:
        for j in range(N_Z):
            both = work[values, first, j] + work[values, first + gap, j]
            work[out, p, j] = both + work[values, first + 2 * gap, j] + constant
    elif count == 2:
        for j in range(N_Z):
            work[out, p, j] = work[values, first, j] + work[values, first + gap, j] + constant
    else:
        for j in range(N_Z):
            work[out, p, j] = work[values, first, j] + constant
    for k in range(3, count):
        for j in range(N_Z):
            work[out, p, j] += work[values, first + k * gap, j]


@inlined
def respond_in_row(pair, work, K, p, width, x_terms, z_terms, at, weight, tangent, first):
    """`respond` on pixels p and so on of planes K and K + 1; `at` says what they are in images."""
    i, x_pixel, z_pixel = at
    for _ in range(width):
        inverse_x = x_terms[i, x_pixel, 0]
        a_x, b_x = x_terms[i, x_pixel, 1], x_terms[i, x_pixel, 2]
        u_x = weight * x_terms[i, x_pixel, 3]
        # Without conditions within, all of these compute with several images at a time.
        if not tangent:
            for j in range(N_Z):
                rho = clipped(work[K, p, j] * (inverse_x * z_terms[z_pixel, 0, j]))
                a_z, b_z = z_terms[z_pixel, 1, j], z_terms[z_pixel, 2, j]
                kappa, _ = pair(rho, a_x, b_x, a_z, b_z)
                work[K, p, j] = kappa * (u_x * z_terms[z_pixel, 3, j])
        elif first:
            for j in range(N_Z):
                rho = clipped(work[K, p, j] * (inverse_x * z_terms[z_pixel, 0, j]))
                a_z, b_z = z_terms[z_pixel, 1, j], z_terms[z_pixel, 2, j]
                kappa, kappa_dot = pair(rho, a_x, b_x, a_z, b_z)
                u = u_x * z_terms[z_pixel, 3, j]
                work[K, p, j] = kappa * u
                work[K + 1, p, j] = (rho * kappa_dot + kappa) * u
        else:
            for j in range(N_Z):
                inverse = inverse_x * z_terms[z_pixel, 0, j]
                rho, theta = clipped(work[K, p, j] * inverse), work[K + 1, p, j] * inverse
                a_z, b_z = z_terms[z_pixel, 1, j], z_terms[z_pixel, 2, j]
                kappa, kappa_dot = pair(rho, a_x, b_x, a_z, b_z)
                u = u_x * z_terms[z_pixel, 3, j]
                work[K, p, j] = kappa * u
                work[K + 1, p, j] = (theta * kappa_dot + kappa) * u
        p, x_pixel, z_pixel = p + 1, x_pixel + 1, z_pixel + 1
