"""Kernels of graphs: the equations in loops, dense networks, and wide finite graph networks."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse

from sklearn_ntk import KernelRegressor
from sklearn_ntk.graphs import _graphs, _recursion, graph_kernel, node_kernel
from sklearn_ntk.kernels import NNGP, NTK
from sklearn_ntk.kernels.activations import Erf, Sign, Step

KINDS = {"ntk": NTK, "nngp": NNGP}
every_kind = pytest.mark.parametrize("kind", KINDS)
ACTIVATIONS = ["relu", "erf", "cos", "tanh", "rectified_quadratic", Sign(surrogate=Erf())]


def random_graph(n_nodes, rng, n_features=3, n_edges=3):
    A = np.triu(rng.random((n_nodes, n_nodes)) < n_edges / n_nodes, 1).astype(float)
    return rng.standard_normal((n_nodes, n_features)), A + A.T


@pytest.fixture
def graphs(rng):
    """Graphs of all that goes wrong: single, isolated, equal and zero nodes, complete, weighted."""
    X, A = random_graph(7, rng)
    isolated, weighted = A.copy(), A * np.add.outer(np.arange(7), np.arange(7))
    isolated[3] = isolated[:, 3] = 0
    empty_rows = np.where(np.arange(7)[:, np.newaxis] < 2, 0, X)
    order = rng.permutation(7)
    return [
        (X, A),
        (X[:1], np.zeros((1, 1))),
        (X[:4], np.zeros((4, 4))),
        (X, isolated),
        (empty_rows, A),
        (np.zeros((3, 3)), np.ones((3, 3))),
        (np.ones((5, 3)), np.ones((5, 5))),
        (1e-3 * X, weighted),
        (X[order], A[order][:, order]),
    ]


def relu_layer(x, z, theta):
    """E[phi phi] and Theta E[phi' phi'] + E[phi phi] of Sigma = x z', of ReLU, in loops."""
    M, N = np.zeros((2, len(x), len(z)))
    for u, a in enumerate(x):
        for v, b in enumerate(z):
            c, norms = a @ b, np.sqrt((a @ a) * (b @ b))
            t = np.arccos(np.clip(c / norms, -1, 1))
            M[u, v] = norms * (np.sin(t) + (np.pi - t) * np.cos(t)) / (2 * np.pi)
            N[u, v] = theta[u, v] * (np.pi - t) / (2 * np.pi) + M[u, v]
    return M, N


def root(S):
    """Rows whose products are S."""
    eigenvalues, Q = np.linalg.eigh(S)
    return Q * np.sqrt(np.maximum(eigenvalues, 0))


def of_du(graphs, n_blocks, n_layers, mean, jumping):
    """Sigma and Theta of Du et al., section 3, summed over nodes: one graph of all their nodes.

    c_sigma = 2; the features are not divided by their number.
    """
    n = [len(X) for X, _ in graphs]
    graph = np.repeat(np.arange(len(n)), n)
    X = np.vstack([X for X, _ in graphs])
    closed = np.zeros((len(X), len(X)))
    for i, (_, A) in enumerate(graphs):
        closed[np.ix_(graph == i, graph == i)] = (A + np.eye(len(A))) > 0
    c = 1 / closed.sum(axis=1) if mean else np.ones(len(X))
    states = sigma, theta = [X @ X.T] * 2
    read = [np.stack(states)]
    for _ in range(n_blocks):
        aggregated = np.zeros((2, *sigma.shape))
        for u, neighbours in enumerate(closed):
            for v, others in enumerate(closed):
                for s, state in enumerate(states):
                    total = state[np.ix_(neighbours > 0, others > 0)].sum()
                    aggregated[s, u, v] = c[u] * c[v] * total
        sigma, theta = aggregated
        for _ in range(n_layers):
            x = root(sigma)
            sigma, theta = 2 * np.stack(relu_layer(x, x, theta))
        states = sigma, theta
        read.append(np.stack(states))
    total = sum(read) if jumping else read[-1]
    over_nodes = graph == np.arange(len(n))[:, np.newaxis]
    return over_nodes @ total @ over_nodes.T


