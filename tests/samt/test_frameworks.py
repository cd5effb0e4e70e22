"""Lightning, Hugging Face's Trainer and accelerate, where they are installed."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from amverify.errors import InvalidInput
from amverify.samt import SAMT
from amverify.samt.trainer import TrainerSweeps
from tests.samt.nets import same, weights

STILL: dict[str, Any] = {"lr": 1e-30, "bounds": (1e-30, 1.0), "extrapolation": 0.0}
DRAW = torch.Generator().manual_seed(0)
X, Y = torch.randn(64, 6, generator=DRAW), torch.randint(0, 3, (64,), generator=DRAW)
BLOCKS = 3


def network() -> nn.Sequential:
    torch.manual_seed(1)
    parts = [nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.ReLU(), nn.Linear(8, 3)]
    net = nn.Sequential(*parts)
    for w in net.parameters():
        w.data[w.data == 0] = 0.1
    return net


def one_loss_a_step(seen: list[float], calls: int = BLOCKS) -> bool:
    steps = [seen[k : k + calls] for k in range(0, len(seen), calls)]
    return len(steps) > 1 and all(len(set(step)) == 1 for step in steps)


def lightning() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("lightning")


def module(automatic: bool, tells: bool = False, **settings: Any) -> Any:
    class Module(lightning().LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.net, self.automatic_optimization = network(), automatic
            self.seen: list[float] = []

        def loss(self, batch: Any) -> Tensor:
            value = cross_entropy(self.net(batch[0]), batch[1])
            self.seen.append(value.item())
            return value

        def training_step(self, batch: Any, index: int) -> Tensor | None:
            if automatic:
                return self.loss(batch)
            optimiser = self.optimizers()
            if tells:
                optimiser.step(loss=cross_entropy, inputs=batch[0], targets=batch[1])
            else:
                optimiser.step(lambda: self.loss(batch))
            return None

        def configure_optimizers(self) -> Any:
            optimiser = SAMT(self.net, **settings)
            if not settings:  # Lightning steps schedulers in automatic optimisation only
                return optimiser
            schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 5)
            return {"optimizer": optimiser, "lr_scheduler": schedule}

    return Module()


def fitted(model: Any, folder: Path, **more: Any) -> Any:
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = lightning().Trainer(
            max_epochs=2, accelerator="cpu", default_root_dir=folder, **quiet, **more
        )
        trainer.fit(model, DataLoader(TensorDataset(X, Y), 16))
    return trainer


@pytest.mark.parametrize("more", [{}, {"precision": "bf16-mixed"}, {"gradient_clip_val": 0.1}])
@pytest.mark.parametrize("automatic", [True, False])
def test_lightning_sees_one_loss_a_step(automatic: bool, more: Any, tmp_path: Path) -> None:
    if not automatic and "gradient_clip_val" in more:
        pytest.skip("Lightning refuses it itself")
    model = module(automatic, **STILL)
    trainer = fitted(model, tmp_path, **more)
    assert trainer.global_step == 8
    assert one_loss_a_step(model.seen)


def test_lightning_s_ways_agree_and_resume(tmp_path: Path) -> None:
    models = [module(True), module(False), module(False, tells=True)]
    for model in models:
        torch.manual_seed(3)
        trainer = fitted(model, tmp_path)
    first, *others = ([*weights(model.net)] for model in models)
    for found in others:
        torch.testing.assert_close(found, first)
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    stored = torch.load(tmp_path / "last.ckpt", weights_only=True)
    again = SAMT(models[-1].net)
    again.load_state_dict(stored["optimizer_states"][0])
    assert again.counters.block_updates == 8 * BLOCKS


def test_lightning_s_own_accumulation_is_refused_with_a_way(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"optimiser\.accumulate"):
        fitted(module(True), tmp_path, accumulate_grad_batches=2)


class Classifier(nn.Module):
    """As transformers' models are called."""

    def __init__(self) -> None:
        super().__init__()
        self.net = network()
        self.seen: list[float] = []

    def forward(self, x: Tensor, labels: Tensor) -> dict[str, Tensor]:
        loss = cross_entropy(self.net(x), labels)
        self.seen.append(loss.item())
        return {"loss": loss}


def hugging(folder: Path, optimiser: SAMT, model: nn.Module, **more: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        transformers = pytest.importorskip("transformers")
        pytest.importorskip("accelerate")

        class Sweeps(TrainerSweeps, transformers.Trainer):  # type: ignore[misc]
            pass

        arguments = transformers.TrainingArguments(
            output_dir=str(folder), max_steps=4, report_to=[], use_cpu=True, disable_tqdm=True,
            save_strategy="no", logging_strategy="no",
            **{"max_grad_norm": 0.0, "per_device_train_batch_size": 8, **more},
        )  # fmt: skip
        rows = [{"x": x, "labels": y} for x, y in zip(X, Y, strict=True)]
        trainer = Sweeps(model, arguments, train_dataset=rows, optimizers=(optimiser, None))
        trainer.train()
    return trainer


@pytest.mark.parametrize("accumulated", [1, 2])
def test_trainer_sees_one_loss_a_step(accumulated: int, tmp_path: Path) -> None:
    model = Classifier()
    model.net[2].p = 0.0
    optimiser = SAMT(model, **STILL)
    trainer = hugging(tmp_path, optimiser, model, gradient_accumulation_steps=accumulated)
    assert optimiser.counters.block_updates == 4 * BLOCKS
    calls = accumulated * (BLOCKS + 1)
    for k in range(0, len(model.seen), calls):
        assert len(set(model.seen[k : k + calls])) == accumulated
    assert trainer.state.global_step == 4


def test_trainer_trains_and_is_told_of_clipping(tmp_path: Path) -> None:
    model = Classifier()
    optimiser = SAMT(model, lr=0.1, clip_total=1.0)
    before = weights(model)
    hugging(tmp_path, optimiser, model, max_grad_norm=1.0)
    assert not same(before, weights(model))
    with pytest.raises(InvalidInput, match="max_grad_norm=0"):
        hugging(tmp_path, SAMT(model), model, max_grad_norm=1.0)


def test_accelerate_s_wrapper_steps_by_closures_and_by_held_batches() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        accelerate = pytest.importorskip("accelerate")
        accelerate.state.AcceleratorState._reset_state(reset_partial_state=True)
    accelerator = accelerate.Accelerator(cpu=True, mixed_precision="bf16")
    net = network()
    model, optimiser = accelerator.prepare(net, SAMT(net, **STILL))
    seen: list[float] = []

    def loss(part: slice) -> Tensor:
        value = cross_entropy(model(X[part]), Y[part])
        seen.append(value.item())
        return value

    for k in range(3):
        optimiser.step(lambda k=k: loss(slice(16 * k, 16 * k + 16)))
    assert one_loss_a_step(seen)
    seen.clear()
    for k in range(2):
        optimiser.optimizer.accumulate(lambda k=k: loss(slice(8 * k, 8 * k + 8)), samples=8)
    optimiser.step()
    assert len(seen) == 2 * BLOCKS
    assert len(set(seen)) == 2
