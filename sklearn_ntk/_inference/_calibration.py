"""Probabilities of classes from least-squares scores, by what they were for rows held out."""

import numpy as np
from scipy.special import log_softmax

# Of the squares of class offsets, in rows: without it the rows of rare classes move them too far.
PENALTY = 10.0
# The largest inverse temperature per doubling of the number of classes: scores are shares of 1, so
# that tiny sets that can be told apart do not make every prediction certain.
LIMIT = 12.0
# Newton's method takes about ten.
MAX_STEPS = 100


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
    penalty = np.append(0.0, np.full(n_classes, PENALTY))
    limit = LIMIT * np.log2(n_classes)
    lowest, highest = 1e-3 * limit, limit

    def loss(parameters):
        log_p = log_softmax(parameters[0] * scores + parameters[1:], axis=1)
        return penalty @ parameters**2 / 2 - np.sum(share * Y * log_p), np.exp(log_p)

    parameters = np.append(min(4.0, highest), np.zeros(n_classes))
    value, p = loss(parameters)
    for _ in range(MAX_STEPS):
        slope = share * (p - Y)
        gradient = np.append(np.sum(slope * scores), slope.sum(axis=0)) + penalty * parameters
        hessian = np.diag(penalty)
        hessian[1:, 1:] += np.diag(np.sum(share * p, axis=0)) - p.T @ (share * p)
        deviation = p * (scores - np.sum(p * scores, axis=1, keepdims=True))
        hessian[0, 1:] = hessian[1:, 0] = np.sum(share * deviation, axis=0)
        hessian[0, 0] = np.sum(share * deviation * scores)
        # At a limit that it would cross, the temperature stays and the offsets move alone.
        held = parameters[0] == (lowest if gradient[0] > 0 else highest)
        free = np.arange(int(held), n_classes + 1)
        step = np.zeros(n_classes + 1)
        step[free] = -np.linalg.lstsq(hessian[np.ix_(free, free)], gradient[free], rcond=None)[0]
        if not np.abs(step).max() > 1e-12 * np.abs(parameters).max():
            break
        for halving in range(30):
            trial = parameters + 0.5**halving * step
            trial[0] = np.clip(trial[0], lowest, highest)
            new = loss(trial)
            if new[0] <= value:
                break
        else:
            break  # rounding is all that is left
        parameters, (value, p) = trial, new
    return 1 / float(parameters[0]), parameters[1:]
