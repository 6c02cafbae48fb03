"""The protocol of every kernel: a call, `fill` into any array, the diagonal, the estimators."""

import math
from itertools import product

import numpy as np
import pytest
from scipy import sparse
from test_convolution import KERNELS as CONVOLUTIONAL
from test_convolution import SHAPE
from test_kernel_properties import KERNELS as DENSE

from sklearn_ntk import KernelRegressor
from sklearn_ntk.kernels import NNGP, NTK, ConvNNGP, ConvNTK, Laplace
from sklearn_ntk.kernels.activations import Sign, Step

every_kernel = pytest.mark.parametrize("kernel", DENSE + CONVOLUTIONAL, ids=repr)
one_of_each = pytest.mark.parametrize(
    "kernel", [NTK(), NNGP(), ConvNTK(SHAPE), ConvNNGP(SHAPE), Laplace(2.0)], ids=repr
)


@pytest.fixture
def rows(rng):
    X = rng.standard_normal((150, np.prod(SHAPE)))
    return np.where(X > 0.3, X, 0)  # sparse where a test wants it so


def blank(shape, dtype=np.float64):
    """Arrays that a kernel may be asked to fill: contiguous, transposed, part of another."""
    yield np.full(shape, np.nan, dtype)
    yield np.full(shape[::-1], np.nan, dtype).T
    yield np.full((2 * shape[0], 2 * shape[1] + 1), np.nan, dtype)[::2, 1::2]


@every_kernel
def test_fill_of_a_rectangle(kernel, rows):
    square = kernel(rows)
    tolerance = 1e-12 * square.diagonal().max()
    for container, (n, m) in product(
        [np.asarray, sparse.csr_array], [(12, 5), (5, 12), (9, 9), (135, 15)]
    ):
        X, Z = container(rows[:n]), container(rows[-m:])
        K = kernel(X, Z)
        np.testing.assert_allclose(K, square[:n, -m:], rtol=0, atol=tolerance)
        for out in blank((n, m)):
            kernel.fill(X, Z, out)
            # Sums may be taken in another order, in memory that begins elsewhere.
            np.testing.assert_allclose(out, K, rtol=0, atol=tolerance / 100)


@every_kernel
def test_fill_of_a_square(kernel, rows):
    square = kernel(rows)
    for out in blank(square.shape):
        kernel.fill(rows, None, out)
        assert np.array_equal(out, out.T)
        np.testing.assert_allclose(out, square, rtol=0, atol=1e-14 * square.diagonal().max())
        assert np.array_equal(out.diagonal(), kernel.diag(rows))


@every_kernel
def test_fill_of_float32_rounds_float64_values_once(kernel, rows):
    for X, Z in (rows[:12], rows[-5:]), (rows[:5], rows[-12:]), (rows, None):
        K = kernel(X, Z).astype(np.float32)
        for out in blank(K.shape, np.float32):
            kernel.fill(X, Z, out)
            assert np.array_equal(out, K)


@every_kernel
def test_product(kernel, rows, rng):
    X, Z = rows[:9], rows[4:24]
    V = rng.standard_normal((len(Z), 2))
    expected = kernel(X, Z) @ V
    atol = 1e-13 * np.abs(expected).max()  # of the additions
    for n_jobs in 1, 2:
        product = kernel.product(X, Z, V, n_jobs)
        np.testing.assert_allclose(product, expected, rtol=0, atol=atol)
        np.testing.assert_allclose(kernel.product(X, Z, V[:, 1]), product[:, 1], rtol=0, atol=atol)
    square = kernel(Z) @ V
    atol = 1e-13 * np.abs(square).max()
    np.testing.assert_allclose(kernel.product(Z, None, V), square, rtol=0, atol=atol)
    with pytest.raises(ValueError, match="V has shape"):
        kernel.product(X, Z, V[1:])


