"""Search over the parameters of NTKRegressor."""

from ..regression import NTKRegressor
from ._base import SEARCH_CONSTRAINTS
from ._network import NetworkSearchCV


class NTKRegressorCV(NetworkSearchCV):
    """NTKRegressor that chooses its depth, variances, ridge and training time.

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
    training_times : sequence of float or None, default=(None,)
        Candidates for the duration of gradient flow, in the units of NTKRegressor; None is the
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
    normalize_y : bool, default=True
        Whether each fit subtracts the (weighted) mean of its training targets.
    n_jobs : int, default=None
        Number of threads that evaluate kernels and held-out blocks, as for `KernelRegressor`;
        the decompositions use those of BLAS.

    Attributes
    ----------
    best_estimator_ : NTKRegressor
        The best candidate, fitted to all rows by a factorization of its own.
    best_params_ : dict
        The best value of every parameter, for NTKRegressor.
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
    kernel_ : NTK
        The best kernel.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X has string column names.

    See Also
    --------
    NTKRegressor : The regressor whose parameters are searched.

    Notes
    -----
    Scores equal those of real fits on every split whose training rows are all the other rows,
    from one decomposition of one matrix for each kernel. A split
    with fewer training rows, as of TimeSeriesSplit, or of several rows with finite training
    times, is fitted for real, with one eigendecomposition for all ridges and times.
    Leave-one-out at finite times is a contour integral over ridges, exact to rounding.
    The peak of memory is below 3 n^2 doubles.

    References
    ----------
    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 5.4.2.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ntk import NTKRegressorCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), NTKRegressorCV()).fit(X[:300], y[:300])
    >>> bool(model[-1].best_score_ > 0.4), model[-1].best_params_["alpha"]
    (True, 10.0)
    >>> model.score(X[300:], y[300:]) > 0.45
    True
    """

    _parameter_constraints: dict = {
        "depths": ["array-like"],
        "activation": NTKRegressor._parameter_constraints["activation"],
        "weight_variances": ["array-like"],
        "bias_variances": ["array-like"],
        "training_times": ["array-like"],
        **SEARCH_CONSTRAINTS,
    }
    _regressor = NTKRegressor

    def __init__(
        self,
        depths=(1, 2, 3, 5),
        *,
        activation="relu",
        weight_variances=(2.0,),
        bias_variances=(0.1, 1.0),
        alphas=(1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0),
        training_times=(None,),
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
        self.training_times = training_times
        self.cv = cv
        self.scoring = scoring
        self.alpha_per_target = alpha_per_target
        self.normalize_y = normalize_y
        self.n_jobs = n_jobs

    def _grid(self, X, weight):
        return {**super()._grid(X, weight), "training_time": self.training_times}

    def staged_predict(self, X, training_times):
        """Predictions of the best model after several training times.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        training_times : sequence of float
            Times, in the units of NTKRegressor; infinity is the end of training.

        Yields
        ------
        y : ndarray of shape (n_samples,) or (n_samples, n_targets)
            What the best model predicts after each of the times.

        Raises
        ------
        ValueError
            If the best training time is None, which keeps no eigenvectors; infinity among
            `training_times` in its place does, and predicts the same.
        """
        return self.best_estimator_.staged_predict(self._check_rows(X), training_times)
