"""A picture of how far intervals can be trusted."""

import numpy as np
from scipy.stats import norm

from ._base import Display
from ._prediction_interval import predicted


class CoverageDisplay(Display):
    """The share of targets that are in their intervals, over the share that should be.

    Parameters
    ----------
    levels : ndarray of shape (n_levels,)
        Nominal shares, between 0 and 1.
    coverages : ndarray of shape (n_levels,)
        Observed shares.
    n_targets : int
        How many targets they are shares of.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    line_ : matplotlib Line2D
    diagonal_ : matplotlib Line2D
    band_ : matplotlib PolyCollection
        Two standard errors of shares of as many independent targets.

    See Also
    --------
    PredictionIntervalDisplay : The intervals of one level.

    References
    ----------
    Kuleshov, Fenner and Ermon, Accurate Uncertainties for Deep Learning Using Calibrated
    Regression, ICML 2018, figure 1.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_ntk import NNGPRegressor
    >>> from sklearn_ntk.displays import CoverageDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = NNGPRegressor(keep_factor=True).fit(X[:300], y[:300])
    >>> display = CoverageDisplay.from_estimator(model, X[300:], y[300:])
    >>> display.n_targets
    142
    """

    def __init__(self, levels, coverages, n_targets):
        self.levels = levels
        self.coverages = coverages
        self.n_targets = n_targets

    @classmethod
    def from_estimator(cls, estimator, X, y, *, include_noise=True, ax=None):
        """Draw the coverage of the intervals of a regressor.

        Parameters
        ----------
        estimator : estimator
            A fitted regressor whose `predict` takes `return_std`; a pipeline or a search with one.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows that it was not fitted to.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Their targets.
        include_noise : bool, default=True
            Whether intervals are for new observations. False is for the function, and for
            regressors that do not know this option.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : CoverageDisplay
        """
        return cls.from_predictions(y, *predicted(estimator, X, include_noise), ax=ax)

    @classmethod
    def from_predictions(cls, y, mean, std, *, ax=None):
        """Draw the coverage of intervals around predictions.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets; those of several count alike.
        mean : array-like of the same shape
            Predictions.
        std : array-like of the same shape
            Their standard deviations.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : CoverageDisplay

        Raises
        ------
        ValueError
            For unequal shapes, or deviations that are negative or NaN.
        """
        y, mean, std = (np.asarray(values, dtype=float) for values in (y, mean, std))
        if not y.shape == mean.shape == std.shape:
            raise ValueError(
                f"y, mean and std have the shapes {y.shape}, {mean.shape} and {std.shape}, but "
                "must have the same."
            )
        if not (std >= 0).all():
            raise ValueError("std must be 0 or more.")
        levels = np.linspace(0.01, 0.99, 99)
        half = np.multiply.outer(norm.ppf(0.5 + levels / 2), std.ravel())
        coverages = (np.abs(y - mean).ravel() <= half).mean(axis=1)
        return cls(levels, coverages, y.size).plot(ax)

    def _draw(self):
        levels = np.asarray(self.levels)
        error = 2 * np.sqrt(levels * (1 - levels) / self.n_targets)
        self.band_ = self.ax_.fill_between(
            levels, levels - error, levels + error, color="gray", alpha=0.25, linewidth=0,
            label=f"sampling error of {self.n_targets} targets",
        )  # fmt: skip
        (self.diagonal_,) = self.ax_.plot([0, 1], [0, 1], color="gray", linewidth=0.8)
        (self.line_,) = self.ax_.plot(levels, self.coverages, color="tab:blue", label="observed")
        self.ax_.set_xlabel("level of the interval")
        self.ax_.set_ylabel("share of targets in it")
        self.ax_.set(xlim=(0, 1), ylim=(0, 1))
        self.ax_.legend(frameon=False, loc="upper left")
        self.ax_.spines[["top", "right"]].set_visible(False)
