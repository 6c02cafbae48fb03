"""What feature maps of networks share: their parameters, rows, and random layers."""

from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.base import (
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval

from .._blocks import row_chunks
from .._constraints import NETWORK_CONSTRAINTS
from .._estimator import Estimator
from .._threads import thread_map
from .._validation import checked_rows, fitted_rows
from ..kernels.activations import get_activation
from ._layers import RandomLayer


class RandomFeatures(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Estimator):
    """A subclass draws its weights (`_draw`) and maps a chunk of rows with them (`_map`)."""

    _parameter_constraints: dict = {
        "activation": NETWORK_CONSTRAINTS["activation"],
        "weight_variance": NETWORK_CONSTRAINTS["weight_variance"],
        "bias_variance": NETWORK_CONSTRAINTS["bias_variance"],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    # Where it is no parameter.
    leverage = False

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Draw the weights.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows, of which the number of columns and the precision matter.
        y : None
            Ignored.

        Returns
        -------
        self : object
        """
        X = checked_rows(self, X)
        self._dtype = X.dtype
        self._activation = get_activation(self.activation)
        self._draw(X.shape[1], check_random_state(self.random_state))
        return self

    def transform(self, X):
        """The features of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        features : ndarray of shape (n_samples, n_features_out)
            In the precision of X.
        """
        X = fitted_rows(self, X)
        features = np.empty((X.shape[0], self._n_features_out), dtype=X.dtype)

        def fill(rows):
            features[rows] = self._map(self._first(X[rows]))

        # A chunk has a few arrays of this size on its way through the layers.
        thread_map(fill, row_chunks(X.shape[0], 4 * self._n_features_out, self.n_jobs), self.n_jobs)
        return features

    def _first(self, X):
        """Rows whose products are the covariance of the first preactivations."""
        return self._with_bias(X * X.dtype.type(np.sqrt(self.weight_variance / X.shape[1])))

    def _with_bias(self, X):
        """With a constant column, unless there are no biases."""
        if self.bias_variance == 0:
            return X
        column = np.full((X.shape[0], 1), np.sqrt(self.bias_variance), dtype=X.dtype)
        if sparse.issparse(X):
            return sparse.hstack([X, sparse.csr_array(column)], format="csr")
        return np.hstack([X, column])

    def _n_with_bias(self, n_columns):
        return n_columns + (self.bias_variance > 0)

    def _layer(self, n_inputs, n_neurons, rng):
        """A random layer of the network."""
        return RandomLayer(
            n_inputs,
            n_neurons,
            self._activation,
            variance=self.weight_variance,
            leverage=self.leverage,
            rng=rng,
            dtype=self._dtype,
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class DeepFeatures(RandomFeatures):
    """The parameters of maps of any depth."""

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
