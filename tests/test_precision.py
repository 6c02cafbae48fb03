"""Digits where they are hard to keep: rows large, tiny, parallel, antipodal, deep and chaotic."""

import mpmath as mp
import numpy as np
import pytest
from oracle import Dense
from oracle_images import Convolutional
from random_kernels import dense_kernel

from sklearn_ntk import NNGPRegressor, NTKRegressor, NTKRegressorCV
from sklearn_ntk.kernels import NNGP, NTK, ConvNTK
from sklearn_ntk.kernels.activations import monomial

PLAIN = {
    "depth": 1,
    "sw2": 2.0,
    "sb2": 0.0,
    "tangent": True,
    "layer_norm": False,
    "residual": False,
    "width": None,
    "frozen": 0,
}


def lifted(X):
    return [[mp.mpf(v) for v in x] for x in X.tolist()]


def worst_error(X, digits=100, **network):
    """Of K(X), K(X, X) and diag(X), in units of sqrt(K(x, x) K(z, z))."""
    network = PLAIN | network
    kernel = dense_kernel(network)
    with mp.workdps(digits):
        exact, *_ = Dense(network, X.shape[1]).matrix(lifted(X))
        root = [mp.sqrt(value) for value in exact.diagonal()]
        scale = np.multiply.outer(np.array(root), np.array(root))
        errors = [
            np.abs((kernel(X) - exact) / scale),
            np.abs((kernel(X, X.copy()) - exact) / scale),
        ]
        errors.append(np.diag(np.abs(kernel.diag(X) - exact.diagonal()) / scale.diagonal()))
        return float(np.max(errors))


@pytest.fixture
def positions(rng):
    """A row, its duplicate, its double, its antipode, a neighbour and another."""
    x, z = rng.standard_normal((2, 3))
    return np.array([x, x, 2 * x, -x, x + 1e-9 * z, z])


# The rounding of 1 + rho and of the variances passes through a few operations for each layer.
ROUNDING = 1e-13


@pytest.mark.parametrize("scale", [1e4, 1e6, 1e7, 1e30])
@pytest.mark.parametrize("sb2", [0.0, 0.5])
def test_erf_of_large_rows(scale, sb2):
    X = scale * np.array([[1.0], [2.0], [-1.0], [-2.0]])
    # All entries are sums of two numbers of the order of the scale, of which one may be 1e30.
    assert worst_error(X, activation=("erf",), sb2=sb2) < ROUNDING


@pytest.mark.parametrize("scale", [1e110, 1e140])
def test_gaussian_of_huge_rows(scale, rng):
    X = scale * rng.standard_normal((4, 3))
    X[3] = X[0]
    assert worst_error(X, 1000, activation=("gaussian",)) < ROUNDING


@pytest.mark.parametrize("tangent", [False, True])
@pytest.mark.parametrize("activation", [("rbf", 1.0), ("sin",), ("cos",)], ids=str)
def test_waves_of_large_rows(activation, tangent, positions):
    rows = 1e6 * positions[[0, 1, 3, 5]]
    assert worst_error(rows, activation=activation, tangent=tangent) < ROUNDING


def test_chaotic_erf_of_rows_of_different_norm():
    """Both are far into where erf is 1, and what is left of their angle counts."""
    x = np.array([1.5, -1.5, -2.0])
    rows = np.array([1e12 * x, 2e19 * x, 1e17 * x[::-1]])
    options = {"activation": ("erf",), "depth": 12, "sw2": 42.0, "tangent": False}
    assert worst_error(rows, **options) < 1e-12


@pytest.mark.parametrize("tangent", [False, True])
@pytest.mark.parametrize(("activation", "depth"), [(("cos",), 11), (("rbf", 1.0), 10)], ids=str)
def test_chaotic_networks(activation, depth, tangent, positions):
    """K(X) and K(X, X) agree, because duplicates and their diagonal take one path."""
    sw2 = 18.7 if activation == ("cos",) else 3.0
    network = PLAIN | {"activation": activation, "depth": depth, "sw2": sw2, "tangent": tangent}
    rows = 3 * positions[[0, 1, 5]]
    assert worst_error(rows, **network) < 1e-11  # relative errors of the angles, times the depth
    kernel = dense_kernel(network)
    np.testing.assert_allclose(kernel(rows), kernel(rows, rows.copy()), rtol=1e-12)


