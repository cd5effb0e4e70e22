r"""What a forward pass draws and keeps: every call on a batch starts where the first one did.

    first call:   start ──ℓ, ∇ℓ──▸ kept
    later calls:  start ──ℓ, ∇ℓ──▸ (dropped);        end of the batch:  ← kept

ξ in ℓ(·; ξ) is the batch together with what is drawn on the way (dropout, augmentation) and with
what the model remembers: buffers that a forward pass uses *and* moves (running scales, moving
averages), plain attributes of modules (a recurrent state, a count). They are set back before each
further call and are left, when the batch is done, as one call leaves them.

Whose state: the model's, the generators that all share, and what is found in the closure itself
(the modules and generators that it refers to, objects that hold such) or named in ``replay=``.
Lists and dictionaries that a module fills are left alone: nothing here is copied that may be large.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer

from amverify.samt.sources import OWN, Source, alike, shared, source_of
from amverify.samt.unlisted import is_hooked

DEPTH, MOST, WIDE = 4, 500, 20
"""How deep, through how many objects, how far into a container a closure is looked through."""
TORCHS = frozenset(vars(nn.Module()))
NORMS = (
    *(nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm),
    *(nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d),
)
"""Modules whose buffers are statistics."""
PLAIN = (bool, int, float, complex, str, type(None), Tensor)
Place = tuple[nn.Module, str]


class Replay:
    """The state of a batch's first call, and of what it left.

    Args:
        objects: modules, generators, functions and objects that hold such.
    """

    def __init__(self, objects: Sequence[object]) -> None:
        found = list(_looked_through(objects))
        modules = {id(m): m for x in found if isinstance(x, nn.Module) for m in x.modules()}
        self._modules = list(modules.values())
        within = [v for m in self._modules for n, v in vars(m).items() if n not in TORCHS]
        own = {id(x): source_of(x) for x in (*found, *within)}
        everywhere = shared(all(map(_is_torchs, objects)) and all(map(_is_torchs, self._modules)))
        self._sources = [*everywhere, *(s for s in own.values() if s is not None)]
        self._start: _State | None = None
        self._kept: _State | None = None
        self._drawn: list[int] = []

    def call(self) -> None:
        """A call begins: it is the first, or what that one changed is as it was then."""
        if self._start is None:
            self._start = _State(self._sources, self._modules)
        else:
            self._start.put_back(self._drawn)

    def called(self) -> None:
        """It ended, its gradient too."""
        if self._kept is None and self._start is not None:
            self._kept = _State(self._sources, self._modules)
            self._drawn = self._start.unlike(self._kept)

    def settle(self) -> None:
        """The batch is done: things are as its first call left them."""
        if self._kept is not None:
            self._kept.put_back(None)
        self._start = self._kept = None

    def undo(self) -> None:
        """Nothing was called."""
        if self._start is not None:
            self._start.put_back(None)
        self._start = self._kept = None

    def again(self) -> None:
        """The call that has begun begins anew."""
        if self._start is not None:
            self._start.put_back(None)

    def position(self) -> list[Any]:
        """Where the generators are."""
        return [source.read() for source in self._sources]

    def go_to(self, position: list[Any]) -> None:
        """The generators are where they were then."""
        for source, state in zip(self._sources, position, strict=True):
            if not alike(state, source.read()):
                source.write(state)

    @property
    def moved(self) -> bool:
        """Whether the first call changed what modules hold, statistics of norms apart."""
        return self._start is not None and not self._start.stands()


class _State:
    """What generators and modules hold now."""

    def __init__(self, sources: list[Source], modules: list[nn.Module]) -> None:
        self._random = [(source, source.read()) for source in sources]
        weights = {_memory(w) for m in modules for w in m.parameters(recurse=False)} - {None, 0}
        self._places = [
            (place, value, None if _memory(value) in weights else _copy(value),
             isinstance(module, NORMS))
            for module in modules
            for place, value in _held(module)
        ]  # fmt: skip

    def stands(self) -> bool:
        """Whether modules hold what they held, but for what no gradient in training uses."""
        return all(
            getattr(holder, name, None) is value and (copy is None or _equal(value, copy))
            for (holder, name), value, copy, statistic in self._places
            if not statistic
        )

    def unlike(self, other: _State) -> list[int]:
        """Which generators, by their places, have another state there."""
        pairs = zip(self._random, other._random, strict=True)
        return [k for k, ((_, a), (_, b)) in enumerate(pairs) if not alike(a, b)]

    def put_back(self, drawn: Sequence[int] | None) -> None:
        """Make it so again: the same objects, with what they held.

        Args:
            drawn: which generators moved, None where all are to be looked at.
        """
        for place, (source, state) in enumerate(self._random):
            if place in drawn if drawn is not None else not alike(state, source.read()):
                source.write(state)
        for (holder, name), value, copy, _ in self._places:
            if getattr(holder, name, None) is not value:
                setattr(holder, name, value)
            if copy is not None:
                _write(value, copy)


def _held(module: nn.Module) -> Iterator[tuple[Place, Any]]:
    """Buffers and plain attributes."""
    for name, value in module.named_buffers(recurse=False, remove_duplicate=False):
        if not is_lazy(value):
            yield (module, name), value
    for name, value in vars(module).items():
        if name not in TORCHS and isinstance(value, PLAIN):
            yield (module, name), value


def _memory(value: Any) -> int | None:
    """Where a tensor's memory begins; a view of a weight moves with it and is not set back."""
    try:
        return value.untyped_storage().data_ptr() or 0
    except (AttributeError, RuntimeError, ValueError):  # no tensor, or one without memory
        return None


