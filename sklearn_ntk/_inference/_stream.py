"""A uniform sample of rows that come in batches."""

import numpy as np
from scipy import sparse


class StreamSample:
    """So many of all rows that were ever added, in their order, however they were batched.

    Parameters
    ----------
    size : int
        How many; all rows while there are fewer.
    rng : RandomState
        Draws a key for each row; those of the smallest keys stay.

    Attributes
    ----------
    parts : list
        An array or a sparse matrix for each argument of `add`, with a row for each sampled row.
    """

    def __init__(self, size, rng):
        self.size = size
        self.rng = rng
        self.parts = None
        self._keys = np.empty(0)

    def add(self, *parts):
        """Add rows of several arrays or sparse matrices of equal length."""
        self._keys = np.append(self._keys, self.rng.uniform(size=parts[0].shape[0]))
        if self.parts is not None:
            parts = [_stacked(pair) for pair in zip(self.parts, parts, strict=True)]
        kept = np.sort(np.argsort(self._keys, kind="stable")[: self.size])
        self._keys = self._keys[kept]
        self.parts = [part[kept] for part in parts]


def _stacked(pair):
    if any(sparse.issparse(part) for part in pair):
        return sparse.vstack(pair, format="csr")
    return np.concatenate(pair)
