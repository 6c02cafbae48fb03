"""Threads of our own that do not compete with those of BLAS.

The rule of `n_jobs`, for the whole package: work that comes in blocks is shared by `n_jobs`
threads, and BLAS keeps to one thread within each. A number is a number of threads, and -1 all
cores. None is what ``joblib.parallel_config`` names; where it names nothing, as many threads as
BLAS has been given; and one thread within a parallel loop of threads, ours included. Calls of
LAPACK on whole matrices, such as eigendecompositions, keep BLAS's own threads, unless the matrices
are small, as those on which a ridge is chosen.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

from joblib import parallel_config
from joblib.parallel import get_active_backend
from threadpoolctl import ThreadpoolController


class SingleThreadedBLAS:
    """A context that keeps BLAS to one thread, for any number of threads at once.

    The threads of BLAS that wait for the next call spin on the cores of whoever computes between
    the calls. Their number belongs to the process, so callers that each put back what they had
    found would put back each other's 1: the first to enter sets it, the last to leave restores it.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._inside = 0
        self._controller = None
        self._limit = None
        self._given = 1

    def __enter__(self):
        with self._lock:
            if not self._inside:
                self._given = self._current()
                if self._given > 1:  # else it is somebody else's limit, who will lift it
                    self._limit = self._controller.limit(limits=1, user_api="blas")
                    self._let_go()
            self._inside += 1

    def __exit__(self, *error):
        with self._lock:
            self._inside -= 1
            if not self._inside and self._given > 1:
                self._limit.restore_original_limits()
                self._let_go()

    def threads_given(self):
        """The threads that BLAS has been given, whatever this context leaves of them."""
        with self._lock:
            return self._given if self._inside else self._current()

    def _let_go(self):
        # Since threadpoolctl 3.8 only the thread that has set the number can set it, until it
        # leaves a context, and the last to leave ours need not be the first to have entered.
        with self._controller.limit(limits=None):
            pass

    def _current(self):
        if self._controller is None:
            # NumPy's and SciPy's BLAS are loaded by now; looking for them takes milliseconds.
            self._controller = ThreadpoolController()
        threads = {lib.user_api: lib.num_threads for lib in self._controller.lib_controllers}
        # Apple's Accelerate does not tell; scikit-learn's OpenMP obeys joblib's workers as well.
        return threads.get("blas") or threads.get("openmp", 1)


single_threaded_blas = SingleThreadedBLAS()


def n_threads(n_jobs=None):
    """The number of threads that `n_jobs` stands for here and now."""
    backend, configured = get_active_backend()
    n_jobs = configured if n_jobs is None else n_jobs
    if n_jobs is not None:
        backend, _ = get_active_backend(require="sharedmem")
        return backend.effective_n_jobs(n_jobs)
    # joblib runs the tasks of a worker process in its main thread, with its share of BLAS.
    in_worker_thread = threading.current_thread() is not threading.main_thread()
    if backend.nesting_level and in_worker_thread:
        return 1
    return single_threaded_blas.threads_given()


def thread_map(function, items, n_jobs=None):
    """The list of function(item), computed by threads with one thread of BLAS each.

    Parameters
    ----------
    function : callable
    items : iterable
    n_jobs : int, default=None
        Threads, as for `n_threads`; no more than there are items.

    Returns
    -------
    results : list
    """
    items = list(items)
    size = min(n_threads(n_jobs), len(items))

    def task(item):
        # Whatever the function calls in its turn finds its share: this thread.
        with parallel_config(n_jobs=1):
            return function(item)

    with single_threaded_blas:
        if size < 2:
            return [task(item) for item in items]
        # joblib's pool of threads would take 10 ms, as long as a fit of 1,000 rows.
        executor = ThreadPoolExecutor(size)
        try:
            return list(executor.map(task, items))
        finally:
            # After an interrupt the caller is not kept waiting for the items in progress.
            executor.shutdown(wait=False, cancel_futures=True)
