"""Dual activations against integrals, and numerical ones against closed forms."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import erf, ndtr

from sklearn_ntk.kernels import NNGP, NTK
from sklearn_ntk.kernels.activations import (
    ACTIVATIONS,
    RBF,
    Activation,
    Erf,
    LeakyReLU,
    Numerical,
    Polynomial,
    Sign,
    Step,
    get_activation,
    hermite,
    monomial,
)

PAIRS = [(1.0, 1.0, 0.5), (0.3, 2.0, -0.7), (1.5, 0.8, 0.95), (0.01, 3.0, 0.0)]


def density(u):
    return np.exp(-u * u / 2) / np.sqrt(2 * np.pi)


SMOOTH = {
    "erf": (erf, lambda u: 2 / np.sqrt(np.pi) * np.exp(-u * u)),
    "gelu": (lambda u: u * ndtr(u), lambda u: ndtr(u) + u * density(u)),
    "sin": (np.sin, np.cos),
    "cos": (np.cos, lambda u: -np.sin(u)),
    "gaussian": (lambda u: np.exp(-u * u / 2), lambda u: -u * np.exp(-u * u / 2)),
    "exp": (lambda u: np.exp(u), lambda u: np.exp(u)),
    "tanh": (np.tanh, lambda u: 1 / np.cosh(u) ** 2),
    "identity": (lambda u: u, np.ones_like),
}
OTHERS = {
    RBF(0.4): (
        lambda u: np.sqrt(2) * np.sin(np.sqrt(0.8) * u + np.pi / 4),
        lambda u: np.sqrt(1.6) * np.cos(np.sqrt(0.8) * u + np.pi / 4),
    ),
    Polynomial((0.5, -1.0, 0.0, 0.2)): (
        lambda u: 0.5 - u + 0.2 * u**3,
        lambda u: -1 + 0.6 * u**2,
    ),
    monomial(3): (lambda u: u**3, lambda u: 3 * u**2),
    hermite(2): (lambda u: (u**2 - 1) / np.sqrt(2), lambda u: np.sqrt(2) * u),
    Numerical(np.sin, derivative=np.cos): (np.sin, np.cos),
}
INTEGRALS = [(get_activation(name), *functions) for name, functions in SMOOTH.items()]
INTEGRALS += [(activation, *functions) for activation, functions in OTHERS.items()]


def plane_integral(function, a, b, rho):
    """E[f(u) f(v)] by the trapezoidal rule, which converges exponentially for smooth f."""
    g = np.linspace(-11, 11, 1101)
    weight = density(g) / density(g).sum()
    u = np.sqrt(a) * g[:, np.newaxis]
    v = np.sqrt(b) * (rho * g[:, np.newaxis] + np.sqrt(1 - rho**2) * g)
    return (weight[:, np.newaxis] * weight * function(u) * function(v)).sum()


@pytest.mark.parametrize(("activation", "function", "derivative"), INTEGRALS, ids=repr)
def test_smooth(activation, function, derivative):
    a, b, rho = np.array(PAIRS).T
    c = rho * np.sqrt(a * b)
    expected = [plane_integral(function, *pair) for pair in PAIRS]
    np.testing.assert_allclose(activation.dual(c, a, b), expected, rtol=1e-11, atol=1e-14)
    expected = [plane_integral(derivative, *pair) for pair in PAIRS]
    np.testing.assert_allclose(
        activation.derivative_dual(c, a, b), expected, rtol=1e-11, atol=1e-14
    )


HOMOGENEOUS = {
    "relu": (lambda u: max(u, 0), lambda u: float(u > 0)),
    "leaky_relu": (lambda u: u if u > 0 else 0.01 * u, lambda u: 1 if u > 0 else 0.01),
    "abs": (abs, np.sign),
    "rectified_quadratic": (lambda u: max(u, 0) ** 2, lambda u: 2 * max(u, 0)),
    "sign": (np.sign, None),
    "step": (lambda u: float(u > 0), None),
}


def circle_integral(function, degree, rho):
    """E[f(u) f(v)] at unit variances for f homogeneous of degree 0, 1 or 2, in polar form."""
    t = np.arccos(rho)
    kinks = np.sort(np.mod([np.pi / 2, -np.pi / 2, t + np.pi / 2, t - np.pi / 2], 2 * np.pi))
    edges = [0, *kinks, 2 * np.pi]
    radius = 2**degree * [1, 1, 2][degree]  # E[r^(2 degree)] for r^2 = u1^2 + u2^2
    return (
        radius
        / (2 * np.pi)
        * sum(
            quad(lambda w: function(np.cos(w)) * function(np.cos(w - t)), *edge, epsabs=1e-14)[0]
            for edge in pairwise(edges)
        )
    )


@pytest.mark.parametrize("name", HOMOGENEOUS)
def test_homogeneous(name):
    activation, (function, derivative) = get_activation(name), HOMOGENEOUS[name]
    a, b, rho = np.array(PAIRS).T
    p = activation.degree
    expected = [circle_integral(function, p, r) for r in rho] * (a * b) ** (p / 2)
    c = rho * np.sqrt(a * b)
    np.testing.assert_allclose(activation.dual(c, a, b), expected, rtol=1e-12)
    h, g = (1 - rho) / 2, (1 + rho) / 2
    h_next, g_next, kappa_dot = activation.at_haversines(h, g, a, b, np.sqrt(a) - np.sqrt(b))
    kappa = activation.normalized(rho, a, b)[0]
    np.testing.assert_allclose(g_next - h_next, kappa, atol=1e-15)
    if derivative is not None:
        expected = [circle_integral(derivative, p - 1, r) for r in rho] * (a * b) ** (p / 2 - 0.5)
        np.testing.assert_allclose(activation.derivative_dual(c, a, b), expected, rtol=1e-12)
        expected = activation.normalized(rho, a, b)[1]
        np.testing.assert_allclose(kappa_dot, expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("steps", [Sign, Step])
@pytest.mark.parametrize("surrogate", [Erf(), LeakyReLU(0.1)])
def test_surrogate_derivative(steps, surrogate):
    a, b, rho = np.array(PAIRS).T
    c = rho * np.sqrt(a * b)
    expected = surrogate.derivative_dual(c, a, b)
    np.testing.assert_allclose(steps(surrogate).derivative_dual(c, a, b), expected, rtol=1e-13)


# (variance, error of the dual, error of the derivative dual), relative to their largest values:
# what 512 terms of a Hermite series can do for rho up to 0.99. Analytic functions lose digits
# where they are steep, those with a kink have series like a power of the number of terms.
ACCURACY = {
    "erf": [(0.01, 1e-12, 1e-12), (1, 1e-12, 1e-11), (10, 1e-12, 1e-10), (100, 1e-3, 1e-2)],
    "gelu": [(0.01, 1e-12, 1e-12), (1, 1e-12, 1e-11), (10, 1e-12, 1e-11), (100, 1e-6, 1e-3)],
    "sin": [(0.01, 1e-12, 1e-12), (1, 1e-12, 1e-11), (10, 1e-12, 1e-11), (100, 1e-11, 1e-10)],
    "gaussian": [(0.01, 1e-12, 1e-11), (1, 1e-12, 1e-11), (10, 1e-12, 1e-10), (100, 2e-3, 3e-2)],
    "relu": [(0.01, 2e-5, 1e-2), (1, 2e-5, 1e-2), (100, 2e-5, 1e-2)],
    "rectified_quadratic": [(0.01, 2e-8, 1e-5), (1, 2e-8, 1e-5), (100, 2e-8, 1e-5)],
}
FUNCTIONS = {name: functions[0] for name, functions in SMOOTH.items()} | {
    "relu": lambda u: np.maximum(u, 0),
    "rectified_quadratic": lambda u: np.maximum(u, 0) ** 2,
}


@pytest.mark.filterwarnings("ignore:The Hermite series:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", ACCURACY)
def test_numerical_against_closed_form(name):
    closed, numerical = get_activation(name), Numerical(FUNCTIONS[name])
    rho = np.linspace(-0.99, 0.99, 41)
    for variance, tolerance, derivative_tolerance in ACCURACY[name]:
        q = np.full_like(rho, variance)
        for which, bound in ("dual", tolerance), ("derivative_dual", derivative_tolerance):
            expected = getattr(closed, which)(rho * variance, q, q)
            error = np.abs(getattr(numerical, which)(rho * variance, q, q) - expected).max()
            assert error < bound * np.abs(expected).max(), (which, variance)
        m = closed.second_moment(q)
        np.testing.assert_allclose(numerical.second_moment(q), m, rtol=tolerance)


NUMERICAL = sorted(name for name, value in ACTIVATIONS.items() if isinstance(value, Numerical))


@pytest.mark.filterwarnings("ignore:The Hermite series:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("weight_variance", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("name", NUMERICAL)
def test_numerical_kernels_are_positive_semidefinite(rng, name, weight_variance):
    X = rng.standard_normal((500, 6))
    arguments = {"activation": name, "weight_variance": weight_variance, "bias_variance": 0.0}
    for kernel in NNGP(1, **arguments), NTK(1, **arguments):
        K = kernel(X)
        assert np.array_equal(K, K.T)
        eigenvalues = np.linalg.eigvalsh(K)
        assert eigenvalues[0] > -1e-12 * eigenvalues[-1]


def test_a_short_series_warns():
    with pytest.warns(match="Hermite series of .* misses .* of its second moment at variance 6"):
        NNGP(1, activation="tanh", weight_variance=1e4)([[1.0, 2.0], [2.0, 3.0]])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LeakyReLU(1.0), "must be finite and not 1"),
        (lambda: LeakyReLU(np.nan), "must be finite and not 1"),
        (lambda: RBF(-1.0), "gamma == -1.0, must be positive"),
        (lambda: Polynomial(()), "must be finite numbers, the last not 0"),
        (lambda: Polynomial((1.0, 0.0)), "must be finite numbers, the last not 0"),
        (lambda: monomial(-1), "degree == -1, must be >= 0"),
        (lambda: hermite(-2), "degree == -2, must be >= 0"),
    ],
)
def test_wrong_parameters(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_an_activation_is_an_object_with_identity():
    with pytest.raises(TypeError, match="surrogate must be an Activation or None, got 'erf'"):
        Sign(surrogate="erf")

    @dataclass
    class Mutable(Activation):
        pass

    with pytest.raises(TypeError, match="unhashable"):
        NNGP(activation=Mutable())([[1.0]])
    assert LeakyReLU(0.2) == LeakyReLU(0.2) != LeakyReLU(0.1)
