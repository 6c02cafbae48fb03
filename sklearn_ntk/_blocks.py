"""Blocks of arrays that are too large to be treated at once: how large, and in whose memory."""

import math

import numpy as np
from sklearn import get_config
from sklearn.utils import gen_batches

from ._threads import n_threads

# Rows and columns of a block of the training matrix; products of larger ones are not faster.
SIDE = 1024
# Training rows that meet a chunk of other rows at a time.
WIDTH = 4096
# Rows of a square array at a time where a copy of all of them would be another square array.
STRIP = 256


def length(rows):
    """The number of rows in a slice."""
    return rows.stop - rows.start


def view(store, *shape):
    """The beginning of a flat array, in the shape of a block: blocks that differ share memory."""
    return store[: math.prod(shape)].reshape(shape)


def row_chunks(n_rows, row_length, n_jobs=None):
    """Slices of rows that all threads together can hold within sklearn's working_memory."""
    memory = get_config()["working_memory"] * 2**20 / n_threads(n_jobs)
    return shares(n_rows, int(np.clip(memory / (8 * row_length), 1, SIDE)), n_jobs)


def shares(n_rows, at_most, n_jobs=None):
    """Slices of so many rows, or of fewer where some threads would have none."""
    return gen_batches(n_rows, max(1, min(at_most, -(-n_rows // n_threads(n_jobs)))))