@pytest.mark.parametrize("jumping", [False, True])
@pytest.mark.parametrize("mean", [False, True])
@pytest.mark.parametrize(("n_blocks", "n_layers"), [(1, 1), (2, 1), (1, 2), (3, 2)])
def test_equations_of_du(rng, n_blocks, n_layers, mean, jumping):
    graphs = [random_graph(n, rng) for n in (4, 6, 1, 5)]
    expected = of_du(graphs, n_blocks, n_layers, mean, jumping)
    arguments = {
        "n_blocks": n_blocks,
        "n_layers": n_layers,
        "aggregation": "mean" if mean else "sum",
        "jumping_knowledge": jumping,
    }
    for kind, K in zip(("nngp", "ntk"), expected, strict=True):
        ours = 3 / 2 * graph_kernel(graphs, kind=kind, **arguments)
        # Of parallel rows their arc cosine is one of a rounded 1.
        np.testing.assert_allclose(ours, K, rtol=1e-7)


@every_kind
@pytest.mark.parametrize("depth", [1, 3])
def test_equations_of_nodes(rng, kind, depth):
    X, A = random_graph(6, rng)
    A *= np.add.outer(np.arange(6), np.arange(6)) / 3
    degree = 1 + A.sum(axis=1)
    S = (A + np.eye(6)) / np.sqrt(np.outer(degree, degree))
    sigma = theta = S @ (1.7 * X @ X.T / 3) @ S.T + 0.3
    for _ in range(depth):
        x = root(sigma)
        sigma, theta = (S @ (1.7 * E) @ S.T + 0.3 for E in relu_layer(x, x, theta))
    K = node_kernel(X, A, depth=depth, kind=kind, weight_variance=1.7, bias_variance=0.3)
    # On the diagonal the arc cosine here is one of a rounded 1.
    np.testing.assert_allclose(K, theta if kind == "ntk" else sigma, rtol=1e-7)


