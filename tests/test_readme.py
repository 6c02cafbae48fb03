"""The quickstart of the README runs as it stands."""

import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_quickstart(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)
    exec(code, {})
    score = float(capsys.readouterr().out.split()[-1])
    assert score > 0.4
