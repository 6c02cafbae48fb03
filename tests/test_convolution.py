"""Convolutional kernels: independent values, a wide network, and what every kernel must be."""

import json
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.svm import SVC

from sklearn_ntk import KernelRegressor
from sklearn_ntk._gram import Gram
from sklearn_ntk.kernels import NNGP, NTK, ConvNNGP, ConvNTK, _convolution
from sklearn_ntk.kernels.activations import Erf, LeakyReLU, Sign, Step

REFERENCE = Path(__file__).parent / "reference"

SHAPE = (5, 4, 2)
KERNELS = [
    ConvNTK(SHAPE),
    ConvNNGP(SHAPE, 1, bias_variance=0.3),
    ConvNTK(SHAPE, readout="average"),
    ConvNNGP(SHAPE, 2, readout="average", bias_variance=0.2, weight_variance=1.4),
    ConvNTK(SHAPE, 2, pooling=2),
    ConvNTK(SHAPE, 3, pooling=2, readout="average", bias_variance=0.1),
    ConvNTK(SHAPE, 2, stride=2, filter_size=5, readout="average"),
    ConvNNGP(SHAPE, 2, stride=2, filter_size=1),
    ConvNTK(SHAPE, 2, activation=LeakyReLU(0.2), readout="average"),
    ConvNTK(SHAPE, 2, activation="erf", readout="average"),
    ConvNTK(SHAPE, 2, activation="gelu", pooling=2),
    ConvNTK(SHAPE, 2, activation="cos", bias_variance=0.1),
    ConvNTK(SHAPE, 2, activation=Sign(surrogate=Erf())),
]
every_kernel = pytest.mark.parametrize("kernel", KERNELS, ids=repr)


@pytest.fixture
def images(rng):
    """Rows of all that goes wrong: empty, constant, duplicate, parallel, shifted, nearly equal."""
    X = rng.standard_normal((8, *SHAPE))
    X[7, :3] = 0  # some patches are empty, others repeat
    constant, empty = np.ones((1, *SHAPE)), np.zeros((1, *SHAPE))
    shifted = np.roll(X[:1], 1, axis=2)
    other = [X[:2], 2.5 * X[2:3], -X[3:4], X[4:5] + 1e-9, 1e-3 * X[5:6], constant, empty, shifted]
    return np.concatenate([X, *other]).reshape(-1, np.prod(SHAPE))


def assert_close_to_reference(kernel, X, expected):
    K = kernel(X)
    off = ~np.eye(len(X), dtype=bool)
    np.testing.assert_allclose(K[off], expected[off], rtol=1e-11)
    # On the diagonal the reference takes the arc cosine of a rounded 1.
    np.testing.assert_allclose(K.diagonal(), expected.diagonal(), rtol=5e-8)


@pytest.mark.parametrize("name", ["nngp", "ntk"])
@pytest.mark.parametrize("i", range(4))
def test_neural_tangents_on_digits(i, name):
    case = json.loads((REFERENCE / "conv.json").read_text())[i]
    values = np.load(REFERENCE / "conv.npz")
    kernel = {"nngp": ConvNNGP, "ntk": ConvNTK}[name](
        (8, 8),
        case["depth"],
        weight_variance=case["w_var"],
        bias_variance=case["b_var"],
        readout={"flatten": "flatten", "gap": "average"}[case["readout"]],
    )
    assert_close_to_reference(kernel, values["images"].reshape(10, -1), values[f"{i}_{name}"])


@pytest.mark.parametrize("name", ["nngp", "ntk"])
@pytest.mark.parametrize("i", range(10))
def test_neural_tangents_on_colours(i, name):
    case = json.loads((REFERENCE / "conv_more.json").read_text())[i]
    values = np.load(REFERENCE / "conv_more.npz")
    kernel = {"nngp": ConvNNGP, "ntk": ConvNTK}[name]((9, 7, 3), **case)
    assert_close_to_reference(kernel, values["images"].reshape(5, -1), values[f"{i}_{name}"])


@pytest.mark.parametrize("readout", ["flatten", "average"])
@pytest.mark.parametrize("activation", ["relu", "abs", "erf", "sin", "tanh", "rectified_quadratic"])
@pytest.mark.parametrize("bias_variance", [0.0, 0.4])
def test_one_pixel_is_a_dense_network(rng, activation, bias_variance, readout):
    X = rng.standard_normal((6, 7))
    arguments = {"activation": activation, "weight_variance": 1.3, "bias_variance": bias_variance}
    for conv, dense in (ConvNTK, NTK), (ConvNNGP, NNGP):
        kernel = conv((1, 1, 7), 3, filter_size=1, readout=readout, **arguments)
        np.testing.assert_allclose(kernel(X), dense(3, **arguments)(X), rtol=1e-11)


