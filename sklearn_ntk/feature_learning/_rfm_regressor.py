"""Regression by a recursive feature machine."""

from .._docs import shared_docs
from ..regression._base import BaseKernelRegressor
from ._recursive import Recursive


@shared_docs(keep=False)
class RFMRegressor(Recursive, BaseKernelRegressor):
    """Recursive feature machine: kernel regression in the metric of its own gradients.

    Fits, averages the outer products of the gradients of its predictions over the training rows,
    takes the result as the metric of the next fit, and so on. Directions along which the target
    changes count for more each time: it finds combinations of columns, as networks do.

    Parameters
    ----------
    $learned_kernel
    n_iter : int, default=5
        Number of fits whose gradients make the next metric. The one of the best leave-one-out
        predictions is kept, the first included.
    metric : {"full", "diagonal"}, default="full"
        Whether directions are learned, or only a scale for each column.
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
    RFMClassifier : The same for classes.
    ARDRegressor : A scale for each column by likelihood; a good start, ``kernel=ARDRegressor()``.
    KernelRegressorCV : Chooses among these and other kernels.

    Notes
    -----
    Where the first fit knows nothing, its gradients do not either: with many columns that do not
    matter begin with ``kernel=ARDRegressor()``.

    Also a transformer: ``transform`` multiplies rows by the square root of the metric.

    References
    ----------
    Radhakrishnan, Beaglehole, Pandit and Belkin, Mechanism for feature learning in neural networks
    and backpropagation-free machine learning models, Science 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk import RFMRegressor
    >>> X = np.random.default_rng(0).standard_normal((400, 10))
    >>> y = np.sin(X @ np.full(10, 0.4))  # of one direction
    >>> model = RFMRegressor().fit(X[:200], y[:200])
    >>> model.score(X[200:], y[200:]) > 0.95
    True
    """

    _parameter_constraints: dict = {
        **BaseKernelRegressor._parameter_constraints,
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
        self.n_iter = n_iter
        self.metric = metric
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