@every_kind
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("bias_variance", [0.0, 0.3])
def test_no_edges_are_a_dense_network(rng, kind, activation, bias_variance):
    X = rng.standard_normal((9, 4))
    arguments = {"activation": activation, "weight_variance": 1.3, "bias_variance": bias_variance}
    expected = KINDS[kind](4, **arguments)(X)
    K = node_kernel(X, np.zeros((9, 9)), depth=4, kind=kind, **arguments)
    # Series are cut off at 1e-12 of the moment, at a length that depends on the other rows.
    np.testing.assert_allclose(K, expected, rtol=1e-11)
    singles = [(x[np.newaxis], [[0]]) for x in X]
    for n_blocks in 1, 2, 4:
        K = graph_kernel(singles, n_blocks=n_blocks, n_layers=4 // n_blocks, kind=kind, **arguments)
        np.testing.assert_allclose(K, expected, rtol=1e-11)


def gradients(inputs, maps, read, width, rng):
    """Features of the output layer, and gradients by all weights, of a random ReLU network.

    `maps` is T of each hidden layer, `read` that of the output; weight variance 2, bias variance
    0.1. The features' products are the covariance of the outputs given the rest.
    """
    bias, H, hidden = np.sqrt(0.1), inputs, []
    for T in maps:
        mixed = np.sqrt(2 / H.shape[1]) * T @ H
        W = rng.standard_normal((H.shape[1], width))
        U = mixed @ W + bias * rng.standard_normal(width)
        hidden.append((T, mixed, W, U))
        H = np.maximum(U, 0)
    features = np.column_stack([np.sqrt(2 / width) * read @ H, np.full(len(read), bias)])
    w = rng.standard_normal(width)
    parts = [features]
    # (outputs, nodes, units): the derivative of each output by the activations of each node.
    back = np.sqrt(2 / width) * read[:, :, np.newaxis] * w
    for T, mixed, W, U in reversed(hidden):
        back = back * (U > 0)
        parts += [(mixed.T @ back).reshape(len(read), -1), bias * back.sum(axis=1)]
        back = np.sqrt(2 / len(W)) * T.T @ (back @ W.T)
    return features, np.concatenate(parts, axis=1)


def assert_limit(K, samples, width):
    """Whether K are the means of samples: 4.5 standard errors, of 50 entries by chance 3e-4.

    Means of finite networks are off by O(1 / width): covariances after a layer of ReLU have the
    relative variance 5 / width, of which the next layer makes half its curvature. Measured at
    width 30, with 10,000 draws: up to 1.3 / width of the diagonal.
    """
    samples = np.array(samples)
    error = samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
    allowance = 2 / width * np.sqrt(np.outer(K.diagonal(), K.diagonal()))
    assert np.all(np.abs(samples.mean(axis=0) - K) < 4.5 * error + allowance)


@pytest.mark.parametrize("of", ["nodes", "sum", "mean"])
def test_wide_random_networks(rng, of):
    """A star, a path and an edge, which are one graph to the finite network."""
    X, sizes, width = rng.standard_normal((9, 3)), [4, 3, 2], 250
    A = np.zeros((9, 9))
    for u, v in (0, 1), (0, 2), (0, 3), (4, 5), (5, 6), (7, 8):
        A[u, v] = A[v, u] = 1
    closed, graph = A + np.eye(9), np.repeat([0, 1, 2], sizes)
    degree = closed.sum(axis=1)
    if of == "nodes":
        S = read = closed / np.sqrt(np.outer(degree, degree))
        maps = [S, S]
        kernels = [node_kernel(X, A, kind=kind, bias_variance=0.1) for kind in KINDS]
    else:
        read = (graph == np.arange(3)[:, np.newaxis]).astype(float)
        S = closed
        if of == "mean":
            S, read = closed / degree[:, np.newaxis], read / np.array(sizes)[:, np.newaxis]
        maps = [S, np.eye(9), S, np.eye(9)]
        graphs = [(X[graph == i], A[graph == i][:, graph == i]) for i in range(3)]
        arguments = {"n_layers": 2, "aggregation": of, "readout": of, "bias_variance": 0.1}
        kernels = [graph_kernel(graphs, kind=kind, **arguments) for kind in KINDS]
    tangent, covariance = [], []
    for _ in range(400):
        features, jacobian = gradients(X, maps, read, width, rng)
        covariance.append(features @ features.T)
        tangent.append(jacobian @ jacobian.T)
    for K, samples in zip(kernels, (tangent, covariance), strict=True):
        assert_limit(K, samples, width)


@every_kind
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_order_of_nodes_does_not_matter(graphs, rng, kind, activation):
    arguments = {"kind": kind, "activation": activation, "bias_variance": 0.1}
    K = graph_kernel(graphs, **arguments)
    # The last graph is the first in another order. Steps make 1e-8 of a rounding of 1e-16.
    rtol = 1e-7 if isinstance(activation, Sign) else 1e-11
    np.testing.assert_allclose(K[-1], K[0], rtol=rtol)
    X, A = graphs[3]
    order = rng.permutation(len(X))
    K = node_kernel(X, A, **arguments)
    permuted = node_kernel(X[order], A[order][:, order], **arguments)
    np.testing.assert_allclose(permuted, K[order][:, order], rtol=rtol)


@every_kind
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_symmetric_and_positive_semidefinite(graphs, kind, activation):
    arguments = {"kind": kind, "activation": activation}
    matrices = [graph_kernel(graphs, jumping_knowledge=True, **arguments)]
    matrices += [graph_kernel(graphs, aggregation="mean", readout="mean", **arguments)]
    for K in matrices + [node_kernel(X, A, **arguments) for X, A in graphs]:
        assert np.isfinite(K).all()
        assert np.array_equal(K, K.T)
        eigenvalues = np.linalg.eigvalsh(K)
        # Steps make 1e-8 of a rounding of 1e-16, of nodes that are equal but not the same.
        tolerance = 1e-8 if isinstance(activation, Sign) else 1e-12
        assert eigenvalues[0] >= -tolerance * eigenvalues[-1]


def test_batches_and_rectangles(graphs, rng, monkeypatch):
    arguments = {"n_layers": 2, "bias_variance": 0.2}
    K = graph_kernel(graphs, **arguments)
    np.testing.assert_allclose(graph_kernel(graphs[2:5], graphs, **arguments), K[2:5], rtol=1e-13)
    np.testing.assert_allclose(graph_kernel(graphs, graphs[3:], **arguments), K[:, 3:], rtol=1e-13)
    X, A = random_graph(60, rng)
    nodes = node_kernel(X, A)
    for pairs in 1, 100, 500:  # one graph, a few, most
        monkeypatch.setattr(_graphs, "PAIRS", pairs)
        monkeypatch.setattr(_recursion, "PAIRS", pairs)
        np.testing.assert_allclose(graph_kernel(graphs, **arguments), K, rtol=1e-13)
        np.testing.assert_allclose(graph_kernel(graphs, graphs, **arguments), K, rtol=1e-13)
        np.testing.assert_allclose(node_kernel(X, A), nodes, rtol=1e-13)


def test_sparse_and_self_loops(graphs):
    K = graph_kernel(graphs)
    as_sparse = [
        (X if i % 2 else sparse.csr_array(X), sparse.coo_matrix(A))
        for i, (X, A) in enumerate(graphs)
    ]
    np.testing.assert_allclose(graph_kernel(as_sparse), K, rtol=1e-14)
    closed = [(X, np.where(np.eye(len(A)) > 0, 1, A)) for X, A in graphs]
    assert np.array_equal(graph_kernel(closed), K)
    X, A = graphs[0]
    expected = node_kernel(X, A)
    assert np.array_equal(node_kernel(X, A + np.eye(7)), expected)
    np.testing.assert_allclose(node_kernel(sparse.csc_matrix(X), A > 0), expected, rtol=1e-14)


def test_equal_nodes_are_parallel():
    """On a complete graph the mean of neighbours makes all nodes the same, to the last digits."""
    X = np.random.default_rng(0).standard_normal((30, 3))
    mean = NTK(3, bias_variance=0.0)(X.mean(axis=0, keepdims=True))
    K = node_kernel(X, np.ones((30, 30)), depth=3)
    np.testing.assert_allclose(K, np.full((30, 30), mean), rtol=1e-13)


def test_memory_is_bounded(rng):
    X, A = random_graph(600, rng)
    graphs = [random_graph(30, rng) for _ in range(60)]
    graph_kernel(graphs[:2])
    for evaluate, limit in (
        (lambda: node_kernel(X, sparse.csr_array(A)), (_recursion.MATRICES + 1) * 8 * 600**2),
        # A matrix of all pairs of nodes would be 25 MiB, and there are four.
        (lambda: graph_kernel(graphs), 15 * 2**20),
    ):
        tracemalloc.start()
        evaluate()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < limit


def test_neighbours_predict(rng):
    """Noisy features of nodes in two communities, of which one is labelled 1."""
    y = np.repeat([0.0, 1.0], 50)
    A = np.triu(rng.random((100, 100)) < np.where(y[:, np.newaxis] == y, 0.15, 0.01), 1)
    X = y[:, np.newaxis] + 3 * rng.standard_normal((100, 2))
    train, test = np.split(rng.permutation(100), [30])
    model = KernelRegressor("precomputed")
    scores = []
    for edges in A + A.T, np.zeros_like(A):
        K = node_kernel(X, edges, bias_variance=0.1)
        model.fit(K[train][:, train], y[train])
        scores.append(model.score(K[test][:, train], y[test]))
    assert scores[0] > scores[1] + 0.3


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"kind": "nntk"}, ValueError, "kind must be 'ntk' or 'nngp', got 'nntk'"),
        ({"activation": "relus"}, ValueError, "'relus', must be one of"),
        ({"activation": Step()}, ValueError, "no useful derivative"),
        ({"weight_variance": 0.0}, ValueError, "weight_variance == 0.0, must be > 0"),
        ({"bias_variance": -1.0}, ValueError, "bias_variance == -1.0, must be >= 0"),
        ({"depth": 0}, ValueError, "depth == 0, must be >= 1"),
        ({"depth": True}, TypeError, "must be a number, not a bool"),
        ({"n_blocks": 0}, ValueError, "n_blocks == 0, must be >= 1"),
        ({"n_layers": 1.0}, TypeError, "n_layers must be an instance of int"),
        ({"aggregation": "max"}, ValueError, "aggregation must be 'sum' or 'mean', got 'max'"),
        ({"readout": "max"}, ValueError, "readout must be 'sum' or 'mean', got 'max'"),
    ],
)
def test_wrong_parameters(rng, arguments, error, message):
    X, A = random_graph(4, rng)
    if not {"n_blocks", "n_layers", "aggregation", "readout"} & arguments.keys():
        with pytest.raises(error, match=message):
            node_kernel(X, A, **arguments)
    if "depth" not in arguments:
        with pytest.raises(error, match=message):
            graph_kernel([(X, A)], **arguments)


