"""Classifiers against least squares on one-hot labels, refits, and scikit-learn's own."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_iris, make_classification
from sklearn.ensemble import BaggingClassifier
from sklearn.gaussian_process.kernels import RBF
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, LeaveOneOut, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_ntk import (
    KernelClassifier,
    KernelRegressor,
    LaplaceClassifier,
    LaplaceKernel,
    NNGPClassifier,
    NTKClassifier,
)
from sklearn_ntk._inference import calibrate
from sklearn_ntk.kernels import NTK, ProductLaplace

CLASSIFIERS = [
    NTKClassifier(1),
    NNGPClassifier(2, activation="erf"),
    LaplaceClassifier(exponent=1.5),
    KernelClassifier(NTK(1) + ProductLaplace("scale")),
    KernelClassifier(RBF(3.0), training_time=30.0),
]
every_classifier = pytest.mark.parametrize("classifier", CLASSIFIERS, ids=repr)
n_classes = pytest.mark.parametrize("n", [2, 4])


def make_data(n, n_samples=90):
    X, y = make_classification(
        n_samples, 6, n_informative=4, n_classes=n, flip_y=0.1, random_state=0
    )
    return X, np.array(["ash", "birch", "cedar", "oak"])[y]


@every_classifier
@n_classes
def test_least_squares_on_labels(classifier, n):
    X, y = make_data(n)
    model = clone(classifier).fit(X[:70], y[:70])
    assert list(model.classes_) == sorted(set(y))
    one_hot = (y[:70, np.newaxis] == model.classes_).astype(float)
    regressor = KernelRegressor(
        model.kernel_, alpha=model.alpha_, training_time=model.training_time
    ).fit(X[:70], one_hot)
    logits = regressor.predict(X[70:]) / model.temperature_ + model.offsets_
    np.testing.assert_allclose(model.predict_proba(X[70:]), softmax(logits, axis=1), rtol=1e-7)
    decision = logits[:, 1] - logits[:, 0] if n == 2 else logits
    np.testing.assert_allclose(model.decision_function(X[70:]), decision, rtol=1e-6, atol=1e-8)
    best = model.predict_proba(X).argmax(axis=1)
    assert np.array_equal(model.predict(X), model.classes_[best])
    # The ridge is the one that leave-one-out finds for the labels as numbers.
    expected = clone(regressor).set_params(alpha="auto", normalize_y=True).fit(X[:70], one_hot)
    if n == 2:  # of several classes, the common ones count for more than in normalised columns
        assert model.alpha_ == pytest.approx(expected.alpha_)


@n_classes
def test_calibration_sees_rows_that_were_left_out(n):
    X, y = make_data(n)
    model = NTKClassifier(1).fit(X, y)
    one_hot = (y[:, np.newaxis] == model.classes_).astype(float)
    regressor = KernelRegressor(NTK(1), alpha=model.alpha_)
    scores = cross_val_predict(regressor, X, one_hot, cv=LeaveOneOut())
    temperature, offsets = calibrate(scores, one_hot, np.ones(len(y)))
    assert model.temperature_ == pytest.approx(temperature, rel=1e-6)
    np.testing.assert_allclose(model.offsets_, offsets, atol=1e-6)


@n_classes
def test_calibration_is_the_most_likely(n, rng):
    scores = rng.dirichlet(np.ones(n), 60)
    Y = np.eye(n)[[rng.choice(n, p=row) for row in softmax(3 * scores, axis=1)]]
    weight = rng.uniform(0.5, 2, 60)
    temperature, offsets = calibrate(scores, Y, weight)

    def loss(parameters):  # by differences, without its gradient
        logits = parameters[0] * scores + parameters[1:]
        share = weight / weight.mean()
        return 5 * np.sum(parameters[1:] ** 2) - share @ np.sum(Y * log_softmax(logits, 1), 1)

    found = minimize(loss, np.append(1.0, np.zeros(n)), tol=1e-10)
    assert temperature == pytest.approx(1 / found.x[0], rel=1e-3)
    np.testing.assert_allclose(offsets, found.x[1:], atol=1e-3)


def test_separable_classes_stay_finite():
    X = np.repeat([[0.0], [10.0]], 3, axis=0) + np.arange(6)[:, np.newaxis] / 100
    for y in ([0] * 3 + [1] * 3, [0, 0, 0, 1, 1, 2]):
        model = NTKClassifier().fit(X, y)
        P = model.predict_proba(X)
        assert np.isfinite(P).all()
        assert P.max() < 1
        np.testing.assert_allclose(P.sum(axis=1), 1)


@every_classifier
def test_weights_repeat_rows(classifier, rng):
    X, y = make_data(3)
    counts = rng.integers(0, 4, len(y))
    weighted = clone(classifier).fit(X, y, sample_weight=counts)
    repeated = clone(classifier).fit(X.repeat(counts, axis=0), y.repeat(counts))
    np.testing.assert_allclose(
        weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-6, atol=1e-9
    )


def test_class_weight():
    X, y = make_data(2)
    few = np.concatenate([np.flatnonzero(y == "ash")[:12], np.flatnonzero(y == "birch")])
    X, y = X[few], y[few]
    plain, balanced = (
        NTKClassifier(class_weight=w).fit(X, y).predict_proba(X)[:, 0].mean()
        for w in (None, "balanced")
    )
    assert plain == pytest.approx(12 / len(y), abs=0.05)
    assert balanced > 1.5 * plain
    factors = {"ash": len(y) / 24, "birch": len(y) / 2 / (len(y) - 12)}
    weight = np.array([factors[label] for label in y])
    models = [
        NTKClassifier(class_weight="balanced").fit(X, y),
        NTKClassifier(class_weight=factors).fit(X, y),
        NTKClassifier().fit(X, y, weight),
    ]
    for model in models[1:]:
        np.testing.assert_allclose(
            model.predict_proba(X), models[0].predict_proba(X), rtol=1e-6, atol=1e-9
        )


def test_labels_of_all_kinds():
    X, y = make_data(2)
    plain = NTKClassifier(1).fit(X, y == "birch")
    assert plain.classes_.dtype == bool
    for labels in (
        y,
        np.where(y == "ash", -1, 7),
        pd.Series(y).astype("category"),
        y.astype(object),
    ):
        model = NTKClassifier(1).fit(X, labels)
        np.testing.assert_array_equal(model.decision_function(X), plain.decision_function(X))
        assert set(model.predict(X)) == set(np.asarray(labels))
    with pytest.warns(Warning, match="column-vector"):
        NTKClassifier(1).fit(X, y[:, np.newaxis])


@every_classifier
def test_kinds_of_rows(classifier):
    X, y = make_data(4)
    model = clone(classifier).fit(X, y)
    if not isinstance(model.kernel_, RBF):
        other = clone(classifier).fit(sparse.csr_matrix(X), y)
        np.testing.assert_allclose(
            other.predict_proba(sparse.csr_matrix(X)), model.predict_proba(X), rtol=1e-5, atol=1e-7
        )
    single = clone(classifier).fit(X.astype(np.float32), y)
    assert single.predict_proba(X.astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(single.predict_proba(X), model.predict_proba(X), atol=2e-2)
    copy = pickle.loads(pickle.dumps(model))
    assert np.array_equal(copy.predict_proba(X), model.predict_proba(X))


def test_precomputed():
    X, y = make_data(3)
    expected = KernelClassifier(NTK(1)).fit(X[:60], y[:60]).predict_proba(X[60:])
    K = NTK(1)(X)
    model = KernelClassifier("precomputed").fit(K[:60, :60], y[:60])
    np.testing.assert_allclose(model.predict_proba(K[60:, :60]), expected, rtol=1e-6)
    assert cross_val_score(KernelClassifier("precomputed"), K, y).mean() > 0.6


def test_what_is_wrong():
    X, y = make_data(2)
    with pytest.raises(ValueError, match="one class"):
        NTKClassifier().fit(X, np.zeros(len(y)))
    with pytest.raises(ValueError, match=r"one class, .*ash"):
        NTKClassifier().fit(X, y, y == "ash")
    with pytest.raises(ValueError, match="Unknown label type"):
        NTKClassifier().fit(X, X[:, 0])
    with pytest.raises(ValueError, match="1d array"):
        NTKClassifier().fit(X, np.eye(2)[(y == "ash").astype(int)])
    with pytest.raises(ValueError, match="class_weight must be positive"):
        NTKClassifier(class_weight={"ash": 0.0, "birch": 1.0}).fit(X, y)
    with pytest.raises(ValueError, match="alpha"):
        NTKClassifier(alpha=[1.0, 2.0]).fit(X, y)
    for labels in ([np.nan, *([1.0] * 89)], [None, *y[1:]]):
        with pytest.raises((ValueError, TypeError)):
            NTKClassifier().fit(X, labels)


def test_hosts():
    X, y = load_iris(return_X_y=True)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), NTKClassifier()),
        {"ntkclassifier__depth": [1, 3], "ntkclassifier__bias_variance": [0.1, 1.0]},
        scoring="neg_log_loss",
    )
    assert -0.15 < search.fit(X, y).best_score_ < 0
    assert (
        BaggingClassifier(NTKClassifier(1), n_estimators=3, random_state=0).fit(X, y).score(X, y)
        > 0.95
    )
    calibrated = CalibratedClassifierCV(NTKClassifier(1), cv=3).fit(X, y)
    assert calibrated.score(X, y) > 0.95


def test_probabilities_beside_a_calibrated_machine():
    X, y = load_breast_cancer(return_X_y=True)
    losses = [
        log_loss(
            y,
            cross_val_predict(make_pipeline(StandardScaler(), model), X, y, method="predict_proba"),
        )
        for model in (LaplaceClassifier(), CalibratedClassifierCV(SVC(), ensemble=False))
    ]
    assert losses[0] < 1.1 * losses[1]


def test_random_labels_stay_at_chance(rng):
    """Nothing that is chosen sees the labels of the rows on which it is scored."""
    X = rng.standard_normal((120, 5))
    scores = [
        cross_val_score(
            NTKClassifier(1), X, rng.permutation(120) % 2, scoring="neg_log_loss"
        ).mean()
        for _ in range(6)
    ]
    assert np.mean(scores) < -0.68  # log 2 is 0.693


def test_estimators_as_kernels():
    X, y = make_data(2)
    model = KernelClassifier(LaplaceKernel()).fit(X, y)
    expected = LaplaceClassifier().fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))


def test_a_fit_that_fails_changes_nothing(monkeypatch):
    X, y = make_data(2)
    model = NTKClassifier(1).fit(X, y)
    before = model.predict_proba(X)
    with pytest.raises(ValueError, match="one class"):
        model.fit(X[:, :3], np.zeros(len(y)))

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(NTKClassifier, "_solutions", interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X[:, :3], y == "ash")
    assert np.array_equal(model.predict_proba(X), before)


def test_singular_without_a_ridge():
    X, y = make_data(2)
    with pytest.raises(np.linalg.LinAlgError, match=r"Increase alpha"):
        NTKClassifier(alpha=0).fit(np.vstack([X, X]), np.concatenate([y, y]))
