"""An optimiser's groups of parameters: what it holds, what it has done, its step sizes."""

from __future__ import annotations

from typing import Any

import torch

from amverify.record.points.vector import parameters_of


class Held:
    """The parameters that an optimiser holds at one moment.

    Args:
        optimizer: all parameters of all its groups, in order.

    Raises:
        InvalidInput: if it holds none.
    """

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self._optimizer = optimizer
        self.params = parameters_of(optimizer)
        self._kinds = [(p.shape, p.dtype) for p in self.params]

    def other(self) -> str | None:
        """How the groups differ from that moment, if they do."""
        ours = {id(p) for p in self.params}
        groups = self._optimizer.param_groups
        for number, group in enumerate(groups):
            for p in group["params"]:
                if id(p) not in ours:
                    return (
                        f"parameter group {number} holds a tensor of shape {tuple(p.shape)} "
                        "that was not part of x at the start; attach a new recorder"
                    )
        if [id(p) for group in groups for p in group["params"]] != [id(p) for p in self.params]:
            return "parameters that are part of x have left the groups; attach a new recorder"
        for p, (shape, dtype) in zip(self.params, self._kinds, strict=True):
            if (p.shape, p.dtype) != (shape, dtype):
                return (
                    f"a parameter of shape {tuple(shape)} in {dtype} became one of "
                    f"{tuple(p.shape)} in {p.dtype}; attach a new recorder"
                )
        return None


def counted(optimizer: torch.optim.Optimizer) -> str:
    """What the optimiser's state says of earlier steps; nothing if it has made none.

    SAMT has a state before its first step, and counts.
    """
    if getattr(getattr(optimizer, "counters", None), "block_updates", None) == 0:
        return ""
    entries: list[Any] = [state for state in optimizer.state.values() if isinstance(state, dict)]
    counts = [int(e[key]) for e in entries for key in ("step", "n_iter") if key in e]
    if not any(counts) and (counts or not any(entries)):
        return ""
    many = f"{max(counts)} steps" if any(counts) else "some steps"
    return f"row 0 is not the start of the run: the optimiser had made {many} before"


def stepped(optimizer: torch.optim.Optimizer) -> str:
    """The same; or that nobody knows, where gradients are there and no state."""
    if all(p.grad is None for p in parameters_of(optimizer)):
        return counted(optimizer)
    return counted(optimizer) or (
        "row 0 may not be the start of the run: there were gradients when the recorder was attached"
    )


def plain_step(optimizer: torch.optim.Optimizer) -> tuple[float | None, float | None]:
    """η and β of the step just made, where it is e = −η∇f + βΔ; else nothing."""
    if type(optimizer) is not torch.optim.SGD:
        return None, None
    groups = optimizer.param_groups
    other = any(
        g["nesterov"] or g["maximize"] or g["dampening"] or g["weight_decay"] for g in groups
    )
    rates = {(float(g["lr"]), float(g["momentum"])) for g in groups}
    return (None, None) if other or len(rates) > 1 else next(iter(rates))
