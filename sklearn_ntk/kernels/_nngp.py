"""The NNGP kernel."""

from ._dense import DenseNetworkKernel


class NNGP(DenseNetworkKernel):
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
    activation : str, Activation or callable, default="relu"
        Nonlinearity phi of the hidden layers: a name of
        `sklearn_ntk.kernels.activations.ACTIVATIONS`, an object of that module, or any
        vectorised function.
    weight_variance : float, default=2.0
        Variance of each weight times its fan-in; positive. With ReLU, 2 keeps the scale of
        the signal over depth.
    bias_variance : float, default=1.0
        Variance of each bias; 0 is a network without biases, whose `bias_variance` is then
        never optimised.
    layer_norm : bool, default=False
        Whether preactivations are normalised to variance 1 before each nonlinearity.
    residual : bool, default=False
        Whether a skip connection leads past each hidden layer but the last: h + W phi(h) + b.
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

    def __init__(
        self,
        depth=3,
        *,
        activation="relu",
        weight_variance=2.0,
        bias_variance=1.0,
        layer_norm=False,
        residual=False,
        weight_variance_bounds=(1e-2, 1e2),
        bias_variance_bounds=(1e-5, 1e2),
    ):
        self.depth = depth
        self.activation = activation
        self.weight_variance = weight_variance
        self.bias_variance = bias_variance
        self.layer_norm = layer_norm
        self.residual = residual
        self.weight_variance_bounds = weight_variance_bounds
        self.bias_variance_bounds = bias_variance_bounds
