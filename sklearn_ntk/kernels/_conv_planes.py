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
from ._pixels import PARALLEL, pixel_terms

# Images of a tile: those of z, side by side in memory, are as many as loops over them are compiled
# for; three planes of them fit into the cache.
N_Z = 64
TILE = N_Z, N_Z


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
        self.scratch = 3, sizes[0][0] * sizes[0][1] * N_Z

    def fill(self, rows, cols, out, work):
        """Write the kernel between two slices of images to `out`."""
        # Terms of all images at once would be several times what the images take.
        x_terms, z_terms = self._terms(self.q_x, rows), self._terms(self.q_z, cols)
        x, z = np.ascontiguousarray(self.x[rows]), _padded(np.moveaxis(self.z[cols], 0, -1))
        x_terms, z_terms = np.ascontiguousarray(np.moveaxis(x_terms, 2, 0)), _padded(z_terms)
        values = np.empty((out.shape[0], N_Z))
        self.loop(work.reshape(3, -1, N_Z), x, z, x_terms, z_terms, values, *self.constants)
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
        work : ndarray of shape (3, height * width, N_Z)
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
                    K, theta, other = 0, 1, 2  # planes of `work`
                    multiply(work, K, x, z, i, (y, c, dy, dx, h, w), weights[0])
                    first_pixel = 0
                    for layer in range(depth):
                        old_h, old_w = h, w
                        dy, dx = dy // stride, dx // stride
                        y, h = max(0, -dy), sizes[layer + 1, 0] - abs(dy)
                        c, w = max(0, -dx), sizes[layer + 1, 1] - abs(dx)
                        for state in range(1 + (tangent and layer > 0)):
                            plane = theta if state else K
                            above, left = starts[layer]
                            add_up(work, plane, other, 1, old_h, old_w, size, stride, above, h, 0.0)
                            add_up(work, other, plane, h, old_w, 1, size, stride, left, w, bias)
                        plane = first_pixel, sizes[layer + 1, 1], y, c, dy, dx, h, w
                        weight, first = weights[layer + 1], layer == 0
                        respond_to_plane(
                            pair, work, x_terms, z_terms, i, plane, weight, tangent, first
                        )
                        first_pixel += sizes[layer + 1, 0] * sizes[layer + 1, 1]
                    last = theta if tangent else K
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
def add_up(work, values, out, outer, n, behind, size, stride, before, length, constant):
    """`window_sums` of plane `values` along an axis of n entries, plus a constant."""
    for a in range(outer):
        for k in range(length):
            first = max(0, k * stride - before)
            count = min(n, k * stride - before + size) - first
            for b in range(behind):
                p = (a * length + k) * behind + b
                s = (a * n + first) * behind + b
                if count > 2:
                    for j in range(N_Z):
                        both = work[values, s, j] + work[values, s + behind, j]
                        work[out, p, j] = both + work[values, s + 2 * behind, j] + constant
                elif count == 2:
                    for j in range(N_Z):
                        both = work[values, s, j] + work[values, s + behind, j]
                        work[out, p, j] = both + constant
                else:
                    for j in range(N_Z):
                        work[out, p, j] = work[values, s, j] + constant
                for tap in range(3, count):
                    for j in range(N_Z):
                        work[out, p, j] += work[values, s + tap * behind, j]


@inlined
def respond_to_plane(pair, work, x_terms, z_terms, i, plane, weight, tangent, first):
    """`respond` on a plane: its pixel (y, c) and those behind it meet others moved by (dy, dx)."""
    first_pixel, width, y, c, dy, dx, h, w = plane
    for row in range(h):
        for column in range(w):
            p = row * w + column
            q = first_pixel + (y + row) * width + c + column
            inverse_x, a_x, b_x = x_terms[i, q, 0], x_terms[i, q, 1], x_terms[i, q, 2]
            u_x = weight * x_terms[i, q, 3]
            q += dy * width + dx
            for j in range(N_Z):
                rho = work[0, p, j] * (inverse_x * z_terms[q, 0, j])
                rho = 1.0 if rho > PARALLEL else rho
                work[0, p, j] = -1.0 if rho < -PARALLEL else rho
            if not tangent:
                for j in range(N_Z):
                    rho, a_z, b_z = work[0, p, j], z_terms[q, 1, j], z_terms[q, 2, j]
                    kappa, _ = pair(rho, a_x, b_x, a_z, b_z)
                    work[0, p, j] = kappa * (u_x * z_terms[q, 3, j])
                continue
            for j in range(N_Z):
                old = work[1, p, j] * (inverse_x * z_terms[q, 0, j])
                work[1, p, j] = work[0, p, j] if first else old
            for j in range(N_Z):
                rho, a_z, b_z = work[0, p, j], z_terms[q, 1, j], z_terms[q, 2, j]
                kappa, kappa_dot = pair(rho, a_x, b_x, a_z, b_z)
                u = u_x * z_terms[q, 3, j]
                work[0, p, j] = kappa * u
                work[1, p, j] = (work[1, p, j] * kappa_dot + kappa) * u
