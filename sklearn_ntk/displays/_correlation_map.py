"""A picture of what a hidden layer does to correlations."""

from numbers import Real

import numpy as np
from sklearn.utils import check_scalar

from ..theory import depth_phase
from ._base import Display, line_styles, named

# Where variances have no limit but 0 or infinity: so near that the map is that of the limit.
SMALL, LARGE = 1e-6, 1e6
# So near 1 that the root of a kink is not seen, so far that rounding is not.
STEP = 1e-9
# A slope, over that step, that no nonlinearity has but one that jumps.
STEEP = 1e3


class CorrelationMapDisplay(Display):
    """Lines of the correlation of two rows after a hidden layer, over that before it.

    Where a line meets the diagonal, depth changes nothing any more. A slope at 1 that is above 1
    is chaos, and below 1 freeze.

    Parameters
    ----------
    rho : ndarray of shape (n_correlations,)
        Correlations before the layer.
    maps : array-like of shape (n_kernels, n_correlations)
        Correlations after it.
    slopes : array-like of shape (n_kernels,)
        Slopes at 1, for the legend.
    names : sequence of str of shape (n_kernels,), default=None
        For the legend.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
    diagonal_ : matplotlib Line2D

    See Also
    --------
    PhaseDiagramDisplay : The slope at 1 for many networks.

    References
    ----------
    Poole et al., Exponential Expressivity in Deep Neural Networks through Transient Chaos,
    NeurIPS 2016, figure 1.

    Examples
    --------
    >>> from sklearn_ntk.displays import CorrelationMapDisplay
    >>> from sklearn_ntk.kernels import NTK
    >>> kernel = NTK(weight_variance=1.5, bias_variance=0.25)
    >>> display = CorrelationMapDisplay.from_kernel(kernel)
    >>> display.lines_[0].get_label()
    '0.75'
    """

    def __init__(self, rho, maps, slopes, names=None):
        self.rho = rho
        self.maps = maps
        self.slopes = slopes
        self.names = names

    @classmethod
    def from_kernel(cls, kernel, *, variance=None, ax=None):
        """Draw what a hidden layer of networks does.

        Parameters
        ----------
        kernel : NTK or NNGP, or dict of str to NTK or NNGP
            One network, or several and their names.
        variance : float, default=None
            Variance of the preactivations of both rows before the layer. None stands for that
            deep in each network: the fixed point of `variance_map`, or, where there is none,
            a variance so close to 0 or so large that the map is that of the limit.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : CorrelationMapDisplay

        Raises
        ------
        TypeError
            For other kernels.
        ValueError
            For a variance that is not positive, or one that grows so fast with depth that the
            map has no limit.
        """
        if variance is not None:
            check_scalar(variance, "variance", Real, min_val=0, include_boundaries="neither")
        kernels, names = named(kernel)
        rho = np.linspace(-1, 1, 201)
        maps, slopes = [], []
        for one in kernels:
            if not hasattr(one, "correlation_map"):
                raise TypeError(f"{one} has no correlation_map; NTK and NNGP have.")
            q = _deep_variance(one) if variance is None else variance
            maps.append(one.correlation_map(rho, q))
            slopes.append((1 - one.correlation_map(1 - STEP, q)) / STEP)
        return cls(rho, np.array(maps), np.array(slopes), names).plot(ax)

    def _draw(self):
        (self.diagonal_,) = self.ax_.plot(
            [self.rho[0], self.rho[-1]], [self.rho[0], self.rho[-1]], color="gray", linewidth=0.8
        )
        self.lines_ = []
        for k, style in enumerate(line_styles(len(self.maps))):
            name = "" if self.names is None else f"{self.names[k]}: "
            slope = "infinite" if self.slopes[k] > STEEP else f"{self.slopes[k]:.2f}"
            self.lines_ += self.ax_.plot(self.rho, self.maps[k], label=f"{name}{slope}", **style)
        self.ax_.set_xlabel("correlation before a hidden layer")
        self.ax_.set_ylabel("correlation after it")
        self.ax_.set(xticks=np.linspace(-1, 1, 5), yticks=np.linspace(-1, 1, 5))
        self.ax_.legend(title="slope at 1", edgecolor="none", fontsize="small", loc="lower right")
        self.ax_.spines[["top", "right"]].set_visible(False)


def _deep_variance(kernel):
    """The variance of preactivations deep in a network, within bounds."""
    if kernel.residual:  # every block adds to it
        return LARGE
    deep = depth_phase(
        kernel.activation,
        weight_variance=kernel.weight_variance,
        bias_variance=kernel.bias_variance,
        layer_norm=kernel.layer_norm,
    )
    if np.isinf(deep.variance) and np.isinf(deep.characteristic_value):
        raise ValueError(
            f"The variance in {kernel} grows faster with depth than any map could show: give a "
            "variance, or take layer_norm=True."
        )
    return np.clip(deep.variance, SMALL, LARGE)
