"""Random problems for searches: scores and coefficients against fits of every fold."""

import mpmath as mp
import numpy as np
from exact_regression import DIGITS, centred, flow, inverse_condition, jittered, lift, stored
from judge_estimators import SAFETY, Refused, answer, beyond_eigenvectors, compare, singular
from judge_kernels import ask
from random_inputs import log_uniform
from random_regressors import NAMES, random_targets, random_time, random_weights, tame_rows
from sklearn.model_selection import GroupKFold, KFold, LeaveOneOut, ParameterGrid, TimeSeriesSplit

from sklearn_ntk import LaplaceKernelCV, NNGPRegressorCV, NTKRegressorCV


def linear_score(estimator, X, y, sample_weight=None):
    """A score that every prediction moves, in units that do not depend on the targets."""
    prediction = estimator.predict(X)
    return float(
        np.cos(np.arange(len(prediction))) @ prediction.reshape(len(prediction), -1).sum(1)
    )


def search(rng, report):
    """Scores and coefficients of searches against fits of every fold."""
    n = int(rng.integers(4, 9))
    X = tame_rows(rng, n, int(rng.integers(1, 4)))
    y, weight = random_targets(rng, n), random_weights(rng, n)
    y = y if 1e-100 < np.abs(y).max() < 1e100 else rng.standard_normal(y.shape)
    alphas = [log_uniform(rng, 1e-8, 1e4) for _ in range(int(rng.choice([1, 2, 6])))]
    options = {"alphas": alphas, "normalize_y": bool(rng.integers(2))}
    times = [None]
    kind = rng.integers(3)
    if kind == 2:
        options |= {"length_scales": [0.5, log_uniform(rng, 0.1, 100)], "exponents": [1.0, 1.7]}
    else:
        options |= {
            "depths": [1, 2],
            "weight_variances": [2.0],
            "activations": [str(rng.choice(NAMES))],
        }
        options["bias_variances"] = [float(rng.choice([0.0, 0.5]))]
    if rng.random() < 0.3:
        times = [random_time(rng) for _ in range(2)]
        options["training_times"] = times
    cv, groups = random_folds(rng, n)
    linear = bool(rng.integers(2))
    model = (NTKRegressorCV, NNGPRegressorCV, LaplaceKernelCV)[kind](
        **options, cv=cv, scoring=linear_score if linear else None
    )
    report.describe(type(model).__name__, model, X.tolist(), y.tolist())
    report.parameters += () if weight is None else (weight.tolist(),)
    report.cause(
        any(t is not None and np.isfinite(t) for t in times) and "times",
        weight is not None and np.ptp(weight) > 1e3 and "weights",
        len(alphas) > 4 and "many alphas",
        cv is not None and type(cv).__name__,
    )
    with mp.workdps(DIGITS):
        judge_search(report, model, X, y, weight, groups, linear)


def random_folds(rng, n):
    choices = [
        None,
        None,
        2,
        KFold(3, shuffle=True, random_state=int(rng.integers(100))),
        GroupKFold(2),
        LeaveOneOut(),
        TimeSeriesSplit(2),
    ]
    cv = choices[rng.integers(len(choices))]
    return cv, np.arange(n) % 3 if isinstance(cv, GroupKFold) else None


