"""Relevance of columns: scales that make a loss of the training rows small."""

import numpy as np

from .._inference import LOSSES, minimise
from .._validation import weighted_mean
from ..kernels import Scaled
from ..kernels._mapped import Mapped, dense
from ..kernels._scale import at_scale, column_deviations

# Where the search begins, in units of the variance of the targets.
NOISE = 0.1
# How much smaller or larger than where it begins a scale may become.
RANGE = 1e-3, 1e2
# Of (log scale^2 - mean)^2 / 2: half of the targets of few rows would be noise to explain.
PENALTY = 1.0
# Rows on which the search begins where there are more than twice as many: it ends there in less
# than half the time.
FEW = 250
# Relative improvement at which it ends; more does not show in predictions.
TOLERANCE = 1e-5


def unit_scales(X, weight):
    """1 over the standard deviation of each column, or over its size if it is constant."""
    size = column_deviations(X, weight)
    constant = size == 0
    if constant.any():
        largest = abs(X[:, np.flatnonzero(constant)]).max(axis=0)
        size[constant] = dense(largest).ravel()
        size[size == 0] = 1.0
    return 1 / np.clip(size, 1e-300, None)


def starting_kernel(kernel, X, weight):
    """The kernel before anything was learned: of columns over their deviations, or as it maps."""
    if isinstance(kernel, Mapped):
        return at_scale(kernel, X, weight)
    kernel = at_scale(Scaled(kernel, unit_scales(X, weight)), X, weight)
    if [h.name for h in kernel.kernel.hyperparameters] == ["length_scale"]:
        kernel.set_params(kernel__length_scale_bounds="fixed")  # which the scales say as well
    return kernel


def learn_scales(kernel, X, Y, weight, *, objective, n_restarts, rng, n_jobs=None):
    """The kernel with a scale for each column, and with its other free hyperparameters, learned.

    Parameters
    ----------
    kernel : scikit-learn kernel object
        If it is no `Scaled` kernel, it begins with columns over their standard deviations.
    X : {ndarray, sparse matrix} of shape (n, n_features)
    Y : ndarray of shape (n, n_targets)
        Targets in comparable units, one kernel for all of them.
    weight : ndarray of shape (n,)
    objective : {"likelihood", "leave_one_out"}
        What to make small: see `_inference`.
    n_restarts : int
        Further searches from random scales.
    rng : RandomState
        Draws them.
    n_jobs : int, default=None
        Threads, as for `n_threads`.

    Returns
    -------
    kernel : Scaled
        Its bounds are those of the search.
    """
    start = starting_kernel(kernel, X, weight)
    start = start if isinstance(start, Scaled) else Scaled(start)
    scales = np.broadcast_to(start.scales, X.shape[1]).astype(float)
    free = (scales > 0) & (column_deviations(X, weight) > 0)
    scales = np.where(scales > 0, scales, 1e-300)
    bounds = scales[:, np.newaxis] * np.where(free[:, np.newaxis], RANGE, 1.0)
    kernel = Scaled(start.kernel, scales, bounds)
    Y = Y - weighted_mean(Y, weight)

    def penalty(theta):
        deviation = np.zeros_like(theta)
        part = theta[-len(scales) :][free] - np.log(scales[free])
        deviation[-len(scales) :][free] = 2 * (part - part.mean()) if part.size else 0.0
        return PENALTY / 2 * deviation @ deviation, 2 * PENALTY * deviation

    noise, n = NOISE, X.shape[0]
    for step in (n // FEW, 1) if n >= 2 * FEW else (1,):
        rows = slice(None, None, step)
        kernel, noise, _ = minimise(
            LOSSES[objective],
            kernel,
            noise,
            X[rows],
            Y[rows],
            weight[rows],
            penalty=penalty,
            n_restarts=n_restarts,
            rng=rng,
            tolerance=TOLERANCE,
            n_jobs=n_jobs,
        )
        n_restarts = 0
    return kernel
