"""Make inference.npz: kernel regression by an independent implementation.

    python tests/reference/make_inference.py INFERENCE_FOLDER

INFERENCE_FOLDER holds inference.npz and inference.json with posteriors computed by
neural-tangents 0.6.5 (which runs with jax 0.5.3, numpy 2.2.6, scipy 1.15.3 and frozendict, an
empty module standing in for neural_tangents.experimental). This keeps what the tests use and
adds "i_ntk_inf_mean_exact": the NTK mean from neural-tangents' own kernel matrices after the
diagonal of Theta(X, X), which that library leaves wrong by up to 1e-7 because it takes the
arc cosine of a rounded 1, was replaced by its closed form.
"""

import argparse
import json
import sys
import types
from pathlib import Path

sys.modules["neural_tangents.experimental"] = types.ModuleType("experimental")

import jax

jax.config.update("jax_enable_x64", True)

import numpy as np
from neural_tangents import stax


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    cases = json.loads((folder / "inference.json").read_text())
    values = dict(np.load(folder / "inference.npz"))
    X, y, X_test = values["X_train"], values["y_train"], values["X_test"]
    keep = {name: values[name] for name in ("X_train", "y_train", "X_test")}
    for i, case in enumerate(cases):
        if case["activation"] != "relu":
            continue
        for name in "ntk_inf_mean", "nngp_inf_mean", "nngp_inf_cov":
            keep[f"{i}_{name}"] = values[f"{i}_{name}"]
        sw2, sb2, depth = case["w_var"], case["b_var"], case["depth"]
        affine = stax.Dense(1, W_std=sw2**0.5, b_std=sb2**0.5)
        kernel = stax.serial(*[affine, stax.Relu()] * depth, affine)[2]
        K = np.array(kernel(X, X, "ntk"))
        q = theta = sw2 * np.mean(X**2, axis=1) + sb2
        for _ in range(depth):
            q = sw2 * q / 2 + sb2
            theta = q + sw2 * theta / 2
        np.fill_diagonal(K, theta)
        coefficients = np.linalg.solve(K + case["alpha"] * np.eye(len(X)), y)
        keep[f"{i}_ntk_inf_mean_exact"] = np.array(kernel(X_test, X, "ntk")) @ coefficients
    here = Path(__file__).parent
    np.savez_compressed(here / "inference.npz", **keep)
    (here / "inference.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
