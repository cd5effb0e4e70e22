"""Models and batches whose passes must not be done in parts: what is kept could change unseen.

A chain keeps what its first segments gave while later blocks move. That is right only where a block
moves nothing but itself, and where a part of a pass is what the whole pass does there. Where this
is not seen to be so, whole passes are run:

* hooks for all modules, or a class that says itself what its call does;
* two parameters, a parameter and a buffer, or the batch and either, in one memory;
* a module that keeps, unregistered, a module or a parameter of the model that is not its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from torch import Tensor, nn
from torch.optim import Optimizer

from amverify.samt.nested import leaves
from amverify.samt.replay import TORCHS, held_by
from amverify.samt.unlisted import all_hooked

DEPTH, MOST = 3, 1000
"""How deep, and through how many objects, what a module keeps is looked through."""


def doubt(
    model: nn.Module, batch: Iterable[object] = (), modules: Sequence[nn.Module] = ()
) -> str | None:
    """Why it cannot be told that parts of a pass find what the whole pass finds; None if it can.

    Nothing of it is remembered from step to step: parameters, their memory and what modules keep
    may be written at any time, and torch tells nobody.

    Args:
        model: the whole of it.
        batch: what a step was given, in any nesting.
        modules: all of the model's, if they were listed just now.
    """
    modules = modules or [*model.modules()]
    if all_hooked():
        return "hooks are registered for all modules"
    for m in modules:
        if type(m).__call__ is not nn.Module.__call__:
            return f"{type(m).__name__} has a __call__ of its own"
    places = _places(model)
    if places is None:
        return "parameters share memory with each other or with a buffer, or have none to be seen"
    for x in leaves(list(batch)):
        if isinstance(x, Tensor) and x.numel() and _place(x) in (None, *places):
            return "the batch lies in a parameter's or a buffer's memory, or in none to be seen"
    own = {id(module) for module in modules}
    for m in modules:
        if not is_torchs(m) and _reaches_out(m, own, places):
            return f"{type(m).__name__} keeps, unregistered, another part of the model, or much"
    return None


def is_torchs(module: nn.Module) -> bool:
    """Whether it is torch's own code, which uses nothing that it has not registered."""
    return type(module).__module__.startswith("torch.nn.")


def _place(x: Tensor) -> int | None:
    """Where its memory begins, views alike; None where that is not to be known."""
    try:
        return x.untyped_storage().data_ptr() or None
    except (RuntimeError, ValueError):  # sparse, a subclass without memory, no shape yet
        return None


def _places(model: nn.Module) -> set[int] | None:
    """The memory of parameters and buffers; None if parameters share any, or it is not known."""
    each = [_place(w) for w in model.parameters() if w.numel()]
    found = set(each)
    kept = {_place(b) for b in model.buffers() if b.numel()}
    if len(found) < len(each) or None in found or None in kept or found & kept:
        return None
    return {place for place in found | kept if place is not None}


def _reaches_out(module: nn.Module, modules: set[int], places: set[int]) -> bool:
    """Whether it keeps what belongs to another module of the model, or more than is looked at."""
    inside = {id(m) for m in module.modules()}
    mine = {_place(x) for x in (*module.parameters(), *module.buffers())}
    layer: list[object] = [v for name, v in vars(module).items() if name not in TORCHS]
    seen: dict[int, object] = {}
    for _ in range(DEPTH + 1):
        below: list[object] = []
        for x in layer:
            if x is None or isinstance(x, (bool, int, float, str, type, Optimizer)):
                continue
            if id(x) in seen or id(x) in inside:
                continue
            seen[id(x)] = x
            if isinstance(x, Tensor):
                if x.numel() and _place(x) in places - mine:
                    return True
            elif isinstance(x, nn.Module):
                tensors = (*x.parameters(), *x.buffers())
                if any(id(m) in modules for m in x.modules()):
                    return True
                if any(_place(w) in places - mine for w in tensors):
                    return True
            else:
                below += _within(x)
            if len(seen) + len(below) > MOST:
                return True
        layer = below
    return False


def _within(x: object) -> list[object]:
    """What it holds, containers as a whole."""
    if isinstance(x, Mapping):
        return [*x.keys(), *x.values()]
    return [*x] if isinstance(x, list | tuple | set | frozenset) else held_by(x)
