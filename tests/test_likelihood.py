"""The marginal likelihood and its maximum against GaussianProcessRegressor."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import make_friedman1
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern, WhiteKernel

from sklearn_ntk import NNGPRegressor, _memory
from sklearn_ntk._gram import Gram, PrecomputedGram
from sklearn_ntk._inference import (
    _optimization,
    likelihood,
    loss_and_gradient,
    minimise,
    negative_likelihood,
)
from sklearn_ntk.kernels import NNGP


@pytest.fixture
def data():
    X, y = make_friedman1(60, noise=0.5, random_state=0)
    return X - 0.5, np.column_stack([10 * y, X[:, 0] ** 2 + 3])


@pytest.mark.parametrize("targets", [0, slice(0, 2)])
@pytest.mark.parametrize("bias_variance", [0.0, 0.4])
def test_gaussian_process_regressor(data, targets, bias_variance):
    X, y = data[0], data[1][:, targets]
    kernel = NNGP(2, bias_variance=bias_variance)
    theirs = GaussianProcessRegressor(
        kernel + WhiteKernel(0.1), alpha=0, normalize_y=True, optimizer=None
    ).fit(X, y)
    ours = NNGPRegressor(2, bias_variance=bias_variance, alpha=0.1).fit(X, y)
    thetas = [theirs.kernel_.theta, theirs.kernel_.theta + np.linspace(-1, 1, kernel.n_dims + 1)]
    for theta in thetas:
        value, gradient = ours.log_marginal_likelihood(theta, eval_gradient=True)
        expected = theirs.log_marginal_likelihood(theta, eval_gradient=True)
        assert value == pytest.approx(expected[0], rel=1e-9)
        np.testing.assert_allclose(gradient, expected[1], rtol=1e-8)
        assert ours.log_marginal_likelihood(theta) == value
    value, _ = ours.log_marginal_likelihood(eval_gradient=True)
    assert value == pytest.approx(ours.log_marginal_likelihood(), rel=1e-12)


@pytest.mark.parametrize("n", [60, 1100])
def test_gradient_is_that_of_central_differences(n):
    """Also for rows of several blocks, with weights, sparse."""
    rng = np.random.default_rng(0)
    X = sparse.random(n, 30, density=0.5, format="csr", random_state=0)
    y, weight = rng.standard_normal((n, 2)), rng.uniform(0.3, 2, n)
    model = NNGPRegressor(2, alpha=0.3, n_jobs=2).fit(X, y, weight)
    theta = np.log([0.7, 1.4, 0.2])
    _, gradient = model.log_marginal_likelihood(theta, eval_gradient=True)
    for k, step in enumerate(1e-4 * np.eye(3)):
        above, below = (model.log_marginal_likelihood(theta + s) for s in (step, -step))
        assert gradient[k] == pytest.approx((above - below) / 2e-4, rel=1e-5)


def test_optimizer(data):
    X, y = data[0], data[1][:, 0]
    kernel = NNGP(2) + WhiteKernel(0.03, noise_level_bounds=(1e-6, 1e2))
    with pytest.warns(ConvergenceWarning, match="bias_variance is close to"):
        theirs = GaussianProcessRegressor(kernel, alpha=0, normalize_y=True).fit(X, y)
    ours = NNGPRegressor(2, optimizer="fmin_l_bfgs_b").fit(X, y)
    assert ours.log_marginal_likelihood() == pytest.approx(
        theirs.log_marginal_likelihood_value_, abs=1e-3
    )
    assert ours.log_marginal_likelihood() > NNGPRegressor(2).fit(X, y).log_marginal_likelihood()
    assert ours.alpha == "auto"  # what was asked for stays
    assert ours.alpha_ != 0.03
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-2)
    again = NNGPRegressor(
        2,
        weight_variance=ours.kernel_.weight_variance,
        bias_variance=ours.kernel_.bias_variance,
        alpha=ours.alpha_,
    ).fit(X, y)
    np.testing.assert_allclose(again.predict(X), ours.predict(X), rtol=1e-9)


def test_restarts(data):
    X, y = data[0][:30], data[1][:30, 0]
    start = {"weight_variance": 0.011, "bias_variance": 90.0, "alpha": 50.0}
    options = {"optimizer": "fmin_l_bfgs_b", "random_state": 0}
    once = NNGPRegressor(1, **start, **options).fit(X, y)
    often = NNGPRegressor(1, **start, **options, n_restarts_optimizer=1).fit(X, y)
    assert often.log_marginal_likelihood() >= once.log_marginal_likelihood() - 1e-6
    repeat = NNGPRegressor(1, **start, **options, n_restarts_optimizer=1).fit(X, y)
    assert repeat.alpha_ == often.alpha_
    flow = NNGPRegressor(1, **start, **options, training_time=np.inf).fit(X, y)
    np.testing.assert_allclose(flow.predict(X), once.predict(X), rtol=1e-7)
    assert flow.log_marginal_likelihood() == pytest.approx(once.log_marginal_likelihood())


def test_optimizer_without_biases(data):
    model = NNGPRegressor(1, bias_variance=0.0, optimizer="fmin_l_bfgs_b").fit(*data)
    assert model.kernel_.bias_variance == 0
    assert model.kernel_.weight_variance != 2


@pytest.mark.parametrize("targets", [0, slice(0, 2)])
def test_likelihood_of_a_training_matrix(data, targets):
    X, y = data[0], data[1][:, targets]
    theirs = GaussianProcessRegressor(NNGP(2), alpha=0.1, optimizer=None).fit(X, y)
    expected = theirs.log_marginal_likelihood_value_
    noise = np.full(len(X), 0.1)
    for A in Gram(NNGP(2), X, noise), PrecomputedGram(NNGP(2)(X), noise):
        assert likelihood(A, y) == pytest.approx(expected, rel=1e-9)
    twice = np.repeat(X[:30], 2, axis=0)
    assert likelihood(Gram(NNGP(2), twice, np.zeros(60)), y) == -np.inf


def free(kernel, noise, bounds, X, y, **options):
    rng, weight = np.random.RandomState(0), np.ones(len(X))
    options = {"n_restarts": 0, **options}
    return minimise(
        negative_likelihood,
        kernel,
        noise,
        X,
        y[:, np.newaxis],
        weight,
        noise_bounds=bounds,
        rng=rng,
        **options,
    )


@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_fixed_noise(data, noise):
    X, y = data[0], data[1][:, 0] / 40
    kernel = Matern(1.0, nu=1.5)
    theirs = GaussianProcessRegressor(kernel, alpha=noise).fit(X, y)
    ours, kept, problem = free(kernel, noise, "fixed", X, y)
    assert kept == noise
    assert problem is None
    np.testing.assert_allclose(ours.theta, theirs.kernel_.theta, atol=1e-3)


def test_noise_alone(data):
    """Of a kernel without free parameters; the derivative of a closed form is zero there."""
    X, y = data[0], data[1][:, 0] / 40
    kernel = Matern(1.0, "fixed", nu=1.5)
    ours, noise, problem = free(kernel, 0.5, (1e-4, 1e2), X, y, n_restarts=1)
    assert ours == kernel
    assert problem is None
    w, Q = np.linalg.eigh(kernel(X))
    squares = (Q.T @ y) ** 2
    slope = np.sum(squares / (w + noise) ** 2 - 1 / (w + noise)) / 2
    assert abs(noise * slope) < 1e-3
    assert free(kernel, 0.5, (2.0, 3.0), X, y)[1] == pytest.approx(2.0)


def test_nothing_to_optimise(data, monkeypatch):
    monkeypatch.setattr(_optimization, "loss_and_gradient", None)
    kernel = Matern(1.0, "fixed", nu=1.5)
    assert free(kernel, 0.5, "fixed", *data, n_restarts=3) == (kernel, 0.5, None)


def test_memory_of_the_gradient(data, monkeypatch):
    """60^2 numbers of 8 bytes; the likelihood by itself has packed storage."""
    monkeypatch.setattr(_memory, "available_memory", lambda: 20_000)
    X, y = data
    with pytest.raises(MemoryError, match=r"gradient needs 0.0275 MiB.* by itself needs half"):
        loss_and_gradient(negative_likelihood, NNGP(1), 0.1, X, y, np.ones(60))
