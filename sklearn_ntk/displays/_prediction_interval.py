"""A picture of predictions and of how far targets may be from them."""

from numbers import Real

import numpy as np
from scipy.stats import norm
from sklearn.utils import check_array, check_consistent_length, check_scalar

from ._base import Display


class PredictionIntervalDisplay(Display):
    """Predictions along one column, with an interval around each of them.

    Parameters
    ----------
    x : array-like of shape (n_samples,)
        Values of the column, in any order.
    mean : array-like of shape (n_samples,)
        Predictions.
    std : array-like of shape (n_samples,)
        Their standard deviations.
    y : array-like of shape (n_samples,), default=None
        Observations.
    level : float, default=0.95
        What share of a normal distribution the interval holds, in its middle.
    include_noise : bool, default=None
        Whether `std` is that of new observations or of the function, for the legend; None says
        nothing about it.
    curve : bool, default=True
        Whether predictions are a function of `x`, and so a line in a band; otherwise each is a
        point in a bar.
    x_name : str, default="x"
        For the label of the axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    line_ : matplotlib Line2D
        Predictions.
    band_ : matplotlib PolyCollection or LineCollection
        Intervals.
    points_ : matplotlib Line2D or None
        Observations.

    See Also
    --------
    CoverageDisplay : How many targets are in their intervals, at every level.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk import NNGPRegressor
    >>> from sklearn_ntk.displays import PredictionIntervalDisplay
    >>> X = np.linspace(-3, 3, 30)[:, np.newaxis]
    >>> model = NNGPRegressor(keep_factor=True).fit(X, np.sin(X[:, 0]))
    >>> display = PredictionIntervalDisplay.from_estimator(model, X, np.sin(X[:, 0]))
    >>> display.band_.get_label()
    '95 % of new observations'
    """

    def __init__(
        self, x, mean, std, y=None, *, level=0.95, include_noise=None, curve=True, x_name="x"
    ):
        self.x = x
        self.mean = mean
        self.std = std
        self.y = y
        self.level = level
        self.include_noise = include_noise
        self.curve = curve
        self.x_name = x_name

    @classmethod
    def from_estimator(
        cls, estimator, X, y=None, *, feature=0, level=0.95, include_noise=True, target=0, ax=None
    ):
        """Draw what a regressor predicts for rows.

        Parameters
        ----------
        estimator : estimator
            A fitted regressor whose `predict` takes `return_std`; a pipeline or a search with one.
        X : array-like of shape (n_samples, n_features)
            Rows. Where no other column varies, they make a line in a band, otherwise each of
            them is a point in a bar.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            Observations.
        feature : int or str, default=0
            The column to draw along, or its name in a data frame.
        level : float, default=0.95
            What share of new observations, or of functions, intervals are for.
        include_noise : bool, default=True
            Whether they are for new observations. False is for the function, and for regressors
            that do not know this option.
        target : int, default=0
            Of several targets, which.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : PredictionIntervalDisplay

        Raises
        ------
        ValueError
            If the column is none of X, or `level` is not between 0 and 1.
        """
        names = list(X.columns) if hasattr(X, "columns") else None
        values = check_array(X) if names is None else np.asarray(X)
        if names is None:
            names = [f"x{j}" for j in range(values.shape[1])]
        if feature in names:
            feature = names.index(feature)
        elif isinstance(feature, str) or not 0 <= feature < len(names):
            raise ValueError(
                f"feature == {feature!r}, but the columns are {', '.join(map(str, names))}."
            )
        others = np.delete(values, feature, axis=1)
        mean, std = predicted(estimator, X, include_noise)
        if mean.ndim == 2:
            mean, std = mean[:, target], std[:, target]
            y = y if y is None else np.asarray(y)[:, target]
        return cls.from_predictions(
            values[:, feature].astype(float), mean, std, y, level=level,
            include_noise=include_noise, curve=not (others != others[0]).any(),
            x_name=str(names[feature]), ax=ax,
        )  # fmt: skip

    @classmethod
    def from_predictions(
        cls, x, mean, std, y=None, *, level=0.95, include_noise=None, curve=True, x_name="x",
        ax=None,
    ):  # fmt: skip
        """Draw predictions.

        Parameters
        ----------
        x : array-like of shape (n_samples,)
            Where they are.
        mean : array-like of shape (n_samples,)
            Predictions.
        std : array-like of shape (n_samples,)
            Their standard deviations.
        y : array-like of shape (n_samples,), default=None
            Observations.
        level : float, default=0.95
            What share of a normal distribution the interval holds, in its middle.
        include_noise : bool, default=None
            Whether `std` is that of new observations or of the function, for the legend.
        curve : bool, default=True
            Whether to draw a line in a band, or points in bars.
        x_name : str, default="x"
            For the label of the axis.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : PredictionIntervalDisplay

        Raises
        ------
        ValueError
            For unequal lengths, or a `level` that is not between 0 and 1.
        """
        check_scalar(level, "level", Real, min_val=0, max_val=1, include_boundaries="neither")
        check_consistent_length(x, mean, std, y)
        return cls(
            x, mean, std, y, level=level, include_noise=include_noise, curve=curve, x_name=x_name
        ).plot(ax)

    def _draw(self):
        order = np.argsort(self.x, kind="stable")
        x, mean, std = (np.asarray(values)[order] for values in (self.x, self.mean, self.std))
        half = norm.ppf(0.5 + self.level / 2) * std
        what = {None: "interval", True: "of new observations", False: "of functions"}
        label = f"{100 * self.level:.4g} % {what[self.include_noise]}"
        draw, style = (self.ax_.fill_between, "-") if self.curve else (self.ax_.vlines, "_")
        self.band_ = draw(x, mean - half, mean + half, color="tab:blue", alpha=0.3, label=label)
        (self.line_,) = self.ax_.plot(x, mean, style, color="tab:blue", label="prediction")
        self.points_ = None
        if self.y is not None:
            (self.points_,) = self.ax_.plot(
                x, np.asarray(self.y)[order], "k.", markersize=4, label="observation"
            )
        self.ax_.set_xlabel(self.x_name)
        self.ax_.set_ylabel("target")
        # Room for the legend above them.
        box = self.ax_.dataLim
        self.ax_.update_datalim([(box.x0, box.y1 + 0.3 * box.height)])
        self.ax_.autoscale_view()
        self.ax_.legend(edgecolor="none", loc="upper center")
        self.ax_.spines[["top", "right"]].set_visible(False)


def predicted(estimator, X, include_noise):
    """Means and standard deviations, also of regressors that do not know `include_noise`."""
    options = {"include_noise": True} if include_noise else {}
    return estimator.predict(X, return_std=True, **options)
