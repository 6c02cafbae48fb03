"""The posterior of NNGPRegressor against GaussianProcessRegressor and Monte Carlo."""

from contextlib import nullcontext

import numpy as np
import pytest
import sklearn
from sklearn.datasets import make_friedman1
from sklearn.exceptions import NotFittedError
from sklearn.gaussian_process import GaussianProcessRegressor

from sklearn_ntk import NNGPRegressor
from sklearn_ntk.kernels import NNGP


@pytest.fixture
def data():
    X, y = make_friedman1(100, noise=0.5, random_state=0)
    return X - 0.5, np.column_stack([10 * y, X[:, 0] ** 2 + 3])


@pytest.mark.parametrize("normalize_y", [True, False])
@pytest.mark.parametrize("targets", [0, slice(0, 2)])
def test_gaussian_process_regressor(data, normalize_y, targets):
    X, Y = data
    y = Y[:, targets]
    X_test = np.vstack([X[:10] + 0.1, X[:3]])
    kernel = NNGP(2, bias_variance=0.3)
    theirs = GaussianProcessRegressor(
        kernel, alpha=0.2, optimizer=None, normalize_y=normalize_y
    ).fit(X, y)
    ours = NNGPRegressor(2, bias_variance=0.3, alpha=0.2, normalize_y=normalize_y).fit(X, y)
    mean, std = theirs.predict(X_test, return_std=True)
    _, cov = theirs.predict(X_test, return_cov=True)
    np.testing.assert_allclose(ours.predict(X_test), mean, rtol=1e-9)
    np.testing.assert_allclose(ours.predict(X_test, return_std=True)[1], std, rtol=1e-9)
    np.testing.assert_allclose(
        ours.predict(X_test, return_cov=True)[1], cov, rtol=1e-7, atol=1e-9 * cov.max()
    )
    likelihood = theirs.log_marginal_likelihood_value_
    assert ours.log_marginal_likelihood() == pytest.approx(likelihood, rel=1e-9)
    with sklearn.config_context(working_memory=0.01):
        np.testing.assert_allclose(ours.predict(X_test, return_std=True)[1], std, rtol=1e-9)


def test_weights_are_precisions(data):
    X, y = data[0], data[1][:, 0]
    weight = np.linspace(0.5, 2, len(X))
    theirs = GaussianProcessRegressor(NNGP(), alpha=0.1 / weight, optimizer=None).fit(X, y)
    ours = NNGPRegressor(alpha=0.1, normalize_y=False).fit(X, y, sample_weight=weight)
    mean, std = theirs.predict(X + 0.1, return_std=True)
    np.testing.assert_allclose(ours.predict(X + 0.1), mean, rtol=1e-9)
    np.testing.assert_allclose(ours.predict(X + 0.1, return_std=True)[1], std, rtol=1e-9)


@pytest.mark.parametrize("targets", [0, slice(0, 2)])
def test_samples_have_the_posterior_moments(data, targets):
    X, Y = data
    model = NNGPRegressor(2).fit(X, Y[:, targets])
    rows = X[:4] + 0.2
    samples = model.sample_y(rows, n_samples=20_000, random_state=1)
    mean, cov = model.predict(rows, return_cov=True)
    assert samples.shape == (*mean.shape, 20_000)
    std = model.predict(rows, return_std=True)[1]
    np.testing.assert_array_less(np.abs(samples.mean(axis=-1) - mean), 5 * std / np.sqrt(20_000))
    if mean.ndim == 1:
        np.testing.assert_allclose(np.cov(samples), cov, atol=0.05 * cov.max())
    assert np.array_equal(samples, model.sample_y(rows, 20_000, random_state=1))
    assert model.sample_y(rows).shape == (*mean.shape, 1)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_std_is_never_negative_or_nan(data, dtype):
    X = data[0].astype(dtype)
    model = NNGPRegressor(1, alpha=1e-6).fit(X, data[1][:, 0])
    rounding = pytest.warns(UserWarning, match="variances came out negative by rounding")
    with rounding if dtype == np.float32 else nullcontext():
        mean, std = model.predict(X, return_std=True)
    assert std.dtype == mean.dtype == dtype
    assert (std >= 0).all()
    assert std.max() < 0.01 * data[1][:, 0].std()
    with rounding if dtype == np.float32 else nullcontext():
        _, cov = model.predict(X, return_cov=True)
    assert (cov.diagonal() >= 0).all()


def test_wrong_requests(data):
    with pytest.raises(NotFittedError):
        NNGPRegressor().predict(data[0], return_std=True)
    with pytest.raises(NotFittedError):
        NNGPRegressor().log_marginal_likelihood()
    with pytest.raises(NotFittedError):
        NNGPRegressor().sample_y(data[0])
    with pytest.raises(ValueError, match="one of return_std and return_cov"):
        NNGPRegressor().fit(*data).predict(data[0], return_std=True, return_cov=True)
