"""A picture of a search over two parameters."""

from numbers import Real
from textwrap import fill

import numpy as np

from ._base import Display

# Values of a parameter beyond which cells are too small for numbers.
MOST = 20


class SearchDisplay(Display):
    """A heat map of mean test scores over two parameters of a search.

    Parameters
    ----------
    scores : ndarray of shape (n_y_values, n_x_values)
        Greater is better; NaN where there is no candidate.
    x_values, y_values : sequence
        Values of the parameters.
    x, y : str
        Names of the parameters.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    image_ : matplotlib AxesImage
    texts_ : ndarray of shape (n_y_values, n_x_values)
        The matplotlib Text in each cell, or None.
    best_ : matplotlib Rectangle
        Around the best cell.
    colorbar_ : matplotlib Colorbar

    See Also
    --------
    sklearn_ntk.NTKRegressorCV : A search with all scores from few decompositions.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_ntk import NTKRegressorCV
    >>> from sklearn_ntk.displays import SearchDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> search = NTKRegressorCV([1, 2], bias_variances=[0.1, 1.0]).fit(X[:100], y[:100])
    >>> SearchDisplay.from_estimator(search).scores.shape
    (2, 2)
    """

    def __init__(self, scores, x_values, y_values, *, x, y):
        self.scores = scores
        self.x_values = x_values
        self.y_values = y_values
        self.x = x
        self.y = y

    @classmethod
    def from_estimator(cls, estimator, *, x="bias_variance", y="depth", ax=None):
        """Draw the scores of a fitted search, those of the best of all other parameters.

        Parameters
        ----------
        estimator : estimator
            With `cv_results_`: a search of this package, or GridSearchCV and its relatives.
        x, y : str, default="bias_variance" and "depth"
            Names of two parameters; of a pipeline, without the names of its steps.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : SearchDisplay

        Raises
        ------
        ValueError
            If there is no such parameter, or more than one; if it has too many values for a
            picture; if no candidate has a score.
        """
        results = estimator.cv_results_
        metric = estimator.refit if getattr(estimator, "multimetric_", False) else "score"
        scores = np.asarray(results[f"mean_test_{metric}"], dtype=float)
        (columns, j), (rows, i) = (_places(results, name) for name in (x, y))
        scored = np.isfinite(scores) & (i >= 0) & (j >= 0)
        if not scored.any():
            raise ValueError(f"No candidate with {x} and {y} has a finite score.")
        table = np.full((len(rows), len(columns)), np.nan)
        np.fmax.at(table, (i[scored], j[scored]), scores[scored])
        return cls(table, columns, rows, x=x, y=y).plot(ax)

    def _draw(self):
        from matplotlib.patches import Rectangle

        scores = np.asarray(self.scores)
        self.image_ = self.ax_.imshow(scores, cmap="viridis", origin="lower", aspect="auto")
        digits, n_columns = _digits(scores), scores.shape[1]
        ends = [f"{end:.{digits}f}" for end in (np.nanmin(scores), np.nanmax(scores))]
        rotation = self._rotation(ends, n_columns)
        self.texts_ = np.full(scores.shape, None)
        for (i, j), score in np.ndenumerate(scores):
            if not np.isnan(score):
                color = "black" if self.image_.norm(score) > 0.5 else "white"
                self.texts_[i, j] = self.ax_.text(
                    j, i, f"{score:.{digits}f}", ha="center", va="center",
                    color=color, rotation=rotation,
                )  # fmt: skip
        i, j = np.unravel_index(np.nanargmax(scores), scores.shape)
        self.best_ = self.ax_.add_patch(
            Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, linewidth=3, clip_on=False)
        )
        columns = [_label(value) for value in self.x_values]
        self.ax_.set_xticks(range(n_columns), columns, rotation=self._rotation(columns, n_columns))
        self.ax_.set_yticks(range(len(scores)), [_label(value) for value in self.y_values])
        self.ax_.set_xlabel(self.x)
        self.ax_.set_ylabel(self.y)
        self.colorbar_ = self.figure_.colorbar(self.image_, ax=self.ax_, label="mean test score")

    def _rotation(self, words, n_columns):
        """0 if the longest word has room in a column, or 90."""
        room = self.ax_.get_window_extent().width / self.figure_.dpi * 72 / n_columns
        # A digit is 0.6 times as wide as the font is high, which is 10 points.
        longest = max(len(line) for word in words for line in word.splitlines())
        return 90 if 6 * (longest + 1) > room else 0


def _places(results, name):
    """The values of a parameter, numbers in ascending order, and the place of each candidate's.

    It is -1 for candidates that do not have the parameter.
    """
    names = [key.removeprefix("param_") for key in results if key.startswith("param_")]
    found = [own for own in names if own == name or own.endswith(f"__{name}")]
    if len(found) != 1:
        problem = f"is {' and '.join(found)}" if found else "is no parameter of the search"
        raise ValueError(f"{name!r} {problem}; choose one of {', '.join(names)}.")
    column = np.ma.asarray(results[f"param_{found[0]}"])
    own = column.compressed().tolist()
    numbers = all(isinstance(value, Real) for value in own)
    # Kernels and activations may not be hashable, and are told apart by what they are called.
    keys = own if numbers else [str(value) for value in own]
    values = dict(zip(keys, own, strict=True))
    order = sorted(values) if numbers else list(values)
    if len(order) > MOST:
        raise ValueError(
            f"{found[0]} has {len(order)} values, but a picture has room for {MOST}. Search "
            "fewer; with alphas='auto' each kernel has alphas of its own."
        )
    places = np.full(len(column), -1)
    places[~np.ma.getmaskarray(column)] = [order.index(key) for key in keys]
    return [values[key] for key in order], places


def _digits(scores):
    """Decimals that show three digits of the largest score, and two of the differences."""
    sizes = np.nanmax(np.abs(scores)), 10 * (np.nanmax(scores) - np.nanmin(scores))
    decimals = [2 - int(np.floor(np.log10(size))) for size in sizes if size > 0]
    return np.clip(max(decimals, default=0), 0, 6)


def _label(value):
    """What stands beside a row or below a column: of a kernel, several short lines."""
    return (
        f"{value:.3g}" if isinstance(value, float) else fill(str(value), 20, break_long_words=False)
    )
