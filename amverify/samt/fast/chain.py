r"""The chain fast path: one forward pass serves a whole backward sweep.

A chain of modules is cut where a block begins: x = x_0 → segment 0 → x_1 → … → segment S−1 → y.
While block i is updated, everything before its segment s keeps its value:

    valid outputs x_1 … x_v,   v = min over the blocks changed so far of their first segments
    gradient by block i:   compute x_{v+1} … x_s if v < s (kept, each with its own little graph),
                           then segment s (its graph, if still valid, as it is) to the end,
                           back-propagate from the loss to block i, and no further

Swept backwards (i = L…1), v never falls below the next block's segment: each layer is run forward
once for its own gradient and once for each earlier block's. Any other order is served by the
same two rules at a higher price.

Where the modules make up a dense network, the same is done without graphs
(:mod:`amverify.samt.fast.dense`), call by call: what that cannot serve is served as above.
Where the closure shows what it does after the model (:mod:`amverify.samt.fast.loss`), a sweep
calls it once.

The user's closure stays what it was. During a step the model's ``forward`` is replaced: called
with the very tensor that it was called with last (same object, same version), it resumes at
segment s; called with another, it starts anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from amverify.samt.fast.dense import Call, Dense, find_dense

RANDOM = (nn.modules.dropout._DropoutNd, nn.RReLU, nn.RNNBase, nn.MultiheadAttention)
"""Modules that draw random numbers in training: only a whole forward pass replays them."""


def modules_in_order(model: nn.Module) -> list[nn.Module] | None:
    """The modules of a plain chain, nested ``nn.Sequential`` unfolded; None if it is none.

    A chain with hooks, with random modules, or with a module that occurs twice is left to full
    closures: there, what a forward pass does must not be done in parts.
    """
    if type(model).forward is not nn.Sequential.forward or "forward" in model.__dict__:
        return None
    found, every = list(_unfold(model)), list(model.modules())
    hooked = any(_is_touched(module) for module in every)
    twice = len({id(part) for part in found}) < len(found)
    drawn = any(isinstance(module, RANDOM) for module in every)
    return None if hooked or twice or drawn else found


def _unfold(module: nn.Module) -> Iterator[nn.Module]:
    for part in module.children() if isinstance(module, nn.Sequential) else ():
        if type(part).forward is nn.Sequential.forward:
            yield from _unfold(part)
        else:
            yield part


def _is_touched(module: nn.Module) -> bool:
    """Whether a hook, or a forward of its own, makes this module another than its type."""
    return bool(
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or module._backward_pre_hooks
        or "forward" in module.__dict__
    )


@dataclass
class Chain:
    """The model as segments, and the values that are still valid.

    Args:
        model: whose ``forward`` is replaced.
        segments: the modules, cut where a block begins.
        starts: for each block the first segment that uses its parameters.
        layers: for each block the number of ``nn.Linear`` before its first module.
    """

    model: nn.Module
    segments: list[list[nn.Module]]
    starts: list[int]
    layers: list[int]
    dense: Dense | None = field(default=None, init=False)
    used: bool = field(default=False, init=False)
    _left: bool = field(default=False, init=False)
    _x: Tensor | None = field(default=None, init=False)
    _version: int = field(default=-1, init=False)
    _outputs: list[Tensor] = field(default_factory=list, init=False)
    _target: int = field(default=0, init=False)
    _graph: bool = field(default=False, init=False)
    _count: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._tree = [(module, [*module._modules.values()]) for module in self.model.modules()]

    def stands(self) -> bool:
        """Whether the model is still made of the same modules, and nothing was hooked to them."""
        for module, parts in self._tree:
            own = module._modules
            if _is_touched(module) or ((own or parts) and [*own.values()] != parts):
                return False
        return True

    def take_over(self) -> None:
        """Replace the model's ``forward``, for a step."""
        self.used = False
        self.model.__dict__["forward"] = self._forward

    def hand_back(self) -> None:
        """Give the model its own; nothing is kept."""
        del self.model.__dict__["forward"]
        self._x, self._outputs = None, []
        if self.dense is not None:
            self.dense.forget()

    def aim(self, block: int, graph: bool) -> None:
        """The next gradient is by ``block``, perhaps with its graph."""
        self._target, self._graph, self._count = self.starts[block], graph, 0
        if self.dense is not None:
            self.dense.start()

    def changed(self, block: int) -> None:
        """The block's parameters moved, or its graph was used up."""
        del self._outputs[self.starts[block] :]
        if self.dense is not None:
            self.dense.changed(self.layers[block])

    @property
    def only_call(self) -> Call | None:
        """The one call of the model since ``aim``, if the dense network took it."""
        calls = [] if self.dense is None else self.dense.calls
        return calls[0] if self._count == len(calls) == 1 else None

    def leave(self) -> None:
        """Run whole passes from now on: the closure draws random numbers, parts would not."""
        self._left, self.used, self._outputs = True, False, []

    def _forward(self, x: Tensor) -> Tensor:
        self._count += 1
        with torch._C.DisableTorchFunction():  # whoever watches the closure is not to see this
            output = self._without_graphs(x)
        if output is not None:
            return output
        if not self._resumes(x):
            return _run(self.segments, x)
        self.used = True
        if x is not self._x or x._version != self._version:
            self._x, self._version, self._outputs = x, x._version, []
        while len(self._outputs) <= self._target:
            number = len(self._outputs)
            before = self._outputs[-1].detach() if number else x
            self._outputs.append(_run(self.segments[number : number + 1], before))
        return _run(self.segments[self._target + 1 :], self._outputs[self._target])

    def _resumes(self, x: Tensor) -> bool:
        """Whether this call is one whose values may be kept."""
        recorded = torch.is_grad_enabled() and not x.requires_grad
        return recorded and not self._left and not torch.compiler.is_compiling()

    def _without_graphs(self, x: Tensor) -> Tensor | None:
        """What the dense network gives, if there is one and it takes this call."""
        dense = self.dense
        if dense is None or self._graph or not self._resumes(x) or not dense.takes(x):
            return None
        self.used = True
        return dense.forward(x)


