r"""Gradients of the mini-batch loss by one block, from the user's closure.

All evaluations on one batch see the same ℓ(·; ξ): ξ is the batch together with what is drawn on
the way (dropout masks, augmentation), so generators are set back before each further call, and
buffers (running means of BatchNorm) keep what the batch's first call made of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import torch
import torch.distributed as dist
from torch import Tensor, nn

from amverify.errors import InvalidInput
from amverify.samt.averaging import average, is_parallel
from amverify.samt.counters import Counters
from amverify.samt.fast.chain import Chain
from amverify.samt.fast.dense import Product
from amverify.samt.fast.loss import (
    Tail,
    Watch,
    agrees,
    find_tail,
    referred,
    stand,
)
from amverify.samt.randomness import random_state, same, set_random_state

Closure: TypeAlias = Callable[[], Tensor]


class NonFiniteLoss(InvalidInput):
    """The closure returned NaN or ∞: training diverged, or the data are not finite."""


class Target(NamedTuple):
    """A block whose gradient is wanted: its number, its name for errors, what is trained of it."""

    number: int
    block: str
    parameters: list[Tensor]
    size: int

    def __str__(self) -> str:
        shapes = ", ".join(str(tuple(w.shape)) for w in self.parameters)
        return f"at block {self.block!r} of shape {shapes}"


@dataclass
class Evaluation:
    """One step's evaluations of the loss and its gradients by block.

    Args:
        closure: the user's.
        counters: to be kept.
        chain: the fast path, if there is one.
        model: whose buffers are to move once a batch, if it is known.
        count_flops: also count FLOPs.
        process_group: of the ranks to average with; None for all.
    """

    closure: Closure
    counters: Counters
    chain: Chain | None
    model: nn.Module | None
    count_flops: bool
    process_group: dist.ProcessGroup | None
    first_loss: Tensor | None = field(default=None, init=False)
    _called: bool = field(default=False, init=False)
    _random: list[Tensor] = field(default_factory=list, init=False)
    _drew: bool = field(default=False, init=False)
    _buffers: list[Tensor] | None = field(default=None, init=False)
    _updated: str | None = field(default=None, init=False)
    _tail: Tail | None = field(default=None, init=False)
    _kept: Tensor | None = field(default=None, init=False)
    _fixed: list[tuple[Tensor, int]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._dense = None if self.chain is None else self.chain.dense
        self._parallel = is_parallel(self.process_group)

    def begin(self) -> None:
        """Prepare the model for a step."""
        if self.chain is not None:
            self.chain.take_over()

    def end(self) -> None:
        """The model as the user knows it."""
        if self.chain is not None:
            self.chain.hand_back()

    def new_batch(self) -> None:
        """What comes is another batch: its own random numbers, its own buffers."""
        self._called, self._drew, self._random, self._buffers = False, False, [], None
        self._tail, self._fixed = None, []

    def gradient(self, target: Target, graph: bool = False) -> list[Tensor | None]:
        """∇_i ℓ at the present weights; None for a parameter that the loss does not use.

        Args:
            target: the block.
            graph: keep the graph, so that the gradient can be differentiated.

        Raises:
            NonFiniteLoss: if the loss is NaN or infinite.
            InvalidInput: if the closure does not return a scalar loss with its graph.
        """
        return [whole(g) for g in self.factored(target, graph)]

    def factored(self, target: Target, graph: bool = False) -> list[Tensor | Product | None]:
        """As ``gradient``, but as products where the model is dense and no one else needs more."""
        if self.chain is not None:
            self.chain.aim(target.number, graph)
        loss, found = (
            self._counted(target, graph) if self.count_flops else self._both(target, graph)
        )
        counters = self.counters
        counters.block_gradients += 1
        counters.partial_derivatives += target.size
        loss = loss.detach()
        if self._parallel and not graph:
            dense = [
                torch.zeros_like(w) if g is None else g
                for g, w in zip(map(whole, found), target.parameters, strict=True)
            ]
            loss, averaged = average(loss, dense, self.process_group)
            found = list(averaged)
        value = loss.item()
        if not math.isfinite(value):
            raise NonFiniteLoss(f"closure: the loss is {value} {target}{self._after()}")
        if self.first_loss is None:
            self.first_loss = loss
        return found

    def _both(self, target: Target, graph: bool) -> tuple[Tensor, list[Tensor | Product | None]]:
        """The loss and its gradient, without the closure where its tail is known."""
        network = self._dense
        for x, version in self._fixed:
            if x._version != version:  # it shares its memory with a weight
                self._tail = None
        if graph or self._tail is None or network is None:
            with torch.enable_grad():
                loss = self._call(target)
            if graph or self._tail is None or network is None:
                return loss, self._differentiated(loss, target, graph)
            kept = self._kept
            assert kept is not None, "the tail was found with it"
        else:
            loss, kept = self._tail.loss(network.present())
        return loss, [*network.products(self._tail.delta(kept), target.parameters)]

    def _counted(self, target: Target, graph: bool) -> tuple[Tensor, list[Tensor | Product | None]]:
        """``_both``, with FLOPs counted; those of products are formed, so that they count."""
        with self.counters.flops("forward"), torch.enable_grad():
            loss = self._call(target)
        with self.counters.flops("backward"):
            return loss, [whole(g) for g in self._differentiated(loss, target, graph)]

    def _differentiated(
        self, loss: Tensor, target: Target, graph: bool
    ) -> list[Tensor | Product | None]:
        """By the parameters: what comes through a dense network's outputs, and what does not."""
        chain, parameters = self.chain, target.parameters
        network = self._dense
        outputs = [] if network is None else [call.output for call in network.calls]
        found = _differentiate(loss, [*outputs, *parameters], target, graph)
        if chain is not None:
            chain.changed(target.number)  # its graph is used up
        if network is None or not outputs:
            return list(found)
        count = len(outputs)
        products = network.gradients(found[:count], parameters)
        rest = found[count:]
        return [
            product if other is None else _sum(product, other)
            for product, other in zip(products, rest, strict=True)
        ]

    def changed(self, block: int) -> None:
        """Tell that the parameters of ``block`` moved."""
        if self.chain is not None:
            self.chain.changed(block)

    def stepped(self, target: Target) -> None:
        """Tell that a block was updated."""
        self._updated = target.block
        if self.chain is not None:
            self.chain.changed(target.number)

    @property
    def updated(self) -> bool:
        """Whether any block was."""
        return self._updated is not None

    def _after(self) -> str:
        if self._updated is None:
            return "; no parameter was changed: look at the batch, and at the weights"
        return f", after block {self._updated!r} was updated: lower lr or the bounds of α"

    def _call(self, where: Target) -> Tensor:
        """The loss, on the same batch and the same random numbers as before."""
        torch.clear_autocast_cache()  # it may hold casts of weights that have moved
        first, network = not self._called, self._dense
        watch: Watch | None = None
        before: Sequence[object] = ()
        if not first:
            if self._drew:
                set_random_state(self._random)
        elif network is not None and network.shows and not self.count_flops:
            watch, before = Watch(), referred(self.closure)
        else:
            self._random = random_state()
        self._called = True
        try:
            with nullcontext() if watch is None else watch:
                loss = self.closure()
        except ValueError as error:
            if "more than 1 value per channel" in str(error):
                raise InvalidInput(
                    f"closure: BatchNorm cannot train on a batch of one {where} ({error}); "
                    "drop the last, smaller batch or call model.eval()"
                ) from error
            raise
        _check_loss(loss, where)
        if loss.ndim:
            loss = loss.reshape(())
        if watch is not None and network is not None:
            self._tail = self._found_tail(loss, watch, before)
            network.shows = self._tail is not None
            self._random = watch.random or self._random
        if first and self._tail is None:
            self._random = self._random or random_state()
            self._drew = not same(self._random, random_state())
        if self.chain is not None and self.chain.used and self._drew:
            self.chain.leave()
        self._keep_buffers()
        return loss

    def _found_tail(self, loss: Tensor, watch: Watch, before: Sequence[object]) -> Tail | None:
        """What came after the model, if that is all there is, and later calls would do the same.

        ``before`` is what the closure referred to before it was called.
        """
        network, call = self._dense, None if self.chain is None else self.chain.only_call
        if network is None or network.batch is None or call is None:
            return None
        found = find_tail(watch, loss, call.handed)
        if found is None:
            return None
        tail, self._kept = found
        fixed = [network.batch, *tail.operands]
        if not stand(fixed, before, self.closure):
            return None
        self._fixed = [(x, x._version) for x in fixed]
        if type(tail) not in network.agreed:
            if not agrees(tail, self._kept, loss, call.output):
                return None
            network.agreed.add(type(tail))
        return tail

    def _keep_buffers(self) -> None:
        """Put back what the first call on this batch left in the buffers."""
        dense = self.chain is not None and self.chain.dense is not None  # it has none
        if self.model is None or dense or self._buffers == []:
            return
        buffers = list(self.model.buffers())
        if self._buffers is None:
            self._buffers = [buffer.clone() for buffer in buffers]
            return
        for buffer, kept in zip(buffers, self._buffers, strict=True):
            buffer.data.copy_(kept)  # running statistics: no gradient depends on their values


