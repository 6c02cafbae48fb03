"""Random problems for the kernels: dense and convolutional networks, Laplace."""

import mpmath as mp
import numpy as np
from judge_kernels import TINY, Truth, ask, check, judge, truth_or_refusal
from oracle import Dense, laplace_matrix
from oracle_images import Convolutional
from random_inputs import log_uniform, make_activation, random_activation, random_rows

from sklearn_ntk.kernels import NNGP, NTK, ConvNNGP, ConvNTK, Laplace


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
    kernel = dense_kernel(network)

    def evaluate(rows, perturb):
        changed = network | {"sw2": perturb(network["sw2"]), "sb2": perturb(network["sb2"])}
        return Dense(changed, len(rows[0])).matrix(rows)

    truth = truth_or_refusal(report, kernel, X, evaluate, digits(network, X, extreme))
    if truth is None:
        return
    judge(report, kernel, truth, rng)
    if rng.random() < 0.05:
        many(report, kernel, truth, rng)


def dense_kernel(network):
    """The package's kernel for a network of `oracle.Dense`."""
    options = {"layer_norm": network["layer_norm"], "residual": network["residual"]}
    if network["tangent"]:
        options["frozen_layers"] = network["frozen"]
        if network["width"] is not None:
            options |= {"parameterization": "standard", "width": network["width"]}
    return (NTK if network["tangent"] else NNGP)(
        network["depth"],
        activation=make_activation(*network["activation"]),
        weight_variance=network["sw2"],
        bias_variance=network["sb2"],
        **options,
    )


def digits(network, X, extreme):
    """Enough for the range of the rows; discontinuous ones must recognise parallel rows."""
    start = 200 if network["activation"][0] in ("sign", "step") else 60
    if extreme:
        start += int(2 * np.abs(np.log10(np.abs(X[X != 0]))).max(initial=0)) + 100
    return start


def many(report, kernel, truth, rng):
    """So many rows that they come in tiles or from a table, positive semi-definite, a block."""
    n = len(truth.X)
    # No longer than the others, which are known not to overflow, and those that are parallel
    # exactly so.
    copies = truth.X[rng.integers(n, size=400)]
    others = rng.permuted(copies * rng.choice([-1, 1], copies.shape), axis=1)
    X = np.vstack([truth.X, 0.5 ** rng.integers(4, size=(400, 1)) * others])
    check(report, "block of many", lambda: kernel(X)[:n, :n], np.arange(n), truth, None, False)
    K = ask(report, "many", lambda: kernel(X[:30]))
    if isinstance(K, Exception) or not np.isfinite(K).all() or not (K.diagonal() > 0).all():
        return
    root = np.sqrt(K.diagonal())
    eigenvalues = np.linalg.eigvalsh(K / root / root[:, np.newaxis])
    if eigenvalues[0] < -1e-12 * eigenvalues[-1] and truth.determined():
        report.add("unexplained", "not positive semi-definite", f"{eigenvalues[0]:.1e}")


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
        K = laplace_matrix(rows, perturb(length_scale), exponent)
        return K, [], K.diagonal()

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

    def limit(truth):
        """nearly parallel patches"""
        # Angles below 1.2e-7 are lost, those near it are known to 4e-8 and less, of which a step
        # function takes the root.
        blind = Convolutional(network)
        blind.dual = without_small_angles(blind.dual)
        power = 0.5 ** (network["depth"] - 1) if network["activation"][0] in ("sign", "step") else 1
        with mp.workdps(truth.digits):
            K, *_ = blind.matrix([[mp.mpf(v) for v in x] for x in X.tolist()])
            change = np.abs((K - truth.K) / (truth.scale + TINY)).astype(float)
        return 2 * change + 10 * network["depth"] * 4e-8**power

    judge(report, kernel, truth, rng, limit)


def without_small_angles(dual):
    def blind(c, a, b):
        if a * b - c * c < mp.mpf("1.3e-7") ** 2 * a * b:
            # Nor is there a difference of norms where that is rounding.
            b = a if abs(a - b) < 2.0**-48 * a else b
            c = mp.sign(c) * mp.sqrt(a * b)
        return dual(c, a, b)

    return blind
