"""
Early stopping or ridge?
========================

On the diabetes data it does not matter: stopping gradient flow at the time that leave-one-out
prefers and the best ridge have R2 within 0.002 of each other by leave-one-out, and are equal on
the test rows to three digits. Along the whole path a time t acts much like a ridge n / t. Both
choices are from one eigendecomposition, and for stopping too leave-one-out is exact. The paths
part where few eigenvalues matter: the ridge damps them all, flow has finished with the large
ones. Both choices overestimate what these test rows allow, where a shorter time would do better.
"""

# %%
# Both paths from one eigendecomposition each
# -------------------------------------------
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sklearn_ntk import NTKRegressor, NTKRegressorCV

X, y = load_diabetes(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
n = len(X_train)

times = np.logspace(-1, 4, 31)
alphas = n / times  # a ridge and a time act on the same eigenvalues when alpha = n / time
network = {"depths": [2], "bias_variances": [1.0]}
stopping = NTKRegressorCV(**network, alphas=[1e-6], training_times=times).fit(X_train, y_train)
ridge = NTKRegressorCV(**network, alphas=alphas).fit(X_train, y_train)
print(
    f"early stopping: time {stopping.best_params_['training_time']:.3g}, leave-one-out R2 "
    f"{stopping.best_score_:.3f}, on test rows {stopping.score(X_test, y_test):.3f}"
)
alpha = ridge.best_params_["alpha"]
print(
    f"ridge: alpha {alpha:.3g} = n / {n / alpha:.3g}, leave-one-out R2 "
    f"{ridge.best_score_:.3f}, on test rows {ridge.score(X_test, y_test):.3f}"
)

# %%
# What happens on the test rows
# -----------------------------
flow = NTKRegressor(2, alpha=1e-6, solver="eigh", keep_factor=True).fit(X_train, y_train)
spread = np.sum((y_test - y_test.mean()) ** 2)
on_test = [
    1 - np.sum((y_test - stage) ** 2) / spread for stage in flow.staged_predict(X_test, times)
]
figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
axis.semilogx(
    times, stopping.cv_results_["mean_test_score"], color="tab:blue",
    label="early stopping, leave-one-out",
)  # fmt: skip
axis.semilogx(times, on_test, "--", color="tab:blue", label="early stopping, test rows")
axis.semilogx(
    times, ridge.cv_results_["mean_test_score"], color="tab:orange", label="ridge, leave-one-out"
)
axis.axvline(stopping.best_params_["training_time"], color="tab:blue", linewidth=0.8)
axis.axvline(n / alpha, color="tab:orange", linewidth=0.8)
axis.set(
    title="Diabetes: training time t against ridge alpha = n / t",
    xlabel="training time, or n / alpha",
    ylabel="R2",
    ylim=(-0.2, 0.6),
)
axis.legend(frameon=False)
plt.show()
