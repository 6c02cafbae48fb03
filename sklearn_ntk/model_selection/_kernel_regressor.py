"""Search over any list of kernels."""

from ..kernels import NTK
from ..regression import KernelRegressor
from ._base import BaseSearchCV


class KernelRegressorCV(BaseSearchCV):
    """KernelRegressor that chooses its kernel, ridge and training time by held-out predictions.

    Parameters
    ----------
    kernels : sequence of kernel objects, default=None
        Candidates, as for `KernelRegressor`. None stands for ``NTK(depth)`` of depth 1, 2, 3
        and 5.
    alphas : sequence of float, default=(1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0)
        Candidates for the ridge, in absolute units.
    training_times : sequence of float or None, default=(None,)
        Candidates for the duration of gradient flow, in the units of KernelRegressor; None is the
        end of training.
    cv : int, splitter, iterable or None, default=None
        None is leave-one-out: one score of all held-out predictions together, for every
        candidate. An int is so many folds; any splitter, or pairs of training and test rows.
    scoring : str, callable or None, default=None
        A scorer of scikit-learn's, or a function of (estimator, X, y) that uses nothing but
        ``estimator.predict(X)``. None is R2.
    alpha_per_target : bool, default=False
        Whether each target has a ridge of its own, chosen by its own score; all else is chosen
        by the mean of the best scores.
    keep_factor : bool, default=False
        Whether the best model keeps its factor, for spreads and `staged_predict`.
    normalize_y : bool, default=True
        Whether each fit subtracts the (weighted) mean of its training targets and divides by
        their standard deviation, as for `KernelRegressor`.
    n_jobs : int, default=None
        Number of threads that evaluate kernels and held-out blocks, as for `KernelRegressor`;
        the decompositions use those of BLAS.

    Attributes
    ----------
    best_estimator_ : KernelRegressor
        The best candidate, fitted to all rows by a factorization of its own.
    best_params_ : dict
        The best value of every parameter, for KernelRegressor; its alpha is an array with
        `alpha_per_target`.
    best_score_ : float
        Its mean score over the splits.
    best_index_ : int
        Its position in `cv_results_`; with `alpha_per_target`, that for the first target.
    cv_results_ : dict of ndarray
        Scores of all candidates, in the form and the order of GridSearchCV; times are equal
        shares of the time of a kernel. With `alpha_per_target`, means over targets.
    n_splits_ : int
        Number of splits; 1 for leave-one-out.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X has string column names.

    See Also
    --------
    KernelRegressor : The regressor whose parameters are searched.
    NTKRegressorCV, NNGPRegressorCV, LaplaceKernelCV : Searches over the parameters of a kernel.

    Notes
    -----
    Scores equal those of real fits on every split whose training rows are all the other rows,
    from one decomposition of one matrix for each kernel. A split with fewer training rows, as
    of TimeSeriesSplit, or of several rows with finite training times, is fitted for real, with
    one eigendecomposition for all ridges and times. Leave-one-out at finite times is a contour
    integral over ridges, exact to rounding. The peak of memory is below 3 n^2 doubles.

    References
    ----------
    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 5.4.2.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ntk import KernelRegressorCV
    >>> from sklearn_ntk.kernels import NNGP, NTK, Laplace
    >>> X, y = load_diabetes(return_X_y=True)
    >>> search = KernelRegressorCV([NTK(1), NTK(3), NNGP(), Laplace(5.0)])
    >>> model = make_pipeline(StandardScaler(), search).fit(X[:300], y[:300])
    >>> model.score(X[300:], y[300:]) > 0.45
    True
    """

    _parameter_constraints: dict = {
        "kernels": ["array-like", None],
        **BaseSearchCV._parameter_constraints,
    }
    _regressor = KernelRegressor

    def __init__(
        self,
        kernels=None,
        *,
        alphas=(1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0),
        training_times=(None,),
        cv=None,
        scoring=None,
        alpha_per_target=False,
        keep_factor=False,
        normalize_y=True,
        n_jobs=None,
    ):
        self.kernels = kernels
        self.alphas = alphas
        self.training_times = training_times
        self.cv = cv
        self.scoring = scoring
        self.alpha_per_target = alpha_per_target
        self.keep_factor = keep_factor
        self.normalize_y = normalize_y
        self.n_jobs = n_jobs

    def _grid(self, X, weight):
        kernels = [NTK(depth) for depth in (1, 2, 3, 5)] if self.kernels is None else self.kernels
        if any(kernel is None or isinstance(kernel, str) for kernel in kernels):
            raise ValueError("kernels must be kernel objects.")
        return {"kernel": kernels, "alpha": self.alphas, "training_time": self.training_times}
