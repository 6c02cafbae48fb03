"""Classification on a few centres of a kernel, for many rows."""

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if

from .._callbacks import fit_progress
from .._docs import shared_docs
from .._inducing_machine import InducingMachine
from .._inference import calibrate
from .._validation import all_or_nothing, weighted_rows
from ._base import checked_labels, class_factors, require_two
from ._calibrated import CalibratedClassifier, for_each_class, one_hot


@shared_docs()
class NystroemClassifier(CalibratedClassifier, InducingMachine):
    """Least-squares classification on a few centres, with calibrated probabilities.

    The functions of `NystroemRegressor`, fitted to a column of zeros and ones for each class, and
    the probabilities of `KernelClassifier`: n_samples * n_components^2 operations.

    Parameters
    ----------
    $centres
    alpha : "auto" or float, default="auto"
        Ridge, as for `NystroemRegressor`, of all classes.
    class_weight : dict or "balanced", default=None
        Factors of the weights of the rows of each class; "balanced" gives all classes the same
        total, which `partial_fit` cannot know. They change the probabilities as if the training
        rows were that many.
    $centres_solver
    $centres_rest

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, in ascending order.
    dual_coef_ : ndarray of shape (n_centers, n_classes)
        Coefficients of the centres for each class; for two classes, one column for the second.
    $centres_found
    intercept_ : ndarray of shape (n_classes,) or (1,)
        The share of each class.
    temperature_ : float
        What scores are divided by. It and the offsets make the leave-one-out predictions of the
        sampled rows most likely.
    offsets_ : ndarray of shape (n_classes,)
        What is added then; the sums are the logits of the probabilities.
    $centres_fitted

    See Also
    --------
    KernelClassifier : All rows are centres.
    KernelTreeClassifier : A tree with a kernel machine in each leaf.

    References
    ----------
    Rudi, Carratino and Rosasco, FALKON: An optimal large scale kernel method, NeurIPS 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ntk import NystroemClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> model = NystroemClassifier(n_components=300).fit(X[:1000], y[:1000])
    >>> model.score(X[1000:], y[1000:]) > 0.9
    True
    """

    _parameter_constraints: dict = {
        **InducingMachine._parameter_constraints,
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }

    def __init__(
        self,
        kernel=None,
        *,
        n_components="auto",
        centers="k-means",
        alpha="auto",
        class_weight=None,
        solver="auto",
        tol=1e-7,
        max_iter=1000,
        random_state=0,
        n_jobs=None,
    ):
        self.kernel = kernel
        self.n_components = n_components
        self.centers = centers
        self.alpha = alpha
        self.class_weight = class_weight
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state
        self.n_jobs = n_jobs

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Choose the centres, solve for the coefficients of all classes, calibrate.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,)
            Labels of two classes or more: numbers, strings or booleans.
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
            If there are fewer rows than `n_components`, a single class, or targets that are no
            labels.
        """
        X, y, weight = weighted_rows(self, X, y, sample_weight)
        y = checked_labels(y)
        self.classes_ = np.unique(y)
        return self._fit(X, y, weight, first=True, stream=False)

    @available_if(lambda self: self.solver != "cg")
    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Go on with more rows: afterwards it is as if all of them had been fitted at once.

        The first rows choose the centres, unless they are given as rows, the scale of a kernel
        that measures one, and what a kernel learns. Every call finds the ridge and the
        coefficients anew, with some 10 n_components^3 operations.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Further rows.
        y : array-like of shape (n_samples,)
            Their labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that there will be; needed in the first call.
        sample_weight : array-like of shape (n_samples,), default=None
            Their weights.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            As for `fit`; for labels that are not among `classes`, for class_weight="balanced", or
            after a fit by "cg", which keeps nothing that could go on.
        """
        first = not hasattr(self, "_equations")
        if isinstance(self.class_weight, str):
            raise ValueError(
                "class_weight='balanced' needs all labels at once: give a dict to partial_fit."
            )
        X, y, weight = weighted_rows(self, X, y, sample_weight, reset=first)
        y = checked_labels(y)
        if first:
            if classes is None:
                raise ValueError("The first partial_fit needs all labels as classes.")
            self.classes_ = np.unique(classes)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"classes={classes} are not those of the first call.")
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(f"y has labels that are not among the classes: {unknown}.")
        return self._fit(X, y, weight, first=first, stream=True)

    def _fit(self, X, y, row_weight, first, stream):
        require_two(self.classes_)
        labels = np.searchsorted(self.classes_, y)
        factors = class_factors(self.class_weight, self.classes_, labels, row_weight)
        weight = row_weight * factors[labels]
        Y = one_hot(labels, len(self.classes_))
        with fit_progress(self, X, y) as progress:
            if first:
                self._begin(X, Y, weight, stream, progress)
            *held_out, sampled, _ = self._learn(X, Y, weight, row_weight, progress)
        self.intercept_ = self._mean
        scores, targets = (for_each_class(part) for part in held_out)
        self.temperature_, self.offsets_ = calibrate(scores, targets, sampled)
        return self

    def _logits(self, X):
        X = self._check_rows(X)
        logits = self._calibrated(self._scores(X))
        return logits.astype(np.result_type(X, self.centers_), copy=False)
