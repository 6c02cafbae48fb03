"""What a graph is: features of its nodes and who is whose neighbour."""

import numpy as np
from scipy import sparse
from sklearn.utils import check_array

# Of the largest weight: what rounding may leave between the two directions of an edge.
ASYMMETRY = 1e-10


def check_graph(X, adjacency):
    """X as finite float64 rows, dense or CSR, and A + I as a CSR array.

    Nodes that have a self-loop already keep it as it is, so that A + I may be passed for A.
    """
    X = check_array(X, accept_sparse="csr", dtype=np.float64, input_name="X")
    A = check_array(adjacency, accept_sparse="csr", dtype=np.float64, input_name="adjacency")
    A, n_nodes = sparse.csr_array(A), X.shape[0]
    if A.shape != (n_nodes, n_nodes):
        raise ValueError(
            f"adjacency has shape {A.shape}, must be {(n_nodes, n_nodes)}: X has {n_nodes} rows, "
            "one for each node."
        )
    if A.min() < 0:
        raise ValueError("adjacency has negative entries; weights of edges are at least 0.")
    if abs(A - A.T).max() > ASYMMETRY * A.max():
        raise ValueError(
            "adjacency is not symmetric, but edges have no direction here: pass "
            "numpy.maximum(A, A.T), or A.maximum(A.T) of a sparse matrix."
        )
    return X, A + sparse.diags_array(np.where(A.diagonal() == 0, 1.0, 0.0), format="csr")


def degrees(closed):
    """Sums of the weights of each node's edges, its self-loop included."""
    return np.asarray(closed.sum(axis=1)).ravel()
