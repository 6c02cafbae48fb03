"""Probabilities of classes from least-squares scores, by what they were for rows held out."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

# Of the squares of class offsets, in rows: without it the rows of rare classes move them too far.
PENALTY = 10.0
# The largest inverse temperature per doubling of the number of classes: scores are shares of 1, so
# that tiny sets that can be told apart do not make every prediction certain.
LIMIT = 12.0


def calibrate(scores, Y, weight):
    """(temperature, offsets) of softmax(scores / temperature + offsets) with the least log loss.

    The loss is convex in the inverse temperature and the offsets, which are penalised by half
    their square against the mean weight of a row.

    Parameters
    ----------
    scores : ndarray of shape (n, n_classes)
        Held-out scores, that sum to 1 in each row.
    Y : ndarray of shape (n, n_classes)
        What share of a row belongs to each class.
    weight : ndarray of shape (n,)
        Weights of the rows.

    Returns
    -------
    temperature : float
    offsets : ndarray of shape (n_classes,)

    References
    ----------
    Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, ICML 2017,
    section 4.2: between temperature and vector scaling.
    """
    n_classes = scores.shape[1]
    share = weight / weight.max()
    share = (share / share.mean())[:, np.newaxis]

    def loss(parameters):
        logits = parameters[0] * scores + parameters[1:]
        log_p = log_softmax(logits, axis=1)
        slope = share * (np.exp(log_p) - Y)
        value = PENALTY / 2 * np.sum(parameters[1:] ** 2) - np.sum(share * Y * log_p)
        by_offset = slope.sum(axis=0) + PENALTY * parameters[1:]
        return value, np.append(np.sum(slope * scores), by_offset)

    limit = LIMIT * np.log2(n_classes)
    start = np.append(4.0, np.zeros(n_classes))
    bounds = [(limit * 1e-3, limit)] + [(None, None)] * n_classes
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return 1 / float(found[0]), found[1:]
