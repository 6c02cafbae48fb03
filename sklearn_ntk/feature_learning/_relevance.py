"""What regressors and classifiers with a scale for each column share."""

from numbers import Integral

from sklearn.utils._param_validation import Interval

from .._inference import LOSSES
from .._validation import one_of
from ._base import LearnedMetric
from ._scales import learn_scales


class Relevance(LearnedMetric):
    """A metric of one scale for each column, which makes a loss of the rows small."""

    _parameter_constraints: dict = {
        **LearnedMetric._parameter_constraints,
        "objective": [one_of(LOSSES)],
        "n_restarts": [Interval(Integral, 0, None, closed="left")],
    }

    def _learn(self, X, Y, weight, rng):
        start = self._start(X, Y, weight)
        options = {"objective": self.objective, "n_restarts": self.n_restarts, "rng": rng}
        return learn_scales(start, X, Y, weight, n_jobs=self.n_jobs, **options)
