"""Kernels of infinitely wide convolutional networks from their definitions, in mpmath."""

from itertools import product

import mpmath as mp
import numpy as np
from oracle import BEYOND, Beyond, dot, make_dual


class NoPixels(ArithmeticError):
    """Nothing is left to pool."""


class Convolutional:
    """The recursion over pairs of pixels, in loops.

    `network` is a dict: image_shape (height, width, channels), activation, depth, sw2, sb2,
    tangent, filter_size, stride, pooling and average.
    """

    def __init__(self, network):
        self.__dict__.update(network)
        self.dual = make_dual(*self.activation)
        self.sw2, self.sb2 = mp.mpf(self.sw2), mp.mpf(self.sb2)

    def matrix(self, X):
        """(K(X), all variances on the way, sizes of K(x, x)); rows are lists of mpf.

        The size is what x would have if no pixels cancelled in the average.
        """
        height, width, channels = self.image_shape
        pixels = list(product(range(height), range(width)))
        images = [
            {p: x[k * channels : (k + 1) * channels] for k, p in enumerate(pixels)} for x in X
        ]
        moments, own = zip(*(self.walk(image, image, self.equal) for image in images), strict=True)
        sizes = [self.read_out([v for (p, r), v in values.items() if p == r]) for values in moments]
        K = np.empty((len(X), len(X)), dtype=object)
        for i in range(len(X)):
            for j in range(i + 1):
                moments, _ = self.walk(
                    images[i], images[j], lambda layer, _, i=i, j=j: (own[i][layer], own[j][layer])
                )
                read = [value for (p, r), value in moments.items() if self.average or p == r]
                K[i, j] = K[j, i] = self.read_out(read)
        return K, [q for image in own for layer in image for q in layer.values()], np.array(sizes)

    def read_out(self, values):
        return self.sw2 * sum(values) / len(values) + self.sb2

    @staticmethod
    def equal(layer, K):
        """The variances of an image with itself, from its covariances K."""
        q = {p: c for (p, r), c in K.items() if p == r}
        if max(q.values()) > BEYOND:
            raise Beyond
        return q, q

    def pairs(self, size):
        """Pairs of pixels that are needed: equal ones if nothing averages over pixels."""
        pixels = list(product(*map(range, size)))
        if self.average or self.pooling > 1:
            return list(product(pixels, repeat=2))
        return [(p, p) for p in pixels]

    def walk(self, x, z, variances):
        """(moments after the last layer, variances of x seen by each nonlinearity)."""
        size, channels = self.image_shape[:2], self.image_shape[2]
        K = {(p, r): dot(x[p], z[r]) / channels for p, r in self.pairs(size)}
        theta = K = self.convolve(K, size)
        seen = []
        for layer in range(self.depth):
            size = self.convolved(size)
            q_x, q_z = variances(layer, K)
            seen.append(q_x)
            duals = {(p, r): self.dual(c, q_x[p], q_z[r]) for (p, r), c in K.items()}
            K = {key: value for key, (value, _) in duals.items()}
            if self.tangent:
                theta = {
                    key: value + (theta[key] * slope if theta[key] else 0)
                    for key, (value, slope) in duals.items()
                }
            if layer == self.depth - 1:
                return (theta if self.tangent else K), seen
            K = self.convolve(self.pool(K, size), self.pooled(size))
            theta = self.convolve(self.pool(theta, size), self.pooled(size)) if self.tangent else K
            size = self.pooled(size)

    def convolved(self, size):
        return [-(-n // self.stride) for n in size]

    def pooled(self, size):
        if min(size) < self.pooling:
            raise NoPixels
        return [n // self.pooling for n in size]

    def convolve(self, moments, size):
        """sw2 times the average over the filter, plus sb2."""
        f, s = self.filter_size, self.stride
        out = self.convolved(size)
        before = [max((m - 1) * s + f - n, 0) // 2 for m, n in zip(out, size, strict=True)]

        def at(p, offset):
            return tuple(i * s - k + o for i, k, o in zip(p, before, offset, strict=True))

        def average(p, r):
            offsets = product(range(f), repeat=2)
            total = sum(moments.get((at(p, o), at(r, o)), 0) for o in offsets)
            return self.sw2 * total / f**2 + self.sb2

        return {(p, r): average(p, r) for p, r in self.pairs(out)}

    def pool(self, moments, size):
        """Averages over windows of both pixels."""
        k = self.pooling
        window = list(product(range(k), repeat=2))

        def average(p, r):
            total = sum(
                moments[(p[0] * k + i, p[1] * k + j), (r[0] * k + m, r[1] * k + n)]
                for (i, j), (m, n) in (product(window, repeat=2) if k > 1 else [((0, 0),) * 2])
            )
            return total / mp.mpf(k) ** 4

        return {(p, r): average(p, r) for p, r in self.pairs(self.pooled(size))}
