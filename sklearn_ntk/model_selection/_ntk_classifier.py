"""Search over the parameters of NTKClassifier."""

from .._docs import shared_docs
from ..classification import NTKClassifier
from ._classification import BaseClassifierCV
from ._networks import NETWORK_SEARCH_CONSTRAINTS, network_grid


@shared_docs(regressor="NTKClassifier")
class NTKClassifierCV(BaseClassifierCV):
    """NTKClassifier that chooses its depth, variances, ridge and training time.

    Parameters
    ----------
    $networks
    frozen_layers : sequence of int, default=(0,)
        Candidates for the number of layers, from the input, that keep their initial weights;
        none may exceed the smallest depth.
    $alphas
    $training_times
    $classifier_search

    Attributes
    ----------
    $best_classifier

    See Also
    --------
    NTKClassifier : The classifier whose parameters are searched.
    KernelClassifierCV : Searches any list of kernel objects, and by default a better one.

    Notes
    -----
    Exact and as expensive as `KernelRegressorCV` says.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ntk import NTKClassifierCV
    >>> model = make_pipeline(StandardScaler(), NTKClassifierCV(depths=(1, 3)))
    >>> bool(cross_val_score(model, *load_wine(return_X_y=True)).mean() > 0.97)
    True
    """

    _parameter_constraints: dict = {
        **NETWORK_SEARCH_CONSTRAINTS,
        "frozen_layers": ["array-like"],
        **BaseClassifierCV._parameter_constraints,
    }
    _estimator = NTKClassifier

    def __init__(
        self,
        depths=(1, 2, 3, 5),
        *,
        activations=("relu",),
        weight_variances=(2.0,),
        bias_variances=(0.1, 1.0),
        frozen_layers=(0,),
        alphas="auto",
        training_times=(None,),
        cv=None,
        scoring=None,
        class_weight=None,
        subsample=1000,
        random_state=0,
        n_jobs=None,
    ):
        self.depths = depths
        self.activations = activations
        self.weight_variances = weight_variances
        self.bias_variances = bias_variances
        self.frozen_layers = frozen_layers
        self.alphas = alphas
        self.training_times = training_times
        self.cv = cv
        self.scoring = scoring
        self.class_weight = class_weight
        self.subsample = subsample
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _grid(self, X, weight):
        return network_grid(self) | {"frozen_layers": self.frozen_layers}
