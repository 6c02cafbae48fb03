"""What is right about the answers of an estimator.

The kernel matrix is taken as the kernel objects compute it; judge_kernels.py doubts those. What
is made of it has to be right to BASE of its scale, or to SAFETY times the change that rounding
the matrix makes where that is more. Refusals are right where the problem is beyond the
arithmetic, by its own condition number or error bound and not by what the package says.
"""

import mpmath as mp
import numpy as np
from exact_regression import eigenvector_error, inverse_condition
from judge_kernels import ask

# More than for kernels, because a few perturbations are not the worst of n^2.
SAFETY = 200
# (epsilon of the arithmetic, BASE) by precision; "mixed" promises residuals of 1e-10.
PRECISIONS = {"float64": (2.0**-53, 1e-10), "float32": (2.0**-24, 1e-5), "mixed": (2e-12, 1e-8)}
# Relative error from which eigenvectors of rows of very different weights may be refused.
LOST = 1e-9


class Refused(Exception):
    """The estimator refused, which has been reported."""


def answer(report, name, question, beyond=lambda: False):
    """What `question` returns; `beyond()` is whether the problem is beyond the arithmetic."""
    found = ask(report, name, question)
    if not isinstance(found, Exception):
        return found
    advice = str(found)
    if "overflow" in advice and "float32" in advice and "cale" in advice:
        report.add("honest", "float32 overflows", name)
    elif not isinstance(found, np.linalg.LinAlgError):
        report.add("unexplained", f"refused: {advice[:60]}", name)
    else:
        report.add("honest" if beyond() else "unexplained", "called singular", advice)
    raise Refused from found


def singular(K, ridge, bits=53):
    """Whether K + diag(ridge) is, to working precision, in units of its diagonal or as it is."""
    return min(inverse_condition(K, ridge)) < 100 * len(ridge) * 2.0**-bits


def beyond_eigenvectors(K, weight, alpha, step):
    """Whether eigenvectors of W^1/2 K W^1/2 do not hold the gradient flow for this step.

    Either it is singular, as K + alpha / W need not be, or the weights differ too widely.
    """
    root = np.sqrt(weight)
    if singular(K * np.multiply.outer(root, root), np.full(len(weight), alpha)):
        return True
    spread = weight.max() > 1e3 * weight.min()
    return spread and eigenvector_error(K, weight, alpha, step) > LOST


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
