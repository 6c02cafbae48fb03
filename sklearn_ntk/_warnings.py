"""Warnings that point at the user's line."""

import sys
import warnings

from sklearn.exceptions import ConvergenceWarning

# Whose frames lie between the user's call and the place that warns.
NOT_THE_USER = {"sklearn_ntk", "sklearn", "joblib"}


def warn(message, category=UserWarning):
    """Warn at the innermost line outside this package and the libraries that call it.

    Python 3.12 has ``skip_file_prefixes`` for this. A thread of a pool has no such line; a
    warning from there points at the beginning of the thread.
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in NOT_THE_USER:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def warn_unless_converged(n_iter, error, tol):
    """Warn with advice if conjugate gradients stopped at an error above the tolerance."""
    if not error <= tol:
        warn(
            f"Conjugate gradients stopped after {n_iter} iterations at a relative error of "
            f"{error:.1e}, above tol={tol:g}. Increase alpha, max_iter or tol.",
            ConvergenceWarning,
        )
