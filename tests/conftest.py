import json
from pathlib import Path

import numpy as np
import pytest

from sklearn_ntk.kernels.activations import ACTIVATIONS

REFERENCE = Path(__file__).parent / "reference"


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
