"""What a step evaluates: what was held for it, or what it is given, or what is in ``.grad``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from numbers import Number
from types import FunctionType
from typing import Any, TypeGuard

from torch import nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader

from amverify.errors import InvalidInput, brief
from amverify.samt.blocks import Group
from amverify.samt.closures import in_grad
from amverify.samt.nested import leaves
from amverify.samt.parts import Part
from amverify.samt.scaler import check_stored
from amverify.samt.settings import Settings
from amverify.samt.told import Closure, Loss, Told, asked


def part_of(
    model: nn.Module | None,
    closure: Closure | None,
    batch: tuple[Loss | None, Any, Any],
    samples: int | None,
) -> Part:
    """A closure, or a loss with its inputs and targets, and of how many samples it is the mean.

    Raises:
        InvalidInput: if arguments do not go together.
    """
    told = asked(closure, *batch, model)
    known = told.samples if isinstance(told, Told) and samples is None else samples
    if known is not None and known < 1:
        raise InvalidInput(f"samples: 1 or more, got {known}")
    return Part(told, known)


def parts_of(
    held: Sequence[Part],
    given: tuple[Closure | None, tuple[Loss | None, Any, Any], int | None],
    model: nn.Module | None,
    settings: Settings,
    groups: Sequence[Group],
) -> list[Part]:
    """The losses of a step.

    Raises:
        InvalidInput: if there is none, or too many.
    """
    closure, batch, samples = given
    if is_idle(closure):
        closure()
        closure = None
    nothing = closure is None and all(x is None for x in batch)
    if held:
        if not nothing:
            raise InvalidInput("step: micro-batches are held; accumulate this one too, step()")
        known = all(part.samples is not None for part in held)
        return [Part(part.loss, part.samples if known else None) for part in held]
    if nothing and (settings.stored or _one_block(settings, groups)):
        check_stored(groups)
        return [Part(in_grad, samples)]
    return [part_of(model, closure, batch, samples)]


def _one_block(settings: Settings, groups: Sequence[Group]) -> bool:
    """Whether stored gradients are what a sweep would take: nothing moves in between."""
    plain = settings.inner == 1 and not settings.unroll and settings.meta == "lagged"
    return plain and len(groups) == 1


def check_batch(name: str, given: object) -> None:
    """Refuse what no model is called with: what is no batch by its kind, or holds no tensor.

    Raises:
        InvalidInput: in one line.
    """
    found = list(leaves(given))
    kinds = (str, bytes, bool, Number, type, FunctionType, nn.Module, Optimizer, DataLoader)
    wrong = [x for x in found if isinstance(x, kinds)]
    if given is None or (found and len(wrong) < len(found)):
        return
    raise InvalidInput(
        f"{name}: expected what the model is called with (a tensor, or several in a batch), got "
        f"{brief(given)}"
    )


def is_idle(closure: Closure | None) -> TypeGuard[Closure]:
    """Whether it stands for none: Lightning puts its hooks and a function that does nothing."""
    parts = closure.args if isinstance(closure, partial) else ()
    return any(getattr(part, "__name__", "") == "do_nothing_closure" for part in parts)
