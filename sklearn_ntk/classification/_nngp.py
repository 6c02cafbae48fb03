"""Classification with the NNGP kernel."""

from .._constraints import NETWORK_CONSTRAINTS
from .._docs import shared_docs
from ..kernels import NNGP
from ._base import BaseKernelClassifier


@shared_docs()
class NNGPClassifier(BaseKernelClassifier):
    """Infinitely wide network of which only the last layer is trained: the NNGP kernel.

    The mean of the Gaussian process posterior of one-hot labels, as in regression; its outputs
    become probabilities by a temperature and an offset for each class that fit rows held out.

    Parameters
    ----------
    $network
    $classifier

    Attributes
    ----------
    $classes
    kernel_ : NNGP
        The kernel that was used.
    alpha_ : float
        The ridge.
    $fitted

    See Also
    --------
    KernelClassifierCV : Chooses its own kernel and ridge.
    NTKClassifier : The same network with all its layers trained.
    NNGPRegressor : The same for numbers.

    Notes
    -----
    Scale the columns of X first, for instance with ``StandardScaler``.

    References
    ----------
    Lee et al., Deep Neural Networks as Gaussian Processes, ICLR 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ntk import NNGPClassifier
    >>> model = make_pipeline(StandardScaler(), NNGPClassifier())
    >>> bool(cross_val_score(model, *load_iris(return_X_y=True)).mean() > 0.94)
    True
    """

    _parameter_constraints: dict = {
        **NETWORK_CONSTRAINTS,
        **BaseKernelClassifier._parameter_constraints,
    }

    def __init__(
        self,
        depth=3,
        *,
        activation="relu",
        weight_variance=2.0,
        bias_variance=1.0,
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
        self.depth = depth
        self.activation = activation
        self.weight_variance = weight_variance
        self.bias_variance = bias_variance
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

    def _make_kernel(self, X, weight):
        return NNGP(
            self.depth,
            activation=self.activation,
            weight_variance=self.weight_variance,
            bias_variance=self.bias_variance,
        )
