r"""A formula in LaTeX as MathML, which browsers set without scripts or fonts of ours.

    mathml(r"\Psi^{k+1} \le \Psi^k")      '<math display="block">…</math>'
    mathml(r"\oops{")                     None: show the LaTeX as it is

Formulas may come from outside: of what the converter gives only MathML's own elements and
attributes pass, without links, styles or scripts, and every text is escaped.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape, unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ELEMENTS = (
    "math mrow mi mo mn mtext mspace msup msub msubsup munder mover munderover mfrac msqrt mroot "
    "mstyle mtable mtr mtd mpadded mphantom menclose mmultiscripts mprescripts none"
)
_ATTRIBUTES = (
    "stretchy fence form separator accent accentunder width height depth lspace rspace minsize "
    "maxsize linethickness displaystyle scriptlevel mathvariant columnalign columnspacing "
    "rowspacing movablelimits symmetric largeop notation"
)
ELEMENTS, ATTRIBUTES = frozenset(_ELEMENTS.split()), frozenset(_ATTRIBUTES.split())
PARTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2}
PARTS |= {"msubsup": 3, "munderover": 3}
"""How many parts an element has to have."""
BARS = ("|", "‖", "∥")
LONGEST = 20_000
"""Characters of LaTeX beyond which a formula is nobody's to read."""


@lru_cache(maxsize=1024)
def mathml(latex: str, display: str = "block") -> str | None:
    """``latex`` (mathematics, without dollars) as one ``math`` element, *block* or *inline*.

    None where it is no formula that the converter knows: empty, unbalanced, an unknown command.
    """
    from latex2mathml.converter import convert_to_element

    latex = latex.replace(r"\allowbreak", " ")  # where a line of print may break
    if not latex.strip() or len(latex) > LONGEST:
        return None
    try:
        root = convert_to_element(latex, display="block" if display == "block" else "inline")
        return _written(root, display)
    except Exception:  # the converter has as many errors as ways to misread
        return None


def _written(element: Element, display: str = "") -> str:
    """``element`` and all in it; ValueError for what is no formula's."""
    if element.tag not in ELEMENTS or PARTS.get(element.tag, len(element)) != len(element):
        raise ValueError(element.tag)
    own = {key: value for key, value in element.attrib.items() if key in ATTRIBUTES}
    if element.tag == "math":
        own = {"display": display}
    text = unescape(element.text or "")
    if text in BARS and not own:
        own = {"stretchy": "false"}  # no \left stands before it
    if text.startswith("\\") and len(text) > 1:
        raise ValueError(text)
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in own.items())
    inner = escape(text, quote=False) + "".join(map(_written, element))
    return f"<{element.tag}{attributes}>{inner}</{element.tag}>"
