"""A tree with a machine in each leaf: where it splits, and that each leaf is its machine."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

from sklearn_ntk import (
    ARDRegressor,
    KernelTreeClassifier,
    KernelTreeRegressor,
    RFMClassifier,
    RFMRegressor,
)
from sklearn_ntk.feature_learning._tree import middle
from sklearn_ntk.kernels import NTK, Laplace

MACHINES = [RFMRegressor(n_iter=2), ARDRegressor(Laplace(2.0)), RFMRegressor(metric="diagonal")]


@pytest.fixture
def data(rng):
    """The target changes with the first column; the second is wide but says nothing."""
    X = rng.uniform(-1, 1, (260, 4)) * [1, 50, 1, 1]
    return X, np.sin(5 * X[:, 0])


@pytest.mark.parametrize("machine", MACHINES, ids=str)
def test_leaves(machine, data):
    X, y = data
    model = KernelTreeRegressor(machine, max_leaf_rows=70).fit(X[:200], y[:200])
    leaf = model.apply(X[:200])
    np.testing.assert_array_equal(np.bincount(leaf), [50, 50, 50, 50])
    # Halves are those of the column that matters.
    bounds = sorted((X[:200][leaf == k, 0].min(), X[:200][leaf == k, 0].max()) for k in range(4))
    assert all(a[1] < b[0] + 0.1 for a, b in pairwise(bounds))
    # Each is the machine fitted to its rows, weights included.
    weight = np.linspace(1, 2, 200)
    model = KernelTreeRegressor(machine, max_leaf_rows=70).fit(X[:200], y[:200], weight)
    leaf, new = model.apply(X[:200]), model.apply(X[200:])
    for k in range(4):
        rows = leaf == k
        alone = clone(machine).fit(X[:200][rows], y[:200][rows], weight[rows])
        expected = alone.predict(X[200:][new == k])
        np.testing.assert_allclose(model.predict(X[200:])[new == k], expected, rtol=1e-9)
    assert model.feature_importances_.argmax() == 0
    assert model.feature_importances_.sum() == pytest.approx(1)


def test_few_rows_are_one_machine(data):
    X, y = data[0], np.column_stack([data[1], data[0][:, 2]])
    tree, machine = KernelTreeRegressor().fit(X, y), RFMRegressor().fit(X, y)
    np.testing.assert_array_equal(tree.predict(X), machine.predict(X))
    assert tree.root_ == 0
    assert not tree.apply(X).any()


def test_sparse_and_float32(data):
    X = np.where(np.abs(data[0]) > 0.3, data[0], 0)
    y = np.sin(5 * X[:, 0])
    for machine in MACHINES:
        dense = KernelTreeRegressor(machine, max_leaf_rows=100).fit(X[:200], y[:200])
        rows = sparse.csr_array(X)
        same = KernelTreeRegressor(machine, max_leaf_rows=100).fit(rows[:200], y[:200])
        np.testing.assert_array_equal(same.apply(rows), dense.apply(X))
        np.testing.assert_allclose(same.predict(rows), dense.predict(X), atol=1e-5)
    single = KernelTreeRegressor(max_leaf_rows=100).fit(X.astype(np.float32), y)
    assert single.predict(X.astype(np.float32)).dtype == np.float32
    assert single.score(X.astype(np.float32), y) > 0.9


def test_classes(rng):
    """Leaves that miss a class, or have but one, and samples that miss one."""
    X = rng.uniform(-1, 1, (300, 3))
    y = np.array(["a", "b", "c"])[(X[:, 0] > 0).astype(int) + (X[:, 0] > 0.8)]
    model = KernelTreeClassifier(max_leaf_rows=80).fit(X[:250], y[:250])
    assert {len(machine.classes_) for machine in model.estimators_} >= {1, 2}
    proba = model.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    leaf = model.apply(X)
    for k, machine in enumerate(model.estimators_):
        columns = np.searchsorted(model.classes_, machine.classes_)
        expected = machine.predict_proba(X[leaf == k])
        np.testing.assert_array_equal(proba[leaf == k][:, columns], expected)
    assert model.score(X[250:], y[250:]) > 0.85
    rare = np.where(np.arange(300) == 7, "b", "a")
    machine = RFMClassifier(subsample=20)
    model = KernelTreeClassifier(machine, max_leaf_rows=250).fit(X, rare)
    assert model.predict_proba(X).shape == (300, 2)
    assert sorted(len(machine.classes_) for machine in model.estimators_) == [1, 2]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3.0, 1.0, 2.0, 4.0], 2.0),
        ([0.0, 0.0, 0.0, 1.0], 0.0),
        ([0.0, 1.0, 1.0, 1.0], 0.0),
        ([0.0, 1.0, 1.0, 2.0, 2.0], 1.0),
        ([5.0, 5.0], None),
    ],
)
def test_middle(values, expected):
    assert middle(np.array(values)) == expected


def test_equal_rows_stay_together():
    """Rows that no direction separates are one leaf, however many."""
    X, y = np.repeat([[0.0], [1.0]], [90, 10], axis=0), np.arange(100) % 7
    model = KernelTreeRegressor(max_leaf_rows=20).fit(X, y)
    assert sorted(len(machine.dual_coef_) for machine in model.estimators_) == [10, 90]


def test_bad_input(data):
    for estimator in (RFMClassifier(), NTK()):
        with pytest.raises(ValueError, match="'estimator' parameter of KernelTreeRegressor"):
            KernelTreeRegressor(estimator).fit(*data)
    with pytest.raises(ValueError, match="two classes or more"):
        KernelTreeClassifier().fit(data[0], np.zeros(260))
    with pytest.raises(ValueError, match="holds labels"):
        KernelTreeRegressor().fit(data[0], np.repeat(["a", "b"], 130))
