"""Loops that numba compiles where it is installed; elsewhere NumPy does the same in passes.

Numba is an extra. Whoever has a loop has the same mathematics in NumPy beside it, and asks
`use_loops` which of them a matrix is to go through. Importing numba, and reading or compiling a
loop, takes longer than small matrices do, so neither happens before the first large one; from
then on all but the smallest go through loops. The two agree to rounding errors.

A loop is a function on contiguous arrays and numbers in the subset of Python that numba takes,
decorated with `compiled`. What it calls is decorated with `inlined`. Compiled code is kept on
disk, beside this package or in the user's cache folder; where neither can be written it is
compiled anew in every process.
"""

import threading
import warnings
from functools import wraps

# Pairs of a matrix for which numba is worth importing, and for which it is worth calling.
LARGE, SMALL = 2**20, 2**12
# What LLVM may do: nothing that changes the order of additions, or that infinities would break.
ASSUMPTIONS = {"nsz", "contract", "arcp"}

# None decides by size; True and False decide for all matrices, as tests do.
choice = None
_lock = threading.Lock()
_numba = None  # not asked for yet; False where there is none
_inlined = []


def expect(n_pairs):
    """Import numba if a matrix of so many pairs is worth it.

    Called before threads share the matrix, so that all its blocks go the same way.
    """
    if choice or (choice is None and n_pairs >= LARGE and _numba is None):
        _load()


def use_loops(n_pairs):
    """Whether a matrix or block of so many pairs goes through compiled loops."""
    if choice is None:
        return bool(_numba) and n_pairs >= SMALL
    return choice


def available():
    """Whether numba has been imported."""
    return bool(_numba)


def inlined(function):
    """Decorate a function of numbers, to be called by loops and by nobody else."""
    with _lock:
        _inlined.append(function)
        if _numba:
            _numba.extending.register_jitable(function)
    return function


def compiled(loop):
    """Decorate a loop: compiled at its first call; a plain function as long as numba is not."""
    dispatchers = []

    @wraps(loop)
    def call(*args):
        if not _numba:
            return loop(*args)
        if not dispatchers:
            dispatchers.append(_jit(loop, cache=True))
        try:
            return dispatchers[0](*args)
        except OSError:  # of a full disk, or of a folder that has become read-only
            dispatchers[0] = _jit(loop, cache=False)
            return dispatchers[0](*args)

    return call


def _jit(loop, cache):
    # NumPy's division has no error to branch for, so that loops with it can be vectorised.
    options = {"nogil": True, "fastmath": ASSUMPTIONS, "error_model": "numpy"}
    try:
        return _numba.njit(loop, cache=cache, **options)
    except RuntimeError:  # no folder for the cache can be written
        return _numba.njit(loop, **options)


def _load():
    global _numba
    with _lock:
        if _numba is not None:
            return
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # theirs, of the interpreter and of NumPy
                import numba
        except Exception:  # not there, or it does not get along with what is
            _numba = False
            return
        if numba.config.DISABLE_JIT:
            _numba = False
            return
        for function in _inlined:
            numba.extending.register_jitable(function)
        _numba = numba
