"""The kernel of a graph network on whole graphs."""

from contextlib import contextmanager
from itertools import combinations_with_replacement, product
from numbers import Integral
from typing import NamedTuple

import numpy as np
from scipy import sparse

from .._blocks import working_memory
from .._memory import require_memory
from .._threads import n_threads, thread_map
from ..kernels._pairs import check_number
from ._adjacency import check_graph, degrees
from ._recursion import MATRICES, PAIRS, Nodes, make_network


def graph_kernel(
    graphs,
    others=None,
    *,
    n_blocks=2,
    n_layers=1,
    kind="ntk",
    activation="relu",
    weight_variance=2.0,
    bias_variance=0.0,
    aggregation="sum",
    readout="sum",
    jumping_knowledge=False,
):
    """Kernel of an infinitely wide graph network on whole graphs: the graph NTK.

    Each of `n_blocks` blocks adds up the features of each node and its neighbours and passes them
    through `n_layers` fully connected layers. The output is linear in the sum over nodes::

        H    <- S H                               S = A + I, or D^{-1} (A + I) for "mean"
        H    <- phi(H W + b)                      n_layers times, then the next block
        f(G) =  sum over nodes u of H_u w + b

    For a pair of graphs (G, G') with features X and X', Sigma and Theta are matrices over all
    pairs of a node of G and one of G'::

        M                = weight_variance * X X'' / n_features,    N = M    at first
        M, N             <- S M S'', S N S''                                 in each block
        Sigma, Theta     = M + bias_variance, N + bias_variance              in each layer
        M                <- weight_variance * E[phi(u) phi(v)]
        N                <- M + weight_variance * Theta * E[phi'(u) phi'(v)]

    with (u, v) Gaussian of covariance Sigma, and S'' the transpose of that of G'. The NNGP kernel
    is the sum of M over all pairs of nodes, plus bias_variance, and the NTK that of N.

    With ReLU, weight variance 2 and no bias, the values of Du et al. are n_features / 2 times
    these, and those of their program, whose num_layers is ``n_blocks + 1``, n_features times.

    Parameters
    ----------
    graphs : list of pairs (X, adjacency)
        Features of the nodes, {array-like, sparse matrix} of shape (n_nodes, n_features), such as
        one-hot labels or degrees, and weights of the edges, {array-like, sparse matrix} of shape
        (n_nodes, n_nodes), symmetric, 0 where there is none. A self-loop of weight 1 is added to
        each node that has none.
    others : list of pairs (X, adjacency), default=None
        Other graphs. None stands for `graphs` and costs half.
    n_blocks : int, default=2
        Number of sums over neighbours, at least 1.
    n_layers : int, default=1
        Number of hidden layers after each of them, at least 1.
    kind : {"ntk", "nngp"}, default="ntk"
        Whether the network is trained by gradient descent or is at initialisation, the prior of a
        Gaussian process.
    activation : str, Activation or callable, default="relu"
        Nonlinearity phi of the hidden layers: a name of
        `sklearn_ntk.kernels.activations.ACTIVATIONS`, an object of that module, or any
        vectorised function.
    weight_variance : float, default=2.0
        Variance of each weight times its fan-in; positive.
    bias_variance : float, default=0.0
        Variance of each bias, which is added after the sums over neighbours and over nodes.
        Without it a ReLU network sees nothing but sums of a single feature of one sign.
    aggregation : {"sum", "mean"}, default="sum"
        Whether features of neighbours are added up or averaged.
    readout : {"sum", "mean"}, default="sum"
        Whether features of nodes are added up or averaged; with "sum" large graphs have large
        kernel values.
    jumping_knowledge : bool, default=False
        Whether the output sees the features and the nodes after each block, all with weights of
        their own, or only those after the last block.

    Returns
    -------
    K : ndarray of shape (n_graphs, n_others)
        Kernel values, float64, for estimators with ``kernel="precomputed"``. Temporary arrays
        keep within scikit-learn's working memory, but hold all nodes of a pair of graphs.

    Raises
    ------
    ValueError, TypeError
        For parameters out of range, or a graph with NaN or infinite values, with another number
        of features, with an adjacency matrix of another shape, of directed edges or negative
        weights, or with features so large that the kernel overflows.
    MemoryError
        If four matrices over the nodes of the two largest graphs do not fit.

    References
    ----------
    Du, Hou, Salakhutdinov, Poczos, Wang and Xu, Graph Neural Tangent Kernel, NeurIPS 2019,
    sections 2 and 3.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk import KernelClassifier
    >>> from sklearn_ntk.graphs import graph_kernel
    >>> def graph(n_nodes, is_ring):
    ...     A = np.roll(np.eye(n_nodes), 1, axis=0)
    ...     A[0, -1] = is_ring  # or else a path
    ...     return np.ones((n_nodes, 1)), np.maximum(A, A.T)
    >>> graphs = [graph(n, is_ring) for n in range(5, 25) for is_ring in (False, True)]
    >>> y = np.tile(["path", "ring"], 20)
    >>> K = graph_kernel(graphs[:20], bias_variance=1.0)
    >>> model = KernelClassifier(kernel="precomputed").fit(K, y[:20])
    >>> model.score(graph_kernel(graphs[20:], graphs[:20], bias_variance=1.0), y[20:])
    1.0
    """
    for name, number in ("n_blocks", n_blocks), ("n_layers", n_layers):
        check_number(number, name, Integral, 1)
    for name, value in ("aggregation", aggregation), ("readout", readout):
        if value not in ("sum", "mean"):
            raise ValueError(f"{name} must be 'sum' or 'mean', got {value!r}.")
    mixes = ((True,) + (False,) * (n_layers - 1)) * n_blocks
    reads = tuple(mix and bool(jumping_knowledge) for mix in mixes)
    network = make_network(kind, activation, weight_variance, bias_variance, mixes, reads)
    means = aggregation == "mean", readout == "mean"
    sides = [_checked("graphs", graphs, *means)]
    if others is not None:
        sides.append(_checked("others", others, *means))
    _require_equal_widths(sides)
    largest = [max(nodes.X.shape[0] for nodes in side.values()) for side in sides]
    need = 8 * MATRICES * largest[0] * largest[-1]
    require_memory(need, "kernel of the two largest graphs", "Leave them out or split them")
    within = working_memory() / (8 * MATRICES * n_threads())
    most = int(np.sqrt(min(within, PAIRS)))
    batches, diagonals = zip(*(_batches(network, side, most) for side in sides), strict=True)
    K = np.empty((len(sides[0]), len(sides[-1])))

    def fill(pair):
        x, z = pair
        block = network.between(x.nodes, z.nodes, x.variances, z.variances)
        K[x.graphs, z.graphs] = block
        if others is None and x is not z:
            K[z.graphs, x.graphs] = block.T

    if others is None:
        thread_map(fill, combinations_with_replacement(batches[0], 2))
        np.fill_diagonal(K, diagonals[0])
    else:
        thread_map(fill, product(*batches))
    return K


