"""The random search of random_problems.py: its oracle, and a few of its problems."""

import json
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
import random_problems
from oracle import Dense, make_dual
from oracle_images import Convolutional
from scipy.special import erf, ndtr

REFERENCE = Path(__file__).parent / "reference"


def relu(u):
    return np.maximum(u, 0)


FUNCTIONS = {
    ("relu",): (relu, lambda u: 1.0 * (u > 0)),
    ("leaky_relu", -0.4): (
        lambda u: np.where(u > 0, u, -0.4 * u),
        lambda u: np.where(u > 0, 1, -0.4),
    ),
    ("abs",): (np.abs, np.sign),
    ("identity",): (lambda u: u, np.ones_like),
    ("rectified_quadratic",): (lambda u: relu(u) ** 2, lambda u: 2 * relu(u)),
    ("sign", ("sin",)): (np.sign, np.cos),
    ("step", ("erf",)): (lambda u: 1.0 * (u > 0), lambda u: 2 / np.sqrt(np.pi) * np.exp(-u * u)),
    ("erf",): (erf, lambda u: 2 / np.sqrt(np.pi) * np.exp(-u * u)),
    ("gelu",): (
        lambda u: u * ndtr(u),
        lambda u: ndtr(u) + u * np.exp(-u * u / 2) / np.sqrt(2 * np.pi),
    ),
    ("sin",): (np.sin, np.cos),
    ("cos",): (np.cos, lambda u: -np.sin(u)),
    ("rbf", 0.3): (
        lambda u: np.sqrt(2) * np.sin(np.sqrt(0.6) * u + np.pi / 4),
        lambda u: np.sqrt(1.2) * np.cos(np.sqrt(0.6) * u + np.pi / 4),
    ),
    ("gaussian",): (lambda u: np.exp(-u * u / 2), lambda u: -u * np.exp(-u * u / 2)),
    ("exp",): (np.exp, np.exp),
    ("polynomial", (0.5, -1.0, 0.0, 2.0)): (
        lambda u: 0.5 - u + 2 * u**3,
        lambda u: -1 + 6 * u**2,
    ),
}


def expectation(f, c, a, b):
    """E[f(u) f(v)] by quadrature in polar coordinates, in panels between the lines u, v = 0."""
    rho = c / np.sqrt(a * b)
    tilt = np.arctan2(np.sqrt(1 - rho**2), rho)
    kinks = [tilt - np.pi / 2, tilt + np.pi / 2]  # of v; those of u are multiples of pi / 2
    edges = np.sort([*np.linspace(0, 2 * np.pi, 5), *np.mod(kinks, 2 * np.pi)])
    x, w = np.polynomial.legendre.leggauss(60)
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    angles = (middle[:, np.newaxis] + half[:, np.newaxis] * x).ravel()
    weights = (half[:, np.newaxis] * w).ravel()
    # exp(u) still counts where the density alone is below rounding.
    r, w_r = 7 * (x + 1), 7 * w
    radius, share = r[:, np.newaxis], (w_r * r * np.exp(-(r**2) / 2))[:, np.newaxis]
    u = np.sqrt(a) * radius * np.cos(angles)
    v = np.sqrt(b) * radius * np.cos(angles - tilt)
    return (f(u) * f(v) * share * weights).sum() / (2 * np.pi)


@pytest.mark.parametrize("activation", FUNCTIONS, ids=str)
def test_duals_by_quadrature(activation):
    dual = make_dual(*activation)
    for c, a, b in (0.3, 0.5, 1.2), (-0.6, 0.9, 0.7), (1.1, 1.5, 1.0):
        values = dual(*map(mp.mpf, (c, a, b)))
        for value, f in zip(values, FUNCTIONS[activation], strict=True):
            assert float(value) == pytest.approx(expectation(f, c, a, b), rel=1e-10, abs=1e-12)


def test_dense_oracle():
    """Against neural-tangents, but for rows whose angle that library loses."""
    values = np.load(REFERENCE / "kernels.npz")
    X = [[mp.mpf(v) for v in x] for x in values["X"][:4].tolist()]
    n_seen = 0
    for i, case in enumerate(json.loads((REFERENCE / "kernels.json").read_text())):
        activation = (case["activation"], *case["params"].values())
        if activation[0] not in {name for name, *_ in FUNCTIONS} - {"sign", "step"}:
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
