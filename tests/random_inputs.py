"""Random rows, activations and numbers in positions where kernels lose digits."""

import numpy as np

from sklearn_ntk.kernels import activations

CLASSES = {
    "leaky_relu": activations.LeakyReLU,
    "sign": activations.Sign,
    "step": activations.Step,
    "rbf": activations.RBF,
    "polynomial": activations.Polynomial,
}
SMOOTH = ["erf", "gelu", "sin", "cos", "rbf", "gaussian", "exp", "polynomial", "hermite"]
ANGULAR = ["relu", "leaky_relu", "abs", "rectified_quadratic", "identity", "sign", "step"]


def log_uniform(rng, low, high):
    return float(10 ** rng.uniform(np.log10(low), np.log10(high)))


def random_activation(rng, tangent):
    """Arguments of `oracle.make_dual`."""
    name = str(rng.choice(ANGULAR + SMOOTH))
    if name == "leaky_relu":
        near_abs = -1 + rng.choice([-1, 1]) * log_uniform(rng, 1e-12, 0.1)
        return name, float(rng.choice([0.01, rng.uniform(-3, 3), near_abs]))
    if name == "rbf":
        return name, log_uniform(rng, 0.01, 10)
    if name == "polynomial":
        return name, tuple(rng.standard_normal(int(rng.integers(1, 5))).tolist())
    if name == "hermite":
        return "polynomial", activations.hermite(int(rng.integers(0, 5))).coefficients
    if name in ("sign", "step") and (tangent or rng.random() < 0.2):
        surrogate = [("erf",), ("relu",), ("gelu",), ("identity",), ("rbf", 0.5), ("gaussian",)]
        return name, surrogate[rng.integers(len(surrogate))]
    return (name,)


def make_activation(name, *parameters):
    """The package's activation for arguments of `oracle.make_dual`."""
    if parameters and name in ("sign", "step"):
        parameters = [activations.get_activation(make_activation(*parameters[0]))]
    return CLASSES[name](*parameters) if parameters else name


def random_rows(rng, n, d, extreme, notes):
    """Ordinary or extreme rows, some of them in special positions relative to others."""
    X = rng.standard_normal((n, d)) * log_uniform(rng, 0.1, 10)
    if extreme:
        reach = 300 if rng.random() < 0.1 else 150
        X *= 10.0 ** rng.uniform(-reach, reach, size=1 if rng.random() < 0.5 else (n, 1))
    for i in range(n):
        choice, j = str(rng.choice([*SPECIAL, *["ordinary"] * len(SPECIAL)])), rng.integers(n)
        with np.errstate(over="ignore", under="ignore"):
            row = SPECIAL.get(choice, lambda rng, x: X[i])(rng, X[j])  # noqa: B023
        if np.isfinite(row).all():
            X[i] = row
            notes.add(choice)
    return X


def nearby(rng, x):
    """x, moved along the sphere or along itself by a random small fraction of its norm."""
    gap = log_uniform(rng, 1e-16, 0.1)
    if rng.random() < 0.5:
        return x * (1 + gap)
    size = np.abs(x).max() or 1.0
    unit = x / size
    tangent = rng.standard_normal(len(x))
    tangent -= unit * (tangent @ unit) / ((unit @ unit) or 1.0)
    return size * (unit + gap * tangent)


SPECIAL = {
    "duplicate": lambda rng, x: x,
    "nearby": nearby,
    "nearby again": nearby,
    "parallel": lambda rng, x: x * log_uniform(rng, 1e-3, 1e3),
    "doubled": lambda rng, x: x * 2.0 ** rng.integers(-20, 20),
    "antipodal": lambda rng, x: -x,
    "nearly antipodal": lambda rng, x: -nearby(rng, x),
    "zero": lambda rng, x: np.zeros_like(x),
    "one-hot": lambda rng, x: np.eye(len(x))[rng.integers(len(x))] * (np.abs(x).max() or 1.0),
}
