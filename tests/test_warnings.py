"""Warnings point at the line of the user, whoever calls whom in between."""

import warnings

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from sklearn_ntk import KernelRegressor, LaplaceKernel, NNGPRegressor, NTKRegressor
from sklearn_ntk._inference import _optimization
from sklearn_ntk.kernels import NNGP, NTK


@pytest.fixture
def data(rng):
    X = rng.standard_normal((40, 3))
    return X, np.sin(X[:, 0])


def assert_here(call, match, category=UserWarning):
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always")
        call()
    assert len(records) > 0
    for record in records:
        assert match in str(record.message)
        assert issubclass(record.category, category)
        assert record.filename == __file__


@pytest.mark.parametrize(
    "estimator", [KernelRegressor(NTK(1)), LaplaceKernel(), NTKRegressor(1), NNGPRegressor(1)]
)
def test_mixed_precision(estimator, data):
    X, y = np.vstack([data[0], data[0] + 1e-7]), np.append(data[1], data[1])
    estimator.set_params(precision="mixed", alpha=1e-9)
    assert_here(lambda: estimator.fit(X, y), "too ill-conditioned")
    within = make_pipeline(StandardScaler(), estimator)
    assert_here(lambda: within.fit(X, y), "too ill-conditioned")


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("regressor", [NTKRegressor, NNGPRegressor])
def test_negative_variances(regressor, rng, n_jobs):
    X = rng.standard_normal((200, 3))  # enough for some to be negative by whatever rounding
    model = regressor(1, alpha=0, keep_factor=True, n_jobs=n_jobs).fit(X, np.sin(X[:, 0]))
    negative = "came out negative by rounding"
    assert_here(lambda: model.predict(X, return_std=True), negative)
    if regressor is NNGPRegressor:  # the other's products round to positive values here
        assert_here(lambda: model.predict(X, return_cov=True), negative)
        assert_here(lambda: model.sample_y(X), negative)


def test_likelihood(data, monkeypatch):
    def once(*arguments, options, **others):
        return minimize(*arguments, options=options | {"maxiter": 1}, **others)

    monkeypatch.setattr(_optimization, "minimize", once)
    model = NNGPRegressor(1, optimizer="fmin_l_bfgs_b")
    assert_here(lambda: model.fit(*data), "not be at its maximum", ConvergenceWarning)


def test_short_series(data):
    X, y = data
    kernel = NNGP(1, activation="tanh", weight_variance=1e5)
    for call in (
        lambda: kernel(X),
        lambda: kernel.diag(X),
        lambda: SVR(kernel=kernel).fit(X, y),
        lambda: KernelRegressor(kernel, n_jobs=1).fit(X, y),
        lambda: KernelRegressor(kernel, n_jobs=1).fit(X, y).predict(X),
    ):
        assert_here(call, "Hermite series", ConvergenceWarning)
