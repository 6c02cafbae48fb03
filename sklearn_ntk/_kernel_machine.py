"""What regressors and classifiers share: from rows and targets to coefficients, and back."""

from numbers import Integral, Real
from os import PathLike

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval

from ._callbacks import CallbackSupportMixin
from ._distributed_gram import DistributedGram, dask_is_active
from ._estimator import Estimator
from ._gram import Gram, PrecomputedGram, kernel_product
from ._inference import (
    N_ROWS,
    best_ridge,
    repetitions,
    ridge_candidates,
    sampled_rows,
)
from ._memory import available_memory
from ._solvers import eigh, require_squares, solve_cholesky, solve_conjugate_gradients
from ._validation import checked_rows, fitted_rows, one_of, used_rows
from ._warnings import warn, warn_unless_converged
from .kernels import NTK
from .kernels._scale import at_scale

# Rows from which on conjugate gradients take less time than a factorization.
LARGE = 40_000
RIDGE = Interval(Real, 0, None, closed="left")


class KernelMachine(CallbackSupportMixin, Estimator):
    """Coefficients C with A C = Y, A = K(X, X) + alpha / sample_weight, and products K(X*, X) C.

    Knows neither what Y is nor what the products mean. The `fit` of a subclass reads: validate
    (`_validated`), choose `kernel_` (`_learned_kernel`) and `alpha_` (`_held_out`), solve
    (`_solutions`), keep. A subclass defines `_make_kernel(X, weight)`: the kernel object that its
    parameters name, or None if X is the kernel matrix itself.
    """

    _parameter_constraints: dict = {
        "alpha": [one_of(["auto"]), RIDGE, "array-like"],
        "solver": [one_of(["auto", "cholesky", "cg", "eigh"])],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "training_time": [Interval(Real, 0, None, closed="both"), None],
        "precision": [one_of(["auto", "float64", "float32", "mixed"])],
        "storage": [str, PathLike, None],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    # Where they are no parameters.
    solver, tol, max_iter, keep_factor = "auto", 1e-7, 1000, False

    def _validated(self, X, y, sample_weight, y_numeric=False):
        """X and y of positive weight, in memory of their own, and the weights."""
        checks = {"copy": True, "multi_output": True, "y_numeric": y_numeric}
        X, y = checked_rows(self, X, y, sparse=not self._pairwise(), **checks)
        used, weight = used_rows(X, sample_weight)
        if not self._pairwise():
            return X[used], y[used], weight
        if X.shape[0] != X.shape[1]:
            raise ValueError(
                f"A precomputed kernel matrix must be square, but X has shape {X.shape}."
            )
        self._used = used
        return X[used][:, used], y[used], weight

    def _held_out(self, X, Y, weight, counts):
        """The ridge, and what rows left out are predicted with it, on a sample of the rows.

        Parameters
        ----------
        X, weight
            As for `_solutions`.
        Y : ndarray of shape (n, n_targets)
            Targets in comparable units.
        counts : ndarray of int of shape (n,)
            How often each row counts; one of its repetitions is left out at a time, so that to
            repeat a row is the same as to weight it.

        Returns
        -------
        alpha : float
            The ridge of the least squared error, unless `alpha` is a number.
        predictions, Y : ndarray of shape (n_sampled, n_targets)
            Leave-one-out predictions, and the targets.
        weight : ndarray of shape (n_sampled,)
            The weights of these repetitions.
        """
        K, Y, sampled = self._sample(X, Y, weight, counts)
        # A common factor of weights and ridge changes nothing, but sums of huge ones overflow.
        unit = sampled.max()
        w = sampled / unit
        alphas = self._ridges(K, w, unit, len(weight), self._precision(X))
        time = np.inf if self.training_time is None else self.training_time
        alpha, predictions = best_ridge(K, Y, w, alphas, centred=self._centred(), time=time)
        return alpha * unit, predictions, Y, sampled

    def _ridges(self, K, weight, unit, n_rows, precision):
        """Candidates for the ridge over `unit`, by which the weights of K's rows were divided."""
        if not isinstance(self.alpha, str):
            return np.atleast_1d(np.mean(self.alpha) / unit)
        dtype = np.float32 if precision == "float32" else np.float64
        alphas = ridge_candidates(K, weight, n_rows, dtype)
        return np.minimum(alphas, np.finfo(float).max / max(unit, 1.0))

    def _sample(self, X, Y, weight, counts):
        """Kernel matrix, targets and weights of the repetitions of at most N_ROWS rows."""
        rows = sampled_rows(X, N_ROWS, self.random_state, counts)
        part = X[rows][:, rows] if self.kernel_ is None else X[rows]
        K = self._training_matrix(part, np.zeros(len(rows))).to_array(self.n_jobs)
        return K, Y[rows], (weight / counts)[rows]

    def _learner(self):
        """A function of rows, targets and weights that learns a kernel; None if none is learned."""
        kernel = getattr(self, "kernel", None)
        return kernel._learner() if isinstance(kernel, KernelMachine) else None

    def _learned_kernel(self, X, Y, weight, counts, progress):
        """The kernel of a fit, and what `_held_out` would find out if learning it tells, or None.

        The parameters are those of `_held_out`.
        """
        kernel = getattr(self, "kernel", None)
        if isinstance(kernel, KernelMachine):
            return kernel._learned_kernel(X, Y, weight, counts, progress)
        return self._make_kernel(X, weight), None

    def _centred(self):
        """Whether each fit subtracts the mean of its targets."""
        return True

    def _solutions(self, X, Y, weight, progress):
        """(ridge, mask of its targets, factor, coefficients) for each distinct ridge in `alpha_`.

        Factors are large: a loop over them has to drop each one that it does not keep before it
        asks for the next.
        """
        precision = self._precision(X)
        self.solver_, self.n_iter_ = self._choose_solver(X, precision), 1
        groups = ridge_groups(self.alpha_, Y)
        if self.solver_ == "eigh":
            yield from self._by_eigenvectors(X, Y, weight, groups)
            return
        if self.solver_ == "cg":
            yield from self._by_conjugate_gradients(X, Y, weight, groups, progress)
            return
        for ridge, targets in groups:
            factor, coefficients = solve_cholesky(
                self._training_matrix(X, ridge / weight),
                Y[..., targets],
                precision=precision,
                n_jobs=self.n_jobs,
                storage=self.storage,
                progress=progress,
            )
            if precision == "mixed" and factor.dtype == np.float64:
                warn(
                    "The matrix is too ill-conditioned for precision='mixed', and was solved "
                    "in float64 instead. Increase alpha to keep the mixed precision."
                )
            # float32 coefficients are for float32 rows: the units of others may exceed it.
            dtype = X.dtype if precision == "float32" else np.float64
            yield ridge, targets, factor, coefficients.astype(dtype, copy=False)
            del factor

    def _choose_solver(self, X, precision):
        """As asked for, or conjugate gradients where they are faster or nothing else fits."""
        if self.training_time not in (None, np.inf):
            return "eigh"
        wants_factor = self.keep_factor or self.storage is not None
        if self.solver != "auto" or wants_factor or self.precision in ("float32", "mixed"):
            return "cholesky" if self.solver == "auto" else self.solver
        if np.min(self.alpha_) == 0 or self.kernel_ is None:
            return "cholesky"
        there = available_memory()
        need = X.shape[0] ** 2 / 2 * np.dtype(precision).itemsize
        fits = there is None or need <= there
        return "cholesky" if fits and X.shape[0] <= LARGE else "cg"

    def _by_conjugate_gradients(self, X, Y, weight, groups, progress):
        """The same without a factor."""
        if self.keep_factor:
            raise ValueError("solver='cg' makes no factor: leave keep_factor at False.")
        if self.precision in ("float32", "mixed") or self.storage is not None:
            raise ValueError(
                "solver='cg' makes no factor whose precision or storage could be chosen: leave "
                "precision at 'auto' and storage at None."
            )
        errors, self.n_iter_ = [], 0
        A = self._training_matrix(X, weight)
        if dask_is_active() and isinstance(A, Gram) and isinstance(X, np.ndarray):
            A = DistributedGram.of_local_rows(self.kernel_, X, weight)
        for ridge, targets in groups:
            A.noise = ridge / weight
            coefficients, n_iter, error = solve_conjugate_gradients(
                A,
                Y[..., targets],
                tolerance=self.tol,
                max_iter=self.max_iter,
                rng=check_random_state(self.random_state),
                n_jobs=self.n_jobs,
                progress=progress,
            )
            errors.append(error)
            self.n_iter_ = max(self.n_iter_, n_iter)
            yield ridge, targets, None, coefficients.astype(X.dtype, copy=False)
        warn_unless_converged(self.n_iter_, max(errors), self.tol)

    def _by_eigenvectors(self, X, Y, weight, groups):
        """The same from one eigendecomposition for all ridges."""
        if self.solver in ("cholesky", "cg"):
            raise ValueError("A finite training_time needs eigenvectors: solver='eigh' or 'auto'.")
        if self.precision in ("float32", "mixed") or self.storage is not None:
            raise ValueError(
                "A finite training_time and solver='eigh' need eigenvectors, which are in float64 "
                "and in memory: leave precision at 'auto' and storage at None."
            )
        n = X.shape[0]
        require_squares(2, n, "eigendecomposition", "solver='cholesky' needs a quarter of it")
        K = self._training_matrix(X, np.zeros(n))
        # A common factor of weights and ridge changes nothing, but sums of huge ones overflow.
        unit = weight.max() if weight.max() > 1e100 else 1.0
        time = np.inf if self.training_time is None else self.training_time
        factor = eigh(K.to_array(self.n_jobs), weight / unit).at(time=time)
        for ridge, targets in groups:
            part = factor.at(alpha=ridge / unit)
            yield ridge, targets, part, part.solve(Y[..., targets]).astype(X.dtype, copy=False)

    def _precision(self, X):
        return X.dtype.name if self.precision == "auto" else self.precision

    def _training_matrix(self, X, noise):
        """K(X, X) + diag(noise), evaluated where it is asked for."""
        if self.kernel_ is None:
            return PrecomputedGram(X, noise)
        return Gram(self.kernel_, X, noise)

    def _product(self, X, V):
        """K(X, X_fit_) V for checked rows, holding one block of the kernel matrix per job."""
        if self.kernel_ is None:
            return X @ V
        return kernel_product(self.kernel_, X, self.X_fit_, V, self.n_jobs)

    def _require_kernel(self, what):
        if self.kernel_ is None:
            raise ValueError(f"{what} needs a kernel object, which kernel='precomputed' is not.")

    def _check_rows(self, X):
        X = fitted_rows(self, X, sparse=not self._pairwise())
        return X[:, self._used] if self._pairwise() else X

    def _pairwise(self):
        """Whether X is the kernel matrix itself."""
        return False

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = not self._pairwise()
        tags.input_tags.pairwise = self._pairwise()
        return tags


def kernel_of(kernel, X, weight):
    """The kernel object that a parameter `kernel` stands for on these rows.

    None stands for the default network, "precomputed" for None, and an estimator such as
    LaplaceKernel for the kernel that it would make.
    """
    if kernel is None:
        return NTK()
    if isinstance(kernel, str):
        return None
    if isinstance(kernel, KernelMachine):
        return kernel._make_kernel(X, weight)
    return at_scale(kernel, X, weight)


def learned_kernel(kernel, X, Y, weight, progress):
    """`kernel_of`, or what an estimator that learns its kernel learns from these rows."""
    if isinstance(kernel, KernelMachine):
        return kernel._learned_kernel(X, Y, weight, repetitions(weight), progress)[0]
    return kernel_of(kernel, X, weight)


def checked_ridge(alpha, y):
    """`alpha` as an array: a single ridge, or one for each column of y.

    Raises
    ------
    ValueError
        If there are too few or too many, or if one is negative, infinite or NaN.
    """
    alpha = np.asarray(alpha, dtype=np.float64)
    if alpha.shape not in [(), y.shape[1:]]:
        wanted = f"or an array of shape {y.shape[1:]}, one for each target" if y.ndim == 2 else ""
        raise ValueError(f"alpha has shape {alpha.shape}; give one number {wanted}".rstrip() + ".")
    if not ((alpha >= 0) & np.isfinite(alpha)).all():
        raise ValueError(f"alpha has values that are not in the range [0, inf): {alpha}.")
    return alpha if alpha.ndim else float(alpha)


def ridge_groups(alpha, y):
    """(ridge, mask of the targets that share it) for each distinct ridge.

    The mask has the shape of a row of y, so that ``y[..., mask]`` has two dimensions always.
    """
    alpha = np.broadcast_to(alpha, y.shape[1:])
    return [(ridge, alpha == ridge) for ridge in np.unique(alpha)]
