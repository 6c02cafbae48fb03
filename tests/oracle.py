"""Kernels of infinitely wide networks from their definitions, in mpmath.

Slow and plain on purpose: unnormalised recursions over single pairs, at a precision of which
nothing can be lost, to hold the package's arithmetic against.
"""

from itertools import product
from math import comb, factorial

import mpmath as mp
import numpy as np

# Factors of the first covariances are rounded to this many bits, so that those of float64 rows,
# and whether two rows are parallel, come out exactly at 200 digits.
FACTOR_BITS = 120
# Further than any sequence of float64 numbers gets; exponentials of exponentials do.
BEYOND = mp.mpf("1e1000")


class Beyond(ArithmeticError):
    """A variance on the way to the kernel is beyond float64."""


def angle(c, a, b):
    return mp.atan2(mp.sqrt(max(a * b - c * c, mp.mpf(0))), c)


def absolute(c, a, b):
    """E|u||v| and E[sign(u) sign(v)] (Cho and Saul, 2009, equations 3 to 6)."""
    t = angle(c, a, b)
    root = mp.sqrt(max(a * b - c * c, mp.mpf(0)))
    return 2 / mp.pi * (root + (mp.pi / 2 - t) * c), 1 - 2 * t / mp.pi


def piecewise_linear(slope):
    odd, even = ((1 + mp.mpf(slope)) / 2) ** 2, ((1 - mp.mpf(slope)) / 2) ** 2

    def dual(c, a, b):
        magnitude, signs = absolute(c, a, b)
        return odd * c + even * magnitude, odd + even * signs

    return dual


def rectified_quadratic(c, a, b):
    t, amplitude = angle(c, a, b), mp.sqrt(a * b)
    sine, cosine = mp.sin(t), mp.cos(t)
    order_2 = 3 * sine * cosine + (mp.pi - t) * (1 + 2 * cosine**2)
    order_1 = sine + (mp.pi - t) * cosine
    return a * b * order_2 / (2 * mp.pi), 4 * amplitude * order_1 / (2 * mp.pi)


def signs(shift, height, surrogate):
    """shift + height sign(u), and 0 at 0; the derivative is that of the surrogate."""

    def dual(c, a, b):
        value = mp.mpf(0)
        if a and b:
            value = shift**2 + height**2 * (1 - 2 * angle(c, a, b) / mp.pi)
        return value, None if surrogate is None else surrogate(c, a, b)[1]

    return dual


def erf(c, a, b):
    N = (1 + 2 * a) * (1 + 2 * b)
    return 2 / mp.pi * mp.asin(2 * c / mp.sqrt(N)), 4 / mp.pi / mp.sqrt(N - 4 * c * c)


def gelu(c, a, b):
    """By Stein's lemma from E[Phi Phi] = G and E[pdf pdf] = P."""
    N = (1 + a) * (1 + b)
    P = 1 / (2 * mp.pi * mp.sqrt(N - c * c))
    G = mp.mpf(1) / 4 + mp.asin(c / mp.sqrt(N)) / (2 * mp.pi)
    value = a * (b - c * c / (1 + a)) * P + c * G + c * c * P / (1 + b)
    return value, G + c * P * (1 / (1 + a) + 1 / (1 + b) + 1 / (N - c * c))


def sin(c, a, b):
    damping = mp.exp(-(a + b) / 2)
    return damping * mp.sinh(c), damping * mp.cosh(c)


def cos(c, a, b):
    return sin(c, a, b)[::-1]


def rbf(gamma):
    def dual(c, a, b):
        value = mp.exp(-mp.mpf(gamma) * (a + b - 2 * c))
        return value, 2 * mp.mpf(gamma) * value

    return dual


def gaussian(c, a, b):
    D = (1 + a) * (1 + b) - c * c
    return 1 / mp.sqrt(D), c / (D * mp.sqrt(D))


def exp(c, a, b):
    value = mp.exp((a + b) / 2 + c)
    return value, value


def polynomial(coefficients):
    coefficients = [mp.mpf(value) for value in coefficients]
    slopes = [k * value for k, value in enumerate(coefficients)][1:]

    def expectation(terms, c, a, b):
        return sum(
            (
                p * q * moment(i, j, c, a, b)
                for (i, p), (j, q) in product(enumerate(terms), repeat=2)
                if p and q and (i + j) % 2 == 0
            ),
            mp.mpf(0),
        )

    return lambda c, a, b: (expectation(coefficients, c, a, b), expectation(slopes, c, a, b))


