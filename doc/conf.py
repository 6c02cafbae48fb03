"""Configuration of the documentation, built with ``sphinx-build -W doc doc/_build``.

Nothing is fetched, neither when pages are built nor when they are read: formulas are MathML
(``_ext/mathml.py``), and what other projects' pages are called is in ``inventories/``.
"""

import sys
import tomllib
import zlib
from pathlib import Path

import sklearn_ntk

here = Path(__file__).parent
sys.path.append(str(here / "_ext"))

project = "sklearn_ntk"
author = "The sklearn_ntk developers"
copyright = "2026, the sklearn_ntk developers"
version = release = sklearn_ntk.__version__
urls = tomllib.loads((here.parent / "pyproject.toml").read_text("utf-8"))["project"]["urls"]

extensions = [
    "matplotlib.sphinxext.plot_directive",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "mathml",
]
templates_path = ["templates"]
exclude_patterns = ["_build", "generated/backreferences", "auto_examples/*.ipynb", "tables"]
html_math_renderer = "mathml"
nitpicky = True

autosummary_generate = True
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
copybutton_exclude = ".linenos, .gp, .go"
plot_include_source = True
plot_formats = [("png", 120)]
plot_html_show_formats = plot_html_show_source_link = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "within_subsection_order": "FileNameSortKey",
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("sklearn_ntk",),
    "min_reported_time": 1e9,
    "remove_config_comments": True,
    "write_computation_times": False,
    "download_all_examples": False,
}

html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_favicon = "_static/icon.svg"
html_baseurl = urls.get("Documentation", "")
html_sidebars = {"index": []}
html_theme_options = {
    "logo": {"text": project, "image_light": "_static/icon.svg", "image_dark": "_static/icon.svg"},
    "navbar_align": "left",
    "show_toc_level": 2,
    "icon_links": [{"name": "Source", "url": urls["Source"], "icon": "fa-brands fa-github"}],
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
    "footer_start": ["copyright"],
    "footer_end": [],
}


def inventories():
    """Compile ``inventories/``, in which each project says what is on which of its pages.

    Its address is in the first line; then come pages and, indented, the objects on them. A link to
    an object that is not there fails the build: add it.
    """
    for file in sorted(here.glob("inventories/*.txt")):
        address, *lines = file.read_text("utf-8").splitlines()
        header = "# Sphinx inventory version 2\n# Project: -\n# Version: -\n# zlib\n"
        page, entries = "", []
        for line in lines:
            if line.startswith(" "):
                kind, name = line.split()
                entries.append(f"{name} {kind} 1 {page.format(name=name)} -\n")
            else:
                page = line
        compiled = here / "generated" / f"{file.stem}.inv"
        compiled.parent.mkdir(exist_ok=True)
        compiled.write_bytes(header.encode() + zlib.compress("".join(entries).encode()))
        yield file.stem, (address, str(compiled))


intersphinx_mapping = dict(inventories())
