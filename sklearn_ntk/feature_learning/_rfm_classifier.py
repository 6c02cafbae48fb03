"""Classification by a recursive feature machine."""

from .._docs import shared_docs
from ..classification._base import BaseKernelClassifier
from ._recursive import Recursive


@shared_docs()
class RFMClassifier(Recursive, BaseKernelClassifier):
    """Recursive feature machine: kernel classification in the metric of its own gradients.

    As `RFMRegressor`, on the one-hot labels, with one metric for all classes. Scores become
    probabilities by what is predicted for folds whose labels the metric has not seen.

    Parameters
    ----------
    $learned_kernel
    n_iter : int, default=5
        Number of fits whose gradients make the next metric. The one of the best leave-one-out
        predictions is kept, the first included.
    metric : {"full", "diagonal"}, default="full"
        Whether directions are learned, or only a scale for each column.
    $learning
    $learner_classifier

    Attributes
    ----------
    $metric
    $classes
    alpha_ : float
        The ridge.
    $fitted

    See Also
    --------
    RFMRegressor : The same for numbers; says more.
    ARDClassifier : A scale for each column by likelihood.
    KernelClassifierCV : Chooses among these and other kernels.

    References
    ----------
    Radhakrishnan, Beaglehole, Pandit and Belkin, Mechanism for feature learning in neural networks
    and backpropagation-free machine learning models, Science 2024.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn_ntk import RFMClassifier
    >>> bool(cross_val_score(RFMClassifier(), *load_wine(return_X_y=True)).mean() > 0.95)
    True
    """

    _parameter_constraints: dict = {
        **BaseKernelClassifier._parameter_constraints,
        **Recursive._parameter_constraints,
    }

    def __init__(
        self,
        kernel=None,
        n_iter=5,
        *,
        metric="full",
        n_folds=3,
        subsample=1000,
        alpha="auto",
        class_weight=None,
        solver="auto",
        tol=1e-7,
        max_iter=1000,
        training_time=None,
        precision="auto",
        storage=None,
        random_state=0,
        n_jobs=None,
    ):
        self.kernel = kernel
        self.n_iter = n_iter
        self.metric = metric
        self.n_folds = n_folds
        self.subsample = subsample
        self.alpha = alpha
        self.class_weight = class_weight
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.training_time = training_time
        self.precision = precision
        self.storage = storage
        self.random_state = random_state
        self.n_jobs = n_jobs
