"""Search over the parameters of LaplaceKernel."""

import numpy as np

from .._docs import shared_docs
from ..kernels import Laplace
from ..regression import LaplaceKernel
from ._regression import BaseRegressorCV


@shared_docs(regressor="LaplaceKernel", keep=False)
class LaplaceKernelCV(BaseRegressorCV):
    """LaplaceKernel that chooses its length scale, exponent and ridge.

    Parameters
    ----------
    length_scales : sequence of float, default=None
        Candidates for the distance at which the kernel has fallen to 1/e, in the units of X.
        None is 1, 2, 4, 8 and 16 times the root mean square distance between training rows,
        measured once for all splits.
    exponents : sequence of float, default=(1.0, 1.5)
        Candidates for the smoothness, in (0, 2]: 1 is Laplace, 2 is Gaussian.
    $alphas
    $training_times
    $search

    Attributes
    ----------
    $best

    See Also
    --------
    LaplaceKernel : The regressor whose parameters are searched.
    KernelRegressorCV : Searches any list of kernel objects; explains what is exact and its price.

    Notes
    -----
    Exact and as expensive as `KernelRegressorCV` says.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ntk import LaplaceKernelCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), LaplaceKernelCV()).fit(X[:300], y[:300])
    >>> bool(model[-1].best_score_ > 0.4)
    True
    >>> model.score(X[300:], y[300:]) > 0.45
    True
    """

    _parameter_constraints: dict = {
        "length_scales": ["array-like", None],
        "exponents": ["array-like"],
        **BaseRegressorCV._parameter_constraints,
    }
    _estimator = LaplaceKernel

    def __init__(
        self,
        length_scales=None,
        *,
        exponents=(1.0, 1.5),
        alphas="auto",
        training_times=(None,),
        cv=None,
        scoring=None,
        alpha_per_target=False,
        keep_factor=False,
        normalize_y=True,
        subsample=1000,
        random_state=0,
        n_jobs=None,
    ):
        self.length_scales = length_scales
        self.exponents = exponents
        self.alphas = alphas
        self.training_times = training_times
        self.cv = cv
        self.scoring = scoring
        self.alpha_per_target = alpha_per_target
        self.keep_factor = keep_factor
        self.normalize_y = normalize_y
        self.subsample = subsample
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _grid(self, X, weight):
        length_scales = self.length_scales
        if length_scales is None:
            # Numbers, and not "scale", which would differ from fold to fold.
            length_scales = Laplace().scale(X, weight) * 2.0 ** np.arange(-2, 3)
        elif any(isinstance(value, str) for value in length_scales):
            raise ValueError("length_scales must be numbers, the same for all splits, or None.")
        return {
            "length_scale": length_scales,
            "exponent": self.exponents,
        }
