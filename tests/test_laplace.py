"""The length scale of LaplaceKernel, and the estimator as a kernel."""

import numpy as np
import pytest
from scipy import sparse

from sklearn_ntk import LaplaceKernel
from sklearn_ntk.kernels import Laplace


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("weighted", [True, False])
def test_scale_is_the_root_mean_square_distance(rng, container, dtype, weighted):
    X = (rng.standard_normal((40, 3)) * [1, 5, 0.1] + 2).astype(dtype)
    weight = rng.integers(1, 4, 40) if weighted else np.ones(40, dtype=int)
    rows = np.repeat(X, weight, axis=0)
    squared = np.sum((rows[:, np.newaxis] - rows) ** 2, axis=2, dtype=np.float64)
    model = LaplaceKernel().fit(container(X), X[:, 0], sample_weight=weight)
    assert model.kernel_.length_scale == pytest.approx(np.sqrt(squared.mean()), rel=1e-5)


def test_scale_of_equal_rows_is_1():
    assert LaplaceKernel().fit(np.ones((4, 2)), np.arange(4.0)).kernel_.length_scale == 1


def test_call(rng):
    X, Z = rng.standard_normal((30, 3)), rng.standard_normal((20, 3))
    scale = np.sqrt(2 * Z.var(axis=0).sum())
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
