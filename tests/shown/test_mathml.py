"""Formulas as MathML: those of the catalogue, and none that carries markup of its own."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from amverify.shown import mathml
from amverify.theorems import CATALOGUE


def test_every_theorem_is_set() -> None:
    for theorem in CATALOGUE.values():
        assert theorem.latex, theorem.id
        made = mathml(theorem.latex)
        assert made is not None, theorem.id
        assert ET.fromstring(made).attrib == {"display": "block"}
        assert "\\" not in made


HOSTILE = (
    r"\text{<img src=x onerror=alert(1)>}",
    r"\text{&lt;script&gt;alert(1)&lt;/script&gt;}",
    r"\href{javascript:alert(1)}{x}",
    r'\style{background:url("https://x")}{y}',
    r"\class{a}{b}",
    "<script>alert(1)</script>",
)


@pytest.mark.parametrize("latex", HOSTILE)
def test_nothing_but_mathematics_comes_through(latex: str) -> None:
    made = mathml(latex)
    assert made is not None
    for element in ET.fromstring(made).iter():
        assert element.tag.startswith("m")
        assert {"href", "style", "class", "onerror"}.isdisjoint(element.attrib)


@pytest.mark.parametrize("latex", ["", " ", "{" * 50, r"\frac{a", r"\oops{x}", "x" * 30_000])
def test_what_is_no_formula_is_none(latex: str) -> None:
    assert mathml(latex) is None


def test_inline() -> None:
    assert mathml("x", "inline") == '<math display="inline"><mrow><mi>x</mi></mrow></math>'
