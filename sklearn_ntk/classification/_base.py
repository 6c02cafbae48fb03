"""Classification with any kernel: least squares on classes, calibrated by held-out rows."""

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils import column_or_1d, compute_class_weight
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import check_classification_targets

from .._callbacks import fit_progress
from .._contributions import contributions
from .._inference import calibrate, repetitions
from .._kernel_machine import RIDGE, KernelMachine
from .._validation import all_or_nothing, one_of, weighted_mean
from ..kernels import input_gradient
from ._calibrated import CalibratedClassifier, for_each_class, one_hot


class BaseKernelClassifier(CalibratedClassifier, KernelMachine):
    """All that a classifier does with the kernel that a subclass makes of its parameters.

    The classes are columns of zeros and ones, centred, of one regression with one ridge. Its
    scores become probabilities by a temperature and an offset for each class.
    """

    _parameter_constraints: dict = {
        **KernelMachine._parameter_constraints,
        "alpha": [one_of(["auto"]), RIDGE],
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Solve for the coefficients of all classes at once, and calibrate the probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows. float32 stays float32.
        y : array-like of shape (n_samples,)
            Labels of two classes or more: numbers, strings or booleans.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, equivalent to repeating rows; a row of weight 0 is left out.

        Returns
        -------
        self : object

        Raises
        ------
        numpy.linalg.LinAlgError
            If the matrix is singular to working precision; increase `alpha`.
        ValueError
            If there is a single class, or targets that are no labels.
        """
        X, y, weight = self._validated(X, y, sample_weight)
        self.classes_, labels = np.unique(checked_labels(y), return_inverse=True)
        counts = repetitions(weight)
        Y, self.intercept_, weight = class_columns(labels, self.classes_, weight, self.class_weight)
        with fit_progress(self, X, y) as progress:
            self.kernel_, found = self._learned_kernel(X, Y, weight, counts, progress)
            self.alpha_, *held_out = found or self._held_out(X, Y, weight, counts)
            scores, targets = (for_each_class(part + self.intercept_) for part in held_out[:2])
            self.temperature_, self.offsets_ = calibrate(scores, targets, held_out[2])
            ((_, _, _, self.dual_coef_),) = self._solutions(X, Y, weight, progress)
        # Of a precomputed matrix nothing but its precision is needed again.
        self.X_fit_ = X[:0] if self.kernel_ is None else X
        return self

    def gradient(self, X):
        """Derivatives of the logits of `decision_function` by the features of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        gradient : ndarray of shape (n_samples, n_features) or (n_samples, n_features, n_classes)
            Per unit of each feature. Where a kernel has a kink, at a training row, the mean of
            the derivatives on both sides.

        Raises
        ------
        NotImplementedError
            If the derivatives of the kernel are not known.
        """
        X = self._check_rows(X)
        self._require_kernel("A gradient")
        return input_gradient(self.kernel_, X, self.X_fit_, self._of_logits(), self.n_jobs)

    def contributions(self, X, top=None):
        """What each training row adds to the logits of `decision_function`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows, or ``K(X, X_fit_)`` if the kernel is precomputed.
        top : int, default=None
            How many training rows to name for each row, those of largest absolute value; None
            is all, n_samples times n_rows numbers.

        Returns
        -------
        contributions : ndarray of shape (n_samples, n_rows) or (n_samples, n_rows, n_classes)
            Their sums over the rows differ from ``decision_function(X)`` by the same constant
            for all X. With `top`, n_rows is that many, the largest first.
        index : ndarray of int of the same shape
            Positions of their rows in `X_fit_`; only with `top`.
        """
        X = self._check_rows(X)
        parts = [(self.kernel_, self._of_logits())]
        return contributions(parts, X, self.X_fit_, top, self.n_jobs)

    def _of_logits(self):
        """The coefficients of the logits of `decision_function`, without their constants."""
        if len(self.classes_) == 2:
            return (
                2 * self.dual_coef_[:, 0] / self.temperature_
            )  # one logit falls as the other rises
        return self.dual_coef_ / self.temperature_

    def _logits(self, X):
        X = self._check_rows(X)
        logits = self._calibrated(self._product(X, self.dual_coef_))
        return logits.astype(np.result_type(X, self.X_fit_), copy=False)


def checked_labels(y):
    """y in one dimension.

    Raises
    ------
    ValueError
        If it does not hold labels.
    """
    y = column_or_1d(y, warn=True)
    check_classification_targets(y)
    return y


def require_two(classes):
    """Raise a ValueError if there is a single class."""
    if len(classes) < 2:
        raise ValueError(
            f"A classifier needs two classes or more, but y has one class, {classes[0]}, in all "
            "rows of positive weight."
        )


def class_factors(class_weight, classes, labels, weight):
    """What the weights of the rows of each class are multiplied with.

    Raises
    ------
    ValueError
        If there is a single class, or if a factor is not positive.
    """
    require_two(classes)
    if isinstance(class_weight, str):
        share = np.bincount(labels, weight / weight.max(), len(classes))
        return share.mean() / np.where(share > 0, share, 1.0)  # a sample may miss a class
    factors = compute_class_weight(class_weight, classes=classes, y=classes)
    if not (factors > 0).all():
        raise ValueError("class_weight must be positive; leave out the rows of other classes.")
    return factors


def class_columns(labels, classes, weight, class_weight):
    """Columns of `one_hot` less their means, the means, and the weights of the rows."""
    weight = weight * class_factors(class_weight, classes, labels, weight)[labels]
    Y = one_hot(labels, len(classes))
    mean = weighted_mean(Y, weight)
    return Y - mean, mean, weight
