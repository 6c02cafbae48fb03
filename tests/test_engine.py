"""Precision, storage, memory, progress and failures of the exact engine."""

import ctypes
import os
import pickle
import shutil
import subprocess
import sys
import textwrap
import threading
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.gaussian_process.kernels import RBF

from sklearn_ntk import (
    KernelRegressor,
    LaplaceKernel,
    LaplaceKernelCV,
    NNGPRegressor,
    NTKRegressor,
    _memory,
)
from sklearn_ntk._gram import Gram
from sklearn_ntk._solvers import cholesky, conjugate_gradients
from sklearn_ntk._solvers._packed import PackedTriangle
from sklearn_ntk._solvers._schedule import Schedule
from sklearn_ntk.kernels import NTK


@pytest.fixture
def data(rng):
    X = rng.standard_normal((1500, 5))
    return X, np.column_stack([np.sin(X[:, 0]), X[:, 1] * X[:, 2]])


def relative_residual(model, y):
    X = model.X_fit_
    A = model.kernel_(X) + model.alpha_ * np.eye(len(X))
    y = y - model.intercept_
    return np.max(np.linalg.norm(A @ model.dual_coef_ - y, axis=0) / np.linalg.norm(y, axis=0))


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("estimator", [NTKRegressor, NNGPRegressor, LaplaceKernel])
def test_precision(data, estimator, n_jobs):
    X, y = data
    residual = {}
    for precision in "auto", "float64", "float32", "mixed":
        model = estimator(precision=precision, n_jobs=n_jobs).fit(X, y)
        residual[precision] = relative_residual(model, y)
        # The dtype of the rows, whatever that of the factor is.
        assert model.dual_coef_.dtype == model.predict(X[:5]).dtype == np.float64
    assert residual["auto"] == residual["float64"] < 1e-12
    assert residual["mixed"] < 1e-10
    assert 1e-7 < residual["float32"] < 1e-3


@pytest.mark.parametrize("precision", ["auto", "float64", "float32", "mixed"])
def test_float32_rows_give_float32_predictions(data, precision):
    X, y = data[0].astype(np.float32), data[1]
    assert NTKRegressor(1, precision=precision).fit(X, y).predict(X[:5]).dtype == np.float32


@pytest.mark.parametrize("gap", [0, 1e-6])
def test_mixed_precision_falls_back_to_float64(data, gap):
    X, y = data[0][:300], data[1][:300]
    X = np.vstack([X, X[:50] + gap])
    y = np.vstack([y, y[:50]])
    model = NTKRegressor(alpha=1e-9, precision="mixed")
    with pytest.warns(UserWarning, match=r"too ill-conditioned .* Increase alpha"):
        model.fit(X, y)
    expected = NTKRegressor(alpha=1e-9).fit(X, y)
    np.testing.assert_array_equal(model.dual_coef_, expected.dual_coef_)


def test_conjugate_gradients_gives_up(rng):
    A = np.diag(np.logspace(0, -12, 60))
    factor = cholesky((A + 1e-3 * np.eye(60)).astype(np.float32))
    _, n_iter, error = conjugate_gradients(
        lambda V: A @ V, factor, rng.standard_normal(60), tolerance=5e-11, max_iter=5
    )
    assert n_iter == 5
    assert error > 1e-3


def test_conjugate_gradients_leaves_solved_columns_alone():
    A = np.diag([1.0, 2.0, 4.0])
    B = np.array([[1.0, 0.0], [2.0, 0.0], [4.0, 0.0]])
    factor = cholesky(A.astype(np.float32))
    X, _, error = conjugate_gradients(lambda V: A @ V, factor, B, tolerance=5e-11)
    assert error <= 5e-11
    np.testing.assert_allclose(X, [[1, 0], [1, 0], [1, 0]], rtol=1e-10)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_gram_products_and_array(data, rng, n_jobs):
    X = data[0]
    noise = rng.uniform(size=len(X))
    gram = Gram(NTK(2), X, noise)
    A = NTK(2)(X) + np.diag(noise)
    V = rng.standard_normal((len(X), 3))
    np.testing.assert_allclose(gram.to_array(n_jobs), A, rtol=1e-12)
    np.testing.assert_allclose(gram.product(V, n_jobs), A @ V, rtol=1e-9, atol=1e-9)


