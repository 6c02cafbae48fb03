"""Piecewise constant nonlinearities, whose own derivative says nothing."""

from dataclasses import dataclass

import numpy as np

from ._base import Activation
from ._homogeneous import Homogeneous, angle, inverse_sine


class PiecewiseConstant(Homogeneous):
    """kappa = 1 - B t, with t = arccos(rho); kappa_dot is that of a surrogate.

    Networks of such units are trained with the derivative of another function in place of
    their own, which vanishes; in the limit of infinite width that changes kappa_dot alone.

    References
    ----------
    Cho and Saul, Kernel Methods for Deep Learning, NeurIPS 2009, equation 3. Eilers,
    Memmesheimer and Goedeke, A generalized neural tangent kernel for surrogate gradient
    learning, NeurIPS 2024.
    """

    degree = 0

    def __post_init__(self):
        if not (self.surrogate is None or isinstance(self.surrogate, Activation)):
            raise TypeError(f"surrogate must be an Activation or None, got {self.surrogate!r}.")

    @property
    def sees_variance(self):
        """Whether the surrogate does; phi itself does not."""
        return self.has_derivative and self.surrogate.sees_variance

    @property
    def has_derivative(self):
        """Whether there is a surrogate."""
        return self.surrogate is not None

    def derivative(self, u):
        return self.surrogate.derivative(u) if self.has_derivative else np.zeros_like(u)

    def second_moment(self, q):
        return np.where(q > 0, self.moment, 0.0)  # phi(0) = 0

    def correlate(self, rho, q_x, q_z, kappa_dot, scratch):
        kappa_dot[...] = 0
        if self.has_derivative:
            kappa_dot += self.surrogate.normalized(rho, q_x, q_z)[1] * self._ratio(q_x, q_z)
        np.arccos(rho, out=rho)
        rho *= -self.bend
        rho += 1

    def _ratio(self, q_x, q_z):
        """Turns kappa_dot from the units of the surrogate into ours."""
        m_x, m_z = (self.surrogate.second_moment(q) for q in (q_x, q_z))
        return np.sqrt(m_x) * np.sqrt(m_z) / self.moment

    def _from_haversines(self, h, g, q_x, q_z, gap):
        kappa_dot = np.zeros_like(h)
        if self.has_derivative:
            kappa_dot = self.surrogate.at_haversines(h, g, q_x, q_z, gap)[2]
            kappa_dot = kappa_dot * self._ratio(q_x, q_z)
        return self.bend / 2 * angle(h, g), kappa_dot

    def stretch(self, q):
        return np.ones_like(q)  # in truth it is infinite, which only adds digits

    def differential(self, h, g, q_x, q_z, d_rho, d_log_q_x, d_log_q_z):
        d_kappa_dot = np.zeros_like(h)
        if self.has_derivative:
            other = self.surrogate
            _, d_kappa_dot = other.differential(h, g, q_x, q_z, d_rho, d_log_q_x, d_log_q_z)
            d_log = other.log_slope(q_x) * d_log_q_x + other.log_slope(q_z) * d_log_q_z
            rho = np.clip(g - h, -1, 1)
            d_kappa_dot = d_kappa_dot + other.normalized(rho, q_x, q_z)[1] * d_log / 2
            d_kappa_dot = d_kappa_dot * self._ratio(q_x, q_z)
        return self.bend * inverse_sine(h, g) * d_rho, d_kappa_dot


@dataclass(frozen=True)
class Sign(PiecewiseConstant):
    """phi(u) = sign(u).

    Parameters
    ----------
    surrogate : Activation, default=None
        The function whose derivative stands in for that of phi, for instance ``Erf()``;
        None has an NNGP kernel but no NTK.
    """

    surrogate: Activation | None = None
    moment = 1.0
    bend = 2 / np.pi

    def __call__(self, u):
        return np.sign(u)

    def at_haversines(self, h, g, q_x, q_z, gap):
        # Odd, which its surrogate need not be: antipodes have an angle of their own.
        h_next, _, kappa_dot = super().at_haversines(h, g, q_x, q_z, gap)
        return h_next, self.bend / 2 * angle(g, h), kappa_dot


@dataclass(frozen=True)
class Step(PiecewiseConstant):
    """phi(u) = 1 for u > 0 and 0 elsewhere.

    Parameters
    ----------
    surrogate : Activation, default=None
        The function whose derivative stands in for that of phi, for instance
        ``get_activation("sigmoid")``; None has an NNGP kernel but no NTK.
    """

    surrogate: Activation | None = None
    moment = 0.5
    bend = 1 / np.pi

    def __call__(self, u):
        return np.where(u > 0, 1.0, 0.0)
