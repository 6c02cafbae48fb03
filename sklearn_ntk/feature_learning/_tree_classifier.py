"""Classification by a tree with a kernel machine in each leaf."""

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.dummy import DummyClassifier

from .._validation import all_or_nothing, weighted_rows
from ..classification._base import checked_labels, require_two
from ._ard_classifier import ARDClassifier
from ._rfm_classifier import RFMClassifier
from ._tree import KernelTree, same


class KernelTreeClassifier(ClassifierMixin, KernelTree):
    """Kernel classification for many rows: a tree, and a machine in each leaf.

    As `KernelTreeRegressor`. A class that is missing in a leaf has a probability of 0 there.

    Parameters
    ----------
    estimator : ARDClassifier or RFMClassifier, default=None
        The machine of the leaves; its ``subsample`` is also that of the rows which find a split.
        None stands for ``RFMClassifier()``.
    max_leaf_rows : int, default=10000
        Rows beyond which a leaf is split, unless their labels, or their positions along the
        direction, are all the same.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, in order.
    estimators_ : list of estimators
        The machine of each leaf, a `DummyClassifier` where there is a single class.
    root_ : Split or int
        The first split; 0 if there is but one leaf.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names, if X has them.

    See Also
    --------
    KernelTreeRegressor : The same for numbers; says more.
    RFMClassifier : One machine for all rows.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk import KernelTreeClassifier
    >>> X = np.random.default_rng(0).standard_normal((600, 6))
    >>> y = X[:, 0] * X[:, 1] > 0
    >>> model = KernelTreeClassifier(max_leaf_rows=200).fit(X[:400], y[:400])
    >>> len(model.estimators_), model.score(X[400:], y[400:]) > 0.9
    (2, True)
    """

    _parameter_constraints: dict = {
        **KernelTree._parameter_constraints,
        "estimator": [ARDClassifier, RFMClassifier, None],
    }

    def _machine(self):
        return RFMClassifier() if self.estimator is None else self.estimator

    def _leaf(self, y):
        return DummyClassifier() if same(y) else super()._leaf(y)

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Find the splits, and fit and calibrate the machines of the leaves.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows. float32 stays float32.
        y : array-like of shape (n_samples,)
            Labels of two classes or more: numbers, strings or booleans.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of rows within their leaves; splits count rows. One of weight 0 is left out.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If there is a single class, or targets that are no labels, and what `estimator` raises.
        """
        X, y, weight = weighted_rows(self, X, y, sample_weight)
        y = checked_labels(y)
        self.classes_ = np.unique(y)
        require_two(self.classes_)
        self.estimators_ = []
        self.root_ = self._grow(X, y, weight)
        return self

    def predict_proba(self, X):
        """Probabilities of the classes, each row's by the machine of its leaf.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        return self._by_leaf(X, self._probabilities)

    def _probabilities(self, machine, rows):
        """In a column for each class, of which a leaf may have seen a few."""
        found = machine.predict_proba(rows)
        result = np.zeros((len(found), len(self.classes_)), dtype=found.dtype)
        result[:, np.searchsorted(self.classes_, machine.classes_)] = found
        return result

    def predict(self, X):
        """The most probable class of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Labels.
        """
        most_probable = np.argmax(self.predict_proba(X), axis=1)
        return self.classes_[most_probable]
