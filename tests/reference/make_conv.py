"""Make conv_more.npz and conv_more.json: convolutional kernels by an independent implementation.

    python tests/reference/make_conv.py

What conv.npz leaves out: channels, strides, pooling, larger filters and other activations, on
five random images of 9 x 7 pixels and three channels, by neural-tangents 0.6.5 (which runs with
jax 0.5.3, numpy 2.2.6, scipy 1.15.3 and frozendict, an empty module standing in for
neural_tangents.experimental).
"""

import json
import sys
import types
from pathlib import Path

sys.modules["neural_tangents.experimental"] = types.ModuleType("experimental")

import jax

jax.config.update("jax_enable_x64", True)

import numpy as np
from neural_tangents import stax

PLAIN = {
    "depth": 2,
    "activation": "relu",
    "filter_size": 3,
    "stride": 1,
    "pooling": 1,
    "readout": "flatten",
    "weight_variance": 2.0,
    "bias_variance": 0.0,
}
CASES = [
    PLAIN | case
    for case in [
        {"stride": 2},
        {"readout": "average", "filter_size": 5, "bias_variance": 0.3},
        {"readout": "average", "stride": 2, "depth": 3},
        {"readout": "average", "pooling": 2, "depth": 3, "bias_variance": 0.1},
        {"pooling": 2, "weight_variance": 1.7},
        {"pooling": 2, "stride": 2, "filter_size": 7, "bias_variance": 0.2},
        {"activation": "erf", "readout": "average"},
        {"activation": "gelu", "pooling": 3, "bias_variance": 0.5},
        {"activation": "sin", "depth": 3, "stride": 3, "filter_size": 5, "readout": "average"},
        {"activation": "leaky_relu", "depth": 4, "bias_variance": 0.1},
    ]
]
ACTIVATIONS = {
    "relu": stax.Relu(),
    "erf": stax.Erf(),
    "gelu": stax.Gelu(),
    "sin": stax.Sin(),
    "leaky_relu": stax.LeakyRelu(0.01),
}


def network(case):
    scale = {"W_std": case["weight_variance"] ** 0.5, "b_std": case["bias_variance"] ** 0.5}
    filter_shape, strides = (case["filter_size"],) * 2, (case["stride"],) * 2
    convolution = stax.Conv(1, filter_shape, strides, padding="SAME", **scale)
    window = (case["pooling"],) * 2
    layers = [convolution, ACTIVATIONS[case["activation"]]]
    for _ in range(case["depth"] - 1):
        if case["pooling"] > 1:
            layers.append(stax.AvgPool(window, window))
        layers += [convolution, ACTIVATIONS[case["activation"]]]
    layers.append(stax.GlobalAvgPool() if case["readout"] == "average" else stax.Flatten())
    return stax.serial(*layers, stax.Dense(1, **scale))[2]


def main():
    images = np.random.default_rng(0).standard_normal((5, 9, 7, 3))
    values = {"images": images}
    for i, case in enumerate(CASES):
        kernels = network(case)(images, None, ("nngp", "ntk"))
        values[f"{i}_nngp"], values[f"{i}_ntk"] = map(np.array, kernels)
    here = Path(__file__).parent
    np.savez_compressed(here / "conv_more.npz", **values)
    (here / "conv_more.json").write_text(json.dumps(CASES, indent=1) + "\n")


if __name__ == "__main__":
    main()
