"""Search over any list of kernels."""

from .._docs import shared_docs
from ..kernels import NTK
from ..regression import KernelRegressor
from ._base import BaseSearchCV


@shared_docs(regressor="KernelRegressor", keep=False)
class KernelRegressorCV(BaseSearchCV):
    """KernelRegressor that chooses its kernel, ridge and training time by held-out predictions.

    Parameters
    ----------
    kernels : sequence of kernel objects, default=None
        Candidates, as for `KernelRegressor`. None stands for ``NTK(depth)`` of depth 1, 2, 3
        and 5.
    alphas : sequence of float, default=(1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0)
        Candidates for the ridge, in absolute units.
    $training_times
    $search

    Attributes
    ----------
    $best

    See Also
    --------
    KernelRegressor : The regressor whose parameters are searched.
    NTKRegressorCV, NNGPRegressorCV, LaplaceKernelCV : Searches over the parameters of a kernel.

    Notes
    -----
    Scores equal those of real fits on every split whose training rows are all the other rows,
    from one decomposition of one matrix for each kernel. A split with fewer training rows, as
    of TimeSeriesSplit, or of several rows with finite training times, is fitted for real, with
    one eigendecomposition for all ridges and times. Leave-one-out at finite times is a contour
    integral over ridges, exact to rounding. The peak of memory is below 3 n^2 doubles.

    References
    ----------
    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 5.4.2.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ntk import KernelRegressorCV
    >>> from sklearn_ntk.kernels import NNGP, NTK, Laplace
    >>> X, y = load_diabetes(return_X_y=True)
    >>> search = KernelRegressorCV([NTK(1), NTK(3), NNGP(), Laplace(5.0)])
    >>> model = make_pipeline(StandardScaler(), search).fit(X[:300], y[:300])
    >>> model.score(X[300:], y[300:]) > 0.45
    True
    """

    _parameter_constraints: dict = {
        "kernels": ["array-like", None],
        **BaseSearchCV._parameter_constraints,
    }
    _regressor = KernelRegressor

    def __init__(
        self,
        kernels=None,
        *,
        alphas=(1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0),
        training_times=(None,),
        cv=None,
        scoring=None,
        alpha_per_target=False,
        keep_factor=False,
        normalize_y=True,
        n_jobs=None,
    ):
        self.kernels = kernels
        self.alphas = alphas
        self.training_times = training_times
        self.cv = cv
        self.scoring = scoring
        self.alpha_per_target = alpha_per_target
        self.keep_factor = keep_factor
        self.normalize_y = normalize_y
        self.n_jobs = n_jobs

    def _grid(self, X, weight):
        kernels = [NTK(depth) for depth in (1, 2, 3, 5)] if self.kernels is None else self.kernels
        if any(kernel is None or isinstance(kernel, str) for kernel in kernels):
            raise ValueError("kernels must be kernel objects.")
        return {"kernel": kernels, "alpha": self.alphas, "training_time": self.training_times}
