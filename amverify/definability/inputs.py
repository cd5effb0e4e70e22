r"""Example inputs of a module: declared, or of shapes that its layers take."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from amverify.definability.ledger import Refused
from amverify.definability.tracing import closed_over, traced
from amverify.errors import InvalidInput

_TRIES = 40
_PLAIN: tuple[tuple[int, ...], ...] = ((4,), (2, 3), (3, 3), (), (2, 3, 8, 8), (2, 3, 4))


def names_of(loss: Callable[..., Any]) -> tuple[str, ...]:
    """The names of the inputs that it has to be given."""
    function = loss.forward if isinstance(loss, nn.Module) else loss
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    found = [p for p in parameters if p.kind in kinds]
    needed = tuple(p.name for p in found if p.default is inspect.Parameter.empty)
    star = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters)
    return needed or (("input",) if star else ())


def named(loss: Callable[..., Any], inputs: tuple[Any, ...]) -> tuple[str, ...]:
    """A name for each input."""
    function = loss.forward if isinstance(loss, nn.Module) else loss
    try:
        known = [p.name for p in inspect.signature(function).parameters.values() if p.kind < 2]
    except (TypeError, ValueError):
        known = []
    return tuple(known[i] if i < len(known) else f"input{i}" for i in range(len(inputs)))


def given(loss: Callable[..., Any], inputs: Iterable[Any]) -> tuple[Any, ...]:
    """The declared inputs, floating ones as they are.

    Raises:
        InvalidInput: for what is no tensor and no number.
    """
    if isinstance(inputs, Mapping):
        raise InvalidInput("inputs: expected tensors in the order of the arguments, got a mapping")
    found = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    for item in found:
        if not isinstance(item, Tensor | int | float | bool | list | tuple | dict | None):
            raise InvalidInput(f"inputs: expected tensors, got a {type(item).__name__}")
    return found


def guessed(loss: Callable[..., Any]) -> tuple[Any, tuple[Any, ...]]:
    """A trace, and inputs with which it was had.

    Raises:
        Refused: where tracing shows why there is no certificate.
        InvalidInput: if none of the shapes that were tried is taken.
    """
    names, last = names_of(loss), None
    for inputs in itertools.islice(_candidates(loss, names), _TRIES):
        try:
            return traced(loss, inputs), inputs
        except Refused as refused:
            if not refused.operation.startswith("tracing"):
                raise
            last = refused
    told = ", ".join(names)
    raise InvalidInput(
        f"the shapes of its inputs ({told}) are not known: pass --input NAME=2,3 for each "
        f"(inputs=(tensor, ...) in Python); the last try: {last and last.reason}"
    )


def _candidates(loss: Callable[..., Any], names: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    if not names:
        yield ()
        return
    modules = [loss] if isinstance(loss, nn.Module) else list(closed_over(loss).values())
    firsts = [*(t for m in modules for t in _layer_inputs(m)), *(torch.ones(s) for s in _PLAIN)]
    for first in firsts:
        if len(names) == 1:
            yield (first,)
            continue
        count = first.shape[0] if first.ndim else 1
        labels = torch.zeros(count, dtype=torch.long)
        for other in (first, labels, torch.ones(count), torch.ones(count, 1)):
            yield (first, *([other] * (len(names) - 1)))


def _layer_inputs(module: nn.Module) -> Iterator[Tensor]:
    for layer in module.modules():
        found = list(_shapes(layer))
        if found:
            dtype = torch.long if isinstance(layer, nn.Embedding) else torch.float32
            yield from (torch.ones(shape, dtype=dtype) for shape in found)
            return


def _shapes(layer: nn.Module) -> Iterator[tuple[int, ...]]:
    match layer:
        case nn.Linear():
            yield from ((2, layer.in_features), (2, 3, layer.in_features), (layer.in_features,))
        case nn.Bilinear():
            yield (2, layer.in1_features)
        case nn.Embedding():
            yield from ((2, 3), (2,))
        case nn.Conv1d() | nn.ConvTranspose1d():
            yield from ((2, layer.in_channels, 32), (2, layer.in_channels, 256))
        case nn.Conv2d() | nn.ConvTranspose2d():
            yield from ((2, layer.in_channels, n, n) for n in (32, 28, 8, 64, 224))
        case nn.Conv3d() | nn.ConvTranspose3d():
            yield (2, layer.in_channels, 16, 16, 16)
        case nn.BatchNorm1d() | nn.InstanceNorm1d():
            yield from ((2, layer.num_features), (2, layer.num_features, 8))
        case nn.BatchNorm2d() | nn.InstanceNorm2d():
            yield (2, layer.num_features, 8, 8)
        case nn.BatchNorm3d() | nn.InstanceNorm3d():
            yield (2, layer.num_features, 4, 4, 4)
        case nn.GroupNorm():
            yield (2, layer.num_channels, 8, 8)
        case nn.LayerNorm():
            yield from ((2, *layer.normalized_shape), (2, 3, *layer.normalized_shape))
        case nn.MultiheadAttention():
            yield from ((2, 3, layer.embed_dim), (3, layer.embed_dim))
        case nn.RNNBase():
            yield (3, 2, layer.input_size)
        case nn.RNNCellBase():
            yield (2, layer.input_size)
