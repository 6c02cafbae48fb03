"""Configuration of the documentation, built with ``sphinx-build -W doc doc/_build``."""

import sklearn_ntk

project = "sklearn_ntk"
author = "The sklearn_ntk developers"
copyright = "2026, the sklearn_ntk developers"
version = release = sklearn_ntk.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "numpydoc",
]
templates_path = ["templates"]
exclude_patterns = ["_build"]
html_theme = "alabaster"
# Wide enough for lines of code of a hundred characters, and for the widest table.
html_theme_options = {
    "description": sklearn_ntk.__doc__,
    "fixed_sidebar": True,
    "page_width": "1240px",
    "body_max_width": "none",
}

autosummary_generate = True
numpydoc_show_class_members = False
nitpicky = True
# scikit-learn's objects are named, not linked, so that the build needs no network.
nitpick_ignore_regex = [("py:.*", r"sklearn\..*")]


def setup(app):
    """Leave the links of docstrings that come from scikit-learn, as that of score, plain text."""

    def plain(app, env, node, content):
        return content if node.get("reftarget") == "accuracy_score" else None

    app.connect("missing-reference", plain)
