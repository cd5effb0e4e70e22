"""SAMT in Hugging Face's ``Trainer``: sweeps where it has one backward for all.

    class SweepTrainer(TrainerSweeps, transformers.Trainer): ...

    SweepTrainer(model, args, optimizers=(SAMT(model), None), …)

``training_step`` hands the micro-batch to the optimiser, whose ``step`` (Trainer calls it after the
last of them) takes every block's gradient of their mean. The loss that is logged is evaluated
besides, once a micro-batch, at the weights before the step.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from amverify.errors import InvalidInput
from amverify.samt.optimiser import SAMT


class TrainerSweeps:
    """To stand before ``transformers.Trainer`` among the bases."""

    optimizer: Any
    args: Any
    accelerator: Any

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> Tensor:
        """Hold a micro-batch for the optimiser's next step; its share of the loss.

        Raises:
            InvalidInput: for another optimiser than SAMT, and for clipping of stored gradients.
        """
        optimiser = getattr(self.optimizer, "optimizer", self.optimizer)
        _check(optimiser, self.args)
        trainer: Any = self
        model.train()
        inputs = trainer._prepare_inputs(inputs)
        bare = self.accelerator.unwrap_model(model)
        count = trainer.current_gradient_accumulation_steps
        scale = count if _is_share(trainer, num_items_in_batch) else 1

        def closure() -> Tensor:
            with trainer.compute_loss_context_manager():
                loss: Tensor = trainer.compute_loss(
                    bare, inputs, num_items_in_batch=num_items_in_batch
                )
            return loss * scale

        optimiser.accumulate(closure)
        share: Tensor = optimiser.evaluate(closure) / count
        return share


def _check(optimiser: object, args: Any) -> None:
    if not isinstance(optimiser, SAMT):
        kind = type(optimiser).__name__
        raise InvalidInput(f"optimizers: TrainerSweeps needs SAMT, got {kind}")
    if args.max_grad_norm and optimiser.settings.clip_total is None:
        raise InvalidInput(
            f"max_grad_norm: {args.max_grad_norm} limits stored gradients, which a sweep does not "
            "use; TrainingArguments(max_grad_norm=0), and SAMT(…, clip_total=…) for a limit"
        )


def _is_share(trainer: Any, items: Any) -> bool:
    """Whether a micro-batch's loss is its part of the batch's mean already."""
    if getattr(trainer, "loss_is_scaled_for_ga", None) is not None:
        return bool(trainer.loss_is_scaled_for_ga)
    counted = trainer.model_accepts_loss_kwargs and items is not None
    return bool(counted or trainer.compute_loss_func is not None)
