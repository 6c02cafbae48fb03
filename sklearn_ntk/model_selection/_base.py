"""What all searches share: one pass over the kernels, all other candidates within it."""

import warnings
from numbers import Integral
from time import perf_counter

import numpy as np
from sklearn.base import _fit_context
from sklearn.metrics import get_scorer_names
from sklearn.utils._param_validation import Interval, validate_parameter_constraints

from .._blocks import SIDE
from .._callbacks import CallbackSupportMixin, fit_progress
from .._estimator import Estimator
from .._gram import Gram
from .._inference import (
    RATIOS,
    HeldOut,
    balanced_folds,
    relearned_predictions,
    ridge_candidates,
    sampled_rows,
)
from .._kernel_machine import RIDGE
from .._solvers import require_squares
from .._threads import thread_map
from .._validation import all_or_nothing, checked_rows, one_of, used_rows
from .._warnings import warn
from ._results import best_choice, choose_members, grid_order, kernel_settings, search_results
from ._splits import split_rows

# In which kernels learn anew for rows that are left out, where leave-one-out is asked for.
N_FOLDS = 3
# Why predictions are NaN, and what to do.
UNSOLVED = (
    "the matrix is singular to working precision, for instance because rows are duplicates, or "
    "the sample weights differ too widely for a finite training time. Leave small alphas out, and "
    "with such weights use folds for training times."
)


