"""Regression and classification on centres, against exact fits, whole matrices and refits."""

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import kstest
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process.kernels import RBF

from sklearn_ntk import (
    KernelClassifier,
    KernelRegressor,
    NystroemClassifier,
    NystroemRegressor,
    RFMRegressor,
)
from sklearn_ntk._centers import CenterMap, choose_centers
from sklearn_ntk._inference import StreamSample
from sklearn_ntk._solvers import NormalEquations
from sklearn_ntk.kernels import NTK, Laplace

METHODS = ["pivoted_cholesky", "k-means", "uniform"]


@pytest.fixture
def data(rng):
    X = rng.standard_normal((260, 3))
    return X[:200], np.sin(2 * X[:200, 0]) + 0.2 * rng.standard_normal(200), X[200:]


@pytest.mark.parametrize("alpha", ["auto", 0.3])
@pytest.mark.parametrize("kernel", [NTK(2), Laplace("scale"), RBF(1.0)], ids=repr)
def test_all_rows_are_the_exact_fit(kernel, alpha, data, rng):
    X, y, X_test = data
    Y, weight = np.column_stack([y, y**2]), rng.integers(0, 4, 200)
    for targets, weights in (y, None), (Y, None), (Y, weight):
        exact = KernelRegressor(kernel, alpha=alpha, keep_factor=True).fit(X, targets, weights)
        model = NystroemRegressor(kernel, alpha=alpha).fit(X, targets, weights)
        assert model.solver_ == "eigh"
        assert model.alpha_ == pytest.approx(exact.alpha_)
        expected = exact.predict(X_test, return_std=True, include_noise=True)
        found = model.predict(X_test, return_std=True, include_noise=True)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
        assert model.amplitude_ == pytest.approx(exact.amplitude_, rel=1e-3)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_all_rows_are_the_exact_classifier(n_classes, data, rng):
    X, y, X_test = data
    labels = np.array(["a", "b", "c"])[np.digitize(y, [0, 0.7][: n_classes - 1])]
    weight = rng.integers(1, 4, 200)
    for options in {}, {"class_weight": "balanced"}:
        exact = KernelClassifier(Laplace(2.0), **options).fit(X, labels, weight)
        model = NystroemClassifier(Laplace(2.0), **options).fit(X, labels, weight)
        expected = exact.predict_proba(X_test)
        np.testing.assert_allclose(model.predict_proba(X_test), expected, atol=1e-5)
        np.testing.assert_array_equal(model.predict(X_test), exact.predict(X_test))


@pytest.mark.parametrize("solver", ["eigh", "cg"])
@pytest.mark.parametrize("centers", METHODS)
def test_fewer_centres(centers, solver, data, rng):
    """Subset of regressors: c = (K_mn W K_nm + alpha K_mm)^-1 K_mn W y."""
    X, y, X_test = data
    kernel, weight = Laplace(2.0), rng.uniform(0.5, 2, 200)
    model = NystroemRegressor(
        kernel, n_components=30, centers=centers, alpha=0.2, solver=solver, tol=1e-11
    ).fit(X, y, weight)
    Z = model.centers_
    assert Z.shape == (30, 3)
    K, inner = kernel(X, Z), kernel(Z)
    y = y - np.average(y, weights=weight)
    c = np.linalg.solve(K.T @ (weight[:, np.newaxis] * K) + 0.2 * inner, K.T @ (weight * y))
    np.testing.assert_allclose(model.dual_coef_, c, rtol=1e-6, atol=1e-8)
    expected = kernel(X_test, Z) @ c + model.intercept_
    np.testing.assert_allclose(model.predict(X_test), expected, rtol=1e-8)


def test_deterministic_training_conditional(data):
    """Quinonero-Candela and Rasmussen, equation 20: the variance of DTC with noise alpha."""
    X, y, X_test = data
    kernel, alpha = NTK(1), 0.3
    model = NystroemRegressor(kernel, n_components=25, alpha=alpha).fit(X, y)
    Z = model.centers_
    K_u, K_f, K_s = kernel(Z), kernel(Z, X), kernel(X_test, Z)
    explained = K_s @ np.linalg.solve(K_u, K_s.T)
    known = K_s @ np.linalg.solve(K_f @ K_f.T / alpha + K_u, K_s.T)
    variance = kernel.diag(X_test) - explained.diagonal() + known.diagonal()
    _, std = model.predict(X_test, return_std=True)
    np.testing.assert_allclose(std, np.sqrt(variance) * y.std(), rtol=1e-6)
    _, noisy = model.predict(X_test, return_std=True, include_noise=True)
    np.testing.assert_allclose(noisy, np.sqrt(variance + alpha) * y.std(), rtol=1e-6)


