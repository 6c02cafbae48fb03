"""Search of classifiers over any list of kernels."""

from .._docs import shared_docs
from ..classification import KernelClassifier
from ._classification import BaseClassifierCV
from ._recommended import checked_kernels, recommended_kernels


@shared_docs(regressor="KernelClassifier")
class KernelClassifierCV(BaseClassifierCV):
    """KernelClassifier that chooses its kernel, ridge and training time by held-out rows.

    At its defaults it tries fifteen kernels, networks and others that complement them, by the
    squared error of their held-out predictions of the one-hot labels, which finds more accurate
    classifiers than their accuracy does.

    Parameters
    ----------
    kernels : sequence of kernel objects or estimators, default=None
        Candidates, as for `KernelClassifier`; one that learns, such as `RFMClassifier`, learns
        anew for every split. None stands for those of `KernelRegressorCV` that do not.
    $alphas
    $training_times
    $classifier_search

    Attributes
    ----------
    $best_classifier

    See Also
    --------
    KernelClassifier : The classifier whose parameters are searched.
    NTKClassifierCV : Searches over the parameters of a network.
    KernelRegressorCV : The same for numbers; explains what is exact and its price.

    References
    ----------
    Arora et al., Harnessing the Power of Infinitely Wide Deep Nets on Small-data Tasks,
    ICLR 2020.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ntk import KernelClassifierCV
    >>> model = make_pipeline(StandardScaler(), KernelClassifierCV())
    >>> bool(cross_val_score(model, *load_wine(return_X_y=True)).mean() > 0.97)
    True
    """

    _parameter_constraints: dict = {
        "kernels": ["array-like", None],
        **BaseClassifierCV._parameter_constraints,
    }
    _estimator = KernelClassifier

    def __init__(
        self,
        kernels=None,
        *,
        alphas="auto",
        training_times=(None,),
        cv=None,
        scoring=None,
        class_weight=None,
        subsample=1000,
        random_state=0,
        n_jobs=None,
    ):
        self.kernels = kernels
        self.alphas = alphas
        self.training_times = training_times
        self.cv = cv
        self.scoring = scoring
        self.class_weight = class_weight
        self.subsample = subsample
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _grid(self, X, weight):
        if self.kernels is None:
            return {"kernel": recommended_kernels(X, weight)}
        return {"kernel": checked_kernels(self.kernels)}
