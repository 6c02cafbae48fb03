"""The recursion of `_convolution` with pooling as a compiled loop, in the cache.

Pools mix pixels of each image on their own, so that all pairs of pixels go through the layers
together, of as few pairs of images at a time as the cache holds.
"""

from functools import lru_cache

import numpy as np

from .._compiled import compiled
from ._arrays import slices
from ._pixels import pixel_terms, respond_to_rows
from ._windows import sum_windows

# Images of a tile, whose patches are made once, and pairs of pixels that stay in the cache.
TILE, PIECE = (16, 64), 2**16


class PairLoop:
    """`ImagePasses` as a compiled loop, for all pairs of pixels; it has the same parameters."""

    tile = TILE

    def __init__(self, network, x, z, q_x, q_z):
        self.network, self.x, self.z = network, x, z
        self.terms = [[pixel_terms(network.activation, q) for q in side] for side in (q_x, q_z)]
        n = max(1, PIECE // network.pixel_pairs())
        columns = min(n, TILE[1])
        self.piece = n // columns, columns
        self.scratch = 3, np.prod(self.piece) * network.pixel_pairs()
        self.loop = pairs_loop(network.activation._pair)
        sizes = network.sizes()
        weights = [network.weight(size, size is sizes[-1]) for size in sizes]
        n_pixels = np.prod(sizes, axis=1)
        self.constants = (
            n_pixels,
            np.array(weights),
            network.bias_variance,
            network.average,
            network.tangent,
        )

    def fill(self, rows, cols, out, work):
        """Write the kernel between two slices of images to `out`."""
        network, n_pieces = self.network, self.piece
        x, z = network.patches(self.x[rows]), network.patches(self.z[cols])
        parts_x, parts_z = (slices(s.shape[2], n) for s, n in zip((x, z), n_pieces, strict=True))
        terms_x = [_packed(self.terms[0], rows, part) for part in parts_x]
        terms_z = [_packed(self.terms[1], cols, part) for part in parts_z]
        for part_x, row_terms in zip(parts_x, terms_x, strict=True):
            for part_z, column_terms in zip(parts_z, terms_z, strict=True):
                network.products(x[:, :, part_x], z[:, :, part_z], work[0])
                values = np.empty(out[part_x, part_z].shape)
                steps = window_steps(network, *values.shape)
                self.loop(work, row_terms, column_terms, values, steps, *self.constants)
                np.add(values, network.bias_variance, out=out[part_x, part_z])


def _packed(terms, rows, part):
    """`pixel_terms` of some images, those of all layers one after the other."""
    return np.concatenate([layer[..., rows][..., part].reshape(-1) for layer in terms])


@lru_cache(maxsize=64)
def window_steps(network, m, n):
    """What `sum_windows` is to do between layers, for m images of x and n of z.

    Returns an array of shape (depth - 1, steps, 9).
    """
    layers = []
    for h, w in network.sizes()[:-1]:
        pool, step = network.pooling, (network.filter_size, network.stride)
        pools, z = (pool, pool, 0), h * w * n
        old_h, old_w, h, w = h, w, h // pool, w // pool
        new_h, new_w = network.convolved((h, w))
        layers.append(
            [  # pools along one axis of x or z after the other, and filters along those of both
                (1, 1, 1, old_h, old_w * m * z, *pools, h),
                (h, 1, 1, old_w, m * z, *pools, w),
                (h * w * m, 1, 1, old_h, old_w * n, *pools, h),
                (h * w * m * h, 1, 1, old_w, n, *pools, w),
                (1, h, w * m, h, w * n, *step, network.before(h), new_h),
                (new_h, w, m * new_h, w, n, *step, network.before(w), new_w),
            ]
        )
    return np.array(layers, dtype=int).reshape(len(layers), 6, 9)


@lru_cache
def pairs_loop(pair):
    """The loop for an activation with this `_pair`."""

    @compiled
    def recur(work, x, z, out, steps, n_pixels, weights, bias, average, tangent):
        """Write the kernel, but for its last bias, of all pairs of a few images.

        Parameters
        ----------
        work : ndarray of shape (3, at least pairs of pixels)
            Covariances of the first layer lie in its first row; overwritten.
        x, z : ndarray
            `pixel_terms` of all layers, one after the other.
        out : ndarray of shape (images of x, images of z)
        steps : ndarray of shape (depth - 1, 6, 9)
            `window_steps`.
        n_pixels, weights : ndarray of shape (depth,)
            Pixels of each layer, and what it is multiplied by.
        bias : float
        average, tangent : bool
        """
        n_x, n_z = out.shape
        K, theta, other = 0, 1, 2  # rows of `work`
        start_x = start_z = 0
        for layer in range(len(n_pixels)):
            n = n_pixels[layer]
            shape = n * n_x, n * n_z
            size = shape[0] * shape[1]
            if layer > 0 and bias > 0:
                for j in range(size):
                    work[K, j] += bias
                if tangent:
                    for j in range(size):
                        work[theta, j] += bias
            respond_to_rows(
                pair,
                work[K, :size].reshape(shape),
                work[theta, :size].reshape(shape),
                x[start_x : start_x + 4 * shape[0]].reshape((4, shape[0])),
                z[start_z : start_z + 4 * shape[1]].reshape((4, shape[1])),
                weights[layer],
                tangent,
                layer == 0,
            )
            start_x += 4 * shape[0]
            start_z += 4 * shape[1]
            if layer < len(n_pixels) - 1:
                for state in range(1 + tangent):
                    for step in steps[layer]:
                        sum_windows(work[theta if state else K], work[other], step)
                        if state:
                            theta, other = other, theta
                        else:
                            K, other = other, K
        last = work[theta if tangent else K, :size].reshape(shape)
        out[:] = 0
        total = np.empty(n * n_z)
        for a in range(n_x):
            total[:] = 0
            for p in range(n):
                # Of one pixel of x the sums are those of all of z, or of its own.
                row = last[p * n_x + a]
                start = 0 if average else p * n_z
                for j in range(start, n * n_z if average else start + n_z):
                    total[j] += row[j]
            for q in range(n):
                for b in range(n_z):
                    out[a, b] += total[q * n_z + b]

    return recur
