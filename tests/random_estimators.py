"""Random problems for regressors and searches, and what is right about their answers.

The kernel matrix is taken as the kernel objects compute it; random_kernels.py doubts those. What
is made of it has to be right to BASE of its scale, or to SAFETY times the change that rounding
the matrix makes where that is more, and where the matrix is singular to working precision an
error that names alpha is right.
"""

import warnings

import mpmath as mp
import numpy as np
from exact_regression import (
    DIGITS,
    centred,
    factor,
    flow,
    inverse_condition,
    jittered,
    lift,
)
from random_kernels import log_uniform, random_rows
from sklearn.gaussian_process.kernels import RBF, ConstantKernel
from sklearn.model_selection import GroupKFold, KFold, LeaveOneOut, TimeSeriesSplit

from sklearn_ntk import (
    KernelRegressor,
    LaplaceKernel,
    LaplaceKernelCV,
    NNGPRegressor,
    NNGPRegressorCV,
    NTKRegressor,
    NTKRegressorCV,
)
from sklearn_ntk.kernels import NNGP, NTK, ConvNNGP, ConvNTK, Laplace

# More than for kernels, because a few perturbations are not the worst of n^2.
SAFETY = 200
# (epsilon of the arithmetic, BASE) by precision; "mixed" promises residuals of 1e-10.
PRECISIONS = {"float64": (2.0**-53, 1e-10), "float32": (2.0**-24, 1e-5), "mixed": (2e-12, 1e-8)}
NAMES = ["relu", "erf", "gelu", "abs", "sin", "rectified_quadratic", "identity", "rbf"]
HOMOGENEOUS = ["relu", "abs", "identity", "rectified_quadratic"]
TIMES = [0.0, np.inf, 1.0, 1e3, 1e308]


def tame_rows(rng, n, d):
    """Rows in special positions, none of them so large that kernels themselves lose digits."""
    X = random_rows(rng, n, d, False, set())
    return X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True) / 10, 1)


def random_targets(rng, n):
    shape = (n, int(rng.integers(1, 4))) if rng.random() < 0.5 else (n,)
    scale = log_uniform(rng, 1e-200, 1e200) if rng.random() < 0.3 else 1.0
    offset = rng.choice([0.0, 1.0, 100.0])
    return scale * (rng.standard_normal(shape) + offset)


def random_weights(rng, n):
    if rng.random() < 0.5:
        return None
    weight = 10.0 ** rng.uniform(0, rng.choice([0.5, 12]), size=n)
    if n > 6 and rng.random() < 0.3:
        weight[rng.integers(n)] = 0.0
    return weight


def network_parameters(rng):
    return {
        "depth": int(rng.integers(1, 5)),
        "activation": str(rng.choice(NAMES)),
        "weight_variance": log_uniform(rng, 0.5, 4),
        "bias_variance": float(rng.choice([0.0, log_uniform(rng, 0.01, 2)])),
    }


def random_time(rng):
    return float(rng.choice([*TIMES, log_uniform(rng, 1e-3, 1e6)]))


