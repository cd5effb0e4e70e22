"""The audit on real runs: strangers' optimisers, a constant wrong by ten per cent, the region."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from amverify.command.replay import replay_report
from amverify.families import draw
from amverify.families.loops.blocks import Rule, block_descent
from amverify.families.loops.gradient import gradient_descent, nesterov, step_size
from amverify.files import write
from amverify.judge.audit import audit
from amverify.judge.witness import replay
from amverify.record.recorder import Recorder
from amverify.report import from_json, to_json
from amverify.verdict import Evidence, Verdict

PROBLEM = draw("quadratic", 50)
MODULUS = float(PROBLEM.constants.L or 0)


def test_a_constant_false_by_ten_per_cent_has_a_witness_that_replays(tmp_path):
    eta = step_size(PROBLEM, 1.9)
    trace = gradient_descent(PROBLEM, 30, eta)
    true = (1 / eta - MODULUS / 2) * (1 - 2.0**-30)
    assert audit(trace, ["H1"], {"a": true})["H1"].verdict is Verdict.HOLDS
    report = audit(trace, ["H1"], {"a": 1.1 * true})
    assert report["H1"].verdict is Verdict.VIOLATED
    file = tmp_path / "report.json"
    file.write_text(to_json(report), encoding="utf-8")
    ((told, fails),) = replay_report(file)
    assert fails
    assert "fails for certain" in told
    witness = from_json(file.read_text(encoding="utf-8"))["H1"].witness
    assert witness == report["H1"].witness
    assert witness is not None
    lhs, rhs, margin = replay(witness)
    assert lhs > rhs
    assert margin < 0
    assert float(margin.mid()) == pytest.approx(witness.margin)


def test_a_witness_made_to_hold_does_not_replay_as_a_failure(tmp_path):
    report = audit(gradient_descent(PROBLEM, 5, step_size(PROBLEM, 1.9)), ["H1"], {"a": 1e3})
    text = to_json(report)
    witness = report["H1"].witness
    assert witness is not None
    repaired = text.replace(repr(witness.values["a"][0]), "1e-09")
    file = tmp_path / "report.json"
    file.write_text(repaired, encoding="utf-8")
    ((_, fails),) = replay_report(file)
    assert not fails


def recorded(factory, steps, value_operations=8):
    """A torch optimiser on a convex quadratic, from a point near its minimum."""
    x = torch.tensor([1.0, -0.75, 0.3], dtype=torch.float64, requires_grad=True)
    weights = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    optimiser = factory([x])

    def value():
        return 0.5 * (weights * x * x).sum()

    recorder = Recorder.attach(optimiser, value, operations=value_operations, gradient_error=1e-14)
    for _ in range(steps):
        optimiser.zero_grad()
        value().backward()
        optimiser.step()
    return recorder.trace(constants={"L": 3.0})


def test_adam_does_not_descend_at_every_step():
    trace = recorded(lambda p: torch.optim.Adam(p, lr=0.3), 60)
    finding = audit(trace, ["descent"])["descent"]
    assert finding.verdict is Verdict.VIOLATED
    witness = finding.witness
    assert witness is not None
    assert f"step {witness.sweep}" in finding.reason
    rise = trace.sweeps["value"][witness.sweep] - trace.sweeps["value"][witness.sweep - 1]
    assert rise > witness.bound
    assert witness.lhs == pytest.approx(rise)


def test_gradient_descent_below_two_over_l_holds_with_slack():
    trace = recorded(lambda p: torch.optim.SGD(p, lr=0.5), 40)
    report = audit(trace, ["G1", "descent"])
    finding = report["G1"]
    assert report.verdict is Verdict.HOLDS
    assert Evidence.FLOAT in finding.evidence
    assert finding.counts.failed == 0
    assert max(finding.slack.margin) > 0.1
    (a,) = (c for c in finding.constants if c.name == "a")
    assert (a.low, a.high, a.origin) == (0.5, 0.5, "computed"), "1/η − L/2"


def test_gradient_descent_above_two_over_l_is_not_the_theorem_s():
    finding = audit(recorded(lambda p: torch.optim.SGD(p, lr=0.7), 5), ["G1"])["G1"]
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert "η < 2/L" in finding.reason


def test_nesterov_rises_and_is_not_accused():
    for seed in range(6):
        report = audit(nesterov(draw("quadratic", seed), 60), ["G5", "descent"])
        assert report["G5"].verdict is Verdict.HOLDS
        assert report["descent"].verdict is Verdict.VIOLATED


def outside(rule, seed):
    report = audit(block_descent(draw("quadratic", seed), 25, rule), ["T1", "T2", "T3"])
    assert report["T1"].verdict is not Verdict.VIOLATED
    assert report["T2"].verdict is not Verdict.HOLDS
    assert report["T3"].verdict is not Verdict.HOLDS


@pytest.mark.parametrize(
    "rule",
    [Rule(p1=0.25, p2=0.75, p3=0.75), Rule(p1=1.0, p2=1.125), Rule(s=0.375), Rule(p3=1.125)],
)
@pytest.mark.parametrize("seed", range(4))
def test_outside_the_region_nothing_holds(rule, seed):
    outside(rule, seed)


@pytest.mark.parametrize("rule", [Rule(p1=1.0, p2=1.0), Rule(s=0.5), Rule(p3=1.0)])
def test_on_the_region_s_border_nothing_holds(rule):
    outside(rule, 2)


@pytest.mark.parametrize("every", [1, 2])
def test_a_witness_brings_the_iterates_that_the_run_kept(tmp_path, every):
    recorder = Recorder(operations=4, gradient_error=0.0, keep_iterates=every)
    path = [4.0, 3.0, 2.0, 1.0, 5.0, 0.0]
    for x in path:
        recorder.step(np.array([x]), value=x * x, gradient=np.array([2 * x]))
    file = tmp_path / "report.json"
    write(file, to_json(audit(recorder.trace(), ["descent"])))
    witness = from_json(file.read_text(encoding="utf-8"))["descent"].witness
    assert witness is not None
    assert witness.state is not None
    assert witness.sweep == 4
    kept = {name: float(arrays["x"][0]) for name, arrays in witness.state.items()}
    assert kept == {f"step {k}": path[k] for k in (2, 3, 4) if k % every == 0}
