"""
How much of a grid search is repetition?
========================================

Nearly all of it. ``NTKRegressorCV`` takes one eigendecomposition for each kernel where
``GridSearchCV`` factors a matrix for each kernel, ridge and fold, and its scores are the same to
rounding: the closed form is exact, not an approximation. The more ridges, the larger the gain;
with four or fewer it inverts matrices instead. (To compare them both searches are told their
ridges here; by default each kernel brings its own.) It does not hold for a pipeline whose scaler is
part of what is cross-validated: here the scaler has seen all training rows, without their targets.
"""

# %%
# The same grid twice
# -------------------
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import GridSearchCV, KFold, train_test_split
from sklearn.preprocessing import StandardScaler

from sklearn_ntk import NTKRegressor, NTKRegressorCV

here = Path(__file__).parent if "__file__" in globals() else Path.cwd()
data = np.loadtxt(here / "data" / "concrete.csv.gz", delimiter=",")
X_train, X_test, y_train, y_test = train_test_split(data[:, :-1], data[:, -1], random_state=0)
scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)

depths, bias_variances, alphas = [1, 2, 3], [0.1, 1.0], np.logspace(-4, 1, 11).tolist()
folds = KFold(5, shuffle=True, random_state=0)

start = perf_counter()
ours = NTKRegressorCV(depths, bias_variances=bias_variances, alphas=alphas, cv=folds)
ours.fit(X_train, y_train)
our_seconds = perf_counter() - start

start = perf_counter()
grid = {"depth": depths, "bias_variance": bias_variances, "alpha": alphas}
theirs = GridSearchCV(NTKRegressor(), grid, cv=folds).fit(X_train, y_train)
their_seconds = perf_counter() - start

start = perf_counter()
single = NTKRegressorCV(depths, bias_variances=bias_variances, alphas=alphas).fit(X_train, y_train)
loo_seconds = perf_counter() - start

scores, expected = (s.cv_results_["mean_test_score"] for s in (ours, theirs))
print(f"GridSearchCV, 5 folds          {their_seconds:6.1f} s  {theirs.best_params_}")
print(f"NTKRegressorCV, 5 folds        {our_seconds:6.1f} s  {ours.best_params_}")
print(f"NTKRegressorCV, leave-one-out  {loo_seconds:6.1f} s  {single.best_params_}")
print(f"largest difference of mean scores {np.abs(scores - expected).max():.1e}")
print(f"R2 on test rows {ours.score(X_test, y_test):.3f}")

# %%
# Scores of all candidates, and the time they take
# ------------------------------------------------
figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.8), layout="constrained")
table = ours.cv_results_
best_bias = ours.best_params_["bias_variance"]
colors = plt.get_cmap("viridis")(np.linspace(0, 0.85, len(depths)))
for depth, color in zip(depths, colors, strict=True):
    chosen = (table["param_depth"] == depth) & (table["param_bias_variance"] == best_bias)
    axes[0].semilogx(alphas, scores[chosen], "o-", color=color, label=f"depth {depth}")
    axes[0].semilogx(alphas, expected[chosen], "x", color="black")
axes[0].plot([], [], "x", color="black", label="GridSearchCV")
axes[0].set(
    title=f"Concrete strength, bias_variance={best_bias}",
    xlabel="alpha (ridge)",
    ylabel="cross-validated R2",
)
axes[0].legend(frameon=False)
seconds = {
    "GridSearchCV, 5 folds": their_seconds,
    "NTKRegressorCV, 5 folds": our_seconds,
    "NTKRegressorCV,\nleave-one-out": loo_seconds,
}
bars = axes[1].barh(list(seconds), list(seconds.values()))
axes[1].bar_label(bars, fmt="%.1f s", padding=3)
axes[1].invert_yaxis()
axes[1].margins(x=0.15)
axes[1].set(title=f"{len(scores)} candidates", xlabel="seconds")
plt.show()
