"""Axes to draw on, and lines that can be told apart."""

import numpy as np
from sklearn.utils._optional_dependencies import check_matplotlib_support


def axes_and_figure(ax, caller):
    """The axes that were given, or new ones, and their figure.

    Raises
    ------
    ImportError
        Without matplotlib.
    """
    check_matplotlib_support(caller)
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots(layout="constrained")
    return ax, ax.figure


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
