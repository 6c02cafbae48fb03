"""Regression with the Laplace kernel."""

import numpy as np
from sklearn.utils import check_array

from .._constraints import LAPLACE_CONSTRAINTS
from .._docs import shared_docs
from ..kernels import Laplace
from ..kernels._scale import at_scale
from ._base import BaseKernelRegressor


@shared_docs(keep=False)
class LaplaceKernel(BaseKernelRegressor):
    """Kernel ridge regression with the Laplace kernel exp(-||x - z||_2 / length_scale).

    The cheapest stand-in for a trained infinitely wide ReLU network: on the sphere its kernel
    and the neural tangent kernel have the same eigenfunctions and the same decay of
    eigenvalues. With `exponent`, the whole gamma-exponential family. The spread is that of the
    posterior of a Gaussian process with this covariance.

    The object can also be called as a kernel, ``LaplaceKernel()(X, Z)``, so that
    ``SVR(kernel=LaplaceKernel())`` works. Hosts that call a kernel once per pair of rows, as
    KernelRidge does with functions, take `sklearn_ntk.kernels.Laplace` instead.

    Parameters
    ----------
    length_scale : float or "scale", default="scale"
        The distance at which the kernel has fallen to 1/e, in the units of X. "scale" is four
        times the root mean square distance between training rows, sqrt(2 sum_j var(X_j)),
        weighted by `sample_weight`; with another `exponent`, 4^(2 - exponent) times.
    exponent : float, default=1.0
        Smoothness, in (0, 2]: 1 is Laplace, 2 is Gaussian.
    alpha : "auto", float or array-like of shape (n_targets,), default="auto"
        Ridge, added to the diagonal of the kernel matrix, which is 1. "auto" chooses it by
        leave-one-out, as for `KernelRegressor`; a number is in absolute units, and 0
        interpolates. An array is a ridge for each target.
    $solver
    $normalize_y
    $precision
    $random_state
    n_jobs : int, default=None
        Number of threads, as for `KernelRegressor`.

    Attributes
    ----------
    $coefficients
    kernel_ : Laplace
        The kernel that was used; its `length_scale` is a number.
    alpha_ : float or ndarray of shape (n_targets,)
        The ridge.
    $factor

    See Also
    --------
    LaplaceKernelCV : Chooses its own parameters.
    NTKRegressor : The network itself.
    sklearn_ntk.kernels.Laplace : The kernel object.

    References
    ----------
    Geifman et al., On the Similarity between the Laplace and Neural Tangent Kernels,
    NeurIPS 2020.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn.svm import SVR
    >>> from sklearn_ntk import LaplaceKernel
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), LaplaceKernel(alpha=1.0))
    >>> model.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.45
    True
    >>> model = make_pipeline(StandardScaler(), SVR(kernel=LaplaceKernel(), C=100))
    >>> model.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.45
    True
    """

    _parameter_constraints: dict = {
        **LAPLACE_CONSTRAINTS,
        **BaseKernelRegressor._parameter_constraints,
    }

    def __init__(
        self,
        length_scale="scale",
        *,
        exponent=1.0,
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
        self.length_scale = length_scale
        self.exponent = exponent
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

    def __call__(self, X, Z=None):
        """The kernel matrix between the rows of X and of Z.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
            Rows.
        Z : {array-like, sparse matrix} of shape (n_samples_Z, n_features), default=None
            Other rows; None stands for X. Unless the object is fitted, "scale" is measured on
            these, because that is where hosts such as SVR pass their training rows.

        Returns
        -------
        K : ndarray of shape (n_samples_X, n_samples_Z)
            Kernel values.

        Raises
        ------
        ValueError
            For a single pair of one-dimensional rows, among other wrong input.
        """
        if np.ndim(X) == 1:
            raise ValueError(
                "LaplaceKernel was called on one-dimensional rows. A host that calls its "
                "kernel once per pair of rows needs a kernel object instead: "
                "sklearn_ntk.kernels.Laplace(length_scale)."
            )
        if hasattr(self, "kernel_"):
            return self.kernel_(X, Z)
        self._validate_params()
        training = check_array(X if Z is None else Z, accept_sparse="csr")
        return self._make_kernel(training, None)(X, Z)

    def _make_kernel(self, X, weight):
        return at_scale(Laplace(self.length_scale, exponent=self.exponent), X, weight)
