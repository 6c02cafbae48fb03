"""The kernel objects inside scikit-learn's own estimators."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_iris, make_friedman1
from sklearn.decomposition import KernelPCA
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.kernel_approximation import Nystroem
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import scale
from sklearn.svm import SVC, SVR

from sklearn_ntk import LaplaceKernel
from sklearn_ntk.kernels import NNGP, NTK, Laplace, ProductLaplace

every_kernel = pytest.mark.parametrize(
    "kernel", [NTK(2), NNGP(2), Laplace(2.0), ProductLaplace(4.0)], ids=repr
)


@pytest.fixture(scope="module")
def regression():
    X, y = make_friedman1(120, noise=1.5, random_state=0)
    return scale(X), scale(y)


@every_kernel
def test_gaussian_process_regressor(kernel, regression):
    X, y = regression
    host = GaussianProcessRegressor(kernel, alpha=0.2, random_state=0).fit(X, y)
    assert host.log_marginal_likelihood_value_ > host.log_marginal_likelihood(kernel.theta)
    _, gradient = host.log_marginal_likelihood(host.kernel_.theta, eval_gradient=True)
    assert np.abs(gradient).max() < 0.05


@every_kernel
def test_gaussian_process_classifier(kernel):
    X, y = load_iris(return_X_y=True)
    host = GaussianProcessClassifier(1.0 * kernel, optimizer=None).fit(scale(X), y)
    assert host.score(scale(X), y) > 0.9


@every_kernel
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_kernel_ridge_and_svr(kernel, regression, container):
    X, y = regression
    rows = container(X)
    for host in KernelRidge(kernel=kernel, alpha=0.1), SVR(kernel=kernel, C=10):
        name = "precomputed"
        expected = clone(host).set_params(kernel=name).fit(kernel(X), y).predict(kernel(X))
        prediction = host.fit(rows, y).predict(rows)
        np.testing.assert_allclose(prediction, expected, rtol=1e-6, atol=1e-6)


@every_kernel
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_svc(kernel, container):
    X, y = load_iris(return_X_y=True)
    rows = container(scale(X))
    assert SVC(kernel=kernel).fit(rows, y).score(rows, y) > 0.95


@every_kernel
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_kernel_pca_and_nystroem(kernel, regression, container):
    X, _ = regression
    rows = container(X)
    K = kernel(X)
    centred = K - K.mean(axis=0) - K.mean(axis=1)[:, np.newaxis] + K.mean()
    scores = KernelPCA(3, kernel=kernel, eigen_solver="dense").fit_transform(rows)
    np.testing.assert_allclose(
        np.sum(scores**2, axis=0), np.linalg.eigvalsh(centred)[:-4:-1], rtol=1e-9
    )
    # With every row a landmark the Nystroem map is exact.
    features = Nystroem(kernel, n_components=len(X), random_state=0).fit_transform(rows)
    np.testing.assert_allclose(features @ features.T, K, atol=1e-8)


def test_grid_search_over_kernel_parameters(regression):
    search = GridSearchCV(KernelRidge(kernel=NTK()), {"kernel__depth": [1, 3]}, cv=3)
    assert search.fit(*regression).best_params_["kernel__depth"] in (1, 3)


def test_laplace_estimator_as_the_kernel_of_svr(regression):
    X, y = regression
    scale_ = 4 * np.sqrt(2 * X.var(axis=0).sum())
    expected = SVR(kernel=Laplace(scale_)).fit(X, y).predict(X[:5] + 0.1)
    np.testing.assert_allclose(
        SVR(kernel=LaplaceKernel()).fit(X, y).predict(X[:5] + 0.1), expected, rtol=1e-7
    )
    with pytest.raises(ValueError, match=r"sklearn_ntk\.kernels\.Laplace"):
        KernelRidge(kernel=LaplaceKernel()).fit(X, y)
