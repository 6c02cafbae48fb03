"""Random problems for the kernels, and what is right about their answers.

Rows are exact, so what a kernel returns has to be right to BASE of sqrt(K(x, x) K(z, z)), room for
the rounding of a dozen layers, or to SAFETY times the change that relative perturbations of 2^-53
of rows and variances make where that is more. Where it is more than LOST of the scale no digits
can be had, and an error is right.
"""

import warnings
from functools import cached_property

import mpmath as mp
import numpy as np
from oracle import Beyond, Convolutional, Dense, NoPixels, laplace_matrix
from scipy import sparse

from sklearn_ntk.kernels import NNGP, NTK, ConvNNGP, ConvNTK, Laplace, activations

BASE = 3e-11
SAFETY = 50
LOST = 1e-6
MAX_DIGITS = 5000
# Beyond these a squared norm or a variance leaves the range of float64 within a layer or two.
HUGE, TINY = mp.mpf("1e290"), mp.mpf("1e-290")

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


class Truth:
    """A kernel matrix in as many digits as it takes, and how well it is determined.

    `evaluate(X, perturb)` returns (K, variances on the way) at mpmath's current precision, with
    rows X as lists of mpf and `perturb` applied to each of its parameters.
    """

    def __init__(self, X, evaluate, digits):
        self.X, self.evaluate, self.settled = X, evaluate, False
        self.refine(digits)

    def refine(self, digits):
        with mp.workdps(digits):
            rows = [[mp.mpf(v) for v in x] for x in self.X.tolist()]
            self.K, self.variances = self.evaluate(rows, lambda value: value)
            root = [mp.sqrt(abs(v)) for v in self.K.diagonal()]
            self.scale = np.multiply.outer(np.array(root, dtype=object), root)
        self.digits = digits

    def error(self, found, index, floor=TINY):
        """|found - K| / scale for the columns `index`; infinite where it is not finite."""
        with mp.workdps(self.digits):
            return self._relative(found, self.K[:, index], self.scale[:, index], floor)

    def _relative(self, found, K, scale, floor=TINY):
        result = np.full(np.shape(found), np.inf)
        for at, value in np.ndenumerate(found):
            if isinstance(value, mp.mpf) or np.isfinite(value):
                difference = abs(K[at] - (value if isinstance(value, mp.mpf) else float(value)))
                result[at] = difference / (scale[at] + floor)
        return result

    def settle(self):
        """Double the digits until nothing changes."""
        while not self.settled:
            if self.digits > MAX_DIGITS:
                raise ArithmeticError("the oracle does not settle")
            before = self.K
            self.refine(2 * self.digits)
            self.settled = self._relative(before, self.K, self.scale).max() < 1e-14

    @cached_property
    def allowance(self):
        rng, change = np.random.default_rng(0), 0
        with mp.workdps(self.digits):
            for draw in range(5):
                unique = {
                    tuple(x): [mp.mpf(v) * (1 + rng.uniform(-1, 1) * 2.0**-53) for v in x]
                    for x in self.X.tolist()
                }
                rows = aligned(self.X) if draw == 0 else [unique[tuple(x)] for x in self.X.tolist()]
                K, _ = self.evaluate(
                    rows, lambda v: mp.mpf(v) * (1 + rng.uniform(-1, 1) * 2.0**-53)
                )
                change = np.maximum(change, self._relative(K, self.K, self.scale))
        return BASE + SAFETY * change

    def determined(self):
        return (self.allowance < LOST).all()

    def overflows(self):
        squares = [float(abs(v)) for x in self.X for v in x]
        largest = max([*self.variances, *map(abs, self.K.ravel())], default=0)
        return largest > HUGE or mp.mpf(max(squares)) ** 2 > HUGE

    def underflows(self):
        smallest = min((v for v in self.variances if v), default=1)
        squares = [mp.fsum(mp.mpf(v) ** 2 for v in x) for x in self.X.tolist()]
        return smallest < TINY or min((v for v in squares if v), default=1) < TINY


