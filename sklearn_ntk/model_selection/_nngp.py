"""Search over the parameters of NNGPRegressor."""

from .._docs import shared_docs
from ..regression import NNGPRegressor
from ._networks import NETWORK_SEARCH_CONSTRAINTS, network_grid
from ._regression import BaseRegressorCV


@shared_docs(regressor="NNGPRegressor", keep=True)
class NNGPRegressorCV(BaseRegressorCV):
    """NNGPRegressor that chooses its depth, variances and noise by held-out predictions.

    Parameters
    ----------
    $networks
    $alphas
    $training_times
    $search

    Attributes
    ----------
    $best

    See Also
    --------
    NNGPRegressor : The regressor whose parameters are searched.
    KernelRegressorCV : Searches any list of kernel objects; explains what is exact and its price.

    Notes
    -----
    Exact and as expensive as `KernelRegressorCV` says.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ntk import NNGPRegressorCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), NNGPRegressorCV()).fit(X[:300], y[:300])
    >>> bool(model[-1].best_score_ > 0.4)
    True
    >>> model.score(X[300:], y[300:]) > 0.45
    True
    """

    _parameter_constraints: dict = {
        **NETWORK_SEARCH_CONSTRAINTS,
        **BaseRegressorCV._parameter_constraints,
    }
    _estimator = NNGPRegressor

    def __init__(
        self,
        depths=(1, 2, 3, 5),
        *,
        activations=("relu",),
        weight_variances=(2.0,),
        bias_variances=(0.1, 1.0),
        alphas="auto",
        training_times=(None,),
        cv=None,
        scoring=None,
        alpha_per_target=False,
        keep_factor=True,
        normalize_y=True,
        subsample=1000,
        random_state=0,
        n_jobs=None,
    ):
        self.depths = depths
        self.activations = activations
        self.weight_variances = weight_variances
        self.bias_variances = bias_variances
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
        return network_grid(self)
