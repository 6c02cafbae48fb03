"""Packed storage for a lower triangle."""

import numpy as np
from sklearn.utils import gen_batches

from .._memory import allocate


class PackedTriangle:
    """The lower triangle of an n x n matrix in about n^2 / 2 numbers.

    Block row i holds columns 0 up to the end of its diagonal block, contiguously, so a
    factorization can multiply whole block rows.

    Parameters
    ----------
    n : int
        Number of rows.
    block_size : int
        Number of rows in a block row; the last one may be shorter.
    dtype : numpy dtype
        Precision.
    storage : str or path, default=None
        Folder for a temporary file that holds the numbers; None keeps them in memory.
    """

    def __init__(self, n, block_size, dtype, storage=None):
        self.n = n
        self.blocks = list(gen_batches(n, block_size))
        sizes = [(rows.stop - rows.start) * rows.stop for rows in self.blocks]
        flat = allocate(sum(sizes), dtype, n**3 / 3, storage)
        self._rows = [
            part.reshape(-1, rows.stop)
            for part, rows in zip(np.split(flat, np.cumsum(sizes)[:-1]), self.blocks, strict=True)
        ]

    def __getstate__(self):
        # A pickle holds plain arrays: a file without a name is nothing to another process.
        rows = [np.array(row) if isinstance(row, np.memmap) else row for row in self._rows]
        return {**vars(self), "_rows": rows}

    def __len__(self):
        return len(self.blocks)

    def row(self, i):
        """Block row i, columns 0 up to the end of its diagonal block."""
        return self._rows[i]

    def block(self, i, j):
        """Block (i, j), j <= i."""
        return self._rows[i][:, self.blocks[j]]

    def left(self, i, j):
        """All of block row i that lies left of block column j."""
        return self._rows[i][:, : self.blocks[j].start]

    @property
    def dtype(self):
        return self._rows[0].dtype
