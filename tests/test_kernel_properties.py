"""What every kernel of the package must be."""

import tracemalloc

import numpy as np
import pytest
from joblib import parallel_config
from scipy import sparse
from sklearn.base import clone

from sklearn_ntk.kernels import NNGP, NTK, Laplace, ProductLaplace, Scaled
from sklearn_ntk.kernels.activations import Erf, LeakyReLU, Numerical, Polynomial, ReLU, Sign, Step

KERNELS = [
    NTK(),
    NTK(1, bias_variance=0.0),
    NTK(6, weight_variance=1.3, bias_variance=0.7),
    NNGP(),
    NNGP(2, bias_variance=0.0),
    NNGP(6, weight_variance=1.3, bias_variance=0.7),
    NTK(activation=LeakyReLU(0.2), layer_norm=True),
    NTK(4, residual=True, bias_variance=0.2),
    NTK(2, parameterization="standard", width=64, frozen_layers=1),
    NTK(2, activation=Sign(surrogate=Erf())),
    NNGP(2, activation=Step(), residual=True),
    NTK(2, activation="erf"),
    NTK(2, activation="gelu", residual=True, bias_variance=0.0),
    NTK(2, activation="sin"),
    NNGP(1, activation="rbf", layer_norm=True),
    Laplace(),
    Laplace(2.5, exponent=1.5),
    Laplace(0.7, exponent=2.0),
    ProductLaplace(),
    ProductLaplace(1.7, exponent=0.5),
    ProductLaplace(1.7, exponent=0.8),
    ProductLaplace(2.5, exponent=1.5),
    ProductLaplace(0.7, exponent=2.0),
    Scaled(NTK(2, weight_variance_bounds="fixed"), 0.8),
    Scaled(ProductLaplace(1.5), 0.5, scales_bounds="fixed"),
    Scaled(Laplace(2.5, exponent=1.5) + NNGP(1, activation="erf"), 2.0),
]
every_kernel = pytest.mark.parametrize("kernel", KERNELS, ids=repr)
# Series in powers of the correlation: for rows of moderate norm.
SERIES = [
    NTK(2, activation=Polynomial((0.5, -1.0, 0.3)), weight_variance=0.5),
    NTK(1, activation=Numerical(np.tanh)),
    NNGP(2, activation="elu", residual=True),
]
every_kernel_and_series = pytest.mark.parametrize("kernel", KERNELS + SERIES, ids=repr)


@every_kernel_and_series
def test_symmetric_and_positive_semidefinite(kernel, awkward_rows, rng):
    X = np.vstack([awkward_rows, rng.standard_normal((500, 4))])
    K = kernel(X)
    assert np.array_equal(K, K.T)
    eigenvalues = np.linalg.eigvalsh(K)
    assert eigenvalues[0] > -1e-12 * eigenvalues[-1]


@every_kernel_and_series
def test_diagonal(kernel, awkward_rows):
    assert np.array_equal(kernel(awkward_rows).diagonal(), kernel.diag(awkward_rows))
    copy = awkward_rows.copy()
    np.testing.assert_allclose(
        kernel(awkward_rows, copy).diagonal(), kernel.diag(awkward_rows), rtol=1e-14
    )


@every_kernel_and_series
def test_rectangle_is_a_block_of_the_square(kernel, awkward_rows, rng):
    X = np.vstack([awkward_rows, rng.standard_normal((600, 4))])
    K = kernel(X)
    tolerance = 1e-12 * K.diagonal().max()
    np.testing.assert_allclose(kernel(X[:9], X), K[:9], rtol=0, atol=tolerance)
    np.testing.assert_allclose(kernel(X, X[300:400]), K[:, 300:400], rtol=0, atol=tolerance)
    order = rng.permutation(len(X))
    np.testing.assert_allclose(kernel(X[order]), K[order][:, order], rtol=0, atol=tolerance)


