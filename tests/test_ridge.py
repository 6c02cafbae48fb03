"""The ridge that leave-one-out chooses, against refits; the amplitude and the sample."""

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import norm
from sklearn.base import clone
from sklearn.datasets import make_friedman1
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from sklearn_ntk import (
    KernelRegressor,
    LaplaceKernel,
    NNGPRegressor,
    NNGPRegressorCV,
    NTKRegressor,
)
from sklearn_ntk._inference import RATIOS, repetitions, ridge_candidates, sampled_rows
from sklearn_ntk.kernels import NNGP, NTK, Laplace

every_regressor = pytest.mark.parametrize(
    "regressor",
    [
        NTKRegressor(2),
        NNGPRegressor(1),
        LaplaceKernel(4.0, normalize_y=False),
        KernelRegressor(NNGP(2), normalize_y=False),
    ],
)


@pytest.fixture
def data():
    X, y = make_friedman1(36, noise=2.0, random_state=0)
    return X - 0.5, np.column_stack([y, 100 * X[:, 0] ** 2])


def scale_of(K):
    return (np.trace(K) - K.sum() / len(K)) / len(K)


def loo_error(model, X, y, alpha, unit=1.0):
    """Mean squared error of real fits without each row."""
    predictions = cross_val_predict(model.set_params(alpha=alpha), X, y, cv=LeaveOneOut())
    return np.mean(((predictions - y) / unit) ** 2)


@every_regressor
def test_it_is_the_best_of_refits(regressor, data):
    X, y = data[0], data[1][:, 0]
    model = clone(regressor).fit(X, y)
    K = model.kernel_(X)
    errors = [loo_error(clone(model), X, y, scale_of(K) * ratio) for ratio in RATIOS]
    assert model.alpha_ == pytest.approx(scale_of(K) * RATIOS[np.argmin(errors)], rel=1e-9)
    fixed = clone(model).set_params(alpha=model.alpha_).fit(X, y)
    np.testing.assert_allclose(model.predict(X + 0.1), fixed.predict(X + 0.1), rtol=1e-12)


def test_targets_share_it_in_their_own_units(data):
    X, Y = data
    model = NTKRegressor(1).fit(X, Y)
    s = scale_of(model.kernel_(X))
    errors = [loo_error(NTKRegressor(1), X, Y, s * ratio, Y.std(axis=0)) for ratio in RATIOS]
    assert model.alpha_ == pytest.approx(s * RATIOS[np.argmin(errors)], rel=1e-9)
    np.testing.assert_allclose(NTKRegressor(1).fit(X, Y * [1, 1e-9]).alpha_, model.alpha_)


def test_at_a_finite_time(data):
    X, y = data[0], data[1][:, 0]
    model = NTKRegressor(1, training_time=3.0).fit(X, y)
    s = scale_of(model.kernel_(X))
    errors = [loo_error(NTKRegressor(1, training_time=3.0), X, y, s * ratio) for ratio in RATIOS]
    assert errors[np.argmin(np.abs(s * RATIOS / model.alpha_ - 1))] <= min(errors) * (1 + 1e-9)


@pytest.mark.parametrize("unit", [1.0, 0.25, 1e-200, 1e200])
def test_weights_that_are_counts_repeat_rows(unit, data, rng):
    X, y = data[0], data[1][:, 0]
    counts = rng.integers(1, 5, len(y))
    weighted = NTKRegressor(1).fit(X, y, unit * counts)
    repeated = NTKRegressor(1).fit(X.repeat(counts, axis=0), y.repeat(counts))
    assert weighted.alpha_ / unit == pytest.approx(repeated.alpha_, rel=1e-9)


