"""An objective evaluated once, with what exact arithmetic would give beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.numbers.balls import Ball
from amverify.record.points.vector import Vector, evaluating, filled, flat, scalar
from amverify.record.quiet.surroundings import Surroundings
from amverify.record.shadow import shadowed

LEAK = "a number that depends on x is read past torch's operators"


@dataclass(frozen=True)
class Observed:
    """f and ∇f at a point, as the run's format gives them and as they are.

    Args:
        number: f as the run's format gives it.
        slope: ∇f the same way, if it was asked for.
        coarsest: the coarsest format that any operation on x had.
        value: f as a ball; ``None`` where its rounding is unknown.
        gradient: ∇f as balls.
        lack: why something is unknown, in words.
    """

    number: float
    slope: Vector | None = None
    coarsest: str = "float64"
    value: Ball | None = None
    gradient: Ball | None = None
    lack: str | None = None


def observed(
    value: Callable[[], Any],
    params: Sequence[Tensor],
    gradient: bool,
    leaks: bool = False,
    around: Surroundings | None = None,
) -> Observed:
    """Evaluate quietly, and follow every operator; see ``record.shadow``.

    Args:
        value: the objective.
        params: they form x.
        gradient: follow the backward pass too.
        leaks: look for numbers that are read unseen; see ``leaking``.
        around: what ``value`` can reach, if that has been looked at just now.

    Raises:
        InvalidInput: if ``value`` does not return one number, or it depends on no parameter.
    """
    with evaluating(value, params, gradient, around):
        found = shadowed(value, params, gradient)
        number = scalar(found.result)
        leak = leaks and found.value is not None and leaking(value, params, found.value)
    slope = None
    if gradient:
        if found.slopes is None:
            raise InvalidInput(
                "value: it depends on no parameter that requires a gradient; "
                "return a tensor, or record with gradient=False"
            )
        slope = flat(filled(params, found.slopes))[0]
    lack = "it draws random numbers" if found.random else LEAK if leak else found.lack
    ball, slopes = (None, None) if found.random or leak else (found.value, found.gradient)
    return Observed(number, slope, _coarsest(found.coarsest, params), ball, slopes, lack)


def leaking(value: Callable[[], Any], params: Sequence[Tensor], known: Ball) -> bool:
    """Whether f's shadow depends on the run's numbers: they are moved, and x of the shadow is not.

    What is read past every operator, by an array of numpy on x's memory, shows itself so.
    """
    here = [p.detach().clone() for p in params]
    try:
        for p, there in zip(params, here, strict=True):
            p.data.copy_(there * (1 + 2.0**-5) + 2.0**-10)
        found = shadowed(value, params, False, here).value
    finally:
        for p, there in zip(params, here, strict=True):
            p.data.copy_(there)
    return found is not None and not (found.mid == known.mid and found.rad == known.rad)


def _coarsest(found: str, params: Sequence[Tensor]) -> str:
    """The format of products on a device that may round their factors (TF32, bfloat16)."""
    if found != "float32" or not any(p.device.type == "cuda" for p in params):
        return found
    precision = torch.get_float32_matmul_precision()
    if precision == "highest" and not torch.backends.cudnn.allow_tf32:
        return found
    return "bfloat16" if precision == "medium" else "tf32"
