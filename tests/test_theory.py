"""Spectra, order and chaos, learning curves: against closed forms, Monte Carlo and regressions."""

import numpy as np
import pytest
from quadrature import expectation
from sklearn.gaussian_process.kernels import RBF, DotProduct, Matern

from sklearn_ntk import KernelRegressor, NTKRegressor
from sklearn_ntk.kernels import NNGP, NTK, Laplace, Scaled
from sklearn_ntk.kernels.activations import ACTIVATIONS, Centered, get_activation
from sklearn_ntk.theory import (
    characteristic_value,
    closest_laplace,
    closest_ntk,
    correlations_by_depth,
    decay_exponent,
    depth_phase,
    effective_dimension,
    empirical_spectrum,
    kernel_target_alignment,
    learning_times,
    predicted_learning_curve,
    sphere_eigenvalues,
    sphere_multiplicities,
)


def on_sphere(rng, n, dimension):
    X = rng.normal(size=(n, dimension))
    return X / np.linalg.norm(X, axis=1, keepdims=True)


@pytest.mark.parametrize("dimension", [2, 3, 7, 1024])
def test_eigenvalues_of_polynomials(dimension):
    """E[t^2] = 1 / d and E[t^4] = 3 / (d (d + 2)) of a coordinate t of a point of the sphere."""
    d = dimension
    one, two = DotProduct(sigma_0=0.0), DotProduct(sigma_0=0.0) ** 2
    # P_2(t) = (d t^2 - 1) / (d - 1).
    second = (d * 3 / (d * (d + 2)) - 1 / d) / (d - 1)
    np.testing.assert_allclose(sphere_eigenvalues(one, d, 4), [0, 1 / d, 0, 0], atol=1e-15)
    np.testing.assert_allclose(sphere_eigenvalues(two, d, 4), [1 / d, 0, second, 0], atol=1e-15)


def test_eigenvalues_on_the_circle():
    """The first layer alone, with a bias (Basri et al., 2019): (1 + cos t) (pi - t) / (4 pi)."""
    kernel = DotProduct(sigma_0=1.0) * NNGP(
        1, activation="step", weight_variance=0.5, bias_variance=0.0
    )
    k = np.arange(2.0, 200)
    expected = np.where(
        k % 2 == 0, (k**2 + 1) / (2 * np.pi**2 * (k**2 - 1) ** 2), 1 / (2 * np.pi**2 * k**2)
    )
    # The largest is 0.2.
    np.testing.assert_allclose(sphere_eigenvalues(kernel, 2, 200)[2:], expected, atol=1e-14)


@pytest.mark.parametrize("kernel", [NTK(), NNGP(1, bias_variance=0.0), Laplace(0.7), RBF(0.5)])
@pytest.mark.parametrize("dimension", [2, 3, 6])
def test_eigenvalues_add_up(kernel, dimension):
    """Mercer: their sum is k(x, x), and that of their squares E[k(x, z)^2]."""
    w, m = sphere_eigenvalues(kernel, dimension, 300), sphere_multiplicities(dimension, 300)
    X = np.eye(1, dimension)
    # What is left beyond frequency 300 is a few times 1 / 300 on any sphere.
    assert (m * w).sum() == pytest.approx(kernel(X)[0, 0], rel=1e-2)
    Z = on_sphere(np.random.default_rng(0), 40_000, dimension)
    squares = kernel(X, Z)[0] ** 2
    error = squares.std() / np.sqrt(len(Z))
    assert (m * w**2).sum() == pytest.approx(squares.mean(), abs=4.5 * error)


def test_multiplicities():
    """Of spherical harmonics in four dimensions (k + 1)^2, on the circle 2."""
    np.testing.assert_array_equal(sphere_multiplicities(2, 4), [1, 2, 2, 2])
    np.testing.assert_array_equal(sphere_multiplicities(4, 5), [1, 4, 9, 16, 25])


