"""Targets, weights, times and rows of extreme sizes: numbers or errors, never NaN."""

import numpy as np
import pytest

from sklearn_ntk import KernelRegressor, LaplaceKernel, NNGPRegressor, NTKRegressor
from sklearn_ntk._solvers import cholesky, conjugate_gradients, eigh
from sklearn_ntk.kernels import NNGP, NTK

both = pytest.mark.parametrize("regressor", [NTKRegressor, NNGPRegressor])
# Powers of two, so that scaled targets are the same but for the exponent.
HUGE, TINY = 2.0**664, 2.0**-664


@pytest.fixture
def data(rng):
    X = rng.standard_normal((40, 3))
    return X, np.sin(X[:, 0]) + X[:, 1]


@both
@pytest.mark.parametrize("scale", [HUGE, TINY])
@pytest.mark.parametrize("options", [{}, {"precision": "mixed"}, {"training_time": 3.0}])
def test_units_of_targets(regressor, scale, options, data):
    X, y = data
    Y = np.column_stack([y, y**2])
    plain = regressor(1, **options, keep_factor=True).fit(X, Y)
    scaled = regressor(1, **options, keep_factor=True).fit(X, scale * Y)
    rows = X[:5] + 0.1
    noisy = [{}] + [{"include_noise": True}] * (regressor is NNGPRegressor)
    for noise in noisy:
        expected = plain.predict(rows, return_std=True, **noise)
        for ours, value in zip(
            scaled.predict(rows, return_std=True, **noise), expected, strict=True
        ):
            np.testing.assert_allclose(ours / scale, value, rtol=1e-12)
    np.testing.assert_allclose(
        scaled.sample_y(rows, 3) / scale, plain.sample_y(rows, 3), rtol=1e-12
    )
    if scale == HUGE:
        with pytest.raises(ValueError, match=r"covariance overflows in float64. Scale the targets"):
            scaled.predict(rows, return_cov=True)


def test_coefficients_that_overflow(data):
    X, y = data
    with pytest.raises(ValueError, match=r"coefficients overflow in float32. Scale the targets"):
        KernelRegressor().fit(X.astype(np.float32), 1e200 * y)


@pytest.mark.parametrize("constant", [0.1, -1e308])
def test_mean_of_constant_targets(constant, data):
    model = NTKRegressor(1).fit(data[0], np.full(40, constant))
    assert model.intercept_ == constant
    assert model.y_scale_ == 1


@pytest.mark.parametrize(
    "estimator",
    [
        NTKRegressor(1, alpha=0.03),
        NNGPRegressor(1, alpha=0.03),
        LaplaceKernel(alpha=0.03),
        KernelRegressor(NTK(1), alpha=0.03),
    ],
)
def test_huge_weights(estimator, data):
    """Their ratios matter in the mean and in the scales, and their ridge is none."""
    X, y = data
    ratio = np.linspace(0.1, 1, len(y))
    weight = 1.7e308 * ratio
    model = estimator.fit(X, y, weight)
    mean = ratio @ y / ratio.sum()
    expected = model.kernel_(X[:5] + 0.1, X) @ np.linalg.solve(model.kernel_(X), y - mean) + mean
    np.testing.assert_allclose(model.predict(X[:5] + 0.1), expected, rtol=1e-9)
    assert model.y_scale_ == pytest.approx(np.sqrt(ratio @ (y - mean) ** 2 / ratio.sum()))
    if isinstance(model, LaplaceKernel):
        centred = X - ratio @ X / ratio.sum()
        variance = ratio @ centred**2 / ratio.sum()
        assert model.kernel_.length_scale == pytest.approx(4 * np.sqrt(2 * variance.sum()))


@both
@pytest.mark.parametrize("time", [3.0, np.inf])
def test_flow_with_huge_weights(regressor, time, data):
    X, y = data
    ratio = np.linspace(0.1, 1, len(y))
    options = {"training_time": time, "keep_factor": True}
    model = regressor(1, alpha=0.03, **options).fit(X, y, 1.7e308 * ratio)
    expected = regressor(1, alpha=0, **options).fit(X, y, ratio)
    for option in {}, {"return_std": True}:
        np.testing.assert_allclose(
            model.predict(X[:5] + 0.1, **option), expected.predict(X[:5] + 0.1, **option), rtol=1e-8
        )


@pytest.mark.parametrize("options", [{}, {"solver": "eigh"}])
def test_rows_of_vanishing_weight_are_as_good_as_none(options, data):
    X, y = data
    weight = np.where(np.arange(len(y)) < 3, 5e-324, 1.0)
    expected = NTKRegressor(1, **options).fit(X, y, np.floor(weight))
    predictions = NTKRegressor(1, **options).fit(X, y, weight).predict(X)
    np.testing.assert_allclose(predictions, expected.predict(X), rtol=1e-9)


