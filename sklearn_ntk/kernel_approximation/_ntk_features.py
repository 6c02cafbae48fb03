"""Random features of the neural tangent kernel."""

import numpy as np

from .._docs import shared_docs
from ..kernels._mapped import dense
from ._base import DeepFeatures
from ._tensor_sketch import TensorSketch


@shared_docs()
class NTKFeatures(DeepFeatures):
    """Random features of the `NTK` kernel: outputs and slopes of a wide random network.

    Products of features approximate ``NTK(depth, ...)(X, Z)``. Half of them are the last hidden
    layer, as in `NNGPFeatures`; the other half is a tensor sketch of the slopes of the neurons
    with the features of the layer before.

    Parameters
    ----------
    $network
    n_components : int, default=1000
        Number of random features, 2 at least: half of them neurons, of which each hidden layer
        has as many, and half a sketch. A constant one is added for the bias.
    $features

    Attributes
    ----------
    $seen

    See Also
    --------
    NNGPFeatures : Features of the NNGP kernel.
    LinearizedNetwork : The gradient of a finite network, which needs no sketch.
    NystroemRegressor : Regression on centres; more accurate for equal numbers of columns.

    Notes
    -----
    Unbiased for one hidden layer; deeper ones have a bias of 1 / n_components. The error of the
    kernel falls like 1 / sqrt(n_components).

    References
    ----------
    Zandieh, Han, Avron, Shoham, Kim and Shin, Scaling neural tangent kernels via sketching and
    random features, NeurIPS 2021, algorithm 2, here with biases and for every activation.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk import NTKFeatures
    >>> from sklearn_ntk.kernels import NTK
    >>> X = np.random.default_rng(0).standard_normal((5, 3))
    >>> features = NTKFeatures(2, n_components=20_000, random_state=0).fit_transform(X)
    >>> np.allclose(features @ features.T, NTK(2)(X), rtol=0.05, atol=0.05 * NTK(2)(X).max())
    True
    """

    def _draw(self, n_features, rng):
        n_neurons = max(1, self.n_components // 2)
        n_sketched = max(1, self.n_components - n_neurons)
        n_inputs = n_tangent = self._n_with_bias(n_features)
        self._layers = []
        for _ in range(self.depth):
            layer = self._layer(n_inputs, n_neurons, rng)
            sketch = TensorSketch(n_tangent, n_neurons, n_sketched, rng, self._dtype)
            self._layers.append((layer, sketch))
            n_inputs = self._n_with_bias(n_neurons)
            n_tangent = n_inputs + n_sketched
        self._n_features_out = n_tangent

    def _map(self, phi):
        psi = phi
        for layer, sketch in self._layers:
            U = layer.preactivations(phi)
            phi = self._with_bias(layer.outputs(U))
            psi = np.hstack([phi, sketch(psi, layer.slopes(U))])
        return dense(psi)
