"""A finite network in the linear regime: its gradient as features."""

from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval

from .._docs import shared_docs
from .._validation import one_of
from ..kernels._mapped import dense
from ._base import RandomFeatures


@shared_docs()
class LinearizedNetwork(RandomFeatures):
    """The gradient of a network of one hidden layer of finite width, by one or both layers.

    A linear model on these features is that network where training hardly moves its weights: the
    random features model if the second layer is trained, the neural tangent model if the first is.

    Parameters
    ----------
    n_neurons : int, default=100
        Neurons of the hidden layer.
    layers : {"both", "first", "second"}, default="both"
        Which of the weights are trained. "second" gives a feature for each neuron and one for the
        bias, of which products approximate ``NNGP(1)``; "first" the slope of each neuron times
        each column and the bias, for ``NTK(1)`` less ``NNGP(1)``; "both" is ``NTK(1)``.
    activation : str, Activation or callable, default="relu"
        Nonlinearity, as for `NTK`.
    weight_variance : float, default=2.0
        Variance of each weight times its fan-in.
    bias_variance : float, default=1.0
        Variance of each bias; 0 is a network without biases.
    random_state : int, RandomState instance or None, default=None
        Draws the weights; None draws anew in each fit.
    n_jobs : int, default=None
        Number of threads that share the rows, as for `KernelRegressor`.

    Attributes
    ----------
    $seen

    See Also
    --------
    NTKFeatures : Sketches of the gradients of deeper networks.

    Notes
    -----
    Unbiased: the expectation of products over the weights is the kernel, for any number of neurons.

    References
    ----------
    Ghorbani, Mei, Misiakiewicz and Montanari, Linearized two-layers neural networks in high
    dimension, Annals of Statistics 2021, equations 1 and 2.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk import LinearizedNetwork
    >>> network = LinearizedNetwork(50, layers="second").fit(np.eye(3))
    >>> network.transform(np.eye(3)).shape
    (3, 51)
    >>> network.set_params(layers="first").fit(np.eye(3)).transform(np.eye(3)).shape
    (3, 200)
    """

    _parameter_constraints: dict = {
        **RandomFeatures._parameter_constraints,
        "n_neurons": [Interval(Integral, 1, None, closed="left")],
        "layers": [one_of(["both", "first", "second"])],
    }

    def __init__(
        self,
        n_neurons=100,
        *,
        layers="both",
        activation="relu",
        weight_variance=2.0,
        bias_variance=1.0,
        random_state=None,
        n_jobs=None,
    ):
        self.n_neurons = n_neurons
        self.layers = layers
        self.activation = activation
        self.weight_variance = weight_variance
        self.bias_variance = bias_variance
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _draw(self, n_features, rng):
        n_inputs = self._n_with_bias(n_features)
        self._neurons = self._layer(n_inputs, self.n_neurons, rng)
        first, second = self.n_neurons * n_inputs, self._n_with_bias(self.n_neurons)
        sizes = {"first": first, "second": second, "both": first + second}
        self._n_features_out = sizes[self.layers]

    def _map(self, phi):
        U, parts = self._neurons.preactivations(phi), []
        if self.layers != "first":
            parts.append(self._with_bias(self._neurons.outputs(U)))
        if self.layers != "second":
            slopes = self._neurons.slopes(U)
            gradient = slopes[:, :, np.newaxis] * dense(phi)[:, np.newaxis]
            parts.append(gradient.reshape(len(U), -1))
        return np.hstack(parts)
