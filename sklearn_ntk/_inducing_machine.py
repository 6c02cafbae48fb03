"""What regressors and classifiers on a few centres share: from batches of rows to coefficients."""

from numbers import Integral, Real

import numpy as np
from sklearn.gaussian_process.kernels import Kernel
from sklearn.utils import check_array, check_random_state
from sklearn.utils._param_validation import Interval

from ._callbacks import CallbackSupportMixin
from ._centers import CenterMap, choose_centers
from ._estimator import Estimator
from ._gram import kernel_product
from ._inference import (
    N_ROWS,
    StreamSample,
    best_ridge,
    repetitions,
    ridge_candidates,
    sampled_rows,
)
from ._kernel_machine import RIDGE, KernelMachine, learned_kernel
from ._memory import require_memory
from ._solvers import NormalEquations, conjugate_gradients, dense_cholesky, rounding
from ._threads import thread_map
from ._validation import fitted_rows, one_of
from ._warnings import warn_unless_converged

# Centres where no number is given, and rows that are left out one at a time to find the ridge.
N_CENTERS = N_HELD_OUT = 2000
# Centres from which on conjugate gradients take the place of an eigendecomposition.
MANY = 5000
# Rows for each centre from which the preconditioner of conjugate gradients is made.
ROWS = 4