@both
@pytest.mark.parametrize("time", [1e17, 1e308, np.float64(1.7e308)])
def test_times_beyond_the_end(regressor, time, data):
    X, y = data
    model = regressor(1, training_time=time, keep_factor=True).fit(X, y)
    expected = regressor(1, solver="eigh", keep_factor=True).fit(X, y)
    for ours, end in zip(
        model.predict(X + 0.1, return_std=True),
        expected.predict(X + 0.1, return_std=True),
        strict=True,
    ):
        np.testing.assert_allclose(ours, end, rtol=1e-9)
    np.testing.assert_allclose(next(expected.staged_predict(X, [time])), model.predict(X))
    twice = np.vstack([X, X])
    with pytest.raises(np.linalg.LinAlgError, match="Increase alpha"):
        regressor(1, alpha=0, training_time=1e308, keep_factor=True).fit(twice, np.append(y, y + 1))


def test_flow_at_all_times(rng):
    Q = np.linalg.qr(rng.standard_normal((30, 30)))[0]
    w = np.logspace(-6, 2, 30)
    b = rng.standard_normal(30)
    factor = eigh((Q * w) @ Q.T, np.ones(30))
    for time in np.logspace(-3, 12, 16):
        expected = Q @ (-np.expm1(-w * time / 30) / w * (Q.T @ b))
        # Eigenvalues of 1e-6 beside 100 have 8 digits of their own.
        np.testing.assert_allclose(
            factor.at(time=time).solve(b), expected, atol=1e-7 * np.abs(expected).max()
        )


def test_refined_residuals_are_true(rng):
    """Updates of the residual go on shrinking where rounding has stopped the residual itself."""
    n = 60
    G = rng.standard_normal((n, n + 5))
    D = np.logspace(0, 8, n)
    A = D[:, np.newaxis] * (G @ G.T / n + 1e-3 * np.eye(n)) * D
    factor = cholesky(A.astype(np.float32))
    for power, reachable in (0, False), (1, True):
        B = D**power * rng.standard_normal(n)
        X, _, error = conjugate_gradients(lambda V: A @ V, factor, B, tolerance=5e-11)
        assert (error <= 5e-11) == reachable
        if reachable:
            residual = A.astype(np.longdouble) @ X - B
            assert np.linalg.norm(residual) < 1e-10 * np.linalg.norm(B)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("alpha", [1e-4, 1.0])
def test_mixed_precision_of_uneven_rows(seed, alpha):
    """Predictions at small rows are not lost in a residual that large rows dominate."""
    rng = np.random.default_rng(seed)
    X, rows = (
        rng.standard_normal((200, 5)) * 10 ** rng.uniform(-1.5, 1.5, (200, 1)) for _ in range(2)
    )
    kernel = NTK(3, activation="rectified_quadratic")
    K = kernel(X)
    y = K[:, np.argmax(K.diagonal())]
    fits = [
        KernelRegressor(kernel, alpha=alpha, normalize_y=False, precision=precision).fit(X, y)
        for precision in ("mixed", "float64")
    ]
    ours, expected = (model.predict(rows) for model in fits)
    norm = np.sqrt(fits[1].dual_coef_ @ K @ fits[1].dual_coef_)
    # sqrt(k(x, x)) times the norm of the function is what a prediction can at most be.
    error = np.abs(ours - expected) / (np.sqrt(kernel.diag(rows)) * norm)
    assert error.max() < 1e-10


def test_mixed_precision_falls_back_where_float64_ends(rng):
    X = rng.standard_normal((200, 5)) * 10 ** rng.uniform(-1.5, 1.5, (200, 1))
    y = np.sin(X[:, 0])
    options = {"activation": "rectified_quadratic", "alpha": 1.0}
    mixed = NTKRegressor(3, precision="mixed", **options)
    with pytest.warns(UserWarning, match="too ill-conditioned"):
        mixed.fit(X, y)
    expected = NTKRegressor(3, **options).fit(X, y)
    np.testing.assert_array_equal(mixed.predict(X), expected.predict(X))


@pytest.mark.parametrize("kernel", [NNGP, NTK])
def test_gradient_ends_where_the_kernel_does(kernel, rng):
    """The expectation after the last hidden layer would overflow, but nobody needs it."""
    kernel = kernel(1, activation="rectified_quadratic", bias_variance=0.0)
    X, scale = rng.standard_normal((6, 3)), 2.0**240
    scaled, expected = (kernel(rows, eval_gradient=True) for rows in (scale * X, X))
    for ours, plain in zip(scaled, expected, strict=True):
        np.testing.assert_allclose(ours / scale**4, plain, rtol=1e-10)


@both
@pytest.mark.parametrize("times", [[1.0, -5.0], [np.nan], [None], [], 3.0])
def test_times_out_of_range(regressor, times, data):
    model = regressor(1, training_time=1.0).fit(*data)
    with pytest.raises(ValueError, match=r"training_times == .*sequence of numbers in the range"):
        next(model.staged_predict(data[0], times))
