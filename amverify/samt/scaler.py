"""Gradients that others left in ``.grad``, perhaps scaled by ``torch.amp.GradScaler``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from amverify.errors import InvalidInput
from amverify.samt.blocks import Group
from amverify.samt.closures import in_grad
from amverify.samt.parts import Part


class Scaler(NamedTuple):
    """What GradScaler says of the gradients: their scale, None once divided; and overflow."""

    scale: Any
    overflow: Any

    def admit(self, parts: Sequence[Part], groups: Sequence[Group]) -> bool:
        """Divide stored gradients by their scale; False if they overflowed.

        Raises:
            InvalidInput: if the step takes its gradients itself.
        """
        if parts[0].loss is not in_grad:
            raise InvalidInput(
                "GradScaler: it scales the gradients of one backward, and a sweep takes each "
                "block's itself; autocast to bfloat16 needs no scaler: call optimiser.step(closure)"
            )
        if float(self.overflow):
            return False
        if self.scale is not None:
            for group in groups:
                for w in group["params"]:
                    if w.grad is not None:
                        w.grad.div_(self.scale.to(w.grad.device))
        return True


def scaler_of(optimiser: Any) -> Scaler | None:
    """What ``GradScaler.step`` left at the optimiser, if it is who calls."""
    if "found_inf" not in vars(optimiser):
        return None
    return Scaler(vars(optimiser).get("grad_scale"), optimiser.found_inf)


def check_stored(groups: Sequence[Group]) -> None:
    """Refuse stored gradients where there are none, or where they are of another point.

    Raises:
        InvalidInput: with what to do.
    """
    if all(w.grad is None for group in groups for w in group["params"]):
        raise InvalidInput(
            "step: no gradient is stored in .grad: call backward before, or give step a closure or "
            "loss=, inputs= and targets="
        )
    ahead = [group["name"] for group in groups if group["extrapolation"]]
    if ahead:
        raise InvalidInput(
            f"step: block {ahead[0]!r} is extrapolated before its gradient is taken, and stored "
            "ones were taken before; SAMT(…, extrapolation=0), with momentum=0.9 if need be"
        )
