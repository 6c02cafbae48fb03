"""What searches of classifiers share."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import check_scoring
from sklearn.utils._param_validation import StrOptions

from .._validation import fitted_rows
from ..classification._base import (
    BaseKernelClassifier,
    checked_labels,
    class_columns,
    for_each_class,
)
from ._base import BaseSearchCV


class BaseClassifierCV(ClassifierMixin, BaseSearchCV):
    """A search that predicts what its best classifier predicts."""

    _parameter_constraints: dict = {
        **BaseSearchCV._parameter_constraints,
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }

    def _targets(self, X, y):
        X, y = self._checked(X, y)
        return X, checked_labels(y)

    def _problem(self, y_all, y, weight):
        self.classes_ = np.unique(y_all)  # of which a sample may miss some
        labels = np.searchsorted(self.classes_, y)
        return *class_columns(labels, self.classes_, weight, self.class_weight), True

    def _comparable(self, Y, weight):
        return Y

    def _candidate(self, **params):
        """The classifier with these parameters, in the precision of the search."""
        return self._estimator(
            **params,
            class_weight=self.class_weight,
            precision="float64",
            random_state=self.random_state,
            n_jobs=self.n_jobs,
        )

    def _in_shape(self, predictions, y):
        return for_each_class(predictions)

    def _scorer(self, y, weight):
        scorer = squared_error if self.scoring is None else check_scoring(self, self.scoring)
        classes = self.classes_

        def score(scores, rows):
            if np.isnan(scores).any():
                return [np.nan]
            options = {} if weight is None else {"sample_weight": weight[rows]}
            return [scorer(HeldOutScores(classes), for_each_class(scores), y[rows], **options)]

        return score

    def decision_function(self, X):
        X = fitted_rows(self, X)
        return self.best_estimator_.decision_function(X)

    def predict_proba(self, X):
        X = fitted_rows(self, X)
        return self.best_estimator_.predict_proba(X)

    def predict(self, X):
        X = fitted_rows(self, X)
        return self.best_estimator_.predict(X)

    def gradient(self, X):
        X = fitted_rows(self, X)
        return self.best_estimator_.gradient(X)

    def contributions(self, X, top=None):
        X = fitted_rows(self, X)
        return self.best_estimator_.contributions(X, top)

    # A search predicts what its classifier predicts, and says so in the same words.
    decision_function.__doc__ = BaseKernelClassifier.decision_function.__doc__
    predict_proba.__doc__ = BaseKernelClassifier.predict_proba.__doc__
    predict.__doc__ = BaseKernelClassifier.predict.__doc__
    gradient.__doc__ = BaseKernelClassifier.gradient.__doc__
    contributions.__doc__ = BaseKernelClassifier.contributions.__doc__


class HeldOutScores(ClassifierMixin, BaseEstimator):
    """What a scorer takes for a classifier: its rows are the scores of the classes already."""

    def __init__(self, classes):
        self.classes = classes

    @property
    def classes_(self):
        """The labels."""
        return self.classes

    def decision_function(self, X):
        """The scores."""
        return X[:, 1] - X[:, 0] if X.shape[1] == 2 else X

    def predict_proba(self, X):
        """The scores, as far as they can be probabilities: no label has calibrated them."""
        P = np.clip(X, 1e-3, 1.0)
        return P / P.sum(axis=1, keepdims=True)

    def predict(self, X):
        """The class of the largest score."""
        return self.classes[X.argmax(axis=1)]


def squared_error(estimator, X, y, sample_weight=None):
    """Minus the mean squared error of scores as predictions of one-hot labels."""
    errors = np.sum((X - (y[:, np.newaxis] == estimator.classes_)) ** 2, axis=1)
    return -np.average(errors, weights=sample_weight)
