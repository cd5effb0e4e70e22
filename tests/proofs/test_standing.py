"""What audit reports show as proved is what the checker and Coq accepted, formula for formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sympy as sp

from amverify.theorems import CATALOGUE
from amverify.theorems.base import Hypothesis, Theorem
from amverify.theorems.properties import Convex, Inner, LipschitzGradient, vector
from amverify.theorems.standing import _recorded, fingerprint, standing
from amverify.verdict import Evidence
from proofs.coq.names import PROOFS
from proofs.coq.statements import untied
from proofs.theorems.catalogue import ORDER, known


@pytest.mark.parametrize("name", ORDER)
def test_the_record_is_of_the_present_formulas(name: str) -> None:
    assert _recorded()[name]["formulas"] == fingerprint(known(name)), "run: python -m proofs record"
    tied = name in PROOFS and not untied(known(name))
    wanted = (Evidence.PROVED, Evidence.KERNEL) if tied else (Evidence.PROVED,)
    assert standing(known(name)) == wanted


def test_nothing_else_is_recorded() -> None:
    assert set(_recorded()) == set(ORDER)
    for theorem in CATALOGUE.values():
        assert bool(standing(theorem)) == (theorem.id in ORDER)


def test_an_edited_formula_or_condition_has_no_standing() -> None:
    theorem = known("T1")
    (part,) = theorem.conclusions
    formula = part.inequality
    lower = replace(formula, rhs=formula.rhs - sp.Rational(1, 10**9))
    strict = replace(formula, strict=True)
    changed = [replace(part, inequality=lower), replace(part, inequality=strict)]
    changed += [replace(part, conditions=part.conditions[1:])]
    for other in changed:
        assert standing(replace(theorem, conclusions=(other,))) == ()


WORDS: dict[str, Callable[[Theorem], Theorem]] = {
    "statement": lambda t: replace(t, statement=t.statement.replace("convex", "smooth")),
    "latex": lambda t: replace(t, latex=t.latex.replace(r"\tfrac12", "1")),
    "symbol": lambda t: replace(t, symbols={**t.symbols, "L": "half the block's modulus"}),
    "fact": lambda t: replace(t, facts=(replace(t.facts[0], text="anything"), *t.facts[1:])),
    "term": lambda t: replace(t, terms={**t.terms, "dF": t.terms["e2"]}),
    "one hypothesis more": lambda t: replace(t, hypotheses=(*t.hypotheses, GRANTED)),
}
GRANTED = Hypothesis("granted", "the objective falls", sp.Symbol("dF", real=True), ">=")


@pytest.mark.parametrize("words", WORDS)
def test_other_words_under_an_old_badge_have_no_standing(words: str) -> None:
    """What is printed beside “proved” is what was proved."""
    changed = WORDS[words](known("T1"))
    assert changed != known("T1")
    assert fingerprint(changed) != fingerprint(known("T1"))
    assert standing(changed) == ()


HYPOTHESES: list[dict[str, Any]] = [
    {"text": "the objective rises"},
    {"formula": sp.Symbol("e2", real=True)},
    {"formula": None},
    {"kind": "="},
    {"name": "given"},
    {"monitored": ("s > 0",)},
    {"grants": Convex("H")},
    {"grants": LipschitzGradient("H", sp.Symbol("L", real=True))},
    {"grants": LipschitzGradient("H", 2 * sp.Symbol("L", real=True))},
]


@pytest.mark.parametrize("changes", HYPOTHESES, ids=str)
def test_a_hypothesis_counts_with_all_that_it_says(changes: dict[str, Any]) -> None:
    one = replace(known("T1"), hypotheses=(GRANTED,))
    others = [
        fingerprint(replace(one, hypotheses=(replace(GRANTED, **other),)))
        for other in HYPOTHESES
        if other != changes
    ]
    mine = fingerprint(replace(one, hypotheses=(replace(GRANTED, **changes),)))
    assert mine not in (fingerprint(one), *others)


def test_what_a_symbol_is_counts() -> None:
    """‖e‖² as a term: another vector under the same words is another theorem."""
    one = replace(known("T1"), terms={"e2": Inner(vector("e"), vector("e"))})
    other = replace(known("T1"), terms={"e2": Inner(vector("e"), vector("Δ"))})
    assert len({fingerprint(t) for t in (known("T1"), one, other)}) == 3


def test_a_title_and_a_source_may_change() -> None:
    assert standing(replace(known("T1"), title="the same", source="elsewhere"))