def judge_search(report, model, X, y, weight, groups, linear):
    used = slice(None) if weight is None else weight > 0
    y_used, w = y[used], np.ones(len(y)) if weight is None else weight[used]
    n = len(y_used)
    if model.cv is None or isinstance(model.cv, LeaveOneOut):
        folds = [(np.delete(np.arange(n), i), np.array([i])) for i in range(n)]
    else:
        splitter = KFold(model.cv) if isinstance(model.cv, int) else model.cv
        rows = np.flatnonzero(np.ones(len(y), bool) if weight is None else weight > 0)
        folds = [
            tuple(np.flatnonzero(np.isin(rows, part)) for part in split)
            for split in splitter.split(X, y, groups)
        ]
    alone = model.cv is not None and any(len(test) == 1 for _, test in folds)
    alone = alone and not linear and not isinstance(model.cv, LeaveOneOut)
    if alone or not all(len(part) for fold in folds for part in fold):
        found = ask(report, "fit", lambda: model.fit(X, y, weight, groups=groups))
        advised = isinstance(found, ValueError) and "test row" in str(found)
        return report.add("honest" if advised else "unexplained", "no such folds", str(found))
    least_weight = min(w[train].sum() for train, _ in folds)

    def kernel_of(params):
        inner = {k: v for k, v in params.items() if k not in ("alpha", "training_time")}
        return model._candidate(**inner)._make_kernel(X, None)

    def beyond(params):
        K, time = kernel_of(params)(X[used]), params.get("training_time")
        step = 0.0 if time is None or np.isinf(time) else time / least_weight
        return singular(K, params["alpha"] / w) or beyond_eigenvectors(K, w, params["alpha"], step)

    def any_beyond():
        return any(map(beyond, ParameterGrid(model._checked_grid(X[used], w))))

    try:
        answer(report, "fit", lambda: model.fit(X, y, weight, groups=groups), any_beyond)
    except Refused:
        return None
    W, Y = lift(w), lift(y_used.reshape(n, -1))

    def scores(params, jitter):
        K, alpha = lift(kernel_of(params)(X[used])), mp.mpf(params["alpha"])
        targets = Y
        if jitter is not None:
            eps, rng = jitter
            K = jittered(K, alpha / W, eps, rng, eigh=True)
            targets = Y * (1 + lift(rng.uniform(-1, 1, Y.shape)) * eps)
        predictions = []
        for train, test in folds:
            mean, centre, _ = centred(targets[train], W[train], model.normalize_y)
            time = params.get("training_time")
            C = stored(flow(K[np.ix_(train, train)], W[train], alpha, centre, time), jitter)
            predictions.append(K[np.ix_(test, train)] @ C + mean)
        if (
            len(folds) == n
            and all(len(test) == 1 for _, test in folds)
            and not isinstance(model.cv, KFold | GroupKFold)
        ):
            together = [(np.vstack(predictions), np.arange(n))]
        else:
            together = [(p, test) for p, (_, test) in zip(predictions, folds, strict=True)]
        return np.array([score(p, rows) for p, rows in together], dtype=object)

    def score(prediction, rows):
        if linear:
            return sum(
                mp.mpf(c) * p
                for c, p in zip(np.cos(range(len(rows))), prediction.sum(1), strict=True)
            )
        if len(rows) < 2:
            return mp.nan
        factor_ = W[rows][:, np.newaxis]
        target = Y[rows]
        middle = (factor_ * target).sum(0) / factor_.sum(0)
        rest = (factor_ * (target - prediction) ** 2).sum(0)
        return sum(
            1 - r / t for r, t in zip(rest, (factor_ * (target - middle) ** 2).sum(0), strict=True)
        ) / len(rest)

    results = model.cv_results_
    n_splits = model.n_splits_
    for k, params in enumerate(results["params"]):
        found = np.array([results[f"split{i}_test_score"][k] for i in range(n_splits)])

        def truth(jitter, params=params):
            values = scores(params, jitter)
            unit = abs(Y).max() * n if linear else 1
            return values, unit + abs(values), lift

        if np.isnan(found).any() and beyond(params):
            report.add("honest", "candidates that are singular or too long for such weights")
            continue
        expected = truth(None)[0]
        if any(mp.isnan(v) for v in expected):
            continue
        before = report.verdict
        least, _ = inverse_condition(kernel_of(params)(X[used]), params["alpha"] / w)
        limit = SAFETY * 2.0**-53 / max(least, 2.0**-53)
        name = "folds from a whole matrix that is worse conditioned"
        compare(report, "scores", found, truth, 1e-9, np.sqrt(n) * 2.0**-53, limit, name)
        if report.verdict == "unexplained" != before:
            report.add("right", "", str(params))
    means = results["mean_test_score"]  # each of which has been judged
    if means[model.best_index_] != np.nanmax(means):
        report.add("unexplained", "not the best", str(model.best_params_))
    refit(report, model, X[used], Y, W)
    return None


def refit(report, model, X, Y, W):
    """The predictions of the best candidate, fitted to all rows."""
    params = model.best_params_
    K, alpha = lift(model.best_estimator_.kernel_(X)), mp.mpf(params["alpha"])
    mean, centre, _ = centred(Y, W, model.normalize_y)

    def truth(jitter):
        A = K if jitter is None else jittered(K, alpha / W, *jitter, eigh=True)
        C = flow(A, W, alpha, centre, params.get("training_time"))
        expected = K @ stored(C, jitter) + mean
        return (
            expected,
            abs(Y).max() + abs(expected),
            lambda f: lift(np.asarray(f).reshape(expected.shape)),
        )

    found = answer(report, "predict", lambda: model.predict(X))
    compare(report, "refit", found, truth, 1e-9, np.sqrt(len(X)) * 2.0**-53)
