"""Random problems for regressors, against dense solves in many digits."""

import mpmath as mp
import numpy as np
from exact_regression import DIGITS, centred, factor, flow, jittered, lift, stored
from judge_estimators import (
    PRECISIONS,
    Refused,
    answer,
    beyond_eigenvectors,
    compare,
    singular,
)
from random_inputs import log_uniform, random_rows
from sklearn.gaussian_process.kernels import RBF, ConstantKernel

from sklearn_ntk import KernelRegressor, LaplaceKernel, NNGPRegressor, NTKRegressor
from sklearn_ntk.kernels import NNGP, NTK, ConvNNGP, ConvNTK, Laplace

NAMES = ["relu", "erf", "gelu", "abs", "sin", "rectified_quadratic", "identity", "rbf"]
HOMOGENEOUS = ["relu", "abs", "identity", "rectified_quadratic"]
# What -inf, below all of float64, is compared as.
LARGEST = np.finfo(float).max
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
    """A regressor without its alpha."""
    kind = rng.integers(4)
    if kind < 2:
        return (NTKRegressor, NNGPRegressor)[kind](**network_parameters(rng), keep_factor=True)
    if kind == 2:
        scale = "scale" if rng.random() < 0.3 else log_uniform(rng, 0.1, 100)
        exponent = float(rng.choice([1.0, 1.5, rng.uniform(0.1, 2)]))
        return LaplaceKernel(scale, exponent=exponent, keep_factor=True)
    kernels = [
        NTK(2) + Laplace(3.0),
        NNGP(1, activation="erf") * RBF(2.0),
        ConstantKernel(0.5) * NTK(1, activation="gelu"),
        (ConvNTK, ConvNNGP)[rng.integers(2)]((2, d // 2), depth=1, bias_variance=0.1)
        if d % 2 == 0
        else NTK(1, layer_norm=True),
    ]
    return KernelRegressor(kernels[rng.integers(len(kernels))], keep_factor=True)


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
    model = random_model(rng, d)
    if getattr(model, "activation", None) in HOMOGENEOUS and rng.random() < 0.5:
        X, new = 10 * X, 10 * new
    alpha = float(rng.choice([log_uniform(rng, 1e-8, 1e4), 0.03, 0.0], p=[0.7, 0.2, 0.1]))
    model.set_params(alpha=alpha, normalize_y=bool(rng.integers(2)))
    time = random_time(rng) if n <= 8 and rng.random() < 0.4 else None
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

    def beyond():
        """Whether the matrix is singular to working precision, or overflows float32."""
        kernel = model.kernel_ if hasattr(model, "kernel_") else model._make_kernel(X[used], w)
        K, single = kernel(X[used]), precision == "float32"
        if singular(K, model.alpha / w, 24 if single else 53) or (single and K.max() > 1e38):
            return True
        return time is not None and beyond_eigenvectors(K, w, model.alpha, time / w.sum())

    with mp.workdps(DIGITS):
        try:
            answer(report, "fit", lambda: model.fit(X, y, weight), beyond)
            check_regressor(report, model, X[used], y[used], w, new, time, epsilon, base, beyond)
        except Refused:
            pass
        except ZeroDivisionError:
            report.add("honest", "singular")


def check_regressor(report, model, X, y, weight, new, time, epsilon, base, beyond):
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
    # Of float32, in which spreads are of "mixed" precision too.
    floor = 1e-30 if base > 1e-6 or model.precision == "mixed" else 0

    def perturbed(jitter):
        """K, cross, prior_cross and Y as rounding leaves them, kernels to their diagonals."""
        if jitter is None:
            return K, cross, prior_cross, Y
        eps, rng = jitter
        noise = eps * lift(rng.uniform(-1, 1, cross.shape))
        A = jittered(K, alpha / w, eps, rng, time is not None)
        return (
            A,
            cross + noise * sizes(kernel),
            prior_cross + noise * sizes(prior),
            stored(Y, jitter),
        )

    def sizes(kernel):
        return lift(np.multiply.outer(np.sqrt(kernel.diag(X)), np.sqrt(kernel.diag(new))))

    def predictions(jitter):
        A, c, _, targets = perturbed(jitter)
        expected = c.T @ stored(flow(A, w, alpha, targets, time), jitter) + mean
        return expected, size + abs(expected).max(axis=0) + 0 * expected, shaped

    def shaped(found):
        return lift(np.asarray(found).reshape(len(new), -1))

    def covariance(jitter):
        A, c, p, _ = perturbed(jitter)
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

    found = answer(report, "predict", lambda: model.predict(new))
    compare(report, "predict", found, predictions, base, epsilon)
    if model.precision == "mixed":  # refines coefficients, spreads come from the float32 factor
        epsilon, base = PRECISIONS["float32"]
    _, std = answer(report, "return_std", lambda: model.predict(new, return_std=True), beyond)
    compare(report, "return_std", std, variances, base, epsilon)
    largest = 1e37 if base > 1e-6 else 1e290  # results of float32 rows are float32
    if all(v > 1e-140 and v**2 * abs(prior_new).max() < largest for v in deviation):
        _, cov = answer(report, "return_cov", lambda: model.predict(new, return_cov=True), beyond)
        compare(report, "return_cov", cov, covariances, base, epsilon)
    if not isinstance(model, NTKRegressor):

        def likelihood(jitter):
            A, _, _, targets = perturbed(jitter)
            A = A + np.diag(alpha / w)
            _, D = factor(A)
            units = targets / deviation
            fits = -(units * flow(A, w, alpha * 0, units, None)).sum() / 2
            log_determinant = sum(mp.log(abs(v)) for v in D)
            rest = log_determinant + len(y) * mp.log(2 * mp.pi)
            terms = sum(abs(mp.log(abs(v))) for v in D) + 1
            value = mp.mpf(fits) - rest * units.shape[1] / 2
            value = np.array([max(value, -mp.mpf(LARGEST))], dtype=object)
            return value, abs(mp.mpf(fits)) + terms, lambda found: lift([max(found, -LARGEST)])

        value = model.log_marginal_likelihood_value_
        if value == -np.inf and time is not None and singular(kernel(X), model.alpha / weight):
            return report.add("honest", "likelihood of a singular matrix, which the time forgives")
        compare(report, "likelihood", value, likelihood, base, epsilon)
