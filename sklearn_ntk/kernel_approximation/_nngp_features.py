"""Random features of the NNGP kernel."""

from numbers import Integral

from sklearn.utils._param_validation import Interval

from .._constraints import NETWORK_CONSTRAINTS
from .._docs import shared_docs
from ._base import RandomFeatures


@shared_docs()
class NNGPFeatures(RandomFeatures):
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
    n_features_in_ : int
        Number of columns seen in fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X has string column names.

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

    _parameter_constraints: dict = {
        **RandomFeatures._parameter_constraints,
        "depth": NETWORK_CONSTRAINTS["depth"],
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "leverage": ["boolean"],
    }

    def __init__(
        self,
        depth=3,
        *,
        activation="relu",
        weight_variance=2.0,
        bias_variance=1.0,
        n_components=1000,
        leverage=False,
        random_state=None,
        n_jobs=None,
    ):
        self.depth = depth
        self.activation = activation
        self.weight_variance = weight_variance
        self.bias_variance = bias_variance
        self.n_components = n_components
        self.leverage = leverage
        self.random_state = random_state
        self.n_jobs = n_jobs

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
