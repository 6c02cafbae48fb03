"""Held-out predictions in closed form against fits without the held-out rows."""

import mpmath
import numpy as np
import pytest
from sklearn.model_selection import GroupKFold, KFold, LeaveOneOut

from sklearn_ntk._inference import HeldOut
from sklearn_ntk._solvers import (
    cholesky_predictions,
    eigh,
    eigh_predictions,
    flow_predictions,
    refitted_predictions,
)
from sklearn_ntk.kernels import NNGP, NTK, Laplace

ALPHAS = [1e-6, 1e-3, 0.1, 10.0]
KERNELS = [NTK(2), NNGP(1, bias_variance=0.2), Laplace(2.0)]


def refit(K, weight, alpha, Y, train, test):
    A = K[np.ix_(train, train)] + alpha * np.diag(1 / weight[train])
    return K[np.ix_(test, train)] @ np.linalg.solve(A, Y[train])


def problem(n, n_targets, weighted):
    rng = np.random.default_rng([n, n_targets])
    X = rng.standard_normal((n, 6))
    weight = rng.uniform(0.1, 4, n) if weighted else np.ones(n)
    K = KERNELS[n_targets % len(KERNELS)](X)
    return X, K, weight, rng.standard_normal((n, n_targets))


def splits_of(splitter, X):
    groups = np.random.default_rng(1).integers(0, max(len(X) // 7, 4), len(X))
    groups[:4] = range(4)
    return list(splitter.split(X, groups=groups if isinstance(splitter, GroupKFold) else None))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("splitter", [LeaveOneOut(), KFold(5), GroupKFold(4)], ids=str)
@pytest.mark.parametrize(("n", "n_targets"), [(5, 1), (6, 4), (37, 3), (120, 2), (300, 1)])
def test_closed_forms(n, n_targets, splitter, weighted):
    X, K, weight, Y = problem(n, n_targets, weighted)
    splits = splits_of(splitter, X)
    single = isinstance(splitter, LeaveOneOut)
    # The order of rows within a fold is the splitter's business.
    folds = None if single else [test[::-1] for _, test in splits]
    by_eigenvectors = eigh_predictions(eigh(K.copy(), weight), ALPHAS, Y, folds)
    by_inverses = cholesky_predictions(K, weight, ALPHAS, Y, folds)
    for i, alpha in enumerate(ALPHAS):
        parts = [refit(K, weight, alpha, Y, train, test) for train, test in splits]
        parts = [np.concatenate(parts)] if single else [part[::-1] for part in parts]
        scale = max(abs(part).max() for part in parts)
        for result in by_eigenvectors, by_inverses:
            for fold, part in zip(result, parts, strict=True):
                np.testing.assert_allclose(fold[i, 0], part, rtol=0, atol=1e-8 * scale)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "n_targets"), [(5, 1), (60, 3)])
def test_gradient_flow(n, n_targets, weighted):
    """Against the flow's differential equation, solved on the remaining rows."""
    X, K, weight, Y = problem(n, n_targets, weighted)
    if weighted:
        weight[0] = 10 * n  # its absence changes the time of the others
    times, alphas = [0.0, 0.3, 20.0, 1e4], [1e-6, 0.1]
    (contour,) = flow_predictions(eigh(K.copy(), weight), alphas, times, Y)
    splits = list(LeaveOneOut().split(X))
    refitted = np.concatenate(refitted_predictions(K, weight, alphas, times, Y, splits), axis=2)
    for i, alpha in enumerate(alphas):
        for j, time in enumerate(times):
            for train, test in splits:
                root = np.sqrt(weight[train])
                S = K[np.ix_(train, train)] * np.outer(root, root) + alpha * np.eye(len(train))
                # c(t) of dc/dt = -S c + b from 0, by the exponential of a scaled Taylor step.
                step = time / weight[train].sum()
                w, Q = np.linalg.eigh(S)
                flow = Q @ np.diag(-np.expm1(-w * step) / w) @ Q.T @ (root[:, None] * Y[train])
                expected = K[np.ix_(test, train)] @ (root[:, None] * flow)
                np.testing.assert_allclose(refitted[i, j, test], expected, atol=1e-9)
    np.testing.assert_allclose(contour, refitted, rtol=0, atol=1e-9 * abs(refitted).max())


def test_gradient_flow_by_small_steps():
    """The time means what the documentation says: gradient descent on the squared loss."""
    _, K, weight, Y = problem(20, 2, True)
    alpha, time, n_steps = 0.1, 3.0, 20_000
    # f = K c descends along -grad of sum w (f - y)^2 / (2 sum w) + alpha |f|_K^2 / (2 sum w).
    c = np.zeros_like(Y)
    for _ in range(n_steps):
        slope = weight[:, None] * (K @ c - Y) + alpha * c
        c -= time / n_steps * slope / weight.sum()
    factor = eigh(K.copy(), weight, alpha).at(time=time)
    np.testing.assert_allclose(factor.solve(Y), c, atol=1e-3 * abs(c).max())


