"""Large arrays: whether they fit, how long they take, and where they live."""

import ctypes
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

REMEDIES = (
    "precision='float32' or 'mixed' halves the need, storage=<folder> keeps the factor on disk, "
    "solver='cg' makes none, and NystroemRegressor or NystroemClassifier approximate the fit"
)
# Operations per second, as an order of magnitude: a core or two at float64.
SPEED = 5e10


def available_memory(root="/"):
    """Bytes that can be allocated without swapping, or None if the system does not say.

    Parameters
    ----------
    root : str or path, default="/"
        Where the folders proc and sys of Linux are.
    """
    root = Path(root)
    limits = [_of_machine(root), *_of_control_groups(root)]
    return min((limit for limit in limits if limit is not None), default=None)


def _of_machine(root):
    for line in _lines(root / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        status = MemoryStatus()
        told = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return status.ullAvailPhys if told else None
    # macOS tells its size and not what is free: that much, at least, has to be enough.
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


class MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API."""

    _fields_ = [
        ("dwLength", ctypes.c_uint32),
        ("dwMemoryLoad", ctypes.c_uint32),
        ("ullTotalPhys", ctypes.c_uint64),
        ("ullAvailPhys", ctypes.c_uint64),
        ("ullTotalPageFile", ctypes.c_uint64),
        ("ullAvailPageFile", ctypes.c_uint64),
        ("ullTotalVirtual", ctypes.c_uint64),
        ("ullAvailVirtual", ctypes.c_uint64),
        ("ullAvailExtendedVirtual", ctypes.c_uint64),
    ]

    def __init__(self):
        super().__init__(dwLength=ctypes.sizeof(self))


def _of_control_groups(root):
    """What the control groups of this process and those around them leave, of both versions."""
    own = {"": "/", "memory": "/"}  # where a container sees only its own group
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        own |= dict.fromkeys(controllers.split(","), path)
    v2 = root / "sys/fs/cgroup", own[""], "max", "current", ""
    v1 = v2[0] / "memory", own["memory"], "limit_in_bytes", "usage_in_bytes", "total_"
    for top, path, limit, used, cache in v1, v2:
        parts = path.strip("/").split("/")
        for depth in range(len(parts) + 1):
            folder = top.joinpath(*parts[:depth])
            at_most, taken = (_lines(folder / f"memory.{file}") for file in (limit, used))
            if at_most and taken and at_most != ["max"]:
                # Pages of files are given back when memory is asked for.
                files = {f"{cache}inactive_file", f"{cache}active_file"}
                fields = [line.split() for line in _lines(folder / "memory.stat")]
                given_back = sum(int(number) for name, number in fields if name in files)
                yield max(int(at_most[0]) - int(taken[0]) + given_back, 0)


def _lines(path):
    """The lines of a file, none if it cannot be read."""
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def require_memory(need, name, remedies):
    """Raise a MemoryError with both figures and the remedies if `need` bytes are not there."""
    there = available_memory()
    if there is not None and need > there:
        raise MemoryError(
            f"The {name} needs {size(need)}, but {size(there)} of memory are available. {remedies}."
        )


def size(n_bytes):
    """A number of bytes in words, to three digits."""
    units = [("PiB", 2**50), ("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20)]
    # 0.977 TiB reads better than 1e+03 GiB.
    unit, length = next((pair for pair in units if n_bytes > 0.97 * pair[1]), units[-1])
    return f"{n_bytes / length:.3g} {unit}"


def duration(seconds):
    """A time in words, to two digits."""
    units = [("days", 86400), ("hours", 3600), ("minutes", 60), ("seconds", 1)]
    unit, length = next((pair for pair in units if seconds >= 2 * pair[1]), units[-1])
    return f"about {float(f'{seconds / length:.2g}'):,g} {unit}"


def allocate(n_numbers, dtype, n_operations, storage=None):
    """An uninitialised vector for a factor, in memory or in a temporary file of `storage`.

    The file has no name, so nothing is left behind whatever happens to the process.

    Parameters
    ----------
    n_numbers : int
        Length of the vector.
    dtype : numpy dtype
        Of the numbers.
    n_operations : float
        What it takes to compute them.
    storage : str or path, default=None
        A folder for the file; None keeps the vector in memory.

    Raises
    ------
    MemoryError
        With both figures, the time and the options, if memory does not suffice.
    OSError
        If the folder is missing or its disk does not suffice.
    """
    need = n_numbers * np.dtype(dtype).itemsize
    time = f"Computing it takes {duration(n_operations / SPEED)} at {SPEED / 1e9:.0f} GFLOP/s"
    if storage is None:
        require_memory(need, "factor", f"{time}; {REMEDIES}")
        return np.empty(n_numbers, dtype=dtype)
    if not os.path.isdir(storage):
        raise FileNotFoundError(f"storage={str(storage)!r} is not a folder; create it first.")
    there = shutil.disk_usage(storage).free
    if need > there:
        raise OSError(
            f"The factor needs {size(need)}, but {size(there)} are free on the disk of "
            f"storage={str(storage)!r}. {time}. Choose another folder; precision='float32' or "
            "'mixed' halves the need."
        )
    with tempfile.TemporaryFile(dir=storage) as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, need)  # a disk that fills up later is a crash
        else:
            file.truncate(need)
        return np.memmap(file, dtype=dtype, mode="r+", shape=(n_numbers,))
