"""Sums over windows that move along axes, twice: in passes, and for compiled loops."""

import numpy as np

from .._compiled import inlined
from ._arrays import view


def window_sums(values, axes, size, stride, before, length, flat):
    """Sums over `length` windows that move along all of `axes` at once, written to `flat`.

    Parameters
    ----------
    values : ndarray
        Contiguous.
    axes : tuple of one or two int
        In ascending order, of equal lengths.
    size, stride : int
        Of a window.
    before : int
        By how many entries the first window starts ahead of the first value; there are zeros.
    length : int
        Number of windows, each of which has its entry `before`.
    flat : ndarray
        Overwritten.

    Returns
    -------
    sums : ndarray
        A view of `flat`.
    """
    n = values.shape[axes[0]]
    shape = [length if axis in axes else m for axis, m in enumerate(values.shape)]
    out = view(flat, shape)

    def along(part):
        return tuple(part if axis in axes else slice(None) for axis in range(values.ndim))

    np.copyto(out, values[along(slice(0, (length - 1) * stride + 1, stride))])
    for offset in range(-before, size - before):
        first = max(0, -(offset // stride))
        stop = min(length, (n - 1 - offset) // stride + 1)
        if offset != 0 and first < stop:
            start = first * stride + offset
            source = slice(start, (stop - 1) * stride + offset + 1, stride)
            out[along(slice(first, stop))] += values[along(source)]
    return out


@inlined
def sum_windows(values, out, step):
    """The same for flat arrays.

    Parameters
    ----------
    values, out : ndarray
    step : ndarray of shape (9,)
        The numbers of entries before, along the first, between, along the last and behind the
        axes, a first axis of one entry being none; then `size`, `stride`, `before` and `length`.
    """
    outer, n_first, between, n_last, behind, size, stride, before, length = step
    joint = n_first > 1
    # A run is what lies side by side in memory both before and after: for a stride of 1 all
    # windows of the last axis and what is behind it.
    for a in range(outer):
        for i in range(length if joint else 1):
            for b in range(between):
                at = ((a * (length if joint else 1) + i) * between + b) * length * behind
                for tap in range(-1, size):
                    offset = 0 if tap < 0 else tap - before  # the entry that all have comes first
                    source = i * stride + offset if joint else 0
                    if (offset == 0 and tap >= 0) or source < 0 or source >= n_first:
                        continue
                    origin = ((a * n_first + source) * between + b) * n_last * behind
                    first = max(0, -(offset // stride))
                    stop = min(length, (n_last - 1 - offset) // stride + 1)
                    run = 1 if stride > 1 else stop - first
                    for k in range(first, stop, max(run, 1)):
                        sums = out[at + k * behind : at + (k + run) * behind]
                        start = origin + (k * stride + offset) * behind
                        terms = values[start : start + run * behind]
                        if tap < 0:
                            for j in range(len(sums)):
                                sums[j] = terms[j]
                        else:
                            for j in range(len(sums)):
                                sums[j] += terms[j]
