"""Ten thousand random steps of blocks in metrics: TM, TMG, TMQ, TH and TJ hold, and only they."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from support.metric_steps import MARGIN, Plan, metric_run
from support.problems import parameters
from support.problems import problem as layered

from amverify.judge.audit import audit
from amverify.methods.joint import JointTIAM
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band
from amverify.record.layered.run import traced
from amverify.theorems.base import Context
from amverify.theorems.joint import TJ
from amverify.trace.trace import Trace
from amverify.verdict import Verdict

COUNT, SWEEPS = 320, 8
STEPS = COUNT * SWEEPS * 4
CLAIMS = ("TM", "TMG", "TMQ", "TH", "TJ")
DESCENT = replace(TJ, conclusions=TJ.conclusions[:1])
"""TJ without weights: for any inertia."""


def _any(low: float, high: float, seed: int, still: bool = False) -> NDArray[np.float64]:
    drawn = np.random.default_rng(seed).uniform(low, high, COUNT)
    return np.where(np.arange(COUNT) % 8 == 0, 0.0, drawn) if still else drawn


def _of(
    kinds: str, low: float, high: float, seed: int, still: bool = False
) -> Mapping[str, object]:
    return {kind: _any(low, high, seed + i, still) for i, kind in enumerate(kinds)}


def free(stretch: float) -> Plan:
    """Parameters of any size, one set a network."""
    return Plan(
        s={**_of("Vz", 0.5, 2, 1), **_of("y", 1, 2, 3)},
        t={**_of("V", 1, 1.75, 4), "y": 1.0, "z": 1.0},
        p1=_of("Vyz", -1, 1, 5, still=True),
        p2=_of("Vyz", -1, 1, 8, still=True),
        certified=False,
        stretch=stretch,
    )


def certified(stretch: float) -> Plan:
    """Inertia cut as TH and TJ ask, scales and relaxations of any size."""
    wild = free(stretch)
    return replace(wild, s={**wild.s, **_of("Vz", 1, 2, 1)}, certified=True, c=0.4, inertia=0.9)


@pytest.mark.parametrize("stretch", [1.0, 1.375])
def test_certified_steps_hold(stretch: float) -> None:
    trace = metric_run(certified(stretch), COUNT, SWEEPS, seed=1)
    assert trace.rows("blocks") == STEPS > 10_000
    for finding in audit(trace, [c for c in CLAIMS if c != "TMQ" or stretch == 1]).findings:
        assert finding.verdict == Verdict.HOLDS, (finding.theorem, finding.reason)
        assert finding.counts.open == 0
    assert (trace.blocks["p1"] != 0).mean() > 0.5, "the inertia that is certified is none"


@pytest.mark.parametrize("stretch", [1.0, 1.375])
def test_any_inertia_holds(stretch: float) -> None:
    trace = metric_run(free(stretch), COUNT, SWEEPS, seed=2)
    claims = ["TM", "TMG", DESCENT, *(["TMQ"] if stretch == 1 else [])]
    for finding in audit(trace, claims).findings:
        assert finding.verdict == Verdict.HOLDS, (finding.theorem, finding.reason)
    rises = trace.blocks["change"] > 0
    assert rises.mean() > 0.05, "no step raised F: a bound on the rise was not tried"


def test_the_identity_is_seen_to_nine_digits_if_asked() -> None:
    trace = metric_run(free(1.0), COUNT, SWEEPS, seed=3)
    for claim in ("TMG", "TMQ"):
        finding = audit(trace, [claim], {"eta": 1e-9}).findings[0]
        assert finding.verdict == Verdict.HOLDS, finding.reason
        assert finding.counts.share > 0.9


def _changed(trace: Trace, name: str, new: NDArray[np.float64]) -> Trace:
    return replace(trace, blocks={**trace.blocks, name: new})


@pytest.mark.parametrize("factor", [1.001, 0.999])
def test_a_wrong_t_or_s_is_seen(factor: float) -> None:
    """s/t a thousandth too large: less fell than said; too small: more."""
    trace = metric_run(free(1.0), 320, 4, seed=4)
    wrong = _changed(trace, "s", trace.blocks["s"] * factor)
    witness = audit(wrong, ["TMQ"]).findings[0].witness
    assert witness is not None
    assert witness.inequality.startswith("no more" if factor > 1 else "no")


def test_below_s_of_1_a_joint_block_may_rise_and_TJ_is_refused() -> None:
    still = Plan(s={"V": 1.0, "y": 0.8, "z": 1.0}, c=0.0, inertia=0.0, certified=False)
    trace = metric_run(still, COUNT, 30, seed=5)
    y = trace.blocks["kind"] == b"y"
    assert (trace.blocks["change"][y] > trace.blocks["change_error"][y]).any()
    assert audit(trace, [DESCENT]).verdict == Verdict.NOT_APPLICABLE
    above = metric_run(replace(still, s={**still.s, "y": 1.0}), COUNT, 30, seed=5).blocks
    rise = above["change"] - above["change_error"] - above["execution"]
    assert not (rise[above["kind"] == b"y"] > 0).any()


def test_too_much_inertia_is_refused() -> None:
    """TH's two scalars: at 1.01 times what they admit it is not applicable."""
    trace = metric_run(certified(1.0), COUNT, SWEEPS, seed=6)
    b = trace.blocks
    v = (b["kind"] != b"y") & (b["metric_inertia"] > 0) & (b["sweep"] > 1)
    most = b["delta_next"] * np.sqrt(b["metric_before"] / np.where(v, b["metric_inertia"], 1))
    assert (np.abs((b["s"] * b["p1"])[v]) <= most[v]).all()
    wrong = _changed(trace, "p1", np.where(v, 1.01 * most / b["s"], b["p1"]))
    assert audit(wrong, ["TH"]).verdict == Verdict.NOT_APPLICABLE


