"""Scales of columns: values, and derivatives by all of them at once."""

import tracemalloc

import numpy as np
import pytest
from joblib import parallel_config
from scipy import sparse
from sklearn.base import clone
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import (
    RBF,
    ConstantKernel,
    Matern,
    RationalQuadratic,
    WhiteKernel,
)

from sklearn_ntk import KernelRegressor
from sklearn_ntk.kernels import (
    NNGP,
    NTK,
    Laplace,
    ProductLaplace,
    Projected,
    Scaled,
    input_gradient,
    theta_gradient,
)
from sklearn_ntk.kernels._scale import at_scale

SCALES = np.array([0.5, 1.0, 2.0, 0.3])
INNER = [
    NTK(3),
    NNGP(2, activation="erf"),
    Laplace(2.0),
    Laplace(2.0, exponent=1.5),
    ProductLaplace(2.0),
    ProductLaplace(2.0, exponent=0.5),
    RBF(2.0),
    Matern(2.0, nu=1.5),
    ConstantKernel(2.0) * Laplace(1.0) + NTK(1),
    Matern(1.0, nu=2.5) ** 2 + WhiteKernel(0.3),
]
OUTER = [
    ConstantKernel(2.0) * Scaled(Laplace(2.0, length_scale_bounds="fixed"), SCALES) + WhiteKernel(),
    Scaled(NTK(1), SCALES) * Scaled(RBF(1.0), 0.4) + RationalQuadratic(),
    Scaled(RBF(1.3), SCALES) ** 2.0,
    Scaled(NNGP(1), SCALES, scales_bounds="fixed"),
]
every_kernel = pytest.mark.parametrize("kernel", INNER, ids=repr)


@pytest.fixture
def rows(rng):
    """Some are equal, and the last column is constant."""
    X = rng.standard_normal((70, 4))
    X[11] = X[12]
    X[:, 3] = 1.5
    return X


@every_kernel
@pytest.mark.parametrize("scales", [SCALES, [0.5, 1.0, 0.0, 0.3], 0.7])
def test_values_are_those_of_scaled_rows(kernel, scales, rows):
    ours, U = Scaled(kernel, scales), rows * scales
    np.testing.assert_allclose(ours(rows), kernel(U), rtol=1e-13)
    np.testing.assert_allclose(ours(rows, rows[:9]), kernel(U, U[:9]), rtol=1e-13)
    np.testing.assert_allclose(ours.diag(rows), kernel.diag(U), rtol=1e-13)
    X = sparse.csr_array(rows)
    np.testing.assert_allclose(ours(X), kernel(U), rtol=1e-12)
    np.testing.assert_allclose(ours(X[:9], X), kernel(U[:9], U), rtol=1e-12)
    V = np.linspace(-1, 1, 70)
    np.testing.assert_allclose(ours.product(rows, None, V), kernel(U) @ V, rtol=1e-12, atol=1e-13)


@every_kernel
@pytest.mark.parametrize("scales", [SCALES, 0.7])
def test_derivatives_against_central_differences(kernel, scales, rows):
    kernel = Scaled(kernel, scales)
    _, gradient = kernel(rows, eval_gradient=True)
    for k, step in enumerate(1e-4 * np.eye(kernel.n_dims)):
        K = [kernel.clone_with_theta(kernel.theta + f * step)(rows) for f in (1, -1, 2, -2)]
        expected = (8 * (K[0] - K[1]) - (K[2] - K[3])) / 12e-4
        atol = 1e-9 * np.abs(K[0]).max()
        np.testing.assert_allclose(gradient[..., k], expected, rtol=0, atol=atol)


@pytest.mark.parametrize("kernel", [Scaled(k, SCALES) for k in INNER] + OUTER, ids=repr)
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_contraction_is_that_of_all_derivatives(kernel, container, rng):
    """Over several blocks of rows; what is above the diagonal is not read."""
    X, G = rng.standard_normal((300, 4)), rng.standard_normal((300, 300))
    X[11], X[290], X[:, 3] = X[12], X[13], 1.5
    G += G.T
    expected = np.einsum("ij,ijk->k", G, kernel(X, eval_gradient=True)[1])
    size = np.einsum("ij,ijk->k", np.abs(G), np.abs(kernel(X, eval_gradient=True)[1]))
    found = theta_gradient(kernel, container(X), np.tril(G), n_jobs=2)
    # Derivatives of series and of close pairs are known to fewer digits than sums of products.
    assert np.abs(found - expected).max() < 1e-10 * size.max()


def test_contraction_holds_no_array_for_each_scale(rng):
    X, G = rng.standard_normal((1200, 40)), rng.standard_normal((1200, 1200))
    kernel = Scaled(Laplace(9.0), np.ones(40))
    tracemalloc.start()
    with parallel_config(n_jobs=1):
        theta_gradient(kernel, X, G)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < G.nbytes


def test_columns_far_from_the_origin(rng):
    """The distances of rows do not see where they are, nor should the derivatives."""
    X, G = rng.standard_normal((50, 4)), np.ones((50, 50))
    kernel = Scaled(Laplace(2.0), SCALES)
    expected = theta_gradient(kernel, X, G)
    np.testing.assert_allclose(theta_gradient(kernel, X + 1e6, G), expected, rtol=1e-8)


