"""Random features against the kernels that they approximate, over many draws of their weights."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ntk import LinearizedNetwork, NNGPFeatures, NTKFeatures, NTKRegressor
from sklearn_ntk.kernel_approximation._tensor_sketch import TensorSketch
from sklearn_ntk.kernels import NNGP, NTK

ACTIVATIONS = ["relu", "erf", "gelu", "sin"]
PAIRS = [(NNGPFeatures, NNGP), (NTKFeatures, NTK)]


@pytest.fixture
def X(rng):
    return rng.standard_normal((6, 4))


def products(transformer, X):
    features = transformer.fit_transform(X)
    return features @ features.T


def draws(transformer, X, n):
    return np.array([products(transformer.set_params(random_state=s), X) for s in range(n)])


def assert_mean(values, expected):
    """The mean of draws is what is expected, by a test of each entry."""
    error = values.std(axis=0) / np.sqrt(len(values)) + 1e-12 * np.abs(expected).max()
    assert np.abs((values.mean(axis=0) - expected) / error).max() < 4.5


@pytest.mark.parametrize("leverage", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("features", "kernel"), PAIRS)
def test_one_hidden_layer_is_unbiased(features, kernel, activation, leverage, X):
    options = {"activation": activation, "weight_variance": 1.5, "bias_variance": 0.5}
    found = draws(features(1, n_components=40, leverage=leverage, **options), X, 400)
    assert_mean(found, kernel(1, **options)(X))


@pytest.mark.parametrize("bias_variance", [0.0, 1.0])
@pytest.mark.parametrize(
    ("layers", "kernel"), [("second", NNGP(1)), ("both", NTK(1)), ("first", None)]
)
def test_linearized_network_is_unbiased(layers, kernel, bias_variance, X):
    network = LinearizedNetwork(5, layers=layers, bias_variance=bias_variance)
    found = draws(network, X, 1000)
    nngp, ntk = NNGP(1, bias_variance=bias_variance), NTK(1, bias_variance=bias_variance)
    expected = {"second": nngp(X), "both": ntk(X), "first": ntk(X) - nngp(X)}
    assert_mean(found, expected[layers])


def test_linearized_network_is_the_gradient(X):
    """Of f(x) = sum_i a_i phi(w_i . x) scaled, by differences, where all a_i are 1."""
    network = LinearizedNetwork(7, activation="tanh", random_state=0).fit(X)
    features = network.transform(X)
    W, x = network._neurons.weights, np.hstack([np.sqrt(2 / 4) * X, np.ones((6, 1))])
    assert features.shape == (6, 8 + 7 * 5)

    def output(W):
        return np.sqrt(2 / 7) * np.tanh(x @ W).sum(axis=1)

    gradient = np.empty((6, 7, 5))
    for i, j in np.ndindex(7, 5):
        step = np.zeros_like(W)
        step[j, i] = 1e-6
        gradient[:, i, j] = (output(W + step) - output(W - step)) / 2e-6
    np.testing.assert_allclose(features[:, 8:], gradient.reshape(6, -1), atol=1e-8)
    np.testing.assert_allclose(features[:, :7].sum(axis=1), output(W))
    np.testing.assert_allclose(features[:, 7], 1.0)


@pytest.mark.parametrize("leverage", [False, True])
@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize(("features", "kernel"), PAIRS)
def test_error_falls_like_the_root(features, kernel, depth, leverage, X):
    K = kernel(depth)(X)
    errors = []
    for n_components in 64, 576:
        found = draws(features(depth, n_components=n_components, leverage=leverage), X, 20)
        errors.append(np.sqrt(np.mean((found - K) ** 2)) / np.abs(K).max())
    assert 1.8 < errors[0] / errors[1] < 5  # 3 within what 20 draws say
    assert errors[1] < 0.15


def test_leverage_lessens_the_variance(X):
    plain, weighted = (
        draws(NNGPFeatures(1, n_components=50, leverage=leverage), X, 300).var(axis=0).mean()
        for leverage in (False, True)
    )
    assert weighted < 0.9 * plain


def test_tensor_sketch(rng):
    A, B = rng.standard_normal((5, 7)), rng.standard_normal((5, 3))
    expected = (A @ A.T) * (B @ B.T)
    found = []
    for seed in range(600):
        sketch = TensorSketch(7, 3, 33, np.random.RandomState(seed), np.dtype(float))
        S = sketch(A, B)
        found.append(S @ S.T)
    assert_mean(np.array(found), expected)
    np.testing.assert_allclose(sketch(sparse.csr_array(A), B), S)


@pytest.mark.parametrize(
    "transformer",
    [
        NTKFeatures(2, random_state=0),
        NNGPFeatures(2, n_components=50, random_state=0),
        LinearizedNetwork(30, random_state=0),
    ],
    ids=repr,
)
def test_forms(transformer, X):
    features = transformer.fit_transform(X)
    assert features.shape == (6, len(transformer.get_feature_names_out()))
    assert transformer.get_feature_names_out()[1] == f"{type(transformer).__name__.lower()}1"
    for n_jobs in 1, 2:
        found = transformer.set_params(n_jobs=n_jobs).fit_transform(sparse.csr_array(X))
        np.testing.assert_allclose(found, features, atol=1e-12)
    single = transformer.fit_transform(X.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, features, atol=1e-4)
    frame = transformer.set_output(transform="pandas").fit_transform(X)
    np.testing.assert_allclose(frame.to_numpy(), features, atol=1e-12)


def test_pipelines(rng):
    X = rng.standard_normal((600, 3))
    y = np.sin(2 * X[:, 0]) + X[:, 1]
    features = NTKFeatures(1, n_components=4000, random_state=0)
    model = make_pipeline(StandardScaler(), features, Ridge(0.1))
    exact = make_pipeline(StandardScaler(), NTKRegressor(1, alpha=0.1))
    model, exact = (model.fit(X[:400], y[:400]) for model in (model, exact))
    found, expected = model.predict(X[400:]), exact.predict(X[400:])
    assert np.sqrt(np.mean((found - expected) ** 2)) < 0.1 * y.std()
    features = NNGPFeatures(1, n_components=300, random_state=0).fit(X)
    classifier = SGDClassifier(random_state=0)
    for rows in 20 * np.array_split(np.arange(400), 4):
        classifier.partial_fit(features.transform(X[rows]), y[rows] > 0, classes=[False, True])
    assert classifier.score(features.transform(X[400:]), y[400:] > 0) > 0.85


def test_parameters(X):
    with pytest.raises(ValueError, match="n_components"):
        NTKFeatures(n_components=0).fit(X)
    assert NTKFeatures(2, n_components=1).fit_transform(X).shape == (6, 3)
    with pytest.raises(ValueError, match="layers"):
        LinearizedNetwork(layers="third").fit(X)
