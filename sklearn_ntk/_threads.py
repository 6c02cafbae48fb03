"""A pool of joblib threads that does not compete with BLAS for cores."""

from contextlib import contextmanager
from functools import lru_cache

from joblib import Parallel, effective_n_jobs
from threadpoolctl import ThreadpoolController


@contextmanager
def thread_pool(n_jobs, single_blas=False):
    """A ``joblib.Parallel`` of `n_jobs` threads.

    With several jobs BLAS keeps to one thread each; with one job it keeps its own threads, unless
    `single_blas` holds. That is for work in which NumPy's and SciPy's BLAS take turns every few
    milliseconds: the threads of each spin for a while when it is done, on the other's cores.
    """
    blas_threads = 1 if single_blas or effective_n_jobs(n_jobs) > 1 else None
    with (
        _controller().limit(limits=blas_threads, user_api="blas"),
        Parallel(n_jobs=n_jobs, require="sharedmem") as pool,
    ):
        yield pool


@lru_cache(maxsize=1)
def _controller():
    # NumPy's and SciPy's BLAS are loaded by now; looking for them takes milliseconds.
    return ThreadpoolController()