@pytest.mark.parametrize("dimension", [2, 3, 5])
@pytest.mark.parametrize(
    ("kernel", "beyond"),
    [
        (NTK(1), 0),
        (NTK(3, bias_variance=0.0), 0),
        (Laplace(1.0), 0),
        (Laplace(4.0), 0),
        (Matern(nu=0.5), 0),
        (NNGP(1, bias_variance=0.0), 2),
        (NNGP(3), 2),
        (Laplace(1.0, exponent=0.5), -0.5),
        (Laplace(1.0, exponent=1.5), 0.5),
    ],
)
def test_decay(kernel, beyond, dimension):
    """Geifman et al. (2020), Chen and Xu (2021): k^-d, k^-(d + 2), k^-(d - 1 + gamma)."""
    # The tail is a power up to relative terms of 1 / k, which the fifth dimension shows the most,
    # and where it falls by powers of 7 it soon reaches rounding errors.
    n_frequencies, tolerance = (200, 0.05) if dimension < 5 else (80, 0.2)
    eigenvalues = sphere_eigenvalues(kernel, dimension, n_frequencies)
    assert decay_exponent(eigenvalues) == pytest.approx(dimension + beyond, abs=tolerance)


def test_odd_frequencies():
    """A network of one hidden layer without biases has none of them, a deeper one has all."""
    shallow, deep = (sphere_eigenvalues(NTK(n, bias_variance=0.0), 3, 200) for n in (1, 3))
    assert np.abs(shallow[3::2]).max() < 1e-13 * shallow[0]
    assert decay_exponent(shallow) == pytest.approx(3, abs=0.05)  # of the even ones
    assert (deep[3::2] > 1e-8 * deep[0]).all()


def test_only_kernels_of_the_angle_have_frequencies():
    with pytest.raises(ValueError, match="changes when the sphere is rotated"):
        sphere_eigenvalues(Scaled(NTK(), [1.0, 2.0, 3.0]), 3, 4)
    with pytest.raises(ValueError, match="dimension == 1, must be >= 2"):
        sphere_eigenvalues(NTK(), 1, 4)
    with pytest.raises(ValueError, match="above rounding errors"):
        decay_exponent(sphere_eigenvalues(RBF(1.0), 3, 100))


def test_frequencies_are_learned_at_their_times():
    """A wave on the circle, by gradient flow: after a time of 1 / eigenvalue 1/e of it is left."""
    t = 2 * np.pi * np.arange(256) / 256
    X = np.column_stack([np.cos(t), np.sin(t)])
    times = learning_times(sphere_eigenvalues(NTK(), 2, 6))
    for k in (1, 2, 5):
        y = np.cos(k * t)
        model = NTKRegressor(alpha=0.0, training_time=times[k], normalize_y=False).fit(X, y)
        # 256 points alias frequencies 256 - k and beyond onto k, whose eigenvalues are 1e-3 of it.
        np.testing.assert_allclose(model.predict(X), (1 - np.exp(-1)) * y, atol=2e-3)


@pytest.mark.parametrize("kernel", [NTK(2, bias_variance=0.1), NTK(3)])
def test_closest_laplace(kernel):
    """No other length has a higher correlation over random pairs of points."""
    rng, n = np.random.default_rng(0), 100_000
    x, Z = np.eye(1, 3), on_sphere(rng, n, 3)
    target = kernel(x, Z)[0]
    closest = closest_laplace(kernel, 3)

    def misfit(length_scale):
        return 1 - np.corrcoef(target, Laplace(length_scale)(x, Z)[0])[0, 1]

    at = closest.length_scale
    # The sample moves the minimum by less than a tenth.
    assert misfit(at) < min(misfit(at / 1.1), misfit(1.1 * at))
    assert misfit(at) < 0.01


def test_closest_ntk():
    """The way back leads to nearly the same kernel."""
    there = closest_laplace(NTK(3, bias_variance=0.3), 3)
    back = closest_ntk(there, 3)
    assert back.depth == 3
    # Neither is the other, so that the best of one is not exactly the best of the other.
    assert back.bias_variance == pytest.approx(0.3, rel=0.2)


