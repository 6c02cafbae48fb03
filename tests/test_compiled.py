"""Compiled loops: the same numbers as NumPy's passes, wherever the package finds itself.

The whole suite runs both ways, too: ``python -m pytest --loops=always``. Without numba loops are
plain functions, and what is compared here is small enough for those.
"""

import os
import subprocess
import sys

import mpmath
import numpy as np
import pytest
from joblib import Parallel, delayed, parallel_config

from sklearn_ntk import _compiled
from sklearn_ntk._blocks import transpose
from sklearn_ntk.kernels import NNGP, NTK, ConvNNGP, ConvNTK, ProductLaplace, input_gradient
from sklearn_ntk.kernels._angle import angle_and_sine, arccos_over_sine
from sklearn_ntk.kernels._pairs import fill_tiles
from sklearn_ntk.kernels.activations import LeakyReLU

NETWORKS = [
    kernel(**parameters, activation=activation)
    for kernel in (NTK, NNGP)
    for activation in ("relu", "abs", "identity", LeakyReLU(0.3), "erf")
    for parameters in (
        {"depth": 1, "bias_variance": 0.0},
        {"depth": 3, "bias_variance": 0.1},
        {"depth": 3, "bias_variance": 0.2, "residual": True},
        {"depth": 2, "bias_variance": 0.2, "layer_norm": True, "residual": True},
    )
] + [
    NTK(3, bias_variance=0.1, parameterization="standard", width=50),
    NTK(4, bias_variance=0.1, frozen_layers=2),
    NTK(3, bias_variance=0.1, frozen_layers=1, residual=True, activation="erf"),
]
IMAGES = [
    kernel((4, 3), 2, **parameters, activation=activation)
    for kernel in (ConvNTK, ConvNNGP)
    for activation in ("relu", "erf")
    for parameters in (
        {},
        {"readout": "average", "bias_variance": 0.1},
        {"readout": "average", "stride": 2, "filter_size": 5},
        {"pooling": 2},
        {"pooling": 2, "stride": 2, "readout": "average", "bias_variance": 0.1},
    )
]


@pytest.fixture
def both(monkeypatch):
    """A function that returns what another one does by passes and by loops."""

    def call(function):
        results = []
        for choice in False, True:
            monkeypatch.setattr(_compiled, "choice", choice)
            _compiled.expect(1)
            results.append(function())
        return results

    return call


def assert_same(loops, passes, scale):
    # The first digit that is lost is that of an angle near the border, where rho has 2e-14 of it.
    assert np.max(np.abs(loops - passes) / scale, initial=0) < 5e-14


def scales(kernel, X, Z):
    roots = (np.sqrt(np.maximum(kernel.diag(rows), 1e-300)) for rows in (X, Z))
    return np.multiply.outer(*roots)


@pytest.mark.parametrize("kernel", NETWORKS, ids=str)
def test_networks_on_awkward_rows(kernel, awkward_rows, both):
    X = np.vstack([awkward_rows, 1e100 * awkward_rows[:3], 1e-100 * awkward_rows[:3]])
    passes, loops = both(lambda: kernel(X))
    assert_same(loops, passes, scales(kernel, X, X))
    assert np.array_equal(loops, loops.T)
    passes, loops = both(lambda: kernel(X, X[::-2]))
    assert_same(loops, passes, scales(kernel, X, X[::-2]))


@pytest.mark.parametrize("kernel", NETWORKS, ids=str)
def test_derivatives_on_awkward_rows(kernel, awkward_rows, both):
    passes, loops = both(lambda: kernel(awkward_rows, eval_gradient=True)[1])
    assert_same(loops, passes, scales(kernel, awkward_rows, awkward_rows)[..., np.newaxis])
    C = np.ones((len(awkward_rows), 1))
    passes, loops = both(lambda: input_gradient(kernel, awkward_rows, awkward_rows, C))
    assert_same(loops, passes, np.abs(passes).max())


@pytest.mark.parametrize("kernel", [NTK(5, bias_variance=0.0), NTK(3, activation="gelu")], ids=str)
def test_angular_tables(kernel, rng, both):
    pytest.importorskip("numba")
    X = rng.standard_normal((600, 4))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    X[1], X[2] = X[0], -X[0]
    passes, loops = both(lambda: kernel(X))
    assert_same(loops, passes, scales(kernel, X, X))


@pytest.mark.parametrize("kernel", IMAGES, ids=str)
def test_images(kernel, rng, both):
    X = rng.standard_normal((5, 12))
    X[1], X[2], X[3] = X[0], -X[0], 0
    passes, loops = both(lambda: kernel(X))
    assert_same(loops, passes, scales(kernel, X, X))
    passes, loops = both(lambda: kernel(X, X[:2]))
    assert_same(loops, passes, scales(kernel, X, X[:2]))


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.5])
def test_products_over_columns(exponent, awkward_rows, both):
    X = np.vstack([awkward_rows, 1e200 * awkward_rows[:2]])
    kernel = ProductLaplace(2.0, exponent=exponent)
    for Z in None, X[::-2]:
        passes, loops = both(lambda Z=Z: kernel(X, Z))
        np.testing.assert_allclose(loops, passes, rtol=0, atol=1e-15)


def test_many_tiles_and_near_pairs(rng, both):
    pytest.importorskip("numba")
    X = rng.standard_normal((900, 3))
    X[::2] = X[1::2] * (1 + 1e-9)  # in every tile of the diagonal as many as there are rows
    X[5:400] = X[4] + 1e-8 * rng.standard_normal((395, 3))  # and tiles of nothing else
    kernel = NTK(3, bias_variance=0.1)
    passes, loops = both(lambda: kernel(X))
    assert_same(loops, passes, scales(kernel, X, X))
    passes, loops = both(lambda: kernel(X[:300], X))
    assert_same(loops, passes, scales(kernel, X[:300], X))


