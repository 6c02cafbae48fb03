"""Losses of hyperparameters: values by brute force, slopes by central differences."""

import tracemalloc

import numpy as np
import pytest
from sklearn.gaussian_process.kernels import RBF, Matern

from sklearn_ntk._inference import LOSSES, loss_and_gradient, negative_likelihood
from sklearn_ntk.kernels import NNGP, NTK, Laplace, ProductLaplace, Scaled

SCALES = np.array([0.5, 1.0, 2.0, 0.3, 1.4])
KERNELS = [
    NTK(2),
    NNGP(1, activation="erf"),
    Laplace(2.0),
    Laplace(2.0, exponent=1.5),
    ProductLaplace(3.0, exponent=0.5),
    ProductLaplace(3.0, exponent=1.5),
    0.7 * RBF(2.0) + Matern(2.0, nu=1.5),
]
every_loss = pytest.mark.parametrize("loss", [negative_likelihood, *LOSSES.values()])


@pytest.fixture
def problem(rng):
    """Two equal rows, a constant column, two targets and weights."""
    X = rng.standard_normal((40, 5))
    X[7], X[:, 4] = X[8], 0.7
    return X, rng.standard_normal((40, 2)), rng.uniform(0.5, 2, 40)


def brute_force(loss, K, noise, Y, weight):
    A = K + np.diag(noise / weight)
    n, n_targets = Y.shape
    B = np.linalg.inv(A)
    fit = np.diag(Y.T @ B @ Y)
    log_determinant = np.linalg.slogdet(A)[1]
    if loss is negative_likelihood:
        return (fit.sum() + n_targets * (log_determinant + n * np.log(2 * np.pi))) / 2
    if loss is LOSSES["likelihood"]:
        # The best variance of each target is y' A^-1 y / n.
        per_target = [n * np.log(s) + log_determinant for s in fit / n]
        return sum(per_target) / 2
    errors = np.empty_like(Y)
    for i in range(n):
        rest = np.arange(n) != i
        errors[i] = Y[i] - K[i, rest] @ np.linalg.solve(A[np.ix_(rest, rest)], Y[rest])
    squares = np.sum((weight / weight.mean()) @ errors**2)
    return n / 2 * np.log(squares)


@every_loss
@pytest.mark.parametrize("kernel", KERNELS, ids=repr)
def test_value_and_gradient(loss, kernel, problem):
    X, Y, weight = problem
    kernel = Scaled(kernel, SCALES)
    value, gradient = loss_and_gradient(loss, kernel, 0.3, X, Y, weight)
    assert value == pytest.approx(brute_force(loss, kernel(X), 0.3, Y, weight), rel=1e-10)

    def at(theta):
        kernel_there = kernel.clone_with_theta(theta[:-1])
        return brute_force(loss, kernel_there(X), np.exp(theta[-1]), Y, weight)

    theta = np.append(kernel.theta, np.log(0.3))
    expected = [
        (8 * (at(theta + s) - at(theta - s)) - at(theta + 2 * s) + at(theta - 2 * s)) / 12e-4
        for s in 1e-4 * np.eye(len(theta))
    ]
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-7 * np.abs(expected).max())


def test_scale_of_targets_and_kernel_does_not_matter(problem):
    X, Y, weight = problem
    kernel = Scaled(Laplace(2.0), SCALES)
    _, expected = loss_and_gradient(LOSSES["likelihood"], kernel, 0.3, X, Y, weight)
    _, found = loss_and_gradient(
        LOSSES["likelihood"], 5.0 * kernel, 1.5, X, Y * [1e5, 1e-5], weight
    )
    assert found[0] == pytest.approx(-found[-1], rel=1e-8)  # the factor of the kernel, and noise
    np.testing.assert_allclose(found[1:], expected, rtol=1e-8, atol=1e-12)


@every_loss
def test_targets_of_zeros(loss, problem):
    X, Y, weight = problem
    value, gradient = loss_and_gradient(loss, Scaled(NTK(1), SCALES), 0.3, X, 0 * Y, weight)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("name", LOSSES)
def test_memory(name, rng):
    """One square matrix, of leave-one-out two, and blocks of a fixed size."""
    X, y = rng.standard_normal((1000, 32)), rng.standard_normal((1000, 1))
    kernel, weight = Scaled(Laplace(8.0), np.ones(32)), np.ones(1000)
    loss_and_gradient(LOSSES[name], kernel, 0.1, X[:20], y[:20], weight[:20])
    tracemalloc.start()
    loss_and_gradient(LOSSES[name], kernel, 0.1, X, y, weight, n_jobs=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < (1.0 + (name == "leave_one_out")) * 8 * 1000**2 + 9e6