@pytest.mark.parametrize("gap", [1e-14, 1e-11, 1e-7, 1e-3])
@pytest.mark.parametrize("surrogate", [("erf",), ("rbf", 0.5)], ids=str)
def test_antipodes_under_sign(surrogate, gap):
    """Each of whose layers takes the root of the angle."""
    rows = np.array([[0.0, -1.0], [gap, 1.0], [gap, 2.0]])
    options = {"activation": ("sign", surrogate), "depth": 3, "frozen": 3}
    assert worst_error(rows, 200, **options) < ROUNDING


@pytest.mark.parametrize("activation", [("abs",), ("gelu",), ("leaky_relu", -0.9999993)], ids=str)
@pytest.mark.parametrize("gap", [0.0, 1e-16, 1e-12, 1e-9, 1e-6, 1e-3])
@pytest.mark.parametrize("scale", [1.0, 1e15, 1e100])
def test_antipodal_rows(activation, gap, scale, rng):
    x, z = rng.standard_normal((2, 4))
    rows = scale * np.array([x, -x + gap * z, -x * (1 + gap)])
    assert worst_error(rows, 400, activation=activation, depth=3, sb2=0.1) < 1e-12


def test_zero_rows_of_chaotic_networks(rng):
    """Without a bias cos makes the same one of all of them."""
    X = rng.standard_normal((4, 3)) * np.array([[0.0], [1.0], [0.0], [1.0]])
    options = {"activation": ("cos",), "depth": 12, "sw2": 9.7, "tangent": False}
    assert worst_error(X, **options) < 1e-11


def test_rows_that_the_first_layer_makes_alike(rng):
    """Gaussians of huge rows are nothing beside a small bias, which later layers tear apart."""
    X = 1e120 * rng.standard_normal((4, 3))
    options = {"activation": ("gaussian",), "depth": 12, "sw2": 63.0, "sb2": 3e-4}
    assert worst_error(X, 1000, **options, tangent=False) < 1e-12


def test_antipodes_under_even_polynomials(rng):
    """Chaotic after layer normalisation: 1e-16 in a first angle would be 1e-9 at the output."""
    x = rng.standard_normal(6)
    even = ("polynomial", (0.6, 0.0, -1.2, 0.0, 0.2))
    rows = np.array([x, -x, -3 * x, 2 * x])
    options = {"activation": even, "depth": 12, "layer_norm": True, "tangent": False}
    assert worst_error(rows, **options) < ROUNDING


def test_tangent_kernels_overflow_before_their_variances():
    """By a factor of 364 = 1 + 3 + ... + 3^5 for five layers of cubes."""
    options = {"activation": monomial(3), "bias_variance": 0.0, "weight_variance": 1.0}
    X = np.array([[1.0, 0.0], [0.5, 0.5], [0.1, 0.0]])
    X *= (1e307 / NNGP(5, **options).diag(X)[0]) ** (1 / (2 * 3**5))
    assert np.isfinite(NNGP(5, **options)(X)).all()
    kernel = NTK(5, **options)
    for question in kernel, kernel.diag, lambda X: kernel(X[2:], X):
        with pytest.raises(ValueError, match="overflows on row 0"):
            question(X)
    assert np.isfinite(kernel(X[1:])).all()


@pytest.mark.parametrize("kernel", [NTK, NNGP])
def test_squares_that_overflow_before_they_are_normalised(kernel):
    """Layer normalisation hides from the later layers what the first one could not hold."""
    with pytest.raises(ValueError, match="The kernel overflows on row 1"):
        kernel(2, layer_norm=True)([[1.0, 2.0], [1e160, 1e160]])
    big = 1e150 * np.array([[1.0, 2.0], [2.0, -1.0]])  # and what it can
    np.testing.assert_allclose(
        kernel(2, layer_norm=True, bias_variance=0.0)(big),
        kernel(2, layer_norm=True, bias_variance=0.0)(big / 1e150),
        rtol=1e-14,
    )


