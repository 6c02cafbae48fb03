"""
Is a deep ensemble a formula?
=============================

In the limit of infinite width it is, and the limit is far away. ``return_std`` of
``NTKRegressor`` is the spread of networks that differ in their random initialisation. Thirty
networks of 32,768 hidden units, trained here by plain gradient descent, lie where the formula
says to the eye, and their standard deviations are 0.9 to 1.4 times the formula's, of which 0.13
is the sampling error of thirty networks. Narrower ones leave the kernel of their initialisation:
the part of the difference that is not sampling shrinks only like one over the square root of the
width. The spread is not a Bayesian posterior and contains no noise of the targets; for that use
``NNGPRegressor``.
"""

# %%
# Networks trained one by one
# ---------------------------
import matplotlib.pyplot as plt
import numpy as np

from sklearn_ntk import NTKRegressor

WIDTH, N_NETWORKS, N_STEPS, RATE = 32768, 30, 150, 0.4
SW, SB = np.sqrt(2.0), np.sqrt(0.3)
rng = np.random.default_rng(0)
x = np.array([-1.0, -0.7, -0.15, 0.1, 0.55, 0.9])
y = np.sin(4 * x)
x_test = np.linspace(-1.5, 1.5, 61)


def forward(x, w, b, v, c):
    """One hidden layer in the NTK parameterization: all parameters start as N(0, 1)."""
    hidden = np.maximum(SW * np.outer(x, w) + SB * b, 0)
    return hidden, SW / np.sqrt(WIDTH) * hidden @ v + SB * c


def train_network():
    """Gradient descent on ||f - y||^2 / (2 n) from random weights; f on the test rows."""
    w, b, v = rng.standard_normal((3, WIDTH))
    c = rng.standard_normal()
    for _ in range(N_STEPS):
        hidden, f = forward(x, w, b, v, c)
        residual = RATE * (f - y) / len(y)
        back = (hidden > 0) * np.outer(residual, SW / np.sqrt(WIDTH) * v)
        v = v - SW / np.sqrt(WIDTH) * residual @ hidden
        c = c - SB * residual.sum()
        w = w - SW * x @ back
        b = b - SB * back.sum(axis=0)
    return forward(x_test, w, b, v, c)[1]


networks = np.array([train_network() for _ in range(N_NETWORKS)])

# %%
# The closed form, at the same time
# ---------------------------------
model = NTKRegressor(
    1, weight_variance=2.0, bias_variance=0.3, alpha=0, normalize_y=False,
    training_time=N_STEPS * RATE, keep_factor=True,
).fit(x[:, np.newaxis], y)  # fmt: skip
mean, std = model.predict(x_test[:, np.newaxis], return_std=True)
between = std > 0.05
error = np.abs(networks.mean(axis=0) - mean)[between] / (std[between] / np.sqrt(N_NETWORKS))
ratio = networks.std(axis=0)[between] / std[between]
print(f"means differ by at most {error.max():.1f} of the {N_NETWORKS} networks' standard errors")
print(f"their standard deviation over the formula's: {ratio.min():.2f} to {ratio.max():.2f}")
print(f"(sampling error alone: about +-{1 / np.sqrt(2 * N_NETWORKS):.2f})")

# %%
# Both
# ----
figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
axis.plot(x_test, networks.T, color="tab:orange", alpha=0.15, linewidth=0.8)
axis.plot([], [], color="tab:orange", label=f"{N_NETWORKS} trained networks, width {WIDTH}")
axis.plot(x_test, mean, color="tab:blue", label="closed form: mean and 2 standard deviations")
for sign in -2, 2:
    axis.plot(x_test, mean + sign * std, "--", color="tab:blue", linewidth=1)
axis.plot(x, y, "ko", label="training rows")
axis.set(title="A deep ensemble and its formula", xlabel="x", ylabel="y")
axis.legend(frameon=False, loc="upper center")
plt.show()
