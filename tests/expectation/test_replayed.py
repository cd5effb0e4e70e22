"""S1 on a network's own training: replays at its states, decided by confidence sequences."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from amverify.errors import InvalidInput
from amverify.expectation import ReplayedTraining
from amverify.expectation.blocks import _State
from amverify.judge.audit import audit
from amverify.samt import SAMT
from amverify.samt.probe import Probe, predictability_probe
from amverify.verdict import Evidence, Verdict

F64 = torch.float64
PLAIN: dict[str, Any] = {"resample": True, "extrapolation": 0.0, "lr": 0.5, "kind": "row"}
LOSSES = partial(cross_entropy, reduction="none")
PROBE = Probe(compared=12, earlier_changed=0)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8, dtype=F64), nn.Tanh(), nn.Linear(8, 3, dtype=F64))


def samples(count: int = 120) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(count, 6, dtype=F64, generator=generator)
    noise = torch.randn(count, 3, dtype=F64, generator=generator)
    return x, (x[:, :3] + 0.5 * noise).argmax(1)


def training(model: nn.Sequential | None = None, kind: type = ReplayedTraining, **settings: Any):
    model = network() if model is None else model
    optimiser = SAMT(model, **{**PLAIN, **settings})
    return kind(model, optimiser, *samples(), LOSSES, batch=8)


@pytest.mark.parametrize("order", ["backward", "forward"])
def test_s1_holds_on_a_network_s_training(order: str) -> None:
    run = training(order=order)
    for k in range(40):
        run.sweep(replay=1500 if k in (0, 39) else 0)
    finding = audit(run.trace(PROBE), ["S1"])["S1"]
    assert finding.verdict is Verdict.HOLDS, finding.reason
    assert Evidence.STATISTICAL in finding.evidence
    assert finding.counts.total == 4
    assert finding.counts.decided >= 2
    told = " ".join(finding.notes)
    assert "measured on this run, not known: modulus" in told
    assert "4 states replayed" in told


class OfOneClass(ReplayedTraining):
    """A fault: fresh batches are drawn from one class alone, so gradients are biased."""

    def _indices(self, generator: torch.Generator) -> Tensor:
        mine = torch.nonzero(self.y == 0).flatten()
        return mine[torch.randint(len(mine), (self.batch,), generator=generator)]


def test_biased_batches_violate_s1() -> None:
    run = training(kind=OfOneClass)
    for k in range(30):
        run.sweep(replay=600 if k == 29 else 0)
    finding = audit(run.trace(PROBE), ["S1"])["S1"]
    assert finding.verdict is Verdict.VIOLATED, finding.reason
    assert Evidence.STATISTICAL in finding.evidence


def test_the_columns_are_those_of_the_definition() -> None:
    model = network()
    run = training(model, order="forward")
    run.sweep(replay=20)
    trace = run.trace()
    x, y = samples()
    fresh = network()
    alpha = 0.5
    each = torch.stack(
        [torch.cat([g.flatten() for g in torch.autograd.grad(
            cross_entropy(fresh(x[i : i + 1]), y[i : i + 1]), list(fresh[0].parameters()))])
         for i in range(len(x))]
    )  # fmt: skip
    slope = each.mean(0)
    assert trace.blocks["pull"][0] == pytest.approx(float(alpha * slope @ slope))
    noise = alpha**2 * each.var(0, unbiased=False).sum() / 8
    assert trace.blocks["noise"][0] == pytest.approx(float(noise))
    changes = trace.replays["change"][trace.replays["layer"] == 1]
    assert len(set(changes.tolist())) == 20
    value = float(cross_entropy(fresh(x), y).detach())
    generator = torch.Generator().manual_seed(2)
    before = torch.cat([w.detach().flatten() for w in fresh[0].parameters()])
    for found in changes.tolist():
        batch = torch.randint(120, (8,), generator=generator)
        moved = before - alpha * each[batch].mean(0)
        with torch.no_grad():
            nn.utils.vector_to_parameters(moved, fresh[0].parameters())
            assert found == pytest.approx(float(cross_entropy(fresh(x), y)) - value, abs=1e-12)


def test_replays_leave_training_as_it_is() -> None:
    seen = []
    for replay in (0, 25):
        model = network()
        run = training(model)
        seen.append([float(run.sweep(replay)) for _ in range(5)])
        seen.append([w.detach().clone() for w in model.parameters()])
    assert seen[0] == seen[2]
    assert all(map(torch.equal, seen[1], seen[3]))


def test_the_probe_of_this_training_finds_it_predictable() -> None:
    def used(batches: Any) -> list[list[float]]:
        model, (x, y) = network(), samples()
        optimiser = SAMT(model, **{**PLAIN, "resample": False})
        found = []
        for chosen in batches:
            found.append([float(a) for v in optimiser.step_sizes().values() for a in v.flatten()])
            optimiser.step(lambda c=chosen: cross_entropy(model(x[c]), y[c]))  # type: ignore[misc]
        return found

    batches = [list(range(k, k + 8)) for k in range(6)]
    others = [list(range(k + 50, k + 58)) for k in range(6)]
    probe = predictability_probe(used, batches, others, 3)
    assert probe.predictable
    run = training()
    run.sweep(replay=5)
    assert run.trace(probe).settings["probe"] == probe.told()


def test_s1_without_a_probe_is_undecided() -> None:
    run = training()
    run.sweep(replay=5)
    assert audit(run.trace(), ["S1"])["S1"].verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"resample": False}, "resample"),
        ({"meta": "same"}, "predictable"),
        ({"inner": 2}, "inner=1"),
        ({"order": "random"}, "fixed order"),
        ({"extrapolation": 0.9}, "extrapolation"),
        ({"momentum": 0.5}, "momentum"),
        ({"weight_decay": 0.1}, "weight_decay"),
        ({"clip": 1.0}, "clip"),
    ],
)
def test_what_s1_is_not_about_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        training(**settings)


def test_other_bad_input() -> None:
    with pytest.raises(InvalidInput, match="float64"):
        training(network().float())
    normed = nn.Sequential(nn.BatchNorm1d(6, dtype=F64), *network())
    with pytest.raises(InvalidInput, match="buffers"):
        training(normed)
    with pytest.raises(InvalidInput, match=r"Lipschitz, ReLU \(2\) makes one that jumps"):
        training(nn.Sequential(*network()[:2], nn.ReLU(), nn.Linear(8, 3, dtype=F64)))
    with pytest.raises(InvalidInput, match="no sweep"):
        training().trace()
    model = network()
    x, y = samples()
    with pytest.raises(InvalidInput, match="119 labels"):
        ReplayedTraining(model, SAMT(model, **PLAIN), x, y[1:], LOSSES, batch=8)


def test_bounds_hold_whichever_the_batch() -> None:
    """With the modulus of this very step, a batch of one extreme sample keeps its bounds."""
    run = training()
    weights = list(run.model[2].parameters())  # type: ignore[index]
    alpha = torch.full((sum(w.numel() for w in weights),), 0.5, dtype=F64)
    state = _State(run, weights, alpha, torch.cat([*run.gradients(weights)]))
    generator = torch.Generator().manual_seed(9)
    modulus = state.modulus(200, generator)
    low, high = state.bounds(modulus)
    assert all(low <= state.change(generator) <= high for _ in range(200))