def slope_by_hand(activation, weight_variance, bias_variance):
    """Iterated variances, by quadrature."""
    phi, q = get_activation(activation), 1.0
    for _ in range(300):
        q = weight_variance * expectation(phi, q, q, q) + bias_variance
    return weight_variance * expectation(phi.derivative, q, q, q)


@pytest.mark.parametrize(
    ("activation", "weight_variance", "bias_variance"),
    [
        ("relu", 1.5, 0.3),
        ("erf", 4.0, 0.1),
        ("gelu", 1.4, 0.2),
        ("tanh", 2.0, 0.5),
        ("sin", 3.0, 1.0),
    ],
)
def test_characteristic_values(activation, weight_variance, bias_variance):
    variances = {"weight_variance": weight_variance, "bias_variance": bias_variance}
    expected = slope_by_hand(activation, weight_variance, bias_variance)
    assert characteristic_value(activation, **variances) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("beta", [0.1, 0.5, 0.9])
def test_characteristic_values_of_jacot(beta):
    """Freeze and Chaos (2022): 1 - beta^2, and (1 - beta^2) pi / (pi - 1) if it is normalised."""
    relu = characteristic_value("relu", weight_variance=2 * (1 - beta**2), bias_variance=beta**2)
    centred = characteristic_value(
        Centered("relu"), weight_variance=1 - beta**2, bias_variance=beta**2, layer_norm=True
    )
    assert relu == pytest.approx(1 - beta**2, rel=1e-13)
    assert centred == pytest.approx((1 - beta**2) * np.pi / (np.pi - 1), rel=1e-13)


def test_normalisation_turns_freeze_into_chaos():
    def phase(beta, activation, scale):
        return depth_phase(
            activation,
            weight_variance=scale * (1 - beta**2),
            bias_variance=beta**2,
            layer_norm=True,
        ).phase

    edge = 1 / np.sqrt(np.pi)
    betas = edge - 1e-6, edge, edge + 1e-6
    assert [phase(beta, "relu", 2) for beta in betas] == 3 * ["freeze"]
    assert [phase(beta, Centered("relu"), 1) for beta in betas] == ["chaos", "edge", "freeze"]


@pytest.mark.parametrize(
    ("activation", "variances", "expected"),
    [
        ("relu", (2.0, 1.0), ("edge", 1.0, np.inf)),  # it grows by 1 with each layer
        ("relu", (2.0, 0.0), ("edge", 1.0, 1.0)),
        ("relu", (1.0, 0.0), ("edge", 1.0, 0.0)),
        ("erf", (np.pi / 4, 0.0), ("edge", 1.0, 0.0)),  # E[erf'(0)^2] = 4 / pi
        ("selu", (2.0, 0.0), ("edge", 1.0, np.inf)),
        ("sign", (2.0, 1.0), ("chaos", np.inf, 3.0)),
        ("exp", (2.0, 0.0), ("chaos", np.inf, np.inf)),
    ],
)
def test_variances_without_a_limit(activation, variances, expected):
    weight_variance, bias_variance = variances
    result = depth_phase(activation, weight_variance=weight_variance, bias_variance=bias_variance)
    assert result.phase == expected[0]
    assert (result.characteristic_value, result.variance) == pytest.approx(expected[1:], rel=1e-9)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
@pytest.mark.parametrize("layer_norm", [False, True])
def test_every_activation_has_a_phase(name, layer_norm):
    result = depth_phase(name, weight_variance=1.3, bias_variance=0.2, layer_norm=layer_norm)
    assert result.phase in ("freeze", "edge", "chaos")
    assert result.characteristic_value > 0
    assert 0 <= result.correlation <= 1
    assert 0 <= result.rate <= 1


