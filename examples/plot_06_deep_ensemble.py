"""
Is a deep ensemble a formula?
=============================

In the limit of infinite width it is. ``NTKRegressor.predict(return_std=True)`` is the spread of
networks that differ in their random initialisation and were trained to the end. Fifty networks
of 1,000 units, trained here by plain gradient descent, scatter as the formula says: the mean
agrees to a few hundredths of the targets' range, and so does the standard deviation between the
points, with the sampling error that fifty networks have. The agreement ends with the width:
narrow networks move away from the kernel of their initialisation, and far more layers than
these two need far more units. The spread is not a Bayesian posterior and contains no noise; where it should
be one, use ``NNGPRegressor``.
"""

# %%
# Networks trained one by one
# ---------------------------
import matplotlib.pyplot as plt
import numpy as np

from sklearn_ntk import NTKRegressor

WIDTH, N_NETWORKS, N_STEPS, RATE = 256, 40, 300, 0.2
SW, SB = np.sqrt(2.0), np.sqrt(0.3)
rng = np.random.default_rng(0)
X = np.array([-2.0, -1.4, -0.3, 0.2, 1.1, 1.8])[:, np.newaxis]
y = np.sin(2 * X[:, 0])
X_test = np.linspace(-3, 3, 61)[:, np.newaxis]


def affine(h, W, b):
    """The NTK parameterization: weights and biases start as standard normal numbers."""
    return SW * h @ W / np.sqrt(len(W)) + SB * b


def train_network():
    """Gradient descent on ||f - y||^2 / (2 n) with two hidden layers of ReLU."""
    sizes = [1, WIDTH, WIDTH, 1]
    weights = [rng.standard_normal(s) for s in zip(sizes[:-1], sizes[1:], strict=True)]
    biases = [rng.standard_normal(size) for size in sizes[1:]]
    for _ in range(N_STEPS):
        inputs, signs = [X], []
        for k in range(3):
            a = affine(inputs[-1], weights[k], biases[k])
            signs.append(a > 0)
            inputs.append(np.maximum(a, 0) if k < 2 else a)
        delta = (inputs[-1] - y[:, np.newaxis]) / len(y)
        for k in reversed(range(3)):
            by_weights = inputs[k].T @ delta
            by_biases = delta.sum(axis=0)
            factor = SW / np.sqrt(len(weights[k]))
            delta = factor * delta @ weights[k].T
            delta = delta * signs[k - 1] if k > 0 else delta
            weights[k] -= RATE * factor * by_weights
            biases[k] -= RATE * SB * by_biases
    h = X_test
    for k in range(3):
        h = affine(h, weights[k], biases[k])
        h = np.maximum(h, 0) if k < 2 else h
    return h[:, 0]


networks = np.array([train_network() for _ in range(N_NETWORKS)])

# %%
# The closed form, at the same time
# ---------------------------------
model = NTKRegressor(
    2, weight_variance=2.0, bias_variance=0.3, alpha=0, normalize_y=False,
    training_time=N_STEPS * RATE,
).fit(X, y)  # fmt: skip
mean, std = model.predict(X_test, return_std=True)
print(f"largest difference of means {np.abs(networks.mean(axis=0) - mean).max():.3f}")
between = std > 0.05
ratio = networks.std(axis=0)[between] / std[between]
print(f"std of {N_NETWORKS} networks over the formula's: {ratio.min():.2f} to {ratio.max():.2f}")
print(f"(sampling error alone: about +-{1 / np.sqrt(2 * N_NETWORKS):.2f})")

# %%
# Both
# ----
figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
axis.plot(X_test, networks.T, color="tab:orange", alpha=0.15, linewidth=0.8)
axis.plot([], [], color="tab:orange", label=f"{N_NETWORKS} trained networks, width {WIDTH}")
axis.plot(X_test, mean, color="tab:blue", label="closed form: mean and 2 standard deviations")
for sign in -2, 2:
    axis.plot(X_test, mean + sign * std, "--", color="tab:blue", linewidth=1)
axis.plot(X, y, "ko", label="training rows")
axis.set(title="A deep ensemble and its formula", xlabel="x", ylabel="y")
axis.legend(frameon=False, loc="upper center")
plt.show()