def _run(segments: Iterable[Sequence[nn.Module]], x: Tensor) -> Tensor:
    for segment in segments:
        for module in segment:
            x = module(x)
    return x


def find_chain(
    model: nn.Module | None, blocks: Sequence[Sequence[Tensor]], last: Chain | None = None
) -> Chain | None:
    """The chain that a model is, cut for ``blocks``; None if it is none.

    Args:
        model: any module, or none.
        blocks: the parameters of each block.
        last: what was found before for these blocks and this model; it serves again if it stands.
    """
    if last is not None and last.stands():
        return last
    parts = None if model is None else modules_in_order(model)
    if model is None or not parts:
        return None
    holders: dict[int, int] = {}
    for place, part in enumerate(parts):
        for parameter in part.parameters():
            holders.setdefault(id(parameter), place)
    firsts = [[holders.get(id(p)) for p in block] for block in blocks]
    if any(place is None for block in firsts for place in block):
        return None  # a parameter that is used outside the model
    first = [min(place for place in block if place is not None) for block in firsts]
    cuts = sorted({0, *first})
    segments = [parts[a:b] for a, b in zip(cuts, [*cuts[1:], len(parts)], strict=True)]
    layers = [sum(type(part) is nn.Linear for part in parts[:place]) for place in first]
    found = Chain(model, segments, [cuts.index(place) for place in first], layers)
    found.dense = _dense(parts, blocks)
    return found


def _dense(parts: Sequence[nn.Module], blocks: Sequence[Sequence[Tensor]]) -> Dense | None:
    """The dense network that holds all these parameters, if there is one."""
    found = find_dense(parts)
    if found is None or any(id(w) not in found.places for block in blocks for w in block):
        return None
    return found
