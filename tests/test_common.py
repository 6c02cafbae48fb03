"""scikit-learn's own estimator checks."""

import pytest
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
    parametrize_with_checks,
)

from sklearn_ntk import (
    KernelRegressor,
    LaplaceKernel,
    LaplaceKernelCV,
    NNGPRegressor,
    NNGPRegressorCV,
    NTKRegressor,
    NTKRegressorCV,
)
from sklearn_ntk.kernels import Laplace

ESTIMATORS = [
    NTKRegressor(),
    NNGPRegressor(),
    LaplaceKernel(),
    KernelRegressor(Laplace()),
    NTKRegressorCV((1, 3)),
    NTKRegressorCV((1, 2), alphas=(0.1, 1.0), training_times=(10.0, None), cv=3),
    NNGPRegressorCV((1, 3)),
    LaplaceKernelCV((1.0, 5.0), alphas=(0.01, 0.1)),
]
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
