"""What benchmarks/uci.py compares: our estimators at their defaults, and peers."""

import importlib
import itertools
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.svm import SVC, SVR

COSTS = [10.0**k for k in range(-2, 5)]

# libsvm can take minutes for 100 rows where C is large. What has not converged by then is not
# chosen: it would win by luck now and then, and without a limit it never did.
SVM_OPTIONS = {"cache_size": 1000, "max_iter": 1_000_000}


@dataclass
class Model:
    """A way to an unfitted estimator.

    ``select(X, y, splits)`` chooses it by its score on the second half of each pair of row
    indices. Models with nothing to choose from such splits have ``make()`` instead.
    """

    make: Callable | None = None
    select: Callable | None = None
    max_rows: float = np.inf
    # Options of predict(return_std=True) for a new observation; None if it has no such thing.
    std_options: dict | None = None
    # Where it comes from, if that may be missing: a module and a name in it.
    source: tuple[str, str] | None = field(default=None, repr=False)

    def available(self):
        if not self.source:
            return True
        module, name = self.source
        try:
            return hasattr(importlib.import_module(module), name)
        except ImportError:
            return False


# CatBoost by itself leaves a folder with a log of each fit where it runs.
CATBOOST = {"thread_count": 1, "verbose": False, "allow_writing_files": False}


def imported(module, name, std_options=None, **parameters):
    """A model that is imported when it is needed."""

    def make():
        return getattr(importlib.import_module(module), name)(**parameters)

    return Model(make, std_options=std_options, source=(module, name))


def stratified(y, n_splits=4):
    """Stratified folds as pairs of indices, fewer where no class has as many rows."""
    n_splits = min(n_splits, np.unique(y, return_counts=True)[1].max())
    folds = StratifiedKFold(n_splits, shuffle=True, random_state=0)
    return list(folds.split(np.zeros(len(y)), y))


