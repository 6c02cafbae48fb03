"""Every activation and architecture, against an independent implementation and itself."""

import json
from pathlib import Path

import numpy as np
import pytest

from sklearn_ntk.kernels import NNGP, NTK
from sklearn_ntk.kernels.activations import RBF, LeakyReLU, Polynomial, Sign

CASES = json.loads((Path(__file__).parent / "reference" / "kernels.json").read_text())
WITH_PARAMETERS = {"leaky_relu": LeakyReLU, "rbf": RBF}


def kernel_of(case, tangent):
    activation = case["activation"]
    if case["params"]:
        activation = WITH_PARAMETERS[activation](**case["params"])
    elif activation == "sign" and tangent:
        activation = Sign(surrogate=Polynomial((1.0,)))  # the reference's derivative is 0
    arguments = {
        "activation": activation,
        "weight_variance": case["w_var"],
        "bias_variance": case["b_var"],
        "layer_norm": case.get("layer_norm", False),
        "residual": case.get("residual", False),
    }
    if not tangent:
        return NNGP(case["depth"], **arguments)
    standard = {name: case[name] for name in ("parameterization", "width") if name in case}
    return NTK(case["depth"], **arguments, **standard)


@pytest.mark.parametrize("tangent", [False, True], ids=["nngp", "ntk"])
@pytest.mark.parametrize("i", range(len(CASES)))
def test_neural_tangents(kernels_reference, i, tangent):
    case, name = CASES[i], "ntk" if tangent else "nngp"
    kernel = kernel_of(case, tangent)
    X, Z = kernels_reference["X"], kernels_reference["Z"]
    if case["rows"] == "without_row_8":
        X = np.delete(X, 8, axis=0)
    expected = kernels_reference[f"{i}_{name}_XX"]
    np.testing.assert_allclose(kernel.diag(X), expected.diagonal(), rtol=1e-11)
    for rows, reference in (X, expected), (Z, kernels_reference[f"{i}_{name}_ZX"]):
        error = np.abs(kernel(rows, X) - reference)
        error /= np.sqrt(np.outer(kernel.diag(rows), kernel.diag(X)))
        # The reference takes the arc cosine of a rounded cosine, so it carries an error of about
        # sqrt(eps) for each layer where rows are parallel.
        cosine = rows @ X.T
        cosine /= np.linalg.norm(rows, axis=1)[:, np.newaxis] * np.linalg.norm(X, axis=1)
        near = np.abs(cosine) > 1 - 1e-8
        assert error[~near].max() < 1e-11
        assert error[near].max() < 5e-8
