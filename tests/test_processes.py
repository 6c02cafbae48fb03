"""Fitted models cross borders of processes and libraries, also those with a factor on disk."""

import pickle

import joblib
import numpy as np
import pytest
from sklearn.inspection import permutation_importance
from sklearn.model_selection import cross_validate

from sklearn_ntk import NNGPRegressor


@pytest.fixture
def data(rng):
    X = rng.standard_normal((700, 3))  # more than one block
    return X, np.sin(X[:, 0])


@pytest.fixture
def model(data, tmp_path):
    return NNGPRegressor(1, storage=tmp_path).fit(*data)


def joblib_copy(model, tmp_path):
    joblib.dump(model, tmp_path / "model.joblib")
    return joblib.load(tmp_path / "model.joblib")


def skops_copy(model, tmp_path):
    io = pytest.importorskip("skops.io")
    data = io.dumps(model)
    return io.loads(data, trusted=io.get_untrusted_types(data=data))


def pickle_copy(model, tmp_path):
    return pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize("copy", [pickle_copy, joblib_copy, skops_copy])
def test_copies_hold_plain_arrays(copy, model, data, tmp_path):
    again = copy(model, tmp_path)
    rows = [again.factor_.triangle.row(i) for i in range(2)]
    assert [type(row) for row in rows] == [np.ndarray] * 2
    rows = data[0][:5] + 0.1
    for ours, expected in zip(
        again.predict(rows, return_std=True), model.predict(rows, return_std=True), strict=True
    ):
        np.testing.assert_array_equal(ours, expected)


def test_other_processes(model, data):
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        importance = permutation_importance(model, *data, n_repeats=1, n_jobs=2, random_state=0)
        scores = cross_validate(model, *data, cv=2, n_jobs=2, return_estimator=True)
    expected = permutation_importance(model, *data, n_repeats=1, n_jobs=1, random_state=0)
    np.testing.assert_allclose(importance.importances, expected.importances, rtol=1e-9)
    for fitted in scores["estimator"]:
        mean, std = fitted.predict(data[0][:5], return_std=True)
        assert mean.shape == std.shape == (5,)
