"""Every activation and architecture, against an independent implementation and itself."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy.special import erf, ndtr

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


@dataclass(frozen=True)
class Architecture:
    """What a finite network needs to know, and the kernel of the infinite one."""

    activation: object
    function: object
    derivative: object
    depth: int
    weight_variance: float
    bias_variance: float
    layer_norm: bool
    residual: bool
    standard_width: int | None
    frozen_layers: int

    def kernel(self, tangent):
        arguments = {
            "activation": self.activation,
            "weight_variance": self.weight_variance,
            "bias_variance": self.bias_variance,
            "layer_norm": self.layer_norm,
            "residual": self.residual,
        }
        if not tangent:
            return NNGP(self.depth, **arguments)
        if self.standard_width is not None:
            arguments |= {"parameterization": "standard", "width": self.standard_width}
        return NTK(self.depth, frozen_layers=self.frozen_layers, **arguments)

    def empirical_kernels(self, X, width, rng):
        """One draw: covariance of the output given the last hidden layer, and tangent kernel."""
        sw2, sb2 = self.weight_variance, self.bias_variance
        n_affine = self.depth + 1
        h, u = X, 0
        weights, grams, trace = [], [], []
        for layer in range(self.depth):
            W = np.sqrt(sw2 / h.shape[1]) * rng.standard_normal((h.shape[1], width))
            skip = self.residual and layer > 0
            u = (u if skip else 0) + h @ W + np.sqrt(sb2) * rng.standard_normal(width)
            grams.append(sw2 * h @ h.T / h.shape[1])
            size = np.sqrt(np.mean(u**2, axis=1))[:, np.newaxis] if self.layer_norm else 1.0
            weights.append(W)
            trace.append((u / size, size, skip))
            h = self.function(u / size)
        grams.append(sw2 * h @ h.T / width)
        rates = []
        for layer in range(n_affine):
            fan_in = X.shape[1] if layer == 0 else self.standard_width
            standard = self.standard_width is not None
            g, e = (fan_in / sw2, 1 / sb2 if sb2 else 0) if standard else (1, 1)
            rates.append((0, 0) if layer < self.frozen_layers else (g, e))
        g, e = rates[-1]
        theta = g * grams[-1] + e * sb2
        d_h = np.sqrt(sw2 / width) * rng.standard_normal((1, width))
        d_u = 0
        for layer in reversed(range(self.depth)):
            v, size, _ = trace[layer]
            d_v = d_h * self.derivative(v)
            if self.layer_norm:
                d_v = (d_v - v * np.mean(v * d_v, axis=1)[:, np.newaxis]) / size
            followed_by_skip = self.residual and layer < self.depth - 1
            d_u = d_v + (d_u if followed_by_skip else 0)
            g, e = rates[layer]
            theta = theta + (d_u @ d_u.T) * (g * grams[layer] + e * sb2)
            d_h = d_u @ weights[layer].T
        return grams[-1] + sb2, theta


def random_architecture(seed):
    rng = np.random.default_rng(seed)
    activation, function, derivative = [
        ("relu", lambda u: np.maximum(u, 0), lambda u: 1.0 * (u > 0)),
        (LeakyReLU(0.3), lambda u: np.maximum(u, 0.3 * u), lambda u: np.where(u > 0, 1, 0.3)),
        ("erf", erf, lambda u: 2 / np.sqrt(np.pi) * np.exp(-u * u)),
        ("sin", np.sin, np.cos),
        ("tanh", np.tanh, lambda u: 1 / np.cosh(u) ** 2),
        ("gelu", gelu, gelu_slope),
    ][seed % 6]
    depth = int(rng.integers(1, 4))
    return Architecture(
        activation,
        function,
        derivative,
        depth,
        weight_variance=rng.uniform(0.5, 2),
        bias_variance=rng.choice([0.0, rng.uniform(0.1, 1)]),
        layer_norm=bool(rng.integers(2)),
        residual=bool(rng.integers(2)),
        standard_width=rng.choice([None, 40]),
        frozen_layers=int(rng.integers(0, 2)),
    )


def gelu(u):
    return u * ndtr(u)


def gelu_slope(u):
    return ndtr(u) + u * np.exp(-u * u / 2) / np.sqrt(2 * np.pi)


@pytest.mark.parametrize("seed", range(24))
def test_random_architecture(seed, rng):
    """Symmetric, positive semi-definite, a rectangle is a block, and wide networks agree."""
    architecture = random_architecture(seed)
    X = rng.standard_normal((400, 3))
    few, width, draws = 5, 400, 100
    samples = [architecture.empirical_kernels(X[:few], width, rng) for _ in range(draws)]
    for tangent in False, True:
        kernel = architecture.kernel(tangent)
        K = kernel(X)
        assert np.isfinite(K).all()
        assert np.array_equal(K, K.T)
        eigenvalues = np.linalg.eigvalsh(K)
        assert eigenvalues[0] > -1e-12 * eigenvalues[-1]
        np.testing.assert_allclose(kernel(X[:few], X), K[:few], rtol=0, atol=1e-12 * K.max())
        np.testing.assert_allclose(kernel.diag(X), K.diagonal(), rtol=1e-14)
        values = np.array([sample[tangent] for sample in samples])
        K = K[:few, :few]
        scale = np.sqrt(np.outer(K.diagonal(), K.diagonal()))
        standard_error = values.std(axis=0) / np.sqrt(draws)
        # 4.5 standard errors for the draws, and the bias of a finite width, of order
        # depth / width.
        tolerance = 4.5 * standard_error + 2 * architecture.depth / width * scale
        assert (np.abs(values.mean(axis=0) - K) < tolerance).all()