def searched(estimator, grid, X, y, splits):
    """The first of the best settings of a grid, of those that converge."""
    search = GridSearchCV(estimator, grid, cv=splits, refit=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        search.fit(X, y)
    return clone(estimator).set_params(**search.best_params_)


def gammas(X, exponents):
    """Powers of 2 times the gamma of SVC's "scale"."""
    return [float(2.0**k / (X.shape[1] * X.var())) for k in exponents]


# NTK and SVC, as in the paper


def ntk_kernels(X, Z=None):
    """(depth, fixed layers) and kernel, 15 times, in the order in which Arora et al. try them."""
    squares = np.einsum("ij,ij->i", X, X)
    other_squares = squares if Z is None else np.einsum("ij,ij->i", Z, Z)
    S = X @ (X if Z is None else Z).T
    kernels = [np.zeros_like(S) for _ in range(5)]
    for depth in range(5):
        for fixed, H in enumerate(kernels):
            if fixed <= depth:
                H += S
                yield (depth, fixed), H
        P = np.sqrt(np.multiply.outer(squares, other_squares)) / 2**depth
        P = np.maximum(P, 1e-9)
        u = np.clip(S / P, -1, 1)
        slope = (np.pi - np.arccos(u)) / (2 * np.pi)
        S = P * (u * slope + np.sqrt(1 - u * u) / (2 * np.pi))
        for H in kernels:
            H *= slope


def ntk_kernel(X, Z, depth, fixed):
    """One of them."""
    return next(K for key, K in ntk_kernels(X, Z) if key == (depth, fixed))


class NTKSVC(ClassifierMixin, BaseEstimator):
    """SVC with one of those kernels."""

    def __init__(self, depth=0, fixed=0, C=1.0):
        self.depth = depth
        self.fixed = fixed
        self.C = C

    def fit(self, X, y):
        self.X_ = X
        K = ntk_kernel(X, None, self.depth, self.fixed)
        self.svc_ = SVC(kernel="precomputed", C=self.C, **SVM_OPTIONS).fit(K, y)
        self.classes_ = self.svc_.classes_
        return self

    def predict(self, X):
        return self.svc_.predict(ntk_kernel(X, self.X_, self.depth, self.fixed))


def select_ntk_svc(X, y, splits):
    """The first of the best in the order of the paper; each kernel is computed once."""
    best = -1, None
    for (depth, fixed), K in ntk_kernels(X):
        scores = np.zeros(len(COSTS))
        for train, test in splits:
            K_train, K_test = K[np.ix_(train, train)], K[np.ix_(test, train)]
            for i, C in enumerate(COSTS):
                if np.isnan(scores[i]):
                    continue
                svc = SVC(kernel="precomputed", C=C, **SVM_OPTIONS).fit(K_train, y[train])
                converged = np.max(svc.n_iter_) < svc.max_iter
                score = np.mean(svc.predict(K_test) == y[test]) if converged else np.nan
                scores[i] += score / len(splits)
        # Means of folds that are equal but for rounding are equal.
        if np.nanmax(scores) > best[0] + 1e-12:
            best = np.nanmax(scores), NTKSVC(depth, fixed, COSTS[int(np.nanargmax(scores))])
    return best[1]


# Other classifiers that have something to choose


def select_rbf_svc(X, y, splits):
    grid = {"C": COSTS, "gamma": gammas(X, range(-6, 5))}
    return searched(SVC(**SVM_OPTIONS), grid, X, y, splits)


class Calibrated(CalibratedClassifierCV):
    """CalibratedClassifierCV with folds that allow classes of fewer rows than folds."""

    def fit(self, X, y):
        super().__init__(self.estimator, cv=stratified(y))
        return super().fit(X, y)


def select_calibrated_svc(X, y, splits):
    return Calibrated(select_rbf_svc(X, y, splits))


CLASSIFIERS = {
    "NTK SVC": Model(select=select_ntk_svc),
    "RBF SVC": Model(select=select_rbf_svc),
    "calibrated RBF SVC": Model(select=select_calibrated_svc),
    "RandomForest": Model(lambda: RandomForestClassifier(random_state=0)),
    "HistGradientBoosting": Model(lambda: HistGradientBoostingClassifier(random_state=0)),
    "GaussianProcess": Model(
        lambda: GaussianProcessClassifier(1.0 * RBF(), random_state=0), max_rows=500
    ),
    "XGBoost": imported("xgboost", "XGBClassifier", n_jobs=1),
    "CatBoost": imported("catboost", "CatBoostClassifier", **CATBOOST),
} | {
    name: imported("sklearn_ntk", name)
    for name in (
        "NTKClassifier",
        "NNGPClassifier",
        "LaplaceClassifier",
        "NTKClassifierCV",
        "KernelClassifierCV",
    )
}


# Regressors


def select_svr(X, y, splits):
    grid = {
        "C": [0.1, 1.0, 10.0, 100.0, 1000.0],
        "gamma": gammas(X, range(-6, 3, 2)),
        "epsilon": [0.03, 0.1, 0.3],
    }
    return searched(SVR(**SVM_OPTIONS), grid, X, y, splits)


def select_kernel_ridge(X, y, splits):
    grid = {"alpha": [10.0**k for k in range(-4, 2)], "gamma": gammas(X, range(-6, 3, 2))}
    return searched(KernelRidge(kernel="rbf"), grid, X, y, splits)


def learned_gp():
    kernel = ConstantKernel() * RBF() + WhiteKernel()
    return GaussianProcessRegressor(
        kernel, normalize_y=True, n_restarts_optimizer=1, random_state=0
    )


def select_boosting(X, y, splits):
    grid = {
        "learning_rate": [0.03, 0.1, 0.3],
        "max_leaf_nodes": [7, 31],
        "min_samples_leaf": [5, 20],
        "max_iter": [100, 300],
    }
    return searched(HistGradientBoostingRegressor(random_state=0), grid, X, y, splits)


class GaussianProcessARD(RegressorMixin, BaseEstimator):
    """scikit-learn's Gaussian process with an RBF kernel that learns a length for each column."""

    def fit(self, X, y):
        kernel = ConstantKernel() * RBF(np.ones(X.shape[1])) + WhiteKernel()
        self.gp_ = GaussianProcessRegressor(kernel, normalize_y=True, random_state=0).fit(X, y)
        return self

    def predict(self, X):
        return self.gp_.predict(X)


class XRFM(RegressorMixin, BaseEstimator):
    """The best of eight xRFM on a fifth of the rows, which also stops and tunes each of them."""

    def fit(self, X, y):
        import torch
        from xrfm import xRFM

        order = np.random.default_rng(0).permutation(len(X))
        X, y = (torch.tensor(part[order], dtype=torch.float32) for part in (X, y[:, np.newaxis]))
        n = len(X) // 5
        least = np.inf
        for diag, exponent, reg in itertools.product([False, True], [1.0, 1.4], [1e-5, 1e-3]):
            kernel = {"kernel": "l2", "bandwidth": 10.0, "exponent": exponent, "diag": diag}
            stopping = {"reg": reg, "iters": 5, "verbose": False, "early_stop_rfm": True}
            model = xRFM(
                {"model": kernel, "fit": stopping},
                device=torch.device("cpu"),
                tuning_metric="mse",
                verbose=False,
            )
            model.fit(X[n:], y[n:], X[:n], y[:n])
            error = np.mean((np.asarray(model.predict(X[:n])) - np.asarray(y[:n])) ** 2)
            if error < least:
                least, self.model_ = error, model
        return self

    def predict(self, X):
        import torch

        return np.asarray(self.model_.predict(torch.tensor(X, dtype=torch.float32))).ravel()


REGRESSORS = {
    "SVR": Model(SVR),
    "SVR tuned": Model(select=select_svr),
    "KernelRidge": Model(lambda: KernelRidge(kernel="rbf")),
    "KernelRidge tuned": Model(select=select_kernel_ridge),
    "GaussianProcess": Model(learned_gp, std_options={}),
    "GaussianProcess ARD": Model(GaussianProcessARD),
    "HistGradientBoosting": Model(lambda: HistGradientBoostingRegressor(random_state=0)),
    "HistGradientBoosting tuned": Model(select=select_boosting),
    "RandomForest": Model(lambda: RandomForestRegressor(random_state=0)),
    "XGBoost": imported("xgboost", "XGBRegressor", n_jobs=1),
    "CatBoost": imported("catboost", "CatBoostRegressor", **CATBOOST),
    "xRFM": Model(XRFM, source=("xrfm", "xRFM")),
    "NTKRegressor": imported("sklearn_ntk", "NTKRegressor"),
    "NNGPRegressor": imported("sklearn_ntk", "NNGPRegressor", std_options={"include_noise": True}),
} | {
    name: imported("sklearn_ntk", name)
    for name in (
        "LaplaceKernel",
        "ARDRegressor",
        "RFMRegressor",
        "NTKRegressorCV",
        "KernelRegressorCV",
    )
}
