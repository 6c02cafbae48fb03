"""Every measured table of the documentation has a command that writes it, and says when it was."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = {path.name: path.read_text(encoding="utf-8") for path in ROOT.glob("doc/*.rst")}
TABLES = {path.stem: path for path in ROOT.glob("doc/tables/*.rst")}
COMMANDS = runpy.run_path(str(ROOT / "benchmarks" / "tables.py"))["COMMANDS"]


def test_one_command_and_one_page_for_each():
    included = re.findall(r"^\.\. include:: tables/(\w+)\.rst$", "\n".join(PAGES.values()), re.M)
    assert sorted(included) == sorted(TABLES) == sorted(COMMANDS)


@pytest.mark.parametrize("name", TABLES)
def test_conditions(name):
    text = TABLES[name].read_text(encoding="utf-8")
    assert re.match(r"=+(  =+)+\n", text)
    measured = text.split("\n.. rst-class:: conditions\n\n")[1:]
    assert measured
    for sentence in measured:
        assert re.match(r"Measured 20\d\d-\d\d-\d\d on \d+ cores of .* with \d+ GiB: ", sentence)


@pytest.mark.parametrize("name", COMMANDS)
def test_page_names_the_benchmark(name):
    # So that a reader of the page finds how the figures came about.
    script = COMMANDS[name].split()[0]
    assert (ROOT / "benchmarks" / script).is_file()
    (page,) = [text for text in PAGES.values() if f"include:: tables/{name}.rst" in text]
    assert f"benchmarks/{script}" in page
