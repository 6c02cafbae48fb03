"""Random features of the NNGP kernel."""

from .._docs import shared_docs
from ._base import DeepFeatures


@shared_docs()
class NNGPFeatures(DeepFeatures):
    """Random features of the `NNGP` kernel: the last hidden layer of a wide random network.

    Products of features approximate ``NNGP(depth, ...)(X, Z)``; linear models on them, such as
    `Ridge`, `SGDRegressor` or a classifier's ``partial_fit``, approximate `NNGPRegressor`, for any
    number of rows.

    Parameters
    ----------
    $network
    n_components : int, default=1000
        Number of random features, neurons of each hidden layer. A constant one is added for the
        bias.
    $features

    Attributes
    ----------
    $seen

    See Also
    --------
    NTKFeatures : Features of the neural tangent kernel.
    NystroemRegressor : Regression on centres; more accurate for equal numbers of columns.

    Notes
    -----
    Unbiased for one hidden layer. Deeper networks have a bias of 1 / n_components, since their
    layers are functions of random covariances. The error of the kernel falls like
    1 / sqrt(n_components).

    References
    ----------
    Cho and Saul, Kernel methods for deep learning, NIPS 2009. Zandieh, Han, Avron, Shoham, Kim and
    Shin, Scaling neural tangent kernels via sketching and random features, NeurIPS 2021.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ntk import NNGPFeatures
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), NNGPFeatures(1, random_state=0), Ridge(5))
    >>> model.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.45
    True
    """

    def _draw(self, n_features, rng):
        n_inputs = self._n_with_bias(n_features)
        self._layers = []
        for _ in range(self.depth):
            self._layers.append(self._layer(n_inputs, self.n_components, rng))
            n_inputs = self._n_with_bias(self.n_components)
        self._n_features_out = n_inputs

    def _map(self, phi):
        for layer in self._layers:
            phi = self._with_bias(layer.outputs(layer.preactivations(phi)))
        return phi