def test_storage_gives_the_same_answer_and_leaves_no_file(data, tmp_path):
    X, y = data
    model = NNGPRegressor(storage=tmp_path, n_jobs=2).fit(X, y)
    assert isinstance(model.factor_.triangle.row(0), np.memmap)
    assert list(tmp_path.iterdir()) == []
    expected = NNGPRegressor(n_jobs=2).fit(X, y)
    assert np.array_equal(model.predict(X[:9]), expected.predict(X[:9]))
    copy = pickle.loads(pickle.dumps(model))  # as arrays in memory
    assert np.array_equal(
        copy.predict(X[:9], return_std=True), model.predict(X[:9], return_std=True)
    )
    std, expected_std = (m.predict(X[:9], return_std=True)[1] for m in (model, expected))
    assert np.array_equal(std, expected_std)
    named_by_string = NNGPRegressor(storage=str(tmp_path)).fit(X, y)
    assert np.array_equal(named_by_string.predict(X[:9]), NNGPRegressor().fit(X, y).predict(X[:9]))


def test_missing_folder_and_full_disk(data, tmp_path, monkeypatch):
    missing = tmp_path / "missing"
    with pytest.raises(FileNotFoundError, match="missing' is not a folder; create it"):
        NTKRegressor(storage=missing).fit(*data)
    usage = shutil.disk_usage(tmp_path)._replace(free=2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(
        OSError, match=r"needs 11.9 MiB, but 1 MiB are free .* Computing it takes about"
    ):
        NTKRegressor(storage=tmp_path).fit(*data)
    assert list(tmp_path.iterdir()) == []


class Interrupting(RBF):
    """A kernel that is interrupted at its third block."""

    calls = 0

    def __call__(self, X, Y=None, eval_gradient=False):
        Interrupting.calls += 1
        if Interrupting.calls == 3:
            raise KeyboardInterrupt
        return super().__call__(X, Y)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_interrupted_run_leaves_no_file_and_no_thread(data, tmp_path, n_jobs):
    before = threading.active_count()
    Interrupting.calls = 0
    model = KernelRegressor(Interrupting(), storage=tmp_path, n_jobs=n_jobs)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data)
    assert list(tmp_path.iterdir()) == []
    assert not hasattr(model, "dual_coef_")
    # joblib may keep its pool, but nobody in it may still wait for a block.
    assert threading.active_count() <= before + 2 * n_jobs


def test_memory_is_compared_before_it_is_taken(data, tmp_path, monkeypatch):
    monkeypatch.setattr(_memory, "available_memory", lambda: 2**20)
    options = r"needs 11.9 MiB, but 1 MiB of .*'float32' or 'mixed'.*storage=.*Nystroem"
    with pytest.raises(MemoryError, match=options):
        NTKRegressor().fit(*data)
    NTKRegressor(storage=tmp_path).fit(*data)


def test_available_memory():
    there = _memory.available_memory()
    assert there is None or 2**20 < there < 2**50


@pytest.mark.parametrize(
    ("n_rows", "message"),
    [
        (
            1_000_000,
            "needs 3.64 TiB, but 1 MiB of memory are available. Computing it takes about 77",
        ),
        (
            20_000,
            "needs 1.54 GiB, but 1 MiB of memory are available. Computing it takes about 53 s",
        ),
    ],
)
def test_memory_and_time_of_large_fits(monkeypatch, n_rows, message):
    """n^2 / 2 numbers of 8 bytes and the diagonal blocks; n^3 / 3 operations."""
    monkeypatch.setattr(_memory, "available_memory", lambda: 2**20)
    with pytest.raises(MemoryError, match=message):
        PackedTriangle(n_rows, 640, np.float64)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0234, "about 0.023 seconds"),
        (119, "about 120 seconds"),
        (1800, "about 30 minutes"),
        (36_000, "about 10 hours"),
        (1e18 / 3 / 5e10, "about 77 days"),
        (1e10, "about 120,000 days"),
    ],
)
def test_times_in_words(seconds, words):
    assert _memory.duration(seconds) == words


