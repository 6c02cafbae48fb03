"""Kernel values against independent implementations."""

import mpmath
import numpy as np
import pytest
from sklearn.gaussian_process.kernels import RBF, Matern
from sklearn.metrics.pairwise import laplacian_kernel

from sklearn_ntk.kernels import NNGP, NTK, Laplace, ProductLaplace

KERNELS = [NNGP, NTK]


def high_precision(kernel, x, z):
    """The recursion of DESIGN, straight from the formulas, with 60 digits."""
    with mpmath.workdps(60):
        x, z = ([mpmath.mpf(float(value)) for value in row] for row in (x, z))
        sw2, sb2 = mpmath.mpf(kernel.weight_variance), mpmath.mpf(kernel.bias_variance)
        a, b, c = (
            sw2 * sum(u * v for u, v in zip(*pair, strict=True)) / len(x) + sb2
            for pair in ((x, x), (z, z), (x, z))
        )
        theta = c
        for _ in range(kernel.depth):
            sine = mpmath.sqrt(max(a * b - c * c, 0))
            rest = mpmath.pi - mpmath.atan2(sine, c)
            a, b = sw2 * a / 2 + sb2, sw2 * b / 2 + sb2
            c = sw2 * (sine + rest * c) / (2 * mpmath.pi) + sb2
            theta = c + sw2 * theta * rest / (2 * mpmath.pi)
        return float(theta if isinstance(kernel, NTK) else c)


@pytest.mark.parametrize("bias_variance", [0.0, 0.3])
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("gap", [1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 3e-3, 1e-2])
@pytest.mark.parametrize("sign", [1, -1])
def test_near_parallel_rows_keep_all_digits(rng, kernel, bias_variance, gap, sign):
    kernel = kernel(3, weight_variance=1.7, bias_variance=bias_variance)
    x = rng.standard_normal((5, 6))
    z = sign * x + gap * rng.standard_normal((5, 6))
    expected = [high_precision(kernel, *pair) for pair in zip(x, z, strict=True)]
    scale = np.sqrt(kernel.diag(x) * kernel.diag(z))
    error = np.abs(np.diag(kernel(x, z)) - expected) / scale
    assert error.max() < 1e-12


@pytest.mark.parametrize("depth", [2, 10, 40])
@pytest.mark.parametrize("bias_variance", [0.0, 0.3])
@pytest.mark.parametrize("kernel", KERNELS)
def test_large_matrices_of_one_angle(rng, kernel, bias_variance, depth):
    """Rows of equal norms, or networks without biases, go through a table, unless few."""
    X = rng.standard_normal((500, 3))
    if bias_variance > 0:
        X /= np.linalg.norm(X, axis=1)[:, np.newaxis]
    kernel = kernel(depth, bias_variance=bias_variance)
    K = kernel(X)
    closest = np.argmax(X @ X[0] - np.eye(500)[0])
    for i, j in [(0, closest), (1, 2), (3, 4), (499, 250), (7, 123)]:
        expected = high_precision(kernel, X[i], X[j])
        assert abs(K[i, j] - expected) < 1e-12 * np.sqrt(K[i, i] * K[j, j])
    assert not np.array_equal(K[:9], kernel(X[:9], X))


