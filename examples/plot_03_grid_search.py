"""
How deep, and how much bias?
============================

Depth and bias variance are searched like any other parameter, inside a pipeline; the ridge chooses
itself in each fit. On the concrete data two hidden layers are best and the choice matters little:
with biases, every model of up to five layers is within a hundredth of R2 of the best. Without
biases one hidden layer is too few and eight are too many. Other data want other depths; a search
over 25 models and five folds takes seconds at this size, and grows with the cube of the number of
rows. What matters more on these data is another kernel: ``KernelRegressorCV`` reaches 0.95, see
:ref:`sphx_glr_auto_examples_plot_04_real_data.py`.
"""

# %%
# A grid inside a pipeline
# ------------------------
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import GridSearchCV, KFold, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ntk import NTKRegressor
from sklearn_ntk.displays import SearchDisplay

here = Path(__file__).parent if "__file__" in globals() else Path.cwd()
data = np.loadtxt(here / "data" / "concrete.csv.gz", delimiter=",")
X_train, X_test, y_train, y_test = train_test_split(data[:, :-1], data[:, -1], random_state=0)

depths = [1, 2, 3, 5, 8]
bias_variances = [0.0, 0.1, 0.3, 1.0, 3.0]
search = GridSearchCV(
    Pipeline([("scale", StandardScaler()), ("ntk", NTKRegressor())]),
    {"ntk__depth": depths, "ntk__bias_variance": bias_variances},
    cv=KFold(5, shuffle=True, random_state=0),
    n_jobs=2,
)
search.fit(X_train, y_train)
print("best:", search.best_params_)
print(
    f"cross-validated R2 {search.best_score_:.3f}, on test rows {search.score(X_test, y_test):.3f}"
)

# %%
# The whole grid, and the folds
# -----------------------------
# On the left the mean over folds; on the right each fold, less its own mean over all candidates:
# folds differ by more than candidates do, and mostly agree about these.
figure, axes = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
SearchDisplay.from_estimator(search, ax=axes[0])
results = search.cv_results_
folds = np.array([results[f"split{k}_test_score"] for k in range(5)])
relative = folds - folds.mean(axis=1, keepdims=True)
for bias, marker in zip([0.0, 0.3, 3.0], "o^s", strict=True):
    chosen = results["param_ntk__bias_variance"] == bias
    axes[1].plot(depths, relative[:, chosen].mean(axis=0), f"{marker}-", label=f"bias {bias}")
    axes[1].plot(depths, relative[:, chosen].T, color=axes[1].lines[-1].get_color(), alpha=0.3)
axes[1].set(xlabel="depth (hidden layers)", ylabel="R2 less that of the fold", xticks=depths)
axes[1].legend()
spread = folds.mean(axis=1)
print(f"folds have R2 from {spread.min():.3f} to {spread.max():.3f} on average over candidates")
plt.show()
