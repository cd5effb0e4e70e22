"""S3 on a network's own training: whole sweeps replayed, one batch each."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from amverify.errors import InvalidInput
from amverify.expectation import ReplayedSweeps, probe
from amverify.judge.audit import audit
from amverify.samt import SAMT
from amverify.samt.evaluation import whole
from amverify.samt.sweep import Sweep
from amverify.trace.file import load_trace, save_trace
from amverify.verdict import Evidence, Verdict
from tests.expectation.test_replayed import LOSSES, PROBE, OfOneClass, network, samples

PLAIN: dict[str, Any] = {"extrapolation": 0.0, "lr": 0.02, "kind": "row"}


def training(
    model: nn.Sequential | None = None,
    kind: type[ReplayedSweeps] = ReplayedSweeps,
    batch: int = 8,
    data: tuple[Tensor, Tensor] | None = None,
    **settings: Any,
) -> ReplayedSweeps:
    model = network() if model is None else model
    data = samples() if data is None else data
    return kind(model, SAMT(model, **{**PLAIN, **settings}), *data, LOSSES, batch=batch)


@pytest.mark.parametrize("order", ["backward", "forward"])
def test_s3_holds_on_a_network_s_training(order: str) -> None:
    run = training(order=order)
    first = run._value()
    for k in range(40):
        run.sweep(replay=400 if k in (0, 39) else 0)
    assert run._value() < 0.95 * first
    finding = audit(run.trace(PROBE), ["S3"])["S3"]
    assert finding.verdict is Verdict.HOLDS, finding.reason
    assert Evidence.STATISTICAL in finding.evidence
    assert finding.counts.decided == finding.counts.total == 4
    told = " ".join(finding.notes)
    assert "measured on this run, not known: L̄" in told
    assert "2 states replayed" in told
    assert [c.origin for c in finding.constants if c.name == "Lbar"] == ["measured"]


def test_three_blocks_in_consecutive_sweeps() -> None:
    torch.manual_seed(3)
    sizes = [nn.Linear(6, 6, dtype=torch.float64), nn.Linear(6, 5, dtype=torch.float64)]
    last = nn.Linear(5, 3, dtype=torch.float64)
    run = training(nn.Sequential(sizes[0], nn.Tanh(), sizes[1], nn.Tanh(), last))
    for k in range(3):
        run.sweep(replay=300 if k else 0)
    trace = run.trace(PROBE)
    assert trace.sweeps["sweep"].tolist() == [1, 2, 3]
    assert trace.settings["blocks"] == 3
    finding = audit(trace, ["S3"])["S3"]
    assert finding.verdict is Verdict.HOLDS, finding.reason
    assert finding.counts.decided == 4


class BiasedSweeps(ReplayedSweeps):
    """A fault: batches are drawn from one class alone, so gradients are biased."""

    _indices = OfOneClass._indices  # type: ignore[assignment]


def test_biased_batches_violate_s3() -> None:
    run = training(kind=BiasedSweeps, lr=0.01, meta_lr=0.0)
    for k in range(80):
        run.sweep(replay=500 if k == 79 else 0)
    trace = run.trace(PROBE)
    assert trace.replays["change"].mean() > 0
    # The first block has the largest moment: it is known at w, but for rounding.
    assert 0 < trace.sweeps["second_moment_error"][1] < 1e-9
    finding = audit(trace, ["S3"])["S3"]
    assert finding.verdict is Verdict.VIOLATED, finding.reason
    assert finding.counts.failed == 2
    assert Evidence.STATISTICAL in finding.evidence


def noise_fitted() -> tuple[nn.Sequential, tuple[Tensor, Tensor]]:
    """A narrow network near a minimiser of f on random labels: batches' gradients are all noise."""
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(120, 6, dtype=torch.float64, generator=generator).sign()
    y = torch.randint(0, 3, (120,), generator=generator)
    torch.manual_seed(0)
    first, last = nn.Linear(6, 2, dtype=torch.float64), nn.Linear(2, 3, dtype=torch.float64)
    model = nn.Sequential(first, nn.Tanh(), last)
    search = torch.optim.LBFGS(model.parameters(), max_iter=2000, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        search.zero_grad()
        decay = sum((w.square().sum() for w in model.parameters()), torch.zeros(()))
        found = cross_entropy(model(x), y) + 0.01 * decay  # keeps curvatures moderate
        found.backward()
        return found

    search.step(loss)
    return model, (x, y)


def test_where_noise_rules_a_modulus_is_needed() -> None:
    """E f increases there, as S3 admits with L̄; as if losses had no curvature it is refuted.

    S7 and S8 do not apply to such large steps, and are refuted where L̄ hides that they are large.
    """
    model, data = noise_fitted()
    run = training(model, batch=1, data=data)
    run.sweep(replay=3000)
    trace = run.trace(PROBE)
    assert trace.replays["change"].mean() > 0
    assert audit(trace, ["S3"])["S3"].verdict is Verdict.HOLDS
    for name in ("S3", "S7", "S8"):
        finding = audit(trace, [name], {"Lbar": 1e-3})[name]
        assert finding.verdict is Verdict.VIOLATED, finding.reason
    for name in ("S7", "S8"):
        finding = audit(trace, [name])[name]
        assert finding.verdict is Verdict.NOT_APPLICABLE
        assert "α_max ≤ 1/(4BL̄)” fails: sweep 1: 1.3" in finding.reason


def test_a_block_that_climbs_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replays are the optimiser's own steps: a sign that is wrong in one block shows."""
    literal = Sweep._move

    def move(self: Sweep, block: Any, alphas: Any, directions: Any, rule: Any) -> Any:
        sign = -1 if block.number == 1 else 1
        return literal(self, block, alphas, [sign * whole(d) for d in directions], rule)

    monkeypatch.setattr(Sweep, "_move", move)
    run = training(lr=0.005)
    run.sweep(replay=600)
    finding = audit(run.trace(PROBE), ["S3"])["S3"]
    assert finding.verdict is Verdict.VIOLATED, finding.reason


def by_hand(batch: Tensor, lr: float, order: tuple[int, int]) -> tuple[list[Tensor], float]:
    """Each block's gradient in a sweep of the fresh network on this batch, and f afterwards."""
    model, (x, y), found = network(), samples(), []
    for place in order:
        parameters = list(model[place].parameters())
        loss = cross_entropy(model(x[batch]), y[batch])
        gradients = torch.autograd.grad(loss, parameters)
        found.append(torch.cat([g.flatten() for g in gradients]))
        with torch.no_grad():
            for w, g in zip(parameters, gradients, strict=True):
                w.sub_(lr * g)
    return found, float(cross_entropy(model(x), y).detach())


@pytest.mark.parametrize(("order", "places"), [("backward", (2, 0)), ("forward", (0, 2))])
def test_a_replay_is_a_sweep_on_the_batch_drawn(order: str, places: tuple[int, int]) -> None:
    run = training(order=order)
    run.sweep(replay=20)
    trace, (x, y) = run.trace(), samples()
    value = float(cross_entropy(network()(x), y).detach())
    generator = torch.Generator().manual_seed(2)
    for found in trace.replays["change"].tolist():
        batch = torch.randint(120, (8,), generator=generator)
        assert found == pytest.approx(by_hand(batch, 0.02, places)[1] - value, abs=1e-13)
    assert trace.sweeps["value"][0] == pytest.approx(value)
    assert trace.sweeps["value"][1] == run._value()
    assert trace.blocks["layer"].tolist() == [place // 2 + 1 for place in places]


@pytest.mark.parametrize(("order", "places"), [("backward", (2, 0)), ("forward", (0, 2))])
def test_the_columns_are_those_of_the_definition(order: str, places: tuple[int, int]) -> None:
    """Batches of one sample can be enumerated, so that E‖∇_jℓ(v_j;ξ)‖² is known."""
    run = training(order=order, batch=1, lr=0.1)
    run.sweep(replay=5)
    trace, (x, y) = run.trace(), samples()
    model = network()
    parameters = [w for place in places for w in model[place].parameters()]
    loss = cross_entropy(model(x), y)
    slope = torch.cat([g.flatten() for g in torch.autograd.grad(loss, parameters)])
    assert trace.sweeps["gradient"][0] == pytest.approx(float(slope @ slope))
    swept = [by_hand(torch.tensor([s]), 0.1, places)[0] for s in range(120)]
    still = [by_hand(torch.tensor([s]), 0.0, places)[0] for s in range(120)]
    moments = [
        sum(float(sample[j] @ sample[j]) for sample in samples_) / 120
        for samples_ in (still, swept)
        for j in range(2)
    ]
    middle, bound = (trace.sweeps[f"second_moment{end}"][1] for end in ("", "_error"))
    assert max(moments[:2]) == pytest.approx(middle - bound)
    assert middle - bound <= max(moments) <= middle + bound
    assert bound > 1e-6
    assert (trace.sweeps["alpha_min"] == 0.1).all()
    assert (trace.sweeps["alpha_max"] == 0.1).all()


def test_batches_of_several_draws_have_the_moment_of_their_mean() -> None:
    run = training(batch=3, lr=1e-9, bounds=(1e-10, 1.0))
    run.sweep(replay=1)
    each = torch.cat([*run.gradients(run._trained(1))])
    generator = torch.Generator().manual_seed(7)
    batches = torch.randint(120, (40_000, 3), generator=generator)
    squares = each[batches].mean(1).square().sum(1)
    first = torch.cat([*run.gradients(run._trained(0))])[batches].mean(1).square().sum(1)
    wanted = max(squares.mean(), first.mean())
    found = run.trace().sweeps["second_moment"][1]
    assert abs(found - wanted) < 4 * max(squares.std(), first.std()) / 200


@pytest.mark.parametrize("chain", [True, False])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"order": "forward"},
        {"unroll": 1},
        {"meta_optimiser": lambda thetas: torch.optim.Adam(thetas, lr=0.01)},
    ],
    ids=lambda settings: next(iter(settings), "plain"),
)
def test_replays_leave_training_as_it_is(chain: bool, settings: dict[str, Any]) -> None:
    seen: list[Any] = []
    for replay in (0, 7):
        model = network()
        if not chain:
            model[1].register_forward_hook(lambda *_: None)  # whole passes then
        run = training(model, **settings)
        schedule = torch.optim.lr_scheduler.StepLR(run.optimiser, 2, 0.5)
        calls: list[int] = []
        run.optimiser.register_step_post_hook(lambda *_, calls=calls: calls.append(1))
        losses = []
        for k in range(6):
            losses.append(float(run.sweep(replay if k in (2, 3) else 0)))
            schedule.step()
        assert len(calls) == 6
        seen.append((losses, run.optimiser.counters.as_dict(), run.optimiser.gradient_evaluations))
        seen.append([*model.state_dict().values(), *run.optimiser.step_sizes().values()])
        assert run.optimiser.uses_chain == chain
    assert seen[0] == seen[2]
    assert all(map(torch.equal, seen[1], seen[3]))


