"""
Freeze and chaos: what depth does, and what normalisation does about it
=======================================================================

Each layer of a network multiplies the difference of two nearby rows by its characteristic value.
Below 1 a deep tangent kernel becomes constant, and the network sees all rows as one: freeze.
Above 1 it becomes the identity, and the network sees nothing as near anything else: chaos (Jacot
et al., 2022). A bias of standard deviation beta freezes: for a ReLU whose variances keep that of
the signal, the value is 1 - beta^2, never above 1. Centring and scaling what the ReLU returns, as
batch normalisation does, makes it (1 - beta^2) pi / (pi - 1), which is chaos below
beta = 1 / sqrt(pi) = 0.564.

The pictures agree: on the left no depth at all is chaotic, on the right the colours part at
0.564. What the asymptotics do not say: without biases the plain ReLU is at the edge, where its
kernel tends to 1/4 for rows at any angle, and very slowly, like 1 / depth.
"""

# %%
# The verdicts
# ------------
import matplotlib.pyplot as plt
import numpy as np

from sklearn_ntk.kernels import NTK
from sklearn_ntk.kernels.activations import Centered
from sklearn_ntk.theory import correlations_by_depth, depth_phase

betas = np.array([0.0, 0.3, 1 / np.sqrt(np.pi), 0.7, 0.9])


def network(beta, normalised):
    """Activation and variances that keep preactivations at variance 1."""
    return {
        "activation": Centered("relu") if normalised else "relu",
        "weight_variance": (1 if normalised else 2) * (1 - beta**2),
        "bias_variance": beta**2,
    }


for normalised in (False, True):
    print("\nReLU, centred and scaled" if normalised else "ReLU")
    print("  beta     chi   phase   factor for each layer")
    for beta in betas:
        result = depth_phase(**network(beta, normalised), layer_norm=True)
        chi = result.characteristic_value
        print(f"{beta:6.3f}{chi:8.3f}   {result.phase:<6}{result.rate:8.3f}")

# %%
# What is left of a right angle
# -----------------------------
# The correlation of the tangent kernel for two rows at a right angle: 1 if frozen, 0 in chaos.
depths = np.unique(np.geomspace(1, 100, 25).astype(int))
grid = np.linspace(0, 0.95, 39)
figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True, layout="constrained")
for axis, normalised in zip(axes, (False, True), strict=True):
    left = np.array(
        [
            correlations_by_depth(
                NTK(**network(beta, normalised), layer_norm=True), np.pi / 2, depths
            )
            for beta in grid
        ]
    )
    image = axis.pcolormesh(depths, grid, left, vmin=0, vmax=1, cmap="RdBu_r", shading="nearest")
    chi = [
        depth_phase(**network(b, normalised), layer_norm=True).characteristic_value for b in grid
    ]
    if max(chi) > 1:
        edge = np.interp(-1, -np.array(chi), grid)
        axis.axhline(edge, color="black", linewidth=1)
        axis.text(1.2, edge + 0.02, "characteristic value 1")
    axis.set(xscale="log", xlabel="hidden layers")
    axis.set_title("ReLU, centred and scaled" if normalised else "ReLU")
axes[0].set_ylabel("standard deviation beta of the biases")
figure.colorbar(image, ax=axes, label="k(x, z) / k(x, x), x and z at a right angle")

# %%
# Correlations, layer by layer
# ----------------------------
angles = np.radians([15, 45, 90, 135])
many = np.arange(1, 60)
figure, axes = plt.subplots(1, 3, figsize=(9, 3.2), sharey=True, layout="constrained")
for axis, (beta, normalised) in zip(axes, [(0.7, False), (0.0, False), (0.3, True)], strict=True):
    kernel = NTK(**network(beta, normalised), layer_norm=True)
    lines = axis.plot(many, correlations_by_depth(kernel, angles, many))
    phase = depth_phase(**network(beta, normalised), layer_norm=True).phase
    axis.set(title=f"{phase}, beta = {beta}", xlabel="hidden layers", ylim=(-0.35, 1.02))
axes[1].axhline(0.25, color="black", linewidth=0.8, linestyle="--")
axes[0].set_ylabel("k(x, z) / k(x, x)")
axes[2].legend(lines, [f"{angle:.0f} degrees" for angle in np.degrees(angles)])
plt.show()
