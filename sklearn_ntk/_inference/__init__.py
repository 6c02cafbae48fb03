"""Distributions over functions and held-out predictions, from factors of the training matrix."""

from ._amplitude import amplitude, covering
from ._calibration import calibrate
from ._ensemble import ensemble_covariance, ensemble_variance
from ._held_out import HeldOut
from ._likelihood import at_theta, likelihood, log_marginal_likelihood
from ._objectives import LOSSES, negative_likelihood
from ._optimization import loss_and_gradient, minimise
from ._posterior import posterior_covariance, posterior_variance, sample_gaussian
from ._relearned import balanced_folds, content_order, relearned_predictions
from ._ridge import (
    N_ROWS,
    RATIOS,
    best_ridge,
    repetitions,
    ridge_candidates,
    row_groups,
    sampled_rows,
    squared_errors,
)
from ._stream import StreamSample

__all__ = [
    "posterior_variance",
    "posterior_covariance",
    "sample_gaussian",
    "log_marginal_likelihood",
    "likelihood",
    "at_theta",
    "negative_likelihood",
    "LOSSES",
    "loss_and_gradient",
    "minimise",
    "ensemble_variance",
    "ensemble_covariance",
    "HeldOut",
    "relearned_predictions",
    "content_order",
    "balanced_folds",
    "N_ROWS",
    "RATIOS",
    "sampled_rows",
    "row_groups",
    "repetitions",
    "ridge_candidates",
    "best_ridge",
    "squared_errors",
    "calibrate",
    "amplitude",
    "covering",
    "StreamSample",
]