def _check_loss(loss: object, where: Target) -> None:
    if not isinstance(loss, Tensor):
        raise InvalidInput(
            f"closure: expected the loss, a tensor, got {type(loss).__name__} {where}; return it"
        )
    if loss.numel() != 1:
        raise InvalidInput(
            f"closure: the loss has shape {tuple(loss.shape)} {where}; return a scalar, its mean"
        )
    if not loss.requires_grad:
        raise InvalidInput(
            f"closure: the loss depends on no trainable parameter {where}; return it with its "
            "graph (no detach, no torch.no_grad)"
        )


def _differentiate(
    loss: Tensor, parameters: Sequence[Tensor], where: Target, graph: bool
) -> list[Tensor | None]:
    try:
        found = torch.autograd.grad(
            loss,
            list(parameters),
            allow_unused=True,
            create_graph=graph,
        )
    except RuntimeError as error:
        if "backward through the graph a second time" in str(error):
            raise InvalidInput(
                f"closure: it called backward() {where}; return the loss and leave that to SAMT"
            ) from error
        raise
    for g in found:
        if g is not None and g.is_sparse:
            raise InvalidInput(f"closure: a sparse gradient {where}; use sparse=False")
    return list(found)


def whole(gradient: Tensor | Product | None) -> Tensor | None:
    """The gradient, no longer a product."""
    return gradient.whole() if isinstance(gradient, Product) else gradient


def _sum(product: Product | None, other: Tensor) -> Tensor:
    return other if product is None else product.whole().add_(other)
