"""The README works on an index page; the documentation says what it means."""

import re
import tomllib
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator

import sklearn_ntk
from sklearn_ntk import distributed, networks
from sklearn_ntk.kernels.activations import ACTIVATIONS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PAGES = [*sorted(ROOT.glob("doc/*.rst")), ROOT / "CONTRIBUTING.rst"]


def test_links():
    # A package index shows the README without the repository around it.
    source = PROJECT["urls"]["Source"]
    targets = re.findall(r"\]\(([^)]*)\)|^\[[^]]+\]: (.*)$", README, flags=re.MULTILINE)
    paths = [inline or reference for inline, reference in targets]
    assert any(path.endswith(".png") for path in paths)
    for path in paths:
        assert path.startswith(f"{source}/")
        # GitHub's address of a file: raw or blob, the branch, the path.
        kind, branch, file = path.removeprefix(f"{source}/").split("/", 2)
        assert kind == ("raw" if file.endswith(".png") else "blob")
        assert branch == "main"
        assert (ROOT / file).is_file()


def test_addresses():
    # One account of GitHub in all that a reader or a machine may follow.
    account, name = re.fullmatch(
        r"https://github\.com/([\w-]+)/(\w+)", PROJECT["urls"]["Source"]
    ).groups()
    for address in PROJECT["urls"].values():
        assert address.startswith(
            (PROJECT["urls"]["Source"], f"https://{account}.github.io/{name}")
        )
    found = {}
    for folder in ("", ".github", ".github/ISSUE_TEMPLATE", "recipe", "doc", "sklearn_ntk"):
        for path in (ROOT / folder).glob("*.*"):
            if path.suffix in {".md", ".rst", ".cff", ".json", ".yml", ".yaml", ".py"}:
                text = path.read_text(encoding="utf-8")
                pattern = rf"github\.com/([\w-]+)/{name}\b|([\w-]+)\.github\.io/{name}\b"
                accounts = {a or b for a, b in re.findall(pattern, text)}
                found |= {path.relative_to(ROOT).as_posix(): accounts} if accounts else {}
    assert {"README.md", "CITATION.cff", "SECURITY.md", "recipe/recipe.yaml"} <= set(found)
    assert set().union(*found.values()) == {account}, found


def test_version():
    # In one place for machines, in three more for people and other indices.
    changes = (ROOT / "CHANGES.rst").read_text(encoding="utf-8")
    version, date = re.search(r"^(\d\S*) \((.*)\)$", changes, flags=re.MULTILINE).groups()
    assert version == sklearn_ntk.__version__
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {version}\ndate-released: {date}\n" in citation
    recipe = (ROOT / "recipe" / "recipe.yaml").read_text(encoding="utf-8")
    assert f'\n  version: "{version}"\n' in recipe


def test_recipe():
    recipe = (ROOT / "recipe" / "recipe.yaml").read_text(encoding="utf-8")
    wanted = [requirement.replace(">=", " >=") for requirement in PROJECT["dependencies"]]
    found = recipe.split("  run:\n    - python >=${{ python_min }}\n", 1)[1].split("\n\n", 1)[0]
    assert re.findall(r"- (.*)", found) == wanted
    assert f'python_min: "{PROJECT["requires-python"].removeprefix(">=")}"' in recipe
    for key, name in {"homepage": "Source", "documentation": "Documentation"}.items():
        assert f"\n  {key}: {PROJECT['urls'][name]}\n" in recipe


def test_estimators_link_to_their_pages():
    pages, module = set(), None
    for line in (ROOT / "doc" / "api.rst").read_text(encoding="utf-8").splitlines():
        if line.startswith(".. currentmodule:: "):
            module = line.split()[-1]
        elif re.fullmatch(r"   [A-Za-z_.]+", line):
            pages.add(f"{module}.{line.strip()}")
    rooms = sklearn_ntk, networks, distributed
    public = [getattr(room, name) for room in rooms for name in room.__all__]
    estimators = [own for own in public if issubclass(own, BaseEstimator)]
    assert len(estimators) > 20
    for estimator in estimators:
        address = estimator.__new__(estimator)._get_doc_link()
        start = f"{PROJECT['urls']['Documentation']}/generated/"
        assert address.startswith(start)
        assert address.removeprefix(start).removesuffix(".html") in pages


def test_every_data_set_has_its_licence():
    table = (ROOT / "examples" / "data" / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "examples" / "data").glob("*.gz"):
        (row,) = [line for line in table.splitlines() if line.startswith(f"| `{path.name}`")]
        assert "CC BY 4.0" in row


def test_every_activation_is_in_the_table():
    page = (ROOT / "doc" / "activations.rst").read_text(encoding="utf-8")
    table, _ = page[page.index(".. list-table::") :].split("Which one is better?")
    assert [name for name in ACTIVATIONS if f'``"{name}"``' not in table] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_markup(page):
    core = pytest.importorskip("docutils.core", reason="docutils is not installed")
    nodes = pytest.importorskip("docutils.nodes")
    # Sphinx's own roles and directives are unknown here, and contain none of what is looked for.
    settings = {"report_level": 5, "halt_level": 5, "_disable_config": True}
    tree = core.publish_doctree(
        page.read_text(encoding="utf-8"), source_path=str(page), settings_overrides=settings
    )
    # In a simple table a line whose first cell is filled is a row, whatever it continues, and one
    # whose first cell is blank is none: either mistake leaves cells without text. What is meant
    # to be empty says so with two hyphens.
    for row in tree.findall(nodes.row):
        assert all(entry.astext() for entry in row), row.astext().split("\n\n")
    # A paragraph of one line that begins with an initial is taken for item C of a list.
    lists = tree.findall(nodes.enumerated_list)
    assert [items.astext() for items in lists if items["enumtype"] != "arabic"] == []
