"""A fully connected network of finite width, in NumPy."""

import math
from itertools import pairwise
from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_array, check_random_state, gen_batches

from .._validation import shares
from ..kernels._pairs import check_number, check_rows
from ..kernels.activations import get_activation
from ._tangent import fill_tangent_kernel, require_derivative

# Rows that pass through a network at a time where nothing of their way is kept.
BATCH = 1024
# Of the power method. Its estimate misses at most 0.871 log(n) / (POWERS - 1) of the eigenvalue
# on average over starts, less than half for a million rows (Kuczynski and Wozniakowski, SIAM
# Journal on Matrix Analysis and Applications 1992), and its inverse is a step below 2 over it.
POWERS = 30


class FiniteNetwork:
    """A fully connected network of finite width, in the parameterization of `NTK` and `NNGP`.

    Layers are affine, with a nonlinearity between them::

        h_1 = sqrt(weight_variance / n_features) * x @ W_1 + sqrt(bias_variance) * b_1
        h_l = sqrt(weight_variance / width) * phi(h_{l-1}) @ W_l + sqrt(bias_variance) * b_l

    and the last one, l = depth + 1, is the output. `draw` draws weights and biases from the
    standard normal distribution. Then the outputs of infinitely wide networks are Gaussian with
    covariance ``NNGP(depth)``, their tangent kernel is ``NTK(depth)``, and training does not
    change it. That of a finite one is off by 1 / sqrt(width), and moves.

    Parameters
    ----------
    weights : list of ndarray of shape (fan_in, fan_out)
        Of each layer, from the input; `descend` changes them in place.
    biases : list of ndarray of shape (fan_out,)
        Of each layer, likewise.
    activation : str, Activation or callable, default="relu"
        Nonlinearity phi of the hidden layers, as for `NTK`.
    weight_variance : float, default=2.0
        Variance of each initial weight times its fan-in; positive.
    bias_variance : float, default=1.0
        Variance of each initial bias; 0 is a network without biases.

    See Also
    --------
    FiniteNetworkRegressor : Draws one and trains it.
    EmpiricalNTK : Its tangent kernel as a kernel object.

    References
    ----------
    Jacot, Gabriel and Hongler, Neural Tangent Kernel, NeurIPS 2018, section 3, with
    ``bias_variance`` for their beta squared.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk.kernels import NTK
    >>> from sklearn_ntk.networks import FiniteNetwork
    >>> X = np.eye(2)
    >>> network = FiniteNetwork.draw(2, depth=1, width=4096, random_state=0)
    >>> network.forward(X).shape
    (2, 1)
    >>> bool(abs(network.tangent_kernel(X) - NTK(depth=1)(X)).max() < 0.5)
    True
    """

    def __init__(
        self, weights, biases, *, activation="relu", weight_variance=2.0, bias_variance=1.0
    ):
        self.weights = [np.asarray(W, dtype=np.float64) for W in weights]
        self.biases = [np.asarray(b, dtype=np.float64) for b in biases]
        self.activation = get_activation(activation)
        self.weight_variance, self.bias_variance = weight_variance, bias_variance
        check_number(weight_variance, "weight_variance", Real, 0, include="neither")
        check_number(bias_variance, "bias_variance", Real, 0)
        shapes, columns = [W.shape for W in self.weights], [b.shape for b in self.biases]
        chain = all(left[1:] == right[:1] for left, right in pairwise(shapes))
        if len(shapes) < 2 or not chain or columns != [shape[1:] for shape in shapes]:
            raise ValueError(
                f"weights of shapes {shapes} and biases of shapes {columns} are no network: at "
                "least two layers, of shapes (fan_in, fan_out) and (fan_out,), each with the "
                "fan-out of the one before as its fan-in."
            )

    @classmethod
    def draw(
        cls,
        n_features,
        n_outputs=1,
        *,
        depth=1,
        width=512,
        activation="relu",
        weight_variance=2.0,
        bias_variance=1.0,
        random_state=None,
    ):
        """A network at initialisation.

        Parameters
        ----------
        n_features : int
            Columns of its input.
        n_outputs : int, default=1
            Outputs, which share all layers but the last.
        depth : int, default=1
            Number of hidden layers.
        width : int, default=512
            Units of each.
        activation : str, Activation or callable, default="relu"
            Nonlinearity of the hidden layers, as for `NTK`.
        weight_variance : float, default=2.0
            Variance of each weight times its fan-in; positive.
        bias_variance : float, default=1.0
            Variance of each bias; 0 is a network without biases.
        random_state : int, RandomState instance or None, default=None
            Draws the weights and biases; None draws anew at each call.

        Returns
        -------
        network : FiniteNetwork

        Raises
        ------
        ValueError, TypeError
            For parameters out of range.
        """
        sizes = {"n_features": n_features, "n_outputs": n_outputs, "depth": depth, "width": width}
        for name, value in sizes.items():
            check_number(value, name, Integral, 1)
        rng = check_random_state(random_state)
        widths = [n_features] + [width] * depth + [n_outputs]
        return cls(
            [rng.standard_normal(shape) for shape in pairwise(widths)],
            [rng.standard_normal(fan_out) for fan_out in widths[1:]],
            activation=activation,
            weight_variance=weight_variance,
            bias_variance=bias_variance,
        )

    def forward(self, X):
        """The outputs.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        outputs : ndarray of shape (n_samples, n_outputs)
            In float64.

        Raises
        ------
        ValueError
            For NaN or infinite values, or another number of features.
        """
        X = self._checked(X)
        parts = [self._propagate(X[rows])[-1] for rows in gen_batches(X.shape[0], BATCH)]
        return np.concatenate(parts)

    def tangent_kernel(self, X, Z=None):
        """Products of the gradients of the outputs by all weights and biases.

        With A_l the input of layer l, D_l the derivatives of an output by what the layer returns,
        and no gradient ever formed, it is ::

            sum_l (weight_variance / fan_in * A_l(x) . A_l(z) + bias_variance) * D_l(x) . D_l(z)

        for a network of one output, and the mean over outputs for one of several.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
            Rows.
        Z : {array-like, sparse matrix} of shape (n_samples_Z, n_features), default=None
            Other rows; None stands for X.

        Returns
        -------
        kernel : ndarray of shape (n_samples_X, n_samples_Z)

        Raises
        ------
        ValueError
            As for `forward`; for rows so large that the kernel overflows, and for an activation
            without a useful derivative.
        """
        X, Z = self._checked(X), None if Z is None else self._checked(Z)
        K = np.empty((X.shape[0], (X if Z is None else Z).shape[0]))
        fill_tangent_kernel([self], X, Z, K)
        return K

    def largest_eigenvalue(self, X, sample_weight=None):
        """The largest eigenvalue of the tangent kernel of all outputs over the number of rows.

        Gradient descent with steps of 2 over it diverges. The power method, whose result is an
        estimate from below, within a few percent as a rule.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; of the kernel their shares are then taken from both sides.

        Returns
        -------
        eigenvalue : float
            Per unit of training time.

        Raises
        ------
        ValueError
            As for `tangent_kernel`.
        """
        X = self._checked(X)
        return self._largest_eigenvalue(X, shares(X, sample_weight))

    def descend(self, X, y, learning_rate, sample_weight=None):
        """One step of gradient descent by all rows, which moves all weights and biases in place.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        learning_rate : float
            Step, which is the training time that it takes.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows in the loss.

        Returns
        -------
        loss : float
            Before the step: sum_i w_i ||f(x_i) - y_i||^2 / (2 sum_i w_i).

        Raises
        ------
        ValueError
            As for `tangent_kernel`, or if y has another shape.
        """
        X, y = self._checked(X), check_array(y, dtype=np.float64, ensure_2d=False)
        shape = (X.shape[0], self.biases[-1].size)
        if y.shape != shape and (y.ndim, *y.shape, 1) != (1, *shape):
            raise ValueError(f"y has shape {y.shape}, must be {shape}.")
        return self._descend(X, y.reshape(shape), learning_rate, shares(X, sample_weight))

    def _descend(self, X, Y, learning_rate, share):
        """`descend` on checked arguments."""
        inputs, hidden, outputs = self._propagate(X)
        errors = outputs - Y
        weighted = share[:, np.newaxis] * errors
        gradients = self._gradients(inputs, self._slopes(hidden), weighted)
        for W, b, (by_W, by_b) in zip(self.weights, self.biases, gradients, strict=True):
            W -= learning_rate * by_W
            b -= learning_rate * by_b
        return float(np.vdot(weighted, errors)) / 2

    def _largest_eigenvalue(self, X, share):
        """`largest_eigenvalue` on checked arguments."""
        inputs, hidden, _ = self._propagate(X)
        slopes, root = self._slopes(hidden), np.sqrt(share)[:, np.newaxis]
        rng = np.random.default_rng(0)
        layers = zip(self.weights, self.biases, strict=True)
        step = [(rng.standard_normal(W.shape), rng.standard_normal(b.shape)) for W, b in layers]
        change = root * self._change(inputs, slopes, step)
        for _ in range(POWERS):
            size = np.linalg.norm(change)
            if not 0 < size < np.inf:
                break
            step = self._gradients(inputs, slopes, root * (change / size))
            change = root * self._change(inputs, slopes, step)
        return float(np.linalg.norm(change))

    def _checked(self, X):
        X, _ = check_rows(X, None)
        if X.shape[1] != len(self.weights[0]):
            raise ValueError(
                f"X has {X.shape[1]} features, but the network takes {len(self.weights[0])}."
            )
        return X

    def _propagate(self, X):
        """The inputs of all layers, what the hidden ones return, and the outputs."""
        inputs, hidden = [X], []
        for W, b in zip(self.weights, self.biases, strict=True):
            if hidden:
                inputs.append(self.activation(hidden[-1]))
            h = inputs[-1] @ W
            h *= self._scale(W)
            h += self._bias_scale() * b
            hidden.append(h)
        return inputs, hidden[:-1], hidden[-1]

    def _slopes(self, hidden):
        """phi' of what the hidden layers return."""
        require_derivative(self.activation)
        return [self.activation.derivative(h) for h in hidden]

    def _signals(self, slopes, D):
        """Derivatives by the outputs, carried back: those by what each layer returns, in order."""
        signals = [D]
        for W, slope in zip(self.weights[:0:-1], slopes[::-1], strict=True):
            D = D @ W.T
            D *= self._scale(W)
            D *= slope
            signals.append(D)
        return signals[::-1]

    def _gradients(self, inputs, slopes, D):
        """(by weights, by biases) of each layer, of the sum of D times the outputs."""
        layers = zip(self.weights, inputs, self._signals(slopes, D), strict=True)
        return [
            (self._scale(W) * (A.T @ D), self._bias_scale() * D.sum(axis=0)) for W, A, D in layers
        ]

    def _change(self, inputs, slopes, step):
        """Of the outputs, to first order, if the parameters move by a step like `_gradients`."""
        change = 0.0
        layers = zip(self.weights, inputs, [None, *slopes], step, strict=True)
        for W, A, slope, (by_W, by_b) in layers:
            h = A @ by_W
            if slope is not None:
                h += (slope * change) @ W
            change = self._scale(W) * h + self._bias_scale() * by_b
        return change

    def _scale(self, W):
        return math.sqrt(self.weight_variance / len(W))

    def _bias_scale(self):
        return math.sqrt(self.bias_variance)

    def __repr__(self):
        shape = " -> ".join(str(len(W)) for W in self.weights)
        return f"<{type(self).__name__} {shape} -> {self.biases[-1].size}, {self.activation!r}>"
