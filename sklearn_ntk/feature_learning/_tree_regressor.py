"""Regression by a tree with a kernel machine in each leaf."""

import numpy as np
from sklearn.base import MultiOutputMixin, RegressorMixin, _fit_context

from .._validation import all_or_nothing, require_numbers, weighted_rows
from ._ard_regressor import ARDRegressor
from ._rfm_regressor import RFMRegressor
from ._tree import KernelTree


class KernelTreeRegressor(MultiOutputMixin, RegressorMixin, KernelTree):
    """Kernel regression for many rows: a tree, and a machine in each leaf.

    Rows are halved at the median along a direction, and again, until no leaf has more than
    `max_leaf_rows`. The direction is the one along which a sample of the rows varies most, in the
    metric that `estimator` learns from it. The estimator is then fitted to the rows of each leaf,
    with a metric and a ridge of its own.

    Parameters
    ----------
    estimator : ARDRegressor or RFMRegressor, default=None
        The machine of the leaves; its ``subsample`` is also that of the rows which find a split.
        None stands for ``RFMRegressor()``.
    max_leaf_rows : int, default=10000
        Rows beyond which a leaf is split, unless their targets, or their positions along the
        direction, are all the same. A fit holds the matrix of one leaf at a time,
        ``4 * max_leaf_rows**2`` bytes in float64 where a factor is packed, 400 MB by default.

    Attributes
    ----------
    estimators_ : list of estimators
        The machine of each leaf.
    root_ : Split or int
        The first split; 0 if there is but one leaf.
    feature_importances_ : ndarray of shape (n_features,)
        Shares of the columns in the metrics of the leaves, averaged over their rows.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names, if X has them.

    See Also
    --------
    RFMRegressor : One machine for all rows; more accurate where time and memory allow it.
    KernelTreeClassifier : The same for classes.

    Notes
    -----
    n rows take time in proportion to ``n * max_leaf_rows**2``. Predictions jump where leaves meet.

    References
    ----------
    Beaglehole, Holzmüller, Radhakrishnan and Belkin, xRFM: Accurate, scalable, and interpretable
    feature learning models for tabular data, 2025: leaves of recursive feature machines.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk import KernelTreeRegressor
    >>> X = np.random.default_rng(0).standard_normal((600, 6))
    >>> y = np.abs(X[:, 0]) + X[:, 1]
    >>> model = KernelTreeRegressor(max_leaf_rows=200).fit(X[:400], y[:400])
    >>> len(model.estimators_), model.score(X[400:], y[400:]) > 0.95
    (2, True)
    """

    _parameter_constraints: dict = {
        **KernelTree._parameter_constraints,
        "estimator": [ARDRegressor, RFMRegressor, None],
    }

    def _machine(self):
        return RFMRegressor() if self.estimator is None else self.estimator

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Find the splits, and fit the machines of the leaves.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows. float32 stays float32.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of rows within their leaves; splits count rows. One of weight 0 is left out.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If X or y cannot be used, and what `estimator` raises.
        """
        require_numbers(y)
        self.estimators_ = []
        self.root_ = self._grow(*weighted_rows(self, X, y, sample_weight, y_numeric=True))
        return self

    def predict(self, X):
        """Predict, each row by the machine of its leaf.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Predictions, float32 if fit and predict both saw float32.
        """
        return self._by_leaf(X, lambda machine, rows: machine.predict(rows))

    @property
    def feature_importances_(self):
        """Shares of the columns in the metrics of the leaves, averaged over their rows."""
        weights = [len(machine.dual_coef_) for machine in self.estimators_]
        shares = [machine.feature_importances_ for machine in self.estimators_]
        return np.average(shares, axis=0, weights=weights)
