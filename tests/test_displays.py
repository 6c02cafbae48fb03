"""Pictures show the numbers that they are of."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, Matern, WhiteKernel
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ntk import (
    ARDRegressor,
    KernelRegressor,
    NNGPRegressor,
    NTKClassifier,
    NTKRegressor,
    NTKRegressorCV,
)
from sklearn_ntk.displays import (
    ContributionsDisplay,
    CorrelationMapDisplay,
    CoverageDisplay,
    KernelProfileDisplay,
    KernelSpectrumDisplay,
    PhaseDiagramDisplay,
    PredictionIntervalDisplay,
    RelevanceDisplay,
    SearchDisplay,
    TrainingDynamicsDisplay,
)
from sklearn_ntk.kernels import NNGP, NTK, Laplace, ProductLaplace

pytest.importorskip("matplotlib").use("Agg")

DISPLAYS = {
    "relevance": RelevanceDisplay([0.2, 0.8], ["a", "b"]),
    "contributions": ContributionsDisplay([3.0, -1.0], [4, 2], 0.5),
    "profile": KernelProfileDisplay(np.array([0.0, 3.0]), [[2.0, 1.0]]),
    "spectrum": KernelSpectrumDisplay([2.0, 1.0], 0.5),
    "correlation": CorrelationMapDisplay(np.array([-1.0, 1.0]), [[0.0, 1.0]], [0.5]),
    "phase": PhaseDiagramDisplay([1, 2], [0, 1], np.array([[0.5, 2.0], [0.2, 3.0]])),
    "dynamics": TrainingDynamicsDisplay([1, 10], [0.1, 0.5], [0.2, 0.1]),
    "interval": PredictionIntervalDisplay([1, 2], [0.0, 1.0], [0.1, 0.2], [0.3, 0.4]),
    "coverage": CoverageDisplay([0.5, 0.9], [0.4, 0.8], 10),
    "search": SearchDisplay(np.array([[0.1, 0.2]]), [1, 2], ["relu"], x="depth", y="activation"),
}


@pytest.fixture(autouse=True)
def close_figures():
    from matplotlib import pyplot

    yield
    pyplot.close("all")


def test_relevance():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    model = ARDRegressor().fit(X[:150], y[:150])
    display = RelevanceDisplay.from_estimator(model, top=4)
    order = np.argsort(-model.feature_importances_)[:4]
    widths = [bar.get_width() for bar in display.bars_][::-1]
    np.testing.assert_allclose(widths, model.feature_importances_[order])
    names = [label.get_text() for label in display.ax_.get_yticklabels()][::-1]
    assert names == list(X.columns[order])
    again = RelevanceDisplay.from_estimator(model, feature_names=X.columns, ax=display.ax_)
    assert again.ax_ is display.ax_
    assert again.figure_ is display.figure_


@pytest.mark.parametrize("n_targets", [1, 2])
def test_contributions(n_targets):
    X, y = load_diabetes(return_X_y=True)
    y = np.column_stack([y, -y])[:, :n_targets]
    model = NTKRegressor().fit(X[:100], y[:100])
    target = n_targets - 1
    display = ContributionsDisplay.from_estimator(model, X[200:201], top=5, target=target)
    widths = [bar.get_width() for bar in display.bars_][::-1]
    terms = model.contributions(X[200:201])[0, :, target]
    np.testing.assert_allclose(np.abs(widths[:5]), np.sort(np.abs(terms))[:-6:-1])
    prediction = model.predict(X[200:201]).reshape(1, -1)[0, target]
    assert sum(widths) + np.atleast_1d(model.intercept_)[target] == pytest.approx(prediction)
    names = [label.get_text() for label in display.ax_.get_yticklabels()][::-1]
    assert names == [f"row {i}" for i in display.index] + ["all others"]


def test_contributions_to_a_class():
    X, y = load_iris(return_X_y=True)
    model = NTKClassifier(1).fit(X, y)
    display = ContributionsDisplay.from_estimator(model, X[:1], target=1, labels=y)
    assert display.labels == [str(y[i]) for i in display.index]
    with pytest.raises(ValueError, match="X has 2 rows; a picture is of the prediction for one"):
        ContributionsDisplay.from_estimator(model, X[:2])


@pytest.mark.parametrize("display", DISPLAYS.values(), ids=DISPLAYS)
def test_axes(display, monkeypatch):
    from matplotlib import pyplot

    assert display.plot() is display
    assert pyplot.get_fignums() == [display.figure_.number]
    figure, axes = pyplot.subplots(1, 2)
    assert display.plot(axes[1]).ax_ is axes[1]
    assert display.figure_ is figure
    assert axes[1].get_xlabel()
    assert not axes[0].has_data()
    figure.canvas.draw()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=rf"{type(display).__name__}\.plot requires matplotlib"):
        display.plot()


def test_import_without_matplotlib():
    code = "import sys, sklearn_ntk.displays; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_profile():
    # The tangent kernel of one hidden layer of ReLU, weights of variance 2, no biases: Jacot et
    # al. with the arc-cosine kernels of Cho and Saul.
    t = np.radians([0, 30, 90, 170, 180])
    smooth, kinked = (np.sin(t) + (np.pi - t) * np.cos(t)) / np.pi, (np.pi - t) / np.pi
    network = 2 * smooth + 2 * np.cos(t) * kinked
    chord = 2 * np.sqrt(6) * np.sin(t / 2)
    kernel = NTK(1, weight_variance=2.0, bias_variance=0.0)
    kernels = {"a": kernel, "b": kernel + RBF(2.0), "c": Laplace(3.0), "d": Matern(3.0, nu=0.5)}
    display = KernelProfileDisplay.from_kernel(kernels, n_features=6, normalized=False)
    lines = {line.get_label(): line.get_data() for line in display.lines_}
    expected = {"a": network, "b": network + np.exp(-(chord**2) / 8)}
    expected["c"] = expected["d"] = np.exp(-chord / 3)
    for name, values in expected.items():
        x, y = lines[name]
        np.testing.assert_allclose(x[[0, 30, 90, 170, 180]], np.degrees(t), atol=1e-12)
        np.testing.assert_allclose(y[[0, 30, 90, 170, 180]], values, rtol=1e-7, atol=1e-12)
    single = KernelProfileDisplay.from_kernel(kernel, n_features=6, ax=display.ax_)
    np.testing.assert_allclose(single.lines_[0].get_ydata()[[0, 30, 90, 170]], network[:-1] / 4)
    assert single.ax_.get_ylabel() == "k(x, z) / k(x, x)"
    longer = KernelProfileDisplay.from_kernel(Laplace(3.0), norm=6.0)
    assert longer.profiles[0, -1] == pytest.approx(np.exp(-12 / 3))


@pytest.mark.parametrize(
    ("kernel", "options", "message"),
    [
        (ProductLaplace(2.0), {}, "is no function of the norms of two rows and their angle"),
        (RBF([1.0, 2.0]), {"n_features": 2}, "is no function of the norms"),
        (WhiteKernel(), {}, "0 for two equal rows: draw it with normalized=False"),
        (NTK(), {"n_features": 1}, "n_features == 1, must be >= 2"),
        (NTK(), {"norm": 0}, "norm == 0, must be > 0"),
        ({}, {}, "must be a kernel or a dict of names and kernels"),
    ],
)
def test_profile_errors(kernel, options, message):
    with pytest.raises(ValueError, match=message):
        KernelProfileDisplay.from_kernel(kernel, **options)


def test_spectrum():
    X, y = load_diabetes(return_X_y=True)
    X, y = X[:80], y[:80]
    model = make_pipeline(StandardScaler(), NTKRegressor(2, alpha=3.0)).fit(X, y)
    display = KernelSpectrumDisplay.from_estimator(model)
    K = NTK(2)(StandardScaler().fit_transform(X))
    rank, w = display.line_.get_data()
    np.testing.assert_array_equal(rank, np.arange(1, 81))
    np.testing.assert_allclose(w, np.linalg.eigvalsh(K)[::-1], rtol=1e-8)
    dimension = np.trace(np.linalg.solve(K + 3.0 * np.eye(80), K))
    np.testing.assert_allclose(display.dimension_line_.get_xdata(), dimension)
    np.testing.assert_array_equal(display.alpha_line_.get_ydata(), 3.0)
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["eigenvalues", "alpha = 3", f"effective dimension {dimension:.3g} of 80"]
    # Of 30 features of rank 10, what is left is rounding.
    linear = KernelSpectrumDisplay.from_kernel(NTK(1, activation="identity", bias_variance=0.0), X)
    assert len(linear.line_.get_ydata()) == 10
    assert linear.alpha_line_ is linear.dimension_line_ is linear.ax_.get_legend() is None


def test_spectrum_of_other_estimators():
    X, y = load_diabetes(return_X_y=True)
    X, Y = StandardScaler().fit_transform(X[:60]), np.column_stack([y[:60], -y[:60]])
    two = NTKRegressor(alpha=[1.0, 2.0]).fit(X, Y)
    assert KernelSpectrumDisplay.from_estimator(two, target=1).alpha == 2
    search = GridSearchCV(NTKClassifier(alpha=1), {"depth": [1, 2]}).fit(X, y[:60] > 150)
    display = KernelSpectrumDisplay.from_estimator(search)
    w = np.linalg.eigvalsh(NTK(search.best_params_["depth"])(X))[::-1]
    np.testing.assert_allclose(display.eigenvalues, w, rtol=1e-8)
    K = NTK()(X)
    precomputed = KernelRegressor("precomputed", alpha=1).fit(K, y[:60])
    for other in precomputed, KernelRidge().fit(X, Y):
        with pytest.raises(ValueError, match="has no kernel object, for instance because"):
            KernelSpectrumDisplay.from_estimator(other)
    with pytest.raises(ValueError, match=r"NTKRegressor has no X_fit_\. Fit it first"):
        KernelSpectrumDisplay.from_estimator(NTKRegressor())


def test_correlation_map():
    r = np.linspace(-1, 1, 201)
    relu = (np.sqrt(1 - r**2) + (np.pi - np.arccos(r)) * r) / np.pi
    # The map of erf is Williams': E[erf(u)erf(v)] = 2/pi asin(2c / (1 + 2q)).
    q, w, b = 0.7, 3.0, 0.2
    after = w * 2 / np.pi * np.arcsin(2 * q / (1 + 2 * q)) + b
    erf = (w * 2 / np.pi * np.arcsin(2 * r * q / (1 + 2 * q)) + b) / after
    slope = w * 4 / np.pi / np.sqrt(1 + 4 * q) * q / after
    kernels = {
        "ReLU": NTK(weight_variance=1.3, bias_variance=0.0),
        "erf": NNGP(activation="erf", weight_variance=w, bias_variance=b),
        "step": NNGP(activation="step"),
    }
    display = CorrelationMapDisplay.from_kernel(kernels, variance=q)
    for line, expected in zip(display.lines_, [relu, erf], strict=False):
        np.testing.assert_allclose(line.get_xdata(), r, atol=1e-15)
        np.testing.assert_allclose(line.get_ydata(), expected, atol=1e-9)
    # A step of 1e-9 beside a kink sees the root of it: 1e-9^(1/2) / 3.
    np.testing.assert_allclose(display.slopes[:2], [1, slope], atol=2e-5)
    labels = [line.get_label() for line in display.lines_]
    assert labels == ["ReLU: 1.00", f"erf: {slope:.2f}", "step: infinite"]


def test_correlation_map_deep_in_a_network():
    # The fixed point of q = 1.5 q / 2 + 0.25 is 1; biases vanish beside variances that grow.
    for parameters, offset in [((1.5, 0.25), 0.25), ((2.0, 1.0), 0.0)]:
        kernel = NTK(weight_variance=parameters[0], bias_variance=parameters[1])
        display = CorrelationMapDisplay.from_kernel(kernel)
        at_right_angles = (1 - offset) / np.pi + offset
        assert display.lines_[0].get_ydata()[100] == pytest.approx(at_right_angles, rel=1e-5)
        assert display.lines_[0].get_label() == f"{1 - offset:.2f}"
    # A block h + W phi(h) that doubles the variance: the mean of rho and the map.
    display = CorrelationMapDisplay.from_kernel(NTK(residual=True))
    assert display.lines_[0].get_ydata()[100] == pytest.approx(1 / (2 * np.pi), rel=1e-5)
    with pytest.raises(TypeError, match="has no correlation_map; NTK and NNGP have"):
        CorrelationMapDisplay.from_kernel(Laplace())
    with pytest.raises(ValueError, match="give a variance, or take layer_norm=True"):
        CorrelationMapDisplay.from_kernel(NTK(activation="exp"))
    with pytest.raises(ValueError, match="variance == 0, must be > 0"):
        CorrelationMapDisplay.from_kernel(NTK(), variance=0)


def test_phases_of_relu():
    weights, biases = np.linspace(0.5, 3.5, 7), np.linspace(0.1, 1, 6)
    display = PhaseDiagramDisplay.from_activation(
        "relu", weight_variances=weights, bias_variances=biases
    )
    # With a bias, the variance has a fixed point below a weight variance of 2, and none above.
    expected = np.broadcast_to(np.minimum(weights / 2, 1), (6, 7))
    np.testing.assert_allclose(display.image_.get_array().reshape(6, 7), expected)
    assert set(display.texts_) == {"freeze", "edge"}
    assert display.texts_["freeze"].get_position()[0] < 2 < display.texts_["edge"].get_position()[0]
    (edge,) = display.contour_.get_paths()
    assert edge.vertices[:, 0] == pytest.approx(2, abs=1e-5)


def test_phases_of_erf():
    weights, biases = np.linspace(0.5, 8, 16), np.linspace(0.05, 0.3, 6)
    options = {"weight_variances": weights, "bias_variances": biases}
    display = PhaseDiagramDisplay.from_activation("erf", layer_norm=True, **options)
    # Of variance 1: E[phi'^2] = 4 / (pi 5^(1/2)), E[phi^2] = 2 / pi asin(2 / 3).
    after = 2 / np.pi * np.arcsin(2 / 3) * weights + biases[:, np.newaxis]
    chi = 4 / np.pi / np.sqrt(5) * weights / after
    np.testing.assert_allclose(display.image_.get_array().reshape(6, 16), chi, rtol=1e-7)
    assert set(display.texts_) == {"freeze", "chaos"}
    edge = display.contour_.get_paths()[0].vertices
    # On it the weights' part of the slope is the variance; linear between points 0.5 apart.
    slope = 4 / np.pi / np.sqrt(5) - 2 / np.pi * np.arcsin(2 / 3)
    np.testing.assert_allclose(edge[:, 0] * slope, edge[:, 1], atol=0.02)
    infinite = PhaseDiagramDisplay.from_activation("step", **options)
    assert set(infinite.texts_) == {"chaos"}
    assert infinite.contour_ is None
    for values in [1.0], [2.0, 1.0], 3.0:
        with pytest.raises(ValueError, match="bias_variances must be 2 ascending numbers or more"):
            PhaseDiagramDisplay.from_activation(
                "relu", weight_variances=weights, bias_variances=values
            )


def test_training_dynamics():
    X, y = load_diabetes(return_X_y=True)
    train, test, times = slice(100), slice(100, 160), np.array([0.5, 20.0, 500.0])
    regressor = NTKRegressor(1, alpha=1e-3, solver="eigh", keep_factor=True)
    model = make_pipeline(StandardScaler(), regressor).fit(X[train], y[train])
    data = X[train], y[train], X[test], y[test]
    display = TrainingDynamicsDisplay.from_estimator(model, *data, times=times)
    stopped = make_pipeline(StandardScaler(), NTKRegressor(1, alpha=1e-3))
    scores = []
    for time in times:
        stopped.set_params(ntkregressor__training_time=time).fit(X[train], y[train])
        scores.append([stopped.score(X[rows], y[rows]) for rows in (train, test)])
    lines = [line.get_ydata() for line in (display.train_line_, display.test_line_)]
    np.testing.assert_allclose(lines, np.transpose(scores), rtol=1e-6)
    assert display.ax_.get_xscale() == "log"
    best = np.argmax(np.array(scores)[:, 1])
    assert display.best_line_.get_xdata()[0] == times[best]
    other = TrainingDynamicsDisplay.from_estimator(
        model, *data, times=times, scoring="neg_mean_squared_error", ax=display.ax_
    )
    np.testing.assert_allclose(other.test_scores, (display.test_scores - 1) * y[test].var())
    assert other.ax_.get_ylabel() == "neg_mean_squared_error"
    # By itself it starts before anything is learned, and ends when all is.
    whole = TrainingDynamicsDisplay.from_estimator(model, *data)
    assert abs(whole.train_scores[0]) < 0.02
    assert whole.train_scores[-1] == pytest.approx(model.score(X[train], y[train]), abs=1e-4)


def test_training_dynamics_errors():
    X, y = load_diabetes(return_X_y=True)
    X, y = X[:30], y[:30]
    data = X, y, X, y
    with pytest.raises(ValueError, match="Fit with solver='eigh' and keep_factor=True"):
        TrainingDynamicsDisplay.from_estimator(NTKRegressor(alpha=1).fit(X, y), *data)
    model = NTKRegressor(alpha=1, solver="eigh", keep_factor=True).fit(X, y)
    for times in [1.0, np.inf], [0.0, 1.0], [np.nan]:
        with pytest.raises(ValueError, match="times must be positive and finite"):
            TrainingDynamicsDisplay.from_estimator(model, *data, times=times)
    with pytest.raises(ValueError, match=r"KernelRidge has no staged_predict\."):
        TrainingDynamicsDisplay.from_estimator(KernelRidge().fit(X, y), *data)
    precomputed = KernelRegressor("precomputed", alpha=1, solver="eigh", keep_factor=True)
    K = NTK()(X)
    with pytest.raises(ValueError, match="give times"):
        TrainingDynamicsDisplay.from_estimator(precomputed.fit(K, y), K, y, K, y)


def test_prediction_interval_along_a_curve():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((30, 1)), rng.standard_normal((30, 2))
    model = NNGPRegressor(alpha=0.1, keep_factor=True).fit(X, y)
    display = PredictionIntervalDisplay.from_estimator(model, X, y, level=0.9, target=1)
    mean, std = model.predict(X, return_std=True, include_noise=True)
    order = np.argsort(X[:, 0])
    x, mean, half = X[order, 0], mean[order, 1], 1.6448536269514722 * std[order, 1]
    np.testing.assert_array_equal(display.line_.get_data(), [x, mean])
    np.testing.assert_array_equal(display.points_.get_data(), [x, y[order, 1]])
    outline = display.band_.get_paths()[0].vertices
    for edge in mean - half, mean + half:
        for point in zip(x, edge, strict=True):
            assert np.abs(outline - point).max(axis=1).min() < 1e-12
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["90 % of new observations", "prediction", "observation"]
    narrow = PredictionIntervalDisplay.from_estimator(model, X, include_noise=False)
    np.testing.assert_allclose(narrow.std, model.predict(X, return_std=True)[1][:, 0])
    assert narrow.band_.get_label() == "95 % of functions"
    assert narrow.points_ is None


def test_prediction_interval_of_rows():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    X, y = X[:40], y[:40]
    gp = GaussianProcessRegressor(RBF(0.1), alpha=0.1, normalize_y=True)
    model = make_pipeline(StandardScaler(), gp.set_params(kernel=RBF(5.0), optimizer=None))
    model.fit(X, y)
    display = PredictionIntervalDisplay.from_estimator(
        model, X, y, feature="bmi", include_noise=False
    )
    mean, std = model.predict(X, return_std=True)
    order = np.argsort(X["bmi"].to_numpy(), kind="stable")
    ends = np.array(display.band_.get_segments())
    np.testing.assert_allclose(ends[:, 0, 0], X["bmi"].iloc[order])
    np.testing.assert_allclose(ends[:, 1, 1] - ends[:, 0, 1], 2 * 1.959963984540054 * std[order])
    np.testing.assert_array_equal(display.line_.get_ydata(), mean[order])
    assert display.ax_.get_xlabel() == "bmi"
    by_place = PredictionIntervalDisplay.from_estimator(
        model, X, feature=2, include_noise=False, ax=display.ax_
    )
    np.testing.assert_array_equal(by_place.x, display.x)
    for feature in "weight", 10, -1:
        with pytest.raises(ValueError, match=rf"feature == {feature!r}, but the columns are age,"):
            PredictionIntervalDisplay.from_estimator(model, X, feature=feature)
    with pytest.raises(ValueError, match="level == 1, must be < 1"):
        PredictionIntervalDisplay.from_predictions([1, 2], [1, 2], [1, 1], level=1)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        PredictionIntervalDisplay.from_predictions([1, 2], [1, 2], [1])


def test_coverage():
    # Errors in standard deviations, and the levels of the intervals that just hold them.
    mean, std = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.0, 1.0, 0.5])
    y = mean + std * [0.5, -1.0, 2.0, 0.0]
    reached = np.array([0.3829, 0.6827, 0.9545, 0.0])
    display = CoverageDisplay.from_predictions(y, mean, std)
    levels, shares = display.line_.get_data()
    np.testing.assert_allclose(levels, np.arange(1, 100) / 100)
    np.testing.assert_array_equal(shares, [np.mean(reached <= level) for level in levels])
    assert display.n_targets == 4
    with pytest.raises(ValueError, match=r"shapes \(4,\), \(4,\) and \(3,\), but must have"):
        CoverageDisplay.from_predictions(y, mean, std[:3])
    for wrong in -1.0, np.nan:
        with pytest.raises(ValueError, match="std must be 0 or more"):
            CoverageDisplay.from_predictions(y, mean, [1.0, 1.0, 1.0, wrong])


def test_coverage_of_an_estimator():
    X, y = load_diabetes(return_X_y=True)
    Y = np.column_stack([y, y**2])
    model = make_pipeline(StandardScaler(), NNGPRegressor(keep_factor=True))
    model.fit(X[:200], Y[:200])
    display = CoverageDisplay.from_estimator(model, X[200:], Y[200:])
    mean, std = model.predict(X[200:], return_std=True, include_noise=True)
    inside = np.abs(Y[200:] - mean) <= 1.6448536269514722 * std
    assert display.coverages[89] == pytest.approx(inside.mean())
    assert display.n_targets == inside.size
    narrow = CoverageDisplay.from_estimator(model, X[200:], Y[200:], include_noise=False)
    assert (narrow.coverages < display.coverages).all()


def test_search():
    X, y = load_diabetes(return_X_y=True)
    search = NTKRegressorCV([2, 1], bias_variances=[1.0, 0.1, 0.0]).fit(X[:80], y[:80])
    display = SearchDisplay.from_estimator(search)
    table = search.cv_results_
    for i, depth in enumerate([1, 2]):
        for j, bias in enumerate([0.0, 0.1, 1.0]):
            cell = (table["param_depth"] == depth) & (table["param_bias_variance"] == bias)
            best = table["mean_test_score"][cell].max()
            assert display.image_.get_array()[i, j] == best
            assert float(display.texts_[i, j].get_text()) == pytest.approx(best, abs=1e-3)
    assert [label.get_text() for label in display.ax_.get_xticklabels()] == ["0", "0.1", "1"]
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["1", "2"]
    best = search.best_params_
    i, j = [1, 2].index(best["depth"]), [0.0, 0.1, 1.0].index(best["bias_variance"])
    assert display.best_.get_xy() == (j - 0.5, i - 0.5)
    with pytest.raises(ValueError, match=r"'exponent' is no parameter .* of activation, alpha,"):
        SearchDisplay.from_estimator(search, x="exponent")
    with pytest.raises(ValueError, match=r"alpha has \d+ values, but a picture has room for 20"):
        SearchDisplay.from_estimator(search, x="alpha")


def test_search_of_a_pipeline():
    X, y = load_diabetes(return_X_y=True)
    model = make_pipeline(StandardScaler(), NTKRegressor(alpha=1.0))
    grid = {"ntkregressor__activation": ["relu", "erf"], "ntkregressor__depth": [1, 2, 3]}
    scoring = ["neg_mean_squared_error", "r2"]
    search = GridSearchCV(model, grid, scoring=scoring, refit=scoring[0], cv=3).fit(X[:60], y[:60])
    display = SearchDisplay.from_estimator(search, x="depth", y="activation")
    expected = search.cv_results_["mean_test_neg_mean_squared_error"].reshape(2, 3)
    np.testing.assert_array_equal(display.scores, expected)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["relu", "erf"]
    search.cv_results_["param_standardscaler__depth"] = search.cv_results_[
        "param_ntkregressor__depth"
    ]
    with pytest.raises(ValueError, match="'depth' is ntkregressor__depth and standardscaler__dep"):
        SearchDisplay.from_estimator(search, x="activation")


def test_search_with_holes():
    X, y = load_diabetes(return_X_y=True)
    grids = [{"kernel": [NTK(1)], "alpha": [10.0, 1e-3]}, {"kernel": [NTK(2)], "alpha": [10.0]}]
    search = GridSearchCV(KernelRegressor(), [*grids, {"normalize_y": [False]}], cv=3)
    search.fit(X[:60], y[:60])
    a, b, c, _ = search.cv_results_["mean_test_score"]
    display = SearchDisplay.from_estimator(search, x="alpha", y="kernel")
    np.testing.assert_array_equal(display.scores, [[b, a], [np.nan, c]])
    assert display.texts_[1, 0] is None
    assert [label.get_text() for label in display.ax_.get_xticklabels()] == ["0.001", "10"]
    search.cv_results_["mean_test_score"][:3] = np.nan, -np.inf, np.nan
    with pytest.raises(ValueError, match="No candidate with alpha and kernel has a finite score"):
        SearchDisplay.from_estimator(search, x="alpha", y="kernel")
