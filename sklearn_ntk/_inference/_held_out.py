"""Predictions of rows held out, by the cheapest way that is exact."""

import numpy as np

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
    """The splits of a regression problem, for any number of kernel matrices.

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
    pooled : bool, default=False
        Whether the predictions of all splits, each row in one of them, come as one array.

    Attributes
    ----------
    test_rows : list of ndarray of int
        The rows of each array of predictions; a single array of all rows for leave-one-out and
        where they are pooled.
    """

    def __init__(self, Y, weight, splits, centred, n_jobs, pooled=False):
        self.Y, self.weight, self.splits, self.n_jobs = Y, weight, splits, n_jobs
        self.centred, self.pooled = centred, pooled
        n = len(Y)
        tests = [np.arange(n)] if splits is None else [test for _, test in splits]
        self.test_rows = [np.arange(n)] if pooled else tests
        # The closed forms are for fits on all the other rows, not on some of them.
        self.complements = splits is None or all(
            (np.bincount(np.concatenate(split), minlength=n) == 1).all() for split in splits
        )
        # Fits are linear in the targets: those of a column of ones tell what a mean does.
        self.columns = np.column_stack([Y, np.ones(n)])
        if not centred:
            self.means = [0.0] * len(tests)
        elif splits is None:
            w = weight[:, np.newaxis]
            self.means = [sums_of_others(w * Y) / sums_of_others(w)]
        else:
            self.means = [
                np.average(Y[train], axis=0, weights=weight[train]) for train, _ in splits
            ]

    def predict(self, K, alphas, times):
        """What fits without the test rows of a split predict there, for every ridge and time.

        Parameters
        ----------
        K : ndarray of shape (n, n)
            Kernel matrix; overwritten.
        alphas : sequence of float
            Ridges.
        times : sequence of float
            Durations of the gradient flow; infinity is its end.

        Returns
        -------
        predictions : list of ndarray of shape (n_alphas, n_times, n_test_rows, n_targets)
            One array for each of `test_rows`, in the units of Y. NaN for what cannot be solved: a
            ridge with which the matrix is singular, or a time at which the weights differ too
            widely for eigenvectors.
        """
        times = np.array(times)
        ends = np.isinf(times)
        few = ends.all() and len(alphas) <= FEW_ALPHAS
        if self._by_fits(ends, few):
            arguments = self.weight, alphas, times, self.columns, self.splits
            return self._centre(refitted_predictions(K, *arguments))
        tests = [np.arange(len(self.Y))] if self.splits is None else [s[1] for s in self.splits]
        folds = None if self.splits is None else tests
        raw = [
            np.empty((len(alphas), len(times), len(rows), self.columns.shape[1])) for rows in tests
        ]
        by_inverses = ends & (few or graded(self.weight))
        by_eigenvectors = ends & ~by_inverses
        if by_inverses.any():
            found = cholesky_predictions(K, self.weight, alphas, self.columns, folds)
            _put(raw, by_inverses, found)
        if not by_inverses.all():
            factor = eigh(K, self.weight)
            K = None  # was overwritten; its memory is needed for the held-out blocks
        if by_eigenvectors.any():
            found = eigh_predictions(factor, alphas, self.columns, folds, self.n_jobs)
            _put(raw, by_eigenvectors, found)
        if not ends.all():
            _put(raw, ~ends, flow_predictions(factor, alphas, times[~ends], self.columns))
        return self._centre(raw)

    def _by_fits(self, ends, few):
        """Whether each split is fitted for real: where there is no other way, or a longer one."""
        if self.splits is None:
            return False
        if not (self.complements and ends.all()):
            return True
        sizes = [len(train) / len(self.Y) for train, _ in self.splits]
        return not few and sum(size**3 for size in sizes) < 1

    def collect(self, parts):
        """Predictions of each split as `predict` returns them: pooled where that is asked for."""
        if not self.pooled:
            return parts
        whole = np.empty((*parts[0].shape[:2], *self.Y.shape))
        for part, (_, test) in zip(parts, self.splits, strict=True):
            whole[:, :, test] = part
        return [whole]

    def _centre(self, raw):
        return self.collect(
            [
                part[..., :-1] + (1 - part[..., -1:]) * mean
                for part, mean in zip(raw, self.means, strict=True)
            ]
        )


def _put(raw, times, found):
    """Write the predictions of some of the times among all."""
    for part, values in zip(raw, found, strict=True):
        part[:, times] = values
