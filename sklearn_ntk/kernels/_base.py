"""scikit-learn's kernel, as all of ours extend it."""

import numpy as np
from sklearn.gaussian_process import kernels


class Kernel(kernels.Kernel):
    """A kernel that counts the entries of theta before it takes any."""

    @property
    def theta(self):
        """Logarithms of the hyperparameters that are not fixed, in alphabetical order."""
        return super().theta

    @theta.setter
    def theta(self, theta):
        if np.shape(theta) != (self.n_dims,):
            names = [h.name for h in self.hyperparameters if not h.fixed]
            raise ValueError(
                f"theta has shape {np.shape(theta)}, but {type(self).__name__} has {self.n_dims} "
                f"free hyperparameters ({', '.join(names) or 'none'}), whose logarithms it holds."
            )
        kernels.Kernel.theta.fset(self, theta)
