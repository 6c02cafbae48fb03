"""The searches against GridSearchCV over the regressors."""

import pickle
import warnings

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
    assert both.best_params_["alpha"].shape == (2,)
    regressor = NTKRegressor(**both.best_params_).fit(X, Y)
    np.testing.assert_allclose(regressor.predict(X), both.predict(X), rtol=1e-9)
    assert both.best_params_["alpha"][0] < both.best_params_["alpha"][1]
    np.testing.assert_array_equal(
        both.best_params_["alpha"], [search.best_params_["alpha"] for search in single]
    )
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
    assert set(search.cv_results_["param_length_scale"]) == {scale * 2.0**k for k in range(-2, 3)}


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


def test_alpha_of_a_single_target_is_a_number(data):
    X, y = data[0], data[1][:, 0]
    search = NTKRegressorCV([1], alpha_per_target=True).fit(X, y)
    assert np.ndim(search.best_params_["alpha"]) == 0
    regressor = NTKRegressor(**search.best_params_).fit(X, y)
    np.testing.assert_allclose(regressor.predict(X), search.predict(X), rtol=1e-9)


@pytest.mark.parametrize("orders", [(-15, 0), (0, 15)], ids=str)
@pytest.mark.parametrize("n_alphas", [2, 6])
@pytest.mark.parametrize("cv", [None, 3, TimeSeriesSplit(3)])
def test_weights_over_many_orders_of_magnitude(cv, n_alphas, orders, data, rng):
    """Against the regressor, whose Cholesky factor weights of any spread do not harm."""
    X, y = data[0][:40], data[1][:40, 0]
    weight = 10 ** rng.uniform(*orders, len(X))
    grid = {"depth": [2], "bias_variance": [0.3], "alpha": np.logspace(-4, 1, n_alphas)}
    names = {"depths": [2], "bias_variances": [0.3], "alphas": grid["alpha"]}
    ours = NTKRegressorCV(**names, cv=cv, scoring="neg_mean_squared_error")
    ours.fit(X, y, sample_weight=weight)
    if cv is None:
        expected = [
            -np.average((y - left_out(X, y, weight, alpha)) ** 2, weights=weight)
            for alpha in grid["alpha"]
        ]
        np.testing.assert_allclose(ours.cv_results_["mean_test_score"], expected, rtol=1e-9)
        return
    scorer = sklearn.metrics.get_scorer("neg_mean_squared_error")
    with sklearn.config_context(enable_metadata_routing=True):
        theirs = GridSearchCV(
            NTKRegressor().set_fit_request(sample_weight=True),
            grid,
            cv=cv,
            scoring=scorer.set_score_request(sample_weight=True),
        ).fit(X, y, sample_weight=weight)
    assert_same_search(ours, theirs)


def left_out(X, y, weight, alpha):
    """Predictions of regressors that are each fitted without a row."""
    others = [np.delete(np.arange(len(X)), i) for i in range(len(X))]
    models = [
        NTKRegressor(2, bias_variance=0.3, alpha=alpha).fit(X[rows], y[rows], weight[rows])
        for rows in others
    ]
    return np.array([model.predict(X[[i]])[0] for i, model in enumerate(models)])


def test_spread_of_a_search(data):
    """A search predicts all that its regressor predicts, for all targets."""
    X, Y = data
    rows = X[:5] + 0.1
    for search, regressor in [
        (
            NTKRegressorCV([2], alpha_per_target=True, keep_factor=True),
            NTKRegressor(keep_factor=True),
        ),
        (
            NTKRegressorCV([2], training_times=[np.inf, 10.0], keep_factor=True),
            NTKRegressor(keep_factor=True),
        ),
        (
            NNGPRegressorCV([1, 2], alphas=[0.03, 0.3], alpha_per_target=True, keep_factor=True),
            NNGPRegressor(),
        ),
    ]:
        search.fit(X, Y)
        regressor.set_params(**search.best_params_).fit(X, Y)
        for options in {}, {"include_noise": True}:
            for moment in "return_std", "return_cov":
                ours, theirs = (
                    m.predict(rows, **{moment: True}, **options) for m in (search, regressor)
                )
                for value, expected in zip(ours, theirs, strict=True):
                    np.testing.assert_allclose(value, expected, rtol=1e-9)
        assert search.sample_y(rows, 3).shape == (5, 2, 3)
    search = NTKRegressorCV([2], training_times=[10.0], keep_factor=True).fit(X, Y)
    stages = list(search.staged_predict(rows, [1.0, 10.0]))
    np.testing.assert_allclose(stages[1], search.predict(rows), rtol=1e-9)


