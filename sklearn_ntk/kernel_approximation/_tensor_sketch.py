"""Products of two kernels as few features."""

import numpy as np
from scipy import fft, sparse

from ..kernels._mapped import dense


class TensorSketch:
    """Features of rows a (x) b whose products estimate (a.a')(b.b'), without bias.

    Each factor is hashed to `n_components` signed sums, and the convolution of the two is the
    same of all products of an entry of a with one of b.

    Parameters
    ----------
    n_left, n_right : int
        Columns of the factors.
    n_components : int
        Columns of the sketch.
    rng : RandomState
    dtype : dtype

    References
    ----------
    Pham and Pagh, Fast and scalable polynomial kernels via explicit feature maps, KDD 2013.
    """

    def __init__(self, n_left, n_right, n_components, rng, dtype):
        self.n_components = n_components
        self.left = count_sketch(n_left, n_components, rng, dtype)
        self.right = count_sketch(n_right, n_components, rng, dtype)

    def __call__(self, A, B):
        """The sketch of each row of A (dense or sparse) with that of B.

        Parameters
        ----------
        A : {ndarray, sparse matrix} of shape (n, n_left)
        B : ndarray of shape (n, n_right)

        Returns
        -------
        features : ndarray of shape (n, n_components)
        """
        left, right = dense(A @ self.left), dense(B @ self.right)
        product = fft.rfft(left, axis=1) * fft.rfft(right, axis=1)
        return fft.irfft(product, self.n_components, axis=1, overwrite_x=True)


def count_sketch(n, n_components, rng, dtype):
    """A matrix that adds each of n columns to a random one of a few, with a random sign."""
    signs = rng.choice(np.array([-1.0, 1.0], dtype=dtype), n)
    columns = rng.randint(n_components, size=n)
    return sparse.csr_array((signs, (np.arange(n), columns)), shape=(n, n_components))
