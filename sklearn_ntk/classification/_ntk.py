"""Classification with the neural tangent kernel."""

from numbers import Integral

from sklearn.utils._param_validation import Interval

from .._constraints import NETWORK_CONSTRAINTS
from .._docs import shared_docs
from ..kernels import NTK
from ._base import BaseKernelClassifier


@shared_docs()
class NTKClassifier(BaseKernelClassifier):
    """Infinitely wide network, trained to the end: classification with the neural tangent kernel.

    The network is trained by gradient descent on the squared loss of one-hot labels; its outputs
    become probabilities by a temperature and an offset for each class that fit rows held out.

    Parameters
    ----------
    $network
    frozen_layers : int, default=0
        Number of layers, from the input, that keep their initial weights; at most `depth`.
    $classifier

    Attributes
    ----------
    $classes
    kernel_ : NTK
        The kernel that was used.
    alpha_ : float
        The ridge.
    $fitted

    See Also
    --------
    NTKClassifierCV : Chooses its own parameters.
    KernelClassifierCV : Chooses among all kernels; the most accurate without any thought.
    NNGPClassifier : The same network with only its last layer trained.
    NTKRegressor : The same for numbers.

    Notes
    -----
    Scale the columns of X first, for instance with ``StandardScaler``.

    References
    ----------
    Jacot, Gabriel and Hongler, Neural Tangent Kernel, NeurIPS 2018. Arora et al., Harnessing the
    Power of Infinitely Wide Deep Nets on Small-data Tasks, ICLR 2020.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ntk import NTKClassifier
    >>> model = make_pipeline(StandardScaler(), NTKClassifier())
    >>> bool(cross_val_score(model, *load_iris(return_X_y=True)).mean() > 0.94)
    True
    """

    _parameter_constraints: dict = {
        **NETWORK_CONSTRAINTS,
        "frozen_layers": [Interval(Integral, 0, None, closed="left")],
        **BaseKernelClassifier._parameter_constraints,
    }

    def __init__(
        self,
        depth=3,
        *,
        activation="relu",
        weight_variance=2.0,
        bias_variance=1.0,
        frozen_layers=0,
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
        self.frozen_layers = frozen_layers
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
        return NTK(
            self.depth,
            activation=self.activation,
            weight_variance=self.weight_variance,
            bias_variance=self.bias_variance,
            frozen_layers=self.frozen_layers,
        )
