"""The base of all estimators."""

import sys

from sklearn.base import BaseEstimator


class Estimator(BaseEstimator):
    """A `BaseEstimator` whose HTML representation links to its page of the documentation."""

    _doc_link_module = "sklearn_ntk"
    _doc_link_template = "https://sklearn-ntk.github.io/sklearn_ntk/generated/{path}.html"

    def _doc_link_url_param_generator(self):
        name, package = type(self).__name__, type(self).__module__.split(".")[:2]
        if hasattr(sys.modules["sklearn_ntk"], name):
            package = package[:1]
        return {"path": ".".join([*package, name])}