def test_a_replay_that_fails_leaves_training_as_it_is() -> None:
    model = network()
    run = training(model)
    run.sweep()
    before = [w.detach().clone() for w in model.parameters()]
    plain, left = run.losses, [3]

    def failing(*given: Tensor) -> Tensor:
        left[0] -= len(given[1]) == 120  # f: at w, then after the first replay's sweep, …
        if not left[0]:
            raise RuntimeError("no memory")
        return plain(*given)

    run.losses = failing
    with pytest.raises(RuntimeError, match="no memory"):
        run.sweep(replay=50)
    assert left == [0]
    assert all(map(torch.equal, before, model.parameters()))


def test_the_probe_of_this_training_finds_it_predictable() -> None:
    seen: list[ReplayedSweeps] = []

    def start() -> ReplayedSweeps:
        seen.append(training(network()))
        return seen[-1]

    found = probe(start)
    assert found.predictable
    assert found.compared == 4 * sum(a.numel() for a in seen[0].optimiser.step_sizes().values())
    first, second = (list(run.optimiser.step_sizes().values()) for run in seen)
    assert not all(map(torch.equal, first, second)), "the later batches do train step sizes"
    run = training()
    run.sweep(replay=5)
    assert run.trace(found).settings["probe"] == found.told()
    unprobed = audit(run.trace(), ["S3"])["S3"]
    assert unprobed.verdict is Verdict.UNDECIDED
    assert "no probe was run" in unprobed.reason