@pytest.mark.parametrize("centred", [True, False])
def test_leave_one_out(centred, rng):
    """Against fits without each row, whose mean is another one."""
    Phi, Y, weight = (
        rng.standard_normal((40, 6)),
        rng.standard_normal((40, 2)),
        rng.uniform(1, 3, 40),
    )
    alphas = np.array([0.1, 10.0])

    def path(rows):
        equations = NormalEquations(6, 2)
        for part in np.array_split(rows, 3):
            equations.add(Phi[part].copy(), Y[part], weight[part])
        return equations.path(centred)

    everything = np.arange(40)
    found, leverage = path(everything).leave_one_out(Phi, Y, weight, alphas)
    for i in 0, 17, 39:
        rest = np.delete(everything, i)
        mean = np.average(Y[rest], axis=0, weights=weight[rest]) if centred else 0
        for k, alpha in enumerate(alphas):
            refitted = Phi[i] @ path(rest).coefficients(alpha) + mean
            np.testing.assert_allclose(found[k, i], refitted, rtol=1e-10)
            gram = (weight * Phi.T) @ Phi + alpha * np.eye(6)
            h = weight[i] * Phi[i] @ np.linalg.solve(gram, Phi[i])
            assert leverage[k, i] == pytest.approx(h)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_stream(form, data, rng):
    X, y, X_test = data
    weight = rng.integers(1, 4, 200)
    options = {"kernel": Laplace(2.0), "centers": X[:40]}
    whole = NystroemRegressor(**options).fit(form(X), y, weight)
    stream = NystroemRegressor(**options)
    for rows in np.array_split(np.arange(200), [7, 8, 90]):
        stream.partial_fit(form(X[rows]), y[rows], weight[rows])
    assert stream.alpha_ == pytest.approx(whole.alpha_, rel=1e-10)
    np.testing.assert_allclose(
        stream.predict(X_test, return_std=True), whole.predict(X_test, return_std=True), rtol=1e-7
    )
    labels = np.digitize(y, [0, 0.7])
    whole = NystroemClassifier(**options).fit(form(X), labels)
    stream = NystroemClassifier(**options)
    for rows in np.array_split(np.arange(200), [70, 130]):
        stream.partial_fit(form(X[rows]), labels[rows], classes=[0, 1, 2])
    np.testing.assert_allclose(stream.predict_proba(X_test), whole.predict_proba(X_test), rtol=1e-7)
    # A fit begins anew.
    np.testing.assert_array_equal(
        stream.fit(form(X), labels).predict_proba(X_test), whole.predict_proba(X_test)
    )


def test_stream_chooses_its_centres_at_once(data):
    X, y, _ = data
    model = NystroemRegressor(
        Laplace(2.0), n_components=20, centers="pivoted_cholesky"
    ).partial_fit(X[:50], y[:50])
    centers = model.centers_
    assert {tuple(z) for z in centers} <= {tuple(x) for x in X[:50]}
    np.testing.assert_array_equal(model.partial_fit(X[50:], y[50:]).centers_, centers)
    whole = NystroemRegressor(Laplace(2.0), centers=centers).fit(X, y)
    np.testing.assert_allclose(model.predict(X), whole.predict(X), atol=1e-6)


def test_sample_of_a_stream():
    X = np.arange(1000.0)[:, np.newaxis]
    samples, seeds = [], np.random.RandomState(0).randint(2**31, size=100)
    for seed in seeds:
        one, many = (StreamSample(50, np.random.RandomState(seed)) for _ in range(2))
        one.add(X, X[:, 0])
        for part in np.array_split(X, [3, 400]):
            many.add(part, part[:, 0])
        np.testing.assert_array_equal(one.parts[0], many.parts[0])
        np.testing.assert_array_equal(one.parts[0][:, 0], one.parts[1])
        assert (np.diff(one.parts[1]) > 0).all()
        samples.append(one.parts[1])
    assert kstest(np.concatenate(samples) / 1000, "uniform").pvalue > 1e-3


