"""Axes to draw on."""

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