@mpmath.workdps(40)
def test_angles_against_mpmath(rng):
    cosines = np.concatenate([rng.uniform(0, 1, 200), 1 - 10.0 ** -np.arange(1, 16), [0.0, 0.5]])
    for c in cosines:
        exact = mpmath.acos(c) / mpmath.sqrt(1 - mpmath.mpf(c) ** 2)
        assert abs(arccos_over_sine(c) / exact - 1) < 6e-16
    assert abs(arccos_over_sine(1.0) - 1) < 6e-16
    for c in np.concatenate([cosines[:200], -cosines[:200]]):
        t, sine = angle_and_sine(c)
        # 1 - c^2 is rounded once more than in a loop, whose processor fuses the two.
        assert abs(t - mpmath.acos(c)) < 1e-15 + 1e-16 / sine
        assert abs(sine - mpmath.sqrt(1 - mpmath.mpf(c) ** 2)) < 2e-16 / sine


@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (37, 5), (5, 37), (128, 300), (2, 20, 30)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_transpose(shape, dtype, rng, both):
    whole = rng.standard_normal((*shape[:-1], shape[-1] + 3)).astype(dtype)
    block = whole[..., 1:-2]

    def transposed():
        out = np.zeros((*shape[:-2], shape[-1] + 2, shape[-2] + 1), dtype=dtype)
        transpose(block, out[..., 2:, 1:])
        return out

    for out in both(transposed):
        assert np.array_equal(out[..., 2:, 1:], block.swapaxes(-1, -2))
        assert not out[..., :2, :].any()
        assert not out[..., 0].any()


def test_small_matrices_do_not_ask_for_numba(rng, monkeypatch):
    monkeypatch.setattr(_compiled, "choice", None)
    monkeypatch.setattr(_compiled, "_numba", None)
    monkeypatch.setattr(_compiled, "_load", lambda: pytest.fail("numba is imported"))
    NTK(3)(rng.standard_normal((900, 3)))
    with pytest.raises(pytest.fail.Exception):
        NTK(3)(rng.standard_normal((1100, 3)))


def test_threads_write_the_same_numbers(rng, both):
    pytest.importorskip("numba")
    X = rng.standard_normal((1500, 5))

    def matrices():
        results = []
        for n_jobs in 1, 2, 3:
            with parallel_config(n_jobs=n_jobs):
                results.append(NTK(3, bias_variance=0.1)(X))
        return results

    for one, *others in both(matrices):
        for other in others:
            assert np.array_equal(one, other)


def test_threads_raise_what_tiles_raise_and_keep_the_error_state():
    K = np.empty((5000, 1000))

    def divide_by_zero(rows, cols, out, store):
        out[...] = np.ones(out.shape) / np.zeros(out.shape)

    with parallel_config(n_jobs=2):
        with np.errstate(divide="ignore"):
            fill_tiles(K, divide_by_zero, symmetric=False)
        assert np.isinf(K).all()
        with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
            fill_tiles(K, divide_by_zero, symmetric=False)


def test_processes(rng):
    X = rng.standard_normal((1300, 5))
    kernel = NTK(2, bias_variance=0.1)
    expected = kernel(X)
    for K in Parallel(n_jobs=2)(delayed(kernel)(X) for _ in range(2)):
        assert_same(K, expected, scales(kernel, X, X))


def run(code, **environment):
    """What a new process prints."""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert not result.stderr
    return result.stdout.split()


LARGE = """
import sys
import numpy as np
import sklearn_ntk
from sklearn_ntk import _compiled
from sklearn_ntk.kernels import NTK
X = np.random.default_rng(0).standard_normal((1100, 3))
NTK()(X[:100])
print("numba" in sys.modules)
print(NTK(2, bias_variance=0.1)(X).sum())
print("numba" in sys.modules, _compiled.available())
"""


def test_import_is_lazy_and_the_first_matrix_silent():
    before, total, after, available = run(LARGE)
    assert before == "False"
    pytest.importorskip("numba")
    assert (after, available) == ("True", "True")
    # Where numba is told not to compile, loops would take a thousand times as long as passes.
    _, other, _, available = run(LARGE, NUMBA_DISABLE_JIT="1")
    assert available == "False"
    assert abs(float(other) / float(total) - 1) < 1e-13


def test_a_broken_numba_is_none(tmp_path):
    (tmp_path / "numba.py").write_text("raise AttributeError('of something that it imports')")
    *_, available = run(LARGE, PYTHONPATH=str(tmp_path))
    assert available == "False"


@pytest.mark.parametrize("error", [RuntimeError, OSError])
def test_folders_that_cannot_be_written(error, monkeypatch):
    """Of a cache there is no folder, which njit says, or one that fails, which a call says."""
    loops = []

    class Numba:
        @staticmethod
        def njit(loop, cache=False, **options):
            loops.append(cache)
            if cache and error is RuntimeError:
                raise RuntimeError("cannot cache function: no locator available")

            def compiled(*args):
                if cache:
                    raise OSError("No space left on device")
                return loop(*args)

            return compiled

    monkeypatch.setattr(_compiled, "_numba", Numba)
    double = _compiled.compiled(lambda x: 2 * x)
    assert [double(3), double(4)] == [6, 8]
    assert loops == [True, False]
