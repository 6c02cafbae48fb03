"""Search over the parameters of NNGPRegressor."""

from ..regression import NNGPRegressor
from ._base import BaseSearchCV


class NNGPRegressorCV(BaseSearchCV):
    """NNGPRegressor that chooses its depth, variances and noise by held-out predictions.

    Parameters
    ----------
    depths : sequence of int, default=(1, 2, 3, 5)
        Candidates for the number of hidden layers.
    activations : sequence of str, Activation or callable, default=("relu",)
        Candidates for the nonlinearity of the hidden layers.
    weight_variances : sequence of float, default=(2.0,)
        Candidates for the variance of each weight times its fan-in.
    bias_variances : sequence of float, default=(0.1, 1.0)
        Candidates for the variance of each bias.
    alphas : sequence of float, default=(1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0)
        Candidates for the variance of the noise.
    training_times : sequence of float or None, default=(None,)
        Candidates for the duration of gradient flow, in the units of NNGPRegressor; None is the
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
    keep_factor : bool, default=True
        Whether the best model keeps its factor, for spreads and `staged_predict`.
    normalize_y : bool, default=True
        Whether each fit subtracts the (weighted) mean of its training targets and divides by
        their standard deviation, as for `KernelRegressor`.
    n_jobs : int, default=None
        Number of threads that evaluate kernels and held-out blocks, as for `KernelRegressor`;
        the decompositions use those of BLAS.

    Attributes
    ----------
    best_estimator_ : NNGPRegressor
        The best candidate, fitted to all rows by a factorization of its own.
    best_params_ : dict
        The best value of every parameter, for NNGPRegressor; its alpha is an array with
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
    NNGPRegressor : The regressor whose parameters are searched.
    KernelRegressorCV : Searches any list of kernel objects; explains what is exact and its price.

    Notes
    -----
    Exact and as expensive as `KernelRegressorCV` says.

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
        "activations": ["array-like"],
        "weight_variances": ["array-like"],
        "bias_variances": ["array-like"],
        **BaseSearchCV._parameter_constraints,
    }
    _regressor = NNGPRegressor

    def __init__(
        self,
        depths=(1, 2, 3, 5),
        *,
        activations=("relu",),
        weight_variances=(2.0,),
        bias_variances=(0.1, 1.0),
        alphas=(1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0),
        training_times=(None,),
        cv=None,
        scoring=None,
        alpha_per_target=False,
        keep_factor=True,
        normalize_y=True,
        n_jobs=None,
    ):
        self.depths = depths
        self.activations = activations
        self.weight_variances = weight_variances
        self.bias_variances = bias_variances
        self.alphas = alphas
        self.training_times = training_times
        self.cv = cv
        self.scoring = scoring
        self.alpha_per_target = alpha_per_target
        self.keep_factor = keep_factor
        self.normalize_y = normalize_y
        self.n_jobs = n_jobs

    def _grid(self, X, weight):
        return {
            "depth": self.depths,
            "activation": self.activations,
            "weight_variance": self.weight_variances,
            "bias_variance": self.bias_variances,
            "alpha": self.alphas,
            "training_time": self.training_times,
        }