class BaseSearchCV(CallbackSupportMixin, Estimator):
    """Chooses the kernel, the ridge and the training time of an estimator by held-out predictions.

    A subclass is a face of `_estimator`, whose constraints hold for each value of its grid:
    `_grid(X, weight)` maps names of parameters that the kernel depends on to values, and
    `_candidate` makes one of them. Between them stand the bases of regressors and classifiers, with

    - `_targets(X, y)`: y as it is scored, checked;
    - `_problem(y_all, y, weight)`: targets in columns less their means, these, the weights of the
      fits, and whether a fit subtracts the mean of its own targets; y_all are those of all rows
      that count, y of those that are searched;
    - `_comparable(Y, weight)`: these columns in units in which they can be compared;
    - `_scorer(y, weight)`: a function of held-out predictions and their rows, whose value is a
      list of one score, or of one for each target.
    """

    _parameter_constraints: dict = {
        "alphas": [one_of(["auto"]), "array-like"],
        "training_times": ["array-like"],
        "cv": ["cv_object"],
        "scoring": [one_of(get_scorer_names()), callable, None],
        "subsample": [Interval(Integral, 2, None, closed="left"), None],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }
    n_members = 1  # where it is not a parameter

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, groups=None):
        """Score every candidate and keep the coefficients of the best.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows; the search itself is in float64 for every input.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets: numbers, in two dimensions for several regressions, or labels.
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
        X, y = self._targets(X, y)
        used, weights = used_rows(X, sample_weight)
        if len(weights) < 2:
            raise ValueError("Cross-validation needs at least 2 rows of positive weight.")
        drawn = sampled_rows(X[used], self.subsample, self.random_state)
        rows, weight = np.arange(X.shape[0])[used][drawn], weights[drawn]
        require_squares(3, len(rows), "search", "A smaller subsample needs less")
        grid = self._checked_grid(X[rows], weight)
        columns, intercept, fit_weight, centred = self._problem(y[used], y[rows], weight)
        splits = split_rows(self, X, y, groups, rows)
        pooled = splits is None and any(map(self._learner, kernel_settings(grid)))
        if pooled:
            splits = balanced_folds(X[rows], columns, N_FOLDS)
        held_out = HeldOut(columns, fit_weight, splits, centred, self.n_jobs, pooled)
        score = self._scorer(y[rows], None if sample_weight is None else weight)
        found = self._search(grid, X[rows], held_out, intercept, score)
        alphas, scores, failed, seconds, predictions = found
        best = [best_choice(part) for part in scores]
        first = int(np.argmax([value for value, _, _ in best]))
        self.best_score_, ridges, time = best[first]
        if np.isneginf(self.best_score_):
            raise ValueError("scoring is NaN or -inf for every candidate; choose another one.")
        shares, average = choose_members(
            predictions, first, self.n_members, lambda p: mean_score(score, p, held_out.test_rows)
        )
        settings = [self._params(grid, alphas[k], k, best[k], X[rows], held_out) for k in shares]
        self.members_ = [self._fitted(params, X[used], y[used], weights) for params in settings]
        self.member_weights_ = np.array(list(shares.values()))
        self.best_estimator_, self.best_params_ = self.members_[0], settings[0]
        self.best_index_ = int(grid_order(grid)[first, ridges[0], time])
        self.cv_results_ = search_results(grid, alphas, scores.mean(axis=-1), seconds)
        self.n_splits_ = len(held_out.test_rows)
        self.held_out_predictions_ = self._in_shape(
            placed(average, held_out.test_rows, rows, X.shape[0]), y
        )
        if failed.any():
            lost = np.unique(alphas[failed.any(axis=2)])
            warn(
                f"{failed.sum()} of {failed.size} candidates could not be solved and score NaN, "
                f"at alphas of {', '.join(f'{alpha:.1e}' for alpha in lost)}: {UNSOLVED}"
            )
        return self

    def _fitted(self, params, X, y, weight):
        """The candidate with these parameters, fitted to all rows."""
        return self._candidate(**params).fit(X, y, weight)

    def _checked(self, X, y, **checks):
        """X and y as scikit-learn checks them in a fit."""
        return checked_rows(self, X, y, multi_output=True, ensure_min_samples=2, **checks)

    def _checked_grid(self, X, weight):
        alphas = RATIOS if isinstance(self.alphas, str) else self.alphas  # to each kernel's scale
        inner = {"alpha": alphas, "training_time": self.training_times}
        grid = {name: list(values) for name, values in (self._grid(X, weight) | inner).items()}
        for name, values in grid.items():
            if not values:
                raise ValueError(f"There are no candidates for {name}.")
            allowed = self._estimator._parameter_constraints[name]
            if name == "alpha":
                allowed = [RIDGE]  # an array is for alpha_per_target
            for value in values:
                validate_parameter_constraints({name: allowed}, {name: value}, type(self).__name__)
        return grid

    def _search(self, grid, X, held_out, intercept, score):
        """One pass over the kernels.

        Returns
        -------
        alphas : ndarray of shape (n_kernels, n_alphas)
        scores : ndarray of shape (n_kernels, n_splits, n_alphas, n_times, n_columns)
        failed : ndarray of bool of shape (n_kernels, n_alphas, n_times)
        seconds : ndarray of shape (n_kernels, 2)
        predictions : list of list of ndarray of shape (n_test_rows, n_targets)
            Of the best ridge and time of each kernel, for each split.
        """
        ends = [np.inf if time is None else time for time in grid["training_time"]]
        kernels, auto = kernel_settings(grid), isinstance(self.alphas, str)
        require_scores(score, held_out)

        def ridges_of(K, weight):
            return ridge_candidates(K, weight) if auto else grid["alpha"]

        def evaluate(setting):
            start = perf_counter()
            learn = self._learner(setting)
            if learn is None:
                kernel = self._candidate(**setting)._make_kernel(X, held_out.weight)
                gram = Gram(kernel, X, np.zeros(X.shape[0]))
                # Not bound to a name of its own, so that it can be given back early.
                matrix = [gram.to_array(self.n_jobs)]
                ridges = ridges_of(matrix[0], held_out.weight)
                predictions = held_out.predict(matrix.pop(), ridges, ends)
            else:
                # Shares of the scale of a kernel that is not there before it is chosen.
                ridges = np.full(len(grid["alpha"]), np.nan) if auto else grid["alpha"]
                predictions = relearned_predictions(learn, X, held_out, ridges_of, ends)
            failed = np.any([np.isnan(p).any(axis=(2, 3)) for p in predictions], axis=0)
            middle = perf_counter()
            for part in predictions:
                part += intercept
            scores = [
                [[score(p, rows) for p in by_time] for by_time in by_alpha]
                for by_alpha, rows in zip(predictions, held_out.test_rows, strict=True)
            ]
            _, chosen, time = best_choice(np.array(scores))
            best = [_of_ridges(p[:, time], chosen) for p in predictions]
            step()
            return ridges, scores, failed, (middle - start, perf_counter() - middle), best

        with fit_progress(self, X, held_out.Y) as progress:
            step = progress(len(kernels), "search", "kernel")
            if X.shape[0] <= SIDE:
                # LAPACK gains little from threads here, and on busy machines loses much.
                found = thread_map(evaluate, kernels, self.n_jobs)
            else:
                # One after the other: the recursion passes through all depths at once, but takes
                # a tenth of the time of a decomposition, and each matrix kept is n^2 numbers.
                found = list(map(evaluate, kernels))
        alphas, scores, failed, seconds, best = zip(*found, strict=True)
        if np.all(failed):
            mean = self._candidate(**kernels[-1])._make_kernel(X, held_out.weight).diag(X).mean()
            raise np.linalg.LinAlgError(
                f"No candidate can be solved: {UNSOLVED} An alpha of "
                f"{1e-6 * mean:.1e}, for instance, is large enough for most."
            )
        return *map(np.array, (alphas, scores, failed, seconds)), best

    def _learner(self, setting):
        """What learns the kernel of a candidate from targets in comparable units, or None."""
        learn = self._candidate(**setting)._learner()
        if learn is None:
            return None
        return lambda X, Y, weight: learn(X, self._comparable(Y, weight), weight)

    def _params(self, grid, alphas, kernel, choice, X, held_out):
        """The parameters of the best candidate of a kernel; an array of alphas if they differ.

        A kernel that learns has now learned from all rows that are searched.
        """
        _, chosen, time = choice
        setting = kernel_settings(grid)[kernel]
        learn = self._learner(setting)
        if learn is not None:
            setting = setting | {"kernel": learn(X, held_out.Y, held_out.weight)}
            if isinstance(self.alphas, str):
                K = Gram(setting["kernel"], X, np.zeros(X.shape[0])).to_array(self.n_jobs)
                alphas = ridge_candidates(K, held_out.weight)
        return {
            **setting,
            "alpha": alphas[chosen] if len(chosen) > 1 else float(alphas[chosen[0]]),
            "training_time": grid["training_time"][time],
        }

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _of_ridges(predictions, chosen):
    """Of predictions (n_alphas, n_rows, n_targets), those of one ridge, or of one for each."""
    if len(chosen) == 1:
        return predictions[chosen[0]]
    return predictions[chosen, :, np.arange(len(chosen))].T


def mean_score(score, predictions, test_rows):
    """The mean over splits and targets."""
    return np.mean([score(p, rows) for p, rows in zip(predictions, test_rows, strict=True)])


def placed(predictions, test_rows, rows, n_rows):
    """Predictions of splits at the places of their rows; the mean if several have a row, or NaN.

    Parameters
    ----------
    predictions : list of ndarray of shape (n_test_rows, n_targets)
    test_rows : list of ndarray of int
        Positions among `rows`.
    rows : ndarray of int
        Positions of the rows that were searched among all.
    n_rows : int
        How many there are in all.

    Returns
    -------
    predictions : ndarray of shape (n_rows, n_targets)
    """
    total, count = np.zeros((n_rows, predictions[0].shape[1])), np.zeros((n_rows, 1))
    for part, test in zip(predictions, test_rows, strict=True):
        total[rows[test]] += part
        count[rows[test]] += 1
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


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
