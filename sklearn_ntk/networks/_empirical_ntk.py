"""The tangent kernel of finite networks."""

from inspect import signature
from numbers import Integral

import numpy as np

from ..kernels._base import BaseKernel
from ..kernels._pairs import check_number
from ._finite_network import FiniteNetwork
from ._tangent import fill_tangent_kernel, tangent_diagonal


class EmpiricalNTK(BaseKernel):
    """Empirical neural tangent kernel: products of the gradients of networks of finite width.

    The mean over draws at initialisation, whose limit is `NTK`: it scatters about its expectation
    like 1 / sqrt(width * n_networks), which is off by 1 / width. Works wherever scikit-learn takes
    a kernel object.

    Parameters
    ----------
    depth : int, default=1
        Number of hidden layers, at least 1.
    width : int, default=512
        Units of each.
    activation : str, Activation or callable, default="relu"
        Nonlinearity phi of the hidden layers, as for `NTK`.
    weight_variance : float, default=2.0
        Variance of each weight times its fan-in; positive.
    bias_variance : float, default=1.0
        Variance of each bias; 0 is a network without biases.
    n_networks : int, default=1
        Draws of which it is the mean.
    random_state : int, default=0
        Draws the networks, the same in each call for rows of the same length: it has to be a
        number, or K(X, Z) would be of other networks than K(X, X).

    See Also
    --------
    sklearn_ntk.kernels.NTK : The limit of infinite width, without any draw.
    FiniteNetwork.tangent_kernel : The kernel of any network, for instance after training.

    Notes
    -----
    Holds ``2 * depth * width * n_networks`` numbers for each row of a call. It has no
    hyperparameters that could be optimised: its gradient has no columns.

    References
    ----------
    Jacot, Gabriel and Hongler, Neural Tangent Kernel, NeurIPS 2018, equation 1 and theorem 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk import KernelRegressor
    >>> from sklearn_ntk.networks import EmpiricalNTK
    >>> X = np.linspace(-2, 2, 20)[:, np.newaxis]
    >>> model = KernelRegressor(EmpiricalNTK(width=256), alpha=0.01).fit(X, np.sin(X[:, 0]))
    >>> model.score(X, np.sin(X[:, 0])) > 0.99
    True
    """

    def __init__(
        self,
        depth=1,
        *,
        width=512,
        activation="relu",
        weight_variance=2.0,
        bias_variance=1.0,
        n_networks=1,
        random_state=0,
    ):
        self.depth = depth
        self.width = width
        self.activation = activation
        self.weight_variance = weight_variance
        self.bias_variance = bias_variance
        self.n_networks = n_networks
        self.random_state = random_state

    def networks(self, n_features):
        """The networks for rows of a length.

        Parameters
        ----------
        n_features : int
            Their length.

        Returns
        -------
        networks : list of FiniteNetwork
            Each of one output.

        Raises
        ------
        ValueError, TypeError
            For parameters out of range.
        """
        check_number(self.n_networks, "n_networks", Integral, 1)
        check_number(self.random_state, "random_state", Integral, 0, max_val=2**32 - 1)
        rng = np.random.RandomState(self.random_state)
        return [
            FiniteNetwork.draw(
                n_features,
                depth=self.depth,
                width=self.width,
                activation=self.activation,
                weight_variance=self.weight_variance,
                bias_variance=self.bias_variance,
                random_state=rng,
            )
            for _ in range(self.n_networks)
        ]

    def is_stationary(self):
        """False: the kernel depends on the rows themselves."""
        return False

    def _fill(self, X, Z, out):
        fill_tangent_kernel(self.networks(X.shape[1]), X, Z, out)

    def _diagonal(self, X):
        return tangent_diagonal(self.networks(X.shape[1]), X)

    def _value_and_gradient(self, X):
        K = np.empty((X.shape[0], X.shape[0]))
        self._fill(X, None, K)
        return K, np.empty((*K.shape, 0))

    def __repr__(self):
        names = signature(type(self)).parameters.items()
        values = [(name, getattr(self, name), p.default) for name, p in names]
        shown = [f"{name}={value!r}" for name, value, usual in values[:2]]
        shown += [f"{name}={value!r}" for name, value, usual in values[2:] if value != usual]
        return f"{type(self).__name__}({', '.join(shown)})"
