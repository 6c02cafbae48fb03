"""Every code block of the README and the documentation is executed, or what it shows compared.

Doctests are pytest's, Python without prompts is executed here, and shell commands, which need a
network, are executed by .ci/run, which reads them from where they are shown.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from sklearn_ntk import NTKRegressor

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCE = re.compile(r"(?:<!-- (\w+) -->\n)?```(\w*)\n(.*?)```\n", flags=re.DOTALL)
# A line that ends with two colons and is no directive, and all that is indented more than it.
LITERAL = re.compile(r"^( *)(?!\.\. )(?:\S.*)?::\n\n((?:\1 +\S.*\n|\n)+)", flags=re.MULTILINE)
NUMBER = re.compile(r"-?\d+\.\d+")


def literal_blocks(path):
    return [block for _, block in LITERAL.findall(path.read_text(encoding="utf-8"))]


def dedented(block):
    indent = re.match(" *", block).group()
    return re.sub(f"^{indent}", "", block, flags=re.MULTILINE)


def assert_prints(printed, shown):
    """Equal but for the last of three digits, which is rounding's."""
    assert NUMBER.sub("", printed) == NUMBER.sub("", shown)
    difference = np.subtract(*(list(map(float, NUMBER.findall(t))) for t in (printed, shown)))
    assert np.all(np.abs(difference) < 0.0015), printed


def test_every_block_is_known():
    # Whoever adds one sees here who executes it.
    assert [(marker, language) for marker, language, _ in FENCE.findall(README)] == [
        ("install", "text"),  # .ci/run
        ("", "python"),  # test_quickstart
        ("", "python"),
        ("main", "bash"),  # .ci/run
        ("", "text"),  # test_main_command
        ("test", "bash"),  # .ci/run
    ]
    assert README.count("```") == 12
    pages = [*ROOT.glob("*.rst"), *ROOT.glob("doc/*.rst"), *ROOT.glob("examples/*.rst")]
    assert {page.name: len(literal_blocks(page)) for page in pages if literal_blocks(page)} == {
        "install.rst": 2,  # test_shell_commands
        "CONTRIBUTING.rst": 2,  # the first there, the second by test_map_of_the_code
        "scaling.rst": 2,  # test_dask
    }
    other = r"^ *\.\. (code|code-block|sourcecode|parsed-literal|prompt|testcode|ipython)::"
    texts = [page.read_text(encoding="utf-8") for page in pages]
    assert not any(re.search(other, text, flags=re.MULTILINE) for text in texts)
    for folder in (".", ".github", "examples/data"):
        for page in set((ROOT / folder).glob("*.md")) - {ROOT / "README.md"}:
            assert "```" not in page.read_text(encoding="utf-8"), page


def test_blocks_of_docstrings_are_formulas():
    blocks = [block for path in ROOT.glob("sklearn_ntk/**/*.py") for block in literal_blocks(path)]
    assert len(blocks) > 20
    for block in blocks:
        assert not re.search(r"\bimport |\.fit|\.predict|\bpip |\bprint\(", block), block


@pytest.mark.parametrize("position", [0, 1], ids=["regression", "classification"])
def test_quickstart(position, capsys):
    code = [block for _, language, block in FENCE.findall(README) if language == "python"][position]
    exec(code, {})
    assert_prints(capsys.readouterr().out, code.splitlines()[-1].removeprefix("# ") + "\n")


@pytest.mark.slow
def test_main_command(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    monkeypatch.setenv("MPLBACKEND", "agg")
    (command,) = [block for marker, _, block in FENCE.findall(README) if marker == "main"]
    script = ROOT / command.split()[-1]
    run = subprocess.run(
        [sys.executable, script], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    (table,) = [block for _, _, block in FENCE.findall(README) if block.startswith("R2 ")]
    assert_prints(run.stdout, table)
    assert (tmp_path / "real_data.png").is_file()


def test_shell_commands():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for marker, _, _ in FENCE.findall(README):
        assert not marker or f'"$(readme_command {marker})"' in script
    for name in ("doc/install.rst", "CONTRIBUTING.rst"):
        assert f'"$(page_commands {name})"' in script
        page = (ROOT / name).read_text(encoding="utf-8")
        top = page.split("\n---")[0]
        shown = "".join(block for _, block in LITERAL.findall(top)).split("\n")
        assert re.findall("^    .*$", top, flags=re.MULTILINE) == [line for line in shown if line]
    # pip only warns of an extra that does not exist.
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = pyproject["project"]["optional-dependencies"]
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.rst", *ROOT.glob("doc/*.rst")):
        named = re.findall(r'pip install .*"\w*\.?\[([\w,]+)\]"', path.read_text(encoding="utf-8"))
        assert {extra for names in named for extra in names.split(",")} <= set(extras), path


def test_map_of_the_code():
    _, tree = literal_blocks(ROOT / "CONTRIBUTING.rst")
    paths = [path for path in (ROOT / "sklearn_ntk").rglob("*") if path.name != "__pycache__"]
    assert set(re.findall(r"(?<!\w)_[a-z_]+(?!/)\b", tree)) <= {path.stem for path in paths}
    folders = {path.name for path in paths if path.is_dir()} | {"sklearn_ntk"}
    assert set(re.findall(r"(\w+)/", tree)) == folders


# A worker in this process warns of a slow disk, which is no failure.
@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore:Creating scratch directories:UserWarning"
)
def test_dask(rng):
    da = pytest.importorskip("dask.array")
    distributed = pytest.importorskip("distributed")
    of_collections, of_rows = map(dedented, literal_blocks(ROOT / "doc" / "scaling.rst"))
    X = rng.standard_normal((300, 3))
    y = np.sin(X[:, 0])
    exact = NTKRegressor().fit(X, y).predict(X[:100])
    arrays = {"X": da.from_array(X, chunks=100), "y": da.from_array(y, chunks=100)}
    with distributed.LocalCluster(
        n_workers=1, processes=False, dashboard_address=None, silence_logs=50
    ) as cluster:
        # The only difference: no machine here is named scheduler.
        code = of_collections.replace("scheduler:8786", cluster.scheduler_address)
        assert code != of_collections
        names = arrays | {"X_new": arrays["X"][:100]}
        exec(code, names)
        with names["client"]:
            np.testing.assert_allclose(names["y_new"], exact, atol=1e-5)
            names |= {"X": X, "y": y, "NTKRegressor": NTKRegressor}
            exec(of_rows, names)
        np.testing.assert_allclose(names["model"].predict(X[:100]), exact, atol=1e-5)
