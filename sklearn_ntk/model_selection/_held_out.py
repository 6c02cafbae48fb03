"""Predictions of rows held out, by the cheapest way that is exact."""

import numpy as np
from sklearn.model_selection import LeaveOneOut, check_cv

from .._solvers import (
    cholesky_predictions,
    eigh,
    eigh_predictions,
    flow_predictions,
    graded,
    refitted_predictions,
    sums_of_others,
)

# For so many ridges the inverses take less time than one eigendecomposition.
FEW_ALPHAS = 4


class HeldOut:
    """The regression problem that all candidates share.

    Parameters
    ----------
    Y : ndarray of shape (n, n_targets)
        Targets, centred if `centred`.
    weight : ndarray of shape (n,)
        Positive weights.
    splits : list of pairs of ndarray of int, or None
        Training and test rows; None is leave-one-out.
    centred : bool
        Whether each fit subtracts the mean of its own training rows.
    n_jobs : int or None
        Threads, as for `n_threads`.
    """

    def __init__(self, Y, weight, splits, centred, n_jobs):
        self.Y, self.weight, self.splits, self.n_jobs = Y, weight, splits, n_jobs
        n = len(Y)
        self.test_rows = [np.arange(n)] if splits is None else [test for _, test in splits]
        # The closed forms are for fits on all the other rows, not on some of them.
        self.complements = splits is None or all(
            (np.bincount(np.concatenate(split), minlength=n) == 1).all() for split in splits
        )
        # Fits are linear in the targets: those of a column of ones tell what a mean does.
        self.columns = np.column_stack([Y, np.ones(n)])
        if not centred:
            self.means = [0.0] * len(self.test_rows)
        elif splits is None:
            w = weight[:, np.newaxis]
            self.means = [sums_of_others(w * Y) / sums_of_others(w)]
        else:
            self.means = [
                np.average(Y[train], axis=0, weights=weight[train]) for train, _ in splits
            ]

    def predict(self, K, alphas, times):
        """Held-out predictions of all ridges and times with one kernel matrix.

        Parameters
        ----------
        K : ndarray of shape (n, n)
            Overwritten.
        alphas, times : lists of float

        Returns
        -------
        predictions : list of ndarray of shape (n_alphas, n_times, n_test_rows, n_targets)
            NaN for what cannot be solved, as in `_solvers`.
        """
        times = np.array(times)
        finite = np.isfinite(times)
        if not self.complements or (finite.any() and self.splits is not None):
            raw = refitted_predictions(K, self.weight, alphas, times, self.columns, self.splits)
            return self._centre(raw)
        few = not finite.any() and len(alphas) <= FEW_ALPHAS
        by_inverses = not finite.all() and (few or graded(self.weight))
        if by_inverses:
            ends = cholesky_predictions(K, self.weight, alphas, self.columns, self._folds())
        if finite.any() or not by_inverses:
            factor = eigh(K, self.weight)
            K = None  # was overwritten; its memory is needed for the held-out blocks
        if not (finite.all() or by_inverses):
            ends = eigh_predictions(factor, alphas, self.columns, self._folds(), self.n_jobs)
        raw = [
            np.empty((len(alphas), len(times), len(rows), self.columns.shape[1]))
            for rows in self.test_rows
        ]
        if finite.any():
            raw[0][:, finite] = flow_predictions(factor, alphas, times[finite], self.columns)
        if not finite.all():
            for part, end in zip(raw, ends, strict=True):
                part[:, ~finite] = end[:, np.newaxis]
        return self._centre(raw)

    def _folds(self):
        return None if self.splits is None else self.test_rows

    def _centre(self, raw):
        return [
            part[..., :-1] + (1 - part[..., -1:]) * mean
            for part, mean in zip(raw, self.means, strict=True)
        ]


def split_rows(cv, X, y, groups, used):
    """Training and test rows of each split, counted among the rows that are used.

    None for leave-one-out, which is what `cv` of None stands for. `used` are the positions of
    rows of positive weight, in ascending order.
    """
    if cv is None or isinstance(cv, LeaveOneOut):
        return None
    position = np.full(X.shape[0], -1)
    position[used] = np.arange(len(used))
    splits = []
    for split in check_cv(cv, y).split(X, y, groups):
        train, test = (position[part][position[part] >= 0] for part in split)
        if not (len(train) and len(test)):
            raise ValueError("A split has no training or no test rows of positive weight.")
        splits.append((train, test))
    return splits
