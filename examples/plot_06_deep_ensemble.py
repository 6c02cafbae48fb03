"""
Is a deep ensemble a formula?
=============================

In the limit of infinite width it is. ``NTKRegressor`` has the mean and, with ``return_std``, the
spread of networks that differ in their random initialisation, for which nothing is drawn or
trained. Here ensembles of networks of 16 to 1,024 hidden units are drawn and trained by gradient
descent, to a time of 100, at which the formula stops as well. Their tangent kernel at
initialisation is off by 1 / sqrt(width), for every activation, and training moves it by less and
less; their mean and spread tend to those of the formula.

What does not agree: the theory's 1 / width for what training changes is seen for erf, but not for
the ReLU, whose kinks move across the rows: from 64 to 1,024 units its mean comes nearer by a
factor of 3, not 16. And networks of 16 units are too few for any of it: their kernel changes by a
third or a half of itself. The spread is not a Bayesian posterior and contains no noise of the
targets; for that use ``NNGPRegressor``.
"""

# %%
# The tangent kernel, by width
# ----------------------------
import matplotlib.pyplot as plt
import numpy as np

from sklearn_ntk import NTKRegressor
from sklearn_ntk.kernels import NTK
from sklearn_ntk.networks import EmpiricalNTK, FiniteNetworkRegressor

rng = np.random.default_rng(0)
rows = rng.standard_normal((20, 4))
widths = np.array([16, 64, 256, 1024])
errors = {}
print(f"{'activation':<12}" + "".join(f"{width:>8}" for width in widths) + "   slope")
for activation in ("relu", "erf", "gelu", "tanh", "sin"):
    limit = NTK(1, activation=activation)(rows)
    errors[activation] = [
        np.sqrt(
            np.mean(
                [
                    np.mean((EmpiricalNTK(**options, random_state=seed)(rows) - limit) ** 2)
                    for seed in range(20)
                ]
            )
        )
        / np.linalg.norm(limit)
        * len(rows)
        for options in ({"width": width, "activation": activation} for width in widths)
    ]
    slope = np.polyfit(np.log(widths), np.log(errors[activation]), 1)[0]
    print(
        f"{activation:<12}" + "".join(f"{error:8.4f}" for error in errors[activation]),
        f"{slope:7.2f}",
    )

# %%
# Ensembles of trained networks
# -----------------------------
# 60 networks of each width on eight rows, trained for a time of 100, beside the same time in closed
# form.
X = np.array([-2.0, -1.6, -1.0, -0.4, 0.3, 0.8, 1.5, 1.9])[:, np.newaxis]
y = np.sin(2 * X[:, 0])
grid = np.linspace(-3, 3, 61)[:, np.newaxis]
options = {"training_time": 100.0, "normalize_y": False}
limits, ensembles, changes = {}, {}, {}
for activation in ("relu", "erf"):
    limit = NTKRegressor(1, activation=activation, alpha=0.0, keep_factor=True, **options)
    limits[activation] = mean, spread = limit.fit(X, y).predict(grid, return_std=True)
    changes[activation] = []
    print(f"\n{activation}: width, mean is off by, spread over the limit's, kernel changed by")
    for width in widths:
        networks = [
            FiniteNetworkRegressor(
                1, width=width, activation=activation, random_state=seed, max_iter=10_000, **options
            ).fit(X, y)
            for seed in range(60)
        ]
        predictions = np.array([network.predict(grid) for network in networks])
        ensembles[activation, width] = predictions
        changes[activation].append(np.mean([network.kernel_change(X) for network in networks]))
        off = np.sqrt(np.mean((predictions.mean(axis=0) - mean) ** 2))
        ratio = np.linalg.norm(predictions.std(axis=0, ddof=1)) / np.linalg.norm(spread)
        print(f"{width:11d}{off:16.3f}{ratio:25.2f}{changes[activation][-1]:19.3f}")

figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
mean, spread = limits["relu"]
x = grid[:, 0]
for axis, n_units in zip(axes, (16, 1024), strict=False):
    predictions = ensembles["relu", n_units]
    axis.plot(x, predictions[:8].T, color="tab:gray", linewidth=0.6)
    axis.plot([], [], color="tab:gray", linewidth=0.6, label="8 of 60 networks")
    for centre, width, name, color in (
        (mean, spread, "formula", "tab:orange"),
        (predictions.mean(axis=0), predictions.std(axis=0, ddof=1), "60 networks", "tab:blue"),
    ):
        axis.plot(x, centre, color=color)
        band = centre - 2 * width, centre + 2 * width
        axis.fill_between(x, *band, color=color, alpha=0.25, label=f"{name}: mean, 2 deviations")
    axis.plot(X[:, 0], y, "ok", markersize=4)
    axis.set(title=f"{n_units} hidden units", xlabel="x", ylim=(-3, 3.5))
axes[0].set_ylabel("prediction")
axes[0].legend(loc="upper left", fontsize="small")
for activation, values in errors.items():
    axes[2].loglog(widths, values, "o-", markersize=4, label=f"{activation}, at initialisation")
for (activation, values), style in zip(changes.items(), ("s-", "s--"), strict=True):
    label = f"{activation}, by training"
    axes[2].loglog(widths, values, style, color="black", markersize=4, label=label)
axes[2].set(xlabel="hidden units", ylabel="change of the kernel, relative")
axes[2].set_xticks(widths, widths)
axes[2].set_yticks([0.02, 0.05, 0.1, 0.2, 0.5], [0.02, 0.05, 0.1, 0.2, 0.5])
axes[2].minorticks_off()
axes[2].legend(fontsize="x-small")
plt.show()
