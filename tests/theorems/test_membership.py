"""That w^k ∈ ∂F(x^k) is not monitored is said, and what was measured of it."""

from __future__ import annotations

import pytest
import torch

from amverify.judge.audit import audit
from amverify.methods import joint
from amverify.methods.joint import JointTIAM
from amverify.methods.pairs import PairStep
from amverify.network.coupling import Band
from amverify.record.run import traced
from tests.support.problems import parameters, problem

IDS = ("TR", "TC0", "TK", "TC")


def said(dtype=torch.float64) -> list[str]:
    p = problem((4, 3, 3), 5, seed=3, dtype=dtype, mu=0.05, mu_bias=0.03, coupling=Band(0.3))
    trace = traced(JointTIAM(scale=1.5), p, parameters(p, 3), 12)
    notes = [
        note for f in audit(trace, IDS).findings for note in f.notes if "∂F(x^k) rests" in note
    ]
    assert len(notes) == len(IDS)
    return notes


def test_a_right_run_is_within_the_residual_that_it_shows():
    assert all("not monitored; the measured dist" in note for note in said())
    assert not any("fails on this run" in note for note in said())


def test_float32_measures_nothing_of_it():
    assert all(note.endswith("not monitored") for note in said(torch.float32))


def test_blocks_that_half_moved_are_seen(monkeypatch: pytest.MonkeyPatch):
    right = joint.pair_step
    drawn = torch.Generator().manual_seed(0)

    def half(pair):
        step = right(pair)
        kept = torch.rand(pair.z.shape, generator=drawn, dtype=pair.z.dtype) < 0.5
        z, a = torch.where(kept, pair.z, step.z), torch.where(kept, pair.a, step.a)
        e_z, e_a = z - pair.z, a - pair.a
        lengths = float((e_z**2).sum()), float((e_a**2).sum())
        return PairStep(z, a, e_z, e_a, *lengths, step.compared)

    monkeypatch.setattr(joint, "pair_step", half)
    assert all("fails on this run" in note for note in said())
