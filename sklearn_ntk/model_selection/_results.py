"""The best candidates, and the table of all of them."""

import numpy as np
from scipy.stats import rankdata
from sklearn.model_selection import ParameterGrid

# What varies within one decomposition of a kernel; all else needs another kernel.
INNER = ["alpha", "training_time"]


def best_choice(scores):
    """(mean score, index of the ridge for each column of scores, index of the time).

    Parameters
    ----------
    scores : ndarray of shape (n_splits, n_alphas, n_times, n_columns)
        Of one kernel. What could not be scored counts as worst; the first of equals wins.
    """
    mean = scores.mean(axis=0)
    mean = np.where(np.isnan(mean), -np.inf, mean)
    time = int(np.argmax(mean.max(axis=0).mean(axis=-1)))
    return mean[:, time].max(axis=0).mean(), mean[:, time].argmax(axis=0), time


def choose_members(predictions, first, n_members, score):
    """Kernels whose mean predictions score best, found one by one, and those predictions.

    Parameters
    ----------
    predictions : list of list of ndarray
        Held-out predictions of each kernel, for each split.
    first : int
        The best of them.
    n_members : int
        How many to take at most, the same one more than once included.
    score : callable
        Of such a list for each split; greater is better.

    Returns
    -------
    shares : dict of int to float
        The kernels and their weights, which sum to 1.
    average : list of ndarray

    References
    ----------
    Caruana, Niculescu-Mizil, Crew and Ksikes, Ensemble Selection from Libraries of Models,
    ICML 2004.
    """
    members, average = [first], predictions[first]
    best = score(average) if n_members > 1 else None
    for size in range(1, n_members):
        grown = [
            [(size * a + p) / (size + 1) for a, p in zip(average, part, strict=True)]
            for part in predictions
        ]
        scores = np.array([score(part) for part in grown])
        k = int(np.argmax(np.where(np.isnan(scores), -np.inf, scores)))
        if not scores[k] > best:
            break
        members.append(k)
        average, best = grown[k], scores[k]
    return {k: members.count(k) / len(members) for k in members}, average


def kernel_settings(grid):
    """The candidates for the kernel: dicts of all that does not vary within a decomposition."""
    return list(ParameterGrid({name: grid[name] for name in grid if name not in INNER}))


def grid_order(grid):
    """Positions in ParameterGrid, shape (n_kernels, n_alphas, n_times)."""
    grid = {"training_time": [None], **grid}
    names = sorted(grid)
    shape = [len(grid[name]) for name in names]
    position = np.arange(np.prod(shape)).reshape(shape)
    position = np.moveaxis(position, [names.index(name) for name in INNER], [-2, -1])
    return position.reshape(-1, *position.shape[-2:])


def search_results(grid, alphas, scores, seconds):
    """cv_results_ as GridSearchCV has it.

    Parameters
    ----------
    grid : dict of str to list
        Values of every parameter.
    alphas : ndarray of shape (n_kernels, n_alphas)
        Ridges of each kernel, which need not be those of the grid.
    scores : ndarray of shape (n_kernels, n_splits, n_alphas, n_times)
    seconds : ndarray of shape (n_kernels, 2)
        Spent on fits and on scores, for all candidates of a kernel together.
    """
    order = grid_order(grid)
    n_splits, n_inner = scores.shape[1], order[0].size
    by_candidate = np.empty((order.size, n_splits))
    by_candidate[order] = np.moveaxis(scores, 1, -1)
    shares = np.empty((order.size, 2))
    shares[order] = seconds[:, np.newaxis, np.newaxis] / (n_inner * n_splits)
    results = {}
    for name, share in zip(("fit_time", "score_time"), shares.T, strict=True):
        results[f"mean_{name}"], results[f"std_{name}"] = share, np.zeros(order.size)
    params = list(ParameterGrid(grid))
    for position, alpha in zip(order, alphas, strict=True):
        for j, places in enumerate(position):
            for place in places:
                params[place]["alpha"] = float(alpha[j])
    for name in sorted(grid):
        values = [candidate[name] for candidate in params]
        results[f"param_{name}"] = np.ma.MaskedArray(values, mask=False)
    results["params"] = params
    for k, column in enumerate(by_candidate.T):
        results[f"split{k}_test_score"] = column
    mean = results["mean_test_score"] = by_candidate.mean(axis=1)
    results["std_test_score"] = by_candidate.std(axis=1)
    worst = np.where(np.isnan(mean), -np.inf, mean)
    results["rank_test_score"] = rankdata(-worst, method="min").astype(np.int32)
    return results
