"""What is right about the answers of a kernel.

Rows are exact, so what a kernel returns has to be right to BASE of sqrt(K(x, x) K(z, z)), room for
the rounding of a dozen layers, or to SAFETY times the change that relative perturbations of 2^-53
of rows and variances make where that is more. Where it is more than LOST of the scale no digits
can be had, and an error is right.
"""

import warnings
from functools import cached_property

import mpmath as mp
import numpy as np
from oracle import Beyond
from oracle_images import NoPixels
from scipy import sparse

BASE = 3e-11
SAFETY = 50
LOST = 1e-6
MAX_DIGITS = 5000
# Beyond these a squared norm or a variance leaves the range of float64 within a layer or two.
HUGE, TINY = mp.mpf("1e290"), mp.mpf("1e-290")


class Truth:
    """A kernel matrix in as many digits as it takes, and how well it is determined.

    `evaluate(X, perturb)` returns (K, variances on the way, sizes of K(x, x)) at mpmath's current
    precision, with rows X as lists of mpf and `perturb` applied to each of its parameters.
    """

    def __init__(self, X, evaluate, digits):
        self.X, self.evaluate, self.settled = X, evaluate, False
        self.refine(digits)

    def refine(self, digits):
        with mp.workdps(digits):
            rows = [[mp.mpf(v) for v in x] for x in self.X.tolist()]
            self.K, self.variances, sizes = self.evaluate(rows, lambda value: value)
            root = [mp.sqrt(abs(v)) for v in sizes]
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
                unique = {tuple(x): [perturbed(v, rng) for v in x] for x in self.X.tolist()}
                rows = aligned(self.X) if draw == 0 else [unique[tuple(x)] for x in self.X.tolist()]
                K, *_ = self.evaluate(rows, lambda v: perturbed(v, rng))
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


def perturbed(value, rng):
    """As rounding to float64 might leave it; the sum with 1 is not to be one of float64."""
    return mp.mpf(value) * (1 + mp.mpf(rng.uniform(-1, 1)) * 2.0**-53)


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
    """Rows that are parallel but for rounding, exactly parallel, which no random change makes.

    Rounding of the entries of two rows and of the one that fixes their ratio adds up.
    """
    rows = [[mp.mpf(v) for v in x] for x in X.tolist()]
    for i, x in enumerate(rows):
        for z in rows[:i]:
            k = max(range(len(z)), key=lambda k, z=z: abs(z[k]))
            multiple = [v * x[k] / z[k] for v in z] if z[k] else z
            if all(abs(p - q) <= 2.0**-49 * abs(x[k]) for p, q in zip(x, multiple, strict=True)):
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
    if limit is not None:
        slack = limit(truth)
        if (error <= allowed + (slack.diagonal() if index is None else slack[:, index])).all():
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


def equal(x, z):
    return np.array_equal(x, z) or np.array_equal(x, -z)
