"""Everything that is called a factor or a training matrix keeps to its protocol."""

import numpy as np
import pytest
from sklearn.gaussian_process.kernels import RBF

from sklearn_ntk._gram import Gram, PrecomputedGram
from sklearn_ntk._solvers import cholesky, dense_cholesky, eigh, solve_cholesky
from sklearn_ntk.kernels import NTK, Laplace

N = 70
NOISE = np.linspace(0.1, 2, N)

FACTORS = {
    "cholesky": lambda K, noise: cholesky(K + np.diag(noise), block_size=16),
    "dense": lambda K, noise: dense_cholesky(K + np.diag(noise)),
    "eigh": lambda K, noise: eigh(K.copy(), noise.max() / noise, alpha=noise.max()),
}


@pytest.fixture
def X(rng):
    return rng.standard_normal((N, 4))


@pytest.mark.parametrize("shape", [(N,), (N, 3)], ids=str)
@pytest.mark.parametrize("make", FACTORS.values(), ids=FACTORS)
def test_factor(make, X, shape, rng):
    K = Laplace(2.0)(X)
    A, B = K + np.diag(NOISE), rng.standard_normal(shape)
    factor, unchanged = make(K, NOISE), B.copy()
    X = factor.solve(B)
    np.testing.assert_allclose(X, np.linalg.solve(A, B), rtol=1e-10, atol=1e-12)
    V = factor.half_solve(B)
    assert V.shape == X.shape == B.shape
    np.testing.assert_allclose(V.T @ V, B.T @ np.linalg.solve(A, B), rtol=1e-10)
    assert factor.log_determinant() == pytest.approx(np.linalg.slogdet(A)[1], rel=1e-11)
    assert factor.dtype == np.float64
    np.testing.assert_array_equal(B, unchanged)


@pytest.mark.parametrize("make", FACTORS.values(), ids=FACTORS)
def test_singular_matrix(make, X):
    K = Laplace(2.0)(np.repeat(X[: N // 2], 2, axis=0))
    with pytest.raises(np.linalg.LinAlgError, match=r"working precision.*Increase alpha"):
        make(K, np.full(N, 1e-18)).solve(np.ones(N))


def test_dense_factor_is_made_in_place_and_inverted(X):
    A = NTK(2)(X) + np.diag(NOISE)
    expected, memory = np.linalg.inv(A), A.ctypes.data
    factor = dense_cholesky(A)
    inverse = factor.inverse()
    assert factor.L.ctypes.data == inverse.ctypes.data == memory
    np.testing.assert_allclose(np.tril(inverse), np.tril(expected), rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("side", [16, 1024])
@pytest.mark.parametrize("kernel", [NTK(2), RBF(1.5)], ids=str)
def test_training_matrices(kernel, X, side, rng, monkeypatch):
    monkeypatch.setattr("sklearn_ntk._gram.SIDE", side)
    K = kernel(X)
    single = K.astype(np.float32)
    V = rng.standard_normal((N, 2))
    for gram, whole in [
        (Gram(kernel, X, NOISE), K),
        (PrecomputedGram(K, NOISE), K),
        (PrecomputedGram(single, NOISE), single),
    ]:
        A = whole + np.diag(NOISE)
        assert gram.shape == (N, N)
        assert gram.dtype == np.float64
        np.testing.assert_allclose(gram.diagonal(), A.diagonal(), rtol=1e-12)
        np.testing.assert_allclose(gram.to_array(), A, rtol=1e-12)
        np.testing.assert_allclose(gram.product(V, 2), A @ V, rtol=1e-9, atol=1e-11)
        for rows, cols in [(slice(3, 9), slice(3, 9)), (slice(20, 50), slice(0, 20))]:
            out = np.empty((rows.stop - rows.start, cols.stop - cols.start))
            gram.fill_block(rows, cols, out)
            np.testing.assert_allclose(out, A[rows, cols], rtol=1e-12)
        for precision, tolerance in ("float64", 1e-11), ("mixed", 1e-9), ("float32", 1e-4):
            _, solution = solve_cholesky(gram, V, precision=precision)
            np.testing.assert_allclose(A @ solution, V, atol=tolerance)
    np.testing.assert_array_equal(K, kernel(X))


def test_solver_reports_its_steps(X):
    """A task for each factorization, of which the mixed precision may need a second."""
    K = Laplace(2.0)(np.repeat(X[: N // 2], 2, axis=0))
    events = []

    def progress(n_steps):
        events.append(n_steps)
        return lambda: events.append("step")

    cholesky(K + np.eye(N), block_size=30, n_jobs=2, progress=progress)
    assert events == [3, "step", "step", "step"]
    events.clear()
    factor, _ = solve_cholesky(
        PrecomputedGram(K, np.full(N, 1e-11)), np.ones(N), precision="mixed", progress=progress
    )
    assert factor.dtype == np.float64
    assert events == [1, 1, "step"]  # the first fails at its only block column
