"""Held-out predictions of fits whose kernel has learned from targets, too."""

import numpy as np

from .._gram import Gram
from .._threads import thread_map
from ._held_out import HeldOut
from ._ridge import row_keys


def relearned_predictions(learn, X, held_out, ridges, times):
    """What fits predict for rows that neither they nor their kernel have seen.

    Parameters
    ----------
    learn : callable
        A function of rows, targets and weights that returns a kernel object.
    X : {ndarray, sparse matrix} of shape (n, n_features)
    held_out : HeldOut
        Targets, weights and splits, which threads share.
    ridges : callable
        A function of the kernel matrix of the training rows and their weights that returns the
        candidates: always as many.
    times : sequence of float
        Durations of gradient flow.

    Returns
    -------
    predictions : list of ndarray of shape (n_ridges, n_times, n_test_rows, n_targets)
        As `held_out` gives them for a matrix.
    """
    Y, weight = held_out.Y, held_out.weight

    def predict(split):
        train, test = split
        kernel = learn(X[train], Y[train], weight[train])
        both = np.concatenate([train, test])
        K = Gram(kernel, X[both], np.zeros(len(both))).to_array()
        alphas = ridges(K[: len(train), : len(train)], weight[train])
        parts = [(np.arange(len(train)), np.arange(len(train), len(both)))]
        part = HeldOut(Y[both], weight[both], parts, held_out.centred, n_jobs=1)
        return part.predict(K, alphas, times)[0]

    return held_out.collect(thread_map(predict, held_out.splits, held_out.n_jobs))


def content_order(X, Y, rows):
    """The rows in an order that only depends on what is in them.

    What is learned by gradients must not depend on how a row came to be repeated.
    """
    keys = row_keys(X[rows])
    return rows[sorted(range(len(rows)), key=lambda i: (keys[i], tuple(Y[rows[i]])))]


def balanced_folds(X, Y, n_folds):
    """Training and test rows of folds in which targets are distributed alike.

    Equal rows are in the same fold. The folds depend on the content of the rows alone.

    Parameters
    ----------
    X : {ndarray, sparse matrix} of shape (n, n_features)
    Y : ndarray of shape (n, n_targets)
        Also columns of classes, of which each fold then has its share.
    n_folds : int
        How many; fewer if there are fewer different rows.

    Returns
    -------
    splits : list of pairs of ndarray of int
    """
    keys = row_keys(X)
    target = {}
    for key, y in zip(keys, Y, strict=True):
        target[key] = min(target.get(key, tuple(y)), tuple(y))
    ordered = sorted(target, key=lambda key: (target[key], key))
    fold = {key: place % n_folds for place, key in enumerate(ordered)}
    folds = np.array([fold[key] for key in keys])
    return [
        (np.flatnonzero(folds != k), np.flatnonzero(folds == k))
        for k in range(min(n_folds, len(ordered)))
    ]