@every_kernel
def test_rows_of_any_norm(kernel, rng):
    direction = rng.standard_normal((6, 4))
    direction /= np.linalg.norm(direction, axis=1)[:, np.newaxis]
    X = np.vstack([direction, 1e-150 * direction, 1e150 * direction, np.zeros((2, 4))])
    K, diagonal = kernel(X), kernel.diag(X)
    assert np.isfinite(K).all()
    scale = np.sqrt(diagonal)
    correlation = K / np.where(scale > 0, scale, 1)[:, np.newaxis] / np.where(scale > 0, scale, 1)
    assert np.linalg.eigvalsh(correlation)[0] > -1e-12 * len(X)
    K, gradient = kernel(X, eval_gradient=True)
    assert np.isfinite(gradient).all()


@every_kernel_and_series
def test_sparse_rows(kernel, rng):
    X = sparse.csr_array(rng.standard_normal((40, 12)) * (rng.uniform(size=(40, 12)) < 0.3))
    Z = sparse.csc_array(X[:7])
    K = kernel(X.toarray())
    np.testing.assert_allclose(kernel(X), K, rtol=1e-12)
    np.testing.assert_allclose(kernel(Z, X), K[:7], rtol=1e-12)
    np.testing.assert_allclose(kernel(Z.toarray(), X), K[:7], rtol=1e-12)
    np.testing.assert_allclose(kernel.diag(X), K.diagonal(), rtol=1e-13)
    _, gradient = kernel(X.toarray(), eval_gradient=True)
    np.testing.assert_allclose(kernel(X, eval_gradient=True)[1], gradient, atol=1e-9)


@every_kernel_and_series
def test_gradient_against_central_differences(kernel, awkward_rows):
    if isinstance(getattr(kernel, "activation", None), Sign | Step):
        # A depth-2 network of steps turns the angle of 1e-9 of row 13 into one of 1e-4, known
        # to four digits.
        awkward_rows = np.delete(awkward_rows, 13, axis=0)
    K, gradient = kernel(awkward_rows, eval_gradient=True)
    assert np.array_equal(K, kernel(awkward_rows))
    assert gradient.shape == (*K.shape, len(kernel.theta))
    step = 1e-5
    for p, direction in enumerate(np.eye(len(kernel.theta))):
        above = kernel.clone_with_theta(kernel.theta + step * direction)(awkward_rows)
        below = kernel.clone_with_theta(kernel.theta - step * direction)(awkward_rows)
        expected = (above - below) / (2 * step)
        np.testing.assert_allclose(
            gradient[..., p], expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max()
        )


@every_kernel
def test_large_rectangle_allocates_little_more_than_its_answer(kernel, rng):
    X, Z = rng.standard_normal((600, 10)), rng.standard_normal((20_000, 10))
    kernel(X, Z)  # loops that are compiled stay
    tracemalloc.start()
    with parallel_config(n_jobs=1):  # each thread has tiles of its own
        K = kernel(X, Z)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.25 * K.nbytes


@every_kernel
def test_protocol(kernel, awkward_rows):
    X = awkward_rows
    assert clone(kernel) == kernel
    assert kernel.clone_with_theta(kernel.theta).theta == pytest.approx(kernel.theta)
    K = kernel(X)
    K[...] = 0
    assert not np.array_equal(kernel(X), K)
    assert kernel(X.astype(np.float32)).dtype == np.float64
    np.testing.assert_allclose((2.0 * kernel + kernel)(X), 3 * kernel(X), rtol=1e-14)


def test_hyperparameters():
    kernel = NTK(2, weight_variance=3.0, bias_variance=0.5)
    assert [h.name for h in kernel.hyperparameters] == ["bias_variance", "weight_variance"]
    np.testing.assert_allclose(kernel.theta, np.log([0.5, 3.0]))
    # The logarithm of no bias at all is not a number to optimise.
    np.testing.assert_allclose(NTK(2, bias_variance=0.0).theta, np.log([2.0]))
    fixed = NNGP(weight_variance_bounds="fixed", bias_variance_bounds="fixed")
    assert fixed([[1.0], [2.0]], eval_gradient=True)[1].shape == (2, 2, 0)
    fixed = Laplace(length_scale_bounds="fixed")
    assert fixed([[1.0], [2.0]], eval_gradient=True)[1].shape == (2, 2, 0)


