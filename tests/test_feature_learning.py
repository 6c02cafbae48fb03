"""Metrics that are learned: what they find, and that no label speaks for what has seen it."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_friedman1
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from sklearn_ntk import (
    ARDClassifier,
    ARDRegressor,
    KernelClassifier,
    KernelRegressor,
    RFMClassifier,
    RFMRegressor,
    _memory,
)
from sklearn_ntk._inference import LOSSES, balanced_folds, loss_and_gradient
from sklearn_ntk.feature_learning._metric import learn_metric, mean_outer_product
from sklearn_ntk.feature_learning._scales import learn_scales, starting_kernel, unit_scales
from sklearn_ntk.kernels import (
    NTK,
    ConvNTK,
    Laplace,
    ProductLaplace,
    Projected,
    Scaled,
    input_gradient,
)

REGRESSORS = [
    ARDRegressor(),
    ARDRegressor(ProductLaplace("scale"), objective="leave_one_out"),
    RFMRegressor(),
    RFMRegressor(Laplace("scale", exponent=2.0), metric="diagonal"),
    RFMRegressor(ARDRegressor(), n_iter=2),
]
CLASSIFIERS = [ARDClassifier(), RFMClassifier(), RFMClassifier(ARDClassifier(), metric="diagonal")]
every_regressor = pytest.mark.parametrize("model", REGRESSORS, ids=repr)
every_classifier = pytest.mark.parametrize("model", CLASSIFIERS, ids=repr)


@pytest.fixture(scope="module")
def data():
    """Of ten columns five matter; one is constant, and units differ."""
    X, y = make_friedman1(200, noise=0.5, random_state=0)
    X = X * np.logspace(-3, 3, 10)
    X[:, 9] = 4.0
    return X[:120], y[:120], X[120:], y[120:]


@pytest.fixture(scope="module")
def directions():
    """Two directions of twelve columns, and rows."""
    rng = np.random.default_rng(0)
    Q, _ = np.linalg.qr(rng.standard_normal((12, 2)))
    X = rng.standard_normal((500, 12))
    U = X @ Q
    return Q, X, np.sin(2 * U[:, 0]) + U[:, 0] * U[:, 1]


@every_regressor
def test_columns_that_matter(model, data):
    X, y, X_test, y_test = data
    plain = KernelRegressor(Laplace("scale", exponent=1.5)).fit(X / X.std(axis=0).clip(1e-9), y)
    before = plain.score(X_test / X.std(axis=0).clip(1e-9), y_test)
    model = clone(model).fit(X, y)
    assert 1 - model.score(X_test, y_test) < 0.8 * (1 - before)
    importances = model.feature_importances_
    assert importances.sum() == pytest.approx(1)
    assert importances[9] == 0  # the constant
    assert set(np.argsort(importances)[-4:]) == {0, 1, 3, 4} or importances[:5].sum() > 0.8


@every_classifier
def test_classes(model, data):
    X, y, X_test, y_test = data
    labels, new_labels = (np.digitize(part, [11.0, 17.0]) for part in (y, y_test))
    plain = KernelClassifier(Laplace("scale", exponent=1.5))
    before = make_pipeline(StandardScaler(), plain).fit(X, labels).predict_proba(X_test)
    model = clone(model).fit(X, labels)
    after = model.predict_proba(X_test)
    rows = np.arange(len(after))
    gain = np.log(after[rows, new_labels]).mean() - np.log(before[rows, new_labels]).mean()
    # 100 numbers of a full metric are much for 120 rows.
    assert gain > (-0.1 if model.get_params().get("metric") == "full" else 0.0)
    assert model.metric_.shape == (10,) * (2 if model.get_params().get("metric") == "full" else 1)


def test_directions_of_a_recursive_feature_machine(directions):
    """Of which scales of columns know nothing."""
    Q, X, y = directions
    kernel = Laplace("scale", exponent=2.0)
    errors = {}
    for model in KernelRegressor(kernel), ARDRegressor(kernel), RFMRegressor(kernel):
        errors[type(model)] = 1 - model.fit(X[:300], y[:300]).score(X[300:], y[300:])
    assert errors[RFMRegressor] < 0.2 * errors[KernelRegressor]
    assert errors[RFMRegressor] < 0.2 * errors[ARDRegressor]
    _, V = np.linalg.eigh(model.metric_)
    assert np.linalg.svd(V[:, -2:].T @ Q)[1].min() > 0.98


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("kernel", [NTK(2), Laplace(2.0), ProductLaplace(3.0)], ids=repr)
def test_mean_outer_product(kernel, full, rng):
    X, C, weight = rng.standard_normal((50, 4)), rng.standard_normal((50, 3)), rng.uniform(1, 2, 50)
    unit = np.array([1.0, 2.0, 0.5, 0.0])
    expected = np.zeros((4, 4))
    for k in range(3):
        for x, w in zip(X, weight, strict=True):
            g = unit * input_gradient(kernel, x[np.newaxis], X, C[:, k])[0]
            expected += w * np.outer(g, g) / weight.sum()
    expected = expected if full else np.diag(expected)
    found = mean_outer_product(kernel, X, C, weight, unit, full)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10 * expected.max())
    found = mean_outer_product(kernel, sparse.csr_array(X), C, weight, unit, full)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10 * expected.max())


def test_one_iteration_of_a_recursive_feature_machine(directions):
    """By hand: the gradients of the fit with the ridge of the best leave-one-out predictions."""
    _, X, y = directions
    X, y = X[:80], y[:80] - y[:80].mean()
    kernel, Y, weight = Laplace(4.0), y[:, np.newaxis], np.ones(80)
    deviations = X.std(axis=0)
    U = X / deviations
    model = KernelRegressor(kernel).fit(U, y)
    g = input_gradient(kernel, U, U, model.dual_coef_)
    M = g.T @ g
    M *= 12 / np.trace(M)
    found = learn_metric(kernel, X, Y, weight, n_iter=1, full=True)
    root = found.projection
    expected = M / np.outer(deviations, deviations)
    np.testing.assert_allclose(root @ root.T, expected, rtol=0, atol=1e-8 * expected.max())


def test_scales_are_where_the_loss_is_least(data):
    X, y = data[:2]
    Y = (y - y.mean())[:, np.newaxis] / y.std()
    weight = np.linspace(0.5, 1.0, len(y))
    rng = np.random.RandomState(0)
    free = np.arange(9)  # the last column is constant
    for name, loss in LOSSES.items():
        options = {"objective": name, "n_restarts": 0, "rng": rng}
        fixed = Laplace(5.0, length_scale_bounds="fixed")
        kernel = learn_scales(fixed, X, Y, weight, **options)
        Y_centred = Y - np.average(Y, axis=0, weights=weight)
        deviation = 2 * np.log(kernel.scales / unit_scales(X, weight))[free]
        deviation -= deviation.mean()

        def slope(noise, kernel=kernel, loss=loss, Y=Y_centred, deviation=deviation):
            gradient = loss_and_gradient(loss, kernel, noise, X, Y, weight)[1]
            gradient[free] += 2 * deviation
            return np.abs(gradient).max()

        # The noise is not returned: it is where its own derivative is 0.
        assert min(slope(noise) for noise in np.logspace(-6, 1, 200)) < 0.5
        start = starting_kernel(fixed, X, weight)
        before, _ = loss_and_gradient(loss, start, 0.1, X, Y_centred, weight)
        least = min(
            loss_and_gradient(loss, kernel, noise, X, Y_centred, weight)[0]
            for noise in np.logspace(-6, 1, 200)
        )
        assert least + deviation @ deviation / 2 < before


def test_units_of_columns_do_not_matter(data):
    X, y, X_test, _ = data
    for model in ARDRegressor(), RFMRegressor():
        expected = clone(model).fit(X, y).predict(X_test)
        unit = 2.0 ** np.arange(-5, 5)  # exact
        found = clone(model).fit(X * unit, y).predict(X_test * unit)
        np.testing.assert_allclose(found, expected, rtol=1e-6)


@every_regressor
def test_several_targets_weights_and_precisions(model, data):
    X, y, X_test, _ = data
    Y, weight = np.column_stack([y, X[:, 0] * 1e3]), np.random.default_rng(0).integers(0, 3, len(y))
    fit = clone(model).fit(X, Y, weight)
    repeated = clone(model).fit(np.repeat(X, weight, axis=0), np.repeat(Y, weight, axis=0))
    np.testing.assert_allclose(fit.predict(X_test), repeated.predict(X_test), rtol=1e-5)
    mean, std = clone(model).set_params(keep_factor=True).fit(X, Y).predict(X_test, return_std=True)
    assert mean.shape == std.shape == (len(X_test), 2)
    single = clone(model).fit(X.astype(np.float32), y.astype(np.float32))
    assert single.predict(X_test.astype(np.float32)).dtype == np.float32
    assert single.transform(X_test.astype(np.float32)).dtype == np.float32
    dense = clone(model).fit(X, y)
    rows = clone(model).fit(sparse.csr_array(X), y)
    np.testing.assert_allclose(
        rows.predict(sparse.csr_array(X_test)), dense.predict(X_test), rtol=1e-4
    )


@every_regressor
def test_transformer(model, data):
    X, y, X_test, _ = data
    pandas = pytest.importorskip("pandas")
    training, frame = (pandas.DataFrame(part, columns=list("abcdefghij")) for part in (X, X_test))
    model = clone(model).fit(training, y)
    rows = model.transform(frame)
    differences = X_test[:5, np.newaxis] - X_test[5:9]
    M = model.metric_ if model.metric_.ndim == 2 else np.diag(model.metric_)
    expected = np.einsum("ijd,de,ije->ij", differences, M, differences)
    squares = np.sum((rows[:5, np.newaxis] - rows[5:9]) ** 2, axis=2)
    np.testing.assert_allclose(squares, expected, rtol=1e-8)
    # The kernel inside is one of the transformed rows.
    inside = KernelRegressor(model.kernel_.kernel, alpha=model.alpha_).fit(
        model.transform(training), y
    )
    np.testing.assert_allclose(inside.predict(rows), model.predict(frame), rtol=1e-6)
    names = model.set_output(transform="pandas").transform(frame).columns
    if isinstance(model.kernel_, Projected):
        assert list(names) == [f"rfmregressor{k}" for k in range(10)]
    else:
        assert list(names) == list("abcdefghij")


def test_in_a_pipeline_and_a_grid(data):
    X, y, X_test, y_test = data
    plain = make_pipeline(StandardScaler(), SVR(C=100.0)).fit(X, y).score(X_test, y_test)
    learned = make_pipeline(ARDRegressor(), StandardScaler(with_std=False), SVR(C=100.0))
    learned.set_params(svr__gamma=0.05)
    assert learned.fit(X, y).score(X_test, y_test) > plain + 0.1
    grid = {"kernel": [Laplace("scale"), Laplace("scale", exponent=2.0)], "n_folds": [2]}
    search = GridSearchCV(ARDRegressor(), grid, cv=2).fit(X, y)
    assert search.best_estimator_.n_folds == 2


@pytest.mark.parametrize("model", [ARDRegressor(), RFMRegressor(), ARDRegressor(alpha=0.5)])
def test_noise_teaches_nothing(model, rng):
    """Scores of rows that were not seen; the metric is dropped where it does not predict them."""
    X, y = rng.standard_normal((120, 15)), rng.standard_normal(120)
    assert cross_val_score(model, X, y).mean() < 0.05
    scores = []
    for seed in range(4):
        fit = clone(model).fit(X, np.random.default_rng(seed).permutation(y))
        scores.append(fit.score(X, y))
    assert np.mean(scores) < 0.3


@every_classifier
def test_random_labels_stay_at_chance(model, rng):
    X, y = rng.standard_normal((150, 15)), np.arange(150) % 2
    accuracy, loss = (
        cross_val_score(model, X, y, scoring=scoring).mean()
        for scoring in ("accuracy", "neg_log_loss")
    )
    assert 0.35 < accuracy < 0.65  # three standard deviations of 150 coins are 0.12
    # Probabilities know that, because they were calibrated on labels the metric had not seen.
    assert loss > -0.75


def test_kernel_regressor_takes_a_learner(data):
    """As it takes LaplaceKernel for its kernel."""
    X, y, X_test, _ = data
    outer = KernelRegressor(ARDRegressor()).fit(X, y)
    inner = ARDRegressor().fit(X, y)
    assert isinstance(outer.kernel_, Scaled)
    np.testing.assert_allclose(outer.predict(X_test), inner.predict(X_test), rtol=1e-10)
    assert not hasattr(outer.kernel, "kernel_")


def test_start(data):
    """A kernel that scales its rows is where the search begins."""
    X, y = data[:2]
    Y, weight = y[:, np.newaxis] - y.mean(), np.ones(len(y))
    scales = unit_scales(X, weight) * np.linspace(1, 2, 10)
    start = starting_kernel(Scaled(Laplace("scale"), scales), X, weight)
    assert np.array_equal(start.scales, scales)
    assert start.kernel.length_scale == pytest.approx(Laplace().scale(X * scales))
    options = {"objective": "likelihood", "n_restarts": 0, "rng": np.random.RandomState(0)}
    for kernel in Scaled(Laplace("scale"), scales), Projected(Laplace("scale"), np.diag(scales)):
        found = learn_scales(kernel, X, Y, weight, **options)
        assert found.scales.shape == (10,)
        assert type(found.kernel) is (Projected if isinstance(kernel, Projected) else Laplace)


def test_restarts_are_reproducible(data):
    X, y, X_test, _ = data
    first, second = (
        ARDRegressor(n_restarts=1, random_state=3).fit(X[:60], y[:60]).predict(X_test)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("model", [ARDRegressor(), RFMRegressor()])
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_few_rows(model, n, data):
    X, y = data[0][:n], data[1][:n]
    assert np.isfinite(model.fit(X, y).predict(data[2])).all()
    assert np.isfinite(model.fit(X, np.ones(n)).predict(data[2])).all()
    assert np.isfinite(model.fit(np.ones((n, 10)), y).predict(data[2])).all()


def test_rows_of_any_size(data):
    X, y, X_test, _ = data
    for model in ARDRegressor(), RFMRegressor():
        expected = clone(model).fit(X, y).predict(X_test)
        for factor in 2.0**-500, 2.0**500:
            found = clone(model).fit(X * factor, y).predict(X_test * factor)
            np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_kernels_without_gradients_say_so(data):
    X, y = data[:2]
    for model in ARDRegressor(ConvNTK((5, 2))), RFMRegressor(ConvNTK((5, 2))):
        with pytest.raises(NotImplementedError, match="No gradient by inputs is known for ConvNTK"):
            model.fit(X, y)


def test_folds():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 3, (60, 3)).astype(float)
    labels = rng.integers(0, 3, 60)
    Y = np.eye(3)[labels]
    splits = balanced_folds(X, Y, 3)
    counts = np.zeros(60, dtype=int)
    for train, test in splits:
        counts[test] += 1
        assert not set(map(tuple, X[train])) & set(map(tuple, X[test]))  # equal rows together
        assert sorted([*train, *test]) == list(range(60))
    assert (counts == 1).all()
    X = rng.standard_normal((60, 3))
    order = rng.permutation(60)
    for (_, test), (_, other) in zip(
        balanced_folds(X, Y, 3), balanced_folds(X[order], Y[order], 3), strict=True
    ):
        assert set(order[other]) == set(test)  # whatever the order of rows
        shares = np.bincount(labels[test], minlength=3)
        assert np.abs(shares - np.bincount(labels) / 3).max() <= 1


def test_progress(data):
    pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")

    class Recorder:
        def __init__(self):
            self.tasks = []

        def setup(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context):
            self.tasks.append((context.task_name, context.max_subtasks))

    recorder = Recorder()
    ARDRegressor(n_jobs=1).set_callbacks(recorder).fit(*data[:2])
    learning = [("kernel", 0)] * 4 + [("learning", 4)]
    assert recorder.tasks == [*learning, ("block column", 0), ("factorization", 1), ("fit", None)]


def test_wrong_input(data):
    X, y = data[:2]
    with pytest.raises(ValueError, match="A metric needs a kernel object"):
        ARDRegressor(KernelRegressor("precomputed")).fit(X, y)
    with pytest.raises(ValueError, match=r"n_folds.* must be an int"):
        RFMRegressor(n_folds=1).fit(X, y)
    with pytest.raises(ValueError, match="'objective' parameter of ARDClassifier"):
        ARDClassifier(objective="accuracy").fit(X, y > 14)


def test_metrics_that_do_not_fit_into_memory(data, monkeypatch):
    monkeypatch.setattr(_memory, "available_memory", lambda: 3_000)
    with pytest.raises(MemoryError, match="metric='diagonal' needs a number for each column"):
        RFMRegressor().fit(*data[:2])
