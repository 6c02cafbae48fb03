"""Results as the documentation has them: a table, and under what conditions it was measured."""

import datetime
import importlib.metadata
import os
import platform
import sys
from pathlib import Path

from threadpoolctl import threadpool_info

import sklearn_ntk

PACKAGES = {"numpy": "NumPy", "scipy": "SciPy", "scikit-learn": "scikit-learn", "numba": "Numba"}


def processor():
    """The name of the processor, as far as the operating system tells."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def versions(*others):
    """This package, Python, the libraries below, and the others that are installed."""
    found = [f"sklearn_ntk {sklearn_ntk.__version__}", f"Python {platform.python_version()}"]
    for package in [*PACKAGES, *others]:
        try:
            found.append(f"{PACKAGES.get(package, package)} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    found += sorted({one["internal_api"] for one in threadpool_info() if one["user_api"] == "blas"})
    return ", ".join(found)


def conditions(*others):
    """Date, machine and versions in a sentence; others are packages that were compared with."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"Measured {datetime.date.today()} on {os.cpu_count()} cores of {processor()} with "
        f"{memory:.0f} GiB: {versions(*others)}."
    )


def simple_table(header, rows):
    """A simple table of reStructuredText; cells are strings."""
    rows = [[cell or "--" for cell in row] for row in [header, *rows]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])


def show(header, rows, *others, measured=None):
    """Print a table and its conditions, those of now unless given."""
    measured = measured or [conditions(*others)]
    print(simple_table(header, rows))
    for line in measured:
        print(f"\n.. rst-class:: conditions\n\n{line}")


def progress(*values):
    """Say how far a benchmark is, beside the table."""
    print(*values, file=sys.stderr, flush=True)
