"""Kernel regression by textbook formulas on arrays of mpf."""

import mpmath as mp
import numpy as np

DIGITS = 60


def lift(values):
    """An array of mpf."""
    values = np.asarray(values)
    result = np.empty(values.shape, dtype=object)
    result.flat = [mp.mpf(float(v)) for v in values.ravel()]
    return result


def factor(A):
    """L and D of A = L diag(D) L', L with a unit diagonal."""
    n = len(A)
    L, D = A * 0, A.diagonal() * 0
    for j in range(n):
        D[j] = A[j, j] - (L[j, :j] ** 2 * D[:j]).sum()
        L[j:, j] = (A[j:, j] - (L[j:, :j] * (L[j, :j] * D[:j])).sum(axis=1)) / D[j]
    return L, D


def solve(A, B):
    """A^-1 B for B of two dimensions."""
    L, D = factor(A)
    X = B.copy()
    for j in range(len(A)):
        X[j + 1 :] -= np.multiply.outer(L[j + 1 :, j], X[j])
    X = X / D[:, np.newaxis]
    for j in reversed(range(len(A))):
        X[:j] -= np.multiply.outer(L[j, :j], X[j])
    return X


def flow(K, weight, alpha, B, time):
    """W^1/2 f(S) W^1/2 B, f(s) = (1 - exp(-s time / sum(W))) / s, S = W^1/2 K W^1/2 + alpha I.

    What gradient flow on sum_i w_i (f(x_i) - y_i)^2 / (2 sum_i w_i) makes of A^-1 B.
    """
    if time is None or mp.isinf(time):
        return solve(K + np.diag(alpha / weight), B)
    root = np.array([mp.sqrt(w) for w in weight], dtype=object)
    S = mp.matrix((K * np.multiply.outer(root, root)).tolist())
    eigenvalues, Q = mp.eigsy(S + alpha * mp.eye(len(K)))
    Q = np.array(Q.tolist(), dtype=object).reshape(K.shape)
    step = mp.mpf(time) / sum(weight)
    filters = [-mp.expm1(-s * step) / s if s else step for s in eigenvalues]
    inner = np.array(filters, dtype=object)[:, np.newaxis] * (Q.T @ (root[:, np.newaxis] * B))
    return root[:, np.newaxis] * (Q @ inner)


def centred(y, weight, normalize):
    """(weighted means, y without them, their standard deviations) of the columns of y."""
    zero = y[0] * 0
    if not normalize:
        return zero, y, zero + 1
    mean = (weight[:, np.newaxis] * y).sum(axis=0) / weight.sum()
    variance = (weight[:, np.newaxis] * (y - mean) ** 2).sum(axis=0) / weight.sum()
    rounding = mp.mpf(10) ** (-DIGITS) * (abs(y).max(axis=0) ** 2)
    deviation = [
        mp.sqrt(v) if v > r else mp.mpf(1) for v, r in zip(variance, rounding, strict=True)
    ]
    return mean, y - mean, np.array(deviation, dtype=object)


def jittered(K, ridge, epsilon, rng, eigh=False):
    """K as rounding leaves it: of epsilon sqrt(A_ii A_jj), A = K + diag(ridge).

    That is what a Cholesky factorization does to A. An eigendecomposition, `eigh`, is right
    to the largest entries of K.
    """
    own = K.diagonal() * 0 + max(K.diagonal()) if eigh else K.diagonal()
    root = np.array([mp.sqrt(v) for v in own + ridge], dtype=object)
    noise = np.tril(rng.uniform(-1, 1, K.shape))
    noise += np.tril(noise, -1).T
    return K + np.multiply.outer(root, root) * noise * epsilon


def stored(coefficients, jitter):
    """Coefficients as float64 or another arithmetic holds them, for (epsilon, rng) or None."""
    if jitter is None:
        return coefficients
    epsilon, rng = jitter
    return coefficients * (1 + lift(rng.uniform(-1, 1, coefficients.shape)) * epsilon)


def inverse_condition(K, ridge):
    """Smallest eigenvalue of A = K + diag(ridge), in units of its diagonal and of the largest.

    By the first a Cholesky factorization fails, by the second an eigendecomposition.
    """
    A = np.asarray(K, dtype=float) + np.diag(np.asarray(ridge, dtype=float))
    root = np.sqrt(A.diagonal())
    if not (root > 0).all():
        return 0.0, 0.0
    values = np.linalg.eigvalsh(A)
    return np.linalg.eigvalsh(A / root / root[:, np.newaxis])[0], values[0] / values[-1]


def eigenvector_error(K, weight, alpha, step):
    """Relative error of gradient flow through eigenvectors of S = W^1/2 K W^1/2.

    They are exact to rounding of the norm of S, beside which rows of small weight are small. An
    error of 2^-53 |S| of the rates changes the flow's filter by at most that over the slowest
    rate that counts, which is alpha or 1 / step, step = time / sum(W).
    """
    root = np.sqrt(weight)
    norm = np.linalg.eigvalsh(np.asarray(K, dtype=float) * np.multiply.outer(root, root))[-1]
    slowest = max(alpha, 1 / step) if step else np.inf
    return 2.0**-53 * norm / slowest if slowest else np.inf
