"""Dual activations against integrals, and numerical ones against closed forms."""

from dataclasses import dataclass

import numpy as np
import pytest
from quadrature import expectation

from sklearn_ntk.kernels import NNGP, NTK
from sklearn_ntk.kernels.activations import (
    ACTIVATIONS,
    RBF,
    Activation,
    Centered,
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
from sklearn_ntk.kernels.activations._functions import ELU, SELU

PAIRS = [(1.0, 1.0, 0.5), (0.3, 2.0, -0.7), (1.5, 0.8, 0.95), (0.01, 3.0, 0.0)]


@dataclass(frozen=True)
class SoftSign(Activation):
    """A user's own, of which only phi and phi' are known."""

    def __call__(self, u):
        return u / np.sqrt(1 + u**2)

    def derivative(self, u):
        return (1 + u**2) ** -1.5


EVERY = [
    *ACTIVATIONS.values(),
    LeakyReLU(-0.4),
    RBF(0.4),
    Sign(surrogate=Erf()),
    Step(surrogate=LeakyReLU(0.1)),
    Polynomial((0.5, -1.0, 0.0, 0.2)),
    monomial(3),
    hermite(2),
    SoftSign(),
    Numerical(np.sin),
    Numerical(np.tanh, slope=np.cos),
    Centered("relu"),
    Centered("gelu"),
    Centered("cos"),
]
every_activation = pytest.mark.parametrize("activation", EVERY, ids=repr)
# Series are cut off after 512 terms, which shows where phi' is not smooth.
CUT_OFF = {SELU(): 3e-6, ELU(): 3e-8}


@every_activation
def test_duals_are_those_of_phi(activation):
    a, b, rho = np.array(PAIRS).T
    c = rho * np.sqrt(a * b)
    for dual, function in (
        (activation.dual, activation),
        (activation.derivative_dual, activation.derivative),
    ):
        expected = [expectation(function, *pair) for pair in zip(c, a, b, strict=True)]
        # A derivative that is not given is one of differences.
        atol = 1e-9 if activation == Numerical(np.sin) else 1e-13
        np.testing.assert_allclose(dual(c, a, b), expected, rtol=1e-11, atol=atol)
    q = np.array([0.01, 0.3, 1.0, 3.0])
    expected = [expectation(activation, *[v] * 3) for v in q]
    tolerance = CUT_OFF.get(activation, 1e-11)
    np.testing.assert_allclose(activation.second_moment(q), expected, rtol=tolerance)


@every_activation
def test_duals_of_numbers(activation):
    activation, pair = get_activation(activation), (0.4, 1.2, 0.7)
    for dual in activation.dual, activation.derivative_dual:
        (expected,) = dual(*(np.array([value]) for value in pair))
        assert dual(*map(np.float64, pair)) == pytest.approx(expected, rel=1e-14, abs=1e-15)


@every_activation
def test_haversines_are_those_of_the_correlations(activation):
    activation = get_activation(activation)
    a, b, rho = np.array(PAIRS).T
    h, g = (1 - rho) / 2, (1 + rho) / 2
    h_next, g_next, kappa_dot = activation.at_haversines(h, g, a, b, np.sqrt(a) - np.sqrt(b))
    kappa, expected = activation.normalized(rho, a, b)
    np.testing.assert_allclose(g_next - h_next, kappa, rtol=0, atol=1e-14)
    np.testing.assert_allclose(kappa_dot, expected, rtol=1e-13, atol=1e-14)


@every_activation
def test_derivative_is_that_of_phi(activation):
    u, step = np.linspace(-4, 4, 40), 1e-5  # 0, where some have kinks, lies between two of them
    difference = (activation(u + step) - activation(u - step)) / (2 * step)
    if getattr(activation, "surrogate", None) or getattr(activation, "slope", None):
        return  # what stands in for phi' is checked above
    np.testing.assert_allclose(activation.derivative(u), difference, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    ("name", "at_1"),
    [
        ("tanh", 0.7615941559557649),
        ("sigmoid", 0.7310585786300049),
        ("silu", 0.7310585786300049),
        ("swish", 0.7310585786300049),
        ("softplus", 1.3132616875182228),
        ("elu", 1.0),
        ("selu", 1.0507009873554805),
        ("mish", 0.8650983882673103),
    ],
)
def test_functions_behind_series(name, at_1):
    # Their duals come from phi, so that those cannot tell whether phi is what its name says.
    assert ACTIVATIONS[name](np.array([1.0])) == pytest.approx(at_1, rel=1e-15)


def test_elu_and_selu_on_the_left():
    u = np.array([-1.0])
    assert ACTIVATIONS["elu"](u) == pytest.approx(np.exp(-1) - 1, rel=1e-15)
    assert ACTIVATIONS["selu"](u) == pytest.approx(-1.1113307378125625, rel=1e-14)


def test_what_is_not_defined_says_so():
    q = np.ones(1)
    with pytest.raises(NotImplementedError, match="Activation does not define __call__"):
        Activation().dual(q, q, q)
    with pytest.raises(NotImplementedError, match="Activation does not define derivative"):
        Activation().derivative(q)


@pytest.mark.parametrize("kernel", [NTK, NNGP])
def test_phi_and_its_derivative_are_enough(kernel, rng):
    """A closed form, and the same function without it."""

    @dataclass(frozen=True)
    class Plain(Activation):
        def __call__(self, u):
            return np.sin(u)

        def derivative(self, u):
            return np.cos(u)

    X = rng.standard_normal((6, 3))
    X[1] = X[0] + 1e-9
    K, expected = (kernel(2, activation=phi)(X) for phi in (Plain(), "sin"))
    np.testing.assert_allclose(K, expected, rtol=1e-10)


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


@pytest.mark.filterwarnings("ignore:The Hermite series:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", ACCURACY)
def test_numerical_against_closed_form(name):
    closed, numerical = get_activation(name), Numerical(get_activation(name))
    rho = np.linspace(-0.99, 0.99, 41)
    for variance, tolerance, derivative_tolerance in ACCURACY[name]:
        q = np.full_like(rho, variance)
        for which, bound in ("dual", tolerance), ("derivative_dual", derivative_tolerance):
            expected = getattr(closed, which)(rho * variance, q, q)
            error = np.abs(getattr(numerical, which)(rho * variance, q, q) - expected).max()
            assert error < bound * np.abs(expected).max(), (which, variance)
        m = closed.second_moment(q)
        np.testing.assert_allclose(numerical.second_moment(q), m, rtol=tolerance)


NUMERICAL = [name for name in ACTIVATIONS if isinstance(get_activation(name), Numerical)]


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
