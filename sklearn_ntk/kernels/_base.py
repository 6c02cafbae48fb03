"""The protocol of a kernel, and what every kernel of the package shares.

A kernel turns rows into a matrix. It is called in four ways:

* ``kernel(X, Y=None, eval_gradient=False)``: a fresh float64 array K(X, Y), where None stands for
  X, and on demand its derivatives by the hyperparameters;
* ``kernel.fill(X, Y, out)``: K(X, Y) written to an array of any precision and memory layout;
* ``kernel.product(X, Y, V)``: K(X, Y) V, of whose matrix only tiles are ever held;
* ``kernel.diag(X)``: the diagonal of K(X, X), in time that is linear in the number of rows.

These check what they are given. A kernel of the package defines three methods on checked rows:
`_fill(X, Z, out)`, which leaves `out` to `fill_tiles`, for it may be a product, `_diagonal(X)`, and
`_value_and_gradient(X)`, whose gradient has a last axis for all hyperparameters, fixed or not.
"""

from inspect import signature

import numpy as np
from sklearn.gaussian_process.kernels import Kernel

from .._compiled import expect
from ._pairs import TileProduct, check_rows


class BaseKernel(Kernel):
    """scikit-learn's kernel protocol for rows, dense or sparse."""

    def __call__(self, X, Y=None, eval_gradient=False):
        """The kernel matrix.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
            Rows; columns in different units need a ``StandardScaler`` first.
        Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features), default=None
            Other rows. None stands for X and costs half.
        eval_gradient : bool, default=False
            Whether to return the gradient as well; only for ``Y=None``.

        Returns
        -------
        K : ndarray of shape (n_samples_X, n_samples_Y)
            Kernel values, float64 for every input.
        K_gradient : ndarray of shape (n_samples_X, n_samples_X, n_dims)
            Derivatives by the logarithms of the hyperparameters that are not fixed, in
            alphabetical order; only if `eval_gradient`.

        Raises
        ------
        ValueError, TypeError
            For parameters out of range, NaN or infinite values, unequal numbers of
            features, or rows so large that the kernel overflows.
        """
        if eval_gradient and Y is not None:
            raise ValueError("The gradient is only defined for Y=None.")
        X, Y = check_rows(X, Y)
        expect(np.prod(_shape(X, Y)))
        if not eval_gradient:
            K = np.empty(_shape(X, Y))
            self._fill(X, Y, K)
            return K
        K, gradient = self._value_and_gradient(X)
        return K, gradient[..., self._free()]

    def fill(self, X, Y, out):
        """Write the kernel matrix to an array, of any precision.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
            Rows, as for a call.
        Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features) or None
            Other rows. None stands for X and costs half.
        out : ndarray of shape (n_samples_X, n_samples_Y)
            Overwritten with values that are computed in float64 and rounded once.

        Raises
        ------
        ValueError, TypeError
            As for a call, or if `out` has another shape.
        """
        X, Y = check_rows(X, Y)
        if out.shape != _shape(X, Y):
            raise ValueError(f"out has shape {out.shape}, must be {_shape(X, Y)}.")
        expect(out.size)
        self._fill(X, Y, out)

    def product(self, X, Y, V, n_jobs=None):
        """``kernel(X, Y) @ V``, of whose matrix each thread holds a tile.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
            Rows, as for a call.
        Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features) or None
            Other rows. None stands for X and costs half.
        V : array-like of shape (n_samples_Y,) or (n_samples_Y, k)
            One column or several.
        n_jobs : int, default=None
            Threads. None is what ``joblib.parallel_config`` names, or else as many as BLAS has.

        Returns
        -------
        product : ndarray of shape (n_samples_X,) or (n_samples_X, k)
            In float64.

        Raises
        ------
        ValueError, TypeError
            As for a call, or if `V` has another number of rows.
        """
        X, Y = check_rows(X, Y)
        shape, V = _shape(X, Y), np.asarray(V, dtype=np.float64)
        if V.ndim not in (1, 2) or len(V) != shape[1]:
            raise ValueError(
                f"V has shape {V.shape}, must be ({shape[1]},) or ({shape[1]}, k): one row for "
                "each column of the kernel matrix."
            )
        expect(shape[0] * shape[1])
        matrix = TileProduct(shape, V.reshape(len(V), -1), n_jobs)
        self._fill(X, Y, matrix)
        return matrix.value.reshape(shape[0], *V.shape[1:])

    def diag(self, X):
        """The diagonal of ``kernel(X)``, without the matrix.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        diagonal : ndarray of shape (n_samples,)
            Kernel values of each row with itself.
        """
        return self._diagonal(check_rows(X, None)[0])

    def _free(self):
        """Which of the numbers that are hyperparameters are not fixed."""
        free = [np.full(h.n_elements, not h.fixed) for h in self.hyperparameters]
        return np.concatenate([np.zeros(0, dtype=bool), *free])  # of which there may be none

    @property
    def theta(self):
        """Logarithms of the hyperparameters that are not fixed, in alphabetical order."""
        return super().theta

    @theta.setter
    def theta(self, theta):
        if np.shape(theta) != (self.n_dims,):
            names = [h.name for h in self.hyperparameters if not h.fixed]
            raise ValueError(
                f"theta has shape {np.shape(theta)}, but {type(self).__name__} has {self.n_dims} "
                f"free hyperparameters ({', '.join(names) or 'none'}), whose logarithms it holds."
            )
        Kernel.theta.fset(self, theta)

    def __repr__(self):
        # What leads up to the last hyperparameter always, what follows where it is unusual.
        parameters = signature(type(self)).parameters
        names = [name for name in parameters if not name.endswith("_bounds")]
        leading = max(names.index(name) for name in names if f"{name}_bounds" in parameters)
        shown = []
        for i, name in enumerate(names):
            value = getattr(self, name)
            if i <= leading or value != parameters[name].default:
                form = ".3g" if isinstance(value, float) else ""
                shown.append(f"{name}={repr(value) if isinstance(value, str) else value:{form}}")
        return f"{type(self).__name__}({', '.join(shown)})"


def _shape(X, Y):
    return X.shape[0], (X if Y is None else Y).shape[0]
