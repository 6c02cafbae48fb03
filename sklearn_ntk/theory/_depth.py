"""Order and chaos: what becomes of two rows in a deep network."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from sklearn.base import clone

from ..kernels import NNGP
from ..kernels.activations import get_activation
from ..kernels.activations._series import gaussian_panels

# The logarithm of the variance at which the search for a fixed point ends.
END = 100.0
# Relative changes of the variance as small as this are rounding errors.
STILL = 1e-13
# Characteristic values as close to 1 as this are rounding errors away from it.
EDGE = 1e-9


class DepthPhase(NamedTuple):
    """What a deep network does to two rows; see `depth_phase`."""

    phase: str
    characteristic_value: float
    variance: float
    correlation: float
    rate: float


def characteristic_value(activation, *, weight_variance=2.0, bias_variance=1.0, layer_norm=False):
    """By how much a layer, deep in a network, multiplies the difference of two nearby rows.

    The slope at 1 of the map of correlations, at the fixed point of the variance::

        chi = weight_variance * E[phi'(u)^2]        u ~ N(0, q),  q = V(q)

    Where the variance has no fixed point other than 0 or infinity, it is the limit of
    ``weight_variance * E[phi'(u)^2] * q / V(q)``, with V the `variance_map` of `NNGP`.

    Parameters
    ----------
    activation : str, Activation or callable
        Nonlinearity phi, as for `NTK`; `Centered` for one whose values are normalised, over the
        batch or the layer.
    weight_variance : float, default=2.0
        Variance of each weight times its fan-in.
    bias_variance : float, default=1.0
        Variance of each bias.
    layer_norm : bool, default=False
        Whether preactivations are normalised to variance 1.

    Returns
    -------
    chi : float
        Below 1 a deep network sees all rows as one (freeze), above 1 none as near any other
        (chaos). Infinite for step functions.

    See Also
    --------
    depth_phase : The verdict, and how fast it comes.

    References
    ----------
    Poole et al., Exponential Expressivity in Deep Neural Networks through Transient Chaos, NeurIPS
    2016, equation 6. Jacot, Gabriel, Ged and Hongler, Freeze and Chaos: NTK views on DNN
    Normalization, Checkerboard and Boundary Artifacts, MSML 2022, definition 1.

    Examples
    --------
    >>> from sklearn_ntk.theory import characteristic_value
    >>> round(characteristic_value("relu", weight_variance=1.5, bias_variance=0.25), 12)
    0.75
    """
    layer = _Layer(activation, weight_variance, bias_variance, layer_norm)
    return layer.slope(layer.limit_variance())


def depth_phase(activation, *, weight_variance=2.0, bias_variance=1.0, layer_norm=False):
    """Whether a deep network freezes or is chaotic, and how fast that comes with depth.

    Parameters
    ----------
    activation : str, Activation or callable
        Nonlinearity phi, as for `NTK`.
    weight_variance : float, default=2.0
        Variance of each weight times its fan-in.
    bias_variance : float, default=1.0
        Variance of each bias.
    layer_norm : bool, default=False
        Whether preactivations are normalised to variance 1.

    Returns
    -------
    result : DepthPhase
        A named tuple of

        - ``phase``: "freeze", "edge" or "chaos", for a characteristic value below, at, or above 1;
        - ``characteristic_value``;
        - ``variance`` of preactivations deep in the network: 0 or infinity where it has no other
          limit;
        - ``correlation`` there of any two rows that are not parallel: 1 but in chaos;
        - ``rate``: by which every layer multiplies the distance of the neural tangent kernel's
          correlation from its limit, 1 under freeze and 0 in chaos. Under freeze it is chi, and
          chi^(1/2) where phi has a kink, because E[phi' phi'] then has a root of 1 - rho; in
          chaos 1 / chi; 1 at the edge, which takes a power of the depth.

    References
    ----------
    Jacot et al., MSML 2022, theorems 1 and 2.

    Examples
    --------
    >>> from sklearn_ntk.theory import depth_phase
    >>> depth_phase("relu", weight_variance=1.5, bias_variance=0.25).phase
    'freeze'
    >>> depth_phase("erf", weight_variance=4.0, bias_variance=0.1).phase
    'chaos'
    """
    layer = _Layer(activation, weight_variance, bias_variance, layer_norm)
    variance = layer.limit_variance()
    chi = layer.slope(variance)
    phase = "edge" if abs(chi - 1) <= EDGE else "freeze" if chi < 1 else "chaos"
    correlation, rate = 1.0, 1.0
    if phase == "freeze":
        rate = chi**0.5 if _jumps(layer.activation.derivative, layer.seen(variance)) else chi
    elif phase == "chaos":
        correlation, rate = layer.limit_correlation(variance), 1 / chi
    if not -END < np.log(variance) < END:
        variance = 0.0 if variance < 1 else np.inf
    return DepthPhase(phase, chi, variance, correlation, rate)


def correlations_by_depth(kernel, angle, depths, *, n_features=1, norm=1.0):
    """What is left of the angle between two rows, by depth.

    Parameters
    ----------
    kernel : NTK or NNGP
        Its `depth` does not matter.
    angle : float or array-like of shape (n_angles,)
        Between two rows, in radians.
    depths : sequence of int
        Numbers of hidden layers.
    n_features : int, default=1
        Length of the rows.
    norm : float, default=1.0
        Of both rows.

    Returns
    -------
    correlations : ndarray of shape (n_depths,) or (n_depths, n_angles)
        Ratios k(x, z) / k(x, x).

    Examples
    --------
    The neural tangent kernel of a ReLU network without biases sees all rows at 1/4 in the end:

    >>> import numpy as np
    >>> from sklearn_ntk.kernels import NTK
    >>> from sklearn_ntk.theory import correlations_by_depth
    >>> correlations_by_depth(NTK(bias_variance=0.0), np.pi / 2, [1, 10, 1000]).round(3)
    array([0.159, 0.316, 0.253])
    """
    options = {"norm": norm, "n_features": n_features}
    deep = (clone(kernel).set_params(depth=depth) for depth in depths)
    return np.array([k.profile(angle, **options) / k.profile(0.0, **options) for k in deep])


class _Layer:
    """What a hidden layer does to variances and correlations."""

    def __init__(self, activation, weight_variance, bias_variance, layer_norm):
        self.kernel = NNGP(
            1,
            activation=activation,
            weight_variance=weight_variance,
            bias_variance=bias_variance,
            layer_norm=layer_norm,
        )
        self.kernel.variance_map(1.0)  # which checks all of them
        self.activation = get_activation(activation)

    def seen(self, variance):
        """The variance that the nonlinearity sees."""
        return 1.0 if self.kernel.layer_norm else variance

    def after(self, variance):
        """The variance one layer on, not by a series, which kinks cut short."""
        signal = _mean_square(self.activation, self.seen(variance))
        return self.kernel.weight_variance * signal + self.kernel.bias_variance

    def slope(self, variance):
        """Of the map of correlations, at 1."""
        seen = self.seen(variance)
        if np.isinf(seen) or _jumps(self.activation, seen):
            return np.inf
        mean = _mean_square(self.activation.derivative, seen)
        return float(self.kernel.weight_variance * mean * (seen / self.after(variance)))

    def growth(self, log_variance):
        """By how much the logarithm of the variance grows."""
        after = self.after(np.exp(log_variance))
        # A variance of 0 after a layer is one that keeps falling.
        return np.log(max(after, np.finfo(float).tiny)) - log_variance

    def limit_variance(self):
        """Where variances lead that start at 1: a fixed point, or exp(-END) or exp(END)."""
        here, speed = 0.0, self.growth(0.0)
        if abs(speed) <= STILL:
            return 1.0
        for there in np.copysign(np.geomspace(0.05, END, 100), speed):
            change = self.growth(there)
            if np.isinf(change):  # phi grows faster than any power
                return np.inf
            if abs(change) <= STILL:  # at a limit that is 0 or infinite, and rounding decides
                continue
            if change * speed < 0:
                return float(np.exp(brentq(self.growth, here, there, xtol=1e-15, rtol=1e-15)))
            here = there
        return float(np.exp(there))

    def limit_correlation(self, variance):
        """Where the correlations of a chaotic network lead."""

        def growth(rho):
            return float(self.kernel.correlation_map(rho, variance)) - rho

        if np.isinf(variance):
            return 0.0
        # They leave 1, and never become negative in the end: odd functions hold them at 0.
        if growth(0.0) <= 1e-15:
            return 0.0
        # So near the edge that the correlation cannot be told from 1.
        near = 1 - 1e-9
        return 1.0 if growth(near) >= 0 else float(brentq(growth, 0.0, near))


def _mean_square(function, variance):
    """E[function(u)^2], of functions that may have a kink or a jump at 0."""
    nodes, weights = gaussian_panels()
    with np.errstate(over="ignore", under="ignore"):
        return float(np.square(function(np.sqrt(variance) * nodes)) @ weights)


def _jumps(function, variance):
    """Whether a function jumps somewhere among Gaussian preactivations of this variance."""
    u = np.linspace(-6, 6, 200_001) * np.sqrt(variance)
    with np.errstate(over="ignore", under="ignore"):
        values = function(u)
    fine, coarse = (np.abs(np.diff(values[::every])).max() for every in (1, 10))
    # Steps ten times smaller see a jump all the same.
    return coarse > 1e-9 * np.abs(values).max() and fine > coarse / 2
