"""Derivatives by inputs against central differences of the kernels themselves."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.gaussian_process.kernels import (
    RBF,
    ConstantKernel,
    DotProduct,
    Matern,
    RationalQuadratic,
    WhiteKernel,
)
from test_kernel_properties import KERNELS

from sklearn_ntk.kernels import (
    NNGP,
    NTK,
    ConvNTK,
    Laplace,
    ProductLaplace,
    Scaled,
    input_gradient,
)
from sklearn_ntk.kernels.activations import ACTIVATIONS, Erf, Sign, Step, get_activation


def tangent(name):
    """The activation, with a surrogate if it has no derivative."""
    return {"sign": Sign(surrogate=Erf()), "step": Step(surrogate=Erf())}.get(name, name)


NAMES = sorted(ACTIVATIONS.keys() - {"exp"})
NETWORKS = [
    *(NTK(2, activation=tangent(name), weight_variance=0.7) for name in NAMES),
    *(NNGP(2, activation=name, weight_variance=0.7) for name in NAMES),
    NTK(1, activation="exp", weight_variance=0.2),  # it overflows elsewhere
    NNGP(1, activation="exp", weight_variance=0.2),
    NTK(1, bias_variance=0.0),
    NTK(3, layer_norm=True),
    NTK(4, residual=True, activation="gelu"),
    NTK(3, residual=True, layer_norm=True, activation="erf"),
    NTK(2, parameterization="standard", width=50),
    NTK(3, frozen_layers=2, bias_variance=0.0),
    NNGP(3, layer_norm=True, bias_variance=0.0),
    NNGP(3, residual=True),
]
OTHERS = [
    Laplace(1.3),
    Laplace(2.0, exponent=0.4),
    Laplace(2.0, exponent=1.6),
    Laplace(2.0, exponent=2.0),
    *(ProductLaplace(2.0, exponent=exponent) for exponent in (0.5, 0.8, 1.0, 1.5, 1.7, 2.0)),
    RBF(1.7),
    *(Matern(1.7, nu=nu) for nu in (0.5, 1.5, 2.5, np.inf)),
    2.0 * RBF(1.7) + NTK(2) * Matern(2.0, nu=1.5) + WhiteKernel() + ConstantKernel(3.0),
    NNGP(1) ** 3.0,
    NTK(1) + 0.5 * ProductLaplace(3.0),
    ProductLaplace(3.0, exponent=1.5) * NNGP(1) + ProductLaplace(2.0) ** 2.0,
    Scaled(NTK(2), [0.5, 2.0, 0.0]) + Scaled(RBF(1.7) * Laplace(2.0), 0.7),
]
every_kernel = pytest.mark.parametrize("kernel", NETWORKS + OTHERS, ids=repr)


def tolerance(kernel):
    """1e-6, but for series that are cut off: a derivative does not see where."""
    return {"selu": 1e-3, "elu": 1e-5}.get(getattr(kernel, "activation", None), 1e-6)


def central_differences(kernel, X, Z, C, step=1e-5):
    def slope(direction):
        # Richardson's extrapolation of two central differences.
        f = [kernel(X + s * direction, Z) @ C for s in (step, -step, 2 * step, -2 * step)]
        return (8 * (f[0] - f[1]) - (f[2] - f[3])) / (12 * step)

    return np.stack([slope(direction) for direction in np.eye(X.shape[1])], axis=1)


@every_kernel
def test_against_central_differences(kernel, rng):
    X, Z = rng.standard_normal((7, 3)), rng.standard_normal((11, 3))
    C = rng.standard_normal((11, 2))
    expected = central_differences(kernel, X, Z, C)
    gradient = input_gradient(kernel, X, Z, C)
    assert gradient.shape == (7, 3, 2)
    atol = tolerance(kernel) * np.abs(expected).max()
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=atol)
    one = input_gradient(kernel, X, Z, C[:, 1])
    np.testing.assert_allclose(one, gradient[..., 1], rtol=0, atol=1e-13 * np.abs(gradient).max())


@pytest.mark.parametrize("kernel", NETWORKS + OTHERS[:15], ids=repr)
def test_duplicates_and_antipodes(kernel, rng):
    """A central difference is the mean of the two sides, at kinks and jumps as well."""
    Z = rng.standard_normal((9, 3))
    X, C = np.vstack([Z[:2], -Z[2:4]]), rng.standard_normal((9, 1))
    if isinstance(get_activation(getattr(kernel, "activation", "relu")), Sign | Step):
        # Of sqrt(t), the differences of which have errors like sqrt(step).
        assert np.isfinite(input_gradient(kernel, X, Z, C)).all()
        return
    # Next to a kink the curvature has two sides, too, and differences an error of first order.
    expected = central_differences(kernel, X, Z, C, step=1e-6)
    gradient = input_gradient(kernel, X, Z, C)
    atol = tolerance(kernel) * np.abs(expected).max()
    # Of the flattest functions that is less than the last digit of values over the step.
    atol += np.finfo(float).eps * np.max(np.abs(kernel(X, Z)) @ np.abs(C)) / 1e-6
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=atol)


@every_kernel
@pytest.mark.parametrize("size", [1.0, 1e-9])
def test_rows_of_zeros_and_rows_close_together_are_finite(kernel, rng, size):
    X = size * rng.standard_normal((6, 3))
    X[1], X[2], X[3] = X[0], 3 * X[0], -X[0]
    X[4], X[5] = 0, X[0] * (1 + 1e-16)
    gradient = input_gradient(kernel, X, X, np.ones(6))
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("kernel", KERNELS, ids=repr)
def test_rows_of_any_norm_are_finite(kernel, rng):
    rows = rng.standard_normal((4, 4))
    X = np.vstack([rows, 1e-150 * rows, 1e150 * rows, np.zeros((1, 4)), -3 * rows[:2]])
    if hasattr(kernel, "fill_partials"):
        partials = np.empty((2, len(X), len(X)))
        kernel.fill_partials(X, X, *partials)
        assert np.isfinite(partials).all()
    assert np.isfinite(input_gradient(kernel, X, X, np.ones(len(X)))).all()


@pytest.mark.parametrize("activation", ["identity", "erf", "gelu", "sin", "tanh", "rbf"])
def test_rows_of_zeros_without_biases(activation, rng):
    """Smooth activations have a derivative there, as for rows that are nearly zero."""
    Z, C = rng.standard_normal((8, 3)), rng.standard_normal(8)
    X = np.zeros((1, 3))
    for kernel in (kind(2, activation=activation, bias_variance=0.0) for kind in (NTK, NNGP)):
        expected = central_differences(kernel, X, Z, C[:, np.newaxis], step=1e-4)[..., 0]
        gradient = input_gradient(kernel, X, Z, C)
        np.testing.assert_allclose(gradient, expected, atol=1e-7 * np.abs(C).sum())
        # And by a row next to one of zeros.
        gradient = input_gradient(kernel, Z[:1], X, [1.0])
        expected = central_differences(kernel, Z[:1], X, np.ones((1, 1)))[..., 0]
        np.testing.assert_allclose(gradient, expected, atol=1e-8)


@pytest.mark.parametrize("kernel", [NTK(2), Laplace(1.5), Laplace(1.5) * NNGP(1)], ids=repr)
def test_nearly_coincident_rows(kernel, rng):
    """The direction between two rows, which the inner product does not know, has unit weight."""
    Z = rng.standard_normal((1, 3))
    offset = rng.standard_normal((1, 3))
    offset -= (offset @ Z.T) / (Z @ Z.T) * Z
    near, far = (input_gradient(kernel, Z + gap * offset, Z, [1.0]) for gap in (1e-7, 1e-5))
    np.testing.assert_allclose(near, far, atol=1e-4 * np.abs(far).max())


@pytest.mark.parametrize(
    "kernel",
    [NTK(2), Laplace(1.5), RBF() * NNGP(1), Matern(), ProductLaplace(2.0, exponent=1.4)],
    ids=repr,
)
def test_sparse_rows_chunks_and_threads(kernel, rng):
    X = rng.standard_normal((300, 6)) * (rng.uniform(size=(300, 6)) < 0.4)
    Z = rng.standard_normal((40, 6)) * (rng.uniform(size=(40, 6)) < 0.4)
    C = rng.standard_normal((40, 2))
    expected = input_gradient(kernel, X, Z, C)
    atol = 1e-12 * np.abs(expected).max()
    for x, z in [
        (sparse.csr_array(X), Z),
        (X, sparse.csr_array(Z)),
        (sparse.csc_array(X), sparse.csr_matrix(Z)),
    ]:
        np.testing.assert_allclose(input_gradient(kernel, x, z, C), expected, rtol=0, atol=atol)
    rows = [input_gradient(kernel, X[i : i + 1], Z, C, n_jobs=1)[0] for i in range(0, 300, 37)]
    np.testing.assert_allclose(rows, expected[::37], rtol=0, atol=atol)
    np.testing.assert_allclose(
        input_gradient(kernel, X, Z, C, n_jobs=2), expected, rtol=0, atol=atol
    )


@pytest.mark.parametrize("kernel", [NTK(2), NNGP(2, activation="erf"), Laplace()], ids=repr)
def test_partials_are_those_of_the_arguments(kernel, rng):
    """<x, z> and ||x||^2 move one at a time, in rows with a dimension of their own for each."""
    x, z = np.array([[0.7, 0.4, 0.0]]), np.array([[1.1, 0.0, 0.0]])
    P, N = np.empty((2, 1, 1))
    kernel.fill_partials(x, z, P, N)
    step = 1e-6
    along = [kernel([[0.7 + s, np.sqrt(0.65 - (0.7 + s) ** 2), 0.0]], z) for s in (step, -step)]
    assert P[0, 0] == pytest.approx((along[0] - along[1])[0, 0] / (2 * step * 1.1), rel=1e-7)
    across = [kernel([[0.7, np.sqrt(0.16 + s), 0.0]], z) for s in (step, -step)]
    assert N[0, 0] == pytest.approx((across[0] - across[1])[0, 0] / (2 * step), rel=1e-7)


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (ConvNTK((2, 2)), "known for ConvNTK"),
        (RationalQuadratic(), "known for RationalQuadratic"),
        (DotProduct() + RBF(), "known for DotProduct"),
        (RBF([1.0, 2.0, 1.0, 1.0]), "RBF with several length scales"),
        (Matern(nu=0.7), "Matern with nu=0.7"),
    ],
)
def test_other_kernels_say_so(kernel, message):
    with pytest.raises(NotImplementedError, match=message):
        input_gradient(kernel, np.eye(4), np.eye(4), np.ones(4))


def test_wrong_coefficients():
    with pytest.raises(ValueError, match=r"C has shape \(3,\), must be \(2,\) or \(2, k\)"):
        input_gradient(NTK(), np.eye(2), np.eye(2), np.ones(3))
    with pytest.raises(ValueError, match="X has 2 features but Y has 3"):
        input_gradient(NTK(), np.eye(2), np.eye(3), np.ones(3))
