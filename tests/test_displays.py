"""Pictures show the numbers that they are of."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris

from sklearn_ntk import ARDRegressor, NTKClassifier, NTKRegressor
from sklearn_ntk.displays import ContributionsDisplay, RelevanceDisplay

pytest.importorskip("matplotlib").use("Agg")


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
