"""S7 and S8 on a network's own training, by replays: what holds, and 24 faults that must not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from amverify.errors import InvalidInput
from amverify.expectation import ReplayedSweeps
from amverify.expectation.points import ahead, length
from amverify.judge.audit import audit
from amverify.samt import SAMT
from amverify.samt.evaluation import whole
from amverify.samt.sweep import Sweep
from amverify.trace.trace import Trace
from amverify.verdict import Evidence, Verdict
from tests.expectation.test_replayed import PROBE
from tests.expectation.test_replayed_sweeps import (
    BiasedSweeps,
    by_hand,
    training,
)

SMALL: dict[str, Any] = {"lr": 0.005, "meta_lr": 0.05, "bounds": (0.001, 0.005)}
BETA = {"S7": 0.0, "S8": 0.5}
F64 = torch.float64


class Told(ReplayedSweeps):
    """With a modulus that is told: what it measures is tested where it is asked for."""

    def _measure(self, *_: Any) -> float:
        return 8.5


class BiasedTold(Told):
    """A fault: batches are drawn from one class alone, so gradients are biased."""

    _indices = BiasedSweeps._indices


@cache
def recorded(beta: float) -> Trace:
    """Step sizes inside the range: p is 0.043, and may be 0.0625."""
    run = training(extrapolation=beta, **SMALL)
    for k in range(21):
        run.sweep(replay=250 if k in (1, 20) else 0)
    return run.trace(PROBE)


@pytest.mark.parametrize("name", ["S7", "S8"])
def test_it_holds_by_replays_inside_its_range(name: str) -> None:
    finding = audit(recorded(BETA[name]), [name])[name]
    assert finding.verdict is Verdict.HOLDS, finding.reason
    assert Evidence.STATISTICAL in finding.evidence
    assert "2 states replayed" in " ".join(finding.notes)
    assert finding.counts.decided == finding.counts.total == {"S7": 6, "S8": 4}[name]


def test_without_extrapolation_s8_holds_too_and_with_it_the_others_do_not_apply() -> None:
    assert audit(recorded(0.0), ["S3", "S8"]).verdict is Verdict.HOLDS
    for name in ("S3", "S7"):
        finding = audit(recorded(0.5), [name])[name]
        assert finding.verdict is Verdict.NOT_APPLICABLE
        assert "β = 0.5: S8 is about that" in finding.reason


def _settings(**found: object) -> Callable[[Trace], Trace]:
    def edit(trace: Trace) -> Trace:
        return replace(trace, header={**trace.header, "settings": {**trace.settings, **found}})

    return edit


def _sweeps(name: str, factor: float) -> Callable[[Trace], Trace]:
    def edit(trace: Trace) -> Trace:
        return replace(trace, sweeps={**trace.sweeps, name: factor * trace.sweeps[name]})

    return edit


def _flipped(trace: Trace) -> Trace:
    old = trace.replays
    turned = {"change": -old["change"], "low": -old["high"], "high": -old["low"]}
    return replace(trace, replays={**old, **turned})


def _without(rows: Callable[[Trace], np.ndarray]) -> Callable[[Trace], Trace]:
    def edit(trace: Trace) -> Trace:
        kept = ~rows(trace)
        return replace(trace, replays={n: column[kept] for n, column in trace.replays.items()})

    return edit


def _narrow(trace: Trace) -> Trace:
    high = np.full(len(trace.replays["high"]), np.median(trace.replays["change"]))
    return replace(trace, replays={**trace.replays, "high": high})


def _worst(trace: Trace) -> np.ndarray:
    return trace.replays["change"] == trace.replays["change"].max()


def _longer(trace: Trace) -> Trace:
    """‖Δ⁺‖² is said to be a thousand times what it is."""
    names = ("displacement", "displacement_error", "displacement_high")
    return replace(trace, replays={**trace.replays, **{n: 1e3 * trace.replays[n] for n in names}})


FAULTS: dict[str, tuple[Callable[[Trace], Trace], dict[str, float], str]] = {
    "sign of the change": (_flipped, {}, "VV"),
    "Σα(∂f)² × 100": (_sweeps("pull", 100.0), {}, "VV"),
    "the worst draws left out": (_without(_worst), {}, "NN"),
    "bounds that the draws do not keep": (_narrow, {}, "NN"),
    "L̄ × 100": (lambda t: t, {"Lbar": 850.0}, "NN"),
    "α_max × 4": (_sweeps("alpha_max", 4.0), {}, "NN"),
    "shuffled epochs, told": (_settings(sampling="shuffled"), {}, "NN"),
    "sampling not told": (_settings(sampling=None), {}, "UU"),
    "a gradient that jumps": (_settings(jumps=["ReLU (1)"]), {}, "UU"),
    "step sizes trained on their own batch, told": (_settings(meta="same"), {}, "NN"),
    "later batches change step sizes": (
        _settings(probe={"compared": 9, "earlier_changed": 1}), {}, "NN",
    ),
    "no probe": (_settings(probe={}), {}, "UU"),
    "two inner steps": (_settings(inner=2), {}, "NN"),
    "β of 1": (_settings(extrapolation=1.0), {}, "NN"),
    "‖Δ⁺‖² × 1000": (_longer, {}, "HV"),
}  # fmt: skip
LETTERS = {"HOLDS": "H", "VIOLATED": "V", "NOT_APPLICABLE": "N", "UNDECIDED": "U"}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_record_is_caught(fault: str) -> None:
    edit, constants, wanted = FAULTS[fault]
    found = [audit(edit(recorded(BETA[n])), [n], constants).verdict for n in ("S7", "S8")]
    assert "".join(LETTERS[str(v)] for v in found) == wanted


@pytest.mark.parametrize(("name", "beta"), BETA.items())
def test_biased_batches_violate_it(name: str, beta: float) -> None:
    run = training(kind=BiasedTold, extrapolation=beta, **SMALL)
    for k in range(150):
        run.sweep(replay=300 if k == 149 else 0)
    finding = audit(run.trace(PROBE), [name])[name]
    assert finding.verdict is Verdict.VIOLATED, finding.reason


@pytest.mark.parametrize(("name", "beta"), BETA.items())
def test_a_block_that_climbs_violates_it(
    monkeypatch: pytest.MonkeyPatch, name: str, beta: float
) -> None:
    literal = Sweep._move

    def move(self: Sweep, block: Any, alphas: Any, directions: Any, rule: Any) -> Any:
        sign = -1 if block.number == 1 else 1
        return literal(self, block, alphas, [sign * whole(d) for d in directions], rule)

    monkeypatch.setattr(Sweep, "_move", move)
    run = training(kind=Told, extrapolation=beta, **SMALL)
    run.sweep()
    run.sweep(replay=400)
    finding = audit(run.trace(PROBE), [name])[name]
    assert finding.verdict is Verdict.VIOLATED, finding.reason


def test_an_optimiser_that_keeps_another_displacement_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fault: Δ⁺ is the step alone, without the extrapolation before it."""
    literal = Sweep._extrapolate

    def extrapolate(self: Sweep) -> None:
        literal(self)
        for block in self.blocks:
            for state in block.states:
                if state.get("displacement") is not None:
                    state["displacement"].zero_()

    monkeypatch.setattr(Sweep, "_extrapolate", extrapolate)
    run = training(extrapolation=0.5, **SMALL)
    run.sweep()
    with pytest.raises(InvalidInput, match="another Δ than it moved by"):
        run.sweep()


