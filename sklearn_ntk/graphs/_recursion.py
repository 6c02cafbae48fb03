"""The recursion over the layers of a graph network, on matrices over pairs of nodes.

With H the features of the nodes, one row each, and T a matrix that the graph gives, a layer is

    U = T H W + b,    H <- phi(U).

T mixes nodes, as do the degree-normalised adjacency or the sum over a graph, or is the identity. It
comes before the weights, so that a bias is added to what is already mixed. State of a pair of
nodes, of one graph or of two: the covariance Sigma of their preactivations U and the tangent
kernel Theta of the same. With weight variance sw2 and bias variance sb2

    M     = sw2 E[phi(u) phi(v)]                     (u, v) ~ N(0, Sigma)
    Sigma <- T M T' + sb2
    Theta <- T (M + sw2 Theta E[phi'(u) phi'(v)]) T' + sb2,

T on the left that of the one graph, on the right that of the other. In the first layer, M is
sw2 <x, z> / n_features and Theta = Sigma.

These are the equations of Du et al. (NeurIPS 2019, section 3), with biases and for any T.
"""

from typing import NamedTuple

import numpy as np

from .._blocks import transpose
from .._threads import thread_map
from ..kernels import NNGP, NTK
from ..kernels._arrays import slices
from ..kernels._pairs import TILES, inner_products
from ..kernels._pixels import respond

# Pairs of nodes whose matrices stay in the cache.
PAIRS = 2**16
# Matrices over pairs of nodes that are held at a time.
MATRICES = 4


class Nodes(NamedTuple):
    """One side of the kernel matrix: nodes of one or several graphs."""

    X: object  # (n_nodes, n_features), dense or CSR
    mix: object  # (n_nodes, n_nodes), CSR: T of the layers that see neighbours
    read: object  # (n_outputs, n_nodes), CSR: T of the output layer


class GraphNetwork(NamedTuple):
    """The parameters of the network, checked, and the kernel: NTK if `tangent`, or NNGP."""

    activation: object
    weight_variance: float
    bias_variance: float
    tangent: bool
    mixes: tuple  # for each hidden layer, whether it sees neighbours
    reads: tuple  # for each hidden layer, whether the output layer sees what goes into it

    def own(self, nodes):
        """The variances of each hidden layer, (depth, n_nodes), and the kernel of `nodes`."""
        variances = []

        def sides(_, K):
            q = K.diagonal().copy()
            _check_finite(q)
            variances.append(q)
            return q, q

        K = self._recur(nodes, nodes, sides)
        _check_finite(K.diagonal())
        return np.array(variances), K

    def between(self, x, z, q_x, q_z):
        """The kernel between two `Nodes` with these variances."""
        return self._recur(x, z, lambda layer, _: (q_x[layer], q_z[layer]))

    def _recur(self, x, z, sides):
        symmetric = x is z
        output = self.bias_variance
        with np.errstate(over="ignore", invalid="ignore"):  # checked where nodes meet themselves
            states = [self._products(x, z)]  # and Theta, once it is another matrix
            for layer, (mixes, reads) in enumerate(zip(self.mixes, self.reads, strict=True)):
                if reads:
                    output = output + _mixed(x.read, states[-1], z.read)
                for i in range(len(states)):
                    if mixes:
                        states[i] = _mixed(x.mix, states[i], z.mix)
                    if self.bias_variance > 0:
                        states[i] += self.bias_variance
                q_x, q_z = sides(layer, states[0])
                if self.tangent and layer == 0:
                    states.append(np.empty_like(states[0]))
                self._respond(states, layer == 0, q_x, q_z, symmetric)
            output = output + _mixed(x.read, states[-1], z.read)
        del states
        return (output + output.T) / 2 if symmetric else output

    def _products(self, x, z):
        """M of the first layer."""
        M = np.empty((x.X.shape[0], z.X.shape[0]))
        inner_products(x.X, z.X, M)
        M *= self.weight_variance / x.X.shape[1]
        return M

    def _respond(self, states, first, q_x, q_z, symmetric):
        """M and M + sw2 Theta E[phi' phi'] in place, strip by strip."""
        n, m = states[0].shape
        errors = np.geterr()  # which is this thread's

        def fill(rows):
            parts = [state[rows, : rows.stop if symmetric else m] for state in states]
            K, theta = parts if self.tangent else (*parts, None)
            sides = q_x[rows, np.newaxis], q_z[: K.shape[1]]
            with np.errstate(**errors):
                work = np.empty((2, K.size))
                respond(self.activation, K, theta, first, *sides, self.weight_variance, work)
            if symmetric:
                for state, part in zip(states, parts, strict=True):
                    transpose(part[:, : rows.start], state[: rows.start, rows])

        _strip_by_strip(fill, n, m)


def make_network(kind, activation, weight_variance, bias_variance, mixes, reads):
    """The `GraphNetwork` of these parameters, which it checks."""
    if kind not in ("ntk", "nngp"):
        raise ValueError(f"kind must be 'ntk' or 'nngp', got {kind!r}.")
    dense = (NTK if kind == "ntk" else NNGP)(
        len(mixes),
        activation=activation,
        weight_variance=weight_variance,
        bias_variance=bias_variance,
    )
    parameters = dense._common_parameters()
    del parameters["depth"]
    return GraphNetwork(**parameters, mixes=mixes, reads=reads)


def _mixed(left, K, right):
    """left @ K @ right.T of sparse left and right."""
    out = np.empty((left.shape[0], right.shape[0]))

    def fill(rows):
        out[rows] = (right @ (left[rows] @ K).T).T

    _strip_by_strip(fill, left.shape[0], K.shape[1])
    return out


def _strip_by_strip(fill, n, m):
    """Call fill(rows) for strips of an (n, m) matrix, in threads if there are many."""
    strips = slices(n, max(1, PAIRS // m))
    if len(strips) > TILES:
        thread_map(fill, strips)
    else:
        list(map(fill, strips))


def _check_finite(values):
    if not np.isfinite(values).all():
        raise ValueError(
            "The kernel overflows. Scale the features, or lower weight_variance or the number of "
            "layers."
        )
