"""A picture of what is learned when."""

import numpy as np
from sklearn.metrics import check_scoring

from ..model_selection._regression import HeldOutPredictions
from ._base import Display
from ._estimators import within


class TrainingDynamicsDisplay(Display):
    """Lines of the scores on training and test rows over the time of gradient flow.

    Parameters
    ----------
    times : array-like of shape (n_times,)
        Training times.
    train_scores, test_scores : array-like of shape (n_times,)
        Greater is better.
    score_name : str, default="score"
        For the label of the axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    train_line_, test_line_ : matplotlib Line2D
    best_line_ : matplotlib Line2D
        At the time of the best test score.

    See Also
    --------
    sklearn_ntk.theory.learning_times : When each frequency is learned.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_ntk import NTKRegressor
    >>> from sklearn_ntk.displays import TrainingDynamicsDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = NTKRegressor(alpha=1e-3, solver="eigh", keep_factor=True).fit(X[:300], y[:300])
    >>> display = TrainingDynamicsDisplay.from_estimator(
    ...     model, X[:300], y[:300], X[300:], y[300:], times=[1, 10, 100, 1000]
    ... )
    >>> len(display.test_scores)
    4
    """

    def __init__(self, times, train_scores, test_scores, *, score_name="score"):
        self.times = times
        self.train_scores = train_scores
        self.test_scores = test_scores
        self.score_name = score_name

    @classmethod
    def from_estimator(
        cls, estimator, X_train, y_train, X_test, y_test, *, times=None, scoring=None, ax=None
    ):
        """Draw the path of a regressor, from one eigendecomposition.

        Parameters
        ----------
        estimator : estimator
            A regressor of this package, fitted with ``solver="eigh"`` and ``keep_factor=True``;
            a pipeline or a search with one.
        X_train : {array-like, sparse matrix} of shape (n_train, n_features)
            The rows of the fit.
        y_train : array-like of shape (n_train,) or (n_train, n_targets)
            Their targets.
        X_test : {array-like, sparse matrix} of shape (n_test, n_features)
            Other rows.
        y_test : array-like of shape (n_test,) or (n_test, n_targets)
            Their targets.
        times : array-like of shape (n_times,), default=None
            Positive and finite, in the units of `training_time`. None stands for 50, from before
            anything is learned until the ridge has ended it all.
        scoring : str or callable, default=None
            A scorer, as for `cross_val_score`, that needs predictions alone. None is R2.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : TrainingDynamicsDisplay

        Raises
        ------
        ValueError
            For times that a logarithmic axis does not have; without a kept eigendecomposition.
        """
        model, X_train, X_test = within(estimator, "staged_predict", X_train, X_test)
        times = _until_the_end(model) if times is None else np.asarray(times, dtype=float)
        if not (np.isfinite(times) & (times > 0)).all():
            raise ValueError("times must be positive and finite: their axis is logarithmic.")
        scorer = check_scoring(model, scoring=scoring)
        train, test = (
            np.array([scorer(HeldOutPredictions(), p, y) for p in model.staged_predict(X, times)])
            for X, y in ((X_train, y_train), (X_test, y_test))
        )
        name = "R2" if scoring is None else scoring if isinstance(scoring, str) else "score"
        return cls(times, train, test, score_name=name).plot(ax)

    def _draw(self):
        best = int(np.nanargmax(self.test_scores))
        time, score = self.times[best], self.test_scores[best]
        (self.train_line_,) = self.ax_.semilogx(
            self.times, self.train_scores, "--", color="tab:blue", label="training rows"
        )
        (self.test_line_,) = self.ax_.semilogx(
            self.times, self.test_scores, color="tab:orange", label="test rows"
        )
        (self.best_line_,) = self.ax_.plot(
            [time], [score], "o", color="black", label=f"best time: {time:.2g}"
        )
        self.ax_.set_xlabel("training time")
        self.ax_.set_ylabel(self.score_name)
        self.ax_.legend(edgecolor="none", loc="lower right")
        self.ax_.spines[["top", "right"]].set_visible(False)


def _until_the_end(model):
    """Times around those at which the largest and the smallest eigenvalues are learned.

    An eigenvalue w of K + alpha takes a time n / w. None is above the trace, none below alpha.
    """
    (model,) = within(model, "X_fit_")
    if model.kernel_ is None:
        raise ValueError("Of a precomputed kernel matrix nothing is known any more: give times.")
    mean = model.kernel_.diag(model.X_fit_).mean()
    smallest = max(np.min(model.alpha_), 1e-6 * mean)
    return np.geomspace(0.1 / mean, 10 * model.X_fit_.shape[0] / smallest, 50)
