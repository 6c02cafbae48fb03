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
# The whole grid
# --------------
scores = search.cv_results_["mean_test_score"].reshape(len(bias_variances), len(depths))
figure, axis = plt.subplots(figsize=(6, 4), layout="constrained")
image = axis.imshow(scores, origin="lower", cmap="viridis")
for (i, j), score in np.ndenumerate(scores):
    dark = score < scores.min() + 0.5 * np.ptp(scores)
    axis.text(j, i, f"{score:.3f}", ha="center", va="center", color="white" if dark else "black")
axis.set(
    title="Concrete strength: cross-validated R2",
    xlabel="depth (hidden layers)",
    ylabel="bias_variance",
    xticks=range(len(depths)),
    xticklabels=depths,
    yticks=range(len(bias_variances)),
    yticklabels=bias_variances,
)
figure.colorbar(image, label="R2")
plt.show()
