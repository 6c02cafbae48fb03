"""The README works on an index page and runs as it stands; the documentation says what it means."""

import re
import tomllib
from pathlib import Path

import pytest

from sklearn_ntk.kernels.activations import ACTIVATIONS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [*sorted(ROOT.glob("doc/*.rst")), ROOT / "CONTRIBUTING.rst"]


@pytest.mark.parametrize(
    ("position", "least"), [(0, 0.48), (1, 0.96)], ids=["regression", "classification"]
)
def test_quickstart(position, least, capsys):
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len(blocks) == 2
    exec(blocks[position], {})
    score = float(capsys.readouterr().out.split()[-1])
    assert score > least


def test_links():
    # A package index shows the README without the repository around it.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    source = project["urls"]["Source"]
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
