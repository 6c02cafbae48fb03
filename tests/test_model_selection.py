"""The searches against GridSearchCV over the regressors."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import make_friedman1
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneOut,
    ShuffleSplit,
    TimeSeriesSplit,
)

from sklearn_ntk import (
    LaplaceKernel,
    LaplaceKernelCV,
    NNGPRegressor,
    NNGPRegressorCV,
    NTKRegressor,
    NTKRegressorCV,
)

SEARCHES = [
    (
        NTKRegressorCV([1, 3], bias_variances=[0.0, 1.0], alphas=[1e-3, 0.01, 0.1, 1.0, 10.0]),
        NTKRegressor(),
        {"depth": [1, 3], "bias_variance": [0.0, 1.0], "alpha": [1e-3, 0.01, 0.1, 1.0, 10.0]},
    ),
    (
        NNGPRegressorCV([2], weight_variances=[1.0, 3.0], bias_variances=[0.3], alphas=[0.3, 3]),
        NNGPRegressor(2, bias_variance=0.3),
        {"weight_variance": [1.0, 3.0], "alpha": [0.3, 3]},
    ),
    (
        LaplaceKernelCV([2.0, 9.0], exponents=[1.0, 1.7], alphas=[0.1, 0.01]),
        LaplaceKernel(),
        {"length_scale": [2.0, 9.0], "exponent": [1.0, 1.7], "alpha": [0.1, 0.01]},
    ),
]
every_search = pytest.mark.parametrize(
    ("search", "regressor", "grid"), SEARCHES, ids=lambda s: type(s).__name__
)


@pytest.fixture
def data():
    X, y = make_friedman1(90, noise=0.5, random_state=0)
    return X - 0.5, np.column_stack([y, X[:, 0] ** 2 + 30])


def assert_same_search(ours, theirs):
    assert ours.best_index_ == theirs.best_index_
    assert ours.best_score_ == pytest.approx(theirs.best_score_, rel=1e-8)
    assert ours.best_params_.items() >= theirs.best_params_.items()
    table, expected = pd.DataFrame(ours.cv_results_), pd.DataFrame(theirs.cv_results_)
    assert set(expected.columns) <= set(table.columns)
    for column in expected.columns:
        if column.startswith(("split", "mean_test", "std_test", "rank", "param_")):
            np.testing.assert_allclose(
                table[column].astype(float), expected[column].astype(float), rtol=1e-8, atol=1e-12
            )


@every_search
@pytest.mark.parametrize("targets", [0, slice(0, 2)])
@pytest.mark.parametrize(
    "cv", [4, KFold(5, shuffle=True, random_state=1), TimeSeriesSplit(3), "groups"], ids=str
)
def test_grid_search(search, regressor, grid, targets, cv, data):
    X, y = data[0], data[1][:, targets]
    groups = np.arange(len(X)) // 7 if cv == "groups" else None
    cv = GroupKFold(4) if cv == "groups" else cv
    theirs = GridSearchCV(regressor, grid, cv=cv).fit(X, y, groups=groups)
    ours = clone(search).set_params(cv=cv).fit(X, y, groups=groups)
    assert_same_search(ours, theirs)
    np.testing.assert_allclose(ours.predict(X + 0.1), theirs.predict(X + 0.1), rtol=1e-8)


@every_search
@pytest.mark.parametrize("scoring", ["neg_mean_absolute_error", "neg_root_mean_squared_error"])
@pytest.mark.parametrize("normalize_y", [True, False])
def test_scorers_and_weights(search, regressor, grid, scoring, normalize_y, data):
    X, y = data[0], data[1][:, 1]
    weight = np.random.default_rng(0).uniform(0.2, 3, len(X))
    weight[::9] = 0
    cv = KFold(3, shuffle=True, random_state=0)
    scorer = sklearn.metrics.get_scorer(scoring)
    with sklearn.config_context(enable_metadata_routing=True):
        regressor = clone(regressor).set_params(normalize_y=normalize_y)
        theirs = GridSearchCV(
            regressor.set_fit_request(sample_weight=True),
            grid,
            cv=cv,
            scoring=scorer.set_score_request(sample_weight=True),
        ).fit(X, y, sample_weight=weight)
    ours = clone(search).set_params(cv=cv, scoring=scoring, normalize_y=normalize_y)
    assert_same_search(ours.fit(X, y, sample_weight=weight), theirs)


@every_search
def test_leave_one_out(search, regressor, grid, data):
    """One score of all held-out predictions; of the mean error, GridSearchCV's mean."""
    X, y = data[0][:15], data[1][:15]
    theirs = GridSearchCV(regressor, grid, cv=LeaveOneOut(), scoring="neg_mean_squared_error")
    ours = clone(search).set_params(scoring="neg_mean_squared_error").fit(X, y)
    theirs.fit(X, y)
    assert ours.n_splits_ == 1
    assert ours.best_params_.items() >= theirs.best_params_.items()
    np.testing.assert_allclose(
        ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"], rtol=1e-8
    )


