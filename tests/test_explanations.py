"""What training rows and inputs a prediction comes from."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

from sklearn_ntk import (
    KernelClassifier,
    KernelClassifierCV,
    KernelRegressor,
    KernelRegressorCV,
    LaplaceKernel,
    NTKClassifier,
    NTKRegressor,
)
from sklearn_ntk.kernels import NTK, Laplace

REGRESSORS = [
    NTKRegressor(2),
    LaplaceKernel(normalize_y=False),
    KernelRegressor(NTK(1) + Laplace(2.0), training_time=3.0),
    KernelRegressorCV([NTK(1), Laplace(2.0), Laplace(0.5)]),
]
CLASSIFIERS = [
    NTKClassifier(1, class_weight="balanced"),
    KernelClassifier(Laplace("scale"), alpha=0.1),
    KernelClassifierCV([NTK(1), Laplace(2.0)], cv=3),
]


@pytest.fixture
def data(rng):
    X = rng.standard_normal((60, 4))
    return X, np.column_stack([np.sin(X[:, 0]) + 3, X[:, 1] * X[:, 2]])


@pytest.mark.parametrize("model", REGRESSORS, ids=repr)
@pytest.mark.parametrize("targets", [0, slice(0, 2)])
def test_regressors(model, targets, data, rng):
    X, y = data[0], data[1][:, targets]
    weight = rng.integers(0, 3, 60)  # rows of weight 0 are not among those of the fit
    model.fit(X, y, weight)
    new = rng.standard_normal((9, 4))
    terms = model.contributions(new)
    assert terms.shape == (9, np.count_nonzero(weight), *y.shape[1:])
    members = getattr(model, "members_", [model])
    weights = getattr(model, "member_weights_", [1.0])
    intercept = sum(w * m.intercept_ for m, w in zip(members, weights, strict=True))
    np.testing.assert_allclose(terms.sum(axis=1) + intercept, model.predict(new), rtol=1e-9)
    np.testing.assert_allclose(model.contributions(sparse.csr_array(new)), terms, atol=1e-9)


@pytest.mark.parametrize("model", CLASSIFIERS, ids=repr)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_classifiers(model, n_classes, rng):
    X, y = load_iris(return_X_y=True)
    X, y = scale(X)[y < n_classes], np.array(["a", "b", "c"])[y[y < n_classes]]
    model.fit(X, y)
    new = rng.standard_normal((9, 4))
    terms = model.contributions(new)
    assert terms.shape == (9, len(X), *([n_classes] if n_classes > 2 else []))
    constant = model.decision_function(new) - terms.sum(axis=1)
    np.testing.assert_allclose(constant, np.tile(constant[:1], (9,) + (1,) * (n_classes > 2)))
    step = 1e-5
    slopes = np.stack(
        [
            (model.decision_function(new + e) - model.decision_function(new - e)) / (2 * step)
            for e in step * np.eye(4)
        ],
        axis=1,
    )
    np.testing.assert_allclose(
        model.gradient(new), slopes, rtol=0, atol=1e-7 * np.abs(slopes).max()
    )


@pytest.mark.parametrize("targets", [0, slice(0, 2)])
def test_largest_terms(targets, data, rng):
    X, y = data[0], data[1][:, targets]
    new = rng.standard_normal((9, 4))
    model = KernelRegressorCV([NTK(1), Laplace(2.0), Laplace(0.5)], n_jobs=2).fit(X, y)
    terms = model.contributions(new)
    largest, index = model.contributions(new, top=5)
    assert largest.shape == index.shape == (9, 5, *y.shape[1:])
    order = np.argsort(-np.abs(terms), axis=1)[:, :5]
    np.testing.assert_array_equal(index, order)
    np.testing.assert_allclose(largest, np.take_along_axis(terms, order, axis=1), rtol=1e-12)
    everything, _ = model.contributions(new, top=1000)
    np.testing.assert_allclose(everything.sum(axis=1), terms.sum(axis=1), rtol=1e-9)
    with pytest.raises(ValueError, match="top == 0, must be >= 1"):
        model.contributions(new, top=0)


def test_precomputed(data, rng):
    X, y = data
    kernel, new = NTK(1), rng.standard_normal((9, 4))
    model = KernelRegressor("precomputed", alpha=0.1).fit(kernel(X), y)
    expected = KernelRegressor(kernel, alpha=0.1).fit(X, y).contributions(new)
    np.testing.assert_allclose(model.contributions(kernel(new, X)), expected, rtol=1e-9)


def test_the_largest_terms_of_many_rows_are_streamed(rng):
    """All of them are 20,000 x 500 x 8 bytes = 80 MB."""
    X = rng.standard_normal((500, 4))
    model = KernelRegressor(Laplace(2.0), alpha=0.1, n_jobs=1).fit(X, X[:, 0])
    new = rng.standard_normal((20_000, 4))
    model.contributions(new[:2], top=3)
    tracemalloc.start()
    model.contributions(new, top=3)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4e7
