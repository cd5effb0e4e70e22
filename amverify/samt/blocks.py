"""Blocks: one param group a layer, from a module or from groups that the user made.

A layer is a module that holds trainable parameters itself: Linear (weight and bias), a
convolution, an embedding, LayerNorm, BatchNorm. A tied weight belongs to the first layer that
holds it. Frozen parameters belong to no block and never move.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.nn.parameter import UninitializedParameter

from amverify.errors import InvalidInput

Group: TypeAlias = dict[str, Any]
Given: TypeAlias = nn.Module | Iterable[Tensor] | Iterable[Group] | Iterable[tuple[str, Tensor]]


def layers(model: nn.Module) -> list[Group]:
    """One group for each module that holds trainable parameters, in the order of registration.

    Raises:
        InvalidInput: if there is none, or a layer cannot be trained by SAMT.
    """
    if isinstance(model, DistributedDataParallel):
        raise InvalidInput(
            "model: SAMT averages gradients itself; give it the module inside, model.module"
        )
    found: list[Group] = []
    seen: set[int] = set()
    for name, module in model.named_modules():
        if isinstance(module, nn.Embedding | nn.EmbeddingBag) and module.sparse:
            raise InvalidInput(f"block {name!r}: sparse gradients are not supported: sparse=False")
        own = [
            (f"{name}.{key}" if name else key, parameter)
            for key, parameter in module.named_parameters(recurse=False)
            if parameter.requires_grad and id(parameter) not in seen
        ]
        seen |= {id(parameter) for _, parameter in own}
        if own:
            found.append({"params": own, "name": name or type(module).__name__})
    if not found:
        raise InvalidInput("model: no trainable parameter (all are frozen, or there is none)")
    return found


def groups_of(given: Given, model: nn.Module | None) -> tuple[list[Group], nn.Module | None]:
    """The groups to optimise, every parameter with a name, and the model if there is one.

    Raises:
        InvalidInput: for empty or duplicate blocks, or parameters that cannot be trained.
    """
    if isinstance(given, nn.Module):
        return layers(given), given
    if isinstance(given, Tensor):
        raise InvalidInput("params: a module, tensors or param groups are expected, not a tensor")
    if not isinstance(given, Iterable):
        raise InvalidInput(
            f"params: a module, tensors or param groups are expected, not a {type(given).__name__}"
        )
    items: list[Any] = list(given)
    if items and not isinstance(items[0], dict):
        items = [{"params": items}]
    if not items:
        raise InvalidInput("params: no trainable parameter: the list of parameters is empty")
    names = {} if model is None else {id(p): name for name, p in model.named_parameters()}
    return [named(dict(group), number, names) for number, group in enumerate(items)], model


def named(group: Group, number: int, names: Mapping[int, str]) -> Group:
    """The group with ``(name, parameter)`` pairs for parameters and a name of its own."""
    params = group["params"]
    listed: list[Any] = [params] if isinstance(params, Tensor) else list(params)
    group.setdefault("name", f"block {number}")
    group["params"] = [
        item
        if isinstance(item, tuple)
        else (names.get(id(item), f"{group['name']}[{place}]"), item)
        for place, item in enumerate(listed)
    ]
    return group


def check_block(group: Group, taken: Mapping[int, str]) -> None:
    """Refuse a block that is empty, shares a parameter, or cannot be trained.

    Args:
        group: with ``(name, parameter)`` pairs.
        taken: id of every parameter of the earlier blocks → the block's name.

    Raises:
        InvalidInput: what is wrong, with the block and the shape.
    """
    block, seen = group["name"], dict(taken)
    if not group["params"]:
        raise InvalidInput(f"block {block!r}: it is empty; leave it out")
    for name, parameter in group["params"]:
        if not isinstance(parameter, Tensor):
            raise InvalidInput(f"block {block!r}: {type(parameter).__name__} is no parameter")
        if isinstance(parameter, UninitializedParameter):
            raise InvalidInput(f"block {block!r}: {name} has no shape yet: run the model once")
        where = f"block {block!r}: {name} of shape {tuple(parameter.shape)}"
        if id(parameter) in seen:
            raise InvalidInput(f"{where} is also in block {seen[id(parameter)]!r}; keep it in one")
        if parameter.requires_grad and not parameter.is_leaf:
            raise InvalidInput(f"{where} is no leaf: it was computed from others")
        if not parameter.is_floating_point():
            raise InvalidInput(f"{where} is {parameter.dtype}: real floating point is needed")
        seen[id(parameter)] = block
    if not any(parameter.requires_grad for _, parameter in group["params"]):
        raise InvalidInput(f"block {block!r}: no trainable parameter, all are frozen; leave it out")
