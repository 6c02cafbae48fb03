"""Conjugate gradients and their preconditioner, against whole matrices and exact fits."""

import itertools

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import chisquare
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process.kernels import RBF, WhiteKernel

from sklearn_ntk import (
    KernelRegressor,
    LaplaceKernel,
    NNGPRegressor,
    NTKClassifier,
    NTKRegressor,
    _kernel_machine,
)
from sklearn_ntk._gram import Gram, PrecomputedGram
from sklearn_ntk._solvers import LowRankFactor, pivoted_cholesky
from sklearn_ntk.kernels import NNGP, NTK, Laplace, ProductLaplace

KERNELS = [
    NTK(2),
    NNGP(1, activation="erf"),
    Laplace(2.0),
    Laplace(3.0, exponent=1.9),
    ProductLaplace(2.0),
    NTK(1) + 0.5 * Laplace(1.0),
    RBF(2.0),
]


@pytest.fixture
def data(rng):
    X = rng.standard_normal((400, 4))
    return X[:300], np.sin(X[:300, 0]) + 0.1 * rng.standard_normal(300), X[300:]


@pytest.mark.parametrize("kernel", KERNELS, ids=repr)
def test_pivoted_cholesky(kernel, data):
    X = data[0]
    A, K = Gram(kernel, X, np.ones(300)), kernel(X)
    values = np.linalg.eigvalsh(K)[::-1]
    for rank in 20, 100:
        F, pivots = pivoted_cholesky(A, rank, np.random.RandomState(0))
        assert F.shape == (300, rank)
        np.testing.assert_allclose(np.triu(F[pivots], 1), 0, atol=1e-7)
        rest = K - F @ F.T
        assert np.linalg.eigvalsh(rest).min() > -1e-9 * values[0]
        # Theory compares it with the best approximation of a lower rank.
        assert values[rank:].sum() <= np.trace(rest) < 2 * values[rank // 3 :].sum()
    for dtype, atol in (np.float64, 1e-7), (np.float32, 1e-6):
        F, _ = pivoted_cholesky(A, 300, np.random.RandomState(0), dtype=dtype)
        assert F.dtype == dtype
        np.testing.assert_allclose(F @ F.T, K, atol=atol * values[0])


def test_pivots_are_drawn_as_if_one_by_one():
    """Blocks of proposals with rejection, against the probabilities of all pairs of pivots."""
    G = np.random.default_rng(0).standard_normal((4, 6))
    K = G @ G.T * np.outer([1, 2, 1, 0.5], [1, 2, 1, 0.5])
    A = PrecomputedGram(K, np.zeros(4))
    pairs, n = list(itertools.permutations(range(4), 2)), 4000
    expected = []
    for i, j in pairs:
        rest = K.diagonal() - K[:, i] ** 2 / K[i, i]
        expected.append(K[i, i] / np.trace(K) * rest[j] / rest.sum())
    rng, found = np.random.RandomState(0), np.zeros(len(pairs))
    for _ in range(n):
        found[pairs.index(tuple(pivoted_cholesky(A, 2, rng)[1]))] += 1
    assert chisquare(found, np.multiply(expected, n)).pvalue > 1e-3


def test_equal_rows_end_it(rng):
    X = np.repeat(rng.standard_normal((7, 3)), 20, axis=0)
    F, pivots = pivoted_cholesky(Gram(Laplace(), X, np.ones(140)), 50, np.random.RandomState(0))
    assert sorted(pivots // 20) == list(range(7))
    np.testing.assert_allclose(F @ F.T, Laplace()(X), atol=1e-12)


def test_white_noise_is_in_the_diagonal(data):
    kernel = RBF(2.0) + WhiteKernel(0.3)
    A = Gram(kernel, data[0], np.zeros(300))
    np.testing.assert_allclose(A.columns(np.array([5, 17])), kernel(data[0])[:, [5, 17]])


@pytest.mark.parametrize("n_bytes", [0, 1e6])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_products_of_a_kept_matrix(n_bytes, n_jobs, rng):
    X, V = rng.standard_normal((300, 3)), rng.standard_normal((300, 2))
    A = Gram(Laplace(), X, rng.uniform(size=300))
    expected = (Laplace()(X) + np.diag(A.noise)) @ V
    kept = A.kept(n_bytes, n_jobs)
    assert (kept is A) == (n_bytes == 0)
    np.testing.assert_allclose(kept.product(V, n_jobs), expected, rtol=1e-10)


def test_low_rank_factor(rng):
    F, noise = rng.standard_normal((60, 9)), rng.uniform(0.1, 2, 60)
    B = rng.standard_normal((60, 3))
    expected = np.linalg.solve(F @ F.T + np.diag(noise), B)
    np.testing.assert_allclose(LowRankFactor(F, noise).solve(B), expected, rtol=1e-9)


@pytest.mark.parametrize("share", [1e-4, 1e-2, 1.0])
@pytest.mark.parametrize("kernel", KERNELS, ids=repr)
def test_fits_are_exact(kernel, share, data):
    X, y, X_test = data
    alpha = share * kernel.diag(X).mean()
    exact = KernelRegressor(kernel, alpha=alpha, solver="cholesky").fit(X, y)
    with config_context(working_memory=0.2):  # some 40 columns
        model = KernelRegressor(kernel, alpha=alpha, solver="cg").fit(X, y)
    assert model.solver_ == "cg"
    assert 1 <= model.n_iter_ < 300
    # What the tolerance says: the norm of the error at training rows over that of the targets.
    error = np.linalg.norm(model.predict(X) - exact.predict(X))
    assert error <= 1e-7 * np.linalg.norm(y - y.mean())
    difference = np.abs(model.predict(X_test) - exact.predict(X_test)).max()
    assert difference < 1e-5 * np.abs(y).max()
    closer = KernelRegressor(kernel, alpha=alpha, solver="cg", tol=1e-10).fit(X, y)
    np.testing.assert_allclose(closer.dual_coef_, exact.dual_coef_, rtol=1e-5, atol=1e-5)


def test_weights_targets_ridges(data, rng):
    X, y, X_test = data
    Y, weight = np.column_stack([y, 50 * X[:, 1], np.zeros(300)]), rng.integers(0, 4, 300)
    for alpha in "auto", [0.1, 1.0, 0.1]:
        exact = NNGPRegressor(1, alpha=alpha, keep_factor=False, solver="cholesky")
        exact = exact.fit(X, Y, weight).predict(X_test)
        model = NNGPRegressor(1, alpha=alpha, keep_factor=False, solver="cg", tol=1e-9)
        np.testing.assert_allclose(model.fit(X, Y, weight).predict(X_test), exact, atol=1e-6)


def test_sparse_float32_and_precomputed(data):
    X, y, X_test = data
    exact = NTKRegressor(1, alpha=0.1).fit(X, y).predict(X_test)
    model = NTKRegressor(1, alpha=0.1, solver="cg", tol=1e-9)
    rows = model.fit(sparse.csr_array(X), y).predict(sparse.csr_array(X_test))
    np.testing.assert_allclose(rows, exact, atol=1e-7)
    single = model.fit(X.astype(np.float32), y.astype(np.float32))
    assert single.dual_coef_.dtype == np.float32
    np.testing.assert_allclose(single.predict(X_test.astype(np.float32)), exact, atol=1e-4)
    model = KernelRegressor("precomputed", alpha=0.1, solver="cg", tol=1e-9)
    found = model.fit(NTK(1)(X), y).predict(NTK(1)(X_test, X))
    np.testing.assert_allclose(found, exact, atol=1e-7)


def test_classes(data):
    X, y, X_test = data
    labels = np.digitize(y, [-0.3, 0.3])
    exact = NTKClassifier(1, solver="cholesky").fit(X, labels).predict_proba(X_test)
    model = NTKClassifier(1, solver="cg").fit(X, labels)
    assert model.n_iter_ > 0
    np.testing.assert_allclose(model.predict_proba(X_test), exact, atol=1e-4)


def test_auto(data, monkeypatch):
    X, y, _ = data
    assert NTKRegressor(1).fit(X, y).solver_ == "cholesky"
    assert NTKRegressor(1).fit(X, y).n_iter_ == 1
    for name, value in ("LARGE", 299), ("available_memory", lambda: 300_000):
        with monkeypatch.context() as patch:
            patch.setattr(_kernel_machine, name, value)
            assert LaplaceKernel().fit(X, y).solver_ == "cg"
            assert NTKClassifier(1).fit(X, y > 0).solver_ == "cg"
            for options in (
                {"keep_factor": True},
                {"precision": "mixed"},
                {"alpha": 0.0},
                {"solver": "cholesky"},
            ):
                assert LaplaceKernel(**options).fit(X, y).solver_ == "cholesky"
            assert LaplaceKernel(training_time=3.0).fit(X, y).solver_ == "eigh"


def test_what_it_cannot(data, tmp_path):
    X, y, X_test = data
    for options, match in (
        ({"keep_factor": True}, "makes no factor"),
        ({"precision": "mixed"}, "leave precision"),
        ({"storage": tmp_path}, "storage at None"),
        ({"training_time": 2.0}, "training_time needs eigenvectors"),
    ):
        with pytest.raises(ValueError, match=match):
            NTKRegressor(1, solver="cg", **options).fit(X, y)
    match = r"after 2 iterations at a relative error of \d"
    with config_context(working_memory=0.1), pytest.warns(ConvergenceWarning, match=match):
        model = NTKRegressor(1, solver="cg", alpha=1e-6, max_iter=2).fit(X, y)
    assert model.n_iter_ == 2
    model = NTKRegressor(1, solver="cg").fit(X, y)
    assert np.isnan(model.log_marginal_likelihood_value_)
    with pytest.raises(ValueError, match="keep_factor"):
        NNGPRegressor(solver="cg", keep_factor=False).fit(X, y).predict(X_test, return_std=True)


def test_repeats_itself(data):
    X, y, X_test = data
    first, second = (NTKRegressor(1, solver="cg").fit(X, y).predict(X_test) for _ in range(2))
    np.testing.assert_array_equal(first, second)
