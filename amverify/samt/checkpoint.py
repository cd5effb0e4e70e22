"""``state_dict`` of SAMT: everything that the next step depends on, to the last bit.

Besides what every torch optimiser stores (per-parameter tensors, settings of the groups) it holds
under ``"samt"``: a format number, names and shapes of blocks, the order's generator, the
counters, and the state of the meta-optimiser. All of it is tensors, numbers, strings, tuples,
lists and dicts, so ``torch.load(..., weights_only=True)`` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from amverify.errors import InvalidInput
from amverify.samt.blocks import Group

FORMAT = 1


def described(groups: Sequence[Group], state: Mapping[Tensor, Mapping[str, Any]]) -> list[Any]:
    """Name of every block, with the shape of each parameter and of its step sizes."""
    return [
        [
            group["name"],
            [
                [list(w.shape), list(state[w]["theta"].shape) if w in state else None]
                for w in group["params"]
            ],
        ]
        for group in groups
    ]


def check(given: Mapping[str, Any], mine: Sequence[Any], meta: bool) -> None:
    """Refuse a checkpoint of another model, of another kind, or of another optimiser.

    Raises:
        InvalidInput: with the first block and shape that differ; nothing was changed.
    """
    own = given.get("samt")
    if not isinstance(own, Mapping) or own.get("format") != FORMAT:
        raise InvalidInput("checkpoint: it is not one of this version of SAMT")
    lost = {"state", "param_groups"} - set(given) | {
        "blocks", "generator", "counters", "bad", "meta_optimiser"} - set(own)  # fmt: skip
    if lost:
        raise InvalidInput(f"checkpoint: {', '.join(sorted(lost))} is missing")
    theirs = own["blocks"]
    if len(theirs) != len(mine):
        raise InvalidInput(f"checkpoint: {len(theirs)} blocks, but the model has {len(mine)}")
    for (their_name, their_shapes), (name, shapes) in zip(theirs, mine, strict=True):
        if their_name != name or len(their_shapes) != len(shapes):
            raise InvalidInput(
                f"checkpoint: block {their_name!r} of {len(their_shapes)} parameters where the "
                f"model has {name!r} of {len(shapes)}"
            )
        for (w, alpha), (own_w, own_alpha) in zip(their_shapes, shapes, strict=True):
            if list(w) != own_w:
                raise InvalidInput(
                    f"checkpoint: block {name!r} has a parameter of shape {tuple(w)}, the model "
                    f"one of shape {tuple(own_w)}"
                )
            if alpha != own_alpha:
                raise InvalidInput(
                    f"checkpoint: block {name!r}, parameter of shape {tuple(w)}: step sizes of "
                    f"shape {_shape(alpha)}, but the kind chosen here has {_shape(own_alpha)}"
                )
    if (own["meta_optimiser"] is not None) != meta:
        raise InvalidInput("checkpoint: one of the two has a meta_optimiser, the other none")
    parameters = [(name, *shapes) for name, block in mine for shapes in block]
    for number, (name, whole, coarse) in enumerate(parameters):
        if coarse is not None:
            _check_tensors(given["state"].get(number), whole, coarse, name)


def _check_tensors(stored: Any, whole: Sequence[int], coarse: Sequence[int], name: str) -> None:
    """Refuse what is kept for a parameter unless it has the shapes that a step relies on."""
    if not isinstance(stored, Mapping) or not isinstance(stored.get("theta"), Tensor):
        raise InvalidInput(f"checkpoint: block {name!r}: a parameter has no step sizes")
    shapes = {"theta": coarse, "square": coarse, "direction": whole, "displacement": whole}
    for part, shape in shapes.items():
        value = stored.get(part)
        if value is not None and not (isinstance(value, Tensor) and list(value.shape) == shape):
            found = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise InvalidInput(
                f"checkpoint: block {name!r}: {part} should have the shape {tuple(shape)}, "
                f"it is {found}"
            )


def _shape(alpha: Sequence[int] | None) -> str:
    return "none (frozen)" if alpha is None else str(tuple(alpha))


def restore(
    stored: Mapping[Any, Mapping[str, Any]],
    groups: Sequence[Group],
    state: Mapping[Tensor, dict[str, Any]],
) -> None:
    """Copy the stored tensors in the precision that they have (torch would cast them).

    θ keeps its memory, for a meta-optimiser refers to it.
    """
    parameters = [w for group in groups for w in group["params"]]
    for number, w in enumerate(parameters):
        if w not in state:
            continue
        for name, value in stored[number].items():
            if name == "theta":
                state[w][name].copy_(value)
            else:
                state[w][name] = (
                    value.detach().clone().to(w.device) if isinstance(value, Tensor) else value
                )
