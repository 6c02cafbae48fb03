"""Random layers of many neurons, and their derivatives."""

import numpy as np


class RandomLayer:
    """Neurons with random weights: products of their outputs estimate expectations over weights.

    Parameters
    ----------
    n_inputs : int
        Columns of its input, whose products are the covariances of the preactivations.
    n_neurons : int
    activation : Activation
    variance : float
        What the expectations are multiplied with.
    leverage : bool
        Whether weights are drawn in proportion to their squared norm, and outputs divided by it,
        in place of standard normal ones. Either way the products are unbiased.
    rng : RandomState
    dtype : dtype
        Of the weights.
    """

    def __init__(self, n_inputs, n_neurons, activation, variance, leverage, rng, dtype):
        self.activation = activation
        W = rng.standard_normal((n_inputs, n_neurons))
        scale = np.full(n_neurons, np.sqrt(variance / n_neurons))
        if leverage:
            # The density |w|^2 / n_inputs times the normal one: the same directions, and a squared
            # radius of two degrees of freedom more.
            radius = np.sqrt(rng.chisquare(n_inputs + 2, n_neurons))
            W *= radius / np.linalg.norm(W, axis=0)
            scale *= np.sqrt(n_inputs) / radius
        self.weights = W.astype(dtype)
        self.scale = scale.astype(dtype)

    def preactivations(self, X):
        """X W for dense or sparse X, shape (n, n_neurons)."""
        return X @ self.weights

    def outputs(self, U):
        """phi of preactivations, times sqrt(variance / n_neurons)."""
        return (self.activation(U) * self.scale).astype(U.dtype, copy=False)

    def slopes(self, U):
        """phi' of them, likewise."""
        return (self.activation.derivative(U) * self.scale).astype(U.dtype, copy=False)
