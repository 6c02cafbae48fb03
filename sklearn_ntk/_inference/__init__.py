"""Distributions over functions, from kernels and a factor of the training matrix."""

from ._ensemble import ensemble_covariance, ensemble_variance
from ._likelihood import likelihood_and_gradient, maximise_likelihood
from ._posterior import (
    log_marginal_likelihood,
    posterior_covariance,
    posterior_variance,
    sample_gaussian,
)

__all__ = [
    "posterior_variance",
    "posterior_covariance",
    "sample_gaussian",
    "log_marginal_likelihood",
    "likelihood_and_gradient",
    "maximise_likelihood",
    "ensemble_variance",
    "ensemble_covariance",
]
