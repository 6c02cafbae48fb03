"""Regression with a scale for each column, found by likelihood."""

from .._docs import shared_docs
from ..regression._base import BaseKernelRegressor
from ._relevance import Relevance


@shared_docs(keep=False)
class ARDRegressor(Relevance, BaseKernelRegressor):
    """Kernel regression with automatic relevance determination: a scale for each column.

    The scales maximise the marginal likelihood, with analytic gradients that take n^2 n_features
    operations for all of them together: columns that do not matter are faded out. Where the
    target depends on few columns this gains more than any choice of kernels.

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
    $learner

    Attributes
    ----------
    $metric
    $coefficients
    alpha_ : float or ndarray of shape (n_targets,)
        The ridge.
    $factor

    See Also
    --------
    ARDClassifier : The same for classes.
    RFMRegressor : Learns directions as well, from gradients of predictions.
    KernelRegressorCV : Chooses among these and other kernels.

    Notes
    -----
    Each evaluation of the likelihood takes n^3 operations and one matrix of n^2 numbers. The
    search begins on a quarter of the rows. Logarithms of squared scales have a normal prior of
    variance 1 around their mean, without which the noise of few rows picks columns.

    Also a transformer: ``transform`` multiplies columns by their scales, for other estimators.

    References
    ----------
    Neal, Bayesian Learning for Neural Networks, 1996. Rasmussen and Williams, Gaussian Processes
    for Machine Learning, 2006, sections 5.1 and 5.4.

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from sklearn_ntk import ARDRegressor
    >>> X, y = make_friedman1(250, n_features=20, noise=0.5, random_state=0)
    >>> model = ARDRegressor().fit(X[:150], y[:150])
    >>> model.score(X[150:], y[150:]) > 0.9
    True
    >>> sorted(int(j) for j in model.feature_importances_.argsort()[-5:])  # those that matter
    [0, 1, 2, 3, 4]
    """

    _parameter_constraints: dict = {
        **BaseKernelRegressor._parameter_constraints,
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
        solver="auto",
        tol=1e-7,
        max_iter=1000,
        training_time=None,
        keep_factor=False,
        normalize_y=True,
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
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.training_time = training_time
        self.keep_factor = keep_factor
        self.normalize_y = normalize_y
        self.precision = precision
        self.storage = storage
        self.random_state = random_state
        self.n_jobs = n_jobs
