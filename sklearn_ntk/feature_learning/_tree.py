"""A tree of splits along learned directions, with a kernel machine in each leaf."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.base import MetaEstimatorMixin, clone
from sklearn.utils._param_validation import Interval

from .._estimator import Estimator
from .._inference import sampled_rows
from .._validation import fitted_rows
from ..kernels._mapped import dense
from ._scales import unit_scales


@dataclass(frozen=True)
class Split:
    """Rows with ``x @ direction <= threshold`` go below, others above: to a split or a leaf."""

    direction: np.ndarray
    threshold: float
    below: "Split | int"
    above: "Split | int"


def leaves_of(node, X):
    """The number of the leaf of each row below a node, which is a split or such a number."""
    if not isinstance(node, Split):
        return np.full(X.shape[0], node)
    is_below = X @ node.direction <= node.threshold
    result = np.empty(X.shape[0], dtype=int)
    for child, rows in (node.below, is_below), (node.above, ~is_below):
        result[rows] = leaves_of(child, X[rows])
    return result


class KernelTree(MetaEstimatorMixin, Estimator):
    """Halves rows along the direction that varies most in the metric of a sample of them.

    A subclass says what `estimator` may be, and `_machine()` what None stands for.
    """

    _parameter_constraints: dict = {
        "max_leaf_rows": [Interval(Integral, 2, None, closed="left")],
    }

    def __init__(self, estimator=None, max_leaf_rows=10_000):
        self.estimator = estimator
        self.max_leaf_rows = max_leaf_rows

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
        # A class so rare that the sample misses it teaches nothing.
        root = unit_scales(X, weight) if same(y) else clone(machine).fit(X, y, weight)._root()
        root = root if root.ndim > 1 else sparse.diags(root)
        mapped = X @ root
        # By products of rows: there are no more than a sample of them, but maybe many columns.
        products = dense(mapped @ mapped.T)
        mean = products.mean(axis=0)
        products = products - mean - mean[:, np.newaxis] + mean.mean()
        coefficients = np.linalg.eigh(products)[1][:, -1]
        component = mapped.T @ (coefficients - coefficients.mean())
        return (root @ component).astype(X.dtype)

    def _by_leaf(self, X, function):
        """What ``function(machine, rows)`` returns for the rows of each leaf, in their order."""
        X = fitted_rows(self, X)
        leaves, result = leaves_of(self.root_, X), None
        for number in np.unique(leaves):
            rows = leaves == number
            part = function(self.estimators_[number], X[rows])
            if result is None:
                result = np.empty((X.shape[0], *part.shape[1:]), dtype=part.dtype)
            result[rows] = part
        return result

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
        X = fitted_rows(self, X)
        return leaves_of(self.root_, X)

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
