"""Search over the parameters of LaplaceKernel."""

import numpy as np

from ..regression import LaplaceKernel
from ..regression._laplace import root_mean_square_distance
from ._base import SEARCH_CONSTRAINTS, KernelSearchCV


class LaplaceKernelCV(KernelSearchCV):
    """LaplaceKernel that chooses its length scale, exponent and ridge.

    Parameters
    ----------
    length_scales : sequence of float, default=None
        Candidates for the distance at which the kernel has fallen to 1/e, in the units of X.
        None is 1, 2, 4, 8 and 16 times the root mean square distance between training rows,
        measured once for all splits.
    exponents : sequence of float, default=(1.0, 1.5)
        Candidates for the smoothness, in (0, 2]: 1 is Laplace, 2 is Gaussian.
    alphas : sequence of float, default=(1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0)
        Candidates for the ridge, in absolute units.
    cv : int, splitter, iterable or None, default=None
        None is leave-one-out: one score of all held-out predictions together, for every
        candidate. An int is so many folds; any splitter, or pairs of training and test rows.
    scoring : str, callable or None, default=None
        A scorer of scikit-learn's, or a function of (estimator, X, y) that uses nothing but
        ``estimator.predict(X)``. None is R2.
    alpha_per_target : bool, default=False
        Whether each target has a ridge of its own, chosen by its own score; all else is chosen
        by the mean of the best scores.
    normalize_y : bool, default=True
        Whether each fit subtracts the (weighted) mean of its training targets.
    n_jobs : int, default=None
        Number of threads that evaluate kernels and held-out blocks, as for `KernelRegressor`;
        the decompositions use those of BLAS.

    Attributes
    ----------
    best_estimator_ : LaplaceKernel
        The best candidate, fitted to all rows by a factorization of its own.
    best_params_ : dict
        The best value of every parameter, for LaplaceKernel.
    best_score_ : float
        Its mean score over the splits.
    best_index_ : int
        Its position in `cv_results_`; with `alpha_per_target`, that for the first target.
    alpha_ : float or ndarray of shape (n_targets,)
        The best ridge, for each target if `alpha_per_target`.
    cv_results_ : dict of ndarray
        Scores of all candidates, in the form and the order of GridSearchCV; times are equal
        shares of the time of a kernel. With `alpha_per_target`, means over targets.
    n_splits_ : int
        Number of splits; 1 for leave-one-out.
    dual_coef_ : ndarray of shape (n_rows,) or (n_rows, n_targets)
        Coefficients of the training rows, fitted to all of them.
    X_fit_ : {ndarray, sparse matrix} of shape (n_rows, n_features)
        The training rows of positive weight.
    intercept_ : float or ndarray of shape (n_targets,)
        What was subtracted from the targets.
    kernel_ : Laplace
        The best kernel.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X has string column names.

    See Also
    --------
    LaplaceKernel : The regressor whose parameters are searched.

    Notes
    -----
    Scores equal those of real fits on every split whose training rows are all the other rows,
    from one decomposition of one matrix for each kernel. A split
    with fewer training rows, as of TimeSeriesSplit, is fitted for real, with one
    eigendecomposition for all ridges.
    The peak of memory is below 3 n^2 doubles.

    References
    ----------
    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 5.4.2.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ntk import LaplaceKernelCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), LaplaceKernelCV()).fit(X[:300], y[:300])
    >>> bool(model[-1].best_score_ > 0.4), model[-1].best_params_["alpha"]
    (True, 0.1)
    >>> model.score(X[300:], y[300:]) > 0.45
    True
    """

    _parameter_constraints: dict = {
        "length_scales": ["array-like", None],
        "exponents": ["array-like"],
        **SEARCH_CONSTRAINTS,
    }
    _regressor = LaplaceKernel

    def __init__(
        self,
        length_scales=None,
        *,
        exponents=(1.0, 1.5),
        alphas=(1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0),
        cv=None,
        scoring=None,
        alpha_per_target=False,
        normalize_y=True,
        n_jobs=None,
    ):
        self.length_scales = length_scales
        self.exponents = exponents
        self.alphas = alphas
        self.cv = cv
        self.scoring = scoring
        self.alpha_per_target = alpha_per_target
        self.normalize_y = normalize_y
        self.n_jobs = n_jobs

    def _grid(self, X, weight):
        length_scales = self.length_scales
        if length_scales is None:
            # Numbers, and not "scale", which would differ from fold to fold.
            length_scales = root_mean_square_distance(X, weight) * 2.0 ** np.arange(5)
        elif any(isinstance(value, str) for value in length_scales):
            raise ValueError("length_scales must be numbers, the same for all splits, or None.")
        return {
            "length_scale": length_scales,
            "exponent": self.exponents,
            "alpha": self.alphas,
        }
