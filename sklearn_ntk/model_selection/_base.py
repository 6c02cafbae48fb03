"""What all searches share: one pass over the kernels, all other candidates within it."""

import warnings
from numbers import Integral
from time import perf_counter

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, _fit_context
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.utils._param_validation import validate_parameter_constraints
from sklearn.utils.validation import check_is_fitted, validate_data

from .._callbacks import CallbackSupportMixin, fit_progress
from .._gram import Gram
from .._inference import HeldOut
from .._kernel_machine import RIDGE
from .._solvers import require_squares
from .._validation import all_or_nothing, normalized, one_of, require_numbers, used_rows
from .._warnings import warn
from ..kernels._pairs import require_rows
from ..regression._base import BaseKernelRegressor
from ._results import best_choice, grid_order, kernel_settings, search_results
from ._splits import split_rows

# Why predictions are NaN, and what to do.
UNSOLVED = (
    "the matrix is singular to working precision, for instance because rows are duplicates, or "
    "the sample weights differ too widely for a finite training time. Leave small alphas out, and "
    "with such weights use folds for training times."
)


class BaseSearchCV(CallbackSupportMixin, MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Chooses the kernel, the ridge and the training time of a regressor by held-out predictions.

    A subclass is a face of `_regressor`, whose constraints hold for each value of its grid:
    `_grid(X, weight)` maps names of the regressor's parameters to values.
    """

    _parameter_constraints: dict = {
        "alphas": ["array-like"],
        "training_times": ["array-like"],
        "cv": ["cv_object"],
        "scoring": [one_of(get_scorer_names()), callable, None],
        "alpha_per_target": ["boolean"],
        "keep_factor": ["boolean"],
        "normalize_y": ["boolean"],
        "n_jobs": [Integral, None],
    }

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, groups=None):
        """Score every candidate and keep the coefficients of the best.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows; the search itself is in float64 for every input.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, in the fits and in the scores, equivalent to repeating rows
            within their fold; a row of weight 0 is left out. The scorer has to accept
            `sample_weight`.
        groups : array-like of shape (n_samples,), default=None
            Groups for a splitter such as GroupKFold.

        Returns
        -------
        self : object

        Raises
        ------
        numpy.linalg.LinAlgError
            If no candidate can be solved; those that are singular to working precision among
            others score NaN, with a warning.
        ValueError
            If a split cannot be scored, as R2 of a single row.
        MemoryError
            If three square matrices do not fit into the memory there is.
        """
        require_rows(X)
        require_numbers(y)
        X_all, y_all = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            multi_output=True,
            y_numeric=True,
            ensure_min_samples=2,
        )
        used, weight = used_rows(X_all, sample_weight)
        X_used, y, n = X_all[used], y_all[used].astype(np.float64), len(weight)
        if n < 2:
            raise ValueError("Cross-validation needs at least 2 rows of positive weight.")
        require_squares(3, n, "search", "The regressor without CV needs a sixth of that")
        grid = self._checked_grid(X_used, weight)
        centred, intercept, _ = normalized(y, weight, self.normalize_y)
        held_out = HeldOut(
            centred.reshape(n, -1),
            weight,
            split_rows(self.cv, X_all, y_all, groups, np.arange(len(y_all))[used]),
            centred=self.normalize_y,
            n_jobs=self.n_jobs,
        )
        per_target = self.alpha_per_target and y.ndim == 2
        score = self._scorer(y, intercept, None if sample_weight is None else weight, per_target)
        scores, failed, seconds = self._search(grid, X_used, weight, held_out, score)
        best_score, params, place = self._best(grid, scores, per_target)
        best = self._candidate(**params).fit(X_used, y, weight)
        self.best_estimator_ = best
        self.best_params_ = params
        self.best_score_ = best_score
        self.best_index_ = int(grid_order(grid)[place])
        self.cv_results_ = search_results(grid, scores.mean(axis=-1), seconds)
        self.n_splits_ = len(held_out.test_rows)
        if failed.any():
            alphas = np.array(grid["alpha"])[failed.any(axis=(0, 2))]
            warn(
                f"{failed.sum()} of {failed.size} candidates could not be solved and score NaN, "
                f"at alphas of {', '.join(f'{alpha:.1e}' for alpha in alphas)}: {UNSOLVED}"
            )
        return self

    def _candidate(self, **params):
        """The regressor with these parameters, in the precision of the search."""
        return self._regressor(
            **params,
            keep_factor=self.keep_factor,
            normalize_y=self.normalize_y,
            precision="float64",
            n_jobs=self.n_jobs,
        )

    def _checked_grid(self, X, weight):
        grid = {name: list(values) for name, values in self._grid(X, weight).items()}
        for name, values in grid.items():
            if not values:
                raise ValueError(f"There are no candidates for {name}.")
            allowed = self._regressor._parameter_constraints[name]
            if name == "alpha":
                allowed = [RIDGE]  # an array is for alpha_per_target
            for value in values:
                validate_parameter_constraints({name: allowed}, {name: value}, type(self).__name__)
        return grid

    def _scorer(self, y, intercept, weight, per_target):
        """A function of held-out predictions and their rows: one score, or one per target."""
        scorer = check_scoring(self, scoring=self.scoring)
        columns = [np.s_[:, k] for k in range(y.shape[1])] if per_target else [np.s_[:]]

        def score(prediction, rows):
            if np.isnan(prediction).any():
                return [np.nan] * len(columns)
            prediction = prediction.reshape(y[rows].shape) + intercept
            options = {} if weight is None else {"sample_weight": weight[rows]}
            return [
                scorer(HeldOutPredictions(), prediction[c], y[rows][c], **options) for c in columns
            ]

        return score

    def _search(self, grid, X, weight, held_out, score):
        """Scores (n_kernels, n_splits, n_alphas, n_times, n_columns), failures and seconds."""
        alphas, times = grid["alpha"], grid["training_time"]
        ends = [np.inf if time is None else time for time in times]
        kernels = kernel_settings(grid)
        scores, failed, seconds = [], [], []
        require_scores(score, held_out)
        with fit_progress(self, X, held_out.Y, "search", "kernel") as progress:
            step = progress(len(kernels))
            # One after the other: the recursion passes through all depths at once, but takes a
            # tenth of the time of a decomposition, and each matrix kept would be n^2 numbers.
            for setting in kernels:
                start = perf_counter()
                kernel = self._candidate(**setting)._make_kernel(X, weight)
                gram = Gram(kernel, X, np.zeros(X.shape[0]))
                # Not bound to a name here, so that it can be given back early.
                predictions = held_out.predict(gram.to_array(self.n_jobs), alphas, ends)
                middle = perf_counter()
                scores.append(
                    [
                        [[score(p, rows) for p in by_time] for by_time in by_alpha]
                        for by_alpha, rows in zip(predictions, held_out.test_rows, strict=True)
                    ]
                )
                failed.append(np.any([np.isnan(p).any(axis=(2, 3)) for p in predictions], axis=0))
                seconds.append([middle - start, perf_counter() - middle])
                del predictions  # before those of the next kernel are made
                step()
        if np.all(failed):
            raise np.linalg.LinAlgError(
                f"No candidate can be solved: {UNSOLVED} An alpha of "
                f"{1e-6 * kernel.diag(X).mean():.1e}, for instance, is large enough for most."
            )
        return np.array(scores), np.array(failed), np.array(seconds)

    def _best(self, grid, scores, per_target):
        """The best mean score, its parameters, and its (kernel, ridge, time)."""
        choices = [best_choice(part) for part in scores]
        k = int(np.argmax([value for value, _, _ in choices]))
        value, chosen, time = choices[k]
        if np.isneginf(value):
            raise ValueError("scoring is NaN or -inf for every candidate; choose another one.")
        alphas = grid["alpha"]
        params = {
            **kernel_settings(grid)[k],
            "alpha": np.array(alphas)[chosen] if per_target else alphas[chosen[0]],
            "training_time": grid["training_time"][time],
        }
        return float(value), params, (k, chosen[0], time)

    def _checked_rows(self, X):
        """X, of the columns that were seen in fit."""
        check_is_fitted(self)
        require_rows(X)
        return validate_data(
            self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False
        )

    def predict(self, X, return_std=False, return_cov=False, include_noise=False):
        X = self._checked_rows(X)
        return self.best_estimator_.predict(X, return_std, return_cov, include_noise)

    def staged_predict(self, X, training_times):
        return self.best_estimator_.staged_predict(self._checked_rows(X), training_times)

    def sample_y(self, X, n_samples=1, random_state=0):
        return self.best_estimator_.sample_y(self._checked_rows(X), n_samples, random_state)

    def gradient(self, X):
        return self.best_estimator_.gradient(self._checked_rows(X))

    # A search predicts what its best regressor predicts, and says so in the same words.
    predict.__doc__ = BaseKernelRegressor.predict.__doc__
    staged_predict.__doc__ = BaseKernelRegressor.staged_predict.__doc__
    sample_y.__doc__ = BaseKernelRegressor.sample_y.__doc__
    gradient.__doc__ = BaseKernelRegressor.gradient.__doc__

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def require_scores(score, held_out):
    """Refuse splits of a row that has no score, as R2, before any time is spent on them."""
    for k, rows in enumerate(held_out.test_rows):
        if len(rows) > 1:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            undefined = np.isnan(score(np.zeros((1, held_out.Y.shape[1])), rows)).any()
        if undefined:
            raise ValueError(
                f"Split {k} has a single test row, for which the score is not defined. cv=None "
                "scores the predictions of all rows left out together; "
                "scoring='neg_mean_squared_error' scores single rows."
            )


class HeldOutPredictions(RegressorMixin, BaseEstimator):
    """What a scorer takes for an estimator: its rows are predictions already."""

    def predict(self, X):
        return X