def test_the_columns_are_those_of_the_definition() -> None:
    """One sample a batch, drawn by hand: z⁺, Δ⁺, and variances at y."""
    run = training(kind=Told, extrapolation=0.5, batch=1, lr=0.02, meta_lr=0.0)
    run.sweep()
    with ahead(run.optimiser, 1.0):
        z, value = [w.detach().clone() for w in run.model.parameters()], run._value()
    moved = length(run.optimiser)
    with ahead(run.optimiser, 0.5):
        each = torch.cat([*run.gradients([w for b in run._visited() for w in b])])
    run.sweep(replay=20)
    trace = run.trace()
    share, n = 0.02, len(each)
    assert trace.sweeps["displacement"][1] == pytest.approx(moved)
    assert trace.sweeps["pull"][1] == pytest.approx(share * float(each.mean(0).square().sum()))
    spread = float(each.var(0, unbiased=False).sum())
    assert trace.sweeps["noise"][1] == pytest.approx(share**2 * spread)
    assert n == 120
    generator = torch.Generator().manual_seed(2)
    again = training(extrapolation=0.5, batch=1, lr=0.02, meta_lr=0.0)
    again.sweep()
    start = {name: v.clone() for name, v in again.model.state_dict().items()}
    state = {w: own["displacement"].clone() for w, own in again.optimiser.state.items()}
    for change, length2 in zip(
        trace.replays["change"][:5], trace.replays["displacement"][:5], strict=True
    ):
        again.model.load_state_dict(start)
        for w, own in again.optimiser.state.items():
            own["displacement"] = state[w].clone()
        again._indices = lambda _: torch.randint(120, (1,), generator=generator)  # type: ignore[method-assign]
        again._move(generator)
        assert length2 == pytest.approx(length(again.optimiser))
        after = [
            w + own["displacement"] for w, own in zip(
                again.model.parameters(), again.optimiser.state.values(), strict=True
            )
        ]  # fmt: skip
        assert not all(map(torch.equal, z, after))
        with ahead(again.optimiser, 1.0):
            assert change == pytest.approx(again._value() - value, abs=1e-13)


