"""A picture of kernels over the angle between two rows."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_scalar

from ..theory._quadrature import kernel_values
from ._base import Display, line_styles, named


class KernelProfileDisplay(Display):
    """Lines of what kernels are for two rows of equal norm, over the angle between them.

    Parameters
    ----------
    angle : ndarray of shape (n_angles,)
        In radians, from 0 on.
    profiles : array-like of shape (n_kernels, n_angles)
        Values of each kernel.
    names : sequence of str of shape (n_kernels,), default=None
        For the legend; None draws none.
    norm : float, default=None
        Norm of both rows, for the label of the axis.
    normalized : bool, default=True
        Whether to divide each kernel by its value at the first angle.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D

    See Also
    --------
    KernelSpectrumDisplay : What a kernel makes of given rows.

    Examples
    --------
    >>> from sklearn_ntk.displays import KernelProfileDisplay
    >>> from sklearn_ntk.kernels import NTK, Laplace
    >>> kernels = {"network": NTK(3), "Laplace": Laplace(4.0)}
    >>> display = KernelProfileDisplay.from_kernel(kernels, n_features=8)
    >>> [line.get_label() for line in display.lines_]
    ['network', 'Laplace']
    """

    def __init__(self, angle, profiles, names=None, *, norm=None, normalized=True):
        self.angle = angle
        self.profiles = profiles
        self.names = names
        self.norm = norm
        self.normalized = normalized

    @classmethod
    def from_kernel(cls, kernel, *, n_features=10, norm=None, normalized=True, ax=None):
        """Draw kernels that see no more of two rows than their norms and angle.

        Parameters
        ----------
        kernel : kernel or dict of str to kernel
            Any kernel object, or several and their names; sums, products and those of
            scikit-learn too.
        n_features : int, default=10
            Length of the rows, at least 2.
        norm : float, default=None
            Their Euclidean norm. None stands for n_features^(1/2), that of rows whose columns
            were standardised.
        normalized : bool, default=True
            Whether to divide by the value at an angle of 0.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : KernelProfileDisplay

        Raises
        ------
        ValueError
            If a kernel depends on more than the angle, or is 0 at an angle of 0.
        """
        check_scalar(n_features, "n_features", Integral, min_val=2)
        norm = np.sqrt(n_features) if norm is None else norm
        check_scalar(norm, "norm", Real, min_val=0, include_boundaries="neither")
        kernels, names = named(kernel)
        angle = np.linspace(0, np.pi, 181)
        circle = np.cos(angle), np.sin(angle)
        profiles = np.array([kernel_values(k, n_features, *circle, norm) for k in kernels])
        if normalized and not profiles[:, 0].all():
            raise ValueError("A kernel is 0 for two equal rows: draw it with normalized=False.")
        return cls(angle, profiles, names, norm=norm, normalized=normalized).plot(ax)

    def _draw(self):
        profiles = np.asarray(self.profiles)
        if self.normalized:
            profiles = profiles / profiles[:, :1]
        degrees, self.lines_ = np.degrees(self.angle), []
        for k, style in enumerate(line_styles(len(profiles))):
            label = None if self.names is None else self.names[k]
            self.lines_ += self.ax_.plot(degrees, profiles[k], label=label, **style)
        of_rows = "" if self.norm is None else f" of norm {self.norm:.3g}"
        self.ax_.set_xlabel(f"angle between two rows{of_rows} (degrees)")
        self.ax_.set_ylabel("k(x, z) / k(x, x)" if self.normalized else "k(x, z)")
        self.ax_.set_xticks(range(0, 181, 45))
        if self.names is not None:
            self.ax_.legend(edgecolor="none")
        self.ax_.spines[["top", "right"]].set_visible(False)
