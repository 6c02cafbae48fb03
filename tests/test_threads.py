"""Who computes on how many cores: n_jobs, BLAS's own threads, several callers at once."""

import threading

import numpy as np
import pytest
from joblib import Parallel, cpu_count, delayed, parallel_config
from numpy.linalg import eigh
from scipy.linalg import solve_triangular
from sklearn.gaussian_process.kernels import RBF
from sklearn.model_selection import GridSearchCV
from threadpoolctl import ThreadpoolController

from sklearn_ntk import KernelRegressor, NNGPRegressor, NTKRegressor, NTKRegressorCV
from sklearn_ntk._solvers import _cholesky, _dense, cholesky
from sklearn_ntk._threads import n_threads, thread_map

TIMEOUT = 30  # seconds after which whatever waits has failed


@pytest.fixture
def blas():
    """A function that tells BLAS's threads, of which there are three, whatever the machine."""
    controller, limits = ThreadpoolController().select(user_api="blas"), []
    if not controller.lib_controllers:
        pytest.skip("threadpoolctl does not know this BLAS")

    def number():
        (number,) = {library.num_threads for library in controller.lib_controllers}
        return number

    # In threads that end at once, because from threadpoolctl 3.8 on the one that sets the number
    # prevents all others from setting it.
    in_other_threads(lambda: limits.append(controller.limit(limits=3)))
    yield number
    in_other_threads(lambda: limits[0].restore_original_limits())


@pytest.fixture
def data(rng):
    X = rng.standard_normal((2000, 3))
    return X, X[:, 0]


class Observed(RBF):
    """A kernel that calls `Observed.look` before each block."""

    look = None

    def __call__(self, X, Y=None, eval_gradient=False):
        Observed.look()
        return super().__call__(X, Y, eval_gradient)


def in_other_threads(*functions):
    """Call functions at the same time, and raise what one of them raises."""
    errors = []

    def call(function):
        try:
            function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=call, args=(f,), daemon=True) for f in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
    assert not any(thread.is_alive() for thread in threads)
    if errors:
        raise errors[0]


def test_number_of_threads(blas):
    assert n_threads() == 3
    assert n_threads(1) == 1
    assert n_threads(5) == 5
    assert n_threads(-1) == cpu_count()
    for backend in "threading", "loky":
        with parallel_config(backend, n_jobs=2):
            assert n_threads() == 2
            assert n_threads(4) == 4
        with parallel_config(backend):
            assert n_threads() == 3
    with pytest.raises(ValueError, match="n_jobs == 0"):
        n_threads(0)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_tasks_do_not_multiply_threads(blas, n_jobs):
    assert thread_map(lambda _: n_threads(), range(4), n_jobs) == [1] * 4
    assert n_threads() == 3
    with parallel_config("threading"):
        assert Parallel(n_jobs=2)(delayed(n_threads)() for _ in range(4)) == [1] * 4


@pytest.mark.parametrize("share", [1, 2])
def test_worker_processes_take_what_joblib_gives_them(share):
    with parallel_config("loky", inner_max_num_threads=share):
        found = Parallel(n_jobs=2)(delayed(n_threads)() for _ in range(4))
    assert found == [min(share, cpu_count())] * 4


@pytest.mark.parametrize(
    "work",
    [
        lambda model, X: model.predict(X),
        lambda model, X: model.fit(X, X[:, 0]),
        lambda model, X: NNGPRegressor.predict(model, X, return_std=True),
    ],
    ids=["predict", "fit", "std"],
)
def test_none_takes_the_threads_of_blas(blas, data, work, monkeypatch):
    """Three blocks are evaluated at the same time, and BLAS has one thread for each."""
    X, y = data

    class Model(NNGPRegressor):
        def _make_kernel(self, X, weight):
            return Observed()

    monkeypatch.setattr(Observed, "look", lambda: None)
    model = Model(alpha=0.1).fit(X, y)
    meeting, seen = threading.Barrier(3), []

    def look():
        seen.append(blas())
        if len(seen) <= 3:
            meeting.wait(TIMEOUT)

    monkeypatch.setattr(Observed, "look", look)
    work(model, X)
    assert set(seen) == {1}
    assert blas() == 3


def test_one_job_is_one_thread(blas, data, monkeypatch):
    X, y = data
    seen = set()
    monkeypatch.setattr(Observed, "look", lambda: seen.add((threading.get_ident(), blas())))
    KernelRegressor(Observed(), n_jobs=1).fit(X, y).predict(X)
    assert seen == {(threading.get_ident(), 1)}


def test_triangular_solves_do_not_wake_the_threads_of_blas(blas, data, monkeypatch):
    X, y = data
    seen = []

    def observed(*args, **options):
        seen.append(blas())
        return solve_triangular(*args, **options)

    monkeypatch.setattr(_cholesky, "solve_triangular", observed)
    model = NNGPRegressor().fit(X, y)
    model.predict(X[:300], return_cov=True)
    assert len(seen) > 4
    assert set(seen) == {1}


