"""What searches of regressors share."""

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.metrics import check_scoring
from sklearn.utils import check_random_state

from .._contributions import contributions
from .._validation import fitted_rows, normalized, require_numbers
from ..regression._base import BaseKernelRegressor
from ._base import BaseSearchCV


class BaseRegressorCV(MultiOutputMixin, RegressorMixin, BaseSearchCV):
    """A search that predicts all that its best regressor predicts, or the mean of its members."""

    _parameter_constraints: dict = {
        **BaseSearchCV._parameter_constraints,
        "alpha_per_target": ["boolean"],
        "keep_factor": ["boolean"],
        "normalize_y": ["boolean"],
    }

    def _targets(self, X, y):
        require_numbers(y)
        X, y = self._checked(X, y, y_numeric=True)
        return X, y.astype(np.float64, copy=False)

    def _problem(self, y_all, y, weight):
        centred, intercept, _ = normalized(y, weight, self.normalize_y)
        return centred.reshape(len(y), -1), intercept, weight, self.normalize_y

    def _comparable(self, Y, weight):
        return Y / normalized(Y, weight, True)[2]

    def _candidate(self, **params):
        """The regressor with these parameters, in the precision of the search."""
        return self._estimator(
            **params,
            keep_factor=self.keep_factor,
            normalize_y=self.normalize_y,
            precision="float64",
            n_jobs=self.n_jobs,
        )

    def _fitted(self, params, X, y, weight):
        model = super()._fitted(params, X, y, weight)
        if isinstance(self.alphas, str):  # which the regressor does for alpha="auto"
            model.amplitude_ = model._amplitude()
        return model

    def _in_shape(self, predictions, y):
        return predictions.reshape(y.shape)

    def _scorer(self, y, weight):
        scorer = check_scoring(self, scoring=self.scoring)
        per_target = self.alpha_per_target and y.ndim == 2
        columns = [np.s_[:, k] for k in range(y.shape[1])] if per_target else [np.s_[:]]

        def score(prediction, rows):
            if np.isnan(prediction).any():
                return [np.nan] * len(columns)
            prediction = prediction.reshape(y[rows].shape)
            options = {} if weight is None else {"sample_weight": weight[rows]}
            return [
                scorer(HeldOutPredictions(), prediction[c], y[rows][c], **options) for c in columns
            ]

        return score

    def predict(self, X, return_std=False, return_cov=False, include_noise=False):
        X = fitted_rows(self, X)
        parts = [m.predict(X, return_std, return_cov, include_noise) for m in self.members_]
        if len(parts) == 1:
            return parts[0]
        if not (return_std or return_cov):
            return self._average(parts)
        means, spreads = zip(*parts, strict=True)
        mean = self._average(means)
        if return_std:
            squares = [s**2 + (m - mean) ** 2 for m, s in zip(means, spreads, strict=True)]
            return mean, np.sqrt(self._average(squares))
        return mean, self._average(
            [c + np.einsum("i...,j...->ij...", m - mean, m - mean) for m, c in parts]
        )

    def staged_predict(self, X, training_times):
        X = fitted_rows(self, X)
        paths = [member.staged_predict(X, training_times) for member in self.members_]
        for stages in zip(*paths, strict=True):
            yield self._average(stages)

    def sample_y(self, X, n_samples=1, random_state=0):
        X = fitted_rows(self, X)
        if len(self.members_) == 1:
            return self.best_estimator_.sample_y(X, n_samples, random_state)
        rng = check_random_state(random_state)
        counts = rng.multinomial(n_samples, self.member_weights_)
        parts = [m.sample_y(X, k, rng) for m, k in zip(self.members_, counts, strict=True)]
        return np.concatenate(parts, axis=-1)[..., rng.permutation(n_samples)]

    def gradient(self, X):
        X = fitted_rows(self, X)
        return self._average([member.gradient(X) for member in self.members_])

    def contributions(self, X, top=None):
        X = fitted_rows(self, X)
        members = zip(self.members_, self.member_weights_, strict=True)
        parts = [(member.kernel_, weight * member.dual_coef_) for member, weight in members]
        return contributions(parts, X, self.best_estimator_.X_fit_, top, self.n_jobs)

    def _average(self, parts):
        if len(parts) == 1:
            return parts[0]
        total = sum(w * part for w, part in zip(self.member_weights_, parts, strict=True))
        return total.astype(parts[0].dtype, copy=False)

    # A search predicts what its regressors predict, and says so in the same words.
    predict.__doc__ = BaseKernelRegressor.predict.__doc__
    staged_predict.__doc__ = BaseKernelRegressor.staged_predict.__doc__
    sample_y.__doc__ = BaseKernelRegressor.sample_y.__doc__
    gradient.__doc__ = BaseKernelRegressor.gradient.__doc__
    contributions.__doc__ = BaseKernelRegressor.contributions.__doc__


class HeldOutPredictions(RegressorMixin, BaseEstimator):
    """What a scorer takes for an estimator: its rows are predictions already."""

    def predict(self, X):
        return X
