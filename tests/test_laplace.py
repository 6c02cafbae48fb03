"""Laplace at any scale, the length scale of LaplaceKernel, and the estimator as a kernel."""

import mpmath
import numpy as np
import pytest
from scipy import sparse

from sklearn_ntk import LaplaceKernel
from sklearn_ntk.kernels import Laplace


def exact_values(X, length_scale, exponent):
    """The kernel matrix and its derivative by log(length_scale), from 90 digits."""
    K, gradient = np.empty((2, len(X), len(X)))
    with mpmath.workprec(300):
        for i, j in np.ndindex(K.shape):
            pairs = zip(X[i].tolist(), X[j].tolist(), strict=True)
            distance = mpmath.norm([mpmath.mpf(x) - mpmath.mpf(z) for x, z in pairs])
            power = (distance / mpmath.mpf(length_scale)) ** mpmath.mpf(exponent)
            power = min(power, 1000)  # K is 0 in float64 from here on, and mpmath needs no hours
            K[i, j] = mpmath.exp(-power)
            gradient[i, j] = exponent * power * mpmath.exp(-power)
    return K, gradient


def extreme_rows(rng):
    """Rows of one size, with duplicates near and exact, for all sizes; then all at once."""
    X = rng.uniform(-1, 1, (4, 2))
    near = X[:1] * (1 + 1e-9), X[1:2] * (1 + 2**-52), X[2:3], np.zeros((1, 2))
    X = np.vstack([X, *near])
    sizes = [1e-320, 1e-309, 1e-170, 1e-155, 1.0, 1e100, 1e155, 1e160, 1e308]
    yield from (size * X for size in sizes)
    yield np.vstack([[-1.7e308, 1.7e308], *[size * X[4:7] for size in sizes]])


@pytest.mark.parametrize(
    "length_scale", [5e-324, 1e-309, 1e-170, 1e-155, 1e-20, 1.0, 1e100, 1e160, 1e308]
)
@pytest.mark.parametrize("exponent", [0.05, 1.0, 1.7, 2.0])
def test_values_at_any_scale(rng, length_scale, exponent):
    kernel = Laplace(length_scale, exponent=exponent)
    for X in extreme_rows(rng):
        expected, expected_gradient = exact_values(X, length_scale, exponent)
        K, gradient = kernel(X, eval_gradient=True)
        assert np.array_equal(K.diagonal(), np.ones(len(X)))
        # A squared distance from inner products is right to some 1e-16 / CLOSE of itself; an
        # error of the power is one of at most 0.37 as much in K, and of 2 as much in its slope.
        tolerance = {"rtol": 0, "atol": 1e-12}
        np.testing.assert_allclose(K, expected, **tolerance)
        np.testing.assert_allclose(gradient[..., 0], expected_gradient, **tolerance)
        rows = sparse.csr_array(X)
        np.testing.assert_allclose(kernel(rows), expected, **tolerance)
        np.testing.assert_allclose(kernel(rows[:3], X), expected[:3], **tolerance)
        np.testing.assert_allclose(kernel(X, X[5:]), expected[:, 5:], **tolerance)


@pytest.mark.parametrize("offset", [1e3, 1e9, 1e15])
def test_rows_far_from_the_origin(rng, offset):
    X = offset + 1e-12 * offset * rng.standard_normal((5, 3)).round(3)
    kernel = Laplace(3e-12 * offset, exponent=0.3)
    distance = np.linalg.norm(X[:, np.newaxis] - X, axis=-1)  # subtraction is exact
    expected = np.exp(-((distance / kernel.length_scale) ** 0.3))
    np.testing.assert_allclose(kernel(X), expected, rtol=1e-12)
    np.testing.assert_allclose(kernel(X, X.copy()), expected, rtol=1e-12)


def test_small_powers_keep_their_digits():
    # K rounds to 1, but its derivative does not round to 0.
    X = np.array([[0.0], [1e-30]])
    gradient = Laplace()(X, eval_gradient=True)[1][..., 0]
    np.testing.assert_allclose(gradient, [[0, 1e-30], [1e-30, 0]], rtol=1e-12)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_distances_beyond_the_largest_number(container):
    # In many columns even rows that count as close may differ by more than 1.8e308.
    X = np.full((2, 20_000), 1.7e308)
    X[:, ::2] *= -1
    X[1, 0] = 1.7e308
    expected = [[1, np.exp(-3.4)], [np.exp(-3.4), 1]]
    np.testing.assert_allclose(Laplace(1e308)(container(X)), expected, rtol=1e-12)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("weighted", [True, False])
def test_scale_is_four_root_mean_square_distances(rng, container, dtype, weighted):
    X = (rng.standard_normal((40, 3)) * [1, 5, 0.1] + 2).astype(dtype)
    weight = rng.integers(1, 4, 40) if weighted else np.ones(40, dtype=int)
    rows = np.repeat(X, weight, axis=0)
    squared = np.sum((rows[:, np.newaxis] - rows) ** 2, axis=2, dtype=np.float64)
    model = LaplaceKernel().fit(container(X), X[:, 0], sample_weight=weight)
    assert model.kernel_.length_scale == pytest.approx(4 * np.sqrt(squared.mean()), rel=1e-5)


def test_scale_of_equal_rows():
    assert LaplaceKernel().fit(np.ones((4, 2)), np.arange(4.0)).kernel_.length_scale == 4


def test_call(rng):
    X, Z = rng.standard_normal((30, 3)), rng.standard_normal((20, 3))
    scale = 2 * np.sqrt(2 * Z.var(axis=0).sum())
    estimator = LaplaceKernel(exponent=1.5)
    expected = Laplace(scale, exponent=1.5)
    np.testing.assert_allclose(estimator(X, Z), expected(X, Z), rtol=1e-12)
    np.testing.assert_allclose(estimator(Z), expected(Z), rtol=1e-12)
    np.testing.assert_allclose(LaplaceKernel(2.0)(X, Z), Laplace(2.0)(X, Z), rtol=1e-12)
    # A fitted estimator is the kernel of its own model.
    estimator.fit(X, X[:, 0])
    np.testing.assert_allclose(estimator(X, Z), estimator.kernel_(X, Z), rtol=1e-12)


def test_call_on_wrong_input():
    with pytest.raises(ValueError, match=r"sklearn_ntk\.kernels\.Laplace"):
        LaplaceKernel()([1.0, 2.0], [3.0, 4.0])
    with pytest.raises(ValueError, match=r"'exponent' .* Got -1"):
        LaplaceKernel(exponent=-1)(np.eye(2))
