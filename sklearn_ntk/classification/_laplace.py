"""Classification with the Laplace kernel."""

from .._constraints import LAPLACE_CONSTRAINTS
from .._docs import shared_docs
from ..kernels import Laplace
from ..kernels._scale import at_scale
from ._base import BaseKernelClassifier


@shared_docs()
class LaplaceClassifier(BaseKernelClassifier):
    """Classification with the Laplace kernel exp(-||x - z||_2 / length_scale).

    Least squares on one-hot labels, as `LaplaceKernel` is for numbers; the outputs become
    probabilities by a temperature and an offset for each class that fit rows held out.

    Parameters
    ----------
    length_scale : float or "scale", default="scale"
        The distance at which the kernel has fallen to 1/e, in the units of X. "scale" is
        4^(2 - exponent) times the root mean square distance between training rows.
    exponent : float, default=1.0
        Smoothness, in (0, 2]: 1 is Laplace, 2 is Gaussian.
    $classifier

    Attributes
    ----------
    $classes
    kernel_ : Laplace
        The kernel that was used.
    alpha_ : float
        The ridge.
    $fitted

    See Also
    --------
    KernelClassifierCV : Chooses its own kernel and ridge.
    NTKClassifier : The network itself.
    LaplaceKernel : The same for numbers.

    Notes
    -----
    Scale the columns of X first, for instance with ``StandardScaler``.

    References
    ----------
    Geifman et al., On the Similarity between the Laplace and Neural Tangent Kernels,
    NeurIPS 2020.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ntk import LaplaceClassifier
    >>> model = make_pipeline(StandardScaler(), LaplaceClassifier())
    >>> bool(cross_val_score(model, *load_iris(return_X_y=True)).mean() > 0.94)
    True
    """

    _parameter_constraints: dict = {
        **LAPLACE_CONSTRAINTS,
        **BaseKernelClassifier._parameter_constraints,
    }

    def __init__(
        self,
        length_scale="scale",
        *,
        exponent=1.0,
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
        self.length_scale = length_scale
        self.exponent = exponent
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
        return at_scale(Laplace(self.length_scale, exponent=self.exponent), X, weight)