def test_the_weights_are_the_specification_s() -> None:
    b = metric_run(Plan(), 2, 3).blocks
    y = b["kind"] == b"y"
    alpha = np.where(y, (b["s"] - 1) / 2, b["s"] / b["t"] - 0.5)
    np.testing.assert_allclose(b["delta_next"], np.where(y, 2, 1) * (1 - MARGIN) * alpha)


def test_elsewhere_they_do_not_apply() -> None:
    p = layered((4, 3, 3), 5, seed=3, coupling=Band(0.3))
    trace = traced(TIAM(), p, parameters(p, 3), 4)
    for run in (trace, replace(trace, blocks={})):
        for finding in audit(run, CLAIMS).findings:
            assert finding.verdict == Verdict.NOT_APPLICABLE, finding.theorem
            assert "no block of this run" in finding.reason


@pytest.mark.parametrize("name", ["margin", "loss_convex", "starts_feasible"])
def test_what_is_not_recorded_leaves_open(name: str) -> None:
    trace = metric_run(Plan(), 2, 3)
    settings = {k: v for k, v in trace.header["settings"].items() if k != name}
    told = replace(trace, header={**trace.header, "settings": settings})
    finding = audit(told, ["TJ" if name == "starts_feasible" else "TH"]).findings[0]
    assert finding.verdict == Verdict.UNDECIDED
    assert f"setting {name}" in finding.reason


@pytest.mark.parametrize(
    ("name", "claim", "said"),
    [("loss_convex", "TM", "R is not convex"), ("starts_feasible", "TJ", "outside the band")],
)
def test_what_is_recorded_as_false_is_refused(name: str, claim: str, said: str) -> None:
    trace = metric_run(Plan(), 2, 3)
    settings = {**trace.header["settings"], name: False}
    finding = audit(replace(trace, header={**trace.header, "settings": settings}), [claim])
    assert finding.verdict == Verdict.NOT_APPLICABLE
    assert said in finding[claim].reason


@pytest.mark.parametrize(("claim", "kind"), [("TM", b"V"), ("TH", b"z"), ("TJ", b"y")])
def test_a_curvature_below_0_is_refused(claim: str, kind: bytes) -> None:
    trace = metric_run(Plan(), 2, 3)
    own = trace.blocks["kind"] == kind
    bent = _changed(trace, "bend", np.where(own, -trace.blocks["bend"], trace.blocks["bend"]))
    finding = audit(bent, [claim]).findings[0]
    assert finding.verdict == Verdict.NOT_APPLICABLE
    assert "H is not convex" in finding.reason


def test_where_the_band_shrinks_TJ_says_nothing() -> None:
    """u^k may lie outside the new band there."""
    trace = metric_run(Plan(), 2, 6)
    eps = np.where(trace.sweeps["sweep"] < 3, 1.0, 0.25)
    shrunk = replace(trace, sweeps={**trace.sweeps, "eps": eps})
    whole, rest = (TJ.conclusions[0].view(Context(t)) for t in (trace, shrunk))
    assert set(whole.sweep) - set(rest.sweep) == {3}
    assert "ε shrinks until sweep 3" in rest.notes[0]


RECORDED = {
    "as it is": JointTIAM(),
    "live": JointTIAM(scale=1.5, relaxation=0.3, momentum=0.4, inertia=0.6),
    "negative": JointTIAM(scale=2.0, relaxation=0.0, momentum=-0.4, inertia=0.9, margin=0.5),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
@pytest.mark.parametrize("name", RECORDED)
def test_recorded_runs_hold(name: str, loss: str, dtype: torch.dtype) -> None:
    options = {"mu": 0.05, "mu_bias": 0.02, "coupling": Band(0.1), "dtype": dtype}
    p = layered((4, 3, 3, 2), 5, seed=3, loss=loss, **options)
    trace = traced(RECORDED[name], p, parameters(p, 3), 20)
    for finding in audit(trace, CLAIMS).findings:
        assert finding.verdict == Verdict.HOLDS, (finding.theorem, finding.reason)