def test_hyperparameters():
    kernel = Scaled(Laplace(2.0), SCALES)
    names = [h.name for h in kernel.hyperparameters]
    assert names == sorted(names) == ["kernel__length_scale", "scales"]
    np.testing.assert_allclose(kernel.theta, np.log([2.0, *SCALES]))
    assert kernel.bounds.shape == (5, 2)
    moved = kernel.clone_with_theta(np.zeros(5))
    assert moved.kernel.length_scale == 1
    assert np.array_equal(moved.scales, np.ones(4))
    assert kernel.scales is SCALES
    assert clone(kernel).get_params()["kernel__length_scale"] == 2.0
    assert Scaled(Laplace(2.0), SCALES, "fixed").n_dims == 1
    assert repr(kernel) == "Scaled(Laplace(length_scale=2), scales=[0.5 1.  2.  0.3])"
    assert "scales=[1. 1. 1. ... 1. 1. 1.])" in repr(Scaled(Laplace(2.0), np.ones(30)))
    with pytest.raises(ValueError, match=r"5 free hyperparameters \(kernel__length_scale, scales"):
        kernel.theta = np.zeros(2)


def test_gaussian_process_regressor(rng):
    """scikit-learn's own kernel with a length scale for each column is the reference."""
    X = rng.standard_normal((60, 4))
    y = np.sin(2 * X[:, 0]) + 0.1 * rng.standard_normal(60)
    wide = (1e-8, 1e8)  # or it warns of the columns that mean nothing
    inner, noise = Laplace(1.0, length_scale_bounds="fixed"), WhiteKernel(0.1)
    ours = GaussianProcessRegressor(Scaled(inner, np.ones(4), wide) + noise).fit(X, y)
    theirs = GaussianProcessRegressor(Matern(np.ones(4), wide, nu=0.5) + noise).fit(X, y)
    likelihood = ours.log_marginal_likelihood_value_
    assert likelihood == pytest.approx(theirs.log_marginal_likelihood_value_, abs=1e-4)
    length = theirs.kernel_.k1.length_scale[0]
    np.testing.assert_allclose(1 / ours.kernel_.k1.scales[0], length, rtol=1e-3)


def test_measured_lengths_are_those_of_scaled_rows(rng):
    X = rng.standard_normal((40, 4))
    found = at_scale(2.0 * Scaled(Laplace("scale"), SCALES), X)
    assert found.k2.kernel.length_scale == pytest.approx(Laplace().scale(X * SCALES))
    model = KernelRegressor(Scaled(Laplace("scale"), SCALES)).fit(X, X[:, 0])
    plain = KernelRegressor(Laplace("scale")).fit(X * SCALES, X[:, 0])
    np.testing.assert_allclose(model.predict(X), plain.predict(X * SCALES), rtol=1e-10)
    np.testing.assert_allclose(model.gradient(X), plain.gradient(X * SCALES) * SCALES, rtol=1e-9)


@pytest.mark.parametrize(
    ("scales", "message"),
    [
        ([1.0, 2.0], r"scales has shape \(2,\), but rows have 4 features"),
        ([1.0, 2.0, -1.0, 1.0], "must be finite and 0 or more"),
        (np.nan, "must be finite and 0 or more"),
    ],
)
def test_wrong_scales(scales, message, rows):
    with pytest.raises(ValueError, match=message):
        Scaled(Laplace(), scales)(rows)


def test_wrong_weights(rows):
    with pytest.raises(ValueError, match=r"G has shape \(3, 3\), must be \(70, 70\)"):
        theta_gradient(Scaled(Laplace(), SCALES), rows, np.ones((3, 3)))
    with pytest.raises(NotImplementedError, match="RationalQuadratic"):
        theta_gradient(Scaled(RationalQuadratic(), SCALES), rows, np.ones((70, 70)))


@every_kernel
def test_projected_rows(kernel, rows, rng):
    """A diagonal matrix is a scale for each column; any other is rows that are mapped before."""
    R = rng.standard_normal((4, 3))
    ours, U = Projected(kernel, R), rows @ R
    # Of rows on a line, as some kernels are, products round otherwise in another order.
    atol = 1e-13 * np.abs(kernel(U)).max()
    for X in rows, sparse.csr_array(rows):
        np.testing.assert_allclose(ours(X), kernel(U), rtol=1e-11, atol=atol)
        np.testing.assert_allclose(ours(X, X[:9]), kernel(U, U[:9]), rtol=1e-11, atol=atol)
        np.testing.assert_allclose(ours.diag(X), kernel.diag(U), rtol=1e-12)
    C = rng.standard_normal((70, 2))
    expected = np.einsum("nek,de->ndk", input_gradient(kernel, U, U, C), R)
    found = input_gradient(ours, rows, rows, C)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10 * np.abs(expected).max())
    G = rng.standard_normal((70, 70))
    G += G.T
    size = np.abs(theta_gradient(kernel, U, G)).max()
    np.testing.assert_allclose(
        theta_gradient(ours, rows, G), theta_gradient(kernel, U, G), rtol=0, atol=1e-9 * size
    )
    diagonal = Projected(kernel, np.diag(SCALES))
    np.testing.assert_allclose(diagonal(rows), Scaled(kernel, SCALES)(rows), rtol=1e-11, atol=atol)


def test_wrong_projections(rows):
    with pytest.raises(ValueError, match=r"projection has shape \(2, 2\).* be \(4, n_directions\)"):
        Projected(Laplace(), np.eye(2))(rows)
    with pytest.raises(ValueError, match="not finite"):
        Projected(Laplace(), np.full((4, 1), np.inf))(rows)
    assert repr(Projected(Laplace(2.0), np.eye(4))) == (
        "Projected(Laplace(length_scale=2), projection=<array of shape (4, 4)>)"
    )
