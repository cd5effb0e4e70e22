"""How a step takes each block's gradient, and why not faster: what is decided, and how it is said.

A gradient comes, fastest first, without graphs (a dense network), from the pass from the block on
(a chain), or from a whole pass. What stands in the way is kept as a line, for whoever asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn

from amverify.compiled.available import compiled
from amverify.samt.evaluation import Evaluation
from amverify.samt.fast.chain import Chain, find_chain, is_plain
from amverify.samt.fast.dense import activation_of
from amverify.samt.fast.loops import MOST
from amverify.samt.settings import Order, Settings
from amverify.samt.sweep import Block
from amverify.samt.told import Told

CLOSURE = "a closure hides what it calls; tell loss=, inputs= and targets="

NO_TENSOR = "inputs: no single tensor, or one that is differentiated by"


class Way(NamedTuple):
    """How a block is stepped.

    Args:
        block: its name.
        gradient: where its gradient comes from.
        why: why not from less; empty where there is no less.
        update: how its parameters are moved.
    """

    block: str
    gradient: str
    why: str
    update: str

    def __str__(self) -> str:
        because = f" ({self.why})" if self.why else ""
        return f"{self.block}: {self.gradient}{because}; {self.update}"


class Plan(NamedTuple):
    """The blocks in the order of a sweep, and what the last step did.

    Args:
        ways: of a random order, which each sweep draws anew, in the order of the groups.
        last: what the last step did, or that there was none.
        order: backward, forward or random.
    """

    ways: tuple[Way, ...]
    last: str
    order: Order

    def __str__(self) -> str:
        drawn = ["order: random, drawn anew by each sweep"] if self.order == "random" else []
        return "\n".join([*drawn, *map(str, self.ways), f"last step: {self.last}"])


class Ways:
    """What serves told steps, from one to the next.

    ``chain`` is the last that was found, ``unfit`` why none may serve any more, ``last`` what the
    last step did, ``used`` whether a chain served it.
    """

    def __init__(self) -> None:
        self.chain: Chain | None = None
        self.unfit: str | None = None
        self.last, self.used = "none was taken yet", False

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "chain": None}

    def chain_for(
        self, model: nn.Module | None, losses: Sequence[object], blocks: Sequence[Block]
    ) -> Chain | None:
        """The chain as the model is now, if it may serve these losses."""
        found = self._sought(model, losses, blocks)
        self.last = found if isinstance(found, str) else ""
        return None if isinstance(found, str) else found

    def _sought(
        self, model: nn.Module | None, losses: Sequence[object], blocks: Sequence[Block]
    ) -> Chain | str:
        told = [loss for loss in losses if isinstance(loss, Told)]
        if len(told) < len(losses):
            return CLOSURE
        if self.unfit is not None:
            return self.unfit
        if not all(is_plain(loss.inputs) for loss in told):
            return NO_TENSOR
        batch = [(loss.inputs, loss.targets) for loss in told]
        found = find_chain(model, [block.parameters for block in blocks], self.chain, batch)
        self.chain = None if isinstance(found, str) else found
        return found

    def over(self, evaluation: Evaluation) -> None:
        """A step with this evaluation has ended as it should."""
        self.used = evaluation.chain is not None
        if evaluation.chain is not None:
            evaluation.chain.sure = True
            self.last = "without graphs" if evaluation.chain.plain else "parts of passes"
            return
        if evaluation.unfit is not None:
            self.unfit = self.last = evaluation.unfit
            self.chain = None
        self.last = f"whole passes ({self.last})"

    def plan(
        self, model: nn.Module | None, inputs: Any, blocks: Sequence[Block], settings: Settings
    ) -> Plan:
        """What the next step would do, told a batch; of no inputs, as far as the model says."""
        found: Chain | str
        if self.unfit is not None:
            found = self.unfit
        elif inputs is not None and not is_plain(inputs):
            found = NO_TENSOR
        else:
            found = find_chain(model, [own.parameters for own in blocks], self.chain, [inputs])
        forward = settings.order != "backward"  # of a random order the blocks' own stands here
        order = range(len(blocks)) if forward else range(len(blocks))[::-1]
        ways = [
            Way(blocks[k].group["name"], *_gradient(found, k, inputs), _update(blocks[k], settings))
            for k in order
        ]
        return Plan(tuple(ways), self.last or "it was broken off", settings.order)


def _gradient(found: Chain | str, block: int, x: Tensor | None) -> tuple[str, str]:
    """Where a block's gradient comes from, and why not from less."""
    if isinstance(found, str):
        return "a whole pass", found
    parts = [part for segment in found.segments for part in segment]
    first = len(parts) - sum(len(segment) for segment in found.segments[found.starts[block] :])
    where = f"the pass from module {first + 1} of {len(parts)} on"
    why = _with_graphs(found, parts, x)
    return (where, why) if why else (f"{where}, without graphs", "")


def _with_graphs(chain: Chain, parts: Sequence[nn.Module], x: Tensor | None) -> str:
    """Why graphs are needed; empty if they are not."""
    if chain.dense is None:
        for part in parts:
            if type(part) not in (nn.Linear, nn.Flatten) and activation_of(part) is None:
                return f"{type(part).__name__}: graphs are needed but for Linear, ReLU, Tanh, …"
        return "its Linear and activations are in no plain order, or of several types"
    if x is not None and not chain.dense.takes(x):
        return f"inputs of {x.dtype} and {x.ndim} dimensions, hooks or autocast: graphs are needed"
    return ""


def _update(block: Block, settings: Settings) -> str:
    """How its parameters are moved, and why not in one compiled loop."""
    if compiled() is None:
        return "moved by torch (numba, the extra 'fast', is not installed)"
    if any(w.numel() >= MOST for w in block.parameters):
        return f"moved by torch (a parameter of {MOST:,} entries or more)"
    if block.lanes is None:
        return "moved one by one (types, places in memory or step sizes that no loop serves)"
    group = block.group
    if group["momentum"] or group["clip"] is not None or settings.clip_total is not None:
        return "moved one by one (momentum, clip or clip_total)"
    if settings.inner > 1 or not settings.cosine:
        return "moved one by one (inner steps, or plain hypergradients)"
    return "moved in a compiled loop"
