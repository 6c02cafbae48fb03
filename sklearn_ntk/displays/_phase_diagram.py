"""A picture of which networks freeze and which are chaotic."""

import numpy as np
from scipy.ndimage import distance_transform_edt

from ..theory import characteristic_value
from ._base import Display

# Characteristic values as close to 1 as this are at the edge.
EDGE = 1e-6
# Above it colours are the same, as many steps from 1 as 0 is.
LARGEST = 2.0


class PhaseDiagramDisplay(Display):
    """An image of characteristic values, over the variances of weights and biases.

    Parameters
    ----------
    weight_variances : array-like of shape (n_weight_variances,)
        Ascending.
    bias_variances : array-like of shape (n_bias_variances,)
        Ascending.
    characteristic_values : array-like of shape (n_bias_variances, n_weight_variances)
        Below 1 the network freezes with depth, above 1 it is chaotic.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    image_ : matplotlib QuadMesh
    contour_ : matplotlib QuadContourSet or None
        Where the value reaches 1; None if it does so nowhere, or everywhere.
    texts_ : dict of str to matplotlib Text
        Of "freeze", "edge" and "chaos" those that have a region.
    colorbar_ : matplotlib Colorbar

    See Also
    --------
    CorrelationMapDisplay : The map whose slope at 1 it is.
    sklearn_ntk.theory.characteristic_value : The numbers.

    References
    ----------
    Schoenholz, Gilmer, Ganguli and Sohl-Dickstein, Deep Information Propagation, ICLR 2017,
    figure 1.

    Examples
    --------
    >>> from sklearn_ntk.displays import PhaseDiagramDisplay
    >>> display = PhaseDiagramDisplay.from_activation(
    ...     "erf", weight_variances=[1, 2, 3, 4], bias_variances=[0.0, 0.1, 0.2]
    ... )
    >>> display.characteristic_values.shape
    (3, 4)
    """

    def __init__(self, weight_variances, bias_variances, characteristic_values):
        self.weight_variances = weight_variances
        self.bias_variances = bias_variances
        self.characteristic_values = characteristic_values

    @classmethod
    def from_activation(
        cls, activation, *, weight_variances, bias_variances, layer_norm=False, ax=None
    ):
        """Draw the phases of networks with one nonlinearity.

        Parameters
        ----------
        activation : str, Activation or callable
            Nonlinearity, as for `NTK`.
        weight_variances, bias_variances : array-like
            A grid, of 2 ascending values each at least; each of its points takes some 5 ms.
        layer_norm : bool, default=False
            Whether preactivations are normalised to variance 1.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : PhaseDiagramDisplay

        Raises
        ------
        ValueError
            For variances that are no such grid.
        """
        axes = {"weight_variances": weight_variances, "bias_variances": bias_variances}
        for name, values in axes.items():
            if np.ndim(values) != 1 or len(values) < 2 or not (np.diff(values) > 0).all():
                raise ValueError(f"{name} must be 2 ascending numbers or more.")
        values = [
            [
                characteristic_value(
                    activation, weight_variance=w, bias_variance=b, layer_norm=layer_norm
                )
                for w in np.asarray(weight_variances, dtype=float)
            ]
            for b in np.asarray(bias_variances, dtype=float)
        ]
        return cls(weight_variances, bias_variances, np.array(values)).plot(ax)

    def _draw(self):
        from matplotlib.colors import CenteredNorm
        from matplotlib.patheffects import withStroke

        chi = np.minimum(self.characteristic_values, LARGEST)
        limit = max(np.abs(chi - 1).max(), 0.1)
        x, y = self.weight_variances, self.bias_variances
        self.image_ = self.ax_.pcolormesh(
            x, y, chi, cmap="PuOr_r", norm=CenteredNorm(1, limit), shading="nearest"
        )
        self.contour_, level = None, 1 - EDGE  # an edge that is a region has a contour too
        if chi.min() < level < chi.max():
            self.contour_ = self.ax_.contour(x, y, chi, levels=[level], colors="black")
        phases = {"freeze": chi < level, "edge": np.abs(chi - 1) <= EDGE, "chaos": chi > 1 + EDGE}
        self.texts_ = {}
        for name, region in phases.items():
            # Into the middle of the widest place, if there is room for a word.
            depth = distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]
            i, j = np.unravel_index(np.argmax(depth), depth.shape)
            if depth[i, j] > 0.05 * max(depth.shape):
                self.texts_[name] = self.ax_.text(
                    x[j], y[i], name, ha="center", va="center",
                    path_effects=[withStroke(linewidth=3, foreground="white")],
                )  # fmt: skip
        self.colorbar_ = self.figure_.colorbar(
            self.image_, ax=self.ax_, label="characteristic value",
            extend="max" if np.max(self.characteristic_values) > LARGEST else "neither",
        )  # fmt: skip
        self.ax_.set_xlabel("variance of weights")
        self.ax_.set_ylabel("variance of biases")
        self.ax_.spines[["top", "right"]].set_visible(False)
