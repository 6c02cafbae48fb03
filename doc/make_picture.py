"""Make images/real_data.png, the picture of the README, from the example that draws it.

python doc/make_picture.py
"""

import runpy
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt

here = Path(__file__).parent
plt.show = lambda: None
runpy.run_path(str(here.parent / "examples" / "plot_04_real_data.py"))
plt.savefig(here / "images" / "real_data.png", dpi=120)