def test_eigh_factor(rng):
    _, K, weight, Y = problem(30, 2, True)
    A = K + 0.3 * np.diag(1 / weight)
    factor = eigh(K.copy(), weight, 0.3)
    np.testing.assert_allclose(factor.solve(Y), np.linalg.solve(A, Y), rtol=1e-9)
    V = factor.half_solve(Y)
    np.testing.assert_allclose(V.T @ V, Y.T @ np.linalg.solve(A, Y), rtol=1e-9)
    assert factor.log_determinant() == pytest.approx(np.linalg.slogdet(A)[1])
    np.testing.assert_allclose(factor.at(time=1e9).solve(Y), factor.solve(Y), rtol=1e-9)
    assert not factor.at(time=0).solve(Y).any()
    path = factor.solve_path(Y, [0.3, 2.0], [1.0, np.inf])
    for i, alpha in enumerate([0.3, 2.0]):
        for j, time in enumerate([1.0, np.inf]):
            expected = factor.at(alpha=alpha, time=time).solve(Y)
            np.testing.assert_allclose(path[i, j], expected, rtol=1e-10, atol=1e-13)


def test_singular_ridges():
    """A ridge that cannot be solved is NaN, and leaves the others alone."""
    _, K, _, Y = problem(8, 1, False)
    rows = [0, *range(8)]
    K, Y, weight, alphas = K[np.ix_(rows, rows)], Y[rows], np.ones(9), [0.0, 0.1]
    folds, splits = [np.arange(3), np.arange(3, 9)], [(np.arange(6), np.arange(6, 9))]
    loo = [(np.delete(np.arange(9), i), [i]) for i in range(9)]
    halves = [(np.arange(3, 9), folds[0]), (np.arange(3), folds[1])]
    for parts, result in [
        (loo, eigh_predictions(eigh(K.copy(), weight), alphas, Y)),
        (loo, cholesky_predictions(K, weight, alphas, Y)),
        (halves, eigh_predictions(eigh(K.copy(), weight), alphas, Y, folds)),
        (halves, cholesky_predictions(K, weight, alphas, Y, folds)),
        (splits, refitted_predictions(K, weight, alphas, [np.inf], Y, splits)),
    ]:
        result = np.concatenate(result, axis=2)[:, 0]
        expected = [refit(K, weight, 0.1, Y, *split) for split in parts]
        np.testing.assert_allclose(result[1], np.concatenate(expected), rtol=1e-10)
        assert np.isnan(result[0]).all()
    with pytest.raises(np.linalg.LinAlgError, match=r"Increase .*alpha"):
        eigh(K.copy(), weight).solve(Y)


GRADED = {
    "down": 10 ** np.linspace(-15, 0, 9),
    "up": 10 ** np.linspace(15, 0, 9),
    "one light row": np.r_[np.ones(8), 1e-15],
    "one heavy row": np.r_[1e15, np.ones(8)],
    "two heavy rows": np.r_[4.3, 2.9, np.full(7, 1e-4)],
}
graded_weights = pytest.mark.parametrize("weight", GRADED.values(), ids=GRADED)


@graded_weights
@pytest.mark.parametrize("alpha", [1e-6, 1e-2])
def test_ridges_with_graded_weights(weight, alpha):
    """Against dense solutions of matrices that are scaled to a diagonal of ones."""
    _, K, _, Y = problem(9, 2, False)
    splits = [(np.arange(0, 9, 2), np.arange(1, 9, 2)), (np.arange(7), np.arange(7, 9))]
    refitted = refitted_predictions(K, weight, [alpha], [np.inf], Y, splits)
    for (train, test), result in zip(splits, refitted, strict=True):
        A = K[np.ix_(train, train)] + alpha * np.diag(1 / weight[train])
        scale = 1 / np.sqrt(A.diagonal())
        solution = np.linalg.solve(A * np.outer(scale, scale), scale[:, None] * Y[train])
        expected = K[np.ix_(test, train)] @ (scale[:, None] * solution)
        np.testing.assert_allclose(result[0, 0], expected, rtol=0, atol=1e-12 * abs(Y).max())