def random_model(rng, d):
    """A regressor without its alpha, and whether it has a training time."""
    kind = rng.integers(4)
    if kind < 2:
        return (NTKRegressor, NNGPRegressor)[kind](**network_parameters(rng)), True
    if kind == 2:
        scale = "scale" if rng.random() < 0.3 else log_uniform(rng, 0.1, 100)
        return LaplaceKernel(scale, exponent=float(rng.choice([1.0, 1.5, rng.uniform(0.1, 2)]))), 0
    kernels = [
        NTK(2) + Laplace(3.0),
        NNGP(1, activation="erf") * RBF(2.0),
        ConstantKernel(0.5) * NTK(1, activation="gelu"),
        (ConvNTK, ConvNNGP)[rng.integers(2)]((2, d // 2), depth=1, bias_variance=0.1)
        if d % 2 == 0
        else NTK(1, layer_norm=True),
    ]
    return KernelRegressor(kernels[rng.integers(len(kernels))]), False


class Refused(Exception):
    """The estimator refused, which has been reported."""


def ask(report, name, question, singular=lambda: False):
    """The answer; exceptions and stray warnings are judged and reported."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            answer = question()
        except (ValueError, ArithmeticError, np.linalg.LinAlgError) as refusal:
            advice = str(refusal)
            if "overflow" in advice and "float32" in advice and "cale" in advice:
                report.add("honest", "float32 overflows", name)
            elif isinstance(refusal, np.linalg.LinAlgError) and "alpha" in advice.lower():
                report.add("honest" if singular() else "unexplained", "called singular", advice)
            else:
                report.add("unexplained", f"refused: {advice[:60]}", name)
            raise Refused from refusal
    for warning in caught:
        if issubclass(warning.category, RuntimeWarning):
            report.add("unexplained", f"stray warning: {str(warning.message)[:60]}", name)
    return answer


def compare(report, name, found, truth, base, epsilon, limit=0.0, limit_name=""):
    """`found` against `truth(None)`, which returns (expected, scale, made from found).

    The last is a function that brings what was found into the same units.
    """
    expected, scale, convert = truth(None)

    def error(values):
        result = np.full(np.shape(values), np.inf)
        for at, value in np.ndenumerate(values):
            if isinstance(value, mp.mpf) or np.isfinite(value):
                difference = abs(value - expected[at])
                unit = scale[at] if np.ndim(scale) else scale
                result[at] = 0 if difference == 0 else difference / unit if unit else np.inf
        return result

    wrong = error(convert(found))
    if (wrong <= base).all():
        return report.add("right", "", name)
    change = 0
    for seed in range(4):
        change = np.maximum(change, error(truth((epsilon, np.random.default_rng(seed)))[0]))
    allowed = base + SAFETY * change
    if (wrong <= allowed).all():
        return report.add("right", "", name)
    if (wrong <= allowed + limit).all():
        return report.add("explained", limit_name, name)
    at = np.unravel_index(np.argmax(wrong / allowed), wrong.shape)
    cause = "not finite" if np.isinf(wrong[at]) else f"wrong {name}"
    detail = f"{name} at {tuple(map(int, at))}: expected {mp.nstr(mp.mpf(expected[at]), 12)} found "
    found = np.asarray(convert(found))[at]
    shown = mp.nstr(found, 12) if isinstance(found, mp.mpf) else found
    return report.add(
        "unexplained", cause, f"{detail}{shown}, error {wrong[at]:.1e}, allowed {allowed[at]:.1e}"
    )


def regressor(rng, report):
    """Predictions, spreads and likelihoods against dense solves."""
    n = int(rng.integers(1, 9)) if rng.random() < 0.9 else int(rng.integers(13, 41))
    d = int(rng.integers(1, 5))
    X = tame_rows(rng, n, d)
    m = int(rng.integers(1, 2 * n + 2))
    new = tame_rows(rng, m, d)
    new[0] = X[0]
    single = bool(rng.random() < 0.2)
    if single:
        X, new = X.astype(np.float32), new.astype(np.float32)
    y, weight = random_targets(rng, n), random_weights(rng, n)
    if single and not 1e-20 < np.abs(y).max() < 1e20:
        y = rng.standard_normal(y.shape)
    model, timed = random_model(rng, d)
    if getattr(model, "activation", None) in HOMOGENEOUS and rng.random() < 0.5:
        X, new = 10 * X, 10 * new
    alpha = float(rng.choice([log_uniform(rng, 1e-8, 1e4), 0.03, 0.0], p=[0.7, 0.2, 0.1]))
    model.set_params(alpha=alpha, normalize_y=bool(rng.integers(2)))
    time = random_time(rng) if timed and n <= 8 and rng.random() < 0.4 else None
    if time is not None:
        model.set_params(training_time=time)
    else:
        model.set_params(precision=str(rng.choice(["auto", "float64", "float32", "mixed"])))
    precision = model.precision
    if precision == "auto":
        precision = "float32" if single else "float64"
    report.describe(type(model).__name__, model, X.tolist(), y.tolist(), new.tolist())
    report.parameters += () if weight is None else (weight.tolist(),)
    report.cause(
        time is not None and ("time 1e308" if time == 1e308 else "time"),
        precision != "float64" and precision,
        weight is not None and np.ptp(weight) > 1e3 and "weights",
        not 1e-20 < np.abs(y).max() < 1e20 and "extreme targets",
    )
    judge_regressor(report, model, X, y, weight, new, time, precision, single)


def judge_regressor(report, model, X, y, weight, new, time, precision, single):
    used = slice(None) if weight is None else weight > 0
    epsilon, base = PRECISIONS[precision]
    epsilon *= np.sqrt(len(X))  # as rounding errors of n terms add up
    if single:
        base = 1e-5
    w = np.ones(len(X)) if weight is None else weight[used]

    def singular():
        """Whether the matrix is, to working precision, or overflows float32."""
        kernel = model.kernel_ if hasattr(model, "kernel_") else model._make_kernel(X[used], w)
        K, single = kernel(X[used]), precision == "float32"
        least = min(inverse_condition(K, model.alpha / w))
        return least < 100 * len(w) * 2.0 ** (-24 if single else -53) or (single and K.max() > 1e38)

    with mp.workdps(DIGITS):
        try:
            ask(report, "fit", lambda: model.fit(X, y, weight), singular)
            check_regressor(report, model, X[used], y[used], w, new, time, epsilon, base)
        except Refused:
            pass
        except ZeroDivisionError:
            report.add("honest", "singular")


def check_regressor(report, model, X, y, weight, new, time, epsilon, base):
    kernel = model.kernel_
    prior = kernel
    if isinstance(model, NTKRegressor):
        names = ("depth", "activation", "weight_variance", "bias_variance")
        prior = NNGP(**{name: getattr(model, name) for name in names})
    K, cross = lift(kernel(X)), lift(kernel(X, new))
    P, prior_cross = lift(prior(X)), lift(prior(X, new))
    prior_new = lift(prior(new))
    w, Y = lift(weight), lift(y.reshape(len(y), -1))
    alpha = lift([model.alpha])[0]
    mean, Y, deviation = centred(Y, w, model.normalize_y)
    size = abs(Y).max(axis=0) + abs(mean)
    floor = 1e-30 if base > 1e-6 else 0  # of float32

    def perturbed(jitter, **arrays):
        """K and the others, with the jitter that rounding makes."""
        if jitter is None:
            return K, *arrays.values()
        eps, rng = jitter
        others = [a * (1 + rng.uniform(-1, 1, a.shape) * eps) for a in arrays.values()]
        return jittered(K, alpha / w, eps, rng, time is not None), *others

    def predictions(jitter):
        A, c, targets = perturbed(jitter, cross=cross, Y=Y)
        expected = c.T @ flow(A, w, alpha, targets, time) + mean
        return expected, size + abs(expected).max(axis=0) + 0 * expected, shaped

    def shaped(found):
        return lift(np.asarray(found).reshape(len(new), -1))

    def covariance(jitter, double=1):
        A, c, p = perturbed(jitter, cross=cross, prior_cross=prior_cross)
        if isinstance(model, NTKRegressor):
            B = flow(A, w, alpha, c, time)
            half = B.T @ p
            return prior_new + B.T @ (P @ B) - half - half.T
        # Of a last layer that was trained for t: the filter of 2 t.
        later = None if time is None else 2 * mp.mpf(time)
        return prior_new - c.T @ flow(A, w, alpha, c, later)

    def variances(jitter):
        values = np.maximum(covariance(jitter).diagonal(), 0)[:, np.newaxis] + 0 * deviation
        scale = prior_new.diagonal()[:, np.newaxis] + abs(values) + floor
        return values, scale, lambda found: (shaped(found) / deviation) ** 2

    def covariances(jitter):
        values = covariance(jitter)[:, :, np.newaxis] + 0 * deviation
        scale = abs(prior_new).max() + abs(values) + floor
        return (
            values,
            scale,
            lambda found: lift(np.asarray(found).reshape(values.shape)) / deviation**2,
        )

    found = ask(report, "predict", lambda: model.predict(new))
    compare(report, "predict", found, predictions, base, epsilon)
    if not isinstance(model, NTKRegressor | NNGPRegressor):
        return
    if model.precision == "mixed":  # refines coefficients, spreads come from the float32 factor
        epsilon, base = PRECISIONS["float32"]
    _, std = ask(report, "return_std", lambda: model.predict(new, return_std=True))
    compare(report, "return_std", std, variances, base, epsilon)
    largest = 1e37 if base > 1e-6 else 1e290  # results of float32 rows are float32
    if all(v > 1e-140 and v**2 * abs(prior_new).max() < largest for v in deviation):
        _, cov = ask(report, "return_cov", lambda: model.predict(new, return_cov=True))
        compare(report, "return_cov", cov, covariances, base, epsilon)
    if isinstance(model, NNGPRegressor):

        def likelihood(jitter):
            A, targets = perturbed(jitter, Y=Y)
            A = A + np.diag(alpha / w)
            _, D = factor(A)
            units = targets / deviation
            fits = -(units * flow(A, w, alpha * 0, units, None)).sum() / 2
            log_determinant = sum(mp.log(abs(v)) for v in D)
            rest = log_determinant + len(y) * mp.log(2 * mp.pi)
            terms = sum(abs(mp.log(abs(v))) for v in D) + 1
            value = np.array([mp.mpf(fits) - rest * units.shape[1] / 2], dtype=object)
            return value, abs(mp.mpf(fits)) + terms, lambda found: lift(np.array([found]))

        value = model.log_marginal_likelihood_value_
        compare(report, "likelihood", value, likelihood, base, epsilon)


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
            "activation": str(rng.choice(NAMES)),
        }
        options["bias_variances"] = [float(rng.choice([0.0, 0.5]))]
    if kind == 0 and rng.random() < 0.4:
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
        kind == 0 and any(t is not None and np.isfinite(t) for t in times) and "times",
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
        if not all(len(part) for fold in folds for part in fold):
            return report.add("right", "no such folds")
    grid = [{name: v[0] for name, v in model._grid(X[used], w).items()}]

    def kernel_of(params):
        inner = {k: v for k, v in params.items() if k not in ("alpha", "training_time")}
        return model._candidate(**inner)._make_kernel(X, None)

    def singular():
        least = min(
            min(inverse_condition(kernel_of({**grid[0], **other})(X[used]), alpha / w))
            for alpha in model.alphas
            for other in outer_grid(model)
        )
        return least < 100 * n * 2.0**-53

    try:
        ask(report, "fit", lambda: model.fit(X, y, weight, groups=groups), singular)
    except Refused:
        return None
    W, Y = lift(w), lift(y_used.reshape(n, -1))

    def scores(params, jitter):
        K, alpha = lift(kernel_of(params)(X[used])), mp.mpf(params["alpha"])
        targets = Y
        if jitter is not None:
            eps, rng = jitter
            K = jittered(K, alpha / W, eps, rng, eigh=True)
            targets = Y * (1 + rng.uniform(-1, 1, Y.shape) * eps)
        predictions = []
        for train, test in folds:
            mean, centre, _ = centred(targets[train], W[train], model.normalize_y)
            time = params.get("training_time")
            C = flow(K[np.ix_(train, train)], W[train], alpha, centre, time)
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

    results, means = model.cv_results_, []
    n_splits = model.n_splits_
    for k, params in enumerate(results["params"]):
        found = np.array([results[f"split{i}_test_score"][k] for i in range(n_splits)])

        def truth(jitter, params=params):
            values = scores(params, jitter)
            unit = abs(Y).max() * n if linear else 1
            return values, unit + abs(values), lift

        expected = truth(None)[0]
        if any(mp.isnan(v) for v in expected):
            continue
        means.append((sum(expected) / len(expected), k))
        before = report.verdict
        least, _ = inverse_condition(kernel_of(params)(X[used]), params["alpha"] / w)
        limit = SAFETY * 2.0**-53 / max(least, 2.0**-53)
        name = "folds from a whole matrix that is worse conditioned"
        compare(report, "scores", found, truth, 1e-9, np.sqrt(n) * 2.0**-53, limit, name)
        if report.verdict == "unexplained" != before:
            report.add("right", "", str(params))
    if means and report.verdict == "right":
        best = max(value for value, _ in means)
        chosen = {k: value for value, k in means}.get(int(model.best_index_))
        if chosen is None or (best - chosen > 1e-6 * (1 + abs(best)) and linear is False):
            report.add("unexplained", "not the best", str(model.best_params_))
    refit(report, model, X[used], Y, W)
    return None


def outer_grid(model):
    names = {"depths": "depth", "length_scales": "length_scale", "exponents": "exponent"}
    options = [
        [{single: value} for value in getattr(model, plural)]
        for plural, single in names.items()
        if hasattr(model, plural)
    ]
    result = [{}]
    for choices in options:
        result = [{**a, **b} for a in result for b in choices]
    return result


def refit(report, model, X, Y, W):
    """The predictions of the best candidate, fitted to all rows."""
    params = model.best_params_
    K, alpha = lift(model.kernel_(X)), mp.mpf(params["alpha"])
    mean, centre, _ = centred(Y, W, model.normalize_y)

    def truth(jitter):
        A = K if jitter is None else jittered(K, alpha / W, *jitter, eigh=True)
        expected = K @ flow(A, W, alpha, centre, params.get("training_time")) + mean
        return (
            expected,
            abs(Y).max() + abs(expected),
            lambda f: lift(np.asarray(f).reshape(expected.shape)),
        )

    found = ask(report, "predict", lambda: model.predict(X))
    compare(report, "refit", found, truth, 1e-9, np.sqrt(len(X)) * 2.0**-53)
