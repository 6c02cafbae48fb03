"""Held-out predictions in closed form against fits without the held-out rows."""

import numpy as np
import pytest
from sklearn.model_selection import GroupKFold, KFold, LeaveOneOut

from sklearn_ntk.kernels import NNGP, NTK, Laplace
from sklearn_ntk.solvers import (
    cholesky_predictions,
    flow_predictions,
    refitted_predictions,
    spectral,
    spectral_predictions,
)

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
    by_eigenvectors = spectral_predictions(spectral(K.copy(), weight), ALPHAS, Y, folds)
    by_inverses, _ = cholesky_predictions(K, weight, ALPHAS, Y, folds)
    for i, alpha in enumerate(ALPHAS):
        parts = [refit(K, weight, alpha, Y, train, test) for train, test in splits]
        parts = [np.concatenate(parts)] if single else [part[::-1] for part in parts]
        scale = max(abs(part).max() for part in parts)
        for result in by_eigenvectors, by_inverses:
            for fold, part in zip(result, parts, strict=True):
                np.testing.assert_allclose(fold[i], part, rtol=0, atol=1e-8 * scale)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "n_targets"), [(5, 1), (60, 3)])
def test_gradient_flow(n, n_targets, weighted):
    """Against the flow's differential equation, solved on the remaining rows."""
    X, K, weight, Y = problem(n, n_targets, weighted)
    if weighted:
        weight[0] = 10 * n  # its absence changes the time of the others
    times, alphas = [0.0, 0.3, 20.0, 1e4], [1e-6, 0.1]
    contour = flow_predictions(spectral(K.copy(), weight), alphas, times, Y)
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
    factor = spectral(K.copy(), weight, alpha).at(time=time)
    np.testing.assert_allclose(factor.solve(Y), c, atol=1e-3 * abs(c).max())


def test_spectral_factor(rng):
    _, K, weight, Y = problem(30, 2, True)
    A = K + 0.3 * np.diag(1 / weight)
    factor = spectral(K.copy(), weight, 0.3)
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


def test_singular_matrix():
    _, K, _, Y = problem(8, 1, False)
    K = K[np.ix_([0, *range(8)], [0, *range(8)])]
    Y, weight = Y[[0, *range(8)]], np.ones(9)
    for predict in (
        lambda: spectral_predictions(spectral(K.copy(), weight), [0.0], Y),
        lambda: cholesky_predictions(K, weight, [0.0], Y),
    ):
        with pytest.raises(np.linalg.LinAlgError, match="Increase alpha"):
            predict()
