"""What NTKRegressor and NNGPRegressor share: the network's parameters as their own."""

from numbers import Integral, Real

from sklearn.utils._param_validation import Interval, StrOptions

from ..kernels.activations import ACTIVATIONS, Activation
from ._kernel_regressor import COMMON_CONSTRAINTS, KernelRegressor


class NetworkRegressor(KernelRegressor):
    """A KernelRegressor that builds its kernel, `_network_kernel`, from its own parameters."""

    _parameter_constraints: dict = {
        "depth": [Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS)), Activation, callable],
        "weight_variance": [Interval(Real, 0, None, closed="neither")],
        "bias_variance": [Interval(Real, 0, None, closed="left")],
        **COMMON_CONSTRAINTS,
    }

    def __init__(
        self,
        depth=3,
        *,
        activation="relu",
        weight_variance=2.0,
        bias_variance=1.0,
        alpha=0.03,
        normalize_y=True,
        precision="auto",
        storage=None,
        n_jobs=None,
    ):
        self.depth = depth
        self.activation = activation
        self.weight_variance = weight_variance
        self.bias_variance = bias_variance
        self.alpha = alpha
        self.normalize_y = normalize_y
        self.precision = precision
        self.storage = storage
        self.n_jobs = n_jobs

    def _make_kernel(self, X, weight):
        return self._network_kernel(
            self.depth,
            activation=self.activation,
            weight_variance=self.weight_variance,
            bias_variance=self.bias_variance,
        )
