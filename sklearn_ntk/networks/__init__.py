"""Finite networks in the parameterization of the kernels: drawn, trained, as a kernel."""

from ._empirical_ntk import EmpiricalNTK
from ._finite_network import FiniteNetwork
from ._finite_network_regressor import FiniteNetworkRegressor

__all__ = ["FiniteNetwork", "FiniteNetworkRegressor", "EmpiricalNTK"]
