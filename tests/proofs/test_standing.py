"""What audit reports show as proved is what the checker and Coq accepted, formula for formula."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

from amverify.theorems import CATALOGUE
from amverify.theorems.standing import _recorded, fingerprint, standing
from amverify.verdict import Evidence
from proofs.coqnames import PROOFS
from proofs.groups import ORDER, known


@pytest.mark.parametrize("name", ORDER)
def test_the_record_is_of_the_present_formulas(name: str) -> None:
    assert _recorded()[name]["formulas"] == fingerprint(known(name)), "run: python -m proofs record"
    wanted = (Evidence.PROVED, Evidence.KERNEL) if name in PROOFS else (Evidence.PROVED,)
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
    assert standing(replace(theorem, title="the same in other words"))