def test_weights_that_are_no_counts(data, rng):
    """A row is left out with all its weight, in the fits and in the error."""
    X, y = data[0][:30], data[1][:30, 0]
    weight = rng.uniform(0.3, 2, len(y))
    model = LaplaceKernel(3.0).fit(X, y, weight)
    share = weight / weight.sum()
    K = model.kernel_(X)
    s = share @ K.diagonal() - share @ K @ share

    def error(alpha):
        residuals = []
        for i in range(len(y)):
            rest = np.arange(len(y)) != i
            fit = LaplaceKernel(3.0, alpha=alpha).fit(X[rest], y[rest], weight[rest])
            residuals.append(fit.predict(X[i : i + 1])[0] - y[i])
        return weight @ np.square(residuals)

    alphas = s * (share @ weight) * RATIOS
    assert model.alpha_ == pytest.approx(alphas[np.argmin([error(a) for a in alphas])], rel=1e-9)


def test_what_counts():
    assert list(repetitions(np.array([0.1, 0.3, 0.2]))) == [1, 3, 2]
    assert list(repetitions(np.array([7.0, 7.0]))) == [1, 1]
    assert list(repetitions(np.array([1.0, 2.5]))) == [1, 1]
    assert list(repetitions(np.array([1e-200, 1.0]))) == [1, 1]
    assert list(repetitions(np.array([1.0, 1000.0]))) == [1, 1]


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
def test_a_sample_repeats_itself_as_the_whole_does(container, rng):
    X = np.round(rng.standard_normal((400, 2)), 0)
    assert len(np.unique(X, axis=0)) < 100
    rows = sampled_rows(container(X), 150, 0)
    assert len(rows) == len(set(rows)) == 150
    chosen, left = (np.unique(part, axis=0) for part in (X[rows], np.delete(X, rows, axis=0)))
    both = {tuple(row) for row in chosen} & {tuple(row) for row in left}
    assert len(both) <= 1  # the last of them was cut
    assert np.array_equal(rows, sampled_rows(container(X), 150, 0))
    assert not np.array_equal(rows, sampled_rows(container(X), 150, 1))


def test_a_sample_of_many_rows(rng):
    X = rng.standard_normal((1500, 3))
    y = X[:, 0] + rng.standard_normal(1500)
    model = KernelRegressor(NTK(1), random_state=3).fit(X, y)
    rows = sampled_rows(X, 1000, 3)
    expected = KernelRegressor(NTK(1)).fit(X[rows], y[rows])
    assert model.alpha_ == pytest.approx(expected.alpha_, rel=1e-2)  # its targets are normalised
    precomputed = KernelRegressor("precomputed", random_state=3).fit(NTK(1)(X), y)
    assert precomputed.alpha_ == pytest.approx(model.alpha_, rel=0.6)


def test_precomputed_and_sparse(data):
    X, y = data[0], data[1][:, 0]
    expected = KernelRegressor(Laplace(3.0)).fit(X, y).alpha_
    assert KernelRegressor("precomputed").fit(Laplace(3.0)(X), y).alpha_ == pytest.approx(expected)
    model = KernelRegressor(Laplace(3.0)).fit(sparse.csr_matrix(X), y)
    assert model.alpha_ == pytest.approx(expected, rel=1e-9)


def test_float32_takes_no_ridge_that_it_cannot_hold(data):
    X = data[0]
    y = np.sin(X[:, 0])  # without noise
    doubles, singles = (NTKRegressor(1).fit(X.astype(t), y) for t in (np.float64, np.float32))
    assert doubles.alpha_ < singles.alpha_ < 1e-2
    rows = X + 0.1
    prediction = singles.predict(rows.astype(np.float32))
    np.testing.assert_allclose(prediction, doubles.predict(rows), atol=1e-2)


@pytest.mark.parametrize("rows", [[[1.0, 2.0]], [[1.0, 2.0]] * 5, [[0.0, 0.0]] * 3])
def test_nothing_to_choose_from(rows):
    """One row, equal rows, rows that a network without biases does not see."""
    y = np.arange(len(rows), dtype=float)
    for model in NTKRegressor(), KernelRegressor(NTK(bias_variance=0.0)):
        model.fit(rows, y)
        assert model.alpha_ > 0
        assert model.predict(rows) == pytest.approx(y.mean())