@pytest.mark.parametrize("cv", [None, 3, TimeSeriesSplit(3)])
def test_singular_ridges_score_nan(cv, data):
    """As in GridSearchCV, what cannot be fitted does not stop the search."""
    X, y = np.vstack([data[0]] * 2), np.tile(data[1][:, 0], 2)
    options = {"depths": [1, 2], "bias_variances": [1.0], "cv": cv}
    for alphas in [0.0, 0.1, 1.0], [0.0, 0.01, 0.1, 1.0, 3.0, 10.0]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            search = NTKRegressorCV(alphas=alphas, **options).fit(X, y)
        assert [record.filename for record in caught] == [__file__]
        assert f"2 of {2 * len(alphas)} candidates could not be solved" in str(caught[0].message)
        expected = NTKRegressorCV(alphas=alphas[1:], **options).fit(X, y)
        table, rest = pd.DataFrame(search.cv_results_), pd.DataFrame(expected.cv_results_)
        np.testing.assert_array_equal(table.mean_test_score.isna(), table.param_alpha == 0.0)
        np.testing.assert_allclose(table.mean_test_score.dropna(), rest.mean_test_score, rtol=1e-8)
        assert search.best_params_ == expected.best_params_
        with pytest.raises(np.linalg.LinAlgError, match="No candidate can be solved"):
            NTKRegressorCV(alphas=[0.0] * len(alphas), **options).fit(X, y)


@pytest.mark.parametrize("cv", [3, TimeSeriesSplit(3)])
def test_one_weight_for_all_rows(cv, data):
    X, y = data
    search = NTKRegressorCV([1], alphas=[0.2, 2.0], cv=cv).fit(X, y, sample_weight=2.0)
    expected = clone(search).fit(X, y, sample_weight=np.full(len(X), 2.0))
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
    )


def test_splits_of_a_single_row(data):
    X, y = data[0][:12], data[1][:12]
    search = NTKRegressorCV([1], cv=KFold(12))
    with pytest.raises(ValueError, match=r"Split 0 has a single test row.*cv=None"):
        search.fit(X, y)
    search.set_params(scoring="neg_mean_squared_error").fit(X, y)
    expected = clone(search).set_params(cv=None).fit(X, y)
    assert search.best_score_ == pytest.approx(expected.best_score_, rel=1e-9)


def test_scorer_of_what_the_search_does_not_have(data):
    with pytest.raises(TypeError, match=r"HeldOutPredictions.predict\(\).*return_std"):
        NNGPRegressorCV([1], scoring=lambda m, X, y: m.predict(X, return_std=True)).fit(*data)
    with pytest.raises(ValueError, match="scoring is NaN or -inf for every candidate"):
        NNGPRegressorCV([1], scoring=lambda m, X, y: np.nan).fit(*data)


@pytest.mark.parametrize("wrong", ["scorer", "matrix", "interrupt"])
def test_a_refit_that_fails_changes_nothing(wrong, data):
    X, y = data
    names = [f"before{k}" for k in range(X.shape[1])]
    search = NTKRegressorCV([1], alphas=[1.0, 2.0]).fit(pd.DataFrame(X, columns=names), y)
    before = {name: value for name, value in vars(search).items() if name.endswith("_")}
    expected = search.predict(pd.DataFrame(X, columns=names))

    def interrupt(*args):
        raise KeyboardInterrupt

    search.set_params(
        depths=[2],
        normalize_y=False,
        **{
            "scorer": {"scoring": lambda m, X, y: np.nan},
            "matrix": {"alphas": [0.0]},
            "interrupt": {"scoring": interrupt},
        }[wrong],
    )
    with pytest.raises((ValueError, np.linalg.LinAlgError, KeyboardInterrupt)):
        search.fit(np.vstack([X[:, :4]] * 2), np.vstack([y] * 2) + 7)
    after = {name: value for name, value in vars(search).items() if name.endswith("_")}
    assert after.keys() == before.keys()
    assert all(after[name] is before[name] for name in before)
    np.testing.assert_array_equal(search.predict(pd.DataFrame(X, columns=names)), expected)


def test_ridges_of_a_search_are_numbers(data):
    with pytest.raises(ValueError, match=r"'alpha' .* must be a float"):
        NTKRegressorCV(alphas=[[0.1, 1.0]]).fit(*data)
