"""The blocked Cholesky factorization against LAPACK on the whole matrix."""

import tracemalloc

import numpy as np
import pytest

from sklearn_ntk._solvers import cholesky


def spd(n, rng, dtype=np.float64):
    G = rng.standard_normal((n, n + 5))
    return (G @ G.T / n + np.eye(n)).astype(dtype)


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize(
    ("n", "block_size"), [(1, 8), (7, 8), (8, 8), (9, 8), (50, 1), (100, 7), (100, 64), (300, 150)]
)
def test_factor_and_solves(rng, n, block_size, n_jobs):
    A = spd(n, rng)
    factor = cholesky(A, block_size=block_size, n_jobs=n_jobs)
    L = np.linalg.cholesky(A)
    for B in rng.standard_normal(n), rng.standard_normal((n, 3)):
        unchanged = B.copy()
        np.testing.assert_allclose(factor.solve(B), np.linalg.solve(A, B), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(
            factor.half_solve(B), np.linalg.solve(L, B), rtol=1e-9, atol=1e-12
        )
        assert np.array_equal(B, unchanged)
    assert factor.log_determinant() == pytest.approx(np.linalg.slogdet(A)[1], rel=1e-11, abs=1e-11)


def test_float32(rng):
    A = spd(90, rng, np.float32)
    factor = cholesky(A, block_size=32)
    x = factor.solve(np.ones(90, dtype=np.float32))
    assert x.dtype == np.float32
    np.testing.assert_allclose(A @ x, 1, atol=1e-4)


def test_only_the_lower_triangle_is_read_and_nothing_is_written(rng):
    A = spd(40, rng)
    lower = np.tril(A) + np.triu(np.full_like(A, np.nan), k=1)
    unchanged = lower.copy()

    class Lower:
        shape, dtype = A.shape, A.dtype

        def fill_block(self, rows, cols, out):
            assert rows.start >= cols.start
            out[...] = A[rows, cols] if rows == cols else lower[rows, cols]

    x = cholesky(Lower(), block_size=16).solve(np.ones(40))
    np.testing.assert_allclose(A @ x, 1, rtol=1e-10)
    np.testing.assert_array_equal(lower, unchanged)


def test_half_the_memory(rng):
    """n^2 / 2 numbers, half a block row, a few blocks and 64 numbers a row for inverses."""
    n, block_size = 3000, 128
    A = spd(n, rng)
    tracemalloc.start()
    cholesky(A, block_size=block_size)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * (n * (n / 2 + block_size / 2 + 64) + 8 * block_size**2)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("block_size", [16, 1000])
def test_singular_matrix(rng, dtype, block_size):
    G = rng.standard_normal((60, 30)).astype(dtype)
    message = r"not positive definite to working precision at row 3\d.*Increase .*alpha"
    with pytest.raises(np.linalg.LinAlgError, match=message):
        cholesky(G @ G.T, block_size=block_size)


def test_indefinite_matrix():
    A = np.diag([2.0, 1.0, -1.0, 3.0])
    with pytest.raises(np.linalg.LinAlgError, match="at row 2"):
        cholesky(A, block_size=2)