@pytest.mark.parametrize("n_columns", [1, 63, 64, 200, 513])
def test_columns_of_right_hand_sides_are_shared(blas, rng, n_columns):
    G = rng.standard_normal((150, 160))
    A, B = G @ G.T + np.eye(150), rng.standard_normal((150, n_columns))
    factor = cholesky(A, block_size=40)
    np.testing.assert_allclose(factor.solve(B), np.linalg.solve(A, B), rtol=1e-9, atol=1e-12)
    half = factor.half_solve(B)
    np.testing.assert_allclose(half.T @ half, B.T @ np.linalg.solve(A, B), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("n_jobs", [None, 1, 2])
def test_eigendecompositions_keep_the_threads_of_blas(blas, data, monkeypatch, n_jobs):
    X, y = data[0][:200], data[1][:200]
    seen = []

    def observed(matrix):
        seen.append(blas())
        return eigh(matrix)

    monkeypatch.setattr(_dense.np.linalg, "eigh", observed)
    NTKRegressor(1, alpha=0.1, training_time=10.0, n_jobs=n_jobs).fit(X, y)
    assert set(seen) == {3}
    seen.clear()
    # Small ones are shared by threads of our own instead.
    NTKRegressor(1, n_jobs=n_jobs).fit(X, y)
    NTKRegressorCV([1], alphas=np.logspace(-2, 2, 9), n_jobs=n_jobs).fit(X, y)
    assert len(seen) == 3
    assert set(seen) == {1}


def test_calls_that_overlap_restore_the_threads_of_blas(blas, data, monkeypatch):
    """The second begins within the first and ends after it."""
    X, y = data[0][:50], data[1][:50]
    monkeypatch.setattr(Observed, "look", lambda: None)
    model = KernelRegressor(Observed(), n_jobs=2).fit(X, y)
    first_began, second_began, first_ended, second_ended = (threading.Event() for _ in range(4))

    def look():
        assert blas() == 1
        name = names.pop()
        if name == "first":
            first_began.set()
            assert second_began.wait(TIMEOUT)
        else:
            second_began.set()
            assert first_ended.wait(TIMEOUT)

    names = ["second", "first"]
    monkeypatch.setattr(Observed, "look", look)

    def first():
        model.predict(X[:1])
        first_ended.set()
        assert second_ended.wait(TIMEOUT)  # a server's threads live on

    def second():
        assert first_began.wait(TIMEOUT)
        assert n_threads() == 3  # what BLAS was given, not what the first call has left of it
        model.predict(X[:1])
        second_ended.set()

    in_other_threads(first, second)
    assert blas() == 3


def test_limits_of_others_are_left_to_them(blas, monkeypatch):
    """Another thread limits BLAS before our call begins, and lifts that before it ends."""
    controller = ThreadpoolController()
    limits = []

    def task(item):
        in_other_threads(lambda: limits[0].__exit__(None, None, None))

    in_other_threads(lambda: limits.append(controller.limit(limits=1, user_api="blas")))
    thread_map(task, range(1))
    assert blas() == 3
    with controller.limit(limits=2, user_api="blas"):  # within our own thread it counts
        assert thread_map(lambda _: blas(), range(4)) == [1] * 4
        assert n_threads() == blas() == 2
    assert blas() == 3


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_server(blas, data, n_jobs):
    X, y = data[0][:300], data[1][:300]
    model = NNGPRegressor(1, n_jobs=n_jobs).fit(X, y)
    expected = model.predict(X, return_std=True)
    everybody = threading.Barrier(8)

    def serve():
        for _ in range(10):
            np.testing.assert_allclose(model.predict(X, return_std=True), expected, rtol=1e-8)
        everybody.wait(TIMEOUT)  # a server's threads live on

    in_other_threads(*[serve] * 8)
    assert blas() == 3


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_grid_search_in_threads(blas, data, n_jobs):
    X, y = data[0][:200], data[1][:200]
    search = GridSearchCV(NTKRegressor(1, n_jobs=n_jobs), {"alpha": np.logspace(-2, 1, 8)}, cv=3)
    expected = search.fit(X, y).cv_results_["mean_test_score"]
    with parallel_config("threading", n_jobs=4):
        found = search.fit(X, y).cv_results_["mean_test_score"]
    np.testing.assert_allclose(found, expected, rtol=1e-8)
    assert blas() == 3


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_errors_end_the_work_and_restore_the_threads_of_blas(blas, n_jobs, error):
    done = []

    def task(item):
        if item == 2:
            raise error
        done.append(item)

    with pytest.raises(error):
        thread_map(task, range(10_000), n_jobs)
    assert blas() == 3
    assert len(done) < 9_999
