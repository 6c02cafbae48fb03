"""What displays share: axes to draw on, lines that can be told apart."""

import numpy as np
from sklearn.utils._optional_dependencies import check_matplotlib_support


class Display:
    """What displays share; subclasses define ``_draw()``, on `ax_`."""

    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where; None makes a new figure.

        Returns
        -------
        self : object

        Raises
        ------
        ImportError
            Without matplotlib.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self._draw()
        return self


def line_styles(n):
    """Colours and dashes of n lines, in grey from dark to light."""
    import matplotlib.pyplot as plt

    if n == 1:
        return [{"color": "tab:blue"}]
    colors = plt.get_cmap("viridis")(np.linspace(0, 0.85, n))
    dashes = ["-", "--", "-.", ":"]
    return [{"color": color, "linestyle": dashes[k % 4]} for k, color in enumerate(colors)]


def named(kernels):
    """Kernels as a dict of their names, and the names, which are None for a single kernel.

    Raises
    ------
    ValueError
        If there are none.
    """
    if not isinstance(kernels, dict):
        return [kernels], None
    if not kernels:
        raise ValueError("kernel == {}, must be a kernel or a dict of names and kernels.")
    return list(kernels.values()), list(kernels)
