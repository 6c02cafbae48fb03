"""Fits on the workers of a Dask cluster, against fits here; one of the workers is killed."""

import os
import signal
import sys
import threading
import time

import numpy as np
import pytest
from joblib import parallel_config

from sklearn_ntk import ARDRegressor, KernelRegressor, NTKClassifier
from sklearn_ntk._gram import Gram
from sklearn_ntk.kernels import NTK, Laplace

da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")
# What a worker that is killed leaves behind is not ours.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::RuntimeWarning")


class SlowLaplace(Laplace):
    """Tiles of which take so long that a fit is still at work when something happens to it."""

    def _fill(self, X, Z, out):
        time.sleep(0.05)
        super()._fill(X, Z, out)


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def data(rng):
    X = rng.standard_normal((700, 4))
    return X[:500], np.sin(X[:500, 0]) + 0.1 * rng.standard_normal(500), X[500:]


@pytest.fixture
def exact(data):
    X, y, X_test = data
    return KernelRegressor(Laplace(2.0), alpha=0.1).fit(X, y).predict(X_test)


def model(**options):
    from sklearn_ntk.distributed import DistributedKernelRegressor

    return DistributedKernelRegressor(Laplace(2.0), alpha=0.1, tol=1e-11, **options)


def collections(X, y, rows=180):
    return da.from_array(X, chunks=(rows, -1)), da.from_array(y, chunks=rows)


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_dask_arrays(solver, client, data, exact):
    X, y, X_test = data
    fitted = model(solver=solver, tile=256).fit(*collections(X, y))
    assert isinstance(fitted.X_fit_, da.Array)
    lazy = fitted.predict(da.from_array(X_test, chunks=(70, -1)))
    assert lazy.chunks == ((70, 70, 60),)
    np.testing.assert_allclose(lazy.compute(), exact, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(fitted.predict(X_test), exact, rtol=1e-9, atol=1e-9)
    Y = np.column_stack([y, 100 * X[:, 1]])
    fitted = model(solver=solver).fit(*(da.from_array(part, chunks=(180, -1)) for part in (X, Y)))
    expected = KernelRegressor(Laplace(2.0), alpha=0.1).fit(X, Y).predict(X_test)
    np.testing.assert_allclose(fitted.predict(X_test), expected, rtol=1e-7, atol=1e-7)


def test_the_ridge_is_that_of_a_local_fit(client, data):
    X, y, _ = data
    local = KernelRegressor(Laplace(2.0)).fit(X, y)
    fitted = model().set_params(alpha="auto").fit(*collections(X, y))
    assert fitted.alpha_ == pytest.approx(local.alpha_, rel=1e-6)


def test_data_frames(client, data, exact):
    pd, dd = pytest.importorskip("pandas"), pytest.importorskip("dask.dataframe")
    X, y, X_test = data
    frame = pd.DataFrame(X, columns=list("abcd"))
    X_frame = dd.from_pandas(frame, npartitions=3)
    fitted = model().fit(X_frame, dd.from_pandas(pd.Series(y), npartitions=3))
    assert list(fitted.feature_names_in_) == list("abcd")
    test = dd.from_pandas(pd.DataFrame(X_test, columns=list("abcd")), npartitions=2)
    np.testing.assert_allclose(fitted.predict(test).compute(), exact, rtol=1e-9, atol=1e-9)


def test_backend_of_joblib(client, data, exact, monkeypatch):
    """Conjugate gradients of ordinary estimators evaluate the kernel on the workers."""
    X, y, X_test = data
    options = {"solver": "cg", "tol": 1e-9}
    labels = NTKClassifier(1, **options).fit(X, y > 0).predict_proba(X_test)
    with parallel_config("dask"), monkeypatch.context() as patch:
        patch.setattr(Gram, "product", None)  # none is evaluated here
        fitted = KernelRegressor(Laplace(2.0), alpha=0.1, solver="cg", tol=1e-11).fit(X, y)
        classifier = NTKClassifier(1, **options).fit(X, y > 0)
    assert fitted.solver_ == "cg"
    np.testing.assert_allclose(fitted.predict(X_test), exact, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(classifier.predict_proba(X_test), labels, atol=1e-8)


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_a_worker_is_killed(solver, client, rng):
    X = rng.standard_normal((1500, 4))
    y = X[:, 0] ** 2 + 0.1 * rng.standard_normal(1500)
    expected = KernelRegressor(Laplace(2.0), alpha=0.1).fit(X, y).predict(X[:50])
    victim = next(iter(client.run(os.getpid).values()))
    kill = getattr(signal, "SIGKILL", signal.SIGTERM)  # the same on Windows
    thread = threading.Timer(0.3, os.kill, (victim, kill))
    thread.start()
    slow = model(solver=solver, tile=256).set_params(kernel=SlowLaplace(2.0))
    fitted = slow.fit(*collections(X, y, 500))
    assert not thread.is_alive()  # it happened during the fit
    # Its rows are lost as well, and made anew.
    np.testing.assert_allclose(fitted.predict(X[:50]), expected, rtol=1e-9, atol=1e-9)
    client.wait_for_workers(2)


def test_kernels_that_learn(data):
    """All rows are in the sample: the fit is that of the learner's own kernel and ridge."""
    from sklearn_ntk.distributed import DistributedKernelRegressor

    X, y, X_test = data
    learner = ARDRegressor(random_state=0)
    local = KernelRegressor(learner, alpha=0.1).fit(X, y)
    fitted = DistributedKernelRegressor(learner, alpha=0.1, tol=1e-11).fit(X, y)
    # One of the inputs is all that matters, and not what they began with.
    assert np.ptp(fitted.kernel_.scales) > 1
    np.testing.assert_allclose(fitted.kernel_.scales, local.kernel_.scales, rtol=1e-6)
    np.testing.assert_allclose(fitted.predict(X_test), local.predict(X_test), atol=1e-5)


def test_without_a_cluster(data, exact):
    X, y, X_test = data
    fitted = model().fit(X, y)
    np.testing.assert_allclose(fitted.predict(X_test), exact, rtol=1e-9, atol=1e-9)
    with parallel_config("threading"):
        local = KernelRegressor(NTK(1), alpha=0.1, solver="cg").fit(X, y)
    assert local.n_iter_ > 1


def test_what_it_cannot(data, monkeypatch):
    X, y, _ = data
    rows, targets = collections(X, y)
    with pytest.raises(ValueError, match=r"those of y have .*: pass y.rechunk"):
        model().fit(rows, targets.rechunk(100))
    with pytest.raises(ValueError, match=r"whole rows: X.rechunk\(\{1: -1\}\)"):
        model().fit(rows.rechunk((180, 2)), targets)
    with pytest.raises(ValueError, match="infinite or NaN"):
        model().fit(rows / 0, targets)
    fitted = model().fit(rows, targets)
    with pytest.raises(ValueError, match="X has 3 features, but"):
        fitted.predict(rows[:, :3])
    singular = model(solver="cholesky").set_params(alpha=0.0)
    with pytest.raises(np.linalg.LinAlgError, match="Increase alpha"):
        singular.fit(da.concatenate([rows, rows]), da.concatenate([targets, targets]))
    monkeypatch.setitem(sys.modules, "dask.array", None)
    with pytest.raises(ImportError, match=r"pip install sklearn_ntk\[dask\]"):
        model().fit(X, y)
