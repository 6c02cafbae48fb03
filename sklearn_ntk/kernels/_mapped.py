"""What kernels of mapped rows share: a kernel inside, and what it knows of itself."""

import numpy as np
from scipy import sparse
from sklearn.gaussian_process.kernels import Hyperparameter

from ._base import BaseKernel
from ._input_gradient import values
from ._pairs import fill_tiles


class Mapped(BaseKernel):
    """A kernel k(x, z) = kernel(m(x), m(z)); a subclass defines `mapped(X)`, checked rows moved."""

    def get_params(self, deep=True):
        """The parameters of this kernel.

        Parameters
        ----------
        deep : bool, default=True
            Whether to add those of the kernel inside, as ``kernel__*``.

        Returns
        -------
        params : dict
        """
        params = super().get_params()
        if deep:
            inner = self.kernel.get_params().items()
            params |= {f"kernel__{name}": value for name, value in inner}
        return params

    @property
    def hyperparameters(self):
        """Those of the kernel inside."""
        return [Hyperparameter(f"kernel__{h[0]}", *h[1:]) for h in self.kernel.hyperparameters]

    def is_stationary(self):
        """Whether the kernel inside is."""
        return self.kernel.is_stationary()

    def _fill(self, X, Z, out):
        U, V = self.mapped(X), None if Z is None else self.mapped(Z)
        if isinstance(self.kernel, BaseKernel):
            self.kernel._fill(U, V, out)
            return

        def evaluate(rows, cols, out, store):
            square = V is None and rows == cols
            others = None if square else (U if V is None else V)[cols]
            out[...] = values(self.kernel, U[rows], others)

        fill_tiles(out, evaluate, symmetric=V is None)

    def _diagonal(self, X):
        return self.kernel.diag(dense(self.mapped(X)))

    def _value_and_gradient(self, X):
        K, inner = values(self.kernel, self.mapped(X), None, eval_gradient=True)
        gradient = np.zeros((*K.shape, len(self._free())))
        gradient[..., np.flatnonzero(self._free())[: inner.shape[-1]]] = inner  # which come first
        return K, gradient

    def __repr__(self):
        name = next(name for name in self.get_params(deep=False) if name != "kernel")
        value = np.asarray(getattr(self, name))
        text = np.array2string(value, precision=3, threshold=8, edgeitems=3)
        text = f"<array of shape {value.shape}>" if value.ndim > 1 else text
        return f"{type(self).__name__}({self.kernel!r}, {name}={text})"


def dense(rows):
    """The rows as an array."""
    return rows.toarray() if sparse.issparse(rows) else rows
