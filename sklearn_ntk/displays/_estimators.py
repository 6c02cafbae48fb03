"""What a display looks for, within pipelines and searches."""

from sklearn.pipeline import Pipeline


def within(estimator, attribute, *rows):
    """The estimator that has an attribute, in pipelines and searches, and rows as it sees them.

    Parameters
    ----------
    estimator : estimator
        Itself, a pipeline that ends with it, or a search whose best estimator it is; fitted.
    attribute : str
        What it must have.
    *rows : array-like of shape (n_samples, n_features)
        Rows as `estimator` sees them.

    Returns
    -------
    estimator : estimator
    *rows : array-like
        After the steps of the pipeline.

    Raises
    ------
    ValueError
        If there is none.
    """
    inner = estimator
    while not hasattr(inner, attribute):
        if isinstance(inner, Pipeline):
            if len(inner) > 1:
                rows = [inner[:-1].transform(X) for X in rows]
            inner = inner[-1]
        elif hasattr(inner, "best_estimator_"):
            inner = inner.best_estimator_
        else:
            raise ValueError(
                f"{type(inner).__name__} has no {attribute}. Fit it first, or take an estimator "
                "of sklearn_ntk that has."
            )
    return inner, *rows
