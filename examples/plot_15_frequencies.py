"""
Low frequencies are learned first, and sooner where rows are dense
==================================================================

A wave of frequency k on the circle takes a wide network a time proportional to k^2 to learn, the
inverse of its eigenvalue: all else is noise to it until then, which is why stopping early
smooths (Basri et al., NeurIPS 2019). Where rows are not uniform the time is local, k^2 / p for a
density p (Basri et al., ICML 2020): in a region with four times the rows the same wave is there
after a quarter of the time.

Both agree with the training of the network in closed form below, without a fit of anything: the
slopes are 2, and the times of the two regions have a ratio of 4 from k = 8 on. Below that a wave
is as long as the region, and what is learned in one of them leaks into the other.
"""

# %%
# Uniform rows
# ------------
# The time at which 1/e of a wave is left, by gradient flow on 1,000 rows, beside the inverse
# eigenvalue, for which nothing is trained.
import matplotlib.pyplot as plt
import numpy as np

from sklearn_ntk import NTKRegressor
from sklearn_ntk.kernels import NTK
from sklearn_ntk.theory import learning_times, sphere_eigenvalues

kernel = {"depth": 1, "bias_variance": 1.0}
frequencies = np.array([1, 2, 3, 4, 6, 8, 12, 16, 24, 32])
times = np.geomspace(0.03, 3e4, 400)


def waves(angles):
    return np.cos(frequencies * angles[:, np.newaxis])


def remaining(angles, region=slice(None)):
    """Share of each wave that is left at each time, as far as rows of the region show it."""
    X, Y = np.column_stack([np.cos(angles), np.sin(angles)]), waves(angles)
    options = {"alpha": 0.0, "normalize_y": False, "solver": "eigh", "keep_factor": True}
    model = NTKRegressor(**kernel, **options, training_time=times[-1]).fit(X, Y)
    left = [Y[region] - prediction for prediction in model.staged_predict(X[region], times)]
    return np.linalg.norm(left, axis=1) / np.linalg.norm(Y[region], axis=0)


def learned(left):
    """The time at which 1/e is left of each wave."""
    return np.array([np.interp(np.exp(1), 1 / column, times) for column in left.T])


uniform = 2 * np.pi * np.arange(1000) / 1000
measured = learned(remaining(uniform))
predicted = learning_times(sphere_eigenvalues(NTK(**kernel), 2, 200))
print("frequency  predicted   measured")
for k, time in zip(frequencies, measured, strict=True):
    print(f"{k:9d}{predicted[k]:11.1f}{time:11.1f}")

# %%
# Rows of two densities
# ---------------------
# Four fifths of the rows on one half of the circle. The middle of each half is looked at.
n = 1000
dense, sparse = (np.pi * (np.arange(m) + 0.5) / m for m in (4 * n // 5, n // 5))
angles = np.concatenate([dense, np.pi + sparse])
halves = {"dense half, p = 8/5": 0.0, "sparse half, p = 2/5": np.pi}
local = {}
for name, start in halves.items():
    middle = (angles > start + np.pi / 4) & (angles < start + 3 * np.pi / 4)
    local[name] = learned(remaining(angles, middle))
ratios = np.divide(*reversed(local.values()))
print("\nfrequency  time, sparse half / dense half")
for k, ratio in zip(frequencies, ratios, strict=True):
    print(f"{k:9d}{ratio:11.2f}")

figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True, layout="constrained")
k = np.arange(1, 40)
axes[0].loglog(k, predicted[k], color="black", linewidth=0.8, label="1 / eigenvalue")
axes[0].loglog(frequencies, measured, "o", label="training")
axes[0].set(title="uniform rows", ylabel="training time until 1/e is left")
for (name, values), marker, p in zip(local.items(), "ov", (8 / 5, 2 / 5), strict=True):
    axes[1].loglog(frequencies, values, marker, label=name)
    axes[1].loglog(k, predicted[k] / p, color="black", linewidth=0.8)
axes[1].set(title="rows of two densities")
for axis in axes:
    axis.set(xlabel="frequency k")
    axis.legend()
    axis.grid(alpha=0.3)
plt.show()
