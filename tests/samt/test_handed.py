"""What frameworks do to an optimiser, without them: ask for the loss, move, accumulate."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

from amverify.samt import SAMT, TrainerSweeps


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 2))


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(6, 4), torch.randn(6, 2)


def test_evaluating_draws_keeps_and_changes_nothing() -> None:
    model = network()
    optimiser = SAMT(model)
    x, y = batch()
    before = torch.get_rng_state(), {k: v.clone() for k, v in model.state_dict().items()}
    value = optimiser.evaluate(loss=mse_loss, inputs=x, targets=y)
    assert torch.isfinite(value)
    assert not value.requires_grad
    assert torch.equal(torch.get_rng_state(), before[0])
    assert all(torch.equal(v, before[1][k]) for k, v in model.state_dict().items())
    assert optimiser.evaluate(loss=mse_loss, inputs=x, targets=y) == value


def test_what_is_kept_may_be_moved_between_steps() -> None:
    """Who moves an optimiser to a device puts copies in the place of its state."""
    paths = []
    for moved in (False, True):
        model = network()
        optimiser = SAMT(model, meta_lr=0.5)
        x, y = batch()
        for _ in range(4):
            torch.manual_seed(1)
            optimiser.step(loss=mse_loss, inputs=x, targets=y)
            if moved:
                for w, own in optimiser.state.items():
                    optimiser.state[w] = {
                        k: v.clone() if isinstance(v, torch.Tensor) else v for k, v in own.items()
                    }
        paths.append([*model.parameters(), *optimiser.step_sizes().values()])
    assert all(torch.equal(a, b) for a, b in zip(*paths, strict=True))


def test_a_first_step_that_is_told_its_loss_copies_no_weights(monkeypatch) -> None:
    """A closure that does not serve shows it at its second call; then the weights are put back."""
    copies: list[object] = []
    monkeypatch.setattr("amverify.samt.optimiser.Kept", copies.append)
    x, y = batch()
    SAMT(network()).step(loss=mse_loss, inputs=x, targets=y)
    assert copies == []
    model = network()
    SAMT(model).step(lambda: mse_loss(model(x), y))
    assert len(copies) == 1


class Trainer:
    """What ``TrainerSweeps`` uses of transformers' own."""

    loss_is_scaled_for_ga = None
    model_accepts_loss_kwargs = True
    compute_loss_func = None
    current_gradient_accumulation_steps = 2
    compute_loss_context_manager = staticmethod(nullcontext)
    accelerator = SimpleNamespace(unwrap_model=lambda model: model)
    args = SimpleNamespace(max_grad_norm=0)

    def __init__(self, optimizer: SAMT) -> None:
        self.optimizer = optimizer

    def _prepare_inputs(self, inputs: object) -> object:
        return inputs

    def compute_loss(self, model, inputs, num_items_in_batch=None):
        """The share of a batch's mean where the batch is counted, else the micro-batch's mean."""
        x, y = inputs
        loss = mse_loss(model(x), y)
        return loss if num_items_in_batch is None else loss * len(x) / num_items_in_batch


class SweepTrainer(TrainerSweeps, Trainer):
    pass


@pytest.mark.parametrize("counted", [True, False])
def test_a_trainer_s_micro_batches_are_one_batch(counted: bool) -> None:
    x, y = batch()
    paths = []
    for whole in (True, False):
        model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2)).double()
        torch.manual_seed(0)
        for w in model.parameters():
            nn.init.normal_(w)
        optimiser = SAMT(model)
        given = x.double(), y.double()
        if whole:
            optimiser.step(loss=mse_loss, inputs=given[0], targets=given[1])
        else:
            trainer = SweepTrainer(optimiser)
            shares = [
                trainer.training_step(model, (given[0][part], given[1][part]), items)
                for part in (slice(0, 3), slice(3, 6))
                for items in [6 if counted else None]
            ]
            assert torch.isclose(sum(shares), mse_loss(model(given[0]), given[1]), rtol=1e-12)
            optimiser.step()
        paths.append(list(model.parameters()))
    for mine, theirs in zip(*paths, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-12, atol=1e-14)
