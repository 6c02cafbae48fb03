"""Make inference.npz: kernel regression by an independent implementation.

    python tests/reference/make_inference.py INFERENCE_FOLDER

INFERENCE_FOLDER holds inference.npz and inference.json with posteriors computed by
neural-tangents 0.6.5 (which runs with jax 0.5.3, numpy 2.2.6, scipy 1.15.3 and frozendict, an
empty module standing in for neural_tangents.experimental). This keeps what the tests use and
adds "i_ntk_{inf,10,1000}_{mean,cov}_exact": the same moments by neural-tangents' equations on
its own kernel matrices after the diagonal of Theta(X, X), which that library leaves wrong by up
to 1e-7 because it takes the arc cosine of a rounded 1, was replaced. For the ReLU the diagonal
is a closed form; for the erf it is the library's own, which is exact there.
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

# Test rows of which the covariances are kept.
N_COV = 15


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    cases = json.loads((folder / "inference.json").read_text())
    values = dict(np.load(folder / "inference.npz"))
    X, y, X_test = values["X_train"], values["y_train"], values["X_test"]
    keep = {name: values[name] for name in ("X_train", "y_train", "X_test")}
    for i, case in enumerate(cases):
        for name, value in values.items():
            if name.startswith(f"{i}_"):
                keep[name] = value[:N_COV, :N_COV] if name.endswith("cov") else value
        sw2, sb2, depth = case["w_var"], case["b_var"], case["depth"]
        affine = stax.Dense(1, W_std=sw2**0.5, b_std=sb2**0.5)
        activation = stax.Relu() if case["activation"] == "relu" else stax.Erf()
        kernel = stax.serial(*[affine, activation] * depth, affine)[2]
        K, Theta = (np.array(kernel(X, X, name)) for name in ("nngp", "ntk"))
        if case["activation"] == "relu":
            q = theta = sw2 * np.mean(X**2, axis=1) + sb2
            for _ in range(depth):
                q = sw2 * q / 2 + sb2
                theta = q + sw2 * theta / 2
            np.fill_diagonal(Theta, theta)
            np.fill_diagonal(K, q)
        K_test = np.array(kernel(X_test, None, "nngp"))
        cross = np.array(kernel(X_test, X, "nngp"))
        w, Q = np.linalg.eigh(Theta + case["alpha"] * np.eye(len(X)))
        for time in case["times"]:
            # predict.gradient_descent_mse_ensemble, predict_fn for test rows
            decay = 1 if time is None else -np.expm1(-w * time / len(X))
            B = Q @ np.diag(decay / w) @ Q.T @ np.array(kernel(X, X_test, "ntk"))
            name = f"{i}_ntk_{'inf' if time is None else int(time)}"
            keep[f"{name}_mean_exact"] = B.T @ y
            covariance = K_test + B.T @ K @ B - cross @ B - (cross @ B).T
            keep[f"{name}_cov_exact"] = covariance[:N_COV, :N_COV]
            for moment in "mean", "cov":
                stored, exact = keep[f"{name}_{moment}"], keep[f"{name}_{moment}_exact"]
                error = np.abs(stored.reshape(exact.shape) - exact).max() / np.abs(exact).max()
                print(name, moment, f"differs from the stored value by {error:.1e}")
    here = Path(__file__).parent
    np.savez_compressed(here / "inference.npz", **keep)
    (here / "inference.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
