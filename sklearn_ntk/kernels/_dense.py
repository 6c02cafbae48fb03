"""What NNGP and NTK share."""

import numpy as np

from ._gradient import fill_partials, gradient
from ._network import NetworkKernel
from ._recursion import Network
from ._rotation_invariant import RotationInvariant


class DenseNetworkKernel(RotationInvariant, NetworkKernel):
    """A kernel of a fully connected network."""

    _gradient = staticmethod(gradient)

    def _network(self):
        return Network(
            **self._common_parameters(),
            layer_norm=bool(self.layer_norm),
            residual=bool(self.residual),
            **self._training(),
        )

    def _training(self):
        return {}

    def _profile(self, angle, norm, n_features):
        return self._network().profile(angle, norm, n_features)

    def _fill_partials(self, X, Z, by_product, by_norm):
        fill_partials(self._network(), X, Z, by_product, by_norm)

    def variance_map(self, variance):
        """The variance of preactivations one hidden layer on.

        That is ``weight_variance * E[phi(u)^2] + bias_variance`` for u of this variance, or of
        variance 1 with `layer_norm`; `residual` adds the variance of the skip connection.

        Parameters
        ----------
        variance : array-like
            Variances of the preactivations of a hidden layer.

        Returns
        -------
        next_variance : ndarray of the shape of `variance`

        References
        ----------
        Poole et al., Exponential Expressivity in Deep Neural Networks through Transient Chaos,
        NeurIPS 2016, equation 3.
        """
        q = np.asarray(variance, dtype=float)
        return self._network().hidden_layer(q, self.residual)[0]

    def correlation_map(self, correlation, variance):
        """The correlation of the preactivations of two rows one hidden layer on.

        Parameters
        ----------
        correlation : array-like
            Correlations in a hidden layer, from -1 to 1.
        variance : array-like, broadcasting against `correlation`
            Variance there, the same for both rows.

        Returns
        -------
        next_correlation : ndarray

        References
        ----------
        Poole et al., Exponential Expressivity in Deep Neural Networks through Transient Chaos,
        NeurIPS 2016, equation 5. Schoenholz et al., Deep Information Propagation, ICLR 2017.
        """
        rho, q = (np.asarray(values, dtype=float) for values in (correlation, variance))
        return self._network().correlation_map(rho, q)
