"""What recursive feature machines for regression and classification share."""

from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval

from .._validation import one_of
from ._base import LearnedMetric
from ._metric import learn_metric


class Recursive(LearnedMetric):
    """A metric from the gradients of predictions in the metric before."""

    _parameter_constraints: dict = {
        **LearnedMetric._parameter_constraints,
        "n_iter": [Interval(Integral, 1, None, closed="left")],
        "metric": [one_of(["full", "diagonal"])],
    }

    def _learn(self, X, Y, weight, rng):
        start = self._start(X, Y, weight)
        options = {"n_iter": self.n_iter, "full": self.metric == "full", "n_jobs": self.n_jobs}
        return learn_metric(start, X, Y, weight, **options)

    @property
    def metric_(self):
        """The metric of rows: that of a distance is x' M x."""
        M = super().metric_
        return np.diag(M) if self.metric == "full" and M.ndim == 1 else M