def test_biases_are_all_the_angle_of_parallel_rows():
    """1e-113 of it, but the derivative of erf multiplies it by as much."""
    rows = np.array([[1.2e113], [-3.5e117], [2.4e113]])
    options = {"activation": ("erf",), "depth": 3, "sb2": 0.2, "residual": True}
    assert worst_error(rows, 600, **options) < ROUNDING


@pytest.mark.parametrize("activation", [("gelu",), ("erf",)], ids=str)
@pytest.mark.parametrize("scale", [1e2, 1e10, 1e39])
@pytest.mark.parametrize("ratio", [1.0, 2.0, 4.0, 512.0, 2.0**40])  # exactly parallel
def test_parallel_rows_of_different_norm(activation, scale, ratio, rng):
    """The derivative of a network that is nearly a ReLU counts their angle, not its cosine."""
    x, z = rng.standard_normal((2, 3))
    rows = scale * np.array([x, ratio * x, ratio * (x + 1e-4 * z)])
    assert worst_error(rows, 200, activation=activation, depth=6, sw2=0.9, sb2=0.1) < 1e-12


@pytest.mark.parametrize("activation", ["gelu", "relu", "erf"])
def test_subnormal_variances(activation, rng):
    rows = 1e-160 * rng.standard_normal((5, 4))
    for kernel in NTK(2, activation=activation, bias_variance=0.0), NTK(2, activation=activation):
        for K in kernel(rows), kernel(rows, rows.copy()):
            assert np.isfinite(K).all()


@pytest.mark.parametrize("activation", ["step", "relu", "abs"])
@pytest.mark.parametrize("bias_variance", [0.0, 1.0])
@pytest.mark.parametrize("depth", [1, 6])
def test_smallest_eigenvalue(activation, bias_variance, depth, rng):
    """Rounding of r in each of the entries moves it by 2 sqrt(n) r if it is random, n r if not.

    That is 400 times some eps of the diagonal, 1e-13, and the largest eigenvalue is at least the
    diagonal. It was -2e-12 of it where nearly parallel rows lost digits.
    """
    X = rng.standard_normal((100, 3))
    X = np.vstack([X, X, -X, X + 1e-8 * rng.standard_normal(X.shape)])
    eigenvalues = np.linalg.eigvalsh(
        NNGP(depth, activation=activation, bias_variance=bias_variance)(X)
    )
    assert eigenvalues[0] > -1e-13 * eigenvalues[-1]


@pytest.mark.parametrize("readout", ["flatten", "average"])
@pytest.mark.parametrize("scale", [1.0, 1e4, 1e7])
def test_convolutional_erf(scale, readout, rng):
    images = scale * rng.standard_normal((3, 18))
    images[2] = images[0]
    kernel = ConvNTK((3, 3, 2), 2, activation="erf", readout=readout, bias_variance=0.1)
    network = {
        "image_shape": (3, 3, 2),
        "activation": ("erf",),
        "depth": 2,
        "sw2": kernel.weight_variance,
        "sb2": 0.1,
        "tangent": True,
        "filter_size": kernel.filter_size,
        "stride": 1,
        "pooling": 1,
        "average": readout == "average",
    }
    with mp.workdps(60):
        expected = Convolutional(network).matrix(lifted(images))[0].astype(float)
    # A patch that is another one but for rounding has an angle of 1e-16 or none.
    np.testing.assert_allclose(kernel(images), expected, rtol=1e-11)
    np.testing.assert_allclose(kernel.diag(images), expected.diagonal(), rtol=1e-13)
    many = kernel(scale * rng.standard_normal((40, 18)))
    eigenvalues = np.linalg.eigvalsh(many)
    assert eigenvalues[0] > -1e-13 * eigenvalues[-1]