def test_a_probe_that_sees_a_change_makes_s3_not_applicable() -> None:
    """Two starts that are not the same: step sizes of the first sweep differ already."""
    rates = iter((0.02, 0.03))
    found = probe(lambda: training(lr=next(rates)))
    assert found.earlier_changed
    run = training()
    run.sweep(replay=150)
    finding = audit(run.trace(found), ["S3"])["S3"]
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert "earlier step sizes changed" in finding.reason


def test_step_sizes_that_look_at_the_batch_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault: α is halved in a block whose gradient on the batch is long."""
    literal = Sweep._move

    def move(self: Sweep, block: Any, alphas: Any, directions: Any, rule: Any) -> Any:
        length = sum(float(whole(d).square().sum()) for d in directions)
        smaller = [alpha * (0.5 if length > 0.1 else 1) for alpha in alphas]
        return literal(self, block, smaller, directions, rule)

    monkeypatch.setattr(Sweep, "_move", move)
    with pytest.raises(InvalidInput, match="other step sizes than those that were known before"):
        training().sweep()


def test_the_trace_is_kept_and_other_claims_do_not_apply(tmp_path: Any) -> None:
    run = training()
    run.sweep(replay=150)
    save_trace(run.trace(PROBE), tmp_path / "run.trace")
    trace = load_trace(tmp_path / "run.trace")
    assert audit(trace, ["S3"])["S3"].counts == audit(run.trace(PROBE), ["S3"])["S3"].counts
    finding = audit(trace, ["S1"])["S1"]
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert "one batch serves the whole sweep" in finding.reason


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"resample": True}, "S3, S7 and S8 are about SAMT with resample=False"),
        ({"meta": "same"}, "predictable"),
        ({"inner": 2}, "inner=1"),
        ({"order": "random"}, "fixed order"),
        ({"momentum": 0.5}, "momentum"),
        ({"weight_decay": 0.1}, "weight_decay"),
        ({"clip": 1.0}, "clip"),
    ],
)
def test_what_s3_is_not_about_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        training(**settings)


def test_no_replay_is_no_trace() -> None:
    run = training()
    run.sweep()
    with pytest.raises(InvalidInput, match="no sweep"):
        run.trace()
