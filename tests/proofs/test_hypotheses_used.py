"""Hypothesis audit: what a proof uses is printed, and checked on a run or said not to be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from amverify.theorems import theorem as find_theorem
from amverify.theorems.base import Hypothesis
from proofs.kernel.polynomial import Refused
from proofs.theorems import catalogue as groups
from proofs.theorems.catalogue import LEDGERS, ORDER, known

BLOCK = ("H convex", "H smooth", "F = H + g", "proximal step", "extrapolation", "no clipping")
UNMONITORED: dict[str, tuple[str, ...]] = {
    "T1": BLOCK,
    "T1p": ("exact minimiser",),
    "T2": (*BLOCK, "a weight exists"),
    "T2n": ("∇H Lipschitz", "F = H + g", "proximal step", "no clipping"),
    "T3": (*BLOCK, "exact minimiser"),
    "C1": ("multiplier of z", "multiplier of a", "one multiplier"),
    "G1": ("∇f Lipschitz",),
    "G2": ("∇f Lipschitz",),
    "G3": ("H convex", "H smooth", "F = H + g", "proximal step", "no clipping"),
    "G4": ("∇f Lipschitz",),
}
"""What no condition and no fact checks on a run: a verdict prints these."""


def used(name: str) -> tuple[Hypothesis, ...]:
    """The object's hypotheses that the proof takes, as formulas or as licences of facts."""
    found: list[Hypothesis] = []
    for leaf in groups.prove(name).leaves:
        found += leaf.licences
        if isinstance(leaf.origin, Hypothesis):
            found.append(leaf.origin)
    return tuple(dict.fromkeys(found))


def _listed(name: str) -> None:
    if not groups.prove(name).leaves:
        pytest.skip(f"{name} is proved by chains that list no leaves")


@pytest.mark.parametrize("name", ORDER)
def test_what_a_proof_uses_is_checked_or_printed_as_not_monitored(name: str) -> None:
    _listed(name)
    theorem = find_theorem(name)
    checks = {f.name for f in theorem.facts}
    checks |= {c.name for part in theorem.conclusions for c in part.conditions}
    for said in used(name):
        assert any(said is own for own in theorem.hypotheses)
        assert set(said.monitored) & checks or said in theorem.unmonitored


@pytest.mark.parametrize("name", ORDER)
def test_every_leaf_is_the_object_s_own(name: str) -> None:
    _listed(name)
    theorem = find_theorem(name)
    conditions = [c for part in theorem.conclusions for c in part.conditions]
    conclusions = [part.inequality for part in theorem.conclusions]
    own = {
        "condition": conditions,
        "conclusion": conclusions,
        "hypothesis": list(theorem.hypotheses),
        "parameter": list(theorem.parameters),
    }
    for leaf in groups.prove(name).leaves:
        if leaf.reason in own:
            assert any(leaf.origin is entry for entry in own[leaf.reason])
        if leaf.reason == "fact":
            assert leaf.text
            assert leaf.source


@pytest.mark.parametrize("name", UNMONITORED)
def test_what_is_not_monitored_is_this(name: str) -> None:
    """An entry of ``monitored`` that goes, or comes, is noticed here."""
    assert tuple(h.name for h in known(name).unmonitored) == UNMONITORED[name]


@pytest.mark.parametrize("name", LEDGERS)
def test_no_hypothesis_is_idle_and_none_can_be_left_out(name: str) -> None:
    theorem = known(name)
    assert {h.name for h in theorem.hypotheses} == {h.name for h in used(name)}
    for left_out in theorem.hypotheses:
        rest = tuple(h for h in theorem.hypotheses if h is not left_out)
        with pytest.raises(Refused, match=rf"{name}, step “"):
            groups.prove(name, variant=replace(theorem, hypotheses=rest))


@pytest.mark.parametrize("name", LEDGERS)
def test_what_a_theorem_rests_on_is_counted(name: str) -> None:
    rests = groups.prove(name).rests
    assert set(rests) == {"conditions", "hypotheses", "definitions", "facts", "instances"}
    assert rests["hypotheses"] == len(used(name))
    assert rests["instances"] >= rests["facts"] > 0
