"""What the three searches share: one pass over the kernels, all other candidates within it."""

from numbers import Integral
from time import perf_counter

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, _fit_context
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.model_selection import ParameterGrid
from sklearn.utils._param_validation import StrOptions, validate_parameter_constraints
from sklearn.utils.validation import validate_data

from .._callbacks import fit_progress
from .._gram import Gram
from .._memory import require_memory
from ..regression._kernel_regressor import KernelRegressor, weighted_rows
from ._held_out import HeldOut, split_rows
from ._results import INNER, best_choice, grid_order, search_results

SEARCH_CONSTRAINTS = {
    "alphas": ["array-like"],
    "cv": ["cv_object"],
    "scoring": [StrOptions(set(get_scorer_names())), callable, None],
    "alpha_per_target": ["boolean"],
    "normalize_y": ["boolean"],
    "n_jobs": [Integral, None],
}


class KernelSearchCV(KernelRegressor):
    """A KernelRegressor that chooses its kernel, its ridge and its training time.

    A subclass is a face of `_regressor`, whose constraints hold for each value of its grid:
    `_grid(X, weight)` maps names of the regressor's parameters to values, and
    `_candidate_kernel` makes a kernel of one value for each that concerns the kernel.
    """

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
            If a matrix is singular to working precision; leave the smallest ridges out.
        MemoryError
            If three square matrices do not fit into the memory there is.
        """
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            copy=True,
            multi_output=True,
            y_numeric=True,
            ensure_min_samples=2,
        )
        X_all, y_all = X, y
        X, y, weight = weighted_rows(X, y.astype(np.float64), sample_weight)
        n = X.shape[0]
        if n < 2:
            raise ValueError("Cross-validation needs at least 2 rows of positive weight.")
        require_memory(24 * n**2, "search", "The regressor without CV needs a sixth of that")
        grid = self._checked_grid(X, weight)
        used = np.ones(n, bool) if sample_weight is None else np.asarray(sample_weight) > 0
        splits = split_rows(self.cv, X_all, y_all, groups, used)
        self.intercept_ = np.average(y, axis=0, weights=weight) if self.normalize_y else 0.0
        held_out = HeldOut(
            (y - self.intercept_).reshape(n, -1),
            weight,
            splits,
            centred=self.normalize_y,
            n_jobs=self.n_jobs,
        )
        self.n_splits_ = len(held_out.test_rows)
        self._search(grid, X, held_out, self._scorer(y, sample_weight is not None, weight))
        self.dual_coef_ = self.dual_coef_.reshape(y.shape).astype(X.dtype, copy=False)
        self.X_fit_ = X
        return self

    def _checked_grid(self, X, weight):
        grid = {name: list(values) for name, values in self._grid(X, weight).items()}
        for name, values in grid.items():
            if not values:
                raise ValueError(f"There are no candidates for {name}.")
            constraints = {name: self._regressor._parameter_constraints[name]}
            for value in values:
                validate_parameter_constraints(constraints, {name: value}, type(self).__name__)
        return grid

    def _scorer(self, y, weighted, weight):
        """A function of held-out predictions and their rows: one score, or one per target."""
        scorer = check_scoring(self, scoring=self.scoring)
        per_target = self.alpha_per_target and y.ndim == 2
        columns = [np.s_[:, k] for k in range(y.shape[1])] if per_target else [np.s_[:]]

        def score(prediction, rows):
            prediction = prediction.reshape(y[rows].shape) + self.intercept_
            options = {"sample_weight": weight[rows]} if weighted else {}
            return [scorer(_Known(), prediction[c], y[rows][c], **options) for c in columns]

        return score

    def _search(self, grid, X, held_out, score):
        alphas, times = grid["alpha"], grid.get("training_time", [None])
        ends = [np.inf if time is None else time for time in times]
        kernels = list(ParameterGrid({k: v for k, v in grid.items() if k not in INNER}))
        scores, seconds, best = [], [], -np.inf
        with fit_progress(self, X, held_out.Y, len(kernels), "kernel") as step:
            # One after the other: the recursion passes through all depths at once, but takes a
            # tenth of the time of a decomposition, and each matrix kept would be n^2 numbers.
            for k, setting in enumerate(kernels):
                start = perf_counter()
                kernel = self._candidate_kernel(**setting)
                gram = Gram(kernel, X, np.zeros(X.shape[0]))
                # Not bound to a name here, so that it can be given back early.
                predictions, solve = held_out.predict(gram.to_array(self.n_jobs), alphas, ends)
                middle = perf_counter()
                scores.append(
                    [
                        [[score(p, rows) for p in by_time] for by_time in by_alpha]
                        for by_alpha, rows in zip(predictions, held_out.test_rows, strict=True)
                    ]
                )
                seconds.append([middle - start, perf_counter() - middle])
                value, chosen, time = best_choice(np.array(scores[-1]))
                if value > best or k == 0:
                    best, self.kernel_ = value, kernel
                    place = k, chosen[0], time
                    self.alpha_ = (
                        np.array(alphas)[chosen] if self.alpha_per_target else alphas[chosen[0]]
                    )
                    self.best_params_ = {**setting, "alpha": self.alpha_}
                    if "training_time" in grid:
                        self.best_params_["training_time"] = times[time]
                    parts = [solve(alphas[i], ends[time]) for i in chosen]
                    self.dual_coef_ = parts[0]
                    if len(parts) > 1:
                        self.dual_coef_ = np.column_stack([C[:, t] for t, C in enumerate(parts)])
                del solve, predictions  # before those of the next kernel are made
                step()
        self.best_score_ = float(best)
        self.best_index_ = int(grid_order(grid)[place])
        self.cv_results_ = search_results(grid, np.array(scores).mean(axis=-1), np.array(seconds))


class _Known(RegressorMixin, BaseEstimator):
    """What a scorer takes for an estimator: its rows are predictions already."""

    def predict(self, X):
        return X
