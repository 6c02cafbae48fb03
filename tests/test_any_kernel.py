"""All that a regressor can do, for every kernel object: against other code and closed forms."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, Matern, WhiteKernel
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

from sklearn_ntk import KernelRegressor, KernelRegressorCV, LaplaceKernel
from sklearn_ntk.kernels import NNGP, NTK, ConvNNGP, ConvNTK, Laplace, ProductLaplace

SMOOTH = [
    NTK(2),
    NNGP(1, activation="erf"),
    NTK(2, residual=True, layer_norm=True),
    Laplace(2.0),
    Laplace(3.0, exponent=1.5),
    NTK(1) + Laplace(3.0),
    ProductLaplace(4.0),
    NTK(1) + 0.5 * ProductLaplace(3.0, exponent=1.5),
    ConstantKernel(0.5) * NNGP(2),
    Matern(1.5, nu=2.5),
    NTK(1, bias_variance=0.5) * RBF(2.0) + WhiteKernel(0.3),
]
IMAGES = [ConvNTK((3, 2), depth=1), ConvNNGP((3, 2), depth=1) + RBF(3.0)]
every_kernel = pytest.mark.parametrize("kernel", [*SMOOTH, *IMAGES], ids=str)


@pytest.fixture
def data(rng):
    X = rng.standard_normal((40, 6))
    return X, np.sin(X[:, 0]) + X[:, 1] * X[:, 2] + 3 + 0.1 * rng.standard_normal(40)


def close(value, expected, tolerance=1e-9):
    np.testing.assert_allclose(value, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@every_kernel
@pytest.mark.parametrize("normalize_y", [True, False])
def test_gaussian_process_regressor(kernel, normalize_y, data):
    X, y = data
    new = np.vstack([X[:5] + 0.3, X[:2]])
    options = {"alpha": 0.1, "normalize_y": normalize_y}
    theirs = GaussianProcessRegressor(kernel, optimizer=None, **options).fit(X, y)
    ours = KernelRegressor(kernel, keep_factor=True, **options).fit(X, y)
    for moment in "return_std", "return_cov":
        values = (model.predict(new, **{moment: True}) for model in (ours, theirs))
        for value, expected in zip(*values, strict=True):
            close(value, expected)
    theta = kernel.theta + 0.1
    for point in kernel.theta, theta:
        value, gradient = theirs.log_marginal_likelihood(point, eval_gradient=True)
        arguments = np.append(point, np.log(0.1))
        our_value, our_gradient = ours.log_marginal_likelihood(arguments, eval_gradient=True)
        assert our_value == pytest.approx(value, rel=1e-9)
        close(our_gradient[:-1], gradient)
        assert ours.log_marginal_likelihood(arguments) == pytest.approx(value, rel=1e-9)
    step = np.array([0] * len(theta) + [1e-4])
    ends = (ours.log_marginal_likelihood(arguments + sign * step) for sign in (1, -1))
    assert our_gradient[-1] == pytest.approx(np.subtract(*ends) / 2e-4, rel=1e-6)
    start = ours.log_marginal_likelihood_value_
    assert start == pytest.approx(theirs.log_marginal_likelihood_value_, rel=1e-9)


@pytest.mark.parametrize("kernel", [NTK(1), Matern(1.5, nu=2.5)], ids=str)
def test_optimizer(kernel, data):
    X, y = data
    theirs = GaussianProcessRegressor(kernel, alpha=0.1, normalize_y=True).fit(X, y)
    ours = KernelRegressor(kernel, alpha=0.1, optimizer="fmin_l_bfgs_b", alpha_bounds="fixed")
    ours.fit(X, y)
    assert ours.alpha_ == 0.1
    value = ours.log_marginal_likelihood()
    assert value == pytest.approx(theirs.log_marginal_likelihood_value_, rel=1e-6)
    close(ours.predict(X + 0.1), theirs.predict(X + 0.1), 1e-3)  # as far as both converged
    free = KernelRegressor(kernel, alpha=0.1, optimizer="fmin_l_bfgs_b", alpha_bounds=(1e-3, 0.2))
    free.fit(X, y)
    assert 1e-3 <= free.alpha_ <= 0.2
    assert free.log_marginal_likelihood() >= value


def test_bounds_of_the_optimizer(data):
    model = KernelRegressor(optimizer="fmin_l_bfgs_b")
    for bounds in (0.0, 1.0), (2.0, 1.0), (1.0, 2.0, 3.0):
        with pytest.raises(ValueError, match=r"alpha_bounds == .* must be 'fixed' or 0 < low"):
            model.set_params(alpha_bounds=bounds).fit(*data)
    model = KernelRegressor(NTK(1, weight_variance_bounds=(1e-2, np.inf)), n_restarts_optimizer=1)
    with pytest.raises(ValueError, match="bounds, which must then be finite"):
        model.set_params(optimizer="fmin_l_bfgs_b").fit(*data)


@every_kernel
@pytest.mark.parametrize("time", [0.0, 3.0, 200.0])
def test_training_time(kernel, time, data):
    X, y = data
    new = X[:5] + 0.3
    model = KernelRegressor(kernel, alpha=0.1, training_time=time, keep_factor=True).fit(X, y)
    w, Q = np.linalg.eigh(kernel(X) + 0.1 * np.eye(len(X)))
    filtered = -np.expm1(-w * time / len(X)) / w
    expected = y.mean() + kernel(new, X) @ (Q * filtered) @ Q.T @ (y - y.mean())
    close(model.predict(new), expected)
    stages = list(model.staged_predict(new, [time, np.inf]))
    close(stages[0], expected)
    close(stages[1], KernelRegressor(kernel, alpha=0.1).fit(X, y).predict(new))


@every_kernel
def test_gradient(kernel, data):
    X, y = data
    Y = np.column_stack([y, X[:, 0] ** 2])
    new = np.vstack([X[:4] + 0.3, 5 * X[4:6]])
    model = KernelRegressor(kernel, alpha=0.1).fit(X, Y)
    if kernel in IMAGES:
        with pytest.raises(NotImplementedError, match="No gradient by inputs is known for Conv"):
            model.gradient(new)
        return
    gradient = model.gradient(new)
    assert gradient.shape == (6, 6, 2)
    for j, step in enumerate(1e-5 * np.eye(6)):
        difference = (model.predict(new + step) - model.predict(new - step)) / 2e-5
        close(gradient[:, j], difference, 1e-6)
    close(model.fit(X, y).gradient(new), gradient[..., 0], 1e-12)
    assert np.isfinite(model.gradient(np.vstack([X[:3], np.zeros((1, 6)), -X[:2]]))).all()


def test_search_equals_grid_search(data):
    X, y = data
    kernels = [*SMOOTH[:4], IMAGES[0], LaplaceKernel()]
    grid = {"alphas": [0.01, 0.1, 1.0, 10.0, 30.0], "training_times": [None, 20.0]}
    cv = KFold(4, shuffle=True, random_state=0)
    ours = KernelRegressorCV(kernels, **grid, cv=cv, n_members=1).fit(X, y)
    theirs = GridSearchCV(
        KernelRegressor(),
        {"kernel": kernels, "alpha": grid["alphas"], "training_time": grid["training_times"]},
        cv=cv,
    ).fit(X, y)
    fields = [f"split{k}_test_score" for k in range(4)]
    # LaplaceKernel() measures its length scale on all rows, and in GridSearchCV on each fold's.
    fixed = [not isinstance(p["kernel"], LaplaceKernel) for p in ours.cv_results_["params"]]
    for field in fields:
        np.testing.assert_allclose(
            ours.cv_results_[field][fixed], theirs.cv_results_[field][fixed], rtol=1e-8, atol=1e-10
        )
    ours = KernelRegressorCV(kernels[:-1], **grid, cv=cv, n_members=1).fit(X, y)
    best = np.argmax(np.where(fixed, theirs.cv_results_["mean_test_score"], -np.inf))
    expected = theirs.cv_results_["params"][best]
    assert {k: str(v) for k, v in ours.best_params_.items()} == {
        k: str(v) for k, v in expected.items()
    }
    model = KernelRegressor(**ours.best_params_).fit(X, y)
    np.testing.assert_allclose(ours.predict(X + 0.1), model.predict(X + 0.1), rtol=1e-9)
    np.testing.assert_array_equal(list(ours.cv_results_["param_alpha"])[:1], [0.01])


def test_search_of_what_is_no_kernel(data):
    for kernels in ["precomputed"], [None], []:
        with pytest.raises(ValueError, match="kernel"):
            KernelRegressorCV(kernels).fit(*data)


def test_precomputed(data, rng):
    X, y = data
    Y = np.column_stack([y, y**2])
    weight = rng.integers(0, 3, len(X)).astype(float)
    kernel, new = NTK(1) + Laplace(2.0), X[:5] + 0.2
    K, cross = kernel(X), kernel(new, X)
    for options in {}, {"training_time": 5.0}, {"precision": "mixed"}, {"alpha": [0.1, 0.3]}:
        ours = KernelRegressor("precomputed", **options).fit(K, Y, weight)
        expected = KernelRegressor(kernel, **options).fit(X, Y, weight)
        np.testing.assert_allclose(ours.predict(cross), expected.predict(new), rtol=1e-8)
        value = expected.log_marginal_likelihood()
        assert ours.log_marginal_likelihood() == pytest.approx(value, rel=1e-6)
    theirs = KernelRidge(kernel="precomputed", alpha=0.1).fit(K, Y)
    ours = KernelRegressor("precomputed", alpha=0.1, normalize_y=False).fit(K, Y)
    np.testing.assert_allclose(ours.predict(cross), theirs.predict(cross), rtol=1e-9)
    # Cross-validation cuts rows and columns.
    score = cross_val_score(KernelRegressor("precomputed"), K, y, cv=3)
    np.testing.assert_allclose(score, cross_val_score(KernelRegressor(kernel), X, y, cv=3))
    stages = KernelRegressor("precomputed", solver="eigh", keep_factor=True).fit(K, y)
    close(next(stages.staged_predict(cross, [np.inf])), stages.predict(cross))


def test_what_a_precomputed_matrix_cannot(data):
    X, y = data
    K = NTK(1)(X)
    model = KernelRegressor("precomputed", keep_factor=True)
    with pytest.raises(ValueError, match="must be square"):
        model.fit(K[:, :-1], y)
    with pytest.raises(ValueError, match="has no hyperparameters for an optimizer"):
        KernelRegressor("precomputed", optimizer="fmin_l_bfgs_b").fit(K, y)
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        model.fit(sparse.csr_array(K), y)
    model.fit(K, y)
    for call in (
        lambda: model.predict(K, return_std=True),
        lambda: model.gradient(K),
        lambda: model.sample_y(K),
        lambda: model.log_marginal_likelihood(eval_gradient=True),
    ):
        with pytest.raises(ValueError, match="needs a kernel object"):
            call()
    with pytest.raises(ValueError, match="features"):
        model.predict(K[:, :-1])


def test_without_a_factor(data):
    model = KernelRegressor().fit(*data)
    assert model.factor_ is None
    for call in (
        lambda: model.predict(data[0], return_std=True),
        lambda: model.sample_y(data[0]),
    ):
        with pytest.raises(ValueError, match=r"Fit with keep_factor=True, which takes .* MiB"):
            call()
    model.set_params(keep_factor=True, solver="cholesky").fit(*data)
    with pytest.raises(ValueError, match="Fit with solver='eigh' and keep_factor=True"):
        next(model.staged_predict(data[0], [1.0]))
    with pytest.raises(ValueError, match="finite training_time needs eigenvectors"):
        model.set_params(training_time=1.0).fit(*data)
    assert KernelRegressor(training_time=np.inf).fit(*data).solver_ == "cholesky"
    assert KernelRegressor(training_time=1.0).fit(*data).solver_ == "eigh"
    assert KernelRegressor(solver="eigh").fit(*data).solver_ == "eigh"


def test_kernel_of_an_estimator(data):
    X, y = data
    model = KernelRegressor(LaplaceKernel(exponent=1.3), alpha=0.2).fit(X, y)
    expected = LaplaceKernel(exponent=1.3, alpha=0.2).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), expected.predict(X))


def test_kernels_of_scikit_learn(data):
    """Kernels that know nothing of this package's protocol."""
    X, y = data
    kernel = DotProduct() + RBF([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    model = KernelRegressor(kernel, alpha=0.1, keep_factor=True, normalize_y=False).fit(X, y)
    theirs = GaussianProcessRegressor(kernel, alpha=0.1, optimizer=None).fit(X, y)
    close(model.predict(X + 0.1, return_std=True)[1], theirs.predict(X + 0.1, return_std=True)[1])
    with pytest.raises(NotImplementedError, match="DotProduct"):
        model.gradient(X)
