"""A tree of splits along learned directions, with a kernel machine in each leaf."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted, validate_data

from .._inference import sampled_rows
from .._validation import used_rows
from ..kernels._pairs import require_rows
from ..kernels._scale import column_deviations


@dataclass(frozen=True)
class Split:
    """Rows with ``x @ direction <= threshold`` go below, others above: to a split or a leaf."""

    direction: np.ndarray
    threshold: float
    below: "Split | int"
    above: "Split | int"

    def leaves(self, X):
        """The number of the leaf of each row."""
        is_below = X @ self.direction <= self.threshold
        result = np.empty(X.shape[0], dtype=np.intp)
        for child, rows in (self.below, is_below), (self.above, ~is_below):
            result[rows] = child.leaves(X[rows]) if isinstance(child, Split) else child
        return result


class KernelTree(MetaEstimatorMixin, BaseEstimator):
    """Halves rows along the direction that varies most in the metric of a sample of them.

    A subclass says what `estimator` may be, and what None stands for.
    """

    _parameter_constraints: dict = {
        "max_leaf_rows": [Interval(Integral, 2, None, closed="left")],
    }

    def _validated(self, X, y, sample_weight, y_numeric=False):
        """X and y of positive weight, and the weights."""
        require_rows(X)
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            multi_output=True,
            y_numeric=y_numeric,
        )
        used, weight = used_rows(X, sample_weight)
        return X[used], y[used], weight

    def _grow(self, X, y, weight):
        """Fit `estimators_`, and return the split of all rows or the number of the only leaf."""
        n_rows = X.shape[0]
        if n_rows > self.max_leaf_rows and not same(y):
            direction = self._direction(X, y, weight)
            values = X @ direction
            threshold = middle(values)
            if threshold is not None:
                is_below = values <= threshold
                halves = (
                    self._grow(X[rows], y[rows], weight[rows]) for rows in (is_below, ~is_below)
                )
                return Split(direction, threshold, *halves)
        self.estimators_.append(self._leaf(y).fit(X, y, weight))
        return len(self.estimators_) - 1

    def _leaf(self, y):
        """The machine, not fitted, of a leaf with these targets."""
        return clone(self._machine())

    def _direction(self, X, y, weight):
        """Along which a sample of the rows varies most in the metric that is learned from it."""
        machine = self._machine()
        rows = sampled_rows(X, machine.subsample, machine.random_state)
        X, y, weight = X[rows], y[rows], weight[rows]
        if same(y):  # a class so rare that the sample misses it teaches nothing
            deviations = column_deviations(X)
            root = np.divide(1, deviations, out=np.zeros_like(deviations), where=deviations > 0)
        else:
            root = clone(machine).fit(X, y, weight)._root()
        mapped = X @ (root if root.ndim > 1 else sparse.diags(root))
        # By products of rows: there are no more than a sample of them, but maybe many columns.
        products = mapped @ mapped.T
        products = products.toarray() if sparse.issparse(products) else products
        mean = products.mean(axis=0)
        products = products - mean - mean[:, np.newaxis] + mean.mean()
        coefficients = np.linalg.eigh(products)[1][:, -1]
        component = mapped.T @ (coefficients - coefficients.mean())
        direction = root @ component if root.ndim > 1 else root * component
        return direction.astype(X.dtype)

    def _by_leaf(self, X, function):
        """What ``function(machine, rows)`` returns for the rows of each leaf, in their order."""
        check_is_fitted(self)
        require_rows(X)
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        leaves, result = self._leaves(X), None
        for number in np.unique(leaves):
            rows = leaves == number
            part = function(self.estimators_[number], X[rows])
            if result is None:
                result = np.empty((X.shape[0], *part.shape[1:]), dtype=part.dtype)
            result[rows] = part
        return result

    def _leaves(self, X):
        if isinstance(self.root_, Split):
            return self.root_.leaves(X)
        return np.zeros(X.shape[0], dtype=np.intp)

    def apply(self, X):
        """The leaf of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        leaves : ndarray of int of shape (n_samples,)
            Positions in `estimators_`.
        """
        return self._by_leaf(X, lambda machine, rows: self._leaves(rows))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def same(y):
    """Whether all rows have the same targets."""
    return bool((y == y[0]).all())


def middle(values):
    """A threshold with as nearly half of the values below it as equal ones allow, or None."""
    values = np.sort(values)
    cuts = np.flatnonzero(values[:-1] < values[1:])
    if not len(cuts):
        return None
    return values[cuts[np.argmin(np.abs(cuts + 1 - len(values) / 2))]]
