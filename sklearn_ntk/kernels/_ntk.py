"""The neural tangent kernel."""

from numbers import Integral

from ._dense import DenseNetworkKernel
from ._pairs import check_number


class NTK(DenseNetworkKernel):
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
    parameterization : {"ntk", "standard"}, default="ntk"
        "ntk" scales weights and biases so that every layer learns at the same rate whatever its
        width; "standard" does not, as in common libraries, so that its kernel grows with the
        width: the rates of weights are their fan-in, those of biases 1.
    width : int, default=None
        Units in every hidden layer; only for, and needed by, the standard parameterization.
    frozen_layers : int, default=0
        Number of layers, from the input, that keep their initial weights; `depth` trains only
        the output layer, and then the kernel is the NNGP kernel.
    weight_variance_bounds : pair of floats or "fixed", default=(1e-2, 1e2)
        Range for optimisation by GaussianProcessRegressor.
    bias_variance_bounds : pair of floats or "fixed", default=(1e-5, 1e2)
        Range for optimisation by GaussianProcessRegressor.

    References
    ----------
    Jacot, Gabriel and Hongler, Neural Tangent Kernel, NeurIPS 2018, theorem 1. Sohl-Dickstein et
    al., On the infinite width limit of neural networks with a standard parameterization, 2020.
    Arora et al., Harnessing the Power of Infinitely Wide Deep Nets on Small-Data Tasks, ICLR 2020,
    for frozen layers.

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

    def __init__(
        self,
        depth=3,
        *,
        activation="relu",
        weight_variance=2.0,
        bias_variance=1.0,
        layer_norm=False,
        residual=False,
        parameterization="ntk",
        width=None,
        frozen_layers=0,
        weight_variance_bounds=(1e-2, 1e2),
        bias_variance_bounds=(1e-5, 1e2),
    ):
        self.depth = depth
        self.activation = activation
        self.weight_variance = weight_variance
        self.bias_variance = bias_variance
        self.layer_norm = layer_norm
        self.residual = residual
        self.parameterization = parameterization
        self.width = width
        self.frozen_layers = frozen_layers
        self.weight_variance_bounds = weight_variance_bounds
        self.bias_variance_bounds = bias_variance_bounds

    def _training(self):
        check_number(self.frozen_layers, "frozen_layers", Integral, 0, max_val=self.depth)
        if self.parameterization not in ("ntk", "standard"):
            raise ValueError(
                f"parameterization must be 'ntk' or 'standard', got {self.parameterization!r}."
            )
        standard = self.parameterization == "standard"
        if standard:
            check_number(self.width, "width", Integral, 1)
        return {"width": self.width if standard else None, "n_frozen": self.frozen_layers}
