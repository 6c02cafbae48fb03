"""The estimators against their formulas, written out with whole matrices."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_friedman1
from sklearn.exceptions import NotFittedError
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ntk import KernelRegressor, LaplaceKernel, NNGPRegressor, NTKRegressor
from sklearn_ntk.kernels import NNGP, NTK, Laplace
from sklearn_ntk.kernels.activations import LeakyReLU

ESTIMATORS = [
    NTKRegressor(2, bias_variance=0.2),
    NNGPRegressor(3, alpha=0.3),
    LaplaceKernel(exponent=1.3),
    KernelRegressor(NTK(1) + Laplace(2.0)),
]
every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)


@pytest.fixture
def data():
    X, y = make_friedman1(150, noise=0.5, random_state=0)
    return X - 0.5, y


def expected_prediction(model, X, y, X_test, weight=None):
    """The weighted ridge solution on whole matrices, with the kernel the model built."""
    weight = np.ones(len(X)) if weight is None else weight
    mean = np.average(y, axis=0, weights=weight)
    A = model.kernel_(X) + np.diag(model.alpha_ / weight)
    return model.kernel_(X_test, X) @ np.linalg.solve(A, y - mean) + mean


@every_estimator
def test_formula(estimator, data, rng):
    X, y = data
    Y = np.column_stack([y, X @ rng.standard_normal(X.shape[1])])
    weight = rng.uniform(0.2, 3, len(X))
    for targets in y, Y:
        model = clone(estimator).fit(X, targets, sample_weight=weight)
        prediction = model.predict(X[:7] + 0.1)
        assert prediction.shape == (7, *targets.shape[1:])
        expected = expected_prediction(model, X, targets, X[:7] + 0.1, weight)
        np.testing.assert_allclose(prediction, expected, rtol=1e-9)
    assert model.score(X, Y) > 0.8


@pytest.mark.parametrize(
    ("face", "kernel"),
    [
        (NTKRegressor(2, bias_variance=0.3), NTK(2, bias_variance=0.3)),
        (NNGPRegressor(2, weight_variance=1.5), NNGP(2, weight_variance=1.5)),
        (LaplaceKernel(3.0, exponent=1.5), Laplace(3.0, exponent=1.5)),
    ],
)
def test_faces_are_kernel_regressors(face, kernel, data):
    general = KernelRegressor(kernel, alpha=face.alpha)
    assert np.array_equal(face.fit(*data).predict(data[0]), general.fit(*data).predict(data[0]))


@pytest.mark.parametrize(
    "kernel", [RBF(2.0), ConstantKernel(2.0) * RBF(1.0) + WhiteKernel(0.2), NTK() * RBF(3.0)]
)
def test_any_kernel_object(kernel, data):
    X, y = data
    alpha = 0.5
    model = KernelRegressor(kernel, alpha=alpha, normalize_y=False).fit(X, y)
    coefficients = np.linalg.solve(kernel(X) + alpha * np.eye(len(X)), y)
    np.testing.assert_allclose(model.dual_coef_, coefficients, rtol=1e-8)
    assert model.kernel is kernel
    assert model.kernel_ is not kernel


def test_kernel_ridge_without_centring(data):
    X, y = data
    ridge = KernelRidge(kernel=NTK(2), alpha=0.7).fit(X, y)
    ours = KernelRegressor(NTK(2), alpha=0.7, normalize_y=False).fit(X, y)
    np.testing.assert_allclose(ours.predict(X), ridge.predict(X), rtol=1e-9)


@every_estimator
def test_weights_are_repetitions(estimator, data, rng):
    X, y = data[0][:60], data[1][:60]
    weight = rng.integers(0, 4, len(X))
    repeated = np.repeat(np.arange(len(X)), weight)
    weighted = clone(estimator).fit(X, y, sample_weight=weight)
    expected = clone(estimator).fit(X[repeated], y[repeated])
    assert len(weighted.dual_coef_) == np.sum(weight > 0)
    np.testing.assert_allclose(weighted.predict(X), expected.predict(X), rtol=1e-9)


@every_estimator
def test_sparse_rows(estimator, rng):
    X = sparse.csr_array(rng.standard_normal((80, 15)) * (rng.uniform(size=(80, 15)) < 0.3))
    y = X @ rng.standard_normal(15)
    weight = rng.uniform(0, 2, 80)
    expected = clone(estimator).fit(X.toarray(), y, weight).predict(X.toarray())
    for rows in X, sparse.csc_matrix(X):
        np.testing.assert_allclose(
            clone(estimator).fit(rows, y, weight).predict(rows), expected, rtol=1e-9
        )


@every_estimator
def test_float32_stays_float32(estimator, data):
    X, y = data
    model = clone(estimator).fit(X.astype(np.float32), y)
    assert model.dual_coef_.dtype == model.X_fit_.dtype == np.float32
    prediction = model.predict(X[:9].astype(np.float32))
    assert prediction.dtype == np.float32
    expected = clone(estimator).fit(X, y).predict(X[:9])
    np.testing.assert_allclose(prediction, expected, rtol=1e-3)
    assert model.predict(X[:9]).dtype == np.float64


@every_estimator
def test_jobs_and_working_memory_change_nothing(estimator, data):
    X, y = data
    expected = clone(estimator).fit(X, y).predict(X)
    with sklearn.config_context(working_memory=0.02):  # 17 rows of 150 numbers
        parallel = clone(estimator).set_params(n_jobs=2).fit(X, y)
        np.testing.assert_allclose(parallel.predict(X), expected, rtol=1e-10)
    with joblib.parallel_config("threading", n_jobs=2):
        np.testing.assert_allclose(clone(estimator).fit(X, y).predict(X), expected, rtol=1e-10)


def test_many_blocks(data, rng):
    """More rows than one block of the factorization."""
    X = rng.standard_normal((1300, 5))
    y = np.sin(X[:, 0])
    model = NTKRegressor(1, n_jobs=2).fit(X, y)
    np.testing.assert_allclose(
        model.predict(X[:5]), expected_prediction(model, X, y, X[:5]), rtol=1e-8
    )


@every_estimator
def test_round_trips(estimator, data):
    X, y = data
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
    model = clone(estimator).fit(frame, pd.Series(y))
    assert list(model.feature_names_in_) == list(frame.columns)
    copy = pickle.loads(pickle.dumps(model))
    assert np.array_equal(copy.predict(frame), model.predict(frame))
    assert clone(model).get_params().keys() == estimator.get_params().keys()
    before = model.predict(frame)
    frame *= 2
    X *= 2  # the model keeps rows of its own
    assert np.array_equal(model.predict(frame / 2), before)


@every_estimator
def test_normalize_y(estimator, data):
    X, y = data
    model = clone(estimator).fit(X, y)
    moved = clone(estimator).fit(X, 3 * y + 1000)
    np.testing.assert_allclose(moved.predict(X), 3 * model.predict(X) + 1000, rtol=1e-9)
    model, plain = (
        clone(estimator).set_params(normalize_y=centred, alpha=0.03).fit(X, y)
        for centred in (True, False)
    )
    assert plain.intercept_ == 0
    assert not np.allclose(plain.predict(X), model.predict(X))


@every_estimator
def test_constant_targets_and_single_row(estimator, data):
    X, _ = data
    np.testing.assert_allclose(clone(estimator).fit(X, np.full(150, 7.0)).predict(X), 7)
    np.testing.assert_allclose(clone(estimator).fit(X[:1], [3.0]).predict(X[:1]), 3)


@every_estimator
def test_interpolation(estimator, data):
    X, y = data
    model = clone(estimator).set_params(alpha=0).fit(X, y)
    np.testing.assert_allclose(model.predict(X), y, rtol=1e-6)


@every_estimator
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_duplicate_rows_without_ridge(estimator, data, dtype):
    X, y = data
    X = np.vstack([X, X[:3]]).astype(dtype)
    y = np.append(y, y[:3])
    with pytest.raises(np.linalg.LinAlgError, match=r"rows are duplicates. Increase .*alpha"):
        clone(estimator).set_params(alpha=0).fit(X, y)
    assert np.isfinite(clone(estimator).set_params(alpha=1e-2).fit(X, y).predict(X)).all()


def test_pipeline_and_grid_search(data):
    model = make_pipeline(StandardScaler(), NTKRegressor())
    grid = {"ntkregressor__depth": [1, 3], "ntkregressor__bias_variance": [0.0, 0.5]}
    search = GridSearchCV(model, grid, cv=3, n_jobs=2).fit(*data)
    expected = cross_val_score(search.best_estimator_, *data, cv=3).mean()
    assert search.best_score_ == pytest.approx(expected)
    assert search.best_score_ > 0.6


def test_metadata_routing(data):
    weight = np.arange(150.0)
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        model = make_pipeline(scaler, NTKRegressor().set_fit_request(sample_weight=True))
        model.fit(*data, sample_weight=weight)
    expected = NTKRegressor().fit(StandardScaler().fit_transform(data[0]), data[1], weight)
    np.testing.assert_allclose(model[-1].dual_coef_, expected.dual_coef_)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (NTKRegressor(0), r"'depth' .* must be an int in the range \[1, inf\). Got 0"),
        (NTKRegressor(1.5), "'depth' .* Got 1.5"),
        (NNGPRegressor("a"), "'depth' .* Got 'a'"),
        (NTKRegressor(weight_variance=-1.0), "'weight_variance' .* Got -1.0"),
        (NNGPRegressor(bias_variance=-0.1), "'bias_variance' .* Got -0.1"),
        (NTKRegressor(activation="relus"), r"'activation' .* 'silu'.* Got 'relus'"),
        (LaplaceKernel("auto"), "'length_scale' .* {'scale'}. Got 'auto'"),
        (LaplaceKernel(exponent=3.0), "'exponent' .* Got 3.0"),
        (NTKRegressor(alpha=-1.0), "'alpha' .* Got -1.0"),
        (KernelRegressor("rbf"), "'kernel' .* Got 'rbf'"),
        (KernelRegressor(NTK(0)), "depth == 0, must be >= 1"),
    ],
)
def test_wrong_parameters(estimator, message, data):
    with pytest.raises(ValueError, match=message):
        estimator.fit(*data)


@every_estimator
def test_wrong_input(estimator, data):
    X, y = data
    bad = X.copy()
    with pytest.raises(NotFittedError):
        estimator.predict(X)
    for value, word in (np.nan, "NaN"), (np.inf, "infinity"):
        bad[0, 0] = value
        with pytest.raises(ValueError, match=f"Input X contains {word}"):
            estimator.fit(bad, y)
        with pytest.raises(ValueError, match=f"Input y contains {word}"):
            estimator.fit(X, bad[:, 0])
    # scikit-learn 1.9 raises first, in its own words.
    with pytest.raises(ValueError, match=r"is 0 for every row|at least one non-zero"):
        estimator.fit(X, y, sample_weight=np.zeros(len(X)))
    with pytest.raises(ValueError, match="sample_weight has negative values"):
        estimator.fit(X, y, sample_weight=np.full(len(X), -1.0))
    with pytest.raises(ValueError, match=r"has 3 features, but .* expecting 10"):
        clone(estimator).fit(X, y).predict(X[:, :3])


def test_grid_search_over_activations(rng):
    X = rng.standard_normal((60, 3))
    y = np.sin(2 * X[:, 0])
    choices = ["relu", "sin", LeakyReLU(0.3), np.tanh]
    search = GridSearchCV(NTKRegressor(1), {"activation": choices, "depth": [1, 2]}, cv=3)
    search.fit(X, y)
    assert len(search.cv_results_["params"]) == 8
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(again.predict(X), search.predict(X))
    named = NTKRegressor(1, activation="leaky_relu").fit(X, y).predict(X)
    own = NTKRegressor(1, activation=LeakyReLU(0.01)).fit(X, y).predict(X)
    np.testing.assert_array_equal(named, own)


@every_estimator
def test_ridge_for_each_target(estimator, data, rng):
    X, y = data
    Y = np.column_stack([y, rng.standard_normal(len(y)), y**2, X[:, 0]])
    alphas, weight = np.array([0.1, 30.0, 0.1, 2.0]), rng.uniform(0.2, 3, len(X))
    model = clone(estimator).set_params(alpha=alphas).fit(X, Y, weight)
    expected = [
        clone(estimator).set_params(alpha=alpha).fit(X, target, weight).predict(X[:7] + 0.1)
        for alpha, target in zip(alphas, Y.T, strict=True)
    ]
    np.testing.assert_allclose(model.predict(X[:7] + 0.1), np.column_stack(expected), rtol=1e-9)
    again = clone(model).set_params(alpha=list(alphas)).fit(X, Y, weight)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    reloaded = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(reloaded.predict(X), model.predict(X))
    same = clone(model).set_params(alpha=np.full(4, 0.1)).fit(X, Y)
    number = clone(model).set_params(alpha=0.1).fit(X, Y)
    np.testing.assert_array_equal(same.predict(X), number.predict(X))


def test_ridge_for_each_target_as_in_kernel_ridge(data):
    X, y = data
    Y, alphas = np.column_stack([y, X[:, 0]]), np.array([0.3, 5.0])
    ours = KernelRegressor(RBF(2.0), alpha=alphas, normalize_y=False).fit(X, Y)
    theirs = KernelRidge(kernel="rbf", gamma=1 / 8, alpha=alphas).fit(X, Y)
    np.testing.assert_allclose(ours.predict(X + 0.1), theirs.predict(X + 0.1), rtol=1e-9)


def test_grid_of_ridges_for_each_target(data):
    X, y = data
    Y, grid = np.column_stack([y, X[:, 0]]), {"alpha": [np.array([9.0, 9.0]), np.array([0.1, 9])]}
    search = GridSearchCV(LaplaceKernel(), grid).fit(X, Y)
    np.testing.assert_array_equal(search.best_params_["alpha"], [0.1, 9.0])


@every_estimator
@pytest.mark.parametrize(
    ("alpha", "message"),
    [
        ([0.1, 0.2, 0.3], r"alpha has shape \(3,\); give one number or an array of shape \(2,\)"),
        ([[0.1, 0.2]], r"alpha has shape \(1, 2\)"),
        ([0.1, -0.2], r"range \[0, inf\)"),
        ([0.1, np.nan], r"range \[0, inf\)"),
        ([0.1, np.inf], r"range \[0, inf\)"),
        (-0.1, "'alpha' parameter"),
    ],
)
def test_wrong_ridges(estimator, alpha, message, data):
    X, y = data
    with pytest.raises(ValueError, match=message):
        clone(estimator).set_params(alpha=alpha).fit(X, np.column_stack([y, y]))
    if np.ndim(alpha) > 0:
        with pytest.raises(ValueError, match=r"alpha has shape .* give one number\."):
            clone(estimator).set_params(alpha=alpha).fit(X, y)
