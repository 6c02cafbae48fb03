"""
When do networks beat kernels, and what do kernels do about it?
===============================================================

Where the target depends on few of many directions: of 64 inputs four matter here. To the kernel
of an infinitely wide network, in which no feature is learned, all 64 are alike: from 1,000 rows
it explains a fifth of the variance. A small trained network finds the four directions, and so
does ``RFMRegressor``: both explain four fifths by then. If the four directions are columns,
``ARDRegressor`` knows them after 125 rows, when the others know nothing, and explains nine
tenths. If they are not, a scale for each column is of no use, on the right.

Each has its limits. Learning is judged by rows held out, so that from few rows nothing is
learned rather than something wrong: on the right, ``RFMRegressor`` still predicts the mean at
500 rows, where the network is ahead. With 2,000 rows and more it is so again, unless
``RFMRegressor(subsample=None)`` learns from all of them.

The network is scikit-learn's ``MLPRegressor`` with 256 hidden units, its weight decay the
better one of 0.1 and 1 on rows of their own; all else is at its defaults.
"""

# %%
# A target of four directions
# ---------------------------
# In the manner of Ghorbani, Mei, Misiakiewicz and Montanari (NeurIPS 2020), with covariates that
# are not spiked. On the left the directions are four of the columns, on the right four
# random ones.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.neural_network import MLPRegressor

from sklearn_ntk import ARDRegressor, NTKRegressor, RFMRegressor

rng = np.random.default_rng(0)
columns = np.eye(64)[:, :4]
rotated, _ = np.linalg.qr(rng.standard_normal((64, 4)))
models = {
    "NTKRegressor": NTKRegressor(),
    "ARDRegressor": ARDRegressor(),
    "RFMRegressor": RFMRegressor(),
    "trained network": MLPRegressor(
        hidden_layer_sizes=(256,), alpha=1.0, max_iter=500, random_state=0
    ),
}


def target(X, directions):
    """Products and a square of the four coordinates, of variance 1."""
    u = (X @ directions).T
    return (u[0] * u[1] + u[2] * u[3] + (u[0] ** 2 - 1) / np.sqrt(2)) / np.sqrt(3)


sizes = [125, 250, 500, 1000]
X, X_test = rng.standard_normal((max(sizes), 64)), rng.standard_normal((2000, 64))
noise = 0.1 * rng.standard_normal(len(X))
errors = {}
for place, directions in {"four columns": columns, "four directions": rotated}.items():
    y, y_test = target(X, directions) + noise, target(X_test, directions)
    print(f"\n{place:<20}" + "".join(f"{n:>8}" for n in sizes))
    for name, model in models.items():
        fits = (model.fit(X[:n], y[:n]).predict(X_test) for n in sizes)
        errors[place, name] = [np.mean((prediction - y_test) ** 2) for prediction in fits]
        print(f"{name:<20}" + "".join(f"{error:8.3f}" for error in errors[place, name]))

# %%
# Error against rows
# ------------------
# Shares of the variance of the target; the noise has a hundredth.
figure, axes = plt.subplots(1, 2, figsize=(8, 3.6), sharey=True, layout="constrained")
for axis, place in zip(axes, ("four columns", "four directions"), strict=True):
    for name in models:
        axis.loglog(sizes, errors[place, name], "o-", label=name)
    axis.set(title=f"{place} of 64 matter", xlabel="training rows")
    axis.set_xticks(sizes, sizes)
    axis.minorticks_off()
    axis.grid(alpha=0.3)
axes[0].set_ylabel("variance left unexplained")
axes[0].legend()
plt.show()