@pytest.mark.parametrize(
    ("X", "A", "message"),
    [
        (np.full((2, 1), np.nan), np.zeros((2, 2)), "Input X contains NaN"),
        (np.ones((2, 1)), np.full((2, 2), np.nan), "Input adjacency contains NaN"),
        (np.ones((2, 1)), np.zeros((3, 3)), r"shape \(3, 3\), must be \(2, 2\): X has 2 rows"),
        (np.ones((2, 1)), np.zeros((2, 3)), r"shape \(2, 3\), must be \(2, 2\)"),
        (np.ones((2, 1)), [[0, 1], [0, 0]], "not symmetric, but edges have no direction"),
        (np.ones((2, 1)), [[0, -1], [-1, 0]], "negative entries"),
        (np.ones(2), np.zeros((2, 2)), "Expected 2D array"),
        (np.empty((0, 1)), np.zeros((0, 0)), "0 sample"),
        (np.array([[1.0], [1e200]]), np.zeros((2, 2)), "The kernel overflows"),
        (np.array([[1.0], [1e100]]), np.zeros((2, 2)), "The kernel overflows"),
    ],
)
def test_wrong_graphs(X, A, message):
    arguments = {"activation": "rectified_quadratic"}
    with pytest.raises(ValueError, match=message):
        node_kernel(X, A, **arguments)
    good = np.ones((2, 1)), np.zeros((2, 2))
    with pytest.raises(ValueError, match=r"graphs\[1\]: .*" + message):
        graph_kernel([good, (X, A)], **arguments)
    with pytest.raises(ValueError, match=r"others\[0\]: .*" + message):
        graph_kernel([good], [(X, A)], **arguments)


def test_wrong_lists():
    def graph(n_features):
        return np.ones((2, n_features)), np.zeros((2, 2))

    with pytest.raises(ValueError, match=r"graphs\[0\] has 2 features but graphs\[1\] has 3"):
        graph_kernel([graph(2), graph(3)])
    with pytest.raises(ValueError, match=r"graphs\[0\] has 2 features but others\[0\] has 3"):
        graph_kernel([graph(2)], [graph(3)])
    with pytest.raises(ValueError, match="others is empty"):
        graph_kernel([graph(2)], [])
    with pytest.raises(ValueError, match=r"graphs\[0\]: a graph must be a pair"):
        graph_kernel(graph(2))
