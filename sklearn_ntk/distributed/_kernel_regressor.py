"""Kernel regression on rows that no machine holds alone."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import MultiOutputMixin, RegressorMixin, _fit_context
from sklearn.gaussian_process.kernels import Kernel
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from .._callbacks import fit_progress
from .._distributed_gram import TILE, DistributedGram
from .._estimator import Estimator
from .._gram import kernel_product
from .._inference import N_ROWS, best_ridge, ridge_candidates
from .._kernel_machine import RIDGE, KernelMachine, learned_kernel
from .._solvers import solve_conjugate_gradients
from .._validation import (
    all_or_nothing,
    checked_rows,
    fitted_rows,
    normalized,
    one_of,
    require_numbers,
)
from .._warnings import warn_unless_converged
from ._tiles import tiled_matrix


class DistributedKernelRegressor(MultiOutputMixin, RegressorMixin, Estimator):
    """`KernelRegressor` for Dask collections, whose rows stay on their workers.

    Parameters
    ----------
    kernel : kernel object or estimator, default=None
        Any kernel of `sklearn_ntk.kernels` or `sklearn.gaussian_process.kernels`;
        ``length_scale="scale"`` is measured on a random 1,000 of the rows, from which estimators
        that learn their kernel, such as `RFMRegressor`, learn it. None stands for ``NTK()``.
    alpha : "auto" or float, default="auto"
        Ridge, as for `KernelRegressor`, found on a random 1,000 of the rows.
    solver : {"cg", "cholesky"}, default="cg"
        "cg" evaluates the matrix anew in each of some dozens of iterations, on the workers, of
        which a fit takes no memory; here it takes that of the targets and scikit-learn's
        ``working_memory``. "cholesky" holds all n_rows^2 numbers on the workers, in tiles, and
        factors them by `dask.array.linalg`.
    tol : float, default=1e-7
        Where "cg" stops, as for `KernelRegressor`.
    max_iter : int, default=1000
        Iterations after which "cg" stops with a `ConvergenceWarning`.
    tile : int, default=4096
        Rows and columns of a tile of "cholesky".
    random_state : int, RandomState instance or None, default=0
        Draws the rows on which the ridge is found, and the preconditioner of "cg".

    Attributes
    ----------
    dual_coef_ : ndarray of shape (n_rows,) or (n_rows, n_targets)
        Coefficients of the training rows.
    X_fit_ : dask array of shape (n_rows, n_features)
        The training rows, on their workers.
    intercept_ : float or ndarray of shape (n_targets,)
        The mean of the targets.
    kernel_ : kernel object
        The kernel that was used.
    alpha_ : float
        The ridge that was used.
    n_iter_ : int
        Iterations of "cg"; 1 for "cholesky".
    n_features_in_ : int
        Number of columns.

    See Also
    --------
    sklearn_ntk.KernelRegressor : On one machine; within ``joblib.parallel_config("dask")`` its
        ``solver="cg"`` evaluates the kernel on the workers as well.

    Notes
    -----
    A worker that is lost takes nothing with it that Dask could not evaluate anew, from the graph of
    the collection.

    Examples
    --------
    >>> import dask.array as da
    >>> from sklearn_ntk.distributed import DistributedKernelRegressor
    >>> X = da.random.default_rng(0).uniform(size=(2000, 2), chunks=(500, 2))
    >>> y = X[:, 0] * X[:, 1]
    >>> model = DistributedKernelRegressor().fit(X, y)
    >>> bool(abs(model.predict(X) - y).max().compute() < 1e-2)
    True
    """

    _parameter_constraints: dict = {
        "kernel": [Kernel, KernelMachine, None],
        "alpha": [one_of(["auto"]), RIDGE],
        "solver": [one_of(["cg", "cholesky"])],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tile": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        kernel=None,
        *,
        alpha="auto",
        solver="cg",
        tol=1e-7,
        max_iter=1000,
        tile=TILE,
        random_state=0,
    ):
        self.kernel = kernel
        self.alpha = alpha
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.tile = tile
        self.random_state = random_state

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Solve for the coefficients.

        Parameters
        ----------
        X : dask array or dataframe, or array-like, of shape (n_samples, n_features)
            Training rows, in chunks of rows; what is no Dask collection is sent to the workers.
        y : dask array, series or dataframe of shape (n_samples,) or (n_samples, n_targets)
            Targets, in the same chunks.

        Returns
        -------
        self : object

        Raises
        ------
        ImportError
            Without Dask.
        ValueError
            If the chunks of X and y differ, if X has several chunks of columns, or values that
            are infinite or NaN.
        numpy.linalg.LinAlgError
            If the matrix is singular to working precision; increase `alpha`.
        """
        X, y = self._collections(X, y)
        require_chunks(X, y)
        y = y.compute().astype(np.float64)
        if not np.isfinite(y).all() or not bool(np.isfinite(X).all().compute()):
            raise ValueError("X or y has values that are infinite or NaN.")
        rng, n = check_random_state(self.random_state), len(y)
        centred, self.intercept_, scale = normalized(y, np.ones(n), True)
        Y = (centred / scale).reshape(n, -1)
        A = DistributedGram(None, X, np.zeros(n))
        index = np.flatnonzero(rng.permutation(n) < N_ROWS)
        sample, ones = A.rows(index), np.ones(len(index))
        with fit_progress(self, sample, Y[index]) as progress:
            self.kernel_ = learned_kernel(self.kernel, sample, Y[index], ones, progress)
        A.kernel = self.kernel_
        self.alpha_ = self.alpha
        if isinstance(self.alpha, str):
            K = self.kernel_(sample)
            alphas = ridge_candidates(K, ones, n)
            self.alpha_ = best_ridge(K, Y[index], ones, alphas, centred=True)[0]
        A.noise = np.full(n, self.alpha_)
        coefficients = (self._by_cholesky if self.solver == "cholesky" else self._by_cg)(A, Y, rng)
        self.dual_coef_ = coefficients.reshape(y.shape) * scale
        self.X_fit_ = X
        return self

    def _collections(self, X, y):
        """Rows on the workers, and targets."""
        is_dask_collection, da = require_dask()
        if is_dask_collection(X):
            if hasattr(X, "columns"):
                self.feature_names_in_ = np.array(X.columns, dtype=object)
            X = dask_array(X).persist()
            self.n_features_in_ = X.shape[1]
            y = dask_array(y) if is_dask_collection(y) else da.from_array(y, X.chunks[:1])
            return X, y
        require_numbers(y)
        X, y = checked_rows(self, X, y, sparse=False, multi_output=True, y_numeric=True)
        X = da.from_array(X, chunks=(TILE, -1)).persist()
        return X, da.from_array(y, chunks=(X.chunks[0], *((n,) for n in y.shape[1:])))

    def _by_cg(self, A, Y, rng):
        coefficients, self.n_iter_, error = solve_conjugate_gradients(
            A, Y, tolerance=self.tol, max_iter=self.max_iter, rng=rng
        )
        warn_unless_converged(self.n_iter_, error, self.tol)
        return coefficients

    def _by_cholesky(self, A, Y, rng):
        from dask import array as da
        from dask.array import linalg

        self.n_iter_ = 1
        tile = min(self.tile, len(Y))
        matrix = tiled_matrix(self.kernel_, A.X, A.noise, tile)
        padded = np.zeros((len(matrix), Y.shape[1]))
        padded[: len(Y)] = Y
        B = da.from_array(padded, chunks=(tile, -1))
        try:
            return linalg.solve(matrix, B, assume_a="pos").compute()[: len(Y)]
        except np.linalg.LinAlgError as error:
            raise np.linalg.LinAlgError(
                "The matrix is not positive definite to working precision. Increase alpha."
            ) from error

    def predict(self, X):
        """Predict, each chunk of rows on its worker.

        Parameters
        ----------
        X : dask array or dataframe, or array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : dask array, or ndarray if X is one, of shape (n_samples,) or (n_samples, n_targets)
            Predictions, which Dask has yet to compute.
        """
        is_dask_collection, da = require_dask()
        check_is_fitted(self)
        local = not is_dask_collection(X)
        if local:
            X = da.from_array(fitted_rows(self, X, sparse=False), chunks=(TILE, -1))
        else:
            X = dask_array(X)
        if X.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {X.shape[1]} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input."
            )
        from dask import delayed

        bounds, training = np.cumsum(self.X_fit_.chunks[0]), self.X_fit_.to_delayed()[:, 0]
        parts = [delayed(part) for part in np.split(self.dual_coef_, bounds[:-1])]
        shape = self.dual_coef_.shape[1:]
        predictions = []
        for x, n in zip(X.rechunk({1: -1}).to_delayed()[:, 0], X.chunks[0], strict=True):
            terms = [
                delayed(kernel_product)(self.kernel_, x, z, c, 1)
                for z, c in zip(training, parts, strict=True)
            ]
            total = delayed(sum)(terms) + self.intercept_
            predictions.append(da.from_delayed(total, shape=(n, *shape), dtype=np.float64))
        predictions = da.concatenate(predictions)
        return predictions.compute() if local else predictions


def require_dask():
    """What tells Dask collections, and the module of arrays.

    Raises
    ------
    ImportError
        Without Dask.
    """
    try:
        import dask.array as da
        from dask import is_dask_collection
    except ImportError as error:
        raise ImportError(
            "sklearn_ntk.distributed needs Dask: pip install sklearn_ntk[dask]."
        ) from error
    return is_dask_collection, da


def dask_array(values):
    """A Dask collection as an array whose chunks are known."""
    if hasattr(values, "to_dask_array"):
        return values.to_dask_array(lengths=True)
    return values.compute_chunk_sizes() if np.isnan(values.shape[0]) else values


def require_chunks(X, y):
    """Raise a ValueError with advice if rows and targets are not in the same chunks."""
    if X.ndim != 2 or X.numblocks[1] != 1:
        raise ValueError(
            f"X has chunks {X.chunks}, but each must have whole rows: X.rechunk({{1: -1}})."
        )
    if X.chunks[0] != y.chunks[0]:
        raise ValueError(
            f"The chunks of X have {X.chunks[0]} rows, but those of y have {y.chunks[0]}: pass "
            "y.rechunk({0: X.chunks[0]}), of as many rows as X."
        )