@pytest.mark.parametrize(
    ("n_bytes", "words"),
    [(2**10, "0.000977 MiB"), (2**30, "1 GiB"), (1010 * 2**30, "0.986 TiB"), (2**52, "4 PiB")],
)
def test_sizes_in_words(n_bytes, words):
    assert _memory.size(n_bytes) == words


GIB = 2**30


def write_files(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(str(text) + "\n")


def version_2(folder, limit, used, inactive=0, active=0):
    stat = f"anon 1\ninactive_file {inactive}\nactive_file {active}\nslab 5"
    names = "memory.max", "memory.current", "memory.stat"
    return {
        f"sys/fs/cgroup{folder}/{k}": v for k, v in zip(names, (limit, used, stat), strict=True)
    }


def version_1(folder, limit, used, inactive=0, active=0):
    stat = (
        f"cache 9\ninactive_file 7\nactive_file 7\n"
        f"total_inactive_file {inactive}\ntotal_active_file {active}"
    )
    names = "memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat"
    top = f"sys/fs/cgroup/memory{folder}"
    return {f"{top}/{k}": v for k, v in zip(names, (limit, used, stat), strict=True)}


NO_LIMIT_1 = 9223372036854771712


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 64),
        # Of 8 GiB, 7 are taken, of which 4 by pages of files.
        (version_2("", 8 * GIB, 7 * GIB, 3 * GIB, 1 * GIB), 5),
        (version_2("", "max", 7 * GIB), 64),
        (version_2("", 8 * GIB, 9 * GIB), 0),
        (version_2("", 500 * GIB, 7 * GIB), 64),
        (version_1("", 8 * GIB, 7 * GIB, 3 * GIB, 1 * GIB), 5),
        (version_1("", NO_LIMIT_1, 7 * GIB), 64),
        # A group with a limit of its own, and one whose limit is that of a group around it.
        ({"proc/self/cgroup": "0::/a/b", **version_2("/a/b", 8 * GIB, 2 * GIB)}, 6),
        (
            {
                "proc/self/cgroup": "0::/a/b",
                **version_2("/a", 8 * GIB, 5 * GIB),
                **version_2("/a/b", "max", 2 * GIB),
            },
            3,
        ),
        (
            {
                "proc/self/cgroup": "9:cpu,memory:/a/b\n1:name=systemd:/c:d\n0::/e",
                **version_1("", NO_LIMIT_1, 9 * GIB),
                **version_1("/a", 8 * GIB, 5 * GIB, 1 * GIB),
                **version_1("/a/b", NO_LIMIT_1, 2 * GIB),
            },
            4,
        ),
        # A container that sees its own group at the top, under a name from outside.
        ({"proc/self/cgroup": "4:memory:/docker/1f", **version_1("", 8 * GIB, 2 * GIB)}, 6),
    ],
)
def test_available_memory_in_containers(tmp_path, files, expected):
    write_files(tmp_path, {"proc/meminfo": f"MemTotal: 1 kB\nMemAvailable: {64 * 2**20} kB"})
    write_files(tmp_path, files)
    assert _memory.available_memory(tmp_path) == expected * GIB


