"""A picture of which inputs matter."""

import numpy as np
from sklearn.utils.validation import _check_feature_names_in

from ._base import Display


class RelevanceDisplay(Display):
    """Bars of the share that each input has in a learned metric.

    Parameters
    ----------
    importances : ndarray of shape (n_features,)
        Shares, as in ``feature_importances_``.
    names : array-like of str of shape (n_features,)
        Names of the inputs.
    top : int, default=20
        How many to show, the largest.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    bars_ : matplotlib BarContainer

    See Also
    --------
    ContributionsDisplay : Which training rows a prediction comes from.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_ntk import ARDRegressor
    >>> from sklearn_ntk.displays import RelevanceDisplay
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> display = RelevanceDisplay.from_estimator(ARDRegressor().fit(X, y), top=5)
    >>> len(display.bars_)
    5
    """

    def __init__(self, importances, names, *, top=20):
        self.importances = importances
        self.names = names
        self.top = top

    @classmethod
    def from_estimator(cls, estimator, *, feature_names=None, top=20, ax=None):
        """Draw the importances of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            With ``feature_importances_``, such as `ARDRegressor` or `RFMClassifier`.
        feature_names : array-like of str, default=None
            Names of the inputs; None stands for those seen in fit, or x0, x1, ...
        top : int, default=20
            How many to show, the largest.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : RelevanceDisplay
        """
        names = _check_feature_names_in(estimator, feature_names)
        return cls(estimator.feature_importances_, names, top=top).plot(ax)

    def _draw(self):
        order = np.argsort(-np.asarray(self.importances), kind="stable")[: self.top][::-1]
        names = [str(self.names[j]) for j in order]
        places = np.arange(len(order))
        self.bars_ = self.ax_.barh(places, np.asarray(self.importances)[order], color="tab:blue")
        self.ax_.set_yticks(places, names)
        self.ax_.set_xlabel("share in the learned metric")
        self.ax_.spines[["top", "right"]].set_visible(False)
