"""The kernel of a graph convolutional network on the nodes of one graph."""

from numbers import Integral

import numpy as np
from scipy import sparse

from .._memory import require_memory
from ..kernels._pairs import check_number
from ._adjacency import check_graph, degrees
from ._recursion import MATRICES, Nodes, make_network


def node_kernel(
    X,
    adjacency,
    *,
    depth=2,
    kind="ntk",
    activation="relu",
    weight_variance=2.0,
    bias_variance=0.0,
):
    """Kernel of an infinitely wide graph convolutional network on the nodes of a graph.

    The network turns the features H of all nodes, one row each, into phi(S H W + b), `depth`
    times, and into S H w + b at the output, with the adjacency matrix A normalised by degree::

        S           = D^{-1/2} (A + I) D^{-1/2},    D = diag of the sums of rows of A + I
        Sigma_1     = S (weight_variance * X X' / n_features) S' + bias_variance
        Sigma_{l+1} = S M_l S' + bias_variance
        Theta_1     = Sigma_1
        Theta_{l+1} = S (M_l + weight_variance * Theta_l * E[phi'(u) phi'(v)]) S' + bias_variance
        M_l         = weight_variance * E[phi(u) phi(v)]

    with (u, v) Gaussian of covariance Sigma_l for each pair of nodes. The NNGP kernel is
    Sigma_{depth + 1}, the NTK is Theta_{depth + 1}. Without edges these are `kernels.NNGP` and
    `kernels.NTK` of the rows of X.

    Every node enters, so training and test nodes are slices of one matrix, for estimators with
    ``kernel="precomputed"``. Test nodes need features and edges, but no labels.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_nodes, n_features)
        Features of the nodes; ``np.eye(n_nodes)`` where there are none.
    adjacency : {array-like, sparse matrix} of shape (n_nodes, n_nodes)
        Weights of the edges, 1 or any positive number, and 0 between other nodes; symmetric. A
        self-loop of weight 1 is added to each node that has none.
    depth : int, default=2
        Number of hidden layers, at least 1; the output sees nodes ``depth + 1`` edges away.
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
        Variance of each bias, which is added after the sum over neighbours. Graph convolutional
        networks are usually without.

    Returns
    -------
    K : ndarray of shape (n_nodes, n_nodes)
        Kernel values, float64, in O(depth * n_nodes * (n_nodes + n_edges)).

    Raises
    ------
    ValueError, TypeError
        For parameters out of range, NaN or infinite values, an adjacency matrix of another
        shape, of directed edges or negative weights, or features so large that the kernel
        overflows.
    MemoryError
        If four matrices of the shape of K do not fit.

    References
    ----------
    Kipf and Welling, Semi-Supervised Classification with Graph Convolutional Networks, ICLR 2017,
    equation 2, for the network. Du et al., Graph Neural Tangent Kernel, NeurIPS 2019, section 3,
    for the recursion. Niu, Anitescu and Chen, Graph Neural Network-Inspired Kernels for Gaussian
    Processes in Semi-Supervised Learning, ICLR 2023, for the NNGP kernel.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk import KernelClassifier
    >>> from sklearn_ntk.graphs import node_kernel
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 30)  # two communities
    >>> edges = np.triu(rng.random((60, 60)) < np.where(y[:, np.newaxis] == y, 0.2, 0.02), 1)
    >>> K = node_kernel(np.eye(60), edges + edges.T)
    >>> train, test = np.arange(0, 60, 6), np.setdiff1d(np.arange(60), np.arange(0, 60, 6))
    >>> model = KernelClassifier(kernel="precomputed").fit(K[train][:, train], y[train])
    >>> round(model.score(K[test][:, train], y[test]), 2)
    1.0
    """
    check_number(depth, "depth", Integral, 1)
    network = make_network(
        kind, activation, weight_variance, bias_variance, (True,) * depth, (False,) * depth
    )
    X, closed = check_graph(X, adjacency)
    remedy = "Drop nodes that are more than depth + 1 edges away from all that have or want a label"
    require_memory(8 * MATRICES * X.shape[0] ** 2, "kernel of the nodes", remedy)
    scale = sparse.diags_array(1 / np.sqrt(degrees(closed)))
    S = sparse.csr_array(scale @ closed @ scale)
    return network.own(Nodes(X, S, S))[1]