def test_available_memory_without_proc(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sysconf_names", {"SC_PHYS_PAGES": 1}, raising=False)
    pages = {"SC_PHYS_PAGES": 1000, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", pages.get, raising=False)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert _memory.available_memory(tmp_path) == 4096000
    monkeypatch.setattr(os, "sysconf_names", {})
    assert _memory.available_memory(tmp_path) is None


def test_available_memory_of_windows(tmp_path, monkeypatch):
    """The offsets are those of MEMORYSTATUSEX in the documentation of the Windows API."""

    class Kernel32:
        @staticmethod
        def GlobalMemoryStatusEx(pointer):
            data = ctypes.cast(pointer, ctypes.POINTER(ctypes.c_char * 64)).contents
            assert int.from_bytes(data[:4], sys.byteorder) == 64
            ctypes.c_uint64.from_buffer(data, 16).value = 5 * GIB
            return 1

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=Kernel32), raising=False)
    assert _memory.available_memory(tmp_path) == 5 * GIB


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA spares mapped files on Linux")
def test_disk_goes_beyond_the_memory_limit(tmp_path):
    """The packed matrix of 5,000 rows has 110 MB; the process may allocate 70 MB more."""
    script = """
        import resource, sys
        import numpy as np
        from sklearn_ntk import NTKRegressor
        X = np.random.default_rng(0).standard_normal((5000, 3))
        y = np.sin(X[:, 0])
        NTKRegressor(1).fit(X[:700], y[:700])  # libraries take their own memory first
        expected = NTKRegressor(1).fit(X, y).predict(X[:20])
        used = int(open("/proc/self/status").read().split("VmData:")[1].split()[0]) * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (used + 70 * 2**20, -1))
        try:
            NTKRegressor(1).fit(X, y)
        except MemoryError:
            print("memory error")
        model = NTKRegressor(1, storage=sys.argv[1]).fit(X, y)
        print(np.array_equal(model.predict(X[:20]), expected))
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    output = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), tmp_path],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    ).stdout
    assert output.splitlines() == ["memory error", "True"]


@pytest.mark.parametrize(
    ("model", "task", "step", "n_tasks", "n_steps"),
    [
        (NTKRegressor(n_jobs=2), "factorization", "block column", 1, 3),
        (NTKRegressor(alpha=[0.1, 0.2]), "factorization", "block column", 2, 3),
        (LaplaceKernelCV([1.0, 2.0], exponents=[1], alphas=[1]), "search", "kernel", 1, 2),
    ],
    ids=["one ridge", "two ridges", "search"],
)
def test_progress(data, model, task, step, n_tasks, n_steps):
    pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")

    class Recorder:
        def __init__(self):
            self.events = []

        def setup(self, estimator, context):
            self.events.append("setup")

        def teardown(self, estimator, context):
            self.events.append("teardown")

        def on_fit_task_begin(self, estimator, context):
            self.events.append(("begin", context.task_name, context.max_subtasks))

        def on_fit_task_end(self, estimator, context):
            self.events.append(("end", context.task_name, context.max_subtasks))

    recorder = Recorder()
    clone(model).set_callbacks(recorder).fit(*data)
    steps = [("begin", step, 0), ("end", step, 0)] * n_steps
    whole = [("begin", task, n_steps), *steps, ("end", task, n_steps)]
    assert recorder.events == [
        "setup",
        ("begin", "fit", None),
        *whole * n_tasks,
        ("end", "fit", None),
        "teardown",
    ]


def test_schedule_lets_nobody_wait_for_a_failed_block():
    schedule = Schedule(3)
    finished = []

    def wait():
        for i, j in schedule:
            if (i, j) != (0, 0):
                try:
                    schedule.wait(0, 0)
                except Exception as error:
                    finished.append(type(error).__name__)
                    return

    threads = [threading.Thread(target=wait) for _ in range(3)]
    next(iter(schedule))
    for thread in threads:
        thread.start()
    schedule.fail()
    for thread in threads:
        thread.join(timeout=10)
    assert not any(thread.is_alive() for thread in threads)
    assert set(finished) <= {"Abandoned"}


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_predictions_are_streamed(data, rng, n_jobs):
    """20,000 x 1,500 kernel values are 240 MB, 20,000 x 20,000 are 3.2 GB."""
    X, y = data
    rows = rng.standard_normal((20_000, 5))
    model = NNGPRegressor(1, n_jobs=n_jobs).fit(X, y)
    tracemalloc.start()
    model.predict(rows)
    model.score(rows[:10_000], rows[:10_000, :2])
    _, peak = tracemalloc.get_traced_memory()
    assert peak < 2e7 + 2e7 * n_jobs
    tracemalloc.reset_peak()
    with sklearn.config_context(working_memory=10):
        model.predict(rows, return_std=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4e7