def test_pivots_leave_less_of_the_kernel(rng):
    # Two clusters, one of which uniform draws seldom meet.
    X = np.concatenate([0.05 * rng.standard_normal((130, 2)), 3 * rng.standard_normal((20, 2))])
    missed = {}
    for method in METHODS:
        Z = choose_centers(RBF(1.0), X, 30, method, np.random.RandomState(0))
        Phi = CenterMap(RBF(1.0), Z).features(X)
        missed[method] = 150 - np.sum(Phi**2)
    assert missed["pivoted_cholesky"] < 0.1 * missed["uniform"]


def test_equal_rows_are_one_centre(rng):
    X = np.repeat(rng.standard_normal((20, 2)), 10, axis=0)
    y = X[:, 0] + 0.1 * rng.standard_normal(200)
    model = NystroemRegressor(Laplace(1.0), centers="pivoted_cholesky").fit(X, y)
    assert model.centers_.shape == (20, 2)
    exact = KernelRegressor(Laplace(1.0), alpha=model.alpha_).fit(X, y)
    np.testing.assert_allclose(model.predict(X), exact.predict(X), rtol=1e-5)


def test_a_kernel_that_learns(rng):
    X = rng.standard_normal((600, 8))
    y = np.abs(X[:, 0])
    plain = NystroemRegressor(Laplace("scale"), n_components=100).fit(X[:400], y[:400])
    model = NystroemRegressor(RFMRegressor(), n_components=100).fit(X[:400], y[:400])
    assert 1 - model.score(X[400:], y[400:]) < 0.3 * (1 - plain.score(X[400:], y[400:]))


@pytest.mark.parametrize("unit", [1e-150, 1e150])
def test_units_do_not_matter(unit, data):
    X, y, X_test = data
    plain = NystroemRegressor(Laplace(2.0), n_components=50).fit(X, y)
    for normalize_y in True, False:
        model = NystroemRegressor(Laplace(2.0), n_components=50, normalize_y=normalize_y)
        expected = model.fit(X, y).predict(X_test)
        np.testing.assert_allclose(model.fit(X, unit * y).predict(X_test), unit * expected)
    weighted = NystroemRegressor(Laplace(2.0), n_components=50).fit(X, y, np.full(200, unit))
    np.testing.assert_allclose(weighted.predict(X_test), plain.predict(X_test), rtol=1e-6)


def test_float32(data):
    X, y, X_test = data
    model = NystroemRegressor(Laplace(2.0), n_components=50).fit(X.astype(np.float32), y)
    mean, std = model.predict(X_test.astype(np.float32), return_std=True)
    assert mean.dtype == std.dtype == model.centers_.dtype == np.float32
    exact = NystroemRegressor(Laplace(2.0), centers=model.centers_.astype(float)).fit(X, y)
    np.testing.assert_allclose(mean, exact.predict(X_test), atol=1e-3)


def test_what_it_cannot(data):
    X, y, X_test = data
    for options, match in (
        ({"n_components": 201}, "n_components=201, but there are 200 rows"),
        ({"centers": X[:, :2]}, "centers have 2 features, but X has 3"),
        ({"centers": "pivots"}, "centers"),
    ):
        with pytest.raises(ValueError, match=match):
            NystroemRegressor(**options).fit(X, y)
    with pytest.raises(ValueError, match="first partial_fit more rows"):
        NystroemRegressor(n_components=50).partial_fit(X[:20], y[:20])
    model = NystroemRegressor(solver="cg").fit(X, y)
    assert not hasattr(model, "partial_fit")
    with pytest.raises(ValueError, match="no standard deviations"):
        model.predict(X_test, return_std=True)
    with pytest.raises(ValueError, match="keeps nothing"):
        model.set_params(solver="eigh").partial_fit(X, y)
    with pytest.raises(np.linalg.LinAlgError, match="Increase alpha"):
        NystroemRegressor(RBF(10.0), centers="uniform", alpha=0.0).fit(X, y)
    with pytest.warns(ConvergenceWarning, match="relative error of"):
        NystroemRegressor(n_components=50, solver="cg", tol=1e-30).fit(X, y)
    with pytest.raises(ValueError, match="y has shape"):
        NystroemRegressor().partial_fit(X, y).partial_fit(X, np.column_stack([y, y]))
    labels = y > 0
    with pytest.raises(ValueError, match="needs all labels as classes"):
        NystroemClassifier().partial_fit(X, labels)
    with pytest.raises(ValueError, match="all labels at once"):
        NystroemClassifier(class_weight="balanced").partial_fit(X, labels, [False, True])
    with pytest.raises(ValueError, match="not among the classes"):
        NystroemClassifier().partial_fit(X, labels.astype(int) + 1, [0, 1])
