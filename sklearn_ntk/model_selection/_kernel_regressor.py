"""Search of regressors over any list of kernels."""

from numbers import Integral

from sklearn.utils._param_validation import Interval

from .._docs import shared_docs
from ..regression import KernelRegressor
from ._recommended import checked_kernels, recommended_kernels, recommended_learners
from ._regression import BaseRegressorCV


@shared_docs(regressor="KernelRegressor", keep=False)
class KernelRegressorCV(BaseRegressorCV):
    """Kernel regression that chooses its kernels, ridges and training times by held-out rows.

    At its defaults it tries eighteen kernels, of which three learn a metric of the rows, and
    predicts the mean of the up to three whose held-out predictions together err least.

    Parameters
    ----------
    kernels : sequence of kernel objects or estimators, default=None
        Candidates, as for `KernelRegressor`; one that learns, such as `RFMRegressor`, learns anew
        for every split. None stands for an `ARDRegressor` and two `RFMRegressor`, from 30 rows
        on; NTKs of depth 1 to 5, one without biases and one with frozen layers, an NNGP, the
        Laplace and the Gaussian kernel, and `ProductLaplace` of three exponents and several
        lengths, measured on the rows.
    n_members : int, default=3
        How many of them to average at most: starting with the best, the one is added, also for
        the second or third time, that improves the score of the mean most. Each is a fit. The
        spread of several is that of their mixture.
    $alphas
    $training_times
    $search

    Attributes
    ----------
    $best

    See Also
    --------
    KernelRegressor : The regressor whose parameters are searched.
    ARDRegressor, RFMRegressor : Kernels that learn the metric of their rows.
    NTKRegressorCV, NNGPRegressorCV, LaplaceKernelCV : Searches over the parameters of a kernel.

    Notes
    -----
    Scores equal those of real fits on every split whose training rows are all the other rows,
    from one decomposition of one matrix for each kernel. A split with fewer training rows, as
    of TimeSeriesSplit, or of several rows with finite training times, is fitted for real, with
    one eigendecomposition for all ridges and times. Leave-one-out at finite times is a contour
    integral over ridges, exact to rounding. The peak of memory is below 3 n^2 doubles.

    Kernels that learn have no closed forms: they learn once more without each fold, and for good
    only if they are among the best. Their ridges are shares of a scale that is known then: NaN in
    `cv_results_`.

    References
    ----------
    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 5.4.2. Caruana,
    Niculescu-Mizil, Crew and Ksikes, Ensemble Selection from Libraries of Models, ICML 2004.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ntk import KernelRegressorCV
    >>> from sklearn_ntk.kernels import NNGP, NTK, Laplace
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), KernelRegressorCV()).fit(X[:300], y[:300])
    >>> model.score(X[300:], y[300:]) > 0.45
    True
    >>> search = KernelRegressorCV([NTK(1), NTK(3), NNGP(), Laplace(5.0)], n_members=1)
    >>> model = make_pipeline(StandardScaler(), search).fit(X[:300], y[:300])
    >>> model.score(X[300:], y[300:]) > 0.45
    True
    """

    _parameter_constraints: dict = {
        "kernels": ["array-like", None],
        "n_members": [Interval(Integral, 1, None, closed="left")],
        **BaseRegressorCV._parameter_constraints,
    }
    _estimator = KernelRegressor

    def __init__(
        self,
        kernels=None,
        *,
        n_members=3,
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
        self.kernels = kernels
        self.n_members = n_members
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
        if self.kernels is None:
            return {"kernel": recommended_learners(X) + recommended_kernels(X, weight)}
        return {"kernel": checked_kernels(self.kernels)}
