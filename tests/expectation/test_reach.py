"""Bounds of a sweep before its batch is drawn, and the curvature on which they rest."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, jacrev

from amverify.expectation import ReplayedSweeps
from amverify.expectation.curvature import largest
from amverify.expectation.reach import change_bounds, extremes, moments, radii, slopes
from amverify.samt.undo import Kept
from tests.expectation.test_replayed import LOSSES, samples
from tests.expectation.test_replayed_sweeps import training


def flat(model: nn.Module) -> Tensor:
    return torch.cat([w.detach().flatten() for w in model.parameters()])


def test_power_iteration_finds_the_largest_curvature() -> None:
    run, (x, y) = training(), samples()
    own = {n: w.detach() for n, w in run.model.named_parameters()}

    def loss(vector: Tensor, s: int) -> Tensor:
        parts = torch.split(vector, [w.numel() for w in own.values()])
        named = {n: p.view_as(w) for (n, w), p in zip(own.items(), parts, strict=True)}
        out = functional_call(run.model, named, (x[s : s + 1],))
        return LOSSES(out, y[s : s + 1]).squeeze()

    second = jacrev(jacrev(loss))
    exact = max(
        float(torch.linalg.matrix_norm(second(flat(run.model), s), ord=2)) for s in range(120)
    )
    generator = torch.Generator().manual_seed(0)
    found = largest(run, list(run.model.parameters()), generator)
    assert 0.98 * exact < found <= exact * (1 + 1e-12)
    head = largest(run, run._trained(1), generator)
    assert head < found


@pytest.mark.parametrize("order", ["backward", "forward"])
@pytest.mark.parametrize("lr", [0.01, 0.1])
def test_bounds_hold_whichever_the_batch(order: str, lr: float) -> None:
    """The most extreme batches repeat one sample: each of the samples in turn."""
    run = training(order=order, lr=lr)
    for _ in range(5):
        run.sweep()
    ends, alphas, modulus, low, high = measured(run)
    reach = radii(ends, alphas, modulus)
    start, value, kept = flat(run.model), run._value(), Kept(run.optimiser)
    farthest, changes = 0.0, []
    for s in range(120):
        run._indices = lambda _, s=s: torch.full((8,), s)  # type: ignore[misc, method-assign]
        run._move(torch.Generator())
        changes.append(run._value() - value)
        farthest = max(farthest, float((flat(run.model) - start).norm()))
        kept.put_back()
    assert low <= min(changes) < max(changes) <= high
    assert 0.3 * reach[-1] < farthest <= reach[-1]
    if lr == 0.01:
        assert min(changes) < 0.3 * low, "no worse than they have to be by far; they grow as L̄R²"


def measured(run: ReplayedSweeps) -> tuple[list[float], list[Tensor], float, float, float]:
    weights = [w for block in run._visited() for w in block]
    alphas = [run._alpha(number) for number in run._order()]
    found = run._slopes()
    ends = extremes(run.gradients(weights), found, alphas)
    modulus = run._measure(weights, Kept(run.optimiser))
    return ends.longest, alphas, modulus, *change_bounds(
        run._value(), found, ends, alphas, modulus
    )  # fmt: skip


@pytest.mark.parametrize("lr", [0.02, 0.1])
def test_the_measured_modulus_is_one_within_reach(lr: float) -> None:
    """‖g_s(v) − g_s(w)‖ ≤ L̄‖v − w‖ at random points, and at ends of sweeps, no farther than R."""
    run = training(lr=lr)
    longest, alphas, modulus, _, _ = measured(run)
    radius = radii(longest, alphas, modulus)[-1]
    parameters = list(run.model.parameters())
    start, before = flat(run.model), torch.cat([*run.gradients(parameters)])
    generator, most = torch.Generator().manual_seed(1), 0.0
    for k in range(60):
        away = torch.randn(len(start), dtype=start.dtype, generator=generator)
        away *= radius * (k + 1) / 60 / away.norm()
        nn.utils.vector_to_parameters(start + away, parameters)
        moved = torch.cat([*run.gradients(parameters)]) - before
        most = max(most, float(moved.norm(dim=1).max() / away.norm()))
        nn.utils.vector_to_parameters(start, parameters)
    assert most <= modulus


def test_the_recursions_by_hand() -> None:
    alphas = [torch.tensor([0.5, 0.25]), torch.tensor([1.0])]
    assert radii([3.0, 2.0], alphas, 2.0) == pytest.approx([0.0, 3.0, (9 + 64) ** 0.5])
    each = torch.tensor([[1.0, 2.0, 4.0], [3.0, 0.0, 0.0]])
    found = slopes([each[:1], each[1:]], [2, 1])
    assert [part.tolist() for part in found.mean] == [[2.0, 1.0], [2.0]]
    assert found.squares == [7.0, 8.0]
    assert (found.squared, found.absolute) == (9.0, 9.0)
    ends = extremes([each[:1], each[1:]], found, alphas)
    # p_s = Σ α ∇f g_s: 1·1 + ¼·2 + 2·4 and 1·3
    assert (ends.least, ends.most) == (3.0, 9.5)
    assert ends.longest == pytest.approx([1.5, 4.0])
    low, high = change_bounds(100.0, found, ends, alphas, 2.0)
    reach = radii(ends.longest, alphas, 2.0)
    off = 2.0 * (reach[1] * 2.0 + reach[2] ** 2 / 2)
    assert (low, high) == pytest.approx((-9.5 - off, -3.0 + off))
    assert change_bounds(1.0, found, ends, alphas, 2.0)[0] == -1.0
    least, most = moments(found, alphas, 2.0, batch=2)
    # m² = 5 + (7 − 5)/2 and 4 + (8 − 4)/2; q_2 = √6 + 2·½·√6
    assert (least, most) == pytest.approx((6.0, 24.0))
