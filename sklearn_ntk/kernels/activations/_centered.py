"""Nonlinearities whose values are centred and scaled, as normalisation does to them."""

from dataclasses import dataclass

import numpy as np

from ._base import Activation
from ._names import get_activation
from ._series import gaussian_panels


@dataclass(frozen=True)
class Centered(Activation):
    """(phi(u) - mean) / spread, both of them those of phi(u) for u of variance 1.

    What batch or layer normalisation after the nonlinearity comes to in a wide network. Use it
    with ``layer_norm=True``, or with variances that keep that of the preactivations at 1::

        E[psi(u) psi(v)] = (D(c, a, b) - D(0, a, 1) - D(0, b, 1) + D(0, 1, 1)) / spread^2

    with D the dual of phi, and spread^2 = D(1, 1, 1) - D(0, 1, 1).

    Parameters
    ----------
    activation : str, Activation or callable
        What is centred, phi.

    References
    ----------
    Jacot, Gabriel, Ged and Hongler, Freeze and Chaos: NTK views on DNN Normalization, Checkerboard
    and Boundary Artifacts, MSML 2022, section 4.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk.kernels import NNGP
    >>> from sklearn_ntk.kernels.activations import Centered
    >>> kernel = NNGP(1, activation=Centered("relu"), layer_norm=True, bias_variance=0.0)
    >>> kernel(np.eye(2)).round(12) + 0.0  # twice what is 0 for rows at right angles
    array([[2., 0.],
           [0., 2.]])
    """

    activation: object

    def __post_init__(self):
        object.__setattr__(self, "activation", get_activation(self.activation))

    @property
    def parity(self):
        """That of phi: the mean of an odd function is 0."""
        return self.activation.parity

    @property
    def has_derivative(self):
        """Whether phi has."""
        return self.activation.has_derivative

    def __call__(self, u):
        nodes, weights = gaussian_panels()
        return (self.activation(u) - self.activation(nodes) @ weights) / self._spread

    def derivative(self, u):
        return self.activation.derivative(u) / self._spread

    def dual(self, c, a, b):
        mean = self.activation.dual(np.zeros(()), np.ones(()), np.ones(()))
        centred = self.activation.dual(c, a, b) - self._by_mean(a) - self._by_mean(b) + mean
        return centred / self._spread**2

    def derivative_dual(self, c, a, b):
        return self.activation.derivative_dual(c, a, b) / self._spread**2

    @property
    def _spread(self):
        one = np.ones(())
        moments = [self.activation.dual(c, one, one) for c in (one, 0 * one)]
        return np.sqrt(moments[0] - moments[1])

    def _by_mean(self, q):
        """E[phi(u)] for u of variance q, times that for variance 1."""
        q = np.asarray(q)
        return self.activation.dual(0 * q, q, np.ones_like(q))

    def _from_haversines(self, h, g, q_x, q_z, gap):
        # E[(phi(u) - phi(v))^2] is that of phi, whatever the mean; and twice the product of the
        # roots of both second moments times 1 - kappa, plus the square of their difference.
        h_in, _, kappa_dot = self.activation.at_haversines(h, g, q_x, q_z, gap)
        before = [np.sqrt(self.activation.second_moment(q)) for q in (q_x, q_z)]
        after = [self._spread * np.sqrt(self.second_moment(q)) for q in (q_x, q_z)]
        ratio = before[0] * before[1] / (after[0] * after[1])
        apart = (before[0] - before[1]) ** 2 - (after[0] - after[1]) ** 2
        return h_in * ratio + apart / (4 * after[0] * after[1]), kappa_dot * ratio
