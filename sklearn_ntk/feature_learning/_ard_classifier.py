"""Classification with a scale for each column, found by likelihood."""

from .._docs import shared_docs
from ..classification._base import BaseKernelClassifier
from ._relevance import Relevance


@shared_docs()
class ARDClassifier(Relevance, BaseKernelClassifier):
    """Kernel classification with automatic relevance determination: a scale for each column.

    The scales maximise the marginal likelihood of the one-hot labels, with one kernel for all
    classes. Scores become probabilities by what is predicted for folds whose labels the scales
    have not seen.

    Parameters
    ----------
    $learned_kernel
    objective : {"likelihood", "leave_one_out"}, default="likelihood"
        What the scales make large: the marginal likelihood of a Gaussian process, at the best
        amplitude for each target, or the accuracy of leave-one-out predictions. The former errs
        less, most of all with few rows.
    n_restarts : int, default=0
        Number of further searches from random scales.
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
    ARDRegressor : The same for numbers; says more.
    RFMClassifier : Learns directions as well, from gradients of predictions.
    KernelClassifierCV : Chooses among these and other kernels.

    References
    ----------
    Neal, Bayesian Learning for Neural Networks, 1996. Rasmussen and Williams, Gaussian Processes
    for Machine Learning, 2006, sections 5.1 and 6.5.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn_ntk import ARDClassifier
    >>> X, y = make_classification(300, 20, n_informative=3, n_redundant=0, random_state=0)
    >>> model = ARDClassifier().fit(X[:200], y[:200])
    >>> model.score(X[200:], y[200:]) > 0.85
    True
    >>> sorted(int(j) for j in model.feature_importances_.argsort()[-3:])
    [13, 17, 18]
    """

    _parameter_constraints: dict = {
        **BaseKernelClassifier._parameter_constraints,
        **Relevance._parameter_constraints,
    }

    def __init__(
        self,
        kernel=None,
        *,
        objective="likelihood",
        n_restarts=0,
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
        self.objective = objective
        self.n_restarts = n_restarts
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