def patches(a):
    """(pixels, 9 * channels) of an array (height, width, channels)."""
    padded = np.pad(a, [(1, 1), (1, 1), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(0, 1))
    return windows.reshape(a.shape[0] * a.shape[1], -1)


def unpatch(d, shape):
    """The adjoint of `patches`."""
    height, width, channels = shape
    padded = np.zeros((height + 2, width + 2, channels))
    d = d.reshape(height, width, channels, 3, 3)
    for i in range(3):
        for j in range(3):
            padded[i : i + height, j : j + width] += d[..., i, j]
    return padded[1:-1, 1:-1]


def sampled_kernels(images, width, average, rng):
    """NNGP and NTK of a random network of two convolutions, weight variance 2, bias variance 0.1.

    The NNGP is the covariance over the read-out given the rest.
    """
    height, across, channels = images.shape[1:]
    n_pixels, scale, bias = height * across, np.sqrt(2), np.sqrt(0.1)
    weights = [rng.standard_normal((width, 9 * c)) for c in (channels, width)]
    biases = [bias * rng.standard_normal(width) for _ in weights]
    readout = rng.standard_normal(width if average else (n_pixels, width))
    scale_out = np.sqrt(2 / (width * (1 if average else n_pixels)))
    features, gradients = [], []
    for image in images:
        inputs, hidden, a = [], [], image
        for W, b in zip(weights, biases, strict=True):
            inputs.append(patches(a))
            hidden.append(scale / np.sqrt(W.shape[1]) * inputs[-1] @ W.T + b)
            a = np.maximum(hidden[-1], 0).reshape(height, across, width)
        a = a.reshape(n_pixels, width)
        features.append(np.append(scale_out * (a.mean(axis=0) if average else a), bias))
        parts = [features[-1]]
        back = scale_out * (readout / n_pixels if average else readout)
        for W, patch, h in zip(weights[::-1], inputs[::-1], hidden[::-1], strict=True):
            back = back * (h > 0)
            parts += [
                (scale / np.sqrt(W.shape[1]) * back.T @ patch).ravel(),
                bias * back.sum(axis=0),
            ]
            shape = (height, across, W.shape[1] // 9)
            back = scale / np.sqrt(W.shape[1]) * unpatch(back @ W, shape).reshape(n_pixels, -1)
        gradients.append(np.concatenate(parts))
    return np.array(features) @ np.array(features).T, np.array(gradients) @ np.array(gradients).T


@pytest.mark.parametrize("readout", ["flatten", "average"])
def test_wide_random_networks(rng, readout):
    images = rng.uniform(size=(4, 5, 4, 2))
    images[1] = images[0][::-1]
    samples = [sampled_kernels(images, 150, readout == "average", rng) for _ in range(100)]
    for kernel, sampled in zip((ConvNNGP, ConvNTK), np.mean(samples, axis=0), strict=True):
        K = kernel((5, 4, 2), 2, bias_variance=0.1, readout=readout)(images.reshape(4, -1))
        np.testing.assert_allclose(sampled, K, rtol=0.03)


@every_kernel
def test_symmetric_and_positive_semidefinite(kernel, images, rng):
    X = np.vstack([images, rng.standard_normal((150, images.shape[1]))])
    K = kernel(X)
    assert np.isfinite(K).all()
    assert np.array_equal(K, K.T)
    eigenvalues = np.linalg.eigvalsh(K)
    assert eigenvalues[0] > -1e-12 * eigenvalues[-1]


@every_kernel
def test_diagonal(kernel, images):
    K = kernel(images)
    assert np.array_equal(K.diagonal(), kernel.diag(images))
    tolerance = {"rtol": 1e-13, "atol": 1e-15 * K.diagonal().max()}
    np.testing.assert_allclose(kernel(images, images.copy()).diagonal(), K.diagonal(), **tolerance)
    # Duplicates within one matrix are as similar as they are to themselves.
    np.testing.assert_allclose(K[[0, 1], [8, 9]], K.diagonal()[:2], **tolerance)


@every_kernel
def test_rectangle_order_and_tiles(kernel, images, rng, monkeypatch):
    X = np.vstack([images, rng.standard_normal((60, images.shape[1]))])
    K = kernel(X)
    tolerance = {"rtol": 0, "atol": 1e-12 * K.diagonal().max()}
    np.testing.assert_allclose(kernel(X[:3], X), K[:3], **tolerance)
    np.testing.assert_allclose(kernel(X, X[30:70]), K[:, 30:70], **tolerance)
    order = rng.permutation(len(X))
    np.testing.assert_allclose(kernel(X[order]), K[order][:, order], **tolerance)
    monkeypatch.setattr(_convolution, "PIXEL_PAIRS", 5000)
    monkeypatch.setattr(_convolution, "IMAGES", 7)
    np.testing.assert_allclose(kernel(X), K, **tolerance)


@every_kernel
def test_images_of_any_norm(kernel, rng):
    direction = rng.standard_normal((4, np.prod(SHAPE)))
    X = np.vstack([direction, 1e-148 * direction, 1e145 * direction, 0 * direction[:1]])
    K = kernel(X)
    assert np.isfinite(K).all()
    scale = np.sqrt(kernel.diag(X))
    scale[scale == 0] = 1
    assert np.linalg.eigvalsh(K / scale[:, np.newaxis] / scale)[0] > -1e-12 * len(X)


@every_kernel
def test_gradient_against_central_differences(kernel, images):
    X = images[:9]
    K, gradient = kernel(X, eval_gradient=True)
    assert np.array_equal(K, kernel(X))
    assert gradient.shape == (*K.shape, len(kernel.theta))
    step = 1e-5
    for p, direction in enumerate(np.eye(len(kernel.theta))):
        above = kernel.clone_with_theta(kernel.theta + step * direction)(X)
        below = kernel.clone_with_theta(kernel.theta - step * direction)(X)
        expected = (above - below) / (2 * step)
        np.testing.assert_allclose(
            gradient[..., p], expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max()
        )


def test_series_activation(images):
    # Series are as long as the largest variance of a tile asks for, to 1e-12 of the moment.
    X, kernel = images[6:] / 4, ConvNTK(SHAPE, 2, activation="tanh", readout="average")
    K, gradient = kernel(X, eval_gradient=True)
    assert np.array_equal(K, K.T)
    assert np.linalg.eigvalsh(K)[0] > -1e-12 * np.trace(K)
    np.testing.assert_allclose(kernel(X[:2], X), K[:2], rtol=1e-8)
    above, below = (kernel.clone_with_theta(kernel.theta + step)(X) for step in (1e-5, -1e-5))
    np.testing.assert_allclose(gradient[..., 0], (above - below) / 2e-5, atol=1e-7)


@every_kernel
def test_protocol(kernel, images):
    X = images
    assert clone(kernel) == kernel
    assert pickle.loads(pickle.dumps(kernel)) == kernel
    K = kernel(X)
    K[...] = 0
    assert not np.array_equal(kernel(X), K)
    assert kernel(X.astype(np.float32)).dtype == np.float64
    np.testing.assert_allclose((2.0 * kernel + kernel)(X), 3 * kernel(X), rtol=1e-14)
    rows = sparse.csr_array(np.where(X > 0.5, X, 0))
    np.testing.assert_allclose(kernel(rows), kernel(rows.toarray()), rtol=1e-14)
    np.testing.assert_allclose(kernel.diag(rows), kernel(rows).diagonal(), rtol=1e-14)


def test_pixels_of_a_constant_image_are_parallel():
    # All angles within an image without a border are zero, so averaging changes nothing.
    X = np.full((1, 12), 0.7)
    arguments = {"depth": 4, "filter_size": 1, "bias_variance": 0.2}
    flat, average = (ConvNTK((3, 4), readout=r, **arguments)(X) for r in ("flatten", "average"))
    np.testing.assert_allclose(average, flat, rtol=1e-14)


def test_average_forgets_where_things_are_and_flatten_does_not():
    images = np.zeros((2, 12, 12))
    images[0, 3:6, 4:6] = images[1, 6:9, 5:7] = 1
    X = images.reshape(2, -1)
    K = ConvNTK((12, 12), 2, readout="average")(X)
    np.testing.assert_allclose(K[0, 1], K[0, 0], rtol=1e-12)
    K = ConvNTK((12, 12), 2)(X)
    assert K[0, 1] < 0.9 * K[0, 0]


@pytest.mark.parametrize(
    ("kernel", "shape", "limit"),
    [
        # Flattening holds pixels, not their pairs, of which there would be 128 MiB.
        (ConvNTK((64, 64)), (3, 4096), 60),
        # All at once would be 39 GiB.
        (ConvNTK((16, 16), 1, readout="average"), (200, 256), 40),
    ],
    ids=["flatten", "average"],
)
def test_memory_is_bounded(kernel, shape, limit, rng):
    X = rng.standard_normal(shape)
    Z = X if shape[0] == 3 else X[:2]
    tracemalloc.start()
    kernel(X, Z)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < limit * 2**20


@pytest.mark.parametrize("readout", ["flatten", "average"])
def test_hosts(readout):
    X, y = load_digits(n_class=3, return_X_y=True)
    X, y, kernel = X[:60] / 16, y[:60], ConvNTK((8, 8), 2, readout=readout)
    K = kernel(X)
    np.testing.assert_allclose(
        Gram(kernel, X, np.ones(60)).to_array(n_jobs=2), K + np.eye(60), rtol=1e-12
    )
    expected = KernelRidge(kernel="precomputed", alpha=0.01).fit(K[:40, :40], y[:40])
    expected = expected.predict(K[40:, :40])
    for model in (
        KernelRidge(kernel=kernel, alpha=0.01),
        KernelRegressor(kernel, alpha=0.01, normalize_y=False, n_jobs=2),
        GaussianProcessRegressor(kernel, alpha=0.01, optimizer=None),
    ):
        np.testing.assert_allclose(model.fit(X[:40], y[:40]).predict(X[40:]), expected, rtol=1e-7)
    assert SVC(kernel=kernel, C=1000).fit(X[:40], y[:40]).score(X[40:], y[40:]) > 0.9


def test_likelihood_chooses_the_variances():
    X, y = load_digits(n_class=2, return_X_y=True)
    kernel = ConvNNGP((8, 8), 1, bias_variance=0.1)
    model = GaussianProcessRegressor(kernel, alpha=1e-3, normalize_y=True).fit(X[:40] / 16, y[:40])
    assert model.log_marginal_likelihood_value_ > model.log_marginal_likelihood(kernel.theta)
    _, gradient = model.log_marginal_likelihood(model.kernel_.theta, eval_gradient=True)
    bounds = model.kernel_.bounds
    inside = (model.kernel_.theta > bounds[:, 0]) & (model.kernel_.theta < bounds[:, 1])
    assert np.abs(gradient[inside]).max(initial=0) < 0.05


def test_repr():
    assert repr(ConvNTK((8, 8), 2, pooling=2)) == (
        "ConvNTK(image_shape=(8, 8), depth=2, activation='relu', weight_variance=2, "
        "bias_variance=0, pooling=2)"
    )


@pytest.mark.parametrize(
    ("kernel", "error", "message"),
    [
        (ConvNTK((8, 8)), ValueError, r"X has 12 features, but images of shape \(8, 8, 1\).* 64"),
        (ConvNNGP((3, 4, 3)), ValueError, r"X has 12 features, .*\(3, 4, 3\).* have 36"),
        (ConvNTK((3, 4), filter_size=2), ValueError, "filter_size == 2, must be odd"),
        (ConvNTK((3, 4), filter_size=-1), ValueError, "filter_size == -1, must be >= 1"),
        (ConvNTK((3, 4), filter_size=3.0), TypeError, "filter_size must be an instance of int"),
        (ConvNTK((3, 4), stride=0), ValueError, "stride == 0, must be >= 1"),
        (ConvNTK((3, 4), pooling=0), ValueError, "pooling == 0, must be >= 1"),
        (ConvNTK((3, 4), pooling=2), ValueError, "layer 2 has 1 x 2 pixels, too few to pool by 2"),
        (ConvNTK((3, 4), readout="max"), ValueError, "'flatten' or 'average', got 'max'"),
        (ConvNTK(12), ValueError, r"image_shape == 12, must be \(height, width\) or"),
        (ConvNTK((12,)), ValueError, r"image_shape == \(12,\), must be"),
        (ConvNTK((3, 4.0)), TypeError, "entry of image_shape must be an instance of int"),
        (ConvNTK((0, 4)), ValueError, "every entry of image_shape == 0, must be >= 1"),
        (ConvNTK((3, 4), 0), ValueError, "depth == 0, must be >= 1"),
        (ConvNTK((3, 4), weight_variance=0.0), ValueError, "weight_variance == 0.0, must be > 0"),
        (ConvNNGP((3, 4), bias_variance=-1.0), ValueError, "bias_variance == -1.0, must be >= 0"),
        (ConvNTK((3, 4), activation="relus"), ValueError, "'relus', must be one of"),
        (ConvNTK((3, 4), activation=Step()), ValueError, "no useful derivative"),
    ],
)
def test_wrong_parameters(kernel, error, message):
    for evaluate in kernel, kernel.diag:
        with pytest.raises(error, match=message):
            evaluate(np.ones((2, 12)))


def test_wrong_rows():
    kernel = ConvNTK((2, 2))
    with pytest.raises(ValueError, match="contains NaN"):
        kernel(np.full((2, 4), np.nan))
    with pytest.raises(ValueError, match="X has 4 features but Y has 3"):
        kernel(np.ones((2, 4)), np.ones((2, 3)))
    with pytest.raises(ValueError, match="only defined for Y=None"):
        kernel(np.ones((2, 4)), np.ones((2, 4)), eval_gradient=True)
    with pytest.raises(ValueError, match=r"overflows on row 1.*between 0 and 1"):
        kernel([[1.0] * 4, [1e200] * 4])
