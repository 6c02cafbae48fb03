"""Formulas as MathML, written into pages when they are built: no script, no font, no network.

``latex2mathml`` translates TeX, and ``polish`` mends what does not look as TeX does. What the one
does not know, and a label, which there is nothing for here, are warnings.
"""

import re
from itertools import pairwise
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging


def is_function(element):
    name = element[0] if element.tag in ("msub", "msup") else element
    return name.tag == "mi" and len(name.text or "") > 1


def polish(element):
    """Names, spaces, primes, capitals and bold digits as TeX has them, in place."""
    tag, text = element.tag, element.text or ""
    letters = text + "".join(child.text or "?" for child in element)
    if (tag == "mo" and text.isalpha()) or (
        tag == "mrow" and re.fullmatch(r"[a-z]{3,}\d", letters)
    ):
        # \det, \operatorname{diag} and \operatorname{atan2}
        element.tag, element.text, element.attrib, element[:] = "mi", letters, {}, []
    elif tag in ("mo", "mi") and text in ("/", "|", "‖", "′"):
        element.tag, element.attrib = "mo", {"lspace": "0", "rspace": "0", "stretchy": "false"}
    elif tag == "mi" and text in tuple("ΓΔΘΛΞΠΣΥΦΨΩ"):
        element.set("mathvariant", "normal")
    elif tag == "mtext":
        element.text = text.replace(r"\_", "_")
    if element.get("mathvariant") == "bold":
        element.set("style", "font-weight: bold")
    for child in element:
        polish(child)
    if tag in ("math", "mrow", "mstyle", "msqrt", "mtd"):
        children = [child for child in element if child.tag != "mo" or child.text]
        element[:] = children[:1]
        for pair in pairwise(children):
            if any(map(is_function, pair)) and not {"mo", "mspace"} & {e.tag for e in pair}:
                element.append(ElementTree.Element("mspace", width="0.17em"))
            element.append(pair[1])


def to_mathml(tex, display="inline"):
    if display == "block" and ("&" in tex or r"\\" in tex):
        tex = rf"\begin{{align*}}{tex}\end{{align*}}"
    tree = ElementTree.fromstring(re.sub(' xmlns="[^"]*"', "", convert(tex, display=display)))
    polish(tree)
    return ElementTree.tostring(tree, encoding="unicode")


def visit(writer, node):
    block = isinstance(node, nodes.math_block)
    formula = to_mathml(node.astext(), "block" if block else "inline")
    if "\\" in formula or node.get("label"):
        message = "formula is not understood: %s"
        logging.getLogger(__name__).warning(message, node.astext(), location=node)
    writer.body.append(f'<div class="formula">{formula}</div>' if block else formula)
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (visit, None), (visit, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
