"""Searches over lists of kernels: members, samples, relative ridges, classifiers."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification, make_friedman1
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    LeaveOneOut,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)

from sklearn_ntk import (
    KernelClassifier,
    KernelClassifierCV,
    KernelRegressor,
    KernelRegressorCV,
    NTKClassifierCV,
    NTKRegressorCV,
)
from sklearn_ntk._inference import RATIOS, sampled_rows
from sklearn_ntk.kernels import NNGP, NTK, Laplace, ProductLaplace
from sklearn_ntk.model_selection._recommended import recommended_kernels
from sklearn_ntk.model_selection._results import choose_members

KERNELS = [NTK(1), Laplace(3.0), ProductLaplace(4.0), NNGP(2)]


@pytest.fixture
def data():
    X, y = make_friedman1(70, noise=1.0, random_state=0)
    return X - 0.5, np.column_stack([y, X[:, 0] ** 2 + 30])


@pytest.fixture
def labelled():
    X, y = make_classification(90, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=1)
    return X, np.array(["ash", "birch", "oak"])[y]


def test_ridges_relative_to_each_kernel(data):
    X, y = data[0], data[1][:, 0]
    search = KernelRegressorCV([NTK(1), 50.0 * NTK(1)], n_members=1).fit(X, y)
    table = pd.DataFrame(search.cv_results_)
    K = NTK(1)(X)
    s = (np.trace(K) - K.sum() / len(K)) / len(K)
    for kernel, factor in zip(search.kernels, (1, 50), strict=True):
        part = table[[k == kernel for k in table.param_kernel]]
        np.testing.assert_allclose(np.sort(part.param_alpha), np.sort(factor * s * RATIOS))
        for params, score in zip(part.params, part.mean_test_score, strict=True):
            if params["alpha"] > 1e-3 * s:
                fits = KernelRegressor(**params)
                predictions = cross_val_predict(fits, X, y, cv=LeaveOneOut())
                assert score == pytest.approx(1 - np.mean((predictions - y) ** 2) / y.var())
    best = table.loc[table.mean_test_score.idxmax()]
    assert search.best_params_["alpha"] == pytest.approx(best.param_alpha)
    assert search.best_index_ == table.mean_test_score.idxmax()


@pytest.mark.parametrize("cv", [None, KFold(4, shuffle=True, random_state=0)])
@pytest.mark.parametrize("targets", [0, [0, 1]])
def test_members_are_the_best_average(cv, targets, data):
    X, y = data[0], data[1][:, targets]
    search = KernelRegressorCV(KERNELS, n_members=3, cv=cv).fit(X, y)
    weights, members = search.member_weights_, search.members_
    assert weights.sum() == pytest.approx(1)
    assert all(w * 3 == pytest.approx(round(w * 3)) for w in weights) or len(weights) < 3
    expected = sum(w * m.predict(X + 0.1) for w, m in zip(weights, members, strict=True))
    np.testing.assert_allclose(search.predict(X + 0.1), expected, rtol=1e-10)
    # The best single candidate comes first, and the held-out predictions are those of fits.
    assert str(members[0].kernel_) == str(search.best_params_["kernel"])
    splitter = LeaveOneOut() if cv is None else cv
    fits = [KernelRegressor(m.kernel, alpha=m.alpha) for m in members]
    held_out = sum(
        w * cross_val_predict(fit, X, y, cv=splitter) for w, fit in zip(weights, fits, strict=True)
    )
    np.testing.assert_allclose(search.held_out_predictions_, held_out, rtol=1e-7)
    single = KernelRegressorCV(KERNELS, n_members=1, cv=cv).fit(X, y)
    errors = [
        np.sum(((s.held_out_predictions_ - y) / y.std(axis=0)) ** 2) for s in (search, single)
    ]
    assert errors[0] <= errors[1] * (1 + 1e-12)
    assert single.best_score_ == search.best_score_


def test_greedy_choice_against_all_averages(rng):
    """Each step takes the best of all that it could take."""
    target = rng.standard_normal(30)
    predictions = [[target + rng.standard_normal(30)] for _ in range(5)]

    def score(average):
        return -np.mean((average[0] - target) ** 2)

    first = int(np.argmax([score(p) for p in predictions]))
    shares, average = choose_members(predictions, first, 3, score)
    chosen, total = [first], predictions[first][0]
    for size in (2, 3):
        options = [score([(total + p[0]) / size]) for p in predictions]
        if max(options) <= score([total / (size - 1)]):
            break
        chosen.append(int(np.argmax(options)))
        total = total + predictions[chosen[-1]][0]
    assert shares == {k: chosen.count(k) / len(chosen) for k in chosen}
    np.testing.assert_allclose(average[0], total / len(chosen))
    nothing = [[np.full(30, np.nan)], *predictions]
    assert set(choose_members(nothing, first + 1, 3, score)[0]) == {k + 1 for k in shares}


def test_members_together(data):
    """What a mixture of distributions predicts, from what its parts predict."""
    X, Y = data
    new = X[:6] + 0.2
    search = KernelRegressorCV(KERNELS, n_members=3, keep_factor=True).fit(X, Y)
    w, members = search.member_weights_, search.members_
    assert len(members) > 1
    means, stds = np.moveaxis([m.predict(new, return_std=True) for m in members], 1, 0)
    mean, std = search.predict(new, return_std=True)
    np.testing.assert_allclose(mean, np.einsum("m,m...->...", w, means), rtol=1e-10)
    second = np.einsum("m,m...->...", w, stds**2 + means**2)
    np.testing.assert_allclose(std**2, second - mean**2, rtol=1e-6)
    _, covariance = search.predict(new, return_cov=True)
    np.testing.assert_allclose(np.einsum("iit->it", covariance), std**2, rtol=1e-8)
    samples = search.sample_y(new, 4000, random_state=0)
    assert samples.shape == (6, 2, 4000)
    np.testing.assert_allclose(samples.mean(axis=-1), mean, atol=5 * std.max() / np.sqrt(4000))
    np.testing.assert_allclose(samples.std(axis=-1), std, rtol=0.1)
    step = 1e-5
    difference = (search.predict(new + step * np.eye(10)[2]) - mean) / step
    np.testing.assert_allclose(search.gradient(new)[:, 2], difference, rtol=1e-2, atol=1e-3)
    timed = KernelRegressorCV(
        KERNELS, n_members=2, training_times=(5.0, 50.0), keep_factor=True
    ).fit(X, Y)
    late = list(timed.staged_predict(new, [1.0, timed.best_params_["training_time"]]))
    assert len(late) == 2
    if len({m.training_time for m in timed.members_}) == 1:
        np.testing.assert_allclose(late[1], timed.predict(new), rtol=1e-9)


def test_recommended_kernels(data):
    X, y = data[0], data[1][:, 0]
    weight = np.ones(len(X))
    kernels = recommended_kernels(X, weight)
    assert len(kernels) == 15
    named = recommended_kernels(X * 1000, weight)
    for ours, theirs in zip(kernels[5:], named[5:], strict=True):
        assert theirs.length_scale == pytest.approx(1000 * ours.length_scale)
    search = KernelRegressorCV().fit(X, y)
    assert len(search.cv_results_["params"]) == (15 + 3) * len(RATIOS)
    few = KernelRegressorCV().fit(X[:29], y[:29])  # too few to learn a metric
    assert len(few.cv_results_["params"]) == 15 * len(RATIOS)
    assert search.score(X, y) > 0.8
    assert cross_val_score(KernelRegressorCV(), X, y).mean() > 0.6
    rows = sparse.csr_matrix(np.where(np.abs(X) > 0.3, X, 0))
    dense = KernelRegressorCV().fit(rows.toarray(), y).predict(rows.toarray())
    np.testing.assert_allclose(KernelRegressorCV().fit(rows, y).predict(rows), dense, rtol=1e-5)


def test_a_sample_is_searched_and_all_rows_are_fitted(rng):
    X = rng.standard_normal((150, 3))
    y = np.sin(X[:, 0]) + 0.1 * rng.standard_normal(150)
    search = KernelRegressorCV(KERNELS, subsample=60, n_members=1, random_state=4).fit(X, y)
    rows = sampled_rows(X, 60, 4)
    small = KernelRegressorCV(KERNELS, subsample=None, n_members=1).fit(X[rows], y[rows])
    assert search.best_params_ == small.best_params_
    assert search.best_estimator_.X_fit_.shape == (150, 3)
    seen = ~np.isnan(search.held_out_predictions_)
    assert np.array_equal(np.flatnonzero(seen), rows)
    np.testing.assert_allclose(search.held_out_predictions_[rows], small.held_out_predictions_)
    whole = KernelRegressor(**search.best_params_).fit(X, y)
    np.testing.assert_allclose(search.predict(X), whole.predict(X), rtol=1e-10)


def test_held_out_predictions_of_overlapping_splits(data):
    X, y = data[0], data[1][:, 0]
    cv = ShuffleSplit(3, test_size=0.3, random_state=0)
    search = NTKRegressorCV((1,), alphas=(0.1,), bias_variances=(1.0,), cv=cv).fit(X, y)
    total, count = np.zeros(len(y)), np.zeros(len(y))
    for train, test in cv.split(X):
        total[test] += KernelRegressor(NTK(1), alpha=0.1).fit(X[train], y[train]).predict(X[test])
        count[test] += 1
    with np.errstate(invalid="ignore"):
        expected = total / count
    np.testing.assert_allclose(search.held_out_predictions_, expected, rtol=1e-8)


def brier(estimator, X, y):
    """Minus the squared error of scores that are not calibrated, from a regression of its own."""
    one_hot = (y[:, np.newaxis] == estimator.classes_).astype(float)
    scores = (estimator.decision_function(X) - estimator.offsets_) * estimator.temperature_
    return -np.mean(np.sum((scores - one_hot) ** 2, axis=1))


@pytest.mark.parametrize("cv", [4, StratifiedKFold(3)])
def test_classifiers_equal_grid_search(cv, labelled):
    X, y = labelled
    grid = {"kernel": KERNELS[:3], "alpha": [0.03, 0.3, 3.0]}
    ours = KernelClassifierCV(KERNELS[:3], alphas=grid["alpha"], cv=cv).fit(X, y)
    theirs = GridSearchCV(KernelClassifier(), grid, cv=cv, scoring=brier).fit(X, y)
    order = {(str(p["kernel"]), p["alpha"]): i for i, p in enumerate(theirs.cv_results_["params"])}
    places = [order[str(p["kernel"]), p["alpha"]] for p in ours.cv_results_["params"]]
    expected = theirs.cv_results_["mean_test_score"][places]
    np.testing.assert_allclose(ours.cv_results_["mean_test_score"], expected, rtol=1e-6)
    assert ours.best_params_["alpha"] == theirs.best_params_["alpha"]
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-6)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    assert ours.score(X, y) == theirs.best_estimator_.score(X, y)


@pytest.mark.parametrize(
    "scoring", ["accuracy", "balanced_accuracy", "neg_log_loss", "roc_auc_ovr"]
)
def test_scorers_of_classifiers(scoring, labelled):
    X, y = labelled
    search = NTKClassifierCV((1, 2), scoring=scoring, cv=3).fit(X, y)
    scores = search.held_out_predictions_
    if scoring == "accuracy":
        hits = [
            np.mean(search.classes_[scores[test].argmax(axis=1)] == y[test])
            for _, test in StratifiedKFold(3).split(X, y)
        ]
        assert search.best_score_ == pytest.approx(np.mean(hits))
    if scoring == "neg_log_loss":
        P = np.clip(scores, 1e-3, 1)
        P /= P.sum(axis=1, keepdims=True)
        losses = [log_loss(y[test], P[test]) for _, test in StratifiedKFold(3).split(X, y)]
        assert search.best_score_ == pytest.approx(-np.mean(losses))


def test_two_classes_and_weights(labelled, rng):
    X, y = labelled
    X, y = X[y != "oak"], y[y != "oak"]
    search = KernelClassifierCV(KERNELS, scoring="roc_auc", cv=3).fit(X, y)
    assert search.held_out_predictions_.shape == (len(y), 2)
    assert search.decision_function(X).shape == (len(y),)
    weight = rng.uniform(0.5, 2, len(y)) * (np.arange(len(y)) > 5)
    weighted = KernelClassifierCV(KERNELS, class_weight="balanced").fit(X, y, weight)
    assert np.isnan(weighted.held_out_predictions_[:6]).all()
    assert np.isfinite(weighted.held_out_predictions_[6:]).all()
    expected = clone(weighted.best_estimator_).fit(X[6:], y[6:], weight[6:])
    np.testing.assert_allclose(weighted.predict_proba(X), expected.predict_proba(X), rtol=1e-8)


def test_a_class_that_a_fold_has_not_seen(labelled):
    X, y = labelled
    y = np.where(np.arange(len(y)) == 3, "elm", y)
    search = KernelClassifierCV(KERNELS[:2]).fit(X, y)
    assert list(search.classes_) == ["ash", "birch", "elm", "oak"]
    assert search.predict_proba(X).shape == (len(y), 4)


def test_a_class_that_the_sample_has_not_seen(rng):
    X, y = rng.standard_normal((80, 3)), np.arange(80) % 2
    y[7] = 2
    for seed in range(5):
        for class_weight in None, "balanced", {0: 1.0, 1: 2.0, 2: 0.5}:
            search = KernelClassifierCV(
                KERNELS[:1], subsample=20, random_state=seed, class_weight=class_weight
            ).fit(X, y)
            assert list(search.classes_) == [0, 1, 2]
            assert search.predict_proba(X).shape == search.held_out_predictions_.shape == (80, 3)
    assert any(7 not in sampled_rows(X, 20, seed) for seed in range(5))


def test_what_is_wrong_with_classes(labelled):
    X, y = labelled
    with pytest.raises(ValueError, match="one class"):
        KernelClassifierCV(KERNELS).fit(X, np.zeros(len(y)))
    with pytest.raises(ValueError, match="Unknown label type"):
        KernelClassifierCV(KERNELS).fit(X, X[:, 0])
    for kernels in ["precomputed"], [None], []:
        with pytest.raises(ValueError, match="kernel"):
            KernelClassifierCV(kernels).fit(X, y)
    with pytest.raises(ValueError, match="n_members"):
        KernelRegressorCV(KERNELS, n_members=0).fit(X, X[:, 0])
    with pytest.raises(ValueError, match="subsample"):
        KernelRegressorCV(KERNELS, subsample=1).fit(X, X[:, 0])


def test_random_labels_stay_at_chance(rng):
    X = rng.standard_normal((100, 4))
    scores = [
        cross_val_score(KernelClassifierCV(KERNELS), X, rng.permutation(100) % 2).mean()
        for _ in range(8)
    ]
    assert np.mean(scores) < 0.57  # 800 rows: a standard error of 0.018
