"""The kernels that are worth trying on rows of any kind."""

from ..feature_learning import ARDRegressor, RFMRegressor
from ..kernels import NNGP, NTK, Laplace, ProductLaplace

# Rows from which a metric can be learned in folds.
FEW = 30


def recommended_kernels(X, weight):
    """Candidates that complement each other, with lengths measured on the rows.

    Parameters
    ----------
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        Training rows.
    weight : ndarray of shape (n_samples,)
        Their weights.

    Returns
    -------
    kernels : list of kernel objects
        Networks, whose functions are smooth and grow along rays; the Gaussian and the Laplace
        kernel; and product kernels, for targets of which each column has a part of its own.
    """
    products = [(0.5, 1), (0.5, 4), (1.0, 0.5), (1.0, 1), (1.0, 2), (1.0, 4), (1.5, 1), (1.5, 4)]
    return [
        NTK(1),
        NTK(3, bias_variance=0.1),
        NTK(3, bias_variance=0.0),
        NTK(5, bias_variance=0.1, frozen_layers=3),
        NNGP(3),
        *(Laplace(Laplace(exponent=e).scale(X, weight), exponent=e) for e in (1.0, 2.0)),
        *(
            # The sum over columns is divided by c times its value at the scale.
            ProductLaplace(
                c ** (1 / exponent) * ProductLaplace(exponent=exponent).scale(X, weight),
                exponent=exponent,
            )
            for exponent, c in products
        ),
    ]


def recommended_learners(X):
    """What learns a metric of these rows: none for few rows, the slowest first.

    So that threads end together. They err less than any other in regression, most of all where
    few columns or directions matter; classes did not gain.
    """
    if X.shape[0] < FEW:
        return []
    smooth, gaussian = Laplace("scale", exponent=1.5), Laplace("scale", exponent=2.0)
    return [ARDRegressor(smooth), RFMRegressor(smooth), RFMRegressor(gaussian)]


def checked_kernels(kernels):
    """The candidates of a parameter `kernels`.

    Raises
    ------
    ValueError
        For what is no kernel object.
    """
    if any(kernel is None or isinstance(kernel, str) for kernel in kernels):
        raise ValueError("kernels must be kernel objects.")
    return kernels
