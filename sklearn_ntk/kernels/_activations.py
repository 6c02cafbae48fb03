"""Nonlinearities: E[phi(u) phi(v)] and E[phi'(u) phi'(v)] for Gaussian (u, v).

Everything is normalised. With u ~ N(0, q_x), v ~ N(0, q_z) of correlation rho and
m = E[phi(u)^2], the *dual* of an activation and the *derivative dual* are::

    kappa(rho)     = E[phi(u) phi(v)] / sqrt(m_x m_z)
    kappa_dot(rho) = E[phi'(u) phi'(v)] * sqrt(q_x q_z / (m_x m_z))

so that kappa(1) = 1, nothing overflows, and the network multiplies scales back in once.
"""

import numpy as np


class ReLU:
    """phi(u) = max(u, 0), by the arc-cosine kernels of order 1 and 0.

    With t = arccos(rho)::

        kappa     = (sin t + (pi - t) cos t) / pi
        kappa_dot = (pi - t) / pi

    Both depend on rho alone, because the ReLU is positively homogeneous.

    References
    ----------
    Cho and Saul, Kernel Methods for Deep Learning, NeurIPS 2009, equations 3 to 6.
    """

    def second_moment(self, q):
        """E[phi(u)^2] for u ~ N(0, q)."""
        return q / 2

    # What `dual` leaves out, for the network to fold into its own scalings.
    factor = 1 / np.pi

    def dual(self, rho, kappa_dot, scratch):
        """Replace the tile `rho` by kappa / factor and fill `kappa_dot` / factor."""
        if rho.max() > 1 or rho.min() < -1:  # by rounding; seldom, so cheaper than a clip
            np.clip(rho, -1, 1, out=rho)
        np.negative(rho, out=kappa_dot)
        np.arccos(kappa_dot, out=kappa_dot)  # pi - t, in one pass
        np.multiply(rho, rho, out=scratch)
        np.subtract(1, scratch, out=scratch)
        np.sqrt(scratch, out=scratch)
        rho *= kappa_dot
        rho += scratch

    def dual_at_angle(self, t):
        """((1 - kappa) / 2, kappa_dot) at the angle t, to full precision for t near 0.

        rho = cos t cannot hold an angle below 1e-8; the angle itself can.
        """
        half_defect = np.sin(t / 2) ** 2 - (np.sin(t) - t * np.cos(t)) / (2 * np.pi)
        return half_defect, (np.pi - t) / np.pi

    def second_derivative_dual(self, rho):
        """d kappa_dot / d rho = 1 / (pi sin t), taken as 0 where sin t vanishes.

        It only ever multiplies d rho, which vanishes faster.
        """
        sine = np.sqrt(np.clip(1 - rho * rho, 0, None))
        return np.divide(1 / np.pi, sine, out=np.zeros_like(sine), where=sine > 1e-7)


ACTIVATIONS = {"relu": ReLU()}


def get_activation(name):
    """The activation called `name`."""
    if isinstance(name, str) and name in ACTIVATIONS:
        return ACTIVATIONS[name]
    raise ValueError(f"activation must be one of {sorted(ACTIVATIONS)}. Got {name!r} instead.")
