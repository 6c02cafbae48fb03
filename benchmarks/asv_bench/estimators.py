"""Time and peak memory of fits and predictions, beside those of scikit-learn."""

import numpy as np
from sklearn.kernel_ridge import KernelRidge
from sklearn.svm import SVR

from sklearn_ntk import LaplaceKernel, NTKRegressor

MODELS = {
    "NTKRegressor": NTKRegressor,
    "LaplaceKernel": LaplaceKernel,
    "KernelRidge": lambda: KernelRidge(kernel="rbf", alpha=0.03),
    "SVR": SVR,
}


class Regressors:
    """Each with its defaults, which for the first two includes the choice of the ridge."""

    params = (list(MODELS), [500, 2000])
    param_names = ("model", "n_rows")
    timeout = 120

    def setup(self, model, n_rows):
        """Rows, targets, and a fitted model, which also compiles what is compiled."""
        rng = np.random.default_rng(0)
        self.X, self.Z = rng.standard_normal((n_rows, 20)), rng.standard_normal((1000, 20))
        self.y = np.sin(self.X[:, 0]) + 0.1 * rng.standard_normal(n_rows)
        self.model = MODELS[model]().fit(self.X, self.y)
        self.model.predict(self.Z)

    def time_fit(self, model, n_rows):
        """Seconds of a fit."""
        MODELS[model]().fit(self.X, self.y)

    def time_predict(self, model, n_rows):
        """Seconds of predictions of 1,000 rows."""
        self.model.predict(self.Z)

    def peakmem_fit_and_predict(self, model, n_rows):
        """Peak of a process that imports everything, fits and predicts."""
        MODELS[model]().fit(self.X, self.y).predict(self.Z)
