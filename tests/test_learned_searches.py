"""Searches over kernels that learn: by hand, and never scored on rows that they have seen."""

import numpy as np
import pytest
from sklearn.datasets import make_friedman1
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, TimeSeriesSplit, cross_val_score

from sklearn_ntk import (
    ARDClassifier,
    ARDRegressor,
    KernelClassifierCV,
    KernelRegressor,
    KernelRegressorCV,
    RFMClassifier,
    RFMRegressor,
)
from sklearn_ntk._inference import balanced_folds, ridge_candidates
from sklearn_ntk.kernels import NTK, Laplace, Projected, Scaled

LEARNERS = [ARDRegressor(), RFMRegressor(n_iter=2)]


@pytest.fixture(scope="module")
def data():
    X, y = make_friedman1(90, n_features=7, noise=0.5, random_state=0)
    return X, np.column_stack([y, X[:, 0] ** 2 + 30])


def learned(learner, X, Y):
    """The kernel that it makes of rows and targets, in units of their deviations."""
    Y = Y - Y.mean(axis=0)
    return learner._learner()(X, Y / Y.std(axis=0), np.ones(len(X)))


def by_hand(learner, X, Y, splits, alpha):
    """Predictions of real fits for each split; `alpha` a number or a function of K."""
    predictions = []
    for train, test in splits:
        kernel = learned(learner, X[train], Y[train])
        ridge = alpha(kernel(X[train])) if callable(alpha) else alpha
        model = KernelRegressor(kernel, alpha=ridge).fit(X[train], Y[train])
        predictions.append(model.predict(X[test]).reshape(len(test), -1))
    return predictions


@pytest.mark.parametrize("learner", LEARNERS, ids=repr)
@pytest.mark.parametrize("cv", [KFold(3), TimeSeriesSplit(2)], ids=repr)
@pytest.mark.parametrize("targets", [0, slice(0, 2)])
def test_splits_are_learned_anew(learner, cv, targets, data):
    X, y = data[0], data[1][:, targets]
    alphas = [0.01, 1.0]
    search = KernelRegressorCV([learner, NTK(1)], alphas=alphas, cv=cv, n_members=1).fit(X, y)
    Y, splits = y.reshape(len(y), -1), list(cv.split(X))
    for k, alpha in enumerate(alphas):
        predictions = by_hand(learner, X, Y, splits, alpha)
        for s, (part, (_, test)) in enumerate(zip(predictions, splits, strict=True)):
            [place] = [
                i
                for i, params in enumerate(search.cv_results_["params"])
                if params["kernel"] is learner and params["alpha"] == alphas[k]
            ]
            score = search.cv_results_[f"split{s}_test_score"][place]
            # The units of the targets are those of all rows, which rounds otherwise.
            assert score == pytest.approx(r2_score(Y[test], part), abs=2e-3)


@pytest.mark.parametrize("learner", LEARNERS, ids=repr)
def test_folds_in_place_of_leave_one_out(learner, data):
    X, y = data[0], data[1][:, 0]
    search = KernelRegressorCV([learner], n_members=1).fit(X, y)
    assert search.n_splits_ == 1
    assert np.isnan(search.cv_results_["param_alpha"].astype(float)).all()
    Y = y[:, np.newaxis]
    splits = balanced_folds(X, Y - Y.mean(), 3)
    scores = []
    for k in range(24):
        predictions = np.empty((90, 1))
        parts = by_hand(
            learner, X, Y, splits, lambda K, k=k: ridge_candidates(K, np.ones(len(K)))[k]
        )
        for part, (_, test) in zip(parts, splits, strict=True):
            predictions[test] = part
        scores.append(r2_score(y, predictions))
        if k == search.best_index_:
            np.testing.assert_allclose(search.held_out_predictions_, predictions[:, 0], rtol=1e-4)
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], scores, atol=1e-4)
    kernel = search.best_params_["kernel"]
    assert isinstance(kernel, Scaled | Projected)
    expected = ridge_candidates(kernel(X), np.ones(90))[search.best_index_]
    assert search.best_params_["alpha"] == pytest.approx(expected)
    again = KernelRegressor(**search.best_params_).fit(X, y)
    np.testing.assert_allclose(search.predict(X), again.predict(X), rtol=1e-10)


def test_all_candidates_are_scored_on_the_same_folds(data):
    X, y = data[0], data[1][:, 0]
    search = KernelRegressorCV([LEARNERS[0], NTK(1)], alphas=[0.1], n_members=1).fit(X, y)
    Y = y[:, np.newaxis]
    predictions = np.empty(90)
    for train, test in balanced_folds(X, Y - y.mean(), 3):
        fit = KernelRegressor(NTK(1), alpha=0.1).fit(X[train], y[train])
        predictions[test] = fit.predict(X[test])
    [place] = [i for i, p in enumerate(search.cv_results_["params"]) if p["kernel"] == NTK(1)]
    score = search.cv_results_["mean_test_score"][place]
    assert score == pytest.approx(r2_score(y, predictions), rel=1e-9)


def test_classes(rng):
    X = rng.standard_normal((150, 12))
    labels = np.array(["low", "mid", "top"])[np.digitize(X[:, 0] + X[:, 1] ** 2, [0.3, 1.3])]
    kernels = [ARDClassifier(), RFMClassifier(metric="diagonal"), Laplace("scale")]
    search = KernelClassifierCV(kernels).fit(X, labels)
    assert search.held_out_predictions_.shape == (150, 3)
    assert not np.isnan(search.held_out_predictions_).any()
    plain = KernelClassifierCV([Laplace("scale")]).fit(X, labels)
    assert search.best_score_ > plain.best_score_ + 0.05
    assert isinstance(search.best_params_["kernel"], Scaled)


@pytest.mark.parametrize(
    "search",
    [KernelRegressorCV(), KernelRegressorCV([ARDRegressor(), RFMRegressor()])],
    ids=repr,
)
def test_noise(search, rng):
    X, y = rng.standard_normal((100, 12)), rng.standard_normal(100)
    assert cross_val_score(search, X, y).mean() < 0.05
    assert search.fit(X, y).best_score_ < 0.15


def test_random_labels(rng):
    X, y = rng.standard_normal((120, 12)), np.arange(120) % 2
    search = KernelClassifierCV([ARDClassifier(), RFMClassifier()])
    assert 0.35 < cross_val_score(search, X, y).mean() < 0.65


def test_kernels_are_fitted_to_a_sample(rng):
    X = rng.standard_normal((400, 6))
    y = np.sin(2 * X[:, 0]) + 0.1 * rng.standard_normal(400)
    search = KernelRegressorCV([ARDRegressor()], subsample=100).fit(X, y)
    assert search.best_estimator_.X_fit_.shape == (400, 6)
    assert np.count_nonzero(~np.isnan(search.held_out_predictions_)) == 100
    assert search.best_params_["kernel"].scales.argmax() == 0
