"""Block sizes, scratch memory and guarded division: what every kernel does with arrays."""

import numpy as np

# Rows and columns of a tile. Large enough that threads spend their time in passes over a tile and
# not in handing the interpreter lock to each other, small enough for the cache.
ROWS, COLUMNS = 128, 1024
# The same for images: pairs of pixels in a tile, of which there are four at a time of 2 MiB each,
# and images on its last axis, over which inner loops run.
PIXEL_PAIRS, IMAGES = 2**18, 64
# The same for formulas with many temporary arrays, and how many values of a vector go through them.
SMALL_TILE, PART = (64, 128), 1024

# Rows and columns for which derivatives by inputs are held at a time.
GRADIENT_TILE = (256, 4096)


def slices(n, size):
    """Slices of `size` that cover range(n)."""
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def pair_slices(n_pairs, n_features):
    """Slices of single pairs whose rows fit into the cache."""
    return slices(n_pairs, max(256, 2**20 // n_features))


def view(flat, shape):
    """The beginning of a flat array in another shape."""
    return flat[: np.prod(shape)].reshape(shape)


def views(store, shape):
    """The same of each row of an array."""
    return [view(flat, shape) for flat in store]


def divide(a, b, otherwise=0.0):
    """a / b, and `otherwise` where b is 0: a row of zeros in a network without biases."""
    shape, dtype = np.broadcast_shapes(np.shape(a), np.shape(b)), np.result_type(a, b)
    return np.divide(a, b, out=np.full(shape, otherwise, dtype), where=np.not_equal(b, 0))
