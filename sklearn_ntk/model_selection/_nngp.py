"""Search over the parameters of NNGPRegressor."""

from ..regression import NNGPRegressor
from ._base import SEARCH_CONSTRAINTS
from ._network import NetworkSearchCV


class NNGPRegressorCV(NetworkSearchCV):
    """NNGPRegressor that chooses its depth, variances and noise by held-out predictions.

    Parameters
    ----------
    depths : sequence of int, default=(1, 2, 3, 5)
        Candidates for the number of hidden layers.
    activation : str, Activation or callable, default="relu"
        Nonlinearity of the hidden layers, as for the regressor.
    weight_variances : sequence of float, default=(2.0,)
        Candidates for the variance of each weight times its fan-in.
    bias_variances : sequence of float, default=(0.1, 1.0)
        Candidates for the variance of each bias.
    alphas : sequence of float, default=(1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0)
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
    best_estimator_ : NNGPRegressor
        The best candidate, fitted to all rows by a factorization of its own.
    best_params_ : dict
        The best value of every parameter, for NNGPRegressor.
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
    kernel_ : NNGP
        The best kernel.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X has string column names.

    See Also
    --------
    NNGPRegressor : The regressor whose parameters are searched.

    Notes
    -----
    Scores equal those of real fits on every split whose training rows are all the other rows,
    from one decomposition of one matrix for each kernel. A split
    with fewer training rows, as of TimeSeriesSplit, is fitted for real, with one
    eigendecomposition for all ridges. For variances and noise by likelihood instead, see the
    `optimizer` of NNGPRegressor.
    The peak of memory is below 3 n^2 doubles.

    References
    ----------
    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 5.4.2.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ntk import NNGPRegressorCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), NNGPRegressorCV()).fit(X[:300], y[:300])
    >>> bool(model[-1].best_score_ > 0.4), model[-1].best_params_["alpha"]
    (True, 10.0)
    >>> model.score(X[300:], y[300:]) > 0.45
    True
    """

    _parameter_constraints: dict = {
        "depths": ["array-like"],
        "activation": NNGPRegressor._parameter_constraints["activation"],
        "weight_variances": ["array-like"],
        "bias_variances": ["array-like"],
        **SEARCH_CONSTRAINTS,
    }
    _regressor = NNGPRegressor

    def __init__(
        self,
        depths=(1, 2, 3, 5),
        *,
        activation="relu",
        weight_variances=(2.0,),
        bias_variances=(0.1, 1.0),
        alphas=(1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0),
        cv=None,
        scoring=None,
        alpha_per_target=False,
        normalize_y=True,
        n_jobs=None,
    ):
        self.depths = depths
        self.activation = activation
        self.weight_variances = weight_variances
        self.bias_variances = bias_variances
        self.alphas = alphas
        self.cv = cv
        self.scoring = scoring
        self.alpha_per_target = alpha_per_target
        self.normalize_y = normalize_y
        self.n_jobs = n_jobs

    def predict(self, X, return_std=False, return_cov=False, include_noise=False):
        """Mean and, if asked for, spread of the posterior of the best model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        return_std : bool, default=False
            Whether to return the standard deviation at each row; never forms a square matrix.
        return_cov : bool, default=False
            Whether to return the covariance between rows; not together with `return_std`.
        include_noise : bool, default=False
            Whether the spread is that of new observations, rather than that of the function.

        Returns
        -------
        mean : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Posterior mean.
        std : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Posterior standard deviation, in the units of the targets; only if `return_std`.
        cov : ndarray of shape (n_samples, n_samples) or (n_samples, n_samples, n_targets)
            Posterior covariance; only if `return_cov`.
        """
        X = self._check_rows(X)
        return self.best_estimator_.predict(X, return_std, return_cov, include_noise)