class InducingMachine(CallbackSupportMixin, Estimator):
    """Ridge regression among the functions sum_j c_j k(z_j, .) of a few centres z_j.

    A subclass makes columns Y of its targets. It begins with its first rows (`_begin`) and then
    learns all of them (`_learn`) or a batch at a time (`_learn_more`).
    """

    _parameter_constraints: dict = {
        "kernel": [Kernel, KernelMachine, None],
        "n_components": [Interval(Integral, 1, None, closed="left"), one_of(["auto"])],
        "centers": [
            one_of(["k-means", "pivoted_cholesky", "uniform"]),
            "array-like",
            "sparse matrix",
        ],
        "alpha": [one_of(["auto"]), RIDGE],
        "solver": [one_of(["auto", "eigh", "cg"])],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def _begin(self, X, Y, weight, stream, progress):
        """Choose the kernel, the centres and the unit of weights by the first rows.

        Parameters
        ----------
        X : {ndarray, sparse matrix} of shape (n, n_features)
        Y : ndarray of shape (n, n_targets)
        weight : ndarray of shape (n,)
        stream : bool
            Whether more rows will follow.
        progress : callable
            As from `fit_progress`.
        """
        random = check_random_state(self.random_state)
        # A common factor of weights and ridge changes nothing, but sums of huge ones overflow.
        self._unit_of_weight = weight.max()
        self.kernel_ = learned_kernel(self.kernel, X, Y, weight, progress)
        self.centers_ = self._made_centers(X, random)
        n_centers = self.centers_.shape[0]
        self.solver_, self.n_iter_ = self.solver, 1
        if self.solver == "auto":
            self.solver_ = "eigh" if stream or n_centers <= MANY else "cg"
        require_memory(32 * n_centers**2, "fit", "Take a smaller n_components")
        self._map = CenterMap(self.kernel_, self.centers_, self.n_jobs)
        self._equations = NormalEquations(n_centers, Y.shape[1])
        self._sample = StreamSample(N_HELD_OUT, random)

    def _centred(self):
        """Whether the mean of the targets is subtracted."""
        return True

    def _made_centers(self, X, random):
        n = X.shape[0]
        if not isinstance(self.centers, str):
            Z = check_array(self.centers, accept_sparse="csr", dtype=[np.float64, np.float32])
            if Z.shape[1] != X.shape[1]:
                raise ValueError(f"The centers have {Z.shape[1]} features, but X has {X.shape[1]}.")
            return Z
        n_centers = min(N_CENTERS, n) if self.n_components == "auto" else self.n_components
        if n_centers > n:
            raise ValueError(
                f"n_components={n_centers}, but there are {n} rows to choose centres from. Take "
                "fewer, or give the first partial_fit more rows, or pass rows as centers."
            )
        return choose_centers(self.kernel_, X, n_centers, self.centers, random, self.n_jobs)

    def _learn(self, X, Y, weight, row_weight, progress):
        """Find `alpha_`, `dual_coef_`, and the mean and the deviation of each target.

        Parameters
        ----------
        X : {ndarray, sparse matrix} of shape (n, n_features)
        Y : ndarray of shape (n, n_targets)
        weight : ndarray of shape (n,)
            In the fit.
        row_weight : ndarray of shape (n,)
            The same before factors for classes. It tells how often each row counts; one of its
            repetitions is left out at a time.
        progress : callable
            As from `fit_progress`.

        Returns
        -------
        predictions, Y : ndarray of shape (n_sampled, n_targets)
            What rows left out are predicted as, and their targets.
        weight : ndarray of shape (n_sampled,)
            The weights of these, which are repetitions of rows.
        std : ndarray of shape (n_sampled,) or None
            Standard deviations of the errors in units of the kernel; None by "cg".
        """
        if self._equations is None:
            raise ValueError("solver='cg' keeps nothing that could go on: fit with solver='eigh'.")
        if self.solver_ == "cg":
            return self._by_conjugate_gradients(X, Y, weight, row_weight, progress)
        return self._learn_more(X, Y, weight, row_weight, progress)

    def _learn_more(self, X, Y, weight, row_weight, progress):
        """The same after all rows so far and these."""
        weight = weight / self._unit_of_weight
        self._map.add_features(self._equations, X, Y, weight, self.n_jobs, progress)
        self._sample.add(X, Y, weight, row_weight)
        self._mean = self._equations.mean() if self._centred() else np.zeros(Y.shape[1])
        self._deviation = self._equations.deviation()
        self._path = path = self._equations.path(self._centred())
        X, Y, weight, row_weight = self._sample.parts
        counts = repetitions(row_weight)
        part, Phi = weight / counts, self._map.features(X, self.n_jobs)
        alphas = self._ridges(X, part, counts, len(Y))
        alphas = np.maximum(alphas, 4 * path.least()) if isinstance(self.alpha, str) else alphas
        predictions, leverage = path.leave_one_out(Phi, Y, part, alphas)
        errors = np.einsum("n,ank,ank->a", weight, predictions - Y, predictions - Y)
        best = len(errors) // 2 if np.isnan(errors).all() else int(np.nanargmin(errors))
        self.alpha_ = float(alphas[best] * self._unit_of_weight)
        self.dual_coef_ = self._map.coefficients(path.coefficients(alphas[best]))
        noise = alphas[best] / part / np.maximum(1 - leverage[best], np.finfo(float).tiny)
        std = np.sqrt(self._missed(X, Phi) + noise)
        each = np.repeat(np.arange(len(Y)), counts)
        return predictions[best][each], Y[each], part[each], std[each]

    def _ridges(self, X, part, counts, n_rows):
        """Candidates for the ridge over the unit of weights, as for exact kernel machines."""
        if not isinstance(self.alpha, str):
            return np.array([self.alpha / self._unit_of_weight])
        rows = np.repeat(np.arange(len(counts)), counts)[:N_ROWS]
        return ridge_candidates(self.kernel_(X[rows]), part[rows], n_rows)

    def _by_conjugate_gradients(self, X, Y, weight, row_weight, progress):
        """The same from all rows at once, which are seen anew in each iteration.

        The ridge is the one that leave-one-out finds for the whole kernel on a sample of rows.
        """
        random = check_random_state(self.random_state)
        weight, counts = weight / self._unit_of_weight, repetitions(row_weight)
        self._mean = np.zeros(Y.shape[1])
        if self._centred():
            self._mean = np.average(Y, axis=0, weights=weight)
        centred = Y - self._mean
        self._deviation = np.sqrt(np.average(centred**2, axis=0, weights=weight))
        rows = sampled_rows(X, N_ROWS, random, counts)
        part, K = (weight / counts)[rows], self.kernel_(X[rows])
        if isinstance(self.alpha, str):
            alphas = ridge_candidates(K, part, X.shape[0])
        else:
            alphas = np.array([self.alpha / self._unit_of_weight])
        alpha, predictions = best_ridge(K, Y[rows], part, alphas, centred=self._centred())
        n = X.shape[0]
        n_rows = min(n, ROWS * self.centers_.shape[0])
        equations, self._equations = self._equations, None  # of a part of the rows
        drawn = np.arange(n) if n_rows == n else random.choice(n, n_rows, replace=False)
        share = weight[drawn] * (n / n_rows)
        self._map.add_features(equations, X[drawn], centred[drawn], share, self.n_jobs)
        gram = equations.gram
        if isinstance(self.alpha, str):  # no smaller than rounding of the largest eigenvalue
            alpha = max(alpha, 4 * rounding(len(gram), np.float64) * np.trace(gram))
        gram.flat[:: len(gram) + 1] += alpha
        b, self.n_iter_, error = conjugate_gradients(
            lambda V: self._map.gram_product(X, weight, V, self.n_jobs) + alpha * V,
            dense_cholesky(gram),
            self._map.cross_product(X, weight[:, np.newaxis] * centred, self.n_jobs),
            tolerance=self.tol,
            max_iter=self.max_iter,
            step=progress(self.max_iter, "conjugate gradients", "iteration"),
        )
        warn_unless_converged(self.n_iter_, error, self.tol)
        self.alpha_ = float(alpha * self._unit_of_weight)
        self.dual_coef_ = self._map.coefficients(b)
        return predictions, Y[rows], part, None

    def _missed(self, X, Phi):
        """What the variance of the kernel has beyond that of functions on the centres."""
        return np.maximum(self.kernel_.diag(X) - np.einsum("nm,nm->n", Phi, Phi), 0)

    def _variance(self, X):
        """Of the posterior, in units of the kernel, by the deterministic training conditional."""
        alpha = self.alpha_ / self._unit_of_weight

        def variance(rows):
            Phi = self._map.features(X[rows])
            learned = alpha * self._path.inverse_form(Phi, alpha)
            return self._missed(X[rows], Phi) + learned

        batches = self._map.batches(X.shape[0], self.n_jobs)
        return np.concatenate(thread_map(variance, batches, self.n_jobs))

    def _scores(self, X):
        """Values of the functions at checked rows, in units of Y without its mean."""
        return kernel_product(self.kernel_, X, self.centers_, self.dual_coef_, self.n_jobs)

    def _check_rows(self, X):
        return fitted_rows(self, X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
