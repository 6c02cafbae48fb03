"""What all kernels of networks share."""

from numbers import Integral, Real

import numpy as np
from sklearn.gaussian_process.kernels import Hyperparameter

from ._base import BaseKernel
from ._pairs import check_number
from .activations import get_activation


class NetworkKernel(BaseKernel):
    """A kernel of the network that `_network()` describes: NTK if `_tangent`, or NNGP."""

    @property
    def hyperparameter_weight_variance(self):
        return Hyperparameter("weight_variance", "numeric", self.weight_variance_bounds)

    @property
    def hyperparameter_bias_variance(self):
        # theta is a logarithm, so a network without biases stays without them.
        bounds = "fixed" if self.bias_variance == 0 else self.bias_variance_bounds
        return Hyperparameter("bias_variance", "numeric", bounds)

    def _fill(self, X, Z, out):
        self._network().matrix(X, Z, out)

    def _diagonal(self, X):
        return self._network().diagonal(X)

    def _value_and_gradient(self, X):
        K = np.empty((X.shape[0], X.shape[0]))
        self._fill(X, None, K)
        return K, self._gradient(self._network(), X)

    def is_stationary(self):
        """False: the kernel depends on the norms of its rows."""
        return False

    def _common_parameters(self):
        """The parameters that all networks have, checked, by their names there."""
        check_number(self.depth, "depth", Integral, 1)
        check_number(self.weight_variance, "weight_variance", Real, 0, include="neither")
        check_number(self.bias_variance, "bias_variance", Real, 0)
        activation = get_activation(self.activation)
        if self._tangent and not activation.has_derivative:
            raise ValueError(
                f"{activation!r} has no useful derivative, so no neural tangent kernel. "
                "Give it a surrogate, for instance Sign(surrogate=Erf()), or use an NNGP kernel."
            )
        return {
            "depth": self.depth,
            "activation": activation,
            "weight_variance": self.weight_variance,
            "bias_variance": self.bias_variance,
            "tangent": self._tangent,
        }