@pytest.mark.parametrize("depth", [1, 2, 4])
@pytest.mark.parametrize("fixed", [0, 1, "all"])
def test_convention_of_arora(rng, depth, fixed):
    """The loop of Arora et al. (ICLR 2020), d times ours with weight variance 1."""
    X = rng.standard_normal((20, 5))
    fixed = depth if fixed == "all" else fixed
    S = X @ X.T
    H = np.zeros_like(S)
    for layer in range(depth + 1):
        if fixed <= layer:
            H += S
        P = np.sqrt(np.outer(S.diagonal(), S.diagonal()))
        u = np.clip(S / P, -1, 1)
        K = H.copy()
        S = P * (u * (np.pi - np.arccos(u)) + np.sqrt(1 - u * u)) / (2 * np.pi)
        H = H * (np.pi - np.arccos(u)) / (2 * np.pi)
    arguments = {"weight_variance": 1.0, "bias_variance": 0.0}
    ours = NTK(depth, frozen_layers=fixed, **arguments)(X)
    np.testing.assert_allclose(5 * ours, K, rtol=1e-7)  # its diagonal is a rounded arc cosine
    if fixed == depth:
        # Compiled loops add up layers whose rates are 0 in another order.
        np.testing.assert_allclose(ours, NNGP(depth, **arguments)(X), rtol=1e-14)


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_convention_of_scikit_ntk(rng, depth):
    skntk = pytest.importorskip("skntk", reason="scikit-ntk is not installed")
    X = rng.standard_normal((20, 5))
    ours = 5 / (2 * (depth + 1)) * NTK(depth, weight_variance=2.0, bias_variance=0.0)(X)
    # Its diagonal is an arc cosine of a rounded 1.
    np.testing.assert_allclose(
        skntk.NeuralTangentKernel(depth=depth, bias=0)(X), ours, rtol=1e-7, atol=1e-12
    )


@pytest.mark.parametrize("depth", [1, 3])
def test_convention_of_botorch(rng, depth):
    kernels = pytest.importorskip(
        "botorch.models.kernels.infinite_width_bnn", reason="botorch is not installed"
    )
    import torch

    theirs = kernels.InfiniteWidthBNNKernel(depth=depth).double()
    theirs.weight_var, theirs.bias_var = torch.tensor([1.5]), torch.tensor([0.3])
    X = rng.standard_normal((20, 5))
    ours = NNGP(depth, weight_variance=1.5, bias_variance=0.3)(X)
    values = theirs(torch.as_tensor(X)).to_dense().detach().numpy()
    np.testing.assert_allclose(values, ours, rtol=1e-6)  # parameters pass through float32


@pytest.mark.parametrize("length_scale", [0.3, 2.0])
def test_laplace_is_matern(rng, length_scale):
    X = rng.standard_normal((60, 5)) + 100
    X[1] = X[0] + 1e-7
    Z = np.vstack([X[:3], rng.standard_normal((20, 5))])
    ours, matern = Laplace(length_scale), Matern(length_scale, nu=0.5)
    np.testing.assert_allclose(ours(X), matern(X), rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours(Z, X), matern(Z, X), rtol=0, atol=1e-12)
    _, gradient = ours(X, eval_gradient=True)
    _, expected = matern(X, eval_gradient=True)
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-12)


def test_laplace_with_exponent_2_is_gaussian(rng):
    X = rng.standard_normal((30, 3))
    np.testing.assert_allclose(
        Laplace(1.5, exponent=2.0)(X), RBF(1.5 / np.sqrt(2))(X), rtol=0, atol=1e-13
    )
    distance = np.linalg.norm(X[:, np.newaxis] - X, axis=2)
    np.testing.assert_allclose(
        Laplace(1.5, exponent=0.7)(X), np.exp(-((distance / 1.5) ** 0.7)), rtol=0, atol=1e-13
    )


@pytest.mark.parametrize("exponent", [0.4, 0.5, 1.0, 1.3, 1.5, 2.0])
def test_product_laplace_is_a_product_over_columns(rng, exponent):
    X = np.vstack([rng.standard_normal((200, 5)), np.eye(5), rng.integers(3, size=(9, 5))])
    factors = (Laplace(1.7, exponent=exponent)(X[:, [j]]) for j in range(5))
    expected = np.prod(list(factors), axis=0)
    kernel = ProductLaplace(1.7, exponent=exponent)
    np.testing.assert_allclose(kernel(X), expected, rtol=1e-12)
    np.testing.assert_allclose(kernel(X[:3], X), expected[:3], rtol=1e-12)
    if exponent == 1:
        theirs = laplacian_kernel(X, gamma=1 / 1.7)
        np.testing.assert_allclose(kernel(X), theirs, rtol=1e-12)
