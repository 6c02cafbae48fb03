import json
import os
import tempfile
from pathlib import Path

# Most problems here are so small that threads of BLAS wait for one another longer than they
# compute; it reads this when NumPy is imported. test_threads.py sets a number of its own.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pytest

from sklearn_ntk import _compiled
from sklearn_ntk.kernels.activations import ACTIVATIONS

REFERENCE = Path(__file__).parent / "reference"


def pytest_addoption(parser):
    parser.addoption(
        "--loops",
        choices=("always", "never"),
        help="send every matrix through compiled loops, or none; without it the size decides",
    )


def pytest_configure(config):
    # Code that was compiled before a change of what it inlines would still be found.
    folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    os.environ["NUMBA_CACHE_DIR"] = folder.name
    loops = config.getoption("--loops")
    _compiled.choice = None if loops is None else loops == "always"
    _compiled.expect(1)
    if loops == "always" and not _compiled.available():
        raise pytest.UsageError("--loops=always needs numba: python -m pip install .[fast]")


def relu_cases(name):
    """The plain ReLU networks of a reference file, as (position, case)."""
    cases = json.loads((REFERENCE / f"{name}.json").read_text())
    extras = {"layer_norm", "residual", "parameterization"}
    return [
        pytest.param(i, case, id=f"depth={case['depth']}-w={case['w_var']}-b={case['b_var']}")
        for i, case in enumerate(cases)
        if case["activation"] == "relu" and not extras & case.keys()
    ]


def inference_cases():
    """The networks of inference.json whose activation the package has, as (position, case)."""
    cases = json.loads((REFERENCE / "inference.json").read_text())
    return [
        pytest.param(i, case, id=f"{case['activation']}-{case['depth']}")
        for i, case in enumerate(cases)
        if case["activation"] in ACTIVATIONS
    ]


@pytest.fixture(scope="session")
def kernels_reference():
    return np.load(REFERENCE / "kernels.npz")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def awkward_rows(rng):
    """Rows of all that goes wrong: zero, duplicate, parallel, antipodal, nearly equal."""
    X = rng.standard_normal((8, 4))
    return np.vstack(
        [X, X[:2], 2.5 * X[2:3], -X[3:4], -3 * X[4:5], X[5:6] + 1e-9, X[6:7] * 1e-3, np.zeros(4)]
    )