class Batch(NamedTuple):
    """A few graphs as one that is not connected."""

    graphs: slice  # their places
    nodes: Nodes
    variances: np.ndarray  # (depth, n_nodes)


def _batches(network, side, most):
    """Graphs in a `Batch` for each of `_runs`, and the kernel of each graph with itself."""
    own = []
    for name, nodes in side.items():
        with _naming(name):
            own.append(network.own(nodes))
    variances, kernels = zip(*own, strict=True)
    graphs, batches = list(side.values()), []
    for run in _runs([nodes.X.shape[0] for nodes in graphs], most):
        X, *maps = zip(*graphs[run], strict=True)
        if any(map(sparse.issparse, X)):
            X = sparse.vstack(list(map(sparse.csr_array, X)), format="csr")
        else:
            X = np.concatenate(X)
        nodes = Nodes(X, *(sparse.block_diag(blocks, format="csr") for blocks in maps))
        batches.append(Batch(run, nodes, np.concatenate(variances[run], axis=1)))
    return batches, np.concatenate(kernels).ravel()


def _runs(sizes, most):
    """Slices of graphs that together have at most so many nodes, or of one graph."""
    start = n_nodes = 0
    for i, size in enumerate(sizes):
        if i > start and n_nodes + size > most:
            yield slice(start, i)
            start, n_nodes = i, 0
        n_nodes += size
    yield slice(start, len(sizes))


def _checked(name, graphs, mean_of_neighbours, mean_of_nodes):
    """The `Nodes` of each graph, by its name."""
    side = {}
    for i, graph in enumerate(graphs):
        with _naming(f"{name}[{i}]"):
            if not isinstance(graph, tuple | list) or len(graph) != 2:
                raise ValueError("a graph must be a pair (X, adjacency).")
            X, S = check_graph(*graph)
            read = np.ones((1, X.shape[0]))
            if mean_of_neighbours:
                S = sparse.csr_array(sparse.diags_array(1 / degrees(S)) @ S)
            if mean_of_nodes:
                read /= X.shape[0]
            side[f"{name}[{i}]"] = Nodes(X, S, sparse.csr_array(read))
    if not side:
        raise ValueError(f"{name} is empty; a kernel needs at least one graph.")
    return side


def _require_equal_widths(sides):
    widths = {name: nodes.X.shape[1] for side in sides for name, nodes in side.items()}
    first = next(iter(widths))
    for name, width in widths.items():
        if width != widths[first]:
            raise ValueError(
                f"{first} has {widths[first]} features but {name} has {width}; a kernel compares "
                "nodes with equal numbers of features."
            )


@contextmanager
def _naming(graph):
    """Say of which graph a ValueError is."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{graph}: {error}") from error
