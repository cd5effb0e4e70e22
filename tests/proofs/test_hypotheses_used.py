"""Hypothesis audit: what a proof uses is printed, and checked on a run or said not to be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from amverify.theorems import theorem as find_theorem
from amverify.theorems.base import Hypothesis
from amverify.theorems.catalogue import CATALOGUE
from proofs.kernel.polynomial import Refused
from proofs.theorems import catalogue as groups
from proofs.theorems.catalogue import ORDER, known

_STEP = ("F = H + g", "proximal step")
BLOCK = ("H convex", "H smooth", *_STEP, "extrapolation", "no clipping")
WIDE = ("H convex and smooth everywhere", *_STEP, "extrapolation", "no clipping")
METRIC = ("H convex", "H smooth", *_STEP, "extrapolation")
QUADRATIC = ("H quadratic", *_STEP, "extrapolation")
JOINT_RESIDUAL = (
    *("gradient, V_l", "step, V_l", "M = Q, V_l", "since, V_l"),
    *("w, z_l, l < L", "∇H, z_l, l < L"),
    *("w, a_l", "∇H, a_l", "since, a_l", "(sκ − Q)e, a_l", "(κ − Q)Δ, a_l"),
    *("w, z_L", "∇H, z_L", "∇R, z_L"),
    *("near among e", "next among e", "far among e"),
)
"""How the residual of each kind of block is made (the equations), and what is summed once."""
_STEPPED = ("gradient", "step", "∇H", "since", "((s/t)L − Q)e", "(L − Q)Δ")
PENALTY_RESIDUAL = (
    *(f"{name}, {case}" for case in ("W_l", "b_l", "a_l") for name in _STEPPED),
    *("z since, b_l", "w, z_l, l < L", "penalty, z_l, l < L", "w, z_L", "∇H, z_L", "∇R, z_L"),
    *("near among e", "next among e", "far among e"),
)
"""The same of TIAM under a penalty."""
UNMONITORED: dict[str, tuple[str, ...]] = {
    "T1": BLOCK,
    "T1p": ("exact minimiser",),
    "T2": BLOCK,
    "T2n": (*_STEP, "no clipping"),
    "T2z": WIDE,
    "T3": (*BLOCK, "exact minimiser"),
    "T3z": (*WIDE, "exact minimiser"),
    "TM": METRIC,
    "TMG": QUADRATIC,
    "TMQ": QUADRATIC,
    "TH": METRIC,
    "TJ": METRIC,
    "T4": ("smooth part", "points û", "proximal terms", "output", "B ≥ 1", "M ≥ 0"),
    "C1": ("multiplier of z", "multiplier of a", "one multiplier"),
    "TPsi": ("descent of a block", "a metric"),
    "TB": (*("terms of F", "residual", "a_{l−1}W_lᵀ", "1b_lᵀ", "activation", "h(0)", "band"),),
    "TBp": (*("terms of F", "residual", "a_{l−1}W_lᵀ", "1b_lᵀ", "activation", "h(0)", "penalty"),),
    "TR": JOINT_RESIDUAL,
    "TRp": PENALTY_RESIDUAL,
    "TC0": ("inf R ≤ Ψ", "least ≥ 0"),
    "TK": ("inf R ≤ Ψ", "lowest ≥ 0"),
    "TC": ("∂Ψ = ∂F × {v}", "KL", "Ψ* ≤ Ψ^k", "Ψ* ≤ Ψ^{k+1}"),
    "TCplus": (
        *("H convex", "H smooth", "F = H + g", "exact minimiser", "gap", "a metric"),
        *("gaps of a sweep", "inf R ≤ Ψ"),
    ),
    "S1": ("∇_if Lipschitz", "variance"),
    "S2": ("∇_if Lipschitz", "variance", "step sizes"),
    "S3": ("∇ℓ Lipschitz", "moments", "step sizes", "f* ≤ f"),
    "S7": ("∇ℓ Lipschitz", "∇f Lipschitz", "step sizes", "f* ≤ f"),
    "S8": ("∇ℓ Lipschitz", "∇f Lipschitz", "step sizes", "step sizes of a sweep", "f* ≤ V"),
    "S4": ("∇_if Lipschitz", "∇f Lipschitz", "step sizes"),
    "S4m": ("∇_if Lipschitz",),
    "S5": (
        *("α's clamp, least", "α's clamp, largest", "θ's clamp", "θ ≥ θ_min", "θ ≤ θ_max"),
        *("guard", "flag", "α of θ"),
    ),
    "G1": ("∇f Lipschitz",),
    "G2": ("∇f Lipschitz",),
    "G3": ("H convex", "H smooth", *_STEP, "no clipping"),
    "G4": ("∇f Lipschitz",),
    "G5": ("f convex", "∇f Lipschitz", "Nesterov's method", "distance"),
}
"""What no condition and no fact checks on a run: a verdict prints these. Of others: nothing."""


def used(name: str) -> tuple[Hypothesis, ...]:
    """The object's hypotheses that the proof takes, as formulas or as licences of facts."""
    found: list[Hypothesis] = []
    for leaf in groups.prove(name).leaves:
        found += leaf.licences
        if isinstance(leaf.origin, Hypothesis):
            found.append(leaf.origin)
    return tuple(dict.fromkeys(found))


