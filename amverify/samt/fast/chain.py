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
(:mod:`amverify.samt.fast.dense`); and where the loss's derivative is known
(:mod:`amverify.samt.fast.loss`), without any.

All this serves steps that are told the loss; a closure is called as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from amverify.samt.fast.dense import Dense, find_dense
from amverify.samt.fast.doubts import doubt, is_torchs
from amverify.samt.replay import Replay
from amverify.samt.unlisted import is_hooked, version

MANY = (nn.RNNBase, nn.MultiheadAttention)
"""Modules that give more than a tensor."""


class Written(Exception):
    """A segment wrote into what it was given: what is kept is no longer what it was."""


def modules_in_order(model: nn.Module) -> list[nn.Module] | str:
    """The modules of a plain chain, nested ``nn.Sequential`` unfolded; or why it is none.

    A chain with hooks, with modules that give several tensors, or with a module that occurs twice
    and holds anything is left to whole passes: there, a pass must not be done in parts.
    """
    if not isinstance(model, nn.Sequential) or type(model).forward is not nn.Sequential.forward:
        return f"the model is a {type(model).__name__}, no nn.Sequential"
    for name, module in model.named_modules(remove_duplicate=False):
        if _is_touched(module):
            return f"{name or 'the model'} has hooks, or a forward of its own"
        if isinstance(module, MANY):
            return f"{name} gives several tensors ({type(module).__name__})"
    found = list(_unfold(model))
    for part, count in Counter(found).items():
        if count > 1 and _holds(part):
            return f"{type(part).__name__} stands at several places, with what it holds"
    return found or "the model has no modules"


def _unfold(module: nn.Sequential) -> Iterator[nn.Module]:
    """In the order of calls: a module that stands twice (``children`` says it once) comes twice."""
    for part in module:
        if isinstance(part, nn.Sequential) and type(part).forward is nn.Sequential.forward:
            yield from _unfold(part)
        else:
            yield part


def _holds(module: nn.Module) -> bool:
    """Whether it has parameters or buffers, or is not torch's own, which keeps nothing else."""
    held = next(module.parameters(), None) is not None or next(module.buffers(), None) is not None
    return held or not type(module).__module__.startswith("torch.nn.")


def is_plain(x: object) -> bool:
    """Whether values of the model at x may be kept: nothing is differentiated by x itself."""
    return isinstance(x, Tensor) and not x.requires_grad and not x.is_inference()


def _is_touched(module: nn.Module) -> bool:
    """Whether a hook, or a forward of its own, makes this module another than its type."""
    return is_hooked(module) or "forward" in vars(module)


@dataclass
class Chain:
    """The model as segments, and the values that are still valid.

    Args:
        model: the chain.
        segments: the modules, cut where a block begins.
        starts: for each block the first segment that uses its parameters.
        layers: for each block the number of ``nn.Linear`` before its first module.
        dense: the same as a dense network, if it is one.

    ``plain`` says whether the dense network serves the present batch; ``sure``, whether parts of a
    pass find what the whole finds: torch's own modules do, with others a sweep compares both.
    """

    model: nn.Module
    segments: list[list[nn.Module]]
    starts: list[int]
    layers: list[int]
    dense: Dense | None
    plain: bool = field(default=False, init=False)
    _x: Tensor | None = field(default=None, init=False)
    _version: int = field(default=-1, init=False)
    _outputs: list[Tensor] = field(default_factory=list, init=False)
    _positions: list[list[Any]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._tree = [*self.model.named_modules(remove_duplicate=False)]
        self.sure = all(is_torchs(module) for _, module in self._tree)

    def stands(self, now: Sequence[tuple[str, nn.Module]]) -> bool:
        """Whether the model is still made of the same modules, and nothing was hooked to them.

        Args:
            now: its modules and their names.
        """
        return now == self._tree and not any(_is_touched(module) for _, module in now)

    def begin(self, x: Tensor) -> None:
        """Start on the batch x, unless what is kept is of it: the same object, unwritten since.

        A batch may share its memory with a weight, and a module may write into it.
        """
        if x is self._x and version(x) == self._version:
            return
        self._x, self._version, self._outputs = x, version(x), []
        self.plain = self.dense is not None and self.dense.takes(x)
        if self.dense is not None and self.plain:
            self.dense.begin(x)

    def end(self) -> None:
        """Nothing is kept."""
        self._x, self._outputs = None, []
        if self.dense is not None:
            self.dense.end()

    def output(self, block: int, replay: Replay | None) -> Tensor:
        """What the model gives, with a graph from the first segment of ``block`` on.

        What is drawn on the way is what a whole pass draws: the generators go on from where they
        were behind what is kept.

        Args:
            block: its number.
            replay: of the batch, None where nothing can draw.

        Raises:
            Written: where a whole pass is needed.
        """
        assert self._x is not None, "a batch was begun"
        target = self.starts[block]
        if self._outputs and replay is not None:
            replay.go_to(self._positions[min(len(self._outputs) - 1, target)])
        while len(self._outputs) <= target:
            number = len(self._outputs)
            before = self._outputs[-1].detach() if number else self._x
            mark = version(before)
            self._outputs.append(_run(self.segments[number], before))
            if number and version(before) != mark:
                raise Written
            self._positions[number:] = [] if replay is None else [replay.position()]
        found = self._outputs[target]
        for segment in self.segments[target + 1 :]:
            found = _run(segment, found)
        return found

    def changed(self, block: int) -> None:
        """The block's parameters moved, or its graph was used up."""
        del self._outputs[self.starts[block] :]
        if self.plain and self.dense is not None:
            self.dense.changed(self.layers[block])


def _run(segment: Sequence[nn.Module], x: Tensor) -> Tensor:
    for module in segment:
        x = module(x)
    return x


def find_chain(
    model: nn.Module | None,
    blocks: Sequence[Sequence[Tensor]],
    last: Chain | None = None,
    batch: Iterable[object] = (),
) -> Chain | str:
    """The chain that a model is, cut for ``blocks``; or why there is none.

    Args:
        model: any module, or none.
        blocks: the parameters of each block.
        last: what was found before for these blocks and this model; it serves again if it stands.
        batch: inputs and targets that it is to serve, in any nesting.
    """
    if model is None:
        return "SAMT was not given the model (model=)"
    now = [*model.named_modules(remove_duplicate=False)]
    why = doubt(model, batch, list(dict.fromkeys(module for _, module in now)))
    if why is not None:
        return why
    if last is not None and last.stands(now):
        return last
    parts = modules_in_order(model)
    if isinstance(parts, str):
        return parts
    holders: dict[int, int] = {}
    for place, part in enumerate(parts):
        for parameter in part.parameters():
            holders.setdefault(id(parameter), place)
    firsts = [[holders.get(id(p)) for p in block] for block in blocks]
    if any(place is None for block in firsts for place in block):
        return "a block holds a parameter that is none of the model's"
    first = [min(place for place in block if place is not None) for block in firsts]
    cuts = sorted({0, *first})
    segments = [parts[a:b] for a, b in zip(cuts, [*cuts[1:], len(parts)], strict=True)]
    layers = [sum(type(part) is nn.Linear for part in parts[:place]) for place in first]
    starts = [cuts.index(place) for place in first]
    return Chain(model, segments, starts, layers, _dense(parts, blocks))


def _dense(parts: Sequence[nn.Module], blocks: Sequence[Sequence[Tensor]]) -> Dense | None:
    """The dense network that holds all these parameters, if there is one."""
    found = find_dense(parts)
    if found is None or any(id(w) not in found.places for block in blocks for w in block):
        return None
    return found
