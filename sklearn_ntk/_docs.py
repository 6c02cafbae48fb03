"""Paragraphs of docstrings that several estimators share, each written once.

A docstring names one of them by a line of its own, such as ``$solver``; `shared_docs` puts it there
when the class is made, so that help() and the documentation show it whole.
"""

from inspect import cleandoc
from string import Template

PARAGRAPHS = {
    "solved": """solver_ : {"cholesky", "cg", "eigh"}
    The solver that was used.
n_iter_ : int
    Iterations of "cg"; 1 for the others.
""",
    "seen": """n_features_in_ : int
    Number of features seen in fit.
feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Names of the features, if X has string column names.
""",
    "network": """depth : int, default=3
    Number of hidden layers.
activation : str, Activation or callable, default="relu"
    Nonlinearity of the hidden layers: a name of
    `sklearn_ntk.kernels.activations.ACTIVATIONS`, an object of that module, or any
    vectorised function.
weight_variance : float, default=2.0
    Variance of each weight times its fan-in; with ReLU, 2 keeps the scale over depth.
bias_variance : float, default=1.0
    Variance of each bias; 0 is a network without biases.
""",
    "iterations": """tol : float, default=1e-7
    Where "cg" stops: the norm of the residual relative to that of the targets, which bounds the
    error of predictions at training rows of equal weight, and the energy norm of the error
    relative to that of the solution.
max_iter : int, default=1000
    Iterations after which "cg" stops with a `ConvergenceWarning`.
""",
    "solver": """solver : {"auto", "cholesky", "cg", "eigh"}, default="auto"
    "cholesky" takes n_rows^3 / 3 operations and n_rows^2 / 2 numbers; "cg", preconditioned
    conjugate gradients, evaluates the matrix anew in each of some dozens of iterations, in
    little more memory than scikit-learn's ``working_memory``, but leaves neither spreads nor
    a likelihood; "eigh", by eigenvectors, takes some 10 n_rows^3 and 2 n_rows^2, in float64,
    for any training time. "auto" is the last if there is a `training_time`, the second beyond
    40,000 rows or where the first would not fit into memory, unless a factor is asked for.
$iterations
training_time : float, default=None
    Duration of gradient flow on the loss sum_i w_i (f(x_i) - y_i)^2 / (2 sum_i w_i), at
    learning rate 1. None and infinity are its end; a number takes eigenvectors.
keep_factor : bool, default=$keep
    Whether to keep the factor of the training matrix, for spreads and, with eigenvectors,
    `staged_predict`: n_rows^2 / 2 numbers, half as much in float32, n_rows^2 for
    eigenvectors, as long as the model lives and wherever it is sent.
""",
    "optimizer": """optimizer : {"fmin_l_bfgs_b"}, default=None
    How to maximise the marginal likelihood over the free hyperparameters of the kernel and
    `alpha`, starting from their values, within their bounds. None keeps them. Takes
    n_rows^2 numbers and, for each of some dozens of evaluations, about n_rows^3 operations
    and the gradient of the kernel. Weighted rows have noise of variance ``alpha / w`` here; the
    likelihood of repeated rows is another one.
alpha_bounds : pair of floats or "fixed", default=(1e-6, 100.0)
    Range of `alpha` for the optimizer.
n_restarts_optimizer : int, default=0
    Number of further searches from random starting points within the bounds.
""",
    "normalize_y": """normalize_y : bool, default=True
    Whether to subtract the (weighted) mean of the targets and to divide by their standard
    deviation. Predictions and spreads are in the original units. The division leaves the
    predictions as they are; it is the unit of the prior's variance K(x, x) and of `alpha`.
""",
    "precision": """precision : {"auto", "float64", "float32", "mixed"}, default="auto"
    Of the factorization. "auto" is that of X. "mixed" factors in float32, for half the
    memory and time, and refines the coefficients to a relative residual of 1e-10 by
    conjugate gradients; it falls back to float64 with a warning if the matrix is too
    ill-conditioned.
storage : str or path, default=None
    An existing folder for a temporary file that holds the factor, for matrices beyond
    memory; None keeps it in memory.
""",
    "random_state": """random_state : int, RandomState instance or None, default=0
    Draws the rows on which a ridge is chosen and the starting points of an optimizer, where
    there are any; None draws anew in each fit.
""",
    "classifier": """alpha : "auto" or float, default="auto"
    Ridge, added to the diagonal of the kernel matrix. "auto" takes the one of 24, relative
    to the scale of the kernel, whose leave-one-out predictions of the one-hot labels have
    the least squared error, on a random 1,000 of the rows where there are more. A number is
    in absolute units.
$classes_and_solving
random_state : int, RandomState instance or None, default=0
    Draws the rows on which the ridge and the calibration are found, where there are more
    than 1,000; None draws anew in each fit.
n_jobs : int, default=None
    Number of threads, as for `KernelRegressor`.
""",
    "classes_and_solving": """class_weight : dict or "balanced", default=None
    Factors of the weights of the rows of each class; "balanced" gives all classes the same
    total. They change the probabilities as if the training rows were that many.
solver : {"auto", "cholesky", "cg", "eigh"}, default="auto"
    Factorization, conjugate gradients or eigenvectors, as for `KernelRegressor`.
$iterations
training_time : float, default=None
    Duration of gradient flow on the squared loss, as for `KernelRegressor`; None and infinity
    are its end.
precision : {"auto", "float64", "float32", "mixed"}, default="auto"
    Of the factorization, as for `KernelRegressor`. "auto" is that of X.
storage : str or path, default=None
    An existing folder for a temporary file that holds the factor during the fit; None keeps
    it in memory.
""",
    "learned_kernel": """kernel : kernel object or estimator, default=None
    Of rows in the metric: any kernel whose gradient by inputs is known (`input_gradient`), with
    ``length_scale="scale"`` measured on these rows. None stands for
    ``Laplace("scale", exponent=1.5)``, on columns over their standard deviations. A `Scaled`
    or `Projected` kernel, or another estimator that learns, is where learning begins.
""",
    "learning": """n_folds : int, default=3
    Number of folds without each of which the metric is learned once more. What is predicted
    for their rows decides between the metric and the kernel as it was, and chooses the ridge
    of alpha="auto", so that the labels of no row speak for a metric that has seen them.
subsample : int or None, default=1000
    Number of rows, drawn at random where there are more, on which the metric and the ridge
    are learned; the coefficients are those of all rows. None takes all.
""",
    "metric": """kernel_ : kernel object
    The kernel that was used: `Scaled`, or `Projected` where it has directions.
metric_ : ndarray of shape (n_features,) or (n_features, n_features)
    The metric M of rows, in units of 1 over those of the columns squared: its diagonal, or
    all of it. Distances are those of rows times its square root.
feature_importances_ : ndarray of shape (n_features,)
    Share of each column in the trace of the metric, in units of the variances of the columns;
    they sum to 1.
""",
    "learner": """alpha : "auto", float or array-like of shape (n_targets,), default="auto"
    Ridge, added to the diagonal of the kernel matrix. "auto" takes the one of 24, relative to
    the scale of the kernel, that predicts the folds best. A number is in absolute units.
$solver
$normalize_y
$precision
$random_state
n_jobs : int, default=None
    Number of threads, as for `KernelRegressor`; they share the folds.
""",
    "learner_classifier": """alpha : "auto" or float, default="auto"
    Ridge, added to the diagonal of the kernel matrix. "auto" takes the one of 24, relative to
    the scale of the kernel, that predicts the one-hot labels of the folds best. A number is in
    absolute units.
$classes_and_solving
$random_state
n_jobs : int, default=None
    Number of threads, as for `KernelRegressor`; they share the folds.
""",
    "classes": """classes_ : ndarray of shape (n_classes,)
    The labels, in ascending order.
dual_coef_ : ndarray of shape (n_rows, n_classes)
    Coefficients of the training rows for each class; for two classes, one column for the
    second.
X_fit_ : {ndarray, sparse matrix} of shape (n_rows, n_features)
    The training rows of positive weight.
intercept_ : ndarray of shape (n_classes,) or (1,)
    The share of each class, which was subtracted from the one-hot labels.
temperature_ : float
    What scores are divided by. It and the offsets make the leave-one-out predictions of the
    training rows most likely.
offsets_ : ndarray of shape (n_classes,)
    What is added then; the sums are the logits of the probabilities.
""",
    "fitted": """$solved
$seen
""",
    "coefficients": """dual_coef_ : ndarray of shape (n_rows,) or (n_rows, n_targets)
    Coefficients of the training rows, in the units of the targets.
X_fit_ : {ndarray, sparse matrix} of shape (n_rows, n_features)
    The training rows of positive weight.
intercept_ : float or ndarray of shape (n_targets,)
    The mean that was subtracted from the targets, or 0.
y_scale_ : float or ndarray of shape (n_targets,)
    Their standard deviation, or 1.
amplitude_ : float or ndarray of shape (n_targets,)
    Standard deviation, in units of `y_scale_`, of the prior where the kernel is 1. Where
    alpha="auto" found the noise, the one with which 90 % of the leave-one-out intervals of
    90 % cover; otherwise, and for spreads that are no posterior, 1.
""",
    "factor": """$solved
factor_ : object, list of objects or None
    Of the training matrix, with ``solve(B)``, ``half_solve(B)`` and ``log_determinant()``; a
    list, in ascending order, for distinct ridges; None without `keep_factor`.
log_marginal_likelihood_value_ : float
    Log marginal likelihood of the normalised targets, summed over targets.
$seen
""",
    "centres": """kernel : kernel object or estimator, default=None
    Any kernel of `sklearn_ntk.kernels` or `sklearn.gaussian_process.kernels`;
    ``length_scale="scale"`` of kernels that have it is measured on the training rows. None
    stands for ``NTK()``. An estimator such as ``RFMRegressor()`` learns one, on a subsample.
n_components : int or "auto", default="auto"
    Number of centres. "auto" is 2,000, or the number of rows if there are fewer.
centers : {"k-means", "pivoted_cholesky", "uniform"} or array-like, default="k-means"
    How they are chosen, or the centres themselves, of shape (n_centers, n_features). "k-means"
    takes means of groups of rows, which are dense; "pivoted_cholesky" draws rows in proportion
    to what those before leave of the kernel, and stops where further ones add nothing;
    "uniform" draws any rows. The first two look at 5 rows for each centre, or as many as
    scikit-learn's ``working_memory`` allows.
""",
    "centres_solver": """solver : {"auto", "eigh", "cg"}, default="auto"
    "eigh" takes n_samples * n_components^2 operations and then 10 n_components^3, and holds
    n_components^2 numbers four times. "cg", preconditioned conjugate gradients, evaluates the
    kernel of all rows and centres anew in each of some dozens of iterations, for as many centres as
    memory allows, but leaves no spreads and knows no `partial_fit`. "auto" is the second beyond
    5,000 centres.
tol : float, default=1e-7
    Where "cg" stops: the relative norm of the residual of the normal equations and the relative
    energy norm of the error.
max_iter : int, default=1000
    Iterations after which "cg" stops with a `ConvergenceWarning`.
""",
    "centres_rest": """random_state : int, RandomState instance or None, default=0
    Draws the centres and the rows that find the ridge; None draws anew in each fit.
n_jobs : int, default=None
    Number of threads that evaluate the kernel, as for `KernelRegressor`; products and
    decompositions of whole matrices use those of BLAS.
""",
    "centres_found": """centers_ : {ndarray, sparse matrix} of shape (n_centers, n_features)
    The centres.
kernel_ : kernel object
    The kernel that was used.
alpha_ : float
    The ridge that was used.
""",
    "centres_fitted": """solver_ : {"eigh", "cg"}
    The solver that was used.
n_iter_ : int
    Iterations of "cg"; 1 for the others.
$seen
""",
    "features": """leverage : bool, default=False
    Whether weights are drawn in proportion to their squared norms, a bound of their leverage
    scores, with outputs weighted in turn: outputs of equal size, for less variance.
random_state : int, RandomState instance or None, default=None
    Draws the weights; None draws anew in each fit.
n_jobs : int, default=None
    Number of threads that share the rows, as for `KernelRegressor`.
""",
    "networks": """depths : sequence of int, default=(1, 2, 3, 5)
    Candidates for the number of hidden layers.
activations : sequence of str, Activation or callable, default=("relu",)
    Candidates for the nonlinearity of the hidden layers.
weight_variances : sequence of float, default=(2.0,)
    Candidates for the variance of each weight times its fan-in.
bias_variances : sequence of float, default=(0.1, 1.0)
    Candidates for the variance of each bias.
""",
    "training_times": """training_times : sequence of float or None, default=(None,)
    Candidates for the duration of gradient flow, in the units of $regressor; None is the
    end of training.
""",
    "alphas": """alphas : "auto" or sequence of float, default="auto"
    Candidates for the ridge, in absolute units. "auto" stands for 24 between 1e-6 and 300
    times the scale of each kernel, (tr K - sum K / n) / n.
""",
    "search": """cv : int, splitter, iterable or None, default=None
    None is leave-one-out, or three folds in which targets are distributed alike if a kernel
    learns: one score of all held-out predictions together, for every candidate. An int is so
    many folds; any splitter, or pairs of training and test rows.
scoring : str, callable or None, default=None
    A scorer of scikit-learn's, or a function of (estimator, X, y) that uses nothing but
    ``estimator.predict(X)``. None is R2.
alpha_per_target : bool, default=False
    Whether each target has a ridge of its own, chosen by its own score; all else is chosen
    by the mean of the best scores.
keep_factor : bool, default=$keep
    Whether the best model keeps its factor, for spreads and `staged_predict`.
normalize_y : bool, default=True
    Whether each fit subtracts the (weighted) mean of its training targets and divides by
    their standard deviation, as for `KernelRegressor`.
$sample
""",
    "sample": """subsample : int or None, default=1000
    Number of rows, drawn at random where there are more, on which candidates are scored; the
    best is fitted to all rows, with the ridge found on these. None scores on all, which takes
    some 10 n_rows^3 operations for each kernel.
random_state : int, RandomState instance or None, default=0
    Draws them; None draws anew in each fit.
n_jobs : int, default=None
    Number of threads that evaluate kernels and held-out blocks, as for `KernelRegressor`;
    the decompositions use those of BLAS.
""",
    "classifier_search": """cv : int, splitter, iterable or None, default=None
    None is leave-one-out, or three folds in which classes are distributed alike if a kernel
    learns: one score of all held-out predictions together, for every candidate. An int is so
    many stratified folds; any splitter, or pairs of training and test rows.
scoring : str, callable or None, default=None
    A scorer of scikit-learn's, or a function of (estimator, X, y) that uses nothing but
    predict, decision_function and predict_proba of X. None is minus the squared error of the
    scores as predictions of one-hot labels. No label calibrates the probabilities that a
    scorer sees: they are the scores, cut off at 0.001 and 1.
class_weight : dict or "balanced", default=None
    Factors of the weights of the rows of each class, in the fits, as for `KernelClassifier`.
$sample
""",
    "best_classifier": """best_estimator_ : $regressor
    The best candidate, fitted to all rows and calibrated as $regressor is.
best_params_ : dict
    The best value of every parameter, for $regressor.
classes_ : ndarray of shape (n_classes,)
    The labels, in ascending order.
$found
held_out_predictions_ : ndarray of shape (n_samples, n_classes)
    Scores of the best candidate for rows that its fits have not seen, not calibrated; NaN for
    rows that were not scored.
""",
    "best": """best_estimator_ : $regressor
    The best candidate, fitted to all rows by a factorization of its own.
best_params_ : dict
    The best value of every parameter, for $regressor; its alpha is an array with
    `alpha_per_target`.
$found
members_ : list of $regressor
    The fitted models whose mean is the prediction, the best candidate first; it alone unless
    there is an `n_members`.
member_weights_ : ndarray of shape (n_members,)
    Their weights, which sum to 1.
held_out_predictions_ : ndarray of shape (n_samples,) or (n_samples, n_targets)
    Mean predictions of these models for rows that their fits have not seen; NaN for rows that
    were not scored.
""",
    "found": """best_score_ : float
    Its mean score over the splits.
best_index_ : int
    Its position in `cv_results_`; with an alpha for each target, that for the first.
cv_results_ : dict of ndarray
    Scores of all candidates, in the form and the order of GridSearchCV; times are equal
    shares of the time of a kernel. With an alpha for each target, means over targets.
n_splits_ : int
    Number of splits; 1 for leave-one-out.
$seen
""",
}


def shared_docs(**values):
    """Decorate a class to fill in the paragraphs that its docstring names, and their `values`."""
    paragraphs = {name: text.strip() for name, text in PARAGRAPHS.items()}

    def fill(cls):
        if cls.__doc__:  # python -OO has none
            whole = cleandoc(cls.__doc__)
            for _ in range(3):  # a paragraph may name another, and that a third
                whole = Template(whole).safe_substitute(paragraphs)
            cls.__doc__ = Template(whole).substitute(values) + "\n"
        return cls

    return fill