def relu() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8, dtype=F64), nn.ReLU(), nn.Linear(8, 3, dtype=F64))


def test_a_network_with_relu_is_looked_at_and_not_replayed() -> None:
    run = training(relu(), extrapolation=0.9, lr=0.02)
    with pytest.raises(InvalidInput, match=r"ReLU \(1\) makes one that jumps"):
        run.sweep(replay=3)
    run = training(relu(), extrapolation=0.9, lr=0.02)
    run.sweep(look=True)
    run.sweep()
    run.sweep(look=True)
    finding = audit(run.trace(PROBE), ["S8"])["S8"]
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert "L̄α_max ≤ (1−β)²/4” fails" in finding.reason
    assert "2 sweeps were looked at and not replayed" in finding.notes
    slow = training(relu(), extrapolation=0.5, lr=1e-4, meta_lr=0.0)
    slow.sweep(look=True)
    finding = audit(slow.trace(PROBE), ["S8"])["S8"]
    assert finding.verdict is Verdict.UNDECIDED
    assert "the derivative of ReLU (1) jumps: no L̄ is known" in finding.reason


def test_what_was_looked_at_is_undecided_and_what_was_replayed_beside_it_counts() -> None:
    run = training(kind=Told, **SMALL)
    run.sweep(look=True)
    assert audit(run.trace(PROBE), ["S7"])["S7"].verdict is Verdict.UNDECIDED
    run.sweep(replay=250)
    finding = audit(run.trace(PROBE), ["S7"])["S7"]
    assert finding.verdict is Verdict.HOLDS, finding.reason
    assert (finding.counts.decided, finding.counts.floor) == (3, 3)


def test_shuffled_epochs_are_no_fresh_draws() -> None:
    old = training()
    run = Told(
        old.model, training(old.model, **SMALL).optimiser, old.x, old.y, old.losses, batch=50,
        shuffle=True,
    )  # fmt: skip
    epoch = [run._chosen, run._indices(run._train), run._indices(run._train)]
    assert [len(batch) for batch in epoch] == [50, 50, 20]
    assert sorted(torch.cat(epoch).tolist()) == list(range(120))
    with pytest.raises(InvalidInput, match="shuffled epochs"):
        run.sweep(replay=3)
    run.sweep(look=True)
    finding = audit(run.trace(PROBE), ["S7"])["S7"]
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert "drawn without replacement" in finding.reason


def test_blocks_that_extrapolate_by_different_shares_are_refused() -> None:
    old = training()
    groups = [
        {"params": list(old.model[place].parameters()), "extrapolation": beta}
        for place, beta in ((0, 0.5), (2, 0.9))
    ]
    mixed = SAMT(groups, lr=0.01, model=old.model)
    with pytest.raises(InvalidInput, match="one extrapolation for all blocks"):
        ReplayedSweeps(old.model, mixed, old.x, old.y, old.losses, batch=8)


def test_replays_leave_an_extrapolated_training_as_it_is() -> None:
    seen = []
    for replay in (0, 5):
        run = training(kind=Told, extrapolation=0.5, **SMALL)
        losses = [float(run.sweep(replay if k in (2, 3) else 0)) for k in range(5)]
        seen.append((losses, run.optimiser.counters.as_dict(), length(run.optimiser)))
    assert seen[0] == seen[1]


def test_by_hand_agrees_without_extrapolation() -> None:
    """‖Δ⁺‖² of a replay without extrapolation is ‖w⁺ − w‖²."""
    run = training(kind=Told, lr=0.02)
    run.sweep(replay=3)
    generator = torch.Generator().manual_seed(2)
    for found in run.trace().replays["displacement"].tolist():
        batch = torch.randint(120, (8,), generator=generator)
        gradients, _ = by_hand(batch, 0.02, (2, 0))
        squares = sum(float(g.square().sum()) for g in gradients)
        assert found == pytest.approx(0.02**2 * squares)
