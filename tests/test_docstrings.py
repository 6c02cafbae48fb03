"""Docstrings that numpydoc can parse, with every parameter described."""

import inspect
import tomllib
from pathlib import Path

import pytest

import sklearn_ntk
from sklearn_ntk import _solvers, displays, distributed, graphs, kernels, networks, theory
from sklearn_ntk.kernels import activations

validate = pytest.importorskip("numpydoc.validate", reason="numpydoc is not installed").validate


def public_objects():
    rooms = kernels, activations, graphs, theory, networks, displays, distributed, _solvers
    for module in sklearn_ntk, *rooms:
        for name in module.__all__:
            own = getattr(module, name)
            if callable(own):
                yield f"{module.__name__}.{name}"
            if inspect.isclass(own):
                for method, function in inspect.getmembers(own, inspect.isfunction):
                    ours = function.__module__.startswith("sklearn_ntk")
                    inherited = function.__doc__ is None
                    if ours and method[0] != "_" and not inherited:
                        yield f"{module.__name__}.{name}.{method}"


@pytest.mark.parametrize("path", list(public_objects()))
def test_numpydoc(path):
    pyproject = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
    ignored = pyproject["tool"]["numpydoc_validation"]["checks"]
    errors = [error for error in validate(path)["errors"] if error[0] not in ignored]
    assert not errors