def truth_or_refusal(report, kernel, X, evaluate, digits):
    """The truth; None if there is none, and then the kernel has to say so."""
    try:
        return Truth(X, evaluate, digits)
    except Beyond:
        advice = "overflow"
    except NoPixels:
        advice = "too few to pool"
    for name, question in ("K(X)", lambda: kernel(X)), ("diag", lambda: kernel.diag(X)):
        answer = ask(report, name, question)
        if isinstance(answer, Exception) and advice in str(answer):
            report.add("honest", f"{advice} advice", name)
        else:
            report.add("unexplained", f"no {advice} advice", f"{name}: {str(answer)[:60]}")
    return None


def aligned(X):
    """Rows that are parallel but for rounding, exactly parallel, which no random change makes."""
    rows = [[mp.mpf(v) for v in x] for x in X.tolist()]
    for i, x in enumerate(rows):
        for z in rows[:i]:
            k = max(range(len(z)), key=lambda k, z=z: abs(z[k]))
            multiple = [v * x[k] / z[k] for v in z] if z[k] else z
            if all(abs(p - q) <= 2.0**-52 * abs(p) for p, q in zip(x, multiple, strict=True)):
                rows[i] = multiple
                break
    return rows


def judge(report, kernel, truth, rng, limit=None):
    """Every way to ask `kernel` for the matrix, against the truth."""
    n = len(truth.X)
    everything = np.arange(n)
    tall, wide = rng.integers(n, size=max(1, n // 2)), rng.integers(n, size=2 * n)
    X = truth.X
    square = {
        "K(X)": lambda: kernel(X),
        "K(X, X.copy())": lambda: kernel(X, X.copy()),
        "sparse": lambda: kernel(sparse.csr_matrix(X), sparse.csr_matrix(X)),
        "sparse K(X)": lambda: kernel(sparse.csr_matrix(X)),
    }
    questions = [(name, question, everything, np.float64) for name, question in square.items()]
    for index, shape in (tall, "tall"), (wide, "wide"):
        questions.append((f"K {shape}", lambda i=index: kernel(X, X[i]), index, np.float64))
        for dtype in np.float64, np.float32:
            questions.append(
                (
                    f"fill {shape} {dtype.__name__}",
                    lambda i=index, t=dtype: filled(kernel, X, X[i], t),
                    index,
                    dtype,
                )
            )
    questions.append(
        ("fill square", lambda: filled(kernel, X, None, np.float64), everything, float)
    )
    questions.append(("diag", lambda: kernel.diag(X), None, np.float64))
    for name, question, index, dtype in questions:
        if dtype == np.float32 and max(map(abs, truth.K.ravel())) > 1e38:
            continue
        check(report, name, question, index, truth, limit, single=dtype == np.float32)


def filled(kernel, X, Z, dtype):
    out = np.full((len(X), len(X if Z is None else Z)), np.nan, dtype=dtype)
    kernel.fill(X, Z, out)
    return out


def ask(report, name, question):
    """The answer, or the exception; stray warnings are reported."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            answer = question()
        except (ValueError, ArithmeticError, MemoryError, np.linalg.LinAlgError) as refusal:
            answer = refusal
    for warning in caught:
        if issubclass(warning.category, RuntimeWarning):
            report.add("unexplained", f"stray warning: {str(warning.message)[:60]}", name)
    return answer


def check(report, name, question, index, truth, limit, single):
    answer = ask(report, name, question)
    if isinstance(answer, Exception):
        if "overflow" in str(answer) and "cale" in str(answer) and truth.overflows():
            return report.add("honest", "overflow advice", name)
        truth.settle()
        if "overflow" in str(answer) and not truth.determined():
            return report.add("honest", "digits that cannot be had", name)
        return report.add("unexplained", f"refused: {str(answer)[:60]}", name)
    if name == "K(X)" and not np.array_equal(answer, answer.T):
        report.add("unexplained", "not symmetric", name)

    # float32 has 24 bits, and nothing normal below 1e-38.
    floor, bits = (mp.mpf("1e-30"), 1e-6) if single else (TINY, 0)

    def worst():
        if index is None:
            everything = np.arange(len(answer))
            return truth.error(np.diag(answer), everything).diagonal()
        return truth.error(answer, index, floor) - bits

    error = worst()
    if (error <= BASE).all():
        return report.add("right", "", name)
    if truth.overflows() and not np.isfinite(answer).all():
        return report.add("unexplained", "not finite instead of overflow advice", name)
    truth.settle()
    error, allowed = worst(), truth.allowance
    allowed = allowed.diagonal() if index is None else allowed[:, index]
    if (error <= allowed).all():
        return report.add("right", "", name)
    if truth.underflows() and np.isfinite(answer).all():
        return report.add("explained", "squared norms underflow", name)
    if limit is not None and limit(error.max()):
        return report.add("explained", limit.__doc__, name)
    at = np.unravel_index(np.argmax(error - allowed), error.shape)
    pair = at * 2 if index is None else (at[0], index[at[1]])
    same = error > allowed
    if index is not None:
        same &= [[equal(x, z) for z in truth.X[index]] for x in truth.X]
    if (same == (error > allowed)).all():
        report.cause("duplicates only")
    wrong = "not finite" if not np.isfinite(error.max()) else "wrong"
    size = (
        "not determined"
        if not truth.determined()
        else "beyond 1e-6"
        if error.max() > LOST
        else "digits"
    )
    expected = mp.nstr(truth.K[pair], 17)
    detail = f"{name}: rows {tuple(map(int, pair))} expected {expected} found {answer[at]!r}"
    return report.add("unexplained", f"{wrong} ({size})", f"{detail} error {error.max():.1e}")


def dense(rng, report):
    """NNGP and NTK with every switch."""
    tangent = bool(rng.integers(2))
    bias = float(rng.choice([0.0, log_uniform(rng, 1e-6, 100), log_uniform(rng, 0.1, 2)]))
    depth = int(rng.choice([1, 1, 2, 3, 4, 6, 12]))
    network = {
        "activation": random_activation(rng, tangent),
        "depth": depth,
        "sw2": log_uniform(rng, 0.01, 100) if rng.random() < 0.5 else log_uniform(rng, 0.5, 4),
        "sb2": bias,
        "tangent": tangent,
        "layer_norm": bool(rng.random() < 0.25),
        "residual": bool(rng.random() < 0.25),
        "width": int(rng.integers(1, 1000)) if tangent and rng.random() < 0.25 else None,
        "frozen": int(rng.integers(0, depth + 1)) if tangent and rng.random() < 0.25 else 0,
    }
    extreme, notes = rng.random() < 0.3, set()
    X = random_rows(rng, int(rng.integers(2, 6)), int(rng.integers(1, 7)), extreme, notes)
    report.describe(f"{network['activation'][0]} {'NTK' if tangent else 'NNGP'}", network, X)
    report.cause(extreme and "extreme", network["layer_norm"] and "layer_norm")
    options = {"layer_norm": network["layer_norm"], "residual": network["residual"]}
    if tangent:
        options["frozen_layers"] = network["frozen"]
        if network["width"] is not None:
            options |= {"parameterization": "standard", "width": network["width"]}
    kernel = (NTK if tangent else NNGP)(
        depth,
        activation=make_activation(*network["activation"]),
        weight_variance=network["sw2"],
        bias_variance=bias,
        **options,
    )

    def evaluate(rows, perturb):
        changed = network | {"sw2": perturb(network["sw2"]), "sb2": perturb(network["sb2"])}
        return Dense(changed, len(rows[0])).matrix(rows)

    truth = truth_or_refusal(report, kernel, X, evaluate, digits(network, X, extreme))
    if truth is None:
        return
    judge(report, kernel, truth, rng)
    if rng.random() < 0.05:
        many(report, kernel, truth, rng)


def digits(network, X, extreme):
    """Enough for the range of the rows; discontinuous ones must recognise parallel rows."""
    start = 200 if network["activation"][0] in ("sign", "step") else 60
    if extreme:
        start += int(2 * np.abs(np.log10(np.abs(X[X != 0]))).max(initial=0)) + 100
    return start


def many(report, kernel, truth, rng):
    """So many rows that they come in tiles or from a table, positive semi-definite, a block."""
    n, d = truth.X.shape
    with np.errstate(over="ignore"):
        X = np.vstack([truth.X, rng.standard_normal((400, d)) * np.abs(truth.X).mean()])
    X = X[:: rng.choice([1, 15])] if n == 1 else X
    check(report, "block of many", lambda: kernel(X)[:n, :n], np.arange(n), truth, None, False)
    K = ask(report, "many", lambda: kernel(X[:30]))
    if isinstance(K, Exception) or not np.isfinite(K).all() or not (K.diagonal() > 0).all():
        return
    root = np.sqrt(K.diagonal())
    eigenvalues = np.linalg.eigvalsh(K / root / root[:, np.newaxis])
    if eigenvalues[0] < -1e-12 * eigenvalues[-1] and truth.determined():
        report.add("unexplained", "not positive semi-definite", f"{eigenvalues[0]:.1e}")


def equal(x, z):
    return np.array_equal(x, z) or np.array_equal(x, -z)


def laplace(rng, report):
    """The Laplace kernel and its family."""
    extreme, notes = rng.random() < 0.5, set()
    X = random_rows(rng, int(rng.integers(2, 6)), int(rng.integers(1, 7)), extreme, notes)
    size = max(1e-280, min(1e280, float(np.abs(X[rng.integers(len(X))]).max() or 1.0)))
    length_scale = size * log_uniform(rng, 1e-3, 1e3)
    if rng.random() < 0.3:
        length_scale = log_uniform(rng, 1e-300, 1e300)
    exponent = float(rng.choice([1.0, 2.0, 0.05, rng.uniform(0.05, 2)]))
    report.describe("laplace", {"length_scale": length_scale, "exponent": exponent}, X)
    report.cause(extreme and "extreme")

    def evaluate(rows, perturb):
        return laplace_matrix(rows, perturb(length_scale), exponent), []

    truth = Truth(X, evaluate, 60)
    truth.underflows = truth.overflows = lambda: False  # its distances have no reason to
    judge(report, Laplace(length_scale, exponent=exponent), truth, rng)


def convolutional(rng, report):
    """ConvNNGP and ConvNTK on small images."""
    tangent, average = bool(rng.integers(2)), bool(rng.integers(2))
    side, channels = int(rng.integers(3, 5)), int(rng.integers(1, 3))
    pooling = int(rng.choice([1, 1, 2]))
    network = {
        "image_shape": (side, int(rng.integers(3, side + 1)), channels),
        "activation": random_activation(rng, tangent),
        "depth": int(rng.integers(1, 3)),
        "sw2": log_uniform(rng, 0.3, 4),
        "sb2": float(rng.choice([0.0, log_uniform(rng, 1e-3, 2)])),
        "tangent": tangent,
        "filter_size": int(rng.choice([1, 3, 3, 5])),
        "stride": int(rng.choice([1, 1, 2])),
        "pooling": pooling,
        "average": average,
    }
    extreme, notes = rng.random() < 0.2, set()
    n = int(rng.integers(1, 4))
    X = random_rows(rng, n, int(np.prod(network["image_shape"])), extreme, notes)
    if rng.random() < 0.3:
        X *= rng.random(X.shape) < 0.5  # dark pixels
    report.describe(f"{network['activation'][0]} Conv{'NTK' if tangent else 'NNGP'}", network, X)
    report.cause(extreme and "extreme")
    kernel = (ConvNTK if tangent else ConvNNGP)(
        network["image_shape"],
        network["depth"],
        activation=make_activation(*network["activation"]),
        weight_variance=network["sw2"],
        bias_variance=network["sb2"],
        filter_size=network["filter_size"],
        stride=network["stride"],
        pooling=pooling,
        readout="average" if average else "flatten",
    )

    def evaluate(rows, perturb):
        changed = network | {"sw2": perturb(network["sw2"]), "sb2": perturb(network["sb2"])}
        return Convolutional(changed).matrix(rows)

    truth = truth_or_refusal(report, kernel, X, evaluate, digits(network, X, extreme))
    if truth is None:
        return

    def limit(error):
        """nearly parallel patches"""
        return error < 4e-8 * 10 * network["depth"]

    judge(report, kernel, truth, rng, limit)
