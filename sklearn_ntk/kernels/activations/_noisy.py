"""Erf, GELU, Gaussian: angles of noisy correlations of c = cov(u, v), a = var(u), b = var(v).

Where u and v are nearly equal, 1 - kappa is the difference of nearly equal numbers, and large
variances make much of it. So it also has a form in terms of haversines, from

    2 (sqrt(m_x m_z) - E[phi phi]) = E[(phi(u) - phi(v))^2] - (sqrt(m_x) - sqrt(m_z))^2,

d2 = var(u - v) = gap^2 + 4 h sqrt(a b) and s2 = var(u + v) = gap^2 + 4 g sqrt(a b). Where one of
the variances is much the larger, it is this form that cancels.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import erf, ndtr

from ..._compiled import inlined
from .._angle import arccos_over_sine
from .._arrays import divide
from ._base import Activation, comparable


class NoisyCorrelation(Activation):
    """Activations whose dual depends on sin w = c / sqrt(N), with N = (1 + a) (1 + b).

    N cos^2 w = 1 + a + b + (a b - c^2), where the last term vanishes for u = v. Subclasses define
    ``_duals(c, a, b, defect)``, the dual and the derivative dual, with defect = (a b - c^2) / N.
    """

    def dual(self, c, a, b):
        return self._duals(c, a, b, self._defect(c, a, b))[0]

    def derivative_dual(self, c, a, b):
        return self._duals(c, a, b, self._defect(c, a, b))[1]

    def _defect(self, c, a, b):
        # a b - c^2 to the last digit for c = a = b, and no product that could overflow.
        share = self.noise * a / (1 + self.noise * a)
        rest = self.noise * (b - c * divide(c, a)) / (1 + self.noise * b)
        return share * np.maximum(rest, 0)

    def normalized(self, rho, q_x, q_z):
        return self._normalized(rho, (1 - rho) * (1 + rho), q_x, q_z)

    def _normalized(self, rho, square, q_x, q_z):
        """kappa and kappa_dot, from rho and 1 - rho^2."""
        x, z = (self.noise * q / (1 + self.noise * q) for q in (q_x, q_z))
        dual, derivative_dual = self._duals(
            rho * np.sqrt(q_x) * np.sqrt(q_z), q_x, q_z, x * z * square
        )
        m_x, m_z = (np.sqrt(self.second_moment(q)) for q in (q_x, q_z))
        slope = divide(np.sqrt(q_x), m_x) * divide(np.sqrt(q_z), m_z)
        return divide(divide(dual, m_x), m_z), derivative_dual * slope

    def _from_haversines(self, h, g, q_x, q_z, gap):
        kappa, kappa_dot = self._normalized(g - h, 4 * h * g, q_x, q_z)
        near = self._difference(h, g, q_x, q_z, gap)
        # Beyond a right angle 1 - kappa does not cancel, but the terms of the difference do.
        return np.where(h <= g, near, (1 - kappa) / 2), kappa_dot


def _noisy_correlation(c, a, b, defect):
    """sin w, cos w and sqrt(N)."""
    scale = np.sqrt(1 + a) * np.sqrt(1 + b)
    cosine = np.sqrt((1 / (1 + a) + 1 / (1 + b)) - 1 / scale / scale + defect)
    return c / scale, cosine, scale


def _noisy_angles(h, g, a, b, gap):
    """What `_from_haversines` of such an activation needs, all of it free of cancellation.

    Returns w, cos w, w_x and w_z (the values of w for u = v), and w_x - w and w_z - w.
    """
    r_x, r_z = np.sqrt(a / (1 + a)), np.sqrt(b / (1 + b))
    cosine = np.sqrt(
        1 / (1 + a) + 1 / (1 + b) - 1 / (1 + a) / (1 + b) + 4 * (r_x * r_z) ** 2 * h * g
    )
    sine = r_x * r_z * (g - h)
    w, rest = np.arctan2(sine, cosine), np.arctan2(cosine, sine)
    difference = gap * (np.sqrt(a) + np.sqrt(b)) / (1 + a) / (1 + b)
    difference = divide(difference, r_x + r_z)  # r_x - r_z
    result = []
    for q, r, step in (a, r_x, difference), (b, r_z, -difference):
        own = r**2, np.sqrt(1 + 2 * q) / (1 + q)
        # sin w_x - sin w = 2 cos((w_x + w) / 2) sin((w_x - w) / 2)
        sines = r * step + 2 * h * (r_x * r_z)
        half = sines / (2 * np.sin((np.arctan2(*own[::-1]) + rest) / 2))
        result.append((np.arctan2(*own), 2 * np.arcsin(np.clip(half, -1, 1))))
    (w_x, from_x), (w_z, from_z) = result
    return w, cosine, w_x, w_z, from_x, from_z


@inlined
def erf_pair(rho, root_x, rest_x, root_z, rest_z):
    """From roots of 2 a / (1 + 2 a), and rests 1 / (1 + 2 a)."""
    root = root_x * root_z
    defect = (1.0 - rho * rho) * (root * root)
    cosine = sqrt(rest_x + rest_z - rest_x * rest_z + defect)
    # Of sin w = rho root and cos w, both divided by root: w, and 1 / cos w.
    return rho * arccos_over_sine(cosine), 1.0 / cosine


@dataclass(frozen=True)
class Erf(NoisyCorrelation):
    """phi(u) = erf(u).

    ::

        E[phi phi]   = (2 / pi) arcsin(2 c / sqrt((1 + 2 a) (1 + 2 b)))
        E[phi' phi'] = (4 / pi) / sqrt((1 + 2 a) (1 + 2 b) - 4 c^2)

    References
    ----------
    Williams, Computing with Infinite Networks, NeurIPS 1996, equation 11.
    """

    parity = -1
    noise = 2

    def __call__(self, u):
        return erf(u)

    def derivative(self, u):
        return 2 / np.sqrt(np.pi) * np.exp(-(u**2))

    def _duals(self, c, a, b, defect):
        sine, cosine, scale = _noisy_correlation(2 * c, 2 * a, 2 * b, defect)
        return 2 / np.pi * np.arctan(sine / cosine), 4 / np.pi / (scale * cosine)

    _pair = staticmethod(erf_pair)

    def _pair_terms(self, q):
        root = np.sqrt(q / (0.5 + q))
        unit = np.sqrt(2 / np.pi) * root * self._inverse_root_moment(q)
        return root, 0.5 / (0.5 + q), unit

    def _difference(self, h, g, q_x, q_z, gap):
        a, b = 2 * q_x, 2 * q_z
        w, _, w_x, w_z, from_x, from_z = _noisy_angles(h, g, a, b, np.sqrt(2) * gap)
        root_x, root_z = np.sqrt(w_x), np.sqrt(w_z)
        apart = divide(from_x - from_z, root_x + root_z) ** 2
        near = divide(from_x + from_z - apart, 4 * root_x * root_z)
        # Not of the variances: where erf is 1, rows of all norms are alike.
        return np.where(comparable(w_x, w_z), near, (1 - divide(w, root_x * root_z)) / 2)


@dataclass(frozen=True)
class GELU(NoisyCorrelation):
    """phi(u) = u Phi(u), with Phi the distribution function of the standard Gaussian.

    With N = (1 + a) (1 + b), sin w = c / sqrt(N) and G = 1/4 + w / (2 pi) ::

        E[phi phi]   = c G + (a b cos w / N + tan w sin w / N) sqrt(N) / (2 pi)
        E[phi' phi'] = G + tan w (1 + (2 - a b + tan^2 w) / N) / (2 pi)

    by Stein's lemma from E[Phi Phi] = G. The second is the derivative of the first by c.

    References
    ----------
    Tsuchida et al., Avoiding Kernel Fixed Points: Computing with ELU and GELU Infinite
    Networks, AAAI 2021.
    """

    noise = 1

    def __call__(self, u):
        return u * ndtr(u)

    def derivative(self, u):
        return ndtr(u) + u * np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)

    def _duals(self, c, a, b, defect):
        sine, cosine, scale = _noisy_correlation(c, a, b, defect)
        tangent = sine / cosine
        G = 1 / 4 + np.arctan(tangent) / (2 * np.pi)
        share = a / (1 + a) * (b / (1 + b))
        dual = c * G + (share * scale * cosine + sine * tangent / scale) / (2 * np.pi)
        last = 1 / (1 + a) + 1 / (1 + b) + (1 + tangent**2) / scale / scale  # 1 - share, and more
        return dual, G + tangent * last / (2 * np.pi)

    def _difference(self, h, g, q_x, q_z, gap):
        # phi(u) = u / 2 + psi(u), psi even, and 2 pi E[psi psi] = c w + T,
        # T = k C + S / C with C = sqrt(N) cos w, S = sin^2 w and k = a b / N.
        # Beyond 1e75 phi is a ReLU, whatever the variance.
        large = np.maximum(q_x, q_z) > HUGE
        a, b = np.minimum(q_x, HUGE), np.minimum(q_z, HUGE)
        gap = np.where(large, np.sqrt(a) - np.sqrt(b), gap)
        w, cosine, w_x, w_z, from_x, from_z = _noisy_angles(h, g, a, b, gap)
        root_x, root_z = np.sqrt(a), np.sqrt(b)
        product, scale = root_x * root_z, np.sqrt(1 + a) * np.sqrt(1 + b)
        C, sine, k = scale * cosine, np.sin(w), a / (1 + a) * (b / (1 + b))
        T = divide(k * C + sine**2 / C, product)
        # Of phi / sqrt(m): units alpha = sqrt(a / m_x) and beta, which are from 1.4 to 2.
        alpha, beta = (np.sqrt(divide(q, self.second_moment(q))) for q in (a, b))
        distance = (alpha - beta) ** 2 + 4 * h * (alpha * beta)
        distance = distance / 4 + (w * distance + T * (alpha - beta) ** 2) / (2 * np.pi)
        for q, root, unit, own, start, step in (
            (a, root_x, alpha, w_x, from_x, gap),
            (b, root_z, beta, w_z, from_z, -gap),
        ):
            C_q, sine_q = np.sqrt(1 + 2 * q), q / (1 + q)
            square_step = step * (root_x + root_z)  # a - b
            C_step = (square_step - 4 * h * g * product**2) / (C_q + C)  # C_q - C
            T_step = sine_q * (square_step / (1 + a) / (1 + b)) * C_q + k * C_step
            sine_step = 2 * np.cos((own + w) / 2) * np.sin(start / 2)
            T_step += (sine_step * (sine_q + sine) - sine**2 * C_step / C) / C_q
            T_q = divide(sine_q**2 * (C_q + 1 / C_q), q)
            T_step = np.where(comparable(a, b), divide(T_step, q) - divide(step, root) * T, T_q - T)
            distance += unit**2 * (start + T_step) / (2 * np.pi)
        return distance / 4


HUGE = 1e75


@dataclass(frozen=True)
class Gaussian(NoisyCorrelation):
    """phi(u) = exp(-u^2 / 2).

    With D = (1 + a) (1 + b) - c^2 ::

        E[phi phi]   = D^(-1/2)
        E[phi' phi'] = c D^(-3/2)

    References
    ----------
    Williams, Computing with Infinite Networks, NeurIPS 1996, section 3.2.
    """

    parity = 1
    noise = 1

    def __call__(self, u):
        return np.exp(-(u**2) / 2)

    def derivative(self, u):
        return -u * np.exp(-(u**2) / 2)

    def _duals(self, c, a, b, defect):
        _, cosine, scale = _noisy_correlation(c, a, b, defect)
        dual = 1 / (scale * cosine)
        return dual, c * dual**3

    def normalized(self, rho, q_x, q_z):
        gap = np.sqrt(q_x) - np.sqrt(q_z)
        h, kappa_dot = self._from_haversines((1 - rho) / 2, (1 + rho) / 2, q_x, q_z, gap)
        return 1 - 2 * h, kappa_dot

    def _from_haversines(self, h, g, q_x, q_z, gap):
        # kappa^4 = (1 + 2 a) (1 + 2 b) / D^2, of which D^2 is the larger by three squares.
        x, z = q_x / np.sqrt(1 + 2 * q_x), q_z / np.sqrt(1 + 2 * q_z)
        apart = gap * (np.sqrt(q_x) + np.sqrt(q_z)) / np.sqrt(1 + 2 * q_x) / np.sqrt(1 + 2 * q_z)
        y = 4 * x * z * h * g
        ratio = np.sqrt(1 + apart**2)
        h_next = -np.expm1(-np.log1p(apart**2 + y * (2 * ratio + y)) / 4) / 2
        return h_next, (g - h) * (1 - 2 * h_next) * x * z / (ratio + y)
