"""The recursion over depth behind ConvNNGP and ConvNTK, as functions on arrays.

State of a pair of images (x, z): the covariance K(p, p') of the preactivations of x at pixel p
and of z at pixel p', and the tangent kernel Theta(p, p') of the same. With M and M_dot the
expectations of phi phi and phi' phi' over Gaussians of covariance K, a convolution of weight
variance sw2 and bias variance sb2 is

    K     <- sw2 A[M] + sb2
    Theta <- sw2 A[M + Theta M_dot] + sb2,

where A averages over the offsets of the filter, the same for both pixels, and takes pixels
beyond the border for zero. The first layer has the products of pixels, averaged over channels,
for M. Pooling averages over the windows of p and of p' on their own.

The nonlinearity needs the variances of each pixel and the covariance of each pair (p, p') that
is asked for; A needs nothing but (p + o, p' + o). So reading out by flattening, which asks for
p = p', never leaves p = p'; averages over pixels, in the read-out or between layers, take all.

These are the equations of Novak et al. (ICLR 2019, eq. 4 to 6) and of Arora et al. (NeurIPS 2019,
section 4).
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse

from .._compiled import expect, use_loops
from ._arrays import IMAGES, PIXEL_PAIRS, slices, view
from ._conv_pairs import PairLoop
from ._conv_planes import PlaneLoop
from ._pairs import TileProduct, fill_tiles
from ._pixels import respond
from ._windows import window_sums

THREE = 3 * (np.newaxis,)


class ConvNetwork(NamedTuple):
    """The parameters of the network, checked, and the kernel: NTK if `tangent`, or NNGP.

    Arrays over pairs have the axes (height, width, image) of x and then the same of z if
    `paired`, or (height, width, image of x, image of z) where the two pixels are one.
    """

    image_shape: tuple
    depth: int
    activation: object
    weight_variance: float
    bias_variance: float
    filter_size: int
    stride: int
    pooling: int
    average: bool
    tangent: bool

    @property
    def paired(self):
        """Whether all pairs of pixels are needed."""
        return self.average or self.pooling > 1

    def sizes(self):
        """(height, width) of the preactivations of each hidden layer."""
        sizes = [self.convolved(self.image_shape[:2])]
        for layer in range(1, self.depth):
            height, width = sizes[-1]
            if min(height, width) < self.pooling:
                raise ValueError(
                    f"Hidden layer {layer} has {height} x {width} pixels, too few to pool by "
                    f"{self.pooling}. Take a smaller pooling, stride or depth."
                )
            sizes.append(self.convolved((height // self.pooling, width // self.pooling)))
        return sizes

    def convolved(self, size):
        return tuple(-(-n // self.stride) for n in size)

    def before(self, n):
        """Zeros before the first of n pixels: half of what is missing, as in neural-tangents."""
        missing = (-(-n // self.stride) - 1) * self.stride + self.filter_size - n
        return max(missing, 0) // 2

    def patches(self, images):
        """(height, width, n, fan-in): the products of its entries are the first covariances."""
        n, height, width, channels = images.shape
        f, out = self.filter_size, self.convolved((height, width))
        top, left = self.before(height), self.before(width)
        shape = (n, self.stride * out[0] + f, self.stride * out[1] + f, channels)
        padded = np.zeros(shape)
        padded[:, top : top + height, left : left + width] = images
        windows = np.lib.stride_tricks.sliding_window_view(padded, (f, f), axis=(1, 2))
        windows = windows[:, : -1 : self.stride, : -1 : self.stride].transpose(1, 2, 0, 3, 4, 5)
        patches = np.empty((*out, n, f * f * channels + (self.bias_variance > 0)))
        patches[..., -1] = np.sqrt(self.bias_variance)
        factor = np.sqrt(self.weight_variance / (f * f * channels))
        np.multiply(windows.reshape(*out, n, -1), factor, out=patches[..., : f * f * channels])
        return patches

    def images(self, X):
        """Rows as an array of shape (n, height, width, channels)."""
        n_pixels = np.prod(self.image_shape)
        if X.shape[1] != n_pixels:
            raise ValueError(
                f"X has {X.shape[1]} features, but images of shape {self.image_shape} (height, "
                f"width, channels) have {n_pixels}."
            )
        return (X.toarray() if sparse.issparse(X) else X).reshape(-1, *self.image_shape)

    def without_read_out(self):
        """A network with the same variances that does with as few pairs of pixels as they need."""
        return self._replace(average=False, tangent=False)

    def variances(self, images):
        """(height, width, n) of each hidden layer, in O(pixels), or O(pixels^2) with pooling."""
        return self.without_read_out()._own(images)[0]

    def diagonal(self, X):
        """The diagonal of the kernel."""
        return self._own(self.images(X))[1]

    def _own(self, images):
        """The variances of each hidden layer and the kernel, of images with themselves."""
        variances = [np.empty((*size, len(images))) for size in self.sizes()]
        diagonal = np.empty(len(images))
        (_, columns), shape = self.workspace(1, len(images))
        work = np.empty(shape)
        for part in slices(len(images), columns):

            def sides(layer, K, part=part):
                variances[layer][..., part] = q = self.own_variances(K)
                _check_finite(q, part)
                return self.own_sides(q)

            with np.errstate(over="ignore", invalid="ignore"):  # checked, with advice
                K = _copy(self.own_covariances(images[part]), work[0])
                diagonal[part] = self._recur(K, sides, work)[0]
            _check_finite(diagonal[part], part)
        return variances, diagonal

    def own_covariances(self, images):
        """Covariances of the first layer, of images with themselves: a single image of x."""
        patches = self.patches(images)
        subscripts = "hwnf,ijnf->hwijn" if self.paired else "hwnf,hwnf->hwn"
        return np.einsum(subscripts, patches, patches)[:, :, np.newaxis]

    def own_variances(self, K):
        """The variances of the pixels, from the covariances of images with themselves."""
        K = K[:, :, 0]
        return np.einsum("hwhwn->hwn", K).copy() if self.paired else K.copy()

    def own_sides(self, q):
        """(q_x, q_z), arrays or jets, to broadcast against covariances with themselves."""
        if self.paired:
            return q[:, :, *THREE], q[THREE]
        return q[:, :, np.newaxis], q[:, :, np.newaxis]

    def sides(self, q_x, q_z):
        """(q_x, q_z), arrays or jets, to broadcast against covariances of all pairs."""
        if self.paired:
            return q_x[..., *THREE], q_z[THREE]
        return q_x[..., np.newaxis], q_z[:, :, np.newaxis]

    def matrix(self, X, Z, out):
        """The kernel between the rows of X and of Z (or X, if Z is None), by `fill_tiles`."""
        x = z = self.images(X)
        q_x = q_z = self.variances(x)
        if Z is not None:
            z = self.images(Z)
            q_z = self.variances(z)
        if len(z) < len(x) and not isinstance(out, TileProduct):  # tiles are made of columns
            x, q_x, z, q_z, out = z, q_z, x, q_x, out.T
        n_pairs = len(x) * len(z) * self.pixel_pairs()
        expect(n_pairs)  # of images there are fewer
        form = ImagePasses
        if self.activation._pair is not None and use_loops(n_pairs):
            form = PlaneLoop if self.pooling == 1 else PairLoop
        tiles = form(self, x, z, q_x, q_z)
        diagonal = self.diagonal(X) if Z is None else None

        def evaluate(rows, cols, out, work):
            tiles.fill(rows, cols, out, work)
            if Z is None and rows == cols:
                np.fill_diagonal(out, diagonal[rows])

        with np.errstate(over="ignore"):  # exponents and ratios of what is 0 in the end
            fill_tiles(out, evaluate, Z is None, tiles.tile, tiles.scratch)

    def pixel_pairs(self):
        """How many there are in the first layer of a pair of images."""
        height, width = self.sizes()[0]
        return (height * width) ** (1 + self.paired)

    def workspace(self, n_rows, n_columns):
        """(rows, columns) of a tile of images, rows at most columns, and its scratch's shape."""
        size = self.pixel_pairs()
        per_tile = max(1, PIXEL_PAIRS // size)
        columns = min(per_tile, IMAGES, n_columns)
        rows = min(per_tile // columns, columns, n_rows)
        return (rows, columns), (4, rows * columns * size)

    def covariances(self, images_x, images_z, flat):
        """Covariances of the first layer, for all pairs of two sets of images."""
        return self.products(self.patches(images_x), self.patches(images_z), flat)

    def products(self, x, z, flat):
        """The same from the `patches` of the images."""
        if self.paired:
            out = view(flat, (*x.shape[:3], *z.shape[:3]))
            matrix = view(flat, (x[..., 0].size, z[..., 0].size))
            np.matmul(x.reshape(-1, x.shape[-1]), z.reshape(-1, z.shape[-1]).T, out=matrix)
        else:
            out = view(flat, (*x.shape[:3], z.shape[2]))
            np.matmul(x, z.swapaxes(-1, -2), out=out)
        return out

    def _recur(self, K, sides, work):
        """The kernel, for covariances K of the first layer, which lie in work[0].

        `sides(layer, K)` has the variances of the preactivations of x and of z, in shapes that
        broadcast against K. Returns an array of shape (images of x, images of z).
        """
        theta = view(work[1], K.shape) if self.tangent else None
        for layer in range(self.depth):
            last = layer == self.depth - 1
            weight = self.weight(K.shape, last)
            respond(self.activation, K, theta, layer == 0, *sides(layer, K), weight, work[2:])
            if last:
                return self.read_out(theta if self.tangent else K) + self.bias_variance
            K = self.convolve(K, work[0], work[2])
            if self.tangent:
                theta = self.convolve(theta, work[1], work[2])
            if self.bias_variance > 0:
                for state in [K, theta] if self.tangent else [K]:
                    state += self.bias_variance

    def weight(self, shape, last):
        """The weight variance over the number of terms that the next layer adds up."""
        if last:
            n_pixels = shape[0] * shape[1]
            return self.weight_variance / (n_pixels**2 if self.average else n_pixels)
        return self.weight_variance / (self.filter_size**2 * self.pooling**4)

    def read_out(self, values):
        if self.average:
            return values.sum(axis=(0, 1, 3, 4))
        return np.einsum("hwahwb->ab", values) if self.paired else values.sum(axis=(0, 1))

    def convolve(self, values, flat, other):
        """Sums over pooling windows, then over the filter; `values` lie in `flat`, and so does
        the result.
        """
        vertical, horizontal = [(0, 3), (1, 4)] if self.paired else [(0,), (1,)]
        if self.pooling > 1:
            for axis in vertical + horizontal:
                length = values.shape[axis] // self.pooling
                values = window_sums(values, (axis,), self.pooling, self.pooling, 0, length, other)
                flat, other = other, flat
        for axes in vertical, horizontal:
            n = values.shape[axes[0]]
            length, before = self.convolved((n,))[0], self.before(n)
            values = window_sums(values, axes, self.filter_size, self.stride, before, length, other)
            flat, other = other, flat
        return values


class ImagePasses:
    """The kernel on tiles of images, in passes of NumPy; variances are those of all layers."""

    def __init__(self, network, x, z, q_x, q_z):
        self.network, self.x, self.z = network, x, z
        self.q_x, self.q_z = q_x, q_z
        self.tile, self.scratch = network.workspace(len(x), len(z))

    def fill(self, rows, cols, out, work):
        """Write the kernel between two slices of images to `out`."""

        def sides(layer, _):
            return self.network.sides(self.q_x[layer][..., rows], self.q_z[layer][..., cols])

        first = self.network.covariances(self.x[rows], self.z[cols], work[0])
        out[...] = self.network._recur(first, sides, work)


def _check_finite(values, part):
    """Raise an error with advice unless `values`, of a slice of images, are finite.

    Every layer is checked before the nonlinearity, which may say anything of infinity.
    """
    finite = np.isfinite(values).reshape(-1, values.shape[-1]).all(axis=0)
    if not finite.all():
        raise ValueError(
            f"The kernel overflows on row {part.start + np.argmin(finite)}. Scale the images, for "
            "instance to pixels between 0 and 1, or lower weight_variance."
        )


def _copy(values, flat):
    out = view(flat, values.shape)
    np.copyto(out, values)
    return out
