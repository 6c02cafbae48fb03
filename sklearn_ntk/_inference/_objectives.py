"""What hyperparameters make small, and its slope by the training matrix.

A loss is a function of (A, Y, weight): A the kernel matrix plus noise, which it overwrites, Y
targets in columns, weight that of each row. It returns its value and the lower triangle of the
symmetric matrix G for which d loss = tr(G dA), in the memory of A, or raises a LinAlgError if A is
not positive definite to working precision.
"""

import numpy as np
from scipy.linalg.blas import dsyrk
from sklearn.utils import gen_batches

from .._blocks import STRIP
from .._solvers import dense_cholesky
from ._likelihood import log_marginal_likelihood

# Stands for the squares of targets that are all 0.
TINY = 1e-200


def negative_likelihood(A, Y, weight):
    """-log N(Y; 0, A), summed over targets.

    References
    ----------
    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, equations 2.30, 5.9.
    """
    factor = dense_cholesky(A)
    C = factor.solve(Y)
    loss = -log_marginal_likelihood(factor, Y, C)
    return loss, _outer(factor.inverse(), Y.shape[1] / 2, -C / 2, C)


def profile_likelihood(A, Y, weight):
    """-log N(Y; 0, s^2 A) at the best s^2 for each target, less what does not depend on A.

    So the scale of the kernel and that of the targets do not matter.
    """
    n, n_targets = Y.shape
    factor = dense_cholesky(A)
    C = factor.solve(Y)
    variance = np.maximum(np.einsum("nt,nt->t", Y, C) / n, TINY)
    loss = (n * np.sum(np.log(variance)) + n_targets * factor.log_determinant()) / 2
    return loss, _outer(factor.inverse(), n_targets / 2, -C / (2 * variance), C)


def leave_one_out(A, Y, weight):
    """n / 2 times the logarithm of the squared errors of leave-one-out predictions.

    In the units of `profile_likelihood`. Takes a second matrix for a moment.

    With B = A^-1, C = B Y and residuals R = C / diag(B), the squares sum to S = sum_i w_i R_i^2 and
    dS = -2 tr(V' B dA C) + 2 tr(B diag(q) B dA), V = w R / diag(B), q = sum over targets of V R.

    References
    ----------
    Sundararajan and Keerthi, Predictive Approaches for Choosing Hyperparameters in Gaussian
    Processes, Neural Computation 2001. Rasmussen and Williams, Gaussian Processes for Machine
    Learning, 2006, equations 5.12, 5.13.
    """
    factor = dense_cholesky(A)
    C = factor.solve(Y)
    B = factor.inverse()
    diagonal = B.diagonal()[:, np.newaxis]
    R = C / diagonal
    V = (weight / weight.mean())[:, np.newaxis] * R / diagonal
    q = np.sum(V * R, axis=1)
    squares = max(np.sum(V * C), TINY)
    for cols in gen_batches(len(B), STRIP):
        part = np.tril(B[cols, cols])
        B[cols, cols] = part + np.tril(part, -1).T
        B[cols, cols.stop :] = B[cols.stop :, cols].T
    P = B @ V
    B *= np.sqrt(q)
    n = len(B)
    G = dsyrk(n / squares, B, lower=True)
    left, right = np.hstack([P, C]), np.hstack([C, P])
    return n / 2 * np.log(squares), _outer(G, 1.0, -left * n / (2 * squares), right)


def _outer(G, factor, left, right):
    """factor * G + left @ right.T on and below the diagonal, in place."""
    for cols in gen_batches(len(G), STRIP):
        G[cols.start :, cols] *= factor
        G[cols.start :, cols] += left[cols.start :] @ right[cols].T
    return G


LOSSES = {"likelihood": profile_likelihood, "leave_one_out": leave_one_out}
