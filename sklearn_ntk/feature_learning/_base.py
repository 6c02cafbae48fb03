"""What estimators that learn a metric share: when it is worth having, and rows in it."""

from numbers import Integral

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.gaussian_process.kernels import Kernel
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from .._gram import Gram
from .._inference import (
    HeldOut,
    balanced_folds,
    content_order,
    relearned_predictions,
    sampled_rows,
    squared_errors,
)
from .._kernel_machine import KernelMachine
from ..kernels import Laplace, Scaled
from ..kernels._scale import column_deviations
from ._scales import starting_kernel


class LearnedMetric(TransformerMixin):
    """A kernel machine in a metric that `_learn(X, Y, weight, rng)` finds; also a transformer.

    The metric is learned once more for each of `n_folds` folds, without its rows. What is
    predicted for these decides whether the metric is used or the kernel as it was, and chooses
    the ridge.
    """

    _parameter_constraints: dict = {
        "kernel": [Kernel, KernelMachine, None],
        "n_folds": [Interval(Integral, 2, None, closed="left")],
        "subsample": [Interval(Integral, 2, None, closed="left"), None],
    }

    def _learner(self):
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        return lambda X, Y, weight: self._learn(X, Y, weight, np.random.RandomState(seed))

    def _start(self, X, Y, weight):
        """The kernel in which learning begins; it may have learned itself."""
        learn = super()._learner()  # of the parameter `kernel`
        return self._make_kernel(X, weight) if learn is None else learn(X, Y, weight)

    def _plain(self, X, Y, weight):
        """The kernel without anything learned."""
        return self._make_kernel(X, weight)

    def _make_kernel(self, X, weight):
        kernel = Laplace("scale", exponent=1.5) if self.kernel is None else self.kernel
        if isinstance(kernel, KernelMachine):
            kernel = kernel._make_kernel(X, weight)
        if kernel is None:
            raise ValueError("A metric needs a kernel object, which kernel='precomputed' is not.")
        return starting_kernel(kernel, X, weight)

    def _learned_kernel(self, X, Y, weight, counts, progress):
        precision = self._precision(X)
        rows = sampled_rows(X, self.subsample, self.random_state, counts)
        rows = content_order(X, Y, rows)
        X, Y, weight, n_rows = X[rows], Y[rows], (weight / counts)[rows], len(weight)
        # A common factor of weights and ridge changes nothing, but sums of huge ones overflow.
        unit = weight.max()
        weight = weight / unit
        splits = balanced_folds(X, Y, self.n_folds)
        if len(splits) < self.n_folds:
            return self._make_kernel(X, weight), None
        learner, step = self._learner(), progress(self.n_folds + 1, "learning", "kernel")

        def learn(X, Y, weight):
            kernel = learner(X, Y, weight)
            step()
            return kernel

        def ridges(K, weight):
            return self._ridges(K, weight, unit, n_rows, precision)

        held_out = HeldOut(Y, weight, splits, self._centred(), self.n_jobs, pooled=True)
        time = np.inf if self.training_time is None else self.training_time

        def least_error(learn):
            """The least error over ridges, which it is, and the predictions."""
            [predictions] = relearned_predictions(learn, X, held_out, ridges, [time])
            errors = squared_errors(predictions[:, 0], held_out)
            errors = np.where(np.isnan(errors), np.inf, errors)
            best = int(np.argmin(errors))
            return errors[best], best, predictions[best, 0]

        plain, learned = least_error(self._plain), least_error(learn)
        error, best, predictions = min(plain, learned, key=lambda found: found[0])
        kernel = (learner if error < plain[0] else self._plain)(X, Y, weight)
        step()
        K = Gram(kernel, X, np.zeros(len(Y))).to_array(self.n_jobs)
        alpha = ridges(K, weight)[best]
        return kernel, (float(alpha * unit), predictions, Y, weight * unit)

    @property
    def metric_(self):
        """The metric of rows: that of a distance is x' M x."""
        check_is_fitted(self)
        root = self._root()
        return root @ root.T if root.ndim > 1 else root**2

    @property
    def feature_importances_(self):
        """Shares of the columns in the trace of the metric, in units of their variances."""
        M = self.metric_
        share = (np.diagonal(M) if M.ndim > 1 else M) * column_deviations(self.X_fit_) ** 2
        return share / share.sum() if share.any() else share

    def _root(self):
        """What rows are multiplied by."""
        kernel = self.kernel_
        if isinstance(kernel, Scaled):
            return np.broadcast_to(np.asarray(kernel.scales, dtype=float), self.n_features_in_)
        return np.asarray(kernel.projection, dtype=float)

    def transform(self, X):
        """Rows in which the metric is the Euclidean one.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        rows : {ndarray, sparse matrix} of shape (n_samples, n_features)
            Each column times its scale, or X times the square root of the metric.
        """
        X = self._check_rows(X)
        return self.kernel_.mapped(X).astype(X.dtype, copy=False)

    def get_feature_names_out(self, input_features=None):
        """Names of the columns that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X; None stands for those seen in fit.

        Returns
        -------
        names : ndarray of str of shape (n_features,)
            Those of X for a scale for each column; for directions ``rfmregressor0`` and so on.
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        if isinstance(self.kernel_, Scaled):
            return names
        prefix = type(self).__name__.lower()
        return np.array([f"{prefix}{k}" for k in range(self._root().shape[1])], dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
