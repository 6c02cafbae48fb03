"""A picture of which training rows a prediction comes from."""

import numpy as np

from ._base import Display


class ContributionsDisplay(Display):
    """Bars of what single training rows add to one prediction.

    Parameters
    ----------
    contributions : ndarray of shape (n_shown,)
        What each of them adds, the largest first.
    index : ndarray of int of shape (n_shown,)
        Their positions among the training rows.
    rest : float
        What all other training rows add together.
    labels : sequence of str of shape (n_shown,), default=None
        What to write beside the bars; None stands for the positions.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    bars_ : matplotlib BarContainer

    See Also
    --------
    RelevanceDisplay : Which inputs matter.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_ntk import NTKRegressor
    >>> from sklearn_ntk.displays import ContributionsDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = NTKRegressor().fit(X[:400], y[:400])
    >>> display = ContributionsDisplay.from_estimator(model, X[400:401], top=6)
    >>> len(display.bars_)  # with all others
    7
    """

    def __init__(self, contributions, index, rest, *, labels=None):
        self.contributions = contributions
        self.index = index
        self.rest = rest
        self.labels = labels

    @classmethod
    def from_estimator(cls, estimator, X, *, top=10, target=0, labels=None, ax=None):
        """Draw the largest contributions to the prediction for one row.

        Parameters
        ----------
        estimator : estimator
            A fitted regressor or classifier of this package.
        X : {array-like, sparse matrix} of shape (1, n_features)
            The row.
        top : int, default=10
            How many training rows to show.
        target : int, default=0
            Of several targets or classes, which.
        labels : sequence of str, default=None
            A label for each training row, such as its target.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : ContributionsDisplay

        Raises
        ------
        ValueError
            For several rows.
        """
        terms = estimator.contributions(X)
        if len(terms) != 1:
            raise ValueError(f"X has {len(terms)} rows; a picture is of the prediction for one.")
        terms = terms[0, :, target] if terms.ndim == 3 else terms[0]
        index = np.argsort(-np.abs(terms), kind="stable")[:top]
        shown = None if labels is None else [str(labels[i]) for i in index]
        rest = float(terms.sum() - terms[index].sum())
        return cls(terms[index], index, rest, labels=shown).plot(ax)

    def _draw(self):
        labels = [f"row {i}" for i in self.index] if self.labels is None else list(self.labels)
        values = np.append(self.contributions, self.rest)[::-1]
        places = np.arange(len(values))
        colors = np.where(values >= 0, "tab:blue", "tab:red")
        colors[0] = "tab:gray"
        self.bars_ = self.ax_.barh(places, values, color=colors)
        self.ax_.set_yticks(places, [*labels, "all others"][::-1])
        self.ax_.axvline(0, color="black", linewidth=0.8)
        self.ax_.set_xlabel("what it adds to the prediction")
        self.ax_.spines[["top", "right"]].set_visible(False)
