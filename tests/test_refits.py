"""A fit that fails leaves the estimator as it was."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sklearn_ntk import KernelRegressor, LaplaceKernel, NNGPRegressor, NTKRegressor, _kernel_machine
from sklearn_ntk.kernels import NTK
from sklearn_ntk.regression import _fit

every_estimator = pytest.mark.parametrize(
    "estimator",
    [
        KernelRegressor(NTK(1)),
        LaplaceKernel(),
        NTKRegressor(1),
        NTKRegressor(1, training_time=2.0),
        NNGPRegressor(1),
        NNGPRegressor(1, training_time=2.0),
    ],
    ids=str,
)


@pytest.fixture
def data(rng):
    X = rng.standard_normal((30, 3))
    return X, np.sin(X[:, 0])


def answers(model, X):
    return (
        np.ravel(model.predict(X, return_std=model.keep_factor)),
        model.intercept_,
        model.n_features_in_,
    )


def fails(model, error, *data):
    with pytest.raises(error):
        model.fit(*data)


def assert_unchanged(model, X, before):
    for value, expected in zip(answers(model, X), before, strict=True):
        np.testing.assert_array_equal(value, expected)


@every_estimator
def test_singular_matrix_with_other_columns(estimator, data):
    X, y = data
    model = clone(estimator).fit(X, y)
    before = answers(model, X)
    # Of the kernel alone; a finite time does not mind.
    model.set_params(alpha=0)
    singular = np.zeros((4, 2)), np.array([7.0, 8.0, 9.0, 10.0])
    model.set_params(training_time=None)
    fails(model, np.linalg.LinAlgError, *singular)
    assert_unchanged(model, X, before)
    fresh = clone(model)
    fails(fresh, np.linalg.LinAlgError, *singular)
    with pytest.raises(NotFittedError):
        fresh.predict(X)
    assert not hasattr(fresh, "n_features_in_")


@every_estimator
def test_interrupt(estimator, data, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    X, y = data
    model = clone(estimator).fit(X, y)
    before = answers(model, X)
    monkeypatch.setattr(type(model), "_solve", interrupt)
    fails(model, KeyboardInterrupt, X[:, :2], 3 * y + 5)
    assert_unchanged(model, X, before)


def test_optimizer(data, monkeypatch):
    X, y = data
    model = NNGPRegressor(1, optimizer="fmin_l_bfgs_b").fit(X, y)
    before, theta, value = answers(model, X), model.kernel_.theta, model.log_marginal_likelihood()

    def singular(*_, **__):
        raise np.linalg.LinAlgError

    monkeypatch.setattr(_kernel_machine, "solve_cholesky", singular)  # after the optimisation
    fails(model, np.linalg.LinAlgError, X, y**2)
    assert_unchanged(model, X, before)
    monkeypatch.undo()
    monkeypatch.setattr(_fit, "log_marginal_likelihood", singular)  # after the solution
    fails(model, np.linalg.LinAlgError, X, y**2)
    assert_unchanged(model, X, before)
    np.testing.assert_array_equal(model.kernel_.theta, theta)
    assert model.log_marginal_likelihood() == value