def test_candidates_of_a_matrix_without_scale():
    assert (ridge_candidates(np.ones((4, 4)), np.ones(4)) > 0).all()
    assert (ridge_candidates(np.zeros((4, 4)), np.ones(4)) > 0).all()


def test_the_unit_of_the_spread_covers_rows_left_out(data):
    X, Y = data
    model = NNGPRegressor(1).fit(X, Y)
    normalised = (Y - Y.mean(axis=0)) / Y.std(axis=0)
    for k, amplitude in enumerate(model.amplitude_):
        y, scores = normalised[:, k], []
        for i in range(len(y)):
            rest = np.arange(len(y)) != i
            process = GaussianProcessRegressor(NNGP(1), alpha=model.alpha_, optimizer=None)
            mean, std = process.fit(X[rest], y[rest]).predict(X[i : i + 1], return_std=True)
            scores.append(abs(y[i] - mean[0]) / np.sqrt(std[0] ** 2 + model.alpha_))
        assert amplitude == pytest.approx(np.quantile(scores, 0.9) / norm.ppf(0.95), rel=1e-8)
    theirs = GaussianProcessRegressor(
        ConstantKernel(model.amplitude_[0] ** 2) * NNGP(1),
        alpha=model.alpha_ * model.amplitude_[0] ** 2,
        optimizer=None,
        normalize_y=True,
    ).fit(X, Y[:, 0])
    rows = X[:7] + 0.2
    expected = theirs.predict(rows, return_std=True)[1]
    np.testing.assert_allclose(model.predict(rows, return_std=True)[1][:, 0], expected, rtol=1e-8)
    covariance = theirs.predict(rows, return_cov=True)[1]
    np.testing.assert_allclose(model.predict(rows, return_cov=True)[1][..., 0], covariance)


def test_searches_find_the_unit_of_the_spread_as_well(data):
    X, Y = data
    for alpha_per_target in True, False:
        search = NNGPRegressorCV((1, 2), alpha_per_target=alpha_per_target).fit(X, Y)
        best = search.best_params_
        for k in range(2):
            alpha = np.broadcast_to(best["alpha"], 2)[k]
            kernel = search.best_estimator_.kernel_
            y = (Y[:, k] - Y[:, k].mean()) / Y[:, k].std()
            inverse = np.linalg.inv(kernel(X) + alpha * np.eye(len(X)))
            z = np.abs(inverse @ y) / np.sqrt(np.diag(inverse))
            expected = np.quantile(z, 0.9) / norm.ppf(0.95)
            assert search.best_estimator_.amplitude_[k] == pytest.approx(expected, rel=1e-6)
    given = NNGPRegressorCV((1, 2), alphas=(0.1, 1.0)).fit(X, Y)
    assert given.best_estimator_.amplitude_ == 1


def test_a_number_leaves_the_prior_as_it_is(data):
    X, y = data[0], data[1][:, 0]
    assert NNGPRegressor(alpha=0.1).fit(X, y).amplitude_ == 1
    assert NTKRegressor().fit(X, y).amplitude_ == 1


def test_intervals_at_defaults_cover(rng):
    """90 % intervals of fresh noisy observations, over twenty functions of the prior."""
    inside = []
    for _ in range(20):
        X = rng.standard_normal((160, 2))
        f = np.linalg.cholesky(NNGP(3)(X) + 1e-8 * np.eye(160)) @ rng.standard_normal(160)
        y = 7 * f + rng.standard_normal(160)
        model = NNGPRegressor().fit(X[:120], y[:120])
        mean, std = model.predict(X[120:], return_std=True, include_noise=True)
        inside.append(np.abs(y[120:] - mean) <= norm.ppf(0.95) * std)
    # 800 observations: a standard error of 1.1 %, and of about 2 % for what is estimated.
    assert 0.84 <= np.mean(inside) <= 0.96


def test_what_is_no_ridge(data):
    for alpha in "best", -1.0, None:
        with pytest.raises(ValueError, match="alpha"):
            NTKRegressor(alpha=alpha).fit(*data)
