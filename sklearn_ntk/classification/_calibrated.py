"""Classes and their probabilities from calibrated scores."""

import numpy as np
from scipy.special import softmax
from sklearn.base import ClassifierMixin


class CalibratedClassifier(ClassifierMixin):
    """A subclass has `classes_` and `_logits(X)`, those of all classes, of shape (n, n_classes)."""

    def decision_function(self, X):
        """Logits of the classes: the scores over the temperature, plus the offsets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows, or ``K(X, X_fit_)`` if the kernel is precomputed.

        Returns
        -------
        logits : ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes the logit of ``classes_[1]``; above 0 it is the prediction.
        """
        logits = self._logits(X)
        return logits[:, 1] - logits[:, 0] if len(self.classes_) == 2 else logits

    def predict_proba(self, X):
        """Probabilities of the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows, or ``K(X, X_fit_)`` if the kernel is precomputed.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`. With `class_weight` or `sample_weight` they are those of
            the population that the weights make.
        """
        return softmax(self._logits(X), axis=1)

    def predict(self, X):
        """The most probable class of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows, or ``K(X, X_fit_)`` if the kernel is precomputed.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Labels.
        """
        logits = self._logits(X)
        return self.classes_[logits.argmax(axis=1)]

    def _calibrated(self, columns):
        """Logits of all classes from predictions of `one_hot` without its means."""
        scores = for_each_class(columns + self.intercept_)
        return scores / self.temperature_ + self.offsets_


def one_hot(labels, n_classes):
    """Columns of zeros and ones; of two classes the second is enough for `for_each_class`."""
    Y = np.eye(n_classes)[labels]
    return Y[:, 1:] if n_classes == 2 else Y


def for_each_class(columns):
    """A column for each class, from those of `one_hot`."""
    return np.hstack([1 - columns, columns]) if columns.shape[1] == 1 else columns
