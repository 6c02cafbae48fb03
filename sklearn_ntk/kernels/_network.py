"""What NNGP and NTK share."""

from numbers import Integral, Real

import numpy as np
from sklearn.gaussian_process.kernels import Hyperparameter

from ._base import Kernel
from ._gradient import gradient
from ._pairs import check_number, check_rows
from ._recursion import Network
from .activations import get_activation


class NetworkKernel(Kernel):
    """scikit-learn's kernel protocol for a network that `_network` describes."""

    # Parameters that the repr shows where they differ from these values.
    _switches = {"layer_norm": False, "residual": False}
    _gradient = staticmethod(gradient)

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
            Rows; columns in different units need a ``StandardScaler`` first.
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
        return K, self._gradient(network, X)[..., np.flatnonzero(free)]

    def fill(self, X, Y, out):
        """Write the kernel matrix to an array, of any precision.

        Parameters
        ----------
        X, Y : {array-like, sparse matrix}
            As for a call.
        out : ndarray of shape (n_samples_X, n_samples_Y)
            Overwritten.
        """
        self._network().matrix(*check_rows(X, Y), out=out)

    def diag(self, X):
        """The diagonal of ``kernel(X)``, without the matrix.

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
        switches = [
            f", {name}={getattr(self, name)!r}"
            for name, plain in self._switches.items()
            if getattr(self, name) != plain
        ]
        return (
            f"{type(self).__name__}(depth={self.depth}, activation={self.activation!r}, "
            f"weight_variance={self.weight_variance:.3g}, "
            f"bias_variance={self.bias_variance:.3g}{''.join(switches)})"
        )

    def _make_network(self, tangent, **training):
        return Network(
            *self._common_parameters(tangent),
            tangent,
            bool(self.layer_norm),
            bool(self.residual),
            **training,
        )

    def _common_parameters(self, tangent):
        """depth, activation, weight_variance and bias_variance, checked."""
        check_number(self.depth, "depth", Integral, 1)
        check_number(self.weight_variance, "weight_variance", Real, 0, include="neither")
        check_number(self.bias_variance, "bias_variance", Real, 0)
        activation = get_activation(self.activation)
        if tangent and not activation.has_derivative:
            raise ValueError(
                f"{activation!r} has no useful derivative, so no neural tangent kernel. "
                "Give it a surrogate, for instance Sign(surrogate=Erf()), or use an NNGP kernel."
            )
        return self.depth, activation, self.weight_variance, self.bias_variance
