"""Errors name what the user wrote, and say what to do."""

import math
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from sklearn.multiclass import OneVsRestClassifier

from sklearn_ntk import KernelRegressor, LaplaceKernel, NNGPRegressor, NTKRegressor
from sklearn_ntk._solvers import cholesky
from sklearn_ntk.kernels import NNGP, NTK, ConvNTK, Laplace
from sklearn_ntk.kernels.activations import ACTIVATIONS, Activation

REGRESSORS = [NTKRegressor, NNGPRegressor, LaplaceKernel, KernelRegressor]


@pytest.fixture
def data(rng):
    X = rng.standard_normal((20, 4))
    return X, np.sin(X[:, 0])


@pytest.mark.parametrize("make", [NTKRegressor, NNGPRegressor, NTK, NNGP])
def test_a_depth_is_not_a_truth_value(make, data):
    fails = pytest.raises(TypeError, match="depth == True, must be a number, not a bool")
    with fails:
        made = make(True)
        made.fit(*data) if hasattr(made, "fit") else made(data[0])


@pytest.mark.parametrize("regressor", REGRESSORS)
def test_unknown_parameter(regressor):
    with pytest.raises(TypeError, match=rf"{regressor.__name__}.__init__\(\) got an unexpected"):
        regressor(unknown=1)


@pytest.mark.parametrize("kernel", [NTK(1), Laplace(), ConvNTK((2, 2), 1)], ids=repr)
def test_images_that_are_not_rows(kernel, data):
    X, y = data
    images = X.reshape(-1, 2, 2)
    message = r"X has 3 dimensions.*X\.reshape\(len\(X\), -1\).*ConvNTK.*image\.ravel\(\)"
    model = KernelRegressor(kernel).fit(X, y)
    for call in (
        lambda: kernel(images),
        lambda: kernel(X, images),
        lambda: KernelRegressor(kernel).fit(images, y),
        lambda: model.predict(images),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize("regressor", REGRESSORS)
@pytest.mark.parametrize("container", [np.array, list, pd.Series, lambda y: np.array(y, object)])
def test_labels(regressor, container, data):
    X, y = data
    labels = container(["no" if value < 0 else "yes" for value in y])
    message = r"y holds labels, such as '(no|yes)'.*NTKClassifier, KernelClassifierCV"
    with pytest.raises(ValueError, match=message):
        regressor().fit(X, labels)


def test_the_way_out_for_labels(data):
    X, y = data
    labels = np.where(y < 0, "no", "yes")
    assert OneVsRestClassifier(NTKRegressor()).fit(X, labels).score(X, labels) == 1


@pytest.mark.parametrize("theta", [[], [0.0], [0.0] * 5, 0.0])
@pytest.mark.parametrize("kernel", [NTK(), NNGP(bias_variance=0), Laplace()], ids=repr)
def test_length_of_theta(kernel, theta, data):
    names = [parameter.name for parameter in kernel.hyperparameters if not parameter.fixed]
    message = re.escape(f"has {len(names)} free hyperparameters ({', '.join(names)})")
    if np.shape(theta) != (len(names),):
        with pytest.raises(ValueError, match=message):
            kernel.clone_with_theta(theta)
    np.testing.assert_allclose(kernel.clone_with_theta([0.5] * len(names)).theta, 0.5)
    with pytest.raises(ValueError, match="theta"):
        (kernel + Laplace()).clone_with_theta([0.0] * len(names))


def test_length_of_theta_of_the_likelihood(data):
    model = NNGPRegressor(1).fit(*data)
    for theta in [], [0.0], [0.0] * 4, 0.0:
        with pytest.raises(ValueError, match=r"3 entries.*bias_variance, weight_variance, alpha"):
            model.log_marginal_likelihood(theta)
    without = NNGPRegressor(1, bias_variance=0.0).fit(*data)
    with pytest.raises(ValueError, match="2 entries: the logarithms of weight_variance, alpha"):
        without.log_marginal_likelihood([0.0] * 3)


@dataclass
class Mutable(Activation):
    pass


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        (Mutable(), r"unhashable.*decorate Mutable with @dataclass\(frozen=True\)"),
        (math.tanh, "tanh.* fails on an array .*vectorised.*numpy.tanh.*numpy.vectorize"),
        (lambda u: u if u > 0 else 0, "fails on an array .*truth value.* numpy.where"),
    ],
)
def test_activations(activation, message, data):
    with pytest.raises(TypeError, match=message):
        NTK(1, activation=activation)(data[0])
    with pytest.raises(TypeError, match=message):
        NTKRegressor(1, activation=activation).fit(*data)


@pytest.mark.parametrize("regressor", [NTKRegressor, NNGPRegressor])
def test_choices_are_listed_in_their_order(regressor, data):
    names = ", ".join(map(repr, ACTIVATIONS))
    with pytest.raises(ValueError, match=names):
        regressor(activation="relus").fit(*data)
    with pytest.raises(ValueError, match="'auto', 'float64', 'float32', 'mixed'"):
        regressor(precision="half").fit(*data)


def test_swish_is_silu(data):
    np.testing.assert_array_equal(*(NTK(1, activation=a)(data[0]) for a in ("swish", "silu")))


@pytest.mark.parametrize("size", [0.0, 1e-20, 1e100])
def test_a_ridge_is_no_remedy_for_rows_out_of_scale(size):
    A = np.full((5, 5), size)
    with pytest.raises(np.linalg.LinAlgError, match=r"working precision.* Scale the rows"):
        cholesky(A)
    X, y = np.full((5, 2), size), np.arange(5.0)
    for options in {}, {"training_time": np.inf}:
        model = NTKRegressor(1, bias_variance=0.0, alpha=0, **options)
        with pytest.raises(np.linalg.LinAlgError, match=r"working precision.* Scale the rows"):
            model.fit(X, y)


def test_a_ridge_is_the_remedy_for_duplicates():
    with pytest.raises(np.linalg.LinAlgError, match=r"duplicates. Increase alpha.* 3.0e-06"):
        cholesky(np.full((5, 5), 3.0))
