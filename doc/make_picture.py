"""Make images/rivals.png, the picture of the README and of the landing page.

python doc/make_picture.py

From ``tables/regression_1000.rst``, which ``benchmarks/tables.py`` writes.
"""

import re
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt

here = Path(__file__).parent


def draw_rivals():
    """The mean R2 of each model of the table, the best on top."""
    table = (here / "tables" / "regression_1000.rst").read_text(encoding="utf-8")
    # Name, R2, the same with negative values as 0, rank, RMSE, seconds.
    rows = re.findall(r"^(\S.*?)  +-?[\d.]+ +([\d.]+) +([\d.]+) ", table, flags=re.MULTILINE)
    rows = sorted(((float(score), name) for name, score, _ in rows))
    scores, names = zip(*rows, strict=True)
    ours = [
        "CV" in name or name in ("ARDRegressor", "RFMRegressor", "NTKRegressor") for name in names
    ]
    figure, axis = plt.subplots(figsize=(7.5, 3.8), layout="constrained")
    for own, color, label in ((True, "tab:blue", "this package"), (False, "tab:gray", "others")):
        places = [k for k, mine in enumerate(ours) if mine == own]
        axis.plot([scores[k] for k in places], places, "o", color=color, markersize=9, label=label)
    for k, score in enumerate(scores):
        axis.annotate(f"{score:.3f}", (score, k), (9, 0), textcoords="offset points", va="center")
    axis.set_yticks(range(len(names)), names)
    axis.set(xlim=(0.76, 0.87), xlabel="mean R2 on held-out rows, negative values as 0")
    figure.suptitle("15 UCI regression sets, 1,000 training rows, five folds", fontsize="medium")
    axis.grid(axis="y", linewidth=0.5)
    axis.legend(loc="lower right")
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(here / "images" / "rivals.png", dpi=120)


if __name__ == "__main__":
    draw_rivals()
