"""Classification with any kernel object."""

from sklearn.gaussian_process.kernels import Kernel
from sklearn.utils._param_validation import StrOptions

from .._docs import shared_docs
from .._kernel_machine import KernelMachine, kernel_of
from ._base import BaseKernelClassifier


@shared_docs()
class KernelClassifier(BaseKernelClassifier):
    """Classification with any scikit-learn kernel object, by calibrated least squares.

    One regression on the one-hot labels of all classes, centred, with one ridge and one
    factorization. What leave-one-out predicts for the training rows chooses the ridge, and a
    temperature and an offset for each class by which scores become probabilities.

    Parameters
    ----------
    kernel : kernel object, LaplaceKernel or "precomputed", default=None
        Any kernel of `sklearn_ntk.kernels` or `sklearn.gaussian_process.kernels`, sums and
        products included; ``length_scale="scale"`` of kernels that have it is measured on the
        training rows. None stands for ``NTK()``. With "precomputed", X is the kernel matrix:
        K(X, X), of shape (n_samples, n_samples), in fit, and K(X*, X) in predict.
    $classifier

    Attributes
    ----------
    $classes
    kernel_ : kernel object
        The kernel that was used.
    alpha_ : float
        The ridge.
    $fitted

    See Also
    --------
    KernelClassifierCV : Chooses the kernel and the ridge.
    NTKClassifier, NNGPClassifier, LaplaceClassifier : The same with the kernel's parameters as
        their own.
    KernelRegressor : The same for numbers.

    Notes
    -----
    Scale the columns of X first, for instance with ``StandardScaler``.

    References
    ----------
    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 6.5. Guo,
    Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, ICML 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ntk import KernelClassifier
    >>> from sklearn_ntk.kernels import NTK, Laplace
    >>> model = make_pipeline(StandardScaler(), KernelClassifier(NTK() + Laplace(5.0)))
    >>> bool(cross_val_score(model, *load_iris(return_X_y=True)).mean() > 0.94)
    True
    """

    _parameter_constraints: dict = {
        "kernel": [Kernel, StrOptions({"precomputed"}), KernelMachine, None],
        **BaseKernelClassifier._parameter_constraints,
    }

    def __init__(
        self,
        kernel=None,
        *,
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
        return kernel_of(self.kernel, X, weight)

    def _pairwise(self):
        return isinstance(self.kernel, str)
