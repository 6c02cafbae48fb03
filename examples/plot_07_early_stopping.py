"""
Early stopping or ridge?
========================

On the diabetes data it does not matter: over 20 random splits, stopping gradient flow at the time
that leave-one-out prefers and the best ridge are within 0.02 of each other in R2 on the test rows,
each of them, while one split differs from another by 0.2 and more. Along the whole path a time t
acts much like a ridge n / t. Both choices are from one eigendecomposition, and for stopping, too,
leave-one-out is exact. The paths part where few eigenvalues matter: the ridge damps them all, flow
has finished with the large ones.
"""

# %%
# Both paths from one eigendecomposition each
# -------------------------------------------
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sklearn_ntk import NTKRegressor, NTKRegressorCV

X, y = load_diabetes(return_X_y=True)
times = np.logspace(-1, 4, 31)
network = {"depths": [2], "bias_variances": [1.0]}


def both(seed):
    """The searches for a time and for a ridge, and R2 on test rows at each time and of the two."""
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=seed)
    scaler = StandardScaler().fit(X_train)
    X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
    # A ridge and a time act on the same eigenvalues when alpha = n / time.
    alphas = len(X_train) / times
    stopping = NTKRegressorCV(**network, alphas=[1e-6], training_times=times).fit(X_train, y_train)
    ridge = NTKRegressorCV(**network, alphas=alphas).fit(X_train, y_train)
    flow = NTKRegressor(2, alpha=1e-6, solver="eigh", keep_factor=True).fit(X_train, y_train)
    along = [r2_score(y_test, stage) for stage in flow.staged_predict(X_test, times)]
    searches = {"stopping": stopping, "ridge": ridge}
    return searches, along, [search.score(X_test, y_test) for search in searches.values()]


splits = [both(seed) for seed in range(20)]
scores = np.array([scores for _, _, scores in splits])
by_loo = np.array([[s.best_score_ for s in searches.values()] for searches, *_ in splits])
difference = scores[:, 0] - scores[:, 1]
print(f"{'':<16}{'leave-one-out R2':>18}{'R2 on test rows':>18}")
for name, loo, score in zip(splits[0][0], by_loo.T, scores.T, strict=True):
    print(
        f"{name:<16}{loo.mean():>11.3f} +-{loo.std():.3f}{score.mean():>11.3f} +-{score.std():.3f}"
    )
print(f"difference on test rows: {difference.min():.3f} to {difference.max():.3f}")

# %%
# Along the path
# --------------
# Means over the splits, and a standard deviation of the splits to both sides of one of them.
figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
paths = {
    "early stopping, leave-one-out": [
        s["stopping"].cv_results_["mean_test_score"] for s, *_ in splits
    ],
    "early stopping, test rows": [along for _, along, _ in splits],
    "ridge, leave-one-out": [s["ridge"].cv_results_["mean_test_score"] for s, *_ in splits],
}
styles = ["C0-", "C0--", "C1-"]
for (name, path), style in zip(paths.items(), styles, strict=True):
    axis.semilogx(times, np.mean(path, axis=0), style, label=name)
tests = np.array(paths["early stopping, test rows"])
band = tests.mean(axis=0) - tests.std(axis=0), tests.mean(axis=0) + tests.std(axis=0)
axis.fill_between(times, *band, color="C0", alpha=0.15)
axis.set(
    title="Diabetes: training time t against ridge alpha = n / t",
    xlabel="training time, or n / alpha",
    ylabel="R2",
    ylim=(-0.2, 0.65),
)
axis.legend(frameon=False)
plt.show()
