"""ProductLaplace at any scale, sparse rows in pieces, and its gradients where they are singular."""

import mpmath
import numpy as np
import pytest
from scipy import sparse
from test_laplace import extreme_rows

from sklearn_ntk.kernels import Laplace, ProductLaplace, _product_laplace, input_gradient


def exact_values(X, length_scale, exponent):
    """The kernel matrix and its derivative by log(length_scale), from 90 digits."""
    K, gradient = np.empty((2, len(X), len(X)))
    with mpmath.workprec(300):
        for i, j in np.ndindex(K.shape):
            pairs = zip(X[i].tolist(), X[j].tolist(), strict=True)
            differences = [abs(mpmath.mpf(x) - mpmath.mpf(z)) for x, z in pairs]
            terms = [(t / mpmath.mpf(length_scale)) ** mpmath.mpf(exponent) for t in differences]
            power = min(sum(terms), 1000)  # K is 0 in float64 from here on
            K[i, j] = mpmath.exp(-power)
            gradient[i, j] = exponent * power * mpmath.exp(-power)
    return K, gradient


@pytest.mark.parametrize("length_scale", [5e-324, 1e-309, 1e-155, 1e-20, 1.0, 1e155, 1e308])
@pytest.mark.parametrize("exponent", [0.05, 1.0, 1.7, 2.0])
def test_values_at_any_scale(rng, length_scale, exponent):
    kernel = ProductLaplace(length_scale, exponent=exponent)
    for X in extreme_rows(rng):
        expected, expected_gradient = exact_values(X, length_scale, exponent)
        K, gradient = kernel(X, eval_gradient=True)
        assert np.array_equal(K.diagonal(), np.ones(len(X)))
        # As for Laplace: logarithms of extreme ratios are right to 1e-13.
        tolerance = {"rtol": 0, "atol": 1e-12}
        np.testing.assert_allclose(K, expected, **tolerance)
        np.testing.assert_allclose(gradient[..., 0], expected_gradient, **tolerance)
        rows = sparse.csr_array(X)
        np.testing.assert_allclose(kernel(rows), expected, **tolerance)
        np.testing.assert_allclose(kernel(rows[:3], X), expected[:3], **tolerance)
        assert np.isfinite(input_gradient(kernel, X, X[:4], np.zeros(4))).all()


@pytest.mark.parametrize("offset", [1e3, 1e9, 1e15])
def test_rows_far_from_the_origin(rng, offset):
    X = offset + 1e-12 * offset * rng.standard_normal((5, 3)).round(3)
    kernel = ProductLaplace(3e-12 * offset, exponent=0.7)
    difference = np.abs(X[:, np.newaxis] - X)  # subtraction is exact
    expected = np.exp(-np.sum((difference / kernel.length_scale) ** 0.7, axis=2))
    np.testing.assert_allclose(kernel(X), expected, rtol=1e-12)


@pytest.mark.parametrize("exponent", [0.7, 1.0])
def test_sparse_rows_in_pieces(rng, exponent, monkeypatch):
    X = rng.standard_normal((70, 300)) * (rng.uniform(size=(70, 300)) < 0.05)
    X[5:7] = 0
    X = sparse.csr_array(X)
    kernel = ProductLaplace(3.0, exponent=exponent)
    expected = kernel(X.toarray())
    slope = input_gradient(kernel, X.toarray(), X.toarray()[:9], np.ones(9))
    monkeypatch.setattr(_product_laplace, "DENSE", 1000)
    np.testing.assert_allclose(kernel(X), expected, rtol=1e-12)
    np.testing.assert_array_equal(kernel(X[5:7]), np.ones((2, 2)))
    np.testing.assert_allclose(input_gradient(kernel, X, X[:9], np.ones(9)), slope, atol=1e-12)


@pytest.mark.parametrize("exponent", [0.5, 0.9, 1.0, 1.2])
def test_gradient_beside_equal_numbers(exponent):
    """0 in columns that agree, and the formula in columns that nearly do."""
    kernel = ProductLaplace(2.0, exponent=exponent)
    z = np.array([[1.0, -1.0, 0.0]])
    x = np.array([[1.0, 1.0, 1e-30]])
    gradient = input_gradient(kernel, x, z, [1.0])[0]
    slope = -exponent / 2 * np.array([1.0, 5e-31]) ** (exponent - 1) * kernel(x, z)[0, 0]
    np.testing.assert_allclose(gradient, [0, *slope], rtol=1e-12)
    assert not input_gradient(kernel, z, z, [1.0]).any()


def test_exponent_2_is_that_of_laplace(rng):
    X = rng.standard_normal((30, 3))
    product, euclidean = (kind(1.5, exponent=2.0) for kind in (ProductLaplace, Laplace))
    np.testing.assert_array_equal(product(X), euclidean(X))
    assert product.scale(X) == euclidean.scale(X)
