"""Time of kernel matrices, and of the import."""

import numpy as np

from sklearn_ntk.kernels import NTK


class Matrices:
    """NTK of depth 3, 50 columns."""

    params = (["relu", "erf"], [500, 2000])
    param_names = ("activation", "n_rows")

    def setup(self, activation, n_rows):
        """Rows, and a call that compiles what is compiled."""
        self.X = np.random.default_rng(0).standard_normal((n_rows, 50))
        self.kernel = NTK(3, bias_variance=0.1, activation=activation)
        self.kernel(self.X)

    def time_matrix(self, activation, n_rows):
        """Seconds of K(X)."""
        self.kernel(self.X)


def timeraw_import():
    """Seconds of the import, in a fresh interpreter."""
    return "import sklearn_ntk"