def moment(i, j, c, a, b):
    """E[u^i v^j]: sums over the pairings of i and j factors, k of them across (Isserlis)."""
    return sum(
        (
            comb(i, k) * comb(j, k) * factorial(k) * c**k
            * pairings(i - k) * a ** ((i - k) // 2) * pairings(j - k) * b ** ((j - k) // 2)
            for k in range(min(i, j) + 1)
            if (i - k) % 2 == 0
        ),
        mp.mpf(0),
    )  # fmt: skip


def pairings(n):
    """(n - 1)!!"""
    return factorial(n) // (2 ** (n // 2) * factorial(n // 2))


def make_dual(name, *parameters):
    """(E[phi phi], E[phi' phi']) as a function of (c, a, b)."""
    half = mp.mpf(1) / 2
    surrogate = make_dual(*parameters[0]) if name in ("sign", "step") and parameters else None
    return {
        "relu": lambda: piecewise_linear(0),
        "leaky_relu": lambda: piecewise_linear(*parameters),
        "abs": lambda: piecewise_linear(-1),
        "identity": lambda: lambda c, a, b: (c, mp.mpf(1)),
        "rectified_quadratic": lambda: rectified_quadratic,
        "sign": lambda: signs(mp.mpf(0), mp.mpf(1), surrogate),
        "step": lambda: signs(half, half, surrogate),
        "erf": lambda: erf,
        "gelu": lambda: gelu,
        "sin": lambda: sin,
        "cos": lambda: cos,
        "rbf": lambda: rbf(*parameters),
        "gaussian": lambda: gaussian,
        "exp": lambda: exp,
        "polynomial": lambda: polynomial(*parameters),
    }[name]()


def dot(x, z):
    return mp.fsum(p * q for p, q in zip(x, z, strict=True))


class Dense:
    """The recursion of DESIGN.md, section 2, for pairs of rows.

    `network` is a dict: activation (arguments of `make_dual`), depth, sw2, sb2, tangent,
    layer_norm, residual, width (None for the NTK parameterization) and frozen.
    """

    def __init__(self, network, n_features):
        self.__dict__.update(network)
        self.dual = make_dual(*self.activation)
        with mp.workprec(FACTOR_BITS):
            self.first = +(mp.mpf(self.sw2) / n_features)
        self.sw2, self.sb2 = mp.mpf(self.sw2), mp.mpf(self.sb2)
        self.rates = []
        for layer in range(self.depth + 1):
            rate = (mp.mpf(1), mp.mpf(1))
            if self.width is not None:
                fan_in = self.width if layer else n_features
                rate = fan_in / self.sw2, 1 / self.sb2 if self.sb2 else mp.mpf(0)
            self.rates.append(rate if layer >= self.frozen else (mp.mpf(0), mp.mpf(0)))

    def kernel(self, xx, xz, zz, own=None):
        """The kernel for given inner products; `own` is what `variances` says of both rows."""
        q_x, q_z = own if own else ([self.first * v + self.sb2] for v in (xx, zz))
        c, (g, e) = self.first * xz, self.rates[0]
        theta, c = g * c + e * self.sb2, c + self.sb2
        for layer, (g, e) in enumerate(self.rates[1:]):
            a, b = (q_x[layer], q_z[layer]) if own else (c, c)
            seen, pulled = c, theta
            if self.layer_norm:
                size = mp.sqrt(a * b)
                seen, pulled = (seen / size, pulled / size) if size else (mp.mpf(0), mp.mpf(0))
                a, b = (mp.mpf(1) if q else mp.mpf(0) for q in (a, b))
                seen = seen if own else a
            value, slope = self.dual(seen, a, b)
            skips = self.residual and layer < self.depth - 1
            if self.tangent:
                branch = self.sw2 * (g * value + (pulled * slope if pulled else 0)) + e * self.sb2
                theta = branch + (theta if skips else 0)
            c = self.sw2 * value + self.sb2 + (c if skips else 0)
            if not own:
                if c > BEYOND:
                    raise Beyond
                q_x.append(c)
        return (theta if self.tangent else c), q_x

    def matrix(self, X):
        """(K(X), all variances on the way, sizes of K(x, x)); rows are lists of mpf."""
        n = len(X)
        own = [self.kernel(v, v, v) for v in (dot(x, x) for x in X)]
        K = np.empty((n, n), dtype=object)
        for i in range(n):
            K[i, i] = own[i][0]
            for j in range(i):
                if X[i] == X[j]:
                    K[i, j] = K[j, i] = own[i][0]
                else:
                    pair = own[i][1], own[j][1]
                    K[i, j] = K[j, i] = self.kernel(None, dot(X[i], X[j]), None, pair)[0]
        return K, [q for _, variances in own for q in variances], K.diagonal()


def laplace_matrix(X, length_scale, exponent):
    """exp(-(||x - z|| / length_scale)^exponent)."""
    n = len(X)
    K = np.empty((n, n), dtype=object)
    for i, j in product(range(n), repeat=2):
        difference = [p - q for p, q in zip(X[i], X[j], strict=True)]
        distance = mp.sqrt(dot(difference, difference)) / mp.mpf(length_scale)
        K[i, j] = mp.exp(-(distance ** mp.mpf(exponent)))
    return K