@pytest.mark.parametrize("activation", ["sign", "step"])
def test_zero_rows_of_step_functions(activation, rng):
    X = rng.standard_normal((4, 3))
    X[[1, 3]] = 0
    kernel = NNGP(1, activation=activation, bias_variance=0.0)
    K = kernel(X)
    np.testing.assert_allclose(kernel(X, X.copy()), K, rtol=1e-14, atol=1e-15)
    assert not K[[1, 3]].any()  # these functions are 0 at 0
    assert not kernel.diag(X)[[1, 3]].any()


@pytest.mark.parametrize("activation", ["relu", "erf"])
@pytest.mark.parametrize("scale", [1e-3, 1e-6])
def test_rows_beside_a_large_bias(activation, scale, rng):
    """In a matrix of many tiles, with a close pair among them."""
    X = scale * rng.standard_normal((300, 40))
    X[7] = X[290] + 1e-9 * scale * X[1]
    network = {"activation": (activation,), "depth": 3, "sb2": 1.0}
    K = dense_kernel(PLAIN | network)(X)
    chosen = [0, 7, 150, 290]
    with mp.workdps(60):
        exact = Dense(PLAIN | network, 40).matrix(lifted(X[chosen]))[0].astype(float)
    np.testing.assert_allclose(K[np.ix_(chosen, chosen)], exact, rtol=1e-13)


@pytest.mark.parametrize("regressor", [NTKRegressor, NNGPRegressor])
@pytest.mark.parametrize("scale", [1e-200, 1e-60, 1e60, 1e200])
def test_float32_factors_hold_targets_of_any_units(regressor, scale, rng):
    X, y = rng.standard_normal((20, 3)), rng.standard_normal(20)
    expected = regressor(1, precision="float32", normalize_y=False).fit(X, y).predict(X)
    ours = regressor(1, precision="float32", normalize_y=False).fit(X, scale * y).predict(X)
    # Rounding in float32 differs with the units.
    np.testing.assert_allclose(ours / scale, expected, atol=1e-4)


def test_float32_rows_want_targets_of_their_size(rng):
    X, y = rng.standard_normal((20, 3)).astype(np.float32), rng.standard_normal(20)
    with pytest.raises(ValueError, match=r"underflow in float32. Scale the targets"):
        NTKRegressor(1).fit(X, 1e-35 * y)
    constant = NTKRegressor(1).fit(X, np.full(20, 1e-35))
    np.testing.assert_allclose(constant.predict(X), 1e-35, rtol=1e-6)


@pytest.mark.parametrize("time", [0.5, 1e3])
def test_likelihood_of_gradient_flow_has_no_time(time, rng):
    """Whatever the weights, of which eigenvectors hold only those that are near the largest."""
    X, y = rng.standard_normal((12, 3)), rng.standard_normal(12)
    weight = np.logspace(0, 9, 12)
    model = NNGPRegressor(1, alpha=0.01, training_time=time).fit(X, y, weight)
    expected = NNGPRegressor(1, alpha=0.01).fit(X, y, weight).log_marginal_likelihood_value_
    assert model.log_marginal_likelihood_value_ == pytest.approx(expected, rel=1e-12)


def test_likelihood_below_all_numbers(rng):
    X, y = rng.standard_normal((5, 3)), 1e200 * rng.standard_normal(5)
    model = NNGPRegressor(1, normalize_y=False).fit(X, y)
    assert model.log_marginal_likelihood_value_ == -np.inf


def test_search_whose_best_is_the_end_of_training(rng):
    """With weights that no eigenvectors hold, in the refit as in the scores."""
    X, weight = rng.standard_normal((30, 3)), np.logspace(0, 12, 30)
    y = X @ [1.0, -2.0, 0.5]
    options = {"depths": [1], "alphas": [1e-3], "training_times": [np.inf, 1e-3]}
    search = NTKRegressorCV(**options, cv=3).fit(X, y, weight)
    assert search.best_params_["training_time"] == np.inf
    plain = {**search.best_params_, "training_time": None}
    expected = NTKRegressor(**plain).fit(X, y, weight).predict(X)
    np.testing.assert_allclose(search.predict(X), expected, rtol=1e-9)