@pytest.mark.parametrize("name", ORDER)
def test_what_a_proof_uses_is_checked_or_printed_as_not_monitored(name: str) -> None:
    theorem = find_theorem(name)
    checks = {f.name for f in theorem.facts}
    checks |= {c.name for part in theorem.conclusions for c in part.conditions}
    for said in used(name):
        assert any(said is own for own in theorem.hypotheses)
        assert set(said.monitored) & checks or said in theorem.unmonitored


@pytest.mark.parametrize("name", ORDER)
def test_every_leaf_is_the_object_s_own(name: str) -> None:
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


@pytest.mark.parametrize("name", ORDER)
def test_every_proof_lists_what_it_rests_on(name: str) -> None:
    assert groups.prove(name).leaves


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_what_is_not_monitored_is_this(name: str) -> None:
    """An entry of ``monitored`` that goes, or comes, is noticed here."""
    found = tuple(h.name for h in find_theorem(name).unmonitored)
    assert found == UNMONITORED.get(name, ())


def test_the_table_is_of_theorems_that_there_are() -> None:
    assert set(UNMONITORED) <= set(CATALOGUE)


@pytest.mark.parametrize("name", ORDER)
def test_no_hypothesis_is_idle_and_none_can_be_left_out(name: str) -> None:
    theorem = known(name)
    assert {h.name for h in theorem.hypotheses} == {h.name for h in used(name)}
    for left_out in theorem.hypotheses:
        rest = tuple(h for h in theorem.hypotheses if h is not left_out)
        with pytest.raises(Refused, match=name):
            groups.prove(name, variant=replace(theorem, hypotheses=rest))


SOME = [(name, said) for name in ORDER for said in known(name).hypotheses if said.only]


@pytest.mark.parametrize(("name", "said"), SOME, ids=[f"{n}, {h.name}" for n, h in SOME])
def test_a_hypothesis_of_another_conclusion_is_missed(name: str, said: Hypothesis) -> None:
    theorem = known(name)
    others = [part.inequality.name for part in theorem.conclusions if not said.of(part)]
    elsewhere = replace(said, only=(others[0],))
    moved = tuple(elsewhere if h is said else h for h in theorem.hypotheses)
    with pytest.raises(Refused, match=r"is no \w+ of it"):
        groups.prove(name, variant=replace(theorem, hypotheses=moved))


@pytest.mark.parametrize("name", ORDER)
def test_what_a_theorem_rests_on_is_counted(name: str) -> None:
    rests = groups.prove(name).rests
    assert set(rests) == {"conditions", "hypotheses", "definitions", "facts", "instances"}
    assert rests["hypotheses"] == len({h.name for h in used(name)})
    assert rests["instances"] >= rests["facts"] > 0 or name == "S6"
