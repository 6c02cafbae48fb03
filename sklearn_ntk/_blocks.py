"""Blocks of arrays that are too large to be treated at once: how large, and in whose memory."""

import math

import numpy as np
from sklearn import get_config
from sklearn.utils import gen_batches

from ._compiled import compiled, use_loops
from ._threads import n_threads

# Rows and columns of a block of the training matrix; products of larger ones are not faster.
SIDE = 1024
# Training rows that meet a chunk of other rows at a time.
WIDTH = 4096
# Rows at a time that meet all training rows where no block of theirs is held.
PART = 16384
# Rows of a square array at a time where a copy of all of them would be another square array.
STRIP = 256


def length(rows):
    """The number of rows in a slice."""
    return rows.stop - rows.start


def view(store, *shape):
    """The beginning of a flat array, in the shape of a block: blocks that differ share memory."""
    return store[: math.prod(shape)].reshape(shape)


def working_memory():
    """Bytes that scikit-learn's configuration allows for temporary arrays."""
    return get_config()["working_memory"] * 2**20


def row_chunks(n_rows, row_length, n_jobs=None):
    """Slices of rows that all threads together can hold within sklearn's working_memory."""
    memory = working_memory() / n_threads(n_jobs)
    return shares(n_rows, int(np.clip(memory / (8 * row_length), 1, SIDE)), n_jobs)


def shares(n_rows, at_most, n_jobs=None):
    """Slices of so many rows, or of fewer where some threads would have none."""
    return gen_batches(n_rows, max(1, min(at_most, -(-n_rows // n_threads(n_jobs)))))


def transpose(block, out):
    """Write the transpose of a matrix, or of each of a stack of them, to another array."""
    if block.ndim == 2 and use_loops(block.size):
        _transpose(block, out)
    else:
        out[...] = block.swapaxes(-1, -2)


@compiled
def _transpose(block, out):
    # Two lines of the cache at a time, of each of which every number is written.
    n_rows, n_columns = block.shape
    whole = n_rows - n_rows % 16
    for i in range(0, whole, 16):
        for j in range(n_columns):
            for k in range(16):
                out[j, i + k] = block[i + k, j]
    for i in range(whole, n_rows):
        for j in range(n_columns):
            out[j, i] = block[i, j]
