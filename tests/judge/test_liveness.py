"""Inertia that cancels is named; where nothing else is extrapolated, the verdict is VACUOUS.

The slow side is a twin step: the same block from the same point with p1 = p2 = 0.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from support.checks import make_block
from support.problems import parameters, problem

from amverify.judge.audit import audit
from amverify.judge.liveness import lifeless
from amverify.methods.inertia import Inertia
from amverify.methods.step import StepRule, take_step
from amverify.methods.tiam import TIAM, TIAMState
from amverify.network.blocks import Block
from amverify.network.coupling import Band, Penalty
from amverify.network.layered import LayeredProblem
from amverify.record.layered.run import traced
from amverify.theorems import CATALOGUE
from amverify.theorems.base import Context
from amverify.trace.trace import Trace
from amverify.verdict import Finding, Verdict

COUPLED, LIVE = Inertia(0.65, 0.65, 0.0), Inertia(0.5, 0.65, 0.0)
CLAIMS = ("T1", "T2", "T3", "T2z", "T3z")


def run(p: LayeredProblem, inertia: Inertia, **rule: Any) -> Trace:
    return traced(TIAM(StepRule(inertia, **rule)), p, parameters(p), 12)


def named(finding: Finding) -> list[str]:
    """The blocks that the finding says cancel."""
    notes = [note for note in finding.notes if note.startswith("inertia cancels in ")]
    return [] if not notes else notes[0].split(": ")[0][len("inertia cancels in ") :].split(", ")


def edited(trace: Trace, **columns: Any) -> Trace:
    return Trace(trace.header, {**trace.blocks, **columns}, trace.sweeps, trace.measures)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("options", [{}, {"mu_bias": 0.03}])
@pytest.mark.parametrize(("inertia", "scale"), [(COUPLED, 1.0), (Inertia(0.5, 0.6, 0.1), 1.2)])
def test_coupled_inertia_is_never_felt_by_b_and_z(dtype, options, inertia, scale):
    p = problem((5, 4, 3), samples=9, dtype=dtype, **options)
    report = audit(run(p, inertia, scale=scale), CLAIMS)
    for claim in CLAIMS:
        assert report[claim].verdict is Verdict.HOLDS
        assert named(report[claim]) == ["b_1", "z_1", "b_2", "z_2"]


def test_what_is_not_coupled_is_felt_everywhere():
    report = audit(run(problem((5, 4, 3), samples=9), LIVE), CLAIMS)
    assert [named(report[claim]) for claim in CLAIMS] == [[]] * len(CLAIMS)


def test_under_a_penalty_the_proximal_z_feels_its_centre():
    """z_1 minimises F(·) + (γ/2)‖· − ũ‖²: p1 acts whatever p2 is; T1p is not about inertia."""
    report = audit(
        run(problem((5, 4, 3), samples=9, coupling=Penalty(0.7)), COUPLED), ["T1", "T1p"]
    )
    assert named(report["T1"]) == ["b_1", "b_2", "z_2"]
    assert named(report["T1p"]) == []


def test_a_run_without_inertia_says_nothing_of_it():
    report = audit(run(problem((5, 4, 3), samples=9), Inertia()), CLAIMS)
    assert [report[claim].verdict for claim in CLAIMS] == [Verdict.HOLDS] * len(CLAIMS)
    assert [named(report[claim]) for claim in CLAIMS] == [[]] * len(CLAIMS)


def line() -> LayeredProblem:
    """One layer on one feature: the Hessian of W is a number times the identity as well."""
    return problem((1, 3), samples=9)


def test_where_all_inertia_cancels_its_theorems_are_vacuous():
    trace = run(line(), COUPLED)
    report = audit(trace, (*CLAIMS, "G3"))
    for claim in CLAIMS:
        assert report[claim].verdict is Verdict.VACUOUS
        assert "no inertia was ever felt" in report[claim].reason
        assert named(report[claim]) == ["W_1", "b_1", "z_1"]
    assert named(report["G3"]) == []
    still = run(line(), Inertia())
    assert np.allclose(trace.sweeps["value"], still.sweeps["value"], rtol=1e-12, atol=0)


def test_over_relaxation_is_felt_where_the_others_cancel():
    report = audit(run(line(), Inertia(0.65, 0.65, 0.2)), CLAIMS)
    for claim in CLAIMS:
        assert report[claim].verdict is Verdict.HOLDS
        assert named(report[claim]) == ["W_1", "b_1", "z_1"]


def test_what_is_open_counts_as_alive():
    """A curvature that is not known, or is known to be less in one step, is no cancelling."""
    trace = run(line(), COUPLED)
    unknown = np.full_like(trace.blocks["bend"], np.inf)
    assert named(audit(edited(trace, bend_error=unknown), ["T2"])["T2"]) == []
    other = edited(trace, update=np.full(len(trace.blocks["kind"]), b"other", dtype="S10"))
    assert named(audit(other, ["M3"])["M3"]) == []
    bend = trace.blocks["bend"].copy()
    bend[np.flatnonzero(trace.blocks["kind"] == b"W")[-1]] *= 0.9
    finding = audit(edited(trace, bend=bend), ["T3"])["T3"]
    assert finding.verdict is Verdict.HOLDS
    assert named(finding) == ["b_1", "z_1"]


def test_a_planted_fault_is_seen():
    """A method that writes down inertia for W and a and takes their steps without it."""
    trace = run(problem((5, 4, 3), samples=9), COUPLED)
    blocks, p2 = trace.blocks, trace.blocks["p2"]
    near = blocks["step"] - 2 * p2 * blocks["cross"] + p2**2 * blocks["inertia"]
    planted = edited(trace, bend=blocks["modulus"] * near)
    assert audit(trace, ["T3"])["T3"].verdict is Verdict.HOLDS
    assert audit(planted, ["T3"])["T3"].verdict is Verdict.VACUOUS


def midway(p: LayeredProblem) -> TIAMState:
    method = TIAM(StepRule(COUPLED))
    state = method.initialise(p, parameters(p))
    for _ in range(5):
        state = method.sweep(p, state)
    return state


def felt(p: LayeredProblem, state: TIAMState, block: Block, rule: StepRule) -> float:
    """How far p1 and p2 carry a block's step, over ‖Δ‖."""
    group = {"W": state.displacement.w, "b": state.displacement.b, "z": state.displacement.z,
             "a": state.displacement.a}[block.kind]  # fmt: skip
    moved = group[block.layer - 1]
    twin = replace(rule, inertia=Inertia(p3=rule.inertia.at(1)[2]))
    steps = [take_step(block, moved, one, 6) for one in (rule, twin)]
    return float((steps[0].new - steps[1].new).norm() / moved.norm())


@pytest.mark.parametrize("relaxation", [0.0, 0.2])
def test_the_twin_without_inertia_takes_the_same_step(relaxation):
    p = problem((5, 4, 3), samples=9, coupling=Band(2.0))
    state = midway(p)
    rule = StepRule(Inertia(0.65, 0.65, relaxation), safeguard="none")
    live = StepRule(Inertia(0.5, 0.65, relaxation), safeguard="none")
    for kind, layer in [("W", 1), ("b", 1), ("z", 1), ("a", 1), ("W", 2), ("b", 2), ("z", 2)]:
        block = make_block(p, state.point, kind, layer, 2.0)
        assert felt(p, state, block, live) > 0.01
        if kind in ("b", "z"):
            assert felt(p, state, block, rule) < 1e-12
        else:
            assert felt(p, state, block, rule) > 0.01


def test_blocks_that_say_nothing_of_relaxation_are_not_relaxed():
    trace = run(line(), COUPLED)
    blocks = {name: column for name, column in trace.blocks.items() if name != "t"}
    silent = Trace(trace.header, blocks, trace.sweeps, trace.measures)
    assert lifeless(Context(silent), CATALOGUE["T3z"]) == [
        "no inertia was ever felt: it cancels in every block that has some"
    ]
