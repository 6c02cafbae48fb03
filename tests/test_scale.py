"""What length_scale="scale" stands for, in kernels, in what is made of them, in estimators."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF

from sklearn_ntk import KernelRegressor, KernelRegressorCV
from sklearn_ntk.kernels import NTK, Laplace, ProductLaplace
from sklearn_ntk.kernels._scale import at_scale

KERNELS = [
    Laplace("scale"),
    Laplace("scale", exponent=0.5),
    *(ProductLaplace("scale", exponent=exponent) for exponent in (0.3, 1.0, 1.5, 2.0)),
]
every_kernel = pytest.mark.parametrize("kernel", KERNELS, ids=repr)


def brute_force(kernel, rows):
    norm = 2 if isinstance(kernel, Laplace) else kernel.exponent
    squares = np.mean((rows[:, np.newaxis] - rows) ** 2, axis=(0, 1))
    return lengths(kernel) * np.sum(squares ** (norm / 2)) ** (1 / norm)


def lengths(kernel):
    return 4 ** (2 - kernel.exponent) if isinstance(kernel, Laplace) else 1


@every_kernel
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array, sparse.csc_matrix])
def test_against_all_pairs(kernel, container, rng):
    X = (rng.standard_normal((40, 4)) * [1, 5, 0.1, 0] + [2, 0, 0, 0.1]).round(2)
    weight = rng.integers(0, 4, 40)
    assert kernel.scale(container(X)) == pytest.approx(brute_force(kernel, X), rel=1e-12)
    repeated = np.repeat(X, weight, axis=0)
    expected = pytest.approx(brute_force(kernel, repeated), rel=1e-12)
    assert kernel.scale(container(X), weight) == expected
    assert kernel.scale(container(X), 1e308 / 3 * weight) == expected


@every_kernel
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_rows_of_any_size(kernel, container, rng):
    X = rng.standard_normal((9, 3))
    expected = kernel.scale(X)
    for size in 2.0**-1000, 2.0**900:
        assert kernel.scale(container(size * X)) == pytest.approx(size * expected, rel=1e-12)
    assert kernel.scale(container(np.full((3, 2), 0.1))) == lengths(kernel)
    X[:, 1] = 0.1
    assert kernel.scale(container(X)) == pytest.approx(kernel.scale(X[:, [0, 2]]), rel=1e-12)


def test_wrong_input():
    with pytest.raises(ValueError, match=r"beyond the largest number.*StandardScaler"):
        ProductLaplace(exponent=0.1).scale(1e300 * np.eye(9))
    with pytest.raises(ValueError, match=r"[Ww]eights"):
        Laplace().scale(np.eye(2), [0, 0])
    with pytest.raises(ValueError, match="one row positive"):
        Laplace().scale(np.eye(2), [1, -1])
    with pytest.raises(ValueError, match="exponent == 3"):
        ProductLaplace(exponent=3).scale(np.eye(2))


def test_within_other_kernels(rng):
    X, weight = rng.standard_normal((20, 3)), rng.uniform(size=20)
    product, euclidean = ProductLaplace("scale", exponent=1.5), Laplace("scale")
    kernel = NTK(1) + 0.5 * product * euclidean**2.0 + Laplace(3.0) + RBF(2.0)
    a, b = product.scale(X, weight), euclidean.scale(X, weight)
    expected = NTK(1) + 0.5 * ProductLaplace(a, exponent=1.5) * Laplace(b) ** 2.0
    assert at_scale(kernel, X, weight) == expected + Laplace(3.0) + RBF(2.0)
    assert at_scale(product, X, weight) == ProductLaplace(a, exponent=1.5)
    assert product.length_scale == euclidean.length_scale == "scale"


@every_kernel
def test_in_estimators(kernel, rng):
    X, weight = rng.standard_normal((30, 3)), rng.uniform(size=30)
    y = np.sin(X[:, 0])
    number = type(kernel)(kernel.scale(X, weight), exponent=kernel.exponent)
    for measured, fixed in (kernel, number), (NTK(1) + kernel, NTK(1) + number):
        model = KernelRegressor(measured).fit(X, y, weight)
        assert model.kernel_ == fixed
        expected = KernelRegressor(fixed).fit(X, y, weight)
        np.testing.assert_array_equal(model.predict(X + 0.1), expected.predict(X + 0.1))
        model.set_params(optimizer="fmin_l_bfgs_b").fit(X, y)
    search = KernelRegressorCV([kernel]).fit(X, y)
    assert search.best_estimator_.kernel_.length_scale == kernel.scale(X)


@every_kernel
def test_on_its_own(kernel, rng):
    X = rng.standard_normal((5, 2))
    for call in (
        lambda: kernel(X),
        lambda: kernel(X, eval_gradient=True),
        lambda: kernel.diag(X),
        lambda: kernel.theta,
        lambda: (NTK() + kernel).theta,
        lambda: GaussianProcessRegressor(kernel).fit(X, X[:, 0]),
    ):
        with pytest.raises(ValueError, match=r"set a number: length_scale=kernel\.scale\(X\)"):
            call()
    assert "length_scale='scale'" in repr(kernel)
