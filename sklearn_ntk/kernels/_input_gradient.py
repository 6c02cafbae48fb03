"""Gradients by inputs of functions sum_i c_i k(x, z_i), streamed tile by tile.

Of a sum they are the sum of those of its terms, and of a product k1 k2 those of each factor with
the values of the other among the coefficients, c_i k2(x, z_i). Every kernel contracts the
derivatives that it has with such coefficients, `contracted`, and never holds all of them.
"""

from functools import singledispatch

import numpy as np
from scipy import sparse
from sklearn.gaussian_process.kernels import (
    RBF,
    ConstantKernel,
    Exponentiation,
    Matern,
    Product,
    Sum,
    WhiteKernel,
)
from sklearn.metrics.pairwise import euclidean_distances

from .._threads import n_threads, thread_map
from ._arrays import GRADIENT_TILE, slices
from ._laplace import Laplace
from ._pairs import check_rows
from ._product_laplace import ProductLaplace
from ._rotation_invariant import RotationInvariant


def input_gradient(kernel, X, Z, C, n_jobs=None):
    """The gradient of x -> sum_i C[i] kernel(x, Z[i]) at each row of X.

    Parameters
    ----------
    kernel : scikit-learn kernel object
        `NTK`, `NNGP`, `Laplace`, `ProductLaplace`, scikit-learn's ConstantKernel, WhiteKernel,
        isotropic RBF and isotropic Matern with nu 0.5, 1.5, 2.5 or inf, and their sums,
        products and powers.
    X : {array-like, sparse matrix} of shape (n, n_features)
        Where to differentiate.
    Z : {array-like, sparse matrix} of shape (m, n_features)
        Rows that the function is made of.
    C : array-like of shape (m,) or (m, k)
        Their coefficients, for one function or several.
    n_jobs : int, default=None
        Threads that share the rows of X; None is as many as BLAS has been given.

    Returns
    -------
    gradient : ndarray of shape (n, n_features) or (n, n_features, k)
        Finite everywhere; at kinks, where x equals a row of Z, the mean of both sides.

    Raises
    ------
    NotImplementedError
        For other kernels, convolutional ones and those with several length scales included.
    ValueError
        If shapes do not agree, or as for a call of the kernel.

    References
    ----------
    Radhakrishnan et al., Mechanism for feature learning in neural networks and
    backpropagation-free machine learning models, Science 2024, for the use of such gradients.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk.kernels import NNGP, input_gradient
    >>> Z = np.eye(2)
    >>> kernel = NNGP(1, activation="identity", weight_variance=1.0)
    >>> input_gradient(kernel, [[0.3, 0.4]], Z, [2.0, 4.0])
    array([[1., 2.]])
    """
    X, Z = check_rows(X, Z)
    C = np.asarray(C, dtype=float)
    if C.ndim not in (1, 2) or len(C) != Z.shape[0]:
        raise ValueError(
            f"C has shape {C.shape}, must be ({Z.shape[0]},) or ({Z.shape[0]}, k): one "
            "coefficient for each row of Z."
        )
    columns = C.reshape(len(C), -1).T
    gradient = np.zeros((len(columns), *X.shape))
    n_rows, n_cols = GRADIENT_TILE

    def fill(rows):
        for cols in slices(Z.shape[0], n_cols):
            gradient[:, rows] += contracted(kernel, X[rows], Z[cols], columns[:, cols], 1.0)

    at_most = -(-X.shape[0] // n_threads(n_jobs))
    thread_map(fill, slices(X.shape[0], max(1, min(n_rows, at_most))), n_jobs)
    return gradient[0] if C.ndim == 1 else np.moveaxis(gradient, 0, -1)


@singledispatch
def contracted(kernel, X, Z, C, factor):
    """sum_i C[k, i] factor[n, i] times the gradient of x -> kernel(x, Z[i]) at X[n].

    Of shape (k, n, d); `factor` is 1 or has the shape (n, m).
    """
    raise NotImplementedError(
        f"No gradient by inputs is known for {type(kernel).__name__}; there is one for NTK, NNGP, "
        "Laplace, ProductLaplace, RBF and Matern with one length scale, and their sums, products "
        "and powers."
    )


@contracted.register
def _(kernel: RotationInvariant, X, Z, C, factor):
    P, N = np.empty((2, X.shape[0], Z.shape[0]))
    kernel.fill_partials(X, Z, P, N)
    return two_products(P, N, X, Z, C, factor)


@contracted.register(ConstantKernel)
@contracted.register(WhiteKernel)  # which is 0 between X and Z
def _(kernel, X, Z, C, factor):
    return np.zeros((len(C), *X.shape))


@contracted.register
def _(kernel: Sum, X, Z, C, factor):
    return contracted(kernel.k1, X, Z, C, factor) + contracted(kernel.k2, X, Z, C, factor)


@contracted.register
def _(kernel: Product, X, Z, C, factor):
    first = contracted(kernel.k1, X, Z, C, factor * values(kernel.k2, X, Z))
    return first + contracted(kernel.k2, X, Z, C, factor * values(kernel.k1, X, Z))


@contracted.register
def _(kernel: Exponentiation, X, Z, C, factor):
    slope = kernel.exponent * values(kernel.kernel, X, Z) ** (kernel.exponent - 1)
    return contracted(kernel.kernel, X, Z, C, factor * slope)


@contracted.register
def _(kernel: ProductLaplace, X, Z, C, factor):
    if kernel.exponent == 2:
        return contracted(Laplace(kernel.length_scale, exponent=2.0), X, Z, C, factor)
    return kernel.contract(X, Z, C, factor)


@contracted.register
def _(kernel: RBF, X, Z, C, factor):
    gaussian = Laplace(np.sqrt(2) * length_scale(kernel), exponent=2.0)
    return contracted(gaussian, X, Z, C, factor)


@contracted.register
def _(kernel: Matern, X, Z, C, factor):
    scale = length_scale(kernel)
    if kernel.nu == np.inf:
        return contracted(RBF(scale), X, Z, C, factor)
    if kernel.nu == 0.5:
        return contracted(Laplace(scale), X, Z, C, factor)
    if kernel.nu not in (1.5, 2.5):
        raise NotImplementedError(
            f"No gradient by inputs is known for Matern with nu={kernel.nu}, only for 0.5, 1.5, "
            "2.5 and inf."
        )
    # With s = sqrt(2 nu) r / length_scale, dk/dr^2 is -nu / length_scale^2 exp(-s) times 1, or
    # (1 + s) / 3 (Rasmussen and Williams 2006, equation 4.17).
    s = np.sqrt(2 * kernel.nu) / scale * euclidean_distances(X, Z)
    by_norm = -kernel.nu / scale**2 * np.exp(-s)
    if kernel.nu == 2.5:
        by_norm *= (1 + s) / 3
    return two_products(-2 * by_norm, by_norm, X, Z, C, factor)


def two_products(P, N, X, Z, C, factor):
    """`contracted` from the derivatives P by <x, z> and N by ||x||^2, which it overwrites.

    The gradient at x is sum_i c_i P_i z_i + 2 (sum_i c_i N_i) x.
    """
    P *= factor
    N *= factor
    X = X.toarray() if sparse.issparse(X) else X
    gradient = np.empty((len(C), *X.shape))
    for total, c in zip(gradient, C, strict=True):
        weighted = sparse.diags_array(c) @ Z if sparse.issparse(Z) else c[:, np.newaxis] * Z
        total[...] = P @ weighted
        total += 2 * (N @ c)[:, np.newaxis] * X
    return gradient


def length_scale(kernel):
    """That of an isotropic kernel."""
    if np.size(kernel.length_scale) > 1:
        raise NotImplementedError(
            f"No gradient by inputs is known for {type(kernel).__name__} with several length "
            "scales: divide the columns by them instead."
        )
    return float(np.ravel(kernel.length_scale)[0])


def values(kernel, X, Z, eval_gradient=False):
    """The kernel matrix; scikit-learn's kernels take dense rows."""
    rows = (side.toarray() if sparse.issparse(side) else side for side in (X, Z))
    return kernel(*rows, eval_gradient=eval_gradient)
