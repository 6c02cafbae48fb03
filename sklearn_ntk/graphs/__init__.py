"""Kernels of infinitely wide graph networks, as matrices for ``kernel="precomputed"``."""

from ._graphs import graph_kernel
from ._nodes import node_kernel

__all__ = ["node_kernel", "graph_kernel"]