@pytest.mark.parametrize("cv", [None, 3, TimeSeriesSplit(3)])
def test_alpha_per_target(cv, data):
    X, Y = data
    # The second target has much noise, and wants a larger ridge.
    Y = np.column_stack([Y[:, 0], np.random.default_rng(0).standard_normal(len(X))])
    options = {"bias_variances": [0.5], "alphas": np.logspace(-3, 2, 6), "cv": cv}
    both = NTKRegressorCV([2], alpha_per_target=True, **options).fit(X, Y)
    single = [NTKRegressorCV([2], **options).fit(X, y) for y in Y.T]
    assert both.alpha_.shape == (2,)
    assert both.alpha_[0] < both.alpha_[1]
    np.testing.assert_array_equal(both.alpha_, [search.alpha_ for search in single])
    assert both.best_score_ == pytest.approx(np.mean([s.best_score_ for s in single]))
    expected = np.column_stack([search.predict(X) for search in single])
    np.testing.assert_allclose(both.predict(X), expected, rtol=1e-9)


def test_training_time(data):
    """Early stopping is chosen by leave-one-out, and equals fits without each row."""
    X, y = data[0][:40], data[1][:40, 0]
    times = [1.0, 10.0, 100.0, None]
    search = NTKRegressorCV(
        [2], bias_variances=[0.1], alphas=[1e-6], training_times=times,
        scoring="neg_mean_squared_error",
    ).fit(X, y)  # fmt: skip
    grid = {"training_time": times}
    theirs = GridSearchCV(
        NTKRegressor(2, bias_variance=0.1, alpha=1e-6), grid, cv=LeaveOneOut(),
        scoring="neg_mean_squared_error",
    ).fit(X, y)  # fmt: skip
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"], rtol=1e-8
    )
    assert search.best_params_["training_time"] == theirs.best_params_["training_time"]
    np.testing.assert_allclose(search.predict(X), theirs.predict(X), rtol=1e-8)
    folds = GridSearchCV(
        NTKRegressor(2, bias_variance=0.1), {**grid, "alpha": [1e-3, 0.1]}, cv=3
    ).fit(X, y)  # fmt: skip
    search = NTKRegressorCV(
        [2], bias_variances=[0.1], alphas=[1e-3, 0.1], training_times=times, cv=3
    ).fit(X, y)  # fmt: skip
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"], folds.cv_results_["mean_test_score"], rtol=1e-8
    )


def test_few_and_many_ridges_agree(data):
    """Inverses and eigenvectors are two ways to the same scores."""
    X, y = data
    alphas = list(np.logspace(-6, 1, 8))
    for cv in None, 4:
        many = NTKRegressorCV([2], alphas=alphas, cv=cv).fit(X, y)
        few = NTKRegressorCV([2], alphas=alphas[2:4], cv=cv).fit(X, y)
        table = pd.DataFrame(many.cv_results_).set_index(["param_alpha", "param_bias_variance"])
        for row in pd.DataFrame(few.cv_results_).itertuples():
            expected = table.loc[(row.param_alpha, row.param_bias_variance)].mean_test_score
            assert row.mean_test_score == pytest.approx(expected, rel=1e-8)


def test_round_trip_and_dtype(data):
    X, y = data[0].astype(np.float32), data[1][:, 0]
    search = LaplaceKernelCV().fit(X, y)
    assert search.predict(X).dtype == np.float32
    assert np.array_equal(pickle.loads(pickle.dumps(search)).predict(X), search.predict(X))
    scale = LaplaceKernel().fit(X, y).kernel_.length_scale
    assert set(search.cv_results_["param_length_scale"]) == {scale * 2.0**k for k in range(5)}


@pytest.mark.parametrize(
    ("search", "error", "message"),
    [
        (NTKRegressorCV([0]), ValueError, "'depth' .* Got 0"),
        (NTKRegressorCV([]), ValueError, "no candidates for depth"),
        (NTKRegressorCV(alphas=[0.1, -1.0]), ValueError, "'alpha' .* Got -1.0"),
        (NTKRegressorCV(training_times=[-1.0]), ValueError, "'training_time' .* Got -1.0"),
        (LaplaceKernelCV(["scale"]), ValueError, "numbers"),
        (NNGPRegressorCV(scoring="good"), ValueError, "'scoring'"),
        (NTKRegressorCV(cv=[(np.arange(3), np.array([], int))]), ValueError, "no test rows"),
    ],
)
def test_wrong_parameters(search, error, message, data):
    with pytest.raises(error, match=message):
        search.fit(*data)


def test_splits_that_share_rows(data):
    X, y = data
    cv = ShuffleSplit(3, test_size=0.3, random_state=0)
    theirs = GridSearchCV(NTKRegressor(), {"depth": [1, 2], "alpha": [0.1, 1, 3, 4, 5]}, cv=cv)
    ours = NTKRegressorCV([1, 2], bias_variances=[1.0], alphas=[0.1, 1, 3, 4, 5], cv=cv)
    assert_same_search(ours.fit(X, y), theirs.fit(X, y))
