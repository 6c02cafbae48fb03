"""
The neural tangent kernel and the Laplace kernel
================================================

On the sphere both have the same eigenfunctions, and eigenvalues that fall by the same power of
the frequency, k^-d: what one can learn, the other can, and in the same order (Geifman et al.,
NeurIPS 2020; Chen and Xu, ICLR 2021). On six data sets they explain the same share of the
variance to about 0.01, and are wrong together: their errors have a correlation of 0.95 to 1.00.

What does not agree: as functions of the angle the closest of both still differ, by 5 % where they
have their kink, and eigenvalues of equal powers by a factor of two. A network of one hidden layer
without biases has no odd frequencies but the first, which the Laplace kernel has all.
"""

# %%
# As functions of the angle, and by frequency
# -------------------------------------------
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ntk import LaplaceKernel, NTKRegressor
from sklearn_ntk.kernels import NTK
from sklearn_ntk.theory import closest_laplace, decay_exponent, sphere_eigenvalues

dimension = 3
ntk = NTK(depth=3, bias_variance=0.1)
laplace = closest_laplace(ntk, dimension)
shallow = NTK(depth=1, bias_variance=0.0)
print(f"NTK(3) is closest to Laplace({laplace.length_scale:.2f}) on the sphere in 3 dimensions")

angle = np.linspace(0, np.pi, 300)
profiles = [kernel.profile(angle, n_features=dimension) for kernel in (ntk, laplace)]
# A factor and a constant are those of the ridge and of the intercept.
columns = np.column_stack([profiles[1], np.ones_like(angle)])
fitted = columns @ np.linalg.lstsq(columns, profiles[0], rcond=None)[0]
print(f"largest difference: {np.abs(fitted - profiles[0]).max() / profiles[0][0]:.3f} of k(x, x)")

k = np.arange(1, 200)
spectra = {
    "NTK, 3 layers": sphere_eigenvalues(ntk, dimension, 200),
    "closest Laplace": sphere_eigenvalues(laplace, dimension, 200),
    "NTK, 1 layer, no bias": sphere_eigenvalues(shallow, dimension, 200),
}
for name, eigenvalues in spectra.items():
    print(f"{name:<22} falls like k^-{decay_exponent(eigenvalues):.2f}")

figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
axes[0].plot(np.degrees(angle), profiles[0], label="NTK, 3 layers")
axes[0].plot(np.degrees(angle), fitted, "--", label="a Laplace + b")
axes[0].set(xlabel="angle between rows (degrees)", ylabel="kernel", xticks=range(0, 181, 45))
axes[0].legend()
for (name, eigenvalues), marker in zip(spectra.items(), ("o", "x", "."), strict=True):
    seen = eigenvalues[1:] > 1e-12 * eigenvalues[0]
    axes[1].loglog(k[seen], eigenvalues[1:][seen] / eigenvalues[1], marker, ms=4, label=name)
axes[1].loglog(k, 3.0 * k**-3.0, color="black", linewidth=0.8, label="k$^{-3}$")
axes[1].set(xlabel="frequency k", ylabel="eigenvalue, as a share of the first")
axes[1].legend()
plt.show()

# %%
# On real data
# ------------
# Predictions for rows that were held out, both at their defaults, of which the ridge is chosen on
# the training rows.
here = Path(__file__).parent if "__file__" in globals() else Path.cwd()
folds = KFold(5, shuffle=True, random_state=0)
print(f"\n{'':<10}{'NTK R2':>10}{'Laplace R2':>12}{'correlation of errors':>24}")
scores, errors = [], {}
for name in ("airfoil", "concrete", "energy", "machine", "stock", "yacht"):
    data = np.loadtxt(here / "data" / f"{name}.csv.gz", delimiter=",")
    X, y = data[:, :-1], data[:, -1]
    errors[name] = [
        (cross_val_predict(make_pipeline(StandardScaler(), model), X, y, cv=folds) - y) / y.std()
        for model in (NTKRegressor(), LaplaceKernel())
    ]
    scores.append([1 - np.mean(error**2) for error in errors[name]])
    correlation = np.corrcoef(*errors[name])[0, 1]
    print(f"{name:<10}{scores[-1][0]:10.3f}{scores[-1][1]:12.3f}{correlation:24.2f}")

figure, axis = plt.subplots(figsize=(5, 4.4), layout="constrained")
axis.plot(*errors["concrete"], ".", alpha=0.5)
axis.axline((0, 0), slope=1, color="black", linewidth=0.8)
axis.set(
    xlabel="error of NTKRegressor (standard deviations)",
    ylabel="error of LaplaceKernel",
    title="concrete: they are wrong together",
    aspect="equal",
)
plt.show()