def test_products_of_many_tiles(rng):
    X, V = rng.standard_normal((1500, 5)), rng.standard_normal((1500, 2))
    kernel = NTK(2)
    K = kernel(X)
    expected = np.array([[math.fsum(row * v) for v in V.T] for row in K[::100]])
    for n_jobs in 1, 2, 3:
        square, wide = kernel.product(X, None, V, n_jobs), kernel.product(X[:300], X, V, n_jobs)
        atol = 1e-14 * np.abs(K).sum(axis=1).max()
        np.testing.assert_allclose(square[::100], expected, rtol=0, atol=atol)
        np.testing.assert_allclose(wide[::100], expected[:3], rtol=0, atol=atol)
        assert np.array_equal(square, kernel.product(X, None, V, n_jobs))


@every_kernel
@pytest.mark.parametrize("n", [5, 12])
def test_regression(kernel, n, rows):
    X, Z = rows[:n], rows[n:17]
    K, y = kernel(rows[:17]), np.sin(np.arange(n))
    expected = K[n:, :n] @ np.linalg.solve(K[:n, :n] + 0.1 * np.eye(n), y)
    model = KernelRegressor(kernel, alpha=0.1, normalize_y=False).fit(X, y)
    np.testing.assert_allclose(model.predict(Z), expected, rtol=1e-8, atol=1e-10)


@one_of_each
def test_wrong_rows(kernel, rows):
    for evaluate in kernel, kernel.diag, lambda X: kernel(rows, X):
        with pytest.raises(ValueError, match="contains NaN"):
            evaluate(np.full((2, rows.shape[1]), np.nan))
        with pytest.raises(ValueError, match=r"3 dimensions.* X\.reshape\(len\(X\), -1\)"):
            evaluate(np.zeros((2, 5, 8)))
    with pytest.raises(ValueError, match="only defined for Y=None"):
        kernel(rows, rows, eval_gradient=True)
    with pytest.raises(ValueError, match=r"out has shape \(2, 150\), must be \(150, 2\)"):
        kernel.fill(rows, rows[:2], np.empty((2, 150)))


@one_of_each
def test_rows_in_lists(kernel, rows):
    X = rows[:3].tolist()
    assert np.array_equal(kernel(X), kernel(rows[:3]))
    assert np.array_equal(kernel.diag(X), kernel.diag(rows[:3]))


@pytest.mark.parametrize(
    "kernel",
    [
        ConvNTK(SHAPE, 2, weight_variance=100.0),
        ConvNTK(SHAPE, 2, activation="tanh"),
        ConvNNGP(SHAPE, 2, activation="mish", readout="average"),
        ConvNNGP(SHAPE, 1, activation=Sign()),
        ConvNNGP(SHAPE, 3, activation=Step(), pooling=2),
        ConvNTK(SHAPE, 2, activation=np.cos),
    ],
    ids=repr,
)
@pytest.mark.parametrize("size", [1e160, 1e308])
def test_overflow_of_any_layer_is_an_error_with_advice(kernel, size, rows):
    # A nonlinearity is never asked about an infinite variance, which may say something else.
    rows[3] *= size / np.abs(rows[3]).max()
    for evaluate in kernel, kernel.diag, lambda X: kernel(rows[:2], X):
        with pytest.raises(ValueError, match=r"overflows on row 3.* between 0 and 1"):
            evaluate(rows[:6])


def test_repr_names_what_differs_from_the_defaults():
    common = "activation='relu', weight_variance=2, "
    assert repr(NTK()) == f"NTK(depth=3, {common}bias_variance=1)"
    assert repr(NTK(2, layer_norm=True, frozen_layers=1, bias_variance_bounds="fixed")) == (
        f"NTK(depth=2, {common}bias_variance=1, layer_norm=True, frozen_layers=1)"
    )
    assert repr(NNGP(np.int64(2), weight_variance=np.float64(1) / 3, residual=True)) == (
        "NNGP(depth=2, activation='relu', weight_variance=0.333, bias_variance=1, residual=True)"
    )
    assert repr(ConvNNGP(np.array([8, 8]), filter_size=5, readout="average")) == (
        f"ConvNNGP(image_shape=[8 8], depth=3, {common}bias_variance=0, filter_size=5, "
        "readout='average')"
    )
    assert repr(Laplace(2 / 3)) == "Laplace(length_scale=0.667)"
