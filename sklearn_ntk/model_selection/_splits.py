"""Splits of the rows that a search uses."""

import numpy as np
from sklearn.model_selection import LeaveOneOut, check_cv


def split_rows(cv, X, y, groups, used):
    """Training and test rows of each split, counted among the rows that are used.

    None for leave-one-out, which is what `cv` of None stands for. `used` are the positions of
    rows of positive weight, in ascending order.
    """
    if cv is None or isinstance(cv, LeaveOneOut):
        return None
    position = np.full(X.shape[0], -1)
    position[used] = np.arange(len(used))
    splits = []
    for split in check_cv(cv, y).split(X, y, groups):
        train, test = (position[part][position[part] >= 0] for part in split)
        if not (len(train) and len(test)):
            raise ValueError("A split has no training or no test rows of positive weight.")
        splits.append((train, test))
    return splits
