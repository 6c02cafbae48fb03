"""Large arrays: whether they fit, and where they live."""

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np

REMEDIES = (
    "precision='float32' or 'mixed' halves the need, storage=<folder> keeps the factor on disk, "
    "and sklearn.kernel_approximation.Nystroem with the same kernel does without it"
)


def available_memory():
    """Bytes that can be allocated without swapping, or None if the system does not say."""
    limits = []
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        fields = dict(line.split(":") for line in meminfo.read_text().splitlines())
        if "MemAvailable" in fields:
            limits.append(int(fields["MemAvailable"].split()[0]) * 1024)
    group = Path("/sys/fs/cgroup")
    limit, used = group / "memory.max", group / "memory.current"
    if limit.exists() and used.exists() and limit.read_text().strip() != "max":
        limits.append(int(limit.read_text()) - int(used.read_text()))
    return min(limits, default=None)


def require_memory(need, name, remedies):
    """Raise a MemoryError with both figures and the remedies if `need` bytes are not there."""
    there = available_memory()
    if there is not None and need > there:
        raise MemoryError(
            f"The {name} needs {need / 2**30:.3g} GiB, but {there / 2**30:.3g} GiB of memory "
            f"are available. {remedies}."
        )


def allocate(n_numbers, dtype, storage=None):
    """An uninitialised vector, in memory or in a temporary file of the folder `storage`.

    The file has no name, so nothing is left behind whatever happens to the process.

    Raises
    ------
    MemoryError
        With both figures and the options, if memory does not suffice.
    OSError
        If the folder is missing or its disk does not suffice.
    """
    need = n_numbers * np.dtype(dtype).itemsize
    if storage is None:
        require_memory(need, "factor", REMEDIES)
        return np.empty(n_numbers, dtype=dtype)
    if not os.path.isdir(storage):
        raise FileNotFoundError(f"storage={str(storage)!r} is not a folder; create it first.")
    there = shutil.disk_usage(storage).free
    if need > there:
        raise OSError(
            f"The factor needs {need / 2**30:.3g} GiB, but {there / 2**30:.3g} GiB are free on the "
            f"disk of storage={str(storage)!r}. Choose another folder; precision='float32' or "
            "'mixed' halves the need."
        )
    with tempfile.TemporaryFile(dir=storage) as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, need)  # a disk that fills up later is a crash
        else:
            file.truncate(need)
        return np.memmap(file, dtype=dtype, mode="r+", shape=(n_numbers,))
