r"""Gradients of the mini-batch loss by one block.

All evaluations on one batch see the same ℓ(·; ξ): ξ is the batch together with what is drawn on
the way and what the model remembers (:mod:`amverify.samt.replay`).

A closure is called for each. A loss that was told is asked of the outputs, which a chain gives for
less than a whole pass. Several of either make one loss, their weighted mean: each is evaluated and
its graph let go before the next is.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from amverify.errors import InvalidInput
from amverify.samt.averaging import average, is_parallel
from amverify.samt.closures import Stored, checked, differentiated, explained, in_grad, number
from amverify.samt.counters import Counters
from amverify.samt.fast.chain import Chain, Written
from amverify.samt.fast.comparison import difference
from amverify.samt.fast.dense import Dense
from amverify.samt.fast.loss import known
from amverify.samt.parts import Backward, Gradients, Part, Target, scaled, total, whole
from amverify.samt.replay import Replay
from amverify.samt.settings import Settings
from amverify.samt.told import Closure, Told

PURE = (cross_entropy, mse_loss)
"""Losses that draw nothing and keep nothing."""


class NonFiniteLoss(InvalidInput):
    """The loss is NaN or ∞: training diverged, or the data are not finite."""


@dataclass
class Evaluation:
    """One step's evaluations of the loss and its gradients by block.

    Args:
        parts: what the step was asked for.
        counters: to be kept.
        chain: the fast path for a loss that was told, if there is one.
        model: whose state is to move once a batch, if it is known.
        settings: whether FLOPs are counted, and the ranks to average with.
        stored: ``.grad`` of all that is trained.

    ``chain`` turns None once modules are seen to hold something that a pass moves, or to make parts
    of a pass find something else; ``unfit`` then says so.
    """

    parts: Sequence[Part]
    counters: Counters
    chain: Chain | None
    model: nn.Module | None
    settings: Settings
    stored: Stored
    first_loss: Tensor | None = field(default=None, init=False)
    unfit: str | None = field(default=None, init=False)
    _updated: str | None = field(default=None, init=False)
    _part: Part | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._parallel = is_parallel(self.settings.process_group)
        self._total = sum(part.weight for part in self.parts)

    def end(self) -> None:
        """Nothing of the batch is kept, and things are as one call leaves them."""
        self.new_batch()
        if self.chain is not None:
            self.chain.end()

    def new_batch(self) -> None:
        """What comes is another batch: its own random numbers, its own buffers."""
        for part in self.parts:
            if part.replay is not None:
                part.replay.settle()
            part.first = True

    def gradient(self, target: Target, graph: bool = False) -> list[Tensor | None]:
        """∇_i ℓ at the present weights; None for a parameter that the loss does not use.

        Args:
            target: the block.
            graph: keep the graph, so that the gradient can be differentiated.

        Raises:
            NonFiniteLoss: if the loss is NaN or infinite.
            InvalidInput: if it is no scalar with its graph.
        """
        return [whole(g) for g in self.factored(target, graph)]

    def factored(self, target: Target, graph: bool = False) -> Gradients:
        """As ``gradient``, but as products where the model is dense and no one else needs more."""
        loss, found = self._of(self.parts[0], target, graph)
        if len(self.parts) > 1:
            loss, found = self._joined(loss, found, target, graph)
        self.counters.block_gradients += 1
        self.counters.partial_derivatives += target.size
        if self._parallel and not graph:
            loss, found = self._averaged(loss, found, target)
        value = loss.item()
        if not math.isfinite(value):
            name = self.parts[0].name
            raise NonFiniteLoss(f"{name}: the loss is {value} {target}{self._after()}")
        if self.first_loss is None:
            self.first_loss = loss
        return found

    def _joined(
        self, loss: Tensor, found: Gradients, target: Target, graph: bool
    ) -> tuple[Tensor, Gradients]:
        """The weighted mean of the first part, which was found, and of the others."""
        share = self.parts[0].weight / self._total
        loss, found = loss * share, [*scaled(found, share)]
        for part in self.parts[1:]:
            more, others = self._of(part, target, graph)
            share = part.weight / self._total
            loss = loss + more * share
            pairs = zip(found, scaled(others, share), strict=True)
            found = [total(whole(a), b) for a, b in pairs]
        return loss, found

    def _flops(self, which: Literal["forward", "backward"]) -> AbstractContextManager[None]:
        return self.counters.flops(which) if self.settings.count_flops else nullcontext()

    def _averaged(self, loss: Tensor, found: Gradients, target: Target) -> tuple[Tensor, Gradients]:
        """The means over the ranks, each weighted by its samples if they are known."""
        dense = [
            torch.zeros_like(w) if g is None else g
            for g, w in zip(map(whole, found), target.parameters, strict=True)
        ]
        counted = all(part.samples is not None for part in self.parts)
        samples = self._total if counted else None
        mean, averaged = average(loss, dense, samples, self.settings.process_group)
        return mean, [*averaged]

    def earliest(self, blocks: Sequence[int]) -> int:
        """The block whose gradient needs the graph of the most."""
        chain = self.chain
        return min(blocks, key=lambda k: (chain.starts[k], chain.layers[k]) if chain else (k, 0))

    def changed(self, block: int) -> None:
        """Tell that the parameters of ``block`` moved."""
        if self.chain is not None:
            self.chain.changed(block)

    def stepped(self, target: Target) -> None:
        """Tell that a block was updated."""
        self._updated = target.block
        self.changed(target.number)

    @property
    def updated(self) -> bool:
        """Whether any block was."""
        return self._updated is not None

    def _after(self) -> str:
        if self._updated is None:
            return "; no parameter was changed: look at the batch, and at the weights"
        return f", after block {self._updated!r} was updated: lower lr or the bounds of α"

    def _of(self, part: Part, target: Target, graph: bool) -> tuple[Tensor, Gradients]:
        """ℓ and its gradient, on the same batch, from the same state as before."""
        torch.clear_autocast_cache()  # it may hold casts of weights that have moved
        chain = self.chain
        if chain is not None and isinstance(part.loss, Told):
            if part is not self._part:
                chain.end()  # each part has draws of its own
            chain.begin(part.loss.inputs)
        self._part = part
        replay = self._replay(part)
        if replay is not None:
            replay.call()
        with explained(part.name, target, part.loss), self._flops("forward"):
            try:
                loss, backward = self._forward(part, target, graph)
            except Written:
                self.chain = chain = None
                self.unfit = "a module writes into what it is given"
                if replay is not None:
                    replay.again()
                loss, backward = self._forward(part, target, graph)
        with self._flops("backward"):
            found = backward()
            if self.settings.count_flops:  # of products too
                found = [whole(g) for g in found]
        if part.first and replay is not None:
            if chain is not None and replay.moved:
                self.chain = None  # parts of a pass would find other values than the whole
                self.unfit = "a pass moves what modules hold: buffers or attributes"
            replay.called()
        part.first = False
        chain = self.chain
        if chain is not None and not (chain.sure or chain.plain or graph):
            return self._compared(part, target, loss.detach(), found)
        return loss.detach(), found

    def _compared(
        self, part: Part, target: Target, loss: Tensor, found: Gradients
    ) -> tuple[Tensor, Gradients]:
        """What a chain found, where a whole pass from the same state finds it too; else its own."""
        if not isinstance(part.loss, Told):
            return loss, found
        if part.replay is not None:
            part.replay.call()
        with torch.enable_grad():
            whole_loss = checked(part.loss(), part.name, target)
        own = differentiated(whole_loss, target.parameters, "loss", target, False)
        why = difference((loss, [whole(g) for g in found]), (whole_loss.detach(), own))
        if why is None:
            return loss, found
        self.chain = None
        self.unfit = f"parts of a pass find {why}: a module writes or reads what is not its own"
        warnings.warn(
            f"SAMT {target}: {self.unfit}; whole passes are run from now on", stacklevel=2
        )
        return whole_loss.detach(), [*own]

    def _replay(self, part: Part) -> Replay | None:
        """What is to be set back between calls; None where nothing can draw or keep."""
        told, chain = part.loss, self.chain
        pure = isinstance(told, Told) and told.loss in PURE and chain is not None and chain.plain
        if part.replay is None and not pure:
            asked = told.loss if isinstance(told, Told) else told
            part.replay = Replay([self.model, asked, *self.settings.replay])
        return part.replay

    def _forward(self, part: Part, target: Target, graph: bool) -> tuple[Tensor, Backward]:
        """ℓ and its gradient: by a chain without graphs, by a chain, or by a whole pass."""
        told, chain = part.loss, self.chain
        if part.loss is in_grad:
            return self.stored.given(target.parameters)
        if not isinstance(told, Told):
            return self._by_closure(told, target, graph)
        if chain is None:
            with torch.enable_grad():
                loss = checked(told(), part.name, target)
            return loss, lambda: [*differentiated(loss, target.parameters, "loss", target, graph)]
        if chain.dense is not None and chain.plain and not graph:
            return self._without_graphs(part, told, chain.dense, target)
        with torch.enable_grad():
            loss = checked(told.of(chain.output(target.number, part.replay)), part.name, target)

        def backward() -> Gradients:
            found = differentiated(loss, target.parameters, "loss", target, graph)
            chain.changed(target.number)  # its graph is used up
            return [*found]

        return loss, backward

    def _by_closure(self, closure: Closure, target: Target, graph: bool) -> tuple[Tensor, Backward]:
        """ℓ and its gradient, from the loss's graph or from what the closure left in ``.grad``."""
        self.stored.call()
        with torch.enable_grad():
            given = closure()
        if self.stored.filled("closure"):
            if graph:
                raise InvalidInput("closure: unroll needs the loss's graph: leave backward to SAMT")
            loss = number(given, "closure", target).detach().reshape(())
            found = self.stored.taken(target.parameters)
            return loss, lambda: [*found]
        with torch.enable_grad():
            loss = checked(given, "closure", target)
        self.stored.fresh(loss, "closure", target)
        return loss, lambda: [*differentiated(loss, target.parameters, "closure", target, graph)]

    def _without_graphs(
        self, part: Part, told: Told, network: Dense, target: Target
    ) -> tuple[Tensor, Backward]:
        """ℓ and its gradient from ∂ℓ/∂a_L, and what reaches the parameters besides."""
        a, parameters = network.output(), target.parameters
        if part.first:
            part.known = known(told.loss, a, told.targets)
        tail = part.known
        if tail is not None:
            loss, kept = tail.loss(a)
            return loss, lambda: [*network.products(tail.delta(kept), parameters)]
        leaf = a.detach().requires_grad_()
        with torch.enable_grad():
            loss = checked(told.of(leaf.clone()), "loss", target)  # it may write into its outputs

        def backward() -> Gradients:
            delta, *rest = differentiated(loss, [leaf, *parameters], "loss", target, False)
            if not isinstance(delta, Tensor):
                return [*rest]
            products = network.products(delta, parameters)
            return [
                g if other is None else g.whole().add_(other)
                for g, other in zip(products, rest, strict=True)
            ]

        return loss, backward
