"""TΨ's descent of a block is a conclusion of TMQ, TJ, T1 or T1p: the very object's, or refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
import sympy as sp

from amverify.theorems import lyapunov, metric, tiam
from amverify.theorems.base import Inequality, Theorem
from proofs.kernel.polynomial import Refused
from proofs.script.cited import Cited, same
from proofs.theorems import catalogue
from proofs.theorems.lyapunov import CITED

OWN, JOINT, *_ = CITED
THIRD = sp.Rational(1, 3)


def test_every_case_is_the_conclusion_of_a_proved_object() -> None:
    for cited in CITED:
        same(lyapunov.TPsi, cited)
        assert catalogue.known(cited.theorem.id) is cited.theorem
        assert cited.theorem.id not in catalogue.CITED, "no circle"
    assert {c.theorem.id for c in CITED} == {"TMQ", "TJ", "T1", "T1p"}
    assert {c.hypothesis for c in CITED} <= {h.name for h in lyapunov.TPsi.hypotheses}


WRONG: Mapping[str, Callable[[Cited], Cited]] = {
    "α too large": lambda c: replace(c, own={**c.own, lyapunov.alpha: lyapunov.s}),
    "TM pays for p2 too": lambda c: replace(c, theorem=metric.TM, conclusion="descent"),
    "another side": lambda c: replace(c, conclusion="no less"),
    "a conclusion that is not there": lambda c: replace(c, conclusion="descent"),
    "a width below 0": lambda c: replace(c, theirs={metric.eta: -sp.Integer(1)}),
    "a symbol that is no parameter": lambda c: replace(c, theirs={tiam.p2: sp.Integer(0)}),
    "a width": lambda c: replace(c, theirs={metric.eta: THIRD}),
    "another hypothesis": lambda c: replace(c, hypothesis="α_i ≥ α_min"),
}  # fmt: skip


@pytest.mark.parametrize("how", WRONG)
def test_what_is_not_the_conclusion_is_refused(how: str) -> None:
    with pytest.raises(Refused, match=r"TPsi: .*, by TM"):
        same(lyapunov.TPsi, WRONG[how](OWN))


def test_t_psi_with_another_descent_is_refused_whatever_follows_from_it() -> None:
    """Half of the fall more: TΨ's algebra still goes through, but nobody proved the premise."""
    more = lyapunov.DESCENT.formula - lyapunov.alpha * lyapunov.e2 / 2
    said = replace(lyapunov.DESCENT, formula=more)
    hypotheses = tuple(said if h is lyapunov.DESCENT else h for h in lyapunov.TPsi.hypotheses)
    with pytest.raises(Refused, match="descent of a block”, by TMQ: the hypothesis is"):
        catalogue.prove("TPsi", variant=replace(lyapunov.TPsi, hypotheses=hypotheses))


def _weaker(theorem: Theorem) -> Theorem:
    part = theorem.conclusions[0]
    claim = Inequality(part.inequality.name, part.inequality.lhs, part.inequality.rhs + tiam.e2)
    return replace(theorem, conclusions=(replace(part, inequality=claim), *theorem.conclusions[1:]))


def test_an_object_that_is_not_the_catalogue_s_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    twin = replace(JOINT, theorem=replace(JOINT.theorem))
    monkeypatch.setattr(catalogue, "CITED", {"TPsi": (twin,)})
    with pytest.raises(Refused, match="TJ is cited, but another object"):
        catalogue.prove("TPsi")


def test_a_cited_theorem_that_says_less_is_refused() -> None:
    with pytest.raises(Refused, match="by TJ: the hypothesis is"):
        same(lyapunov.TPsi, replace(JOINT, theorem=_weaker(JOINT.theorem)))


def test_a_cited_theorem_has_to_be_proved_in_the_same_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without = {name: prove for name, prove in catalogue.LEDGERS.items() if name != "TJ"}
    monkeypatch.setattr(catalogue, "LEDGERS", {**without, "TJ": lambda start: ()})
    with pytest.raises(Refused, match="TJ"):
        catalogue.prove("TPsi")
