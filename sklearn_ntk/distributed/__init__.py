"""Estimators for rows on many machines, as Dask collections hold them (the extra ``dask``)."""

from ._kernel_regressor import DistributedKernelRegressor

__all__ = ["DistributedKernelRegressor"]