def test_depth_zero_norm_network_is_zero_there():
    K = NTK(2, bias_variance=0.0)([[0.0, 0.0], [1.0, 0.0]])
    assert np.array_equal(K, [[0, 0], [0, K[1, 1]]])


@pytest.mark.parametrize(
    ("kernel", "error", "message"),
    [
        (NTK(0), ValueError, "depth == 0, must be >= 1"),
        (NTK(1.5), TypeError, "depth must be an instance of int"),
        (NNGP("a"), TypeError, "depth must be an instance of int"),
        (NTK(weight_variance=-1.0), ValueError, "weight_variance == -1.0, must be > 0"),
        (NTK(weight_variance=0.0), ValueError, "weight_variance == 0.0, must be > 0"),
        (NNGP(bias_variance=-1.0), ValueError, "bias_variance == -1.0, must be >= 0"),
        (NNGP(bias_variance=np.nan), ValueError, "must be finite"),
        (NTK(weight_variance=np.inf), ValueError, "must be finite"),
        (NTK(activation="relus"), ValueError, "'relus', must be one of .*'silu'"),
        (NTK(activation=ReLU), TypeError, "an object, not a class"),
        (NNGP(activation=3), TypeError, "must be a name"),
        (NTK(activation="sign"), ValueError, "no useful derivative.* Give it a surrogate"),
        (NNGP(activation=lambda u: u[:1]), ValueError, "to shape .* must be vectorised"),
        (NNGP(activation=lambda u: u * np.nan), ValueError, "is not finite at"),
        (NNGP(activation=lambda u: 1j * u), ValueError, "is not real"),
        (NTK(activation=np.log), ValueError, "is not finite at"),
        (NTK(parameterization="mean"), ValueError, "'ntk' or 'standard', got 'mean'"),
        (NTK(parameterization="standard"), TypeError, "width must be an instance of int"),
        (NTK(2, frozen_layers=3), ValueError, "frozen_layers == 3, must be <= 2"),
        (Laplace(0.0), ValueError, "length_scale == 0.0, must be > 0"),
        (Laplace(exponent=2.5), ValueError, "exponent == 2.5, must be <= 2"),
        (Laplace(exponent=0), ValueError, "exponent == 0, must be > 0"),
        (ProductLaplace(-1.0), ValueError, "length_scale == -1.0, must be > 0"),
        (ProductLaplace(exponent=2.5), ValueError, "exponent == 2.5, must be <= 2"),
    ],
)
def test_wrong_parameters(kernel, error, message):
    with pytest.raises(error, match=message):
        kernel(np.eye(2))


@pytest.mark.parametrize("kernel", [NTK(), Laplace(), ProductLaplace()], ids=repr)
def test_wrong_rows(kernel):
    X = np.eye(3)
    with pytest.raises(ValueError, match="contains NaN"):
        kernel(np.full((2, 3), np.nan))
    with pytest.raises(ValueError, match="contains infinity"):
        kernel(X, np.full((2, 3), np.inf))
    with pytest.raises(ValueError, match="X has 3 features but Y has 2"):
        kernel(X, X[:, :2])
    with pytest.raises(ValueError, match="Expected 2D array"):
        kernel(X[0])
    with pytest.raises(ValueError, match="only defined for Y=None"):
        kernel(X, X, eval_gradient=True)


def test_overflow_is_an_error_with_advice():
    with pytest.raises(ValueError, match=r"overflows on row 1.*StandardScaler"):
        NTK()([[1.0], [1e200]])
