"""Pictures of what models know, after scikit-learn's displays; matplotlib is imported on demand."""

from ._contributions import ContributionsDisplay
from ._correlation_map import CorrelationMapDisplay
from ._coverage import CoverageDisplay
from ._kernel_profile import KernelProfileDisplay
from ._kernel_spectrum import KernelSpectrumDisplay
from ._phase_diagram import PhaseDiagramDisplay
from ._prediction_interval import PredictionIntervalDisplay
from ._relevance import RelevanceDisplay
from ._search import SearchDisplay
from ._training_dynamics import TrainingDynamicsDisplay

__all__ = [
    "RelevanceDisplay",
    "ContributionsDisplay",
    "KernelProfileDisplay",
    "KernelSpectrumDisplay",
    "CorrelationMapDisplay",
    "PhaseDiagramDisplay",
    "TrainingDynamicsDisplay",
    "PredictionIntervalDisplay",
    "CoverageDisplay",
    "SearchDisplay",
]
