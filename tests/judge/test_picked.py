"""A run of which nothing is claimed: judged by what can be judged, and nothing is guessed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from amverify.families import draw
from amverify.families.loops.blocks import Rule, block_descent
from amverify.families.loops.gradient import gradient_descent, step_size
from amverify.judge.audit import audit
from amverify.judge.picked import least_modulus
from amverify.record.recorder import Recorder
from amverify.verdict import Verdict


def run(steps=12, **settings):
    """f = ½Σd_j x_j², d = 1, …, 8: L = 8."""
    d = torch.arange(1, 9, dtype=torch.float64)
    x = torch.ones(8, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], **settings)
    recorder = Recorder.attach(optimizer, lambda: 0.5 * (d * x * x).sum())
    for _ in range(steps):
        x.grad = (d * x).detach()
        optimizer.step()
    return recorder.trace()


def notes(trace, **more):
    return " | ".join(audit(trace, **more).notes)


def test_it_holds_or_says_where_it_fails():
    report = audit(run(lr=0.2))
    assert [f.theorem for f in report.findings] == ["descent"]
    assert report.verdict is Verdict.HOLDS
    report = audit(run(lr=0.03, momentum=0.9))
    assert report.verdict is Verdict.VIOLATED
    assert report["descent"].witness.sweep > 1
    assert "fails at step" in report["descent"].reason


def test_an_estimate_is_fitted_and_grants_nothing():
    told = notes(run(lr=0.2))
    assert "G1 (descent lemma of gradient descent) is not contradicted with L = " in told
    assert "fitted to this run and so no verdict" in told
    assert "recorder.trace(L=…)" in told
    assert "G4 (heavy ball's Lyapunov function)" in notes(run(lr=0.02, momentum=0.9))


def test_a_step_that_is_too_long_is_too_long_for_the_true_constant():
    told = notes(run(lr=0.26))
    assert (
        "G1 (descent lemma of gradient descent) does not apply: hypothesis “η < 2/L” fails" in told
    )


@pytest.mark.parametrize("seed", range(12))
def test_the_estimate_is_below_the_true_constant(seed):
    problem = draw("quadratic", seed)
    trace = gradient_descent(problem, 20, step_size(problem, 1.5))
    least = least_modulus(trace)
    assert least is None or 0 < least[0] <= problem.constants.L


def test_a_declared_constant_is_used():
    trace = run(lr=0.2)
    report = audit(trace, constants={"L": 8.0})
    assert [f.theorem for f in report.findings] == ["descent", "G1", "G4"]
    assert report.verdict is Verdict.HOLDS
    assert "fitted" not in " ".join(report.notes)


def test_without_bounds_it_says_what_to_pass():
    recorder = Recorder()
    for x in (3.0, 2.0, 1.0):
        recorder.step(np.array([x]), x * x)
    report = audit(recorder.trace())
    assert report.verdict is Verdict.UNDECIDED
    assert "Recorder(value_error=…), or operations=…" in report["descent"].reason


def test_what_nobody_claimed_and_does_not_apply_is_a_note():
    """Outside the region T2 does not apply: no failure of a run of which nothing was claimed."""
    report = audit(block_descent(draw("quadratic", 3), 6, Rule(p1=0.75, p2=0.1)))
    assert "T1" in [f.theorem for f in report.findings]
    assert "T2" not in [f.theorem for f in report.findings]
    assert "T2 (admissible region) says nothing of this run: hypothesis" in " ".join(report.notes)
