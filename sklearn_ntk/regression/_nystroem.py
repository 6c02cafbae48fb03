"""Regression on a few centres of a kernel, for many rows."""

import numpy as np
from sklearn.base import MultiOutputMixin, RegressorMixin, _fit_context
from sklearn.utils.metaestimators import available_if

from .._callbacks import fit_progress
from .._docs import shared_docs
from .._inducing_machine import InducingMachine
from .._inference import covering
from .._validation import all_or_nothing, normalized, require_numbers, require_range, weighted_rows


@shared_docs()
class NystroemRegressor(MultiOutputMixin, RegressorMixin, InducingMachine):
    """Kernel ridge regression on a few centres: n_samples * n_components^2 operations.

    The functions ``sum_j c_j k(z_j, .)`` on centres z_j are a subspace of those of the kernel, and
    ridge regression in it takes little more memory than the squares of the number of centres, for
    any number of rows. It is what Gaussian processes call subset of regressors, and with all rows
    for centres it is `KernelRegressor`.

    Parameters
    ----------
    $centres
    alpha : "auto" or float, default="auto"
        Ridge, as for `KernelRegressor`. "auto" takes the one of 24 whose leave-one-out
        predictions have the least squared error, of a random 2,000 rows and on all others; by
        "cg" it is that of the whole kernel on a random 1,000 of the rows.
    $centres_solver
    normalize_y : bool, default=True
        Whether to subtract the (weighted) mean of the targets and to divide by their standard
        deviation, as for `KernelRegressor`.
    $centres_rest

    Attributes
    ----------
    dual_coef_ : ndarray of shape (n_centers,) or (n_centers, n_targets)
        Coefficients of the centres, in the units of the targets.
    $centres_found
    intercept_ : float or ndarray of shape (n_targets,)
        The mean that was subtracted from the targets, or 0.
    y_scale_ : float or ndarray of shape (n_targets,)
        Their standard deviation, or 1.
    amplitude_ : float or ndarray of shape (n_targets,)
        Standard deviation, in units of `y_scale_`, of the prior where the kernel is 1. Where
        alpha="auto" found the noise, the one with which 90 % of the leave-one-out intervals of
        90 % cover; otherwise 1.
    $centres_fitted

    See Also
    --------
    KernelRegressor : All rows are centres; ``solver="cg"`` in little memory.
    KernelTreeRegressor : A tree with a kernel machine in each leaf.
    sklearn.kernel_approximation.Nystroem : The features alone, as a transformer.

    Notes
    -----
    Standard deviations are those of the deterministic training conditional: the prior's, less what
    functions on the centres explain of it, plus what is not known of these. Far from all centres
    they grow to the prior's, and nowhere do they fall below those of the exact posterior by more
    than what the centres leave of the kernel.

    References
    ----------
    Quiñonero-Candela and Rasmussen, A unifying view of sparse approximate Gaussian process
    regression, JMLR 2005, sections 4 and 5. Rudi, Carratino and Rosasco, FALKON: An optimal large
    scale kernel method, NeurIPS 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk import NystroemRegressor
    >>> X = np.random.default_rng(0).uniform(-1, 1, (20_000, 2))
    >>> y = np.sin(3 * X[:, 0]) * X[:, 1]
    >>> model = NystroemRegressor(n_components=200).fit(X, y)
    >>> mean, std = model.predict([[0.2, 0.5]], return_std=True)
    >>> bool(abs(mean[0] - np.sin(0.6) * 0.5) < 1e-3), model.centers_.shape
    (True, (200, 2))
    """

    _parameter_constraints: dict = {
        **InducingMachine._parameter_constraints,
        "normalize_y": ["boolean"],
    }

    def __init__(
        self,
        kernel=None,
        *,
        n_components="auto",
        centers="k-means",
        alpha="auto",
        solver="auto",
        tol=1e-7,
        max_iter=1000,
        normalize_y=True,
        random_state=0,
        n_jobs=None,
    ):
        self.kernel = kernel
        self.n_components = n_components
        self.centers = centers
        self.alpha = alpha
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.normalize_y = normalize_y
        self.random_state = random_state
        self.n_jobs = n_jobs

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Choose the centres, and solve for their coefficients.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, equivalent to repeating rows; a row of weight 0 is left out.

        Returns
        -------
        self : object

        Raises
        ------
        numpy.linalg.LinAlgError
            If `alpha` is too small for the coefficients to be told.
        ValueError
            If there are fewer rows than `n_components`, or targets that are labels.
        """
        return self._fit(X, y, sample_weight, first=True, stream=False)

    @available_if(lambda self: self.solver != "cg")
    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """Go on with more rows: afterwards it is as if all of them had been fitted at once.

        The first rows choose the centres, unless they are given as rows, the scale of a kernel
        that measures one, and what a kernel learns. Every call finds the ridge and the
        coefficients anew, with some 10 n_components^3 operations.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Further rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Their targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Their weights.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            As for `fit`; after a fit by "cg", which keeps nothing that could go on.
        """
        first = not hasattr(self, "_equations")
        return self._fit(X, y, sample_weight, first=first, stream=True)

    def _fit(self, X, y, sample_weight, first, stream):
        require_numbers(y)
        X, y, weight = weighted_rows(self, X, y, sample_weight, reset=first, y_numeric=True)
        if first:
            self._shape = y.shape[1:]
            centred, self._origin, self._unit = normalized(y, weight, self.normalize_y)
            if not self.normalize_y:  # their squares must not overflow all the same
                largest = np.abs(centred).max(axis=0)
                self._unit = np.where(largest > 0, largest, 1.0)[()]
        elif y.shape[1:] != self._shape:
            raise ValueError(f"y has shape {y.shape}, but before it had {('n', *self._shape)}.")
        Y = ((y - self._origin) / self._unit).reshape(len(y), -1).astype(np.float64, copy=False)
        with fit_progress(self, X, y) as progress:
            if first:
                self._begin(X, Y, weight, stream, progress)
            with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # advice below
                predictions, sampled, _, std = self._learn(X, Y, weight, weight, progress)
        self.dual_coef_ = self.dual_coef_.reshape(-1, *self._shape) * self._unit
        require_range(self.dual_coef_, np.atleast_1d(y - self._origin))
        self.intercept_ = self._mean.reshape(self._shape)[()] * self._unit + self._origin
        deviation = self._deviation if self.normalize_y else 1 / np.ravel(self._unit)
        self.y_scale_ = (deviation.reshape(self._shape) * self._unit)[()]
        self.amplitude_ = 1.0
        if isinstance(self.alpha, str) and std is not None:
            z = (predictions - sampled) / (deviation * std[:, np.newaxis])
            self.amplitude_ = covering(z).reshape(self._shape)[()]
        return self

    def _centred(self):
        return self.normalize_y

    def predict(self, X, return_std=False, include_noise=False):
        """Predict and, if asked for, say how far functions spread around it.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        return_std : bool, default=False
            Whether to return the standard deviation at each row.
        include_noise : bool, default=False
            Whether it is that of new observations, with noise of variance
            ``alpha_ * (amplitude_ * y_scale_)**2``, rather than that of the function.

        Returns
        -------
        mean : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Predictions, float32 if fit and predict both saw float32.
        std : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Standard deviation, in the units of the targets; only if `return_std`.

        Raises
        ------
        ValueError
            If a standard deviation is asked for and the solver was "cg".
        """
        X = self._check_rows(X)
        dtype = np.result_type(X, self.centers_)
        mean = (self._scores(X) + self.intercept_).astype(dtype, copy=False)
        if not return_std:
            return mean
        if self.solver_ == "cg":
            raise ValueError("solver='cg' leaves no standard deviations: fit with solver='eigh'.")
        variance = self._variance(X) + (self.alpha_ if include_noise else 0.0)
        variance = variance.reshape(-1, *(1 for _ in self._shape))
        return mean, (np.sqrt(variance) * (self.y_scale_ * self.amplitude_)).astype(dtype)
