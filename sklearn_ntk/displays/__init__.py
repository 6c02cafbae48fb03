"""Pictures of what models know, after scikit-learn's displays; matplotlib is imported on demand."""

from ._contributions import ContributionsDisplay
from ._relevance import RelevanceDisplay

__all__ = ["RelevanceDisplay", "ContributionsDisplay"]
