"""scikit-learn's own estimator checks."""

from importlib.util import find_spec

import pytest
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
    parametrize_with_checks,
)

from sklearn_ntk import (
    ARDClassifier,
    ARDRegressor,
    KernelClassifier,
    KernelClassifierCV,
    KernelRegressor,
    KernelRegressorCV,
    KernelTreeClassifier,
    KernelTreeRegressor,
    LaplaceClassifier,
    LaplaceKernel,
    LaplaceKernelCV,
    LinearizedNetwork,
    NNGPClassifier,
    NNGPFeatures,
    NNGPRegressor,
    NNGPRegressorCV,
    NTKClassifier,
    NTKClassifierCV,
    NTKFeatures,
    NTKRegressor,
    NTKRegressorCV,
    NystroemClassifier,
    NystroemRegressor,
    RFMClassifier,
    RFMRegressor,
)
from sklearn_ntk.kernels import NNGP, NTK, ConvNTK, Laplace, ProductLaplace


class Signals(ConvNTK):
    """ConvNTK for rows of any length, as the checks have them: signals of one channel."""

    def _of(self, X):
        return ConvNTK((X.shape[1], 1, 1), depth=1, filter_size=3)

    def _fill(self, X, Z, out):
        self._of(X)._fill(X, Z, out)

    def _diagonal(self, X):
        return self._of(X)._diagonal(X)


ESTIMATORS = [
    NTKRegressor(),
    NNGPRegressor(),
    LaplaceKernel(),
    KernelRegressor(Laplace()),
    KernelRegressor(NTK(1) + 0.5 * Laplace(2.0), keep_factor=True),
    KernelRegressor(NNGP(1), training_time=1e6),
    KernelRegressor(Signals((4, 1, 1))),
    # Two of the checks pass a matrix that is far from positive semi-definite without its ridge.
    KernelRegressor("precomputed", alpha=1e4),
    KernelRegressorCV(),
    KernelRegressorCV([NTK(1), Laplace(2.0)], n_members=1, alphas=(0.01, 0.1, 1.0)),
    NTKRegressorCV((1, 3)),
    NTKRegressorCV((1, 2), alphas=(0.1, 1.0), training_times=(10.0, None), cv=3),
    NNGPRegressorCV((1, 3)),
    LaplaceKernelCV((1.0, 5.0), alphas=(0.01, 0.1)),
    ARDRegressor(),
    RFMRegressor(),
    RFMRegressor(ARDRegressor(Laplace(2.0)), n_iter=1, metric="diagonal", n_folds=2),
    ARDClassifier(),
    RFMClassifier(),
    KernelTreeRegressor(),
    KernelTreeClassifier(),
    NystroemRegressor(),
    NystroemRegressor(Laplace("scale"), centers="uniform", alpha=0.1, solver="cg", tol=1e-10),
    NystroemClassifier(),
    NTKFeatures(n_components=50, random_state=0),
    NNGPFeatures(n_components=50, random_state=0),
    LinearizedNetwork(random_state=0),
    NTKClassifier(),
    NNGPClassifier(),
    LaplaceClassifier(),
    KernelClassifier(NTK(1) + 0.5 * ProductLaplace("scale"), alpha=0.1, class_weight="balanced"),
    NTKClassifierCV((1, 3)),
    KernelClassifierCV([NTK(1), Laplace(2.0)], alphas=(0.1, 1.0), cv=3, scoring="neg_log_loss"),
]
if find_spec("dask"):
    from sklearn_ntk.distributed import DistributedKernelRegressor

    ESTIMATORS += [DistributedKernelRegressor(), DistributedKernelRegressor(solver="cholesky")]
every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn(estimator, check):
    check(estimator)


# These two are not among the checks that scikit-learn hands to third parties.
@every_estimator
def test_parameter_validation(estimator):
    check_param_validation(type(estimator).__name__, estimator)


@every_estimator
def test_column_names(estimator):
    check_dataframe_column_names_consistency(type(estimator).__name__, estimator)