@pytest.mark.parametrize(
    ("activation", "variances", "power"),
    [("erf", (1.5, 0.25), 1), ("relu", (1.5, 0.25), 0.5)],
)
def test_rate_of_freezing(activation, variances, power):
    """What is left of the tangent kernel's correlations, from one depth to the next."""
    weight_variance, bias_variance = variances
    options = {"weight_variance": weight_variance, "bias_variance": bias_variance}
    result = depth_phase(activation, **options)
    assert result.phase == "freeze"
    assert result.rate == pytest.approx(result.characteristic_value**power, rel=1e-12)
    depths = [30, 60]
    kernel = NTK(activation=activation, **options)
    left = 1 - correlations_by_depth(kernel, 1.0, depths, norm=1.0)
    # (L + 1) rate^L, of which a depth of some dozens shows the rate to a few hundredths.
    measured = (left[1] / left[0] * (31 / 61 if power == 1 else 1)) ** (1 / 30)
    assert measured == pytest.approx(result.rate, rel=0.03)


def test_rate_and_limit_of_chaos():
    variances = {"weight_variance": 4.0, "bias_variance": 0.1}
    result = depth_phase("erf", **variances)
    assert result.phase == "chaos"
    nngp = correlations_by_depth(NNGP(activation="erf", **variances), [0.5, 2.0], [200])
    np.testing.assert_allclose(nngp, result.correlation, rtol=1e-10)
    left = correlations_by_depth(NTK(activation="erf", **variances), 1.0, [40, 60])
    # The kernel of two rows settles, that of one grows by chi with each layer.
    assert (left[1] / left[0]) ** 0.05 == pytest.approx(result.rate, rel=1e-3)


def test_deep_relu_networks_see_a_quarter():
    correlations = correlations_by_depth(NTK(bias_variance=0.0), [0.5, 1.5, 3.0], [300, 3000])
    assert np.abs(correlations - 0.25).max(axis=1) == pytest.approx([0, 0], abs=0.02)
    assert np.abs(correlations[1] - 0.25).max() < 0.2 * np.abs(correlations[0] - 0.25).max()


def test_effective_dimension():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(20, 6))
    K, alpha = A @ A.T, 0.7
    expected = np.trace(K @ np.linalg.inv(K + alpha * np.eye(20)))
    assert effective_dimension(np.linalg.eigvalsh(K), alpha) == pytest.approx(expected, rel=1e-12)
    with pytest.raises(ValueError, match="alpha == 0, must be > 0"):
        effective_dimension([1.0], 0)


def test_kernel_target_alignment():
    rng = np.random.default_rng(0)
    A, y = rng.normal(size=(12, 5)), rng.normal(size=12)
    K, H = A @ A.T, np.eye(12) - 1 / 12
    # Cortes et al. (2012), with both matrices written out.
    centred, targets = H @ K @ H, H @ np.outer(y, y) @ H
    expected = (centred * targets).sum() / np.linalg.norm(centred) / np.linalg.norm(targets)
    assert kernel_target_alignment(K, y) == pytest.approx(expected, rel=1e-12)
    assert kernel_target_alignment(np.outer(y, y), y) == pytest.approx(1, rel=1e-12)
    with pytest.raises(ValueError, match="K or y is constant"):
        kernel_target_alignment(K, np.ones(12))
    with pytest.raises(ValueError, match="square"):
        kernel_target_alignment(A, y)


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_learning_curve_on_the_sphere(noise):
    """The spectrum's against the measured one, for rows that are uniform on the sphere."""
    rng, dimension, n_frequencies = np.random.default_rng(0), 10, 60
    kernel, alpha = NTK(2, bias_variance=0.1), 0.05
    sizes = np.array([20, 80, 320])
    w = sphere_eigenvalues(kernel, dimension, n_frequencies)
    m = sphere_multiplicities(dimension, n_frequencies)
    left_out = kernel(np.eye(1, dimension))[0, 0] - (m * w).sum()
    # Along e: P_1 = t, P_2 and P_4 by the recurrence; the mean square of P_k is 1 / m_k.
    powers = np.zeros(n_frequencies)
    powers[[1, 2]] = 1 / m[[1, 2]] * np.array([1.0, 4.0])

    def target(X):
        t = X[:, 0]
        return t + 2 * (dimension * t**2 - 1) / (dimension - 1)

    predicted = predicted_learning_curve(
        w, powers, sizes, multiplicities=m, alpha=alpha + left_out, noise=noise
    )
    Z = on_sphere(rng, 2000, dimension)
    measured = []
    for n in sizes:
        errors = []
        for _ in range(60):
            X = on_sphere(rng, n, dimension)
            y = target(X) + np.sqrt(noise) * rng.normal(size=n)
            model = KernelRegressor(kernel, alpha=alpha, normalize_y=False).fit(X, y)
            errors.append(np.mean((model.predict(Z) - target(Z)) ** 2))
        measured.append(np.mean(errors))
    np.testing.assert_allclose(predicted, measured, rtol=0.1)


