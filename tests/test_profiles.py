"""Kernels as functions of the angle, and the maps of variance and correlation of a layer."""

import numpy as np
import pytest
from quadrature import expectation

from sklearn_ntk.kernels import NNGP, NTK, ConvNTK, Laplace
from sklearn_ntk.kernels.activations import get_activation

ANGLES = np.array([0.0, 1e-9, 1e-5, 0.1, 1.0, 2.0, np.pi - 1e-5, np.pi])
KERNELS = [
    NTK(),
    NNGP(2, bias_variance=0.0),
    NTK(2, activation="erf", residual=True, bias_variance=0.3),
    NNGP(3, activation="gelu", layer_norm=True),
    NTK(2, activation="tanh", frozen_layers=1, weight_variance=1.5),
    NTK(2, parameterization="standard", width=30),
    Laplace(1.3, exponent=0.8),
    Laplace(2.0),
]


@pytest.mark.parametrize("kernel", KERNELS, ids=repr)
@pytest.mark.parametrize("norm", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("n_features", [2, 5])
def test_profile_is_the_kernel_on_a_circle(kernel, norm, n_features):
    X = np.zeros((len(ANGLES), n_features))
    X[:, 0], X[:, 1] = norm * np.cos(ANGLES), norm * np.sin(ANGLES)
    values = kernel.profile(ANGLES, norm=norm, n_features=n_features)
    K = kernel(X)
    # Rows on a circle are rounded, and the sharpest of these kernels sees 1e-16 as 1e-13.
    np.testing.assert_allclose(values, K[0], rtol=0, atol=1e-12 * K[0, 0])
    assert kernel.profile(0.0, norm=norm, n_features=n_features) == pytest.approx(
        kernel.diag(X)[0], rel=1e-14
    )


def test_profile_of_a_relu_network():
    """Arc-cosine kernels (Cho and Saul, 2009) by hand, for one layer without biases."""
    t = np.linspace(0, np.pi, 9)
    kappa = (np.sin(t) + (np.pi - t) * np.cos(t)) / np.pi
    nngp, ntk = (kind(1, bias_variance=0.0) for kind in (NNGP, NTK))
    np.testing.assert_allclose(nngp.profile(t, norm=3.0), 18 * kappa, atol=1e-14)
    expected = 18 * (kappa + (1 - t / np.pi) * np.cos(t))
    np.testing.assert_allclose(ntk.profile(t, norm=3.0), expected, atol=1e-14)


def test_profile_of_laplace():
    t = np.array([0.0, np.pi / 3, np.pi])
    np.testing.assert_allclose(Laplace(2.0).profile(t), np.exp([0.0, -0.5, -1.0]), rtol=1e-15)


@pytest.mark.parametrize("activation", ["relu", "erf", "gelu", "sin", "tanh", "sign"])
@pytest.mark.parametrize("kind", [NTK, NNGP])
def test_maps_by_quadrature(activation, kind):
    if kind is NTK and activation == "sign":
        return
    phi, sw2, sb2 = get_activation(activation), 1.7, 0.4
    kernel = kind(3, activation=activation, weight_variance=sw2, bias_variance=sb2)
    q, rho = np.array([0.5, 1.0, 2.0]), np.array([[-0.9], [0.2], [0.8]])
    variance = sw2 * np.array([expectation(phi, v, v, v) for v in q]) + sb2
    np.testing.assert_allclose(kernel.variance_map(q), variance, rtol=1e-12)
    covariance = [[sw2 * expectation(phi, r * v, v, v) + sb2 for v in q] for (r,) in rho]
    mapped = kernel.correlation_map(rho, q)
    np.testing.assert_allclose(mapped, covariance / variance, rtol=1e-11)
    np.testing.assert_allclose(kernel.correlation_map(1.0, q), 1.0, rtol=1e-15)


def test_maps_of_relu_have_closed_forms():
    kernel = NNGP(2, weight_variance=2.0, bias_variance=0.5)
    np.testing.assert_allclose(kernel.variance_map([0.0, 1.0, 3.0]), [0.5, 1.5, 3.5])
    kernel = NNGP(2, bias_variance=0.0)
    np.testing.assert_allclose(kernel.correlation_map([-1.0, 0.0, 1.0], 5.0), [0, 1 / np.pi, 1])


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("layer_norm", [False, True])
def test_maps_lead_through_the_layers_of_the_kernel(layer_norm, residual, rng):
    """Two hidden layers and the read-out; no skip connection leads past the last one."""
    switches = {"activation": "erf", "layer_norm": layer_norm, "residual": residual}
    deep, last = NNGP(2, **switches), NNGP(2, activation="erf", layer_norm=layer_norm)
    X = rng.standard_normal((2, 4))
    X *= 2 / np.linalg.norm(X, axis=1)[:, np.newaxis]
    S = 2.0 * X @ X.T / 4 + 1.0
    q, rho = S[0, 0], S[0, 1] / S[0, 0]
    for kernel in deep, last:
        q, rho = kernel.variance_map(q), kernel.correlation_map(rho, q)
    np.testing.assert_allclose(deep(X), [[q, q * rho], [q * rho, q]], rtol=1e-13)


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"norm == -1\.0, must be >= 0"):
        NTK().profile(0.1, norm=-1.0)
    with pytest.raises(ValueError, match="n_features == 0, must be >= 1"):
        Laplace().profile(0.1, n_features=0)
    assert not hasattr(ConvNTK((2, 2)), "profile")
