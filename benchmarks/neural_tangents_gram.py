"""Seconds of neural-tangents' Gram matrix (jit, float64), once for every line read from stdin.

    PYTHON_WITH_PEERS benchmarks/neural_tangents_gram.py N D DEPTH BIAS

A process of its own, because neural-tangents needs an older NumPy than the one to compare with.
"""

import sys
import types
from time import perf_counter

sys.modules["neural_tangents.experimental"] = types.ModuleType("experimental")

import jax

jax.config.update("jax_enable_x64", True)

import numpy as np
from neural_tangents import stax


def main():
    n, d, depth = map(int, sys.argv[1:4])
    X = np.random.default_rng(0).standard_normal((n, d))
    affine = stax.Dense(1, W_std=2**0.5, b_std=float(sys.argv[4]) ** 0.5)
    kernel = stax.serial(*[affine, stax.Relu()] * depth, affine)[2]
    jitted = jax.jit(lambda X: kernel(X, None, "ntk"))
    jitted(X).block_until_ready()
    for _ in sys.stdin:
        start = perf_counter()
        jitted(X).block_until_ready()
        print(perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