def test_learning_curve_of_linear_regression():
    """Least squares with n > p + 1 Gaussian rows has the error noise p / (n - p - 1)."""
    p, n = 200, np.array([400, 1000])
    error = predicted_learning_curve(np.ones(p), np.zeros(p), n, noise=2.0)
    np.testing.assert_allclose(error, 2.0 * p / (n - p - 1), rtol=0.01)  # 1 / p apart
    assert isinstance(predicted_learning_curve([1.0], [1.0], 3), float)
    for wrong in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="neither may be negative, and all have to be finite"):
            predicted_learning_curve([wrong], [1.0], 3)
    with pytest.raises(ValueError, match="n_samples == -3"):
        predicted_learning_curve([1.0], [1.0], -3)


def test_learning_curve_of_a_sample():
    """The spectrum of some rows predicts the errors that fewer of them make."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1200, 10))
    y, K, alpha = np.sin(X[:, 0]) + X[:, 1] * X[:, 2], Laplace(4.0)(X), 0.5
    eigenvalues, powers = empirical_spectrum(K, y)
    assert powers.sum() == pytest.approx(np.mean(y**2), rel=1e-10)
    sizes, measured = [50, 200], []
    for n in sizes:
        errors = []
        for _ in range(40):
            train = rng.permutation(len(y))[:n]
            A = K[np.ix_(train, train)] + alpha * np.eye(n)
            errors.append(np.mean((K[:, train] @ np.linalg.solve(A, y[train]) - y) ** 2))
        measured.append(np.mean(errors))
    predicted = predicted_learning_curve(eigenvalues, powers, sizes, alpha=alpha)
    np.testing.assert_allclose(predicted, measured, rtol=0.1)


def spiked_rows(rng, n, kappa, dimension=1024, signal=16):
    """Points of two spheres, of which that of the signal is the larger (Ghorbani et al., 2020)."""
    near = np.sqrt(signal) * on_sphere(rng, n, signal)
    rest = np.sqrt(dimension - signal) * on_sphere(rng, n, dimension - signal)
    return np.hstack([dimension ** (kappa / 2) * near, rest]), near


@pytest.mark.slow
@pytest.mark.parametrize(("kappa", "risk"), [(0.0, 1.0), (0.6, 0.75), (0.9, 0.66)])
def test_kernels_need_spiked_covariates(kappa, risk):
    """A target of degrees 2 to 4, equal in power: what the tangent kernel leaves of it."""
    rng, n = np.random.default_rng(0), 4096
    X, near = spiked_rows(rng, n + 2000, kappa)
    y, products = 0.0, near
    for shift in (1, 2, 3):
        products = products * np.roll(near, -shift, axis=1)
        weights = rng.normal(size=16)
        y = y + products @ (weights / np.linalg.norm(weights))
    y = (y - y.mean()) / y.std()
    model = NTKRegressor(1, bias_variance=0.0).fit(X[:n], y[:n])
    # Over draws of the target's weights it moves by some hundredths.
    assert np.mean((model.predict(X[n:]) - y[n:]) ** 2) == pytest.approx(risk, abs=0.06)
