"""Splits of the rows that a search uses."""

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import LeaveOneOut, check_cv


def split_rows(search, X, y, groups, used):
    """Training and test rows of each split, counted among the rows that are used.

    None for leave-one-out, which is what a `search.cv` of None stands for; those of a classifier
    are stratified where it is a number. `used` are the positions of the rows that are searched,
    in ascending order.
    """
    cv = search.cv
    if cv is None or isinstance(cv, LeaveOneOut):
        return None
    position = np.full(X.shape[0], -1)
    position[used] = np.arange(len(used))
    splits = []
    for split in check_cv(cv, y, classifier=is_classifier(search)).split(X, y, groups):
        train, test = (position[part][position[part] >= 0] for part in split)
        if not (len(train) and len(test)):
            raise ValueError("A split has no training or no test rows of positive weight.")
        splits.append((train, test))
    return splits
