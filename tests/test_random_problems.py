"""The random search of random_problems.py: its oracle, and a few of its problems."""

import json
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
import random_problems
from oracle import Dense, make_dual
from oracle_images import Convolutional
from quadrature import expectation
from random_inputs import make_activation

from sklearn_ntk.kernels.activations import get_activation

REFERENCE = Path(__file__).parent / "reference"


ORACLE = [
    ("relu",),
    ("leaky_relu", -0.4),
    ("abs",),
    ("identity",),
    ("rectified_quadratic",),
    ("sign", ("sin",)),
    ("step", ("erf",)),
    ("erf",),
    ("gelu",),
    ("sin",),
    ("cos",),
    ("rbf", 0.3),
    ("gaussian",),
    ("exp",),
    ("polynomial", (0.5, -1.0, 0.0, 2.0)),
]


@pytest.mark.parametrize("activation", ORACLE, ids=str)
def test_duals_by_quadrature(activation):
    dual = make_dual(*activation)
    phi = get_activation(make_activation(*activation))
    for c, a, b in (0.3, 0.5, 1.2), (-0.6, 0.9, 0.7), (1.1, 1.5, 1.0):
        values = dual(*map(mp.mpf, (c, a, b)))
        for value, f in zip(values, (phi, phi.derivative), strict=True):
            assert float(value) == pytest.approx(expectation(f, c, a, b), rel=1e-10, abs=1e-12)


def test_dense_oracle():
    """Against neural-tangents, but for rows whose angle that library loses."""
    values = np.load(REFERENCE / "kernels.npz")
    X = [[mp.mpf(v) for v in x] for x in values["X"][:4].tolist()]
    n_seen = 0
    for i, case in enumerate(json.loads((REFERENCE / "kernels.json").read_text())):
        activation = (case["activation"], *case["params"].values())
        if activation[0] not in {name for name, *_ in ORACLE} - {"sign", "step"}:
            continue
        n_seen += 1
        for tangent, name in enumerate(["nngp", "ntk"]):
            network = {
                "activation": activation,
                "depth": case["depth"],
                "sw2": case["w_var"],
                "sb2": case["b_var"],
                "tangent": bool(tangent),
                "layer_norm": case.get("layer_norm", False),
                "residual": case.get("residual", False),
                "width": case.get("width"),
                "frozen": 0,
            }
            K = Dense(network, len(X[0])).matrix(X)[0].astype(float)
            expected = values[f"{i}_{name}_XX"][:4, :4]
            # The reference's own diagonal takes the arc cosine of a rounded 1.
            np.testing.assert_allclose(K, expected, rtol=5e-8)
            off = ~np.eye(4, dtype=bool)
            np.testing.assert_allclose(K[off], expected[off], rtol=1e-10)
    assert n_seen > 20


@pytest.mark.slow
def test_convolutional_oracle():
    """Against neural-tangents: strides, pooling, both read-outs, several channels."""
    values = np.load(REFERENCE / "conv_more.npz")
    X = [[mp.mpf(v) for v in x] for x in values["images"][:2].reshape(2, -1).tolist()]
    for i, case in enumerate(json.loads((REFERENCE / "conv_more.json").read_text())):
        slope = (0.01,) if case["activation"] == "leaky_relu" else ()
        network = {
            "image_shape": (9, 7, 3),
            "activation": (case["activation"], *slope),
            "depth": case["depth"],
            "sw2": case["weight_variance"],
            "sb2": case["bias_variance"],
            "tangent": True,
            "filter_size": case["filter_size"],
            "stride": case["stride"],
            "pooling": case["pooling"],
            "average": case["readout"] == "average",
        }
        K = Convolutional(network).matrix(X)[0].astype(float)
        expected = values[f"{i}_ntk"][:2, :2]
        # The reference takes the arc cosine of a rounded cosine, near 1 on the diagonal.
        np.testing.assert_allclose(K, expected, rtol=5e-8)
        assert K[0, 1] == pytest.approx(expected[0, 1], rel=1e-10)


@pytest.mark.slow
def test_random_problems():
    summaries = [random_problems.summarise(seed) for seed in range(300)]
    unexplained = [row for row in summaries if row[2] == "unexplained"]
    assert not unexplained, random_problems.table(unexplained)
    assert {kind for _, kind, *_ in summaries} == set(random_problems.KINDS)