def _copy(value: Any) -> Tensor | None:
    """What a tensor holds; what has a graph is nobody's memory."""
    if not isinstance(value, Tensor) or value.requires_grad or value.is_inference():
        return None
    return value.detach().clone()


def _equal(value: Any, copy: Tensor) -> bool:
    return value.shape == copy.shape and bool(torch.equal(value, copy))


def _write(tensor: Tensor, copy: Tensor) -> None:
    """As by ``data``: a graph that is used up may still refer to it."""
    with torch.no_grad():
        if tensor.shape != copy.shape:
            tensor.data.resize_(copy.shape)
        tensor.data.copy_(copy)


def _looked_through(objects: Iterable[object]) -> Iterator[object]:
    """Modules and generators in these, in what functions refer to, in objects' attributes."""
    layer, seen = list(objects), {0}
    for _ in range(DEPTH + 1):
        below: list[object] = []
        for x in layer:
            if id(x) in seen or len(seen) > MOST:
                continue
            seen.add(id(x))
            if isinstance(x, PLAIN):
                continue
            if isinstance(x, (nn.Module, *OWN)):
                yield x
            elif not isinstance(x, (type, ModuleType, Optimizer)):
                below += held_by(x)
        layer = below


def _is_torchs(x: object) -> bool:
    """Whether it is torch's own code, which draws from torch's generators."""
    if x is None or (isinstance(x, nn.Module) and "forward" not in x.__dict__):
        return x is None or (type(x).__module__.startswith("torch.nn.") and not is_hooked(x))
    return isinstance(x, FunctionType) and x.__module__.startswith("torch.")


def held_by(x: object) -> list[object]:
    """What a function refers to, a container holds, an object has."""
    if isinstance(x, MethodType):
        return [x.__self__, x.__func__]
    if isinstance(x, partial):
        return [x.func, *x.args, *x.keywords.values()]
    if isinstance(x, FunctionType):
        return [] if x.__module__.startswith("torch.") else _of_function(x)
    if isinstance(x, Mapping):
        return [*islice(x.values(), WIDE)]
    if isinstance(x, list | tuple | set):
        return [*islice(x, WIDE)]
    return [*getattr(x, "__dict__", {}).values()]


def _of_function(function: FunctionType) -> list[object]:
    cells = [cell for cell in function.__closure__ or () if _filled(cell)]
    found = [cell.cell_contents for cell in cells]
    names = {name for code in _codes(function.__code__) for name in code.co_names}
    found += [function.__globals__[name] for name in names if name in function.__globals__]
    return [*found, *(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _codes(part)


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True
