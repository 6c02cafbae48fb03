"""NNGP and NTK as scikit-learn kernels."""

from numbers import Integral, Real

import numpy as np
from sklearn.gaussian_process.kernels import Hyperparameter, Kernel

from ._activations import get_activation
from ._gradient import gradient
from ._pairs import check_number, check_rows
from ._recursion import Network


class _NetworkKernel(Kernel):
    """What NNGP and NTK share: the network's parameters and scikit-learn's protocol."""

    def __init__(
        self,
        depth=3,
        *,
        activation="relu",
        weight_variance=2.0,
        bias_variance=1.0,
        weight_variance_bounds=(1e-2, 1e2),
        bias_variance_bounds=(1e-5, 1e2),
    ):
        self.depth = depth
        self.activation = activation
        self.weight_variance = weight_variance
        self.bias_variance = bias_variance
        self.weight_variance_bounds = weight_variance_bounds
        self.bias_variance_bounds = bias_variance_bounds

    @property
    def hyperparameter_weight_variance(self):
        return Hyperparameter("weight_variance", "numeric", self.weight_variance_bounds)

    @property
    def hyperparameter_bias_variance(self):
        # theta is a logarithm, so a network without biases stays without them.
        bounds = "fixed" if self.bias_variance == 0 else self.bias_variance_bounds
        return Hyperparameter("bias_variance", "numeric", bounds)

    def __call__(self, X, Y=None, eval_gradient=False):
        """The kernel matrix.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
            Rows; scale the columns first, for instance with ``StandardScaler``.
        Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features), default=None
            Other rows. None stands for X and costs half.
        eval_gradient : bool, default=False
            Whether to return the gradient as well; only for ``Y=None``.

        Returns
        -------
        K : ndarray of shape (n_samples_X, n_samples_Y)
            Kernel values, float64 for every input.
        K_gradient : ndarray of shape (n_samples_X, n_samples_X, n_dims)
            Derivatives by the logarithms of the hyperparameters that are not fixed, in
            alphabetical order; only if `eval_gradient`.

        Raises
        ------
        ValueError, TypeError
            For parameters out of range, NaN or infinite values, unequal numbers of
            features, or rows so large that the kernel overflows.
        """
        network = self._network()
        if eval_gradient and Y is not None:
            raise ValueError("The gradient is only defined for Y=None.")
        X, Y = check_rows(X, Y)
        K = network.matrix(X, Y)
        if not eval_gradient:
            return K
        free = [not hyperparameter.fixed for hyperparameter in self.hyperparameters]
        return K, gradient(network, X)[..., np.flatnonzero(free)]

    def diag(self, X):
        """The diagonal of ``kernel(X)``, in O(n_samples * n_features).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        diagonal : ndarray of shape (n_samples,)
            Kernel values of each row with itself.
        """
        return self._network().diagonal(check_rows(X, None)[0])

    def is_stationary(self):
        """False: the kernel depends on the norms of its rows."""
        return False

    def __repr__(self):
        return (
            f"{type(self).__name__}(depth={self.depth}, activation={self.activation!r}, "
            f"weight_variance={self.weight_variance:.3g}, "
            f"bias_variance={self.bias_variance:.3g})"
        )

    def _network(self):
        check_number(self.depth, "depth", Integral, 1)
        check_number(self.weight_variance, "weight_variance", Real, 0, include="neither")
        check_number(self.bias_variance, "bias_variance", Real, 0)
        activation = get_activation(self.activation)
        return Network(
            self.depth, activation, self.weight_variance, self.bias_variance, self._tangent
        )


class NNGP(_NetworkKernel):
    """Neural network Gaussian process kernel: an infinitely wide network at initialisation.

    The covariance of the outputs of a fully connected network with `depth` hidden layers of
    infinite width and random weights. As a Gaussian process prior it makes Bayesian inference
    with such a network exact::

        Sigma_1(x, z) = weight_variance * <x, z> / n_features + bias_variance
        Sigma_{l+1}   = weight_variance * E[phi(u) phi(v)] + bias_variance
        NNGP          = Sigma_{depth + 1}

    with (u, v) Gaussian of covariance Sigma_l. Works wherever scikit-learn takes a kernel
    object: GaussianProcessRegressor, KernelRidge, SVC, SVR, KernelPCA, Nystroem, sums and
    products with other kernels.

    Parameters
    ----------
    depth : int, default=3
        Number of hidden layers, at least 1.
    activation : {"relu"}, default="relu"
        Nonlinearity phi of the hidden layers.
    weight_variance : float, default=2.0
        Variance of each weight times its fan-in; positive. With ReLU, 2 keeps the scale of
        the signal over depth.
    bias_variance : float, default=1.0
        Variance of each bias; 0 is a network without biases, whose `bias_variance` is then
        never optimised.
    weight_variance_bounds : pair of floats or "fixed", default=(1e-2, 1e2)
        Range for optimisation by GaussianProcessRegressor.
    bias_variance_bounds : pair of floats or "fixed", default=(1e-5, 1e2)
        Range for optimisation by GaussianProcessRegressor.

    References
    ----------
    Lee et al., Deep Neural Networks as Gaussian Processes, ICLR 2018, equations 4 and 5.

    Examples
    --------
    >>> from sklearn_ntk.kernels import NNGP
    >>> X = [[1.0, 0.0], [0.0, 1.0]]
    >>> NNGP(depth=1, bias_variance=0.0)(X).round(4)
    array([[1.    , 0.3183],
           [0.3183, 1.    ]])
    """

    _tangent = False


class NTK(_NetworkKernel):
    """Neural tangent kernel: an infinitely wide network trained by gradient descent.

    Kernel regression with this kernel is what a fully connected network with `depth` hidden
    layers of infinite width becomes when all its layers are trained on squared loss::

        Theta_1     = Sigma_1
        Theta_{l+1} = Sigma_{l+1} + weight_variance * Theta_l * E[phi'(u) phi'(v)]
        NTK         = Theta_{depth + 1}

    with Sigma and (u, v) as for `NNGP`, in the NTK parameterization. Works wherever
    scikit-learn takes a kernel object.

    Parameters
    ----------
    depth : int, default=3
        Number of hidden layers, at least 1.
    activation : {"relu"}, default="relu"
        Nonlinearity phi of the hidden layers.
    weight_variance : float, default=2.0
        Variance of each weight times its fan-in; positive. With ReLU, 2 keeps the scale of
        the signal over depth.
    bias_variance : float, default=1.0
        Variance of each bias; 0 is a network without biases, whose `bias_variance` is then
        never optimised.
    weight_variance_bounds : pair of floats or "fixed", default=(1e-2, 1e2)
        Range for optimisation by GaussianProcessRegressor.
    bias_variance_bounds : pair of floats or "fixed", default=(1e-5, 1e2)
        Range for optimisation by GaussianProcessRegressor.

    References
    ----------
    Jacot, Gabriel and Hongler, Neural Tangent Kernel, NeurIPS 2018, theorem 1.

    Examples
    --------
    >>> from sklearn.kernel_ridge import KernelRidge
    >>> from sklearn_ntk.kernels import NTK
    >>> X = [[1.0, 0.0], [0.0, 1.0]]
    >>> NTK(depth=1, bias_variance=0.0)(X).round(4)
    array([[2.    , 0.3183],
           [0.3183, 2.    ]])
    >>> KernelRidge(kernel=NTK(depth=2)).fit(X, [0.0, 1.0]).predict(X).round(2)
    array([0.08, 0.86])
    """

    _tangent = True
