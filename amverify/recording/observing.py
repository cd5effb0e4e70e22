"""An objective evaluated once, with what exact arithmetic would give beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.recording.points import Vector, evaluating, filled, flat, scalar
from amverify.recording.shadow import shadowed
from amverify.rounding import Ball


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


def observed(value: Callable[[], Any], params: Sequence[Tensor], gradient: bool) -> Observed:
    """Evaluate quietly, and follow every operator; see ``recording.shadow``.

    Raises:
        InvalidInput: if ``value`` does not return one number, or it depends on no parameter.
    """
    with evaluating(value, params, gradient):
        found = shadowed(value, params, gradient)
        number = scalar(found.result)
    slope = None
    if gradient:
        if found.slopes is None:
            raise InvalidInput(
                "value: it depends on no parameter that requires a gradient; "
                "return a tensor, or record with gradient=False"
            )
        slope = flat(filled(params, found.slopes))[0]
    lack = "it draws random numbers" if found.random else found.lack
    ball, slopes = (None, None) if found.random else (found.value, found.gradient)
    return Observed(number, slope, _coarsest(found.coarsest, params), ball, slopes, lack)


def _coarsest(found: str, params: Sequence[Tensor]) -> str:
    """The format of products on a device that may round their factors (TF32, bfloat16)."""
    if found != "float32" or not any(p.device.type == "cuda" for p in params):
        return found
    precision = torch.get_float32_matmul_precision()
    if precision == "highest" and not torch.backends.cudnn.allow_tf32:
        return found
    return "bfloat16" if precision == "medium" else "tf32"
