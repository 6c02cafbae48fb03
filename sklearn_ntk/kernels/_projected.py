"""A kernel of rows that a linear map has moved."""

import numpy as np

from ._input_gradient import contracted
from ._mapped import Mapped
from ._theta_gradient import weighted_sum


class Projected(Mapped):
    """Any kernel of rows that a matrix maps to others, for a metric with directions of its own.

    ::

        k(x, z) = kernel(x @ projection, z @ projection)

    Distances are those of the metric M = projection @ projection.T.

    Parameters
    ----------
    kernel : kernel object
        Of `sklearn_ntk.kernels` or scikit-learn, sums, products and powers included. Gradients by
        inputs are known for those that `input_gradient` takes.
    projection : array-like of shape (n_features, n_directions)
        In units of 1 over those of the columns.

    See Also
    --------
    Scaled : A factor for each column, which can be optimised.
    sklearn_ntk.RFMRegressor : Learns the matrix.

    References
    ----------
    Radhakrishnan et al., Mechanism for feature learning in neural networks and
    backpropagation-free machine learning models, Science 2024, for the use of such metrics.

    Examples
    --------
    >>> from sklearn_ntk.kernels import Laplace, Projected
    >>> kernel = Projected(Laplace(), [[1.0], [-1.0]])
    >>> kernel([[0.0, 0.0]], [[3.0, 3.0], [1.0, 0.0]]).round(4)
    array([[1.    , 0.3679]])
    """

    def __init__(self, kernel, projection):
        self.kernel = kernel
        self.projection = projection

    def mapped(self, X):
        """Rows times the projection.

        Parameters
        ----------
        X : {ndarray, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        rows : ndarray of shape (n_samples, n_directions)

        Raises
        ------
        ValueError
            If the projection has another number of rows, or numbers that are not finite.
        """
        projection = np.asarray(self.projection, dtype=float)
        if projection.ndim != 2 or len(projection) != X.shape[1]:
            raise ValueError(
                f"projection has shape {projection.shape}, but rows have {X.shape[1]} features: "
                f"its shape must be ({X.shape[1]}, n_directions)."
            )
        if not np.isfinite(projection).all():
            raise ValueError("projection has values that are not finite.")
        return X @ projection


@contracted.register
def _(kernel: Projected, X, Z, C, factor):
    gradient = contracted(kernel.kernel, kernel.mapped(X), kernel.mapped(Z), C, factor)
    return gradient @ np.asarray(kernel.projection, dtype=float).T


@weighted_sum.register
def _(kernel: Projected, X, Z, W):
    U, V = kernel.mapped(X), None if Z is None else kernel.mapped(Z)
    return weighted_sum(kernel.kernel, U, V, W)
