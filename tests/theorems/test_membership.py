"""What a run shows of w^k ∈ ∂F(x^k) and of the band: faults that leave every inequality true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from amverify.judge.audit import audit
from amverify.methods import joint
from amverify.methods.joint import JointTIAM
from amverify.methods.pairs import PairStep
from amverify.network.activations import activation
from amverify.network.coupling import Band
from amverify.network.initial import gaussian
from amverify.network.layered import LayeredProblem
from amverify.network.losses import SquaredError
from amverify.record.layered.run import traced
from amverify.trace.trace import Trace
from amverify.verdict import Verdict
from tests.support.problems import parameters, problem

IDS = ("TR", "TC0", "TK", "TC")


def run(dtype=torch.float64, sweeps=12) -> Trace:
    p = problem((4, 3, 3), 5, seed=3, dtype=dtype, mu=0.05, mu_bias=0.03, coupling=Band(0.3))
    return traced(JointTIAM(scale=1.5), p, parameters(p, 3), sweeps)


def verdicts(trace: Trace, ids=IDS) -> set[Verdict]:
    return {finding.verdict for finding in audit(trace, ids).findings}


def reasons(trace: Trace, ids=IDS) -> str:
    return " ".join(finding.reason for finding in audit(trace, ids).findings)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_a_right_run_holds_and_says_what_is_not_monitored(dtype):
    findings = audit(run(dtype), IDS[:3]).findings
    assert {f.verdict for f in findings} == {Verdict.HOLDS}
    assert all(any("exact minimisers" in note for note in f.notes) for f in findings)


@pytest.mark.parametrize("seed", range(3))
def test_at_convergence_what_stayed_is_a_minimiser_to_a_root_of_the_roundoff(seed):
    """Without that in w's error the distance is 3 to 13 times ‖w‖ here."""
    generator = torch.Generator().manual_seed(seed)
    x, y = torch.randn(2, 13, 4, generator=generator, dtype=torch.float64)
    p = LayeredProblem(
        x / 4, y, (4, 2, 4), rho=0.0176, mu=0.9, mu_bias=0.48, coupling=Band(0.054),
        activation=activation("identity"), loss=SquaredError(),
    )  # fmt: skip
    method = JointTIAM(scale=1.5, momentum=5.0, inertia=0.99)
    trace = traced(method, p, gaussian(p.widths, seed, 0.5), 60, measure_every=1)
    assert Verdict.NOT_APPLICABLE not in verdicts(trace, ["TR", "TK"]), reasons(trace)


def test_blocks_that_half_moved_are_seen(monkeypatch: pytest.MonkeyPatch):
    right = joint.pair_step
    drawn = torch.Generator().manual_seed(0)

    def half(pair):
        step = right(pair)
        kept = torch.rand(pair.z.shape, generator=drawn, dtype=pair.z.dtype) < 0.5
        z, a = torch.where(kept, pair.z, step.z), torch.where(kept, pair.a, step.a)
        return PairStep(z, a, z - pair.z, a - pair.a, step.compared)

    monkeypatch.setattr(joint, "pair_step", half)
    trace = run()
    assert verdicts(trace) == {Verdict.NOT_APPLICABLE}
    assert "as measured, is above ‖w^k‖" in reasons(trace)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_a_band_that_is_left_is_seen(dtype, monkeypatch: pytest.MonkeyPatch):
    right = joint.pair_step
    monkeypatch.setattr(joint, "pair_step", lambda pair: right(pair._replace(eps=1.3 * pair.eps)))
    trace = run(dtype)
    assert verdicts(trace, ["TJ", "TPsi", "TK"]) == {Verdict.NOT_APPLICABLE}
    assert "the band is violated by" in reasons(trace)


@pytest.mark.parametrize("table", ["sweeps", "blocks"])
def test_a_residual_that_is_no_sum_is_seen(table):
    trace = run()
    name = {"sweeps": "joint_residual", "blocks": "residual"}[table]
    columns = {key: np.array(column) for key, column in trace.table(table).items()}
    columns[name] = columns[name] * 1e-8
    edited = replace(trace, **{table: columns})
    assert verdicts(edited, ["TR", "TK", "TC"]) == {Verdict.NOT_APPLICABLE}
    assert "is not the sum of its blocks" in reasons(edited)
