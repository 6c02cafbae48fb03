"""The theory of wide networks as tools: spectra, order and chaos, learning curves."""

from ._closest import closest_laplace, closest_ntk
from ._depth import characteristic_value, correlations_by_depth, depth_phase
from ._learning_curve import predicted_learning_curve
from ._spectrum import effective_dimension, empirical_spectrum, kernel_target_alignment
from ._sphere import decay_exponent, learning_times, sphere_eigenvalues, sphere_multiplicities

__all__ = [
    "sphere_eigenvalues",
    "sphere_multiplicities",
    "decay_exponent",
    "learning_times",
    "closest_laplace",
    "closest_ntk",
    "characteristic_value",
    "depth_phase",
    "correlations_by_depth",
    "effective_dimension",
    "kernel_target_alignment",
    "empirical_spectrum",
    "predicted_learning_curve",
]