def flow_coefficients(K, weight, alpha, time, y):
    """Gradient flow in 60 digits."""
    with mpmath.workdps(60):
        n, root = len(y), [mpmath.sqrt(mpmath.mpf(w)) for w in weight]
        S = mpmath.matrix(n, n)
        for i, j in np.ndindex(n, n):
            S[i, j] = root[i] * mpmath.mpf(K[i, j]) * root[j] + (mpmath.mpf(alpha) if i == j else 0)
        eigenvalues, Q = mpmath.eigsy(S)
        step = mpmath.mpf(time) / mpmath.fsum(map(mpmath.mpf, weight))
        right = Q.T * mpmath.matrix([root[i] * mpmath.mpf(y[i]) for i in range(n)])
        right = [-mpmath.expm1(-w * step) / w * b for w, b in zip(eigenvalues, right, strict=True)]
        solution = Q * mpmath.matrix(right)
        return np.array([float(root[i] * solution[i]) for i in range(n)])


@graded_weights
@pytest.mark.parametrize("time", [3.0, 1e4])
def test_flow_with_graded_weights(weight, time):
    """Right where eigenvectors hold it, and refused elsewhere."""
    _, K, _, Y = problem(9, 2, False)
    y, alpha = Y[:, 0], 1e-2
    factor = eigh(K.copy(), weight, alpha).at(time=time)
    expected = K @ flow_coefficients(K, weight, alpha, time, y)
    np.testing.assert_allclose(K @ factor.solve(y), expected, rtol=0, atol=1e-11 * abs(y).max())
    result = flow_predictions(factor, [alpha], [time], Y[:, :1])[0][0, 0, :, 0]
    others = [np.delete(np.arange(9), i) for i in range(9)]
    expected = [
        K[i, j] @ flow_coefficients(K[np.ix_(j, j)], weight[j], alpha, time, y[j])
        for i, j in enumerate(others)
    ]
    if weight[0] > 1e12 * weight[1:].sum():  # the others are lost beside the first
        assert np.isnan(result).all()
        return
    # Rounding of the whole matrix reaches a row by the root of its share of the weights.
    tolerance = 1e-12 * abs(y).max() * np.sqrt(weight.max() / weight)
    np.testing.assert_array_less(abs(result - expected), tolerance)


def test_eigenvectors_refuse_graded_weights():
    _, K, _, Y = problem(9, 1, False)
    factor = eigh(K.copy(), GRADED["up"], 1e-2)
    for refused in (
        lambda: factor.solve(Y),
        lambda: factor.half_solve(Y),
        lambda: factor.solve_path(Y, [1e-2], [1.0, np.inf]),
        factor.log_determinant,
    ):
        with pytest.raises(np.linalg.LinAlgError, match="weights differ too widely"):
            refused()
    predictions = eigh_predictions(factor, [1e-2, 1e12], Y)[0]
    assert np.isnan(predictions[0]).all()
    assert np.isfinite(predictions[1]).all()


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize(
    "split", ["leave-one-out", "folds", "some rows"], ids=lambda name: name.replace(" ", "-")
)
@pytest.mark.parametrize("alphas", [[0.1], [1e-3, 0.1, 0.5, 2.0, 10.0]], ids=["few", "many"])
@pytest.mark.parametrize("times", [[np.inf], [1.0], [3.0, np.inf]], ids=str)
def test_one_result_for_every_route(alphas, times, split, centred):
    """An array for each split, of ridges, times, test rows and targets, by real fits."""
    _, K, weight, Y = problem(24, 2, True)
    rows = np.arange(24)
    splits = {
        "leave-one-out": [(np.delete(rows, i), rows[[i]]) for i in rows],
        "folds": [(rows[8:], rows[:8]), (rows[:8], rows[:7:-1])],
        "some rows": [(rows[:10], rows[20:]), (rows[5:15], rows[[3, 1, 20]])],
    }[split]
    loo = split == "leave-one-out"
    held_out = HeldOut(Y, weight, None if loo else splits, centred, n_jobs=1)
    found = held_out.predict(K.copy(), alphas, times)
    expected = []
    for train, test in splits:
        own, w = K[np.ix_(train, train)], weight[train]
        mean = np.average(Y[train], axis=0, weights=w) if centred else 0.0
        part = np.empty((len(alphas), len(times), len(test), 2))
        for i, j in np.ndindex(part.shape[:2]):
            root = np.sqrt(w)
            v, Q = np.linalg.eigh(own * np.outer(root, root) + alphas[i] * np.eye(len(w)))
            filters = -np.expm1(-v * times[j] / w.sum()) / v
            c = root[:, None] * (Q * filters) @ (Q.T @ (root[:, None] * (Y[train] - mean)))
            part[i, j] = K[np.ix_(test, train)] @ c + mean
        expected.append(part)
    if loo:
        expected = [np.concatenate(expected, axis=2)]
    assert len(found) == len(expected) == len(held_out.test_rows)
    for values, part, test in zip(found, expected, held_out.test_rows, strict=True):
        assert values.shape == (len(alphas), len(times), len(test), 2)
        np.testing.assert_allclose(values, part, rtol=0, atol=1e-8 * abs(part).max())
