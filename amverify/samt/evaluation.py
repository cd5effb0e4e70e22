r"""Gradients of the mini-batch loss by one block.

All evaluations on one batch see the same ℓ(·; ξ): ξ is the batch together with what is drawn on
the way (dropout masks, augmentation), so generators are set back before each further call, and
buffers (running means of BatchNorm) keep what the batch's first call made of them.

A closure is called for each. A loss that was told is asked of the outputs, which a chain gives for
less than a whole pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn

from amverify.errors import InvalidInput
from amverify.samt.averaging import average, is_parallel
from amverify.samt.counters import Counters
from amverify.samt.fast.chain import Chain
from amverify.samt.fast.dense import Dense, Product
from amverify.samt.fast.loss import Known, known
from amverify.samt.randomness import random_state, same, set_random_state
from amverify.samt.settings import Settings
from amverify.samt.told import Closure, Told

Gradients: TypeAlias = list[Tensor | Product | None]
Backward: TypeAlias = Callable[[], Gradients]


class NonFiniteLoss(InvalidInput):
    """The loss is NaN or ∞: training diverged, or the data are not finite."""


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
        loss: what the step was asked for.
        counters: to be kept.
        chain: the fast path for a loss that was told, if there is one.
        model: whose buffers are to move once a batch, if it is known.
        settings: whether FLOPs are counted, and the ranks to average with.

    ``chain`` turns None once the loss draws random numbers.
    """

    loss: Closure | Told
    counters: Counters
    chain: Chain | None
    model: nn.Module | None
    settings: Settings
    first_loss: Tensor | None = field(default=None, init=False)
    _called: bool = field(default=False, init=False)
    _random: list[Tensor] = field(default_factory=list, init=False)
    _drew: bool = field(default=False, init=False)
    _buffers: list[Tensor] | None = field(default=None, init=False)
    _updated: str | None = field(default=None, init=False)
    _known: Known | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._parallel = is_parallel(self.settings.process_group)
        self._name = "loss" if isinstance(self.loss, Told) else "closure"

    def end(self) -> None:
        """Nothing of the batch is kept."""
        if self.chain is not None:
            self.chain.end()

    def new_batch(self) -> None:
        """What comes is another batch: its own random numbers, its own buffers."""
        self._called, self._drew, self._random, self._buffers = False, False, [], None

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
        with self._flops("forward"):
            loss, backward = self._called_with_its_randomness(target, graph)
        with self._flops("backward"):
            found = backward()
            if self.settings.count_flops:  # of products too
                found = [whole(g) for g in found]
        self.counters.block_gradients += 1
        self.counters.partial_derivatives += target.size
        loss = loss.detach()
        if self._parallel and not graph:
            loss, found = self._averaged(loss, found, target)
        value = loss.item()
        if not math.isfinite(value):
            raise NonFiniteLoss(f"{self._name}: the loss is {value} {target}{self._after()}")
        if self.first_loss is None:
            self.first_loss = loss
        return found

    def _flops(self, which: Literal["forward", "backward"]) -> AbstractContextManager[None]:
        return self.counters.flops(which) if self.settings.count_flops else nullcontext()

    def _averaged(self, loss: Tensor, found: Gradients, target: Target) -> tuple[Tensor, Gradients]:
        """The means over the ranks."""
        dense = [
            torch.zeros_like(w) if g is None else g
            for g, w in zip(map(whole, found), target.parameters, strict=True)
        ]
        mean, averaged = average(loss, dense, self.settings.process_group)
        return mean, [*averaged]

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

    def _called_with_its_randomness(self, target: Target, graph: bool) -> tuple[Tensor, Backward]:
        """ℓ and its gradient, on the same batch and the same random numbers as before."""
        torch.clear_autocast_cache()  # it may hold casts of weights that have moved
        first = not self._called
        if first:
            self._random = random_state()
        elif self._drew:
            set_random_state(self._random)
        self._called = True
        try:
            found = self._forward(target, graph, first)
        except ValueError as error:
            if "more than 1 value per channel" in str(error):
                raise InvalidInput(
                    f"{self._name}: BatchNorm cannot train on a batch of one {target} ({error}); "
                    "drop the last, smaller batch or call model.eval()"
                ) from error
            raise
        if first:
            self._drew = not same(self._random, random_state())
            if self._drew:
                self.chain = None  # parts of a pass would draw other numbers than the whole
        self._keep_buffers()
        return found

    def _forward(self, target: Target, graph: bool, first: bool) -> tuple[Tensor, Backward]:
        """ℓ and its gradient: by a chain without graphs, by a chain, or by a whole pass."""
        told, chain = self.loss, self.chain
        if chain is None or not isinstance(told, Told):
            with torch.enable_grad():
                loss = self._checked(self.loss(), target)
            return loss, lambda: self._differentiated(loss, target.parameters, target, graph)
        chain.begin(told.inputs)
        if chain.dense is not None and chain.plain and not graph:
            return self._without_graphs(told, chain.dense, target, first)
        with torch.enable_grad():
            loss = self._checked(told.of(chain.output(target.number)), target)

        def backward() -> Gradients:
            found = self._differentiated(loss, target.parameters, target, graph)
            chain.changed(target.number)  # its graph is used up
            return found

        return loss, backward

    def _without_graphs(
        self, told: Told, network: Dense, target: Target, first: bool
    ) -> tuple[Tensor, Backward]:
        """ℓ and its gradient from ∂ℓ/∂a_L, and what reaches the parameters besides."""
        a, parameters = network.output(), target.parameters
        if first:
            self._known = known(told.loss, a, told.targets)
        tail = self._known
        if tail is not None:
            loss, kept = tail.loss(a)
            return loss, lambda: [*network.products(tail.delta(kept), parameters)]
        leaf = a.detach().requires_grad_()
        with torch.enable_grad():
            loss = self._checked(told.of(leaf.clone()), target)  # it may write into its outputs

        def backward() -> Gradients:
            delta, *rest = self._differentiated(loss, [leaf, *parameters], target, False)
            if not isinstance(delta, Tensor):
                return rest
            products = network.products(delta, parameters)
            return [
                g if other is None else g.whole().add_(other)
                for g, other in zip(products, map(whole, rest), strict=True)
            ]

        return loss, backward

    def _checked(self, loss: object, where: Target) -> Tensor:
        """The loss as a number with its graph."""
        name = self._name
        if not isinstance(loss, Tensor):
            raise InvalidInput(
                f"{name}: expected the loss, a tensor, got {type(loss).__name__} {where}; return it"
            )
        if loss.numel() != 1:
            raise InvalidInput(
                f"{name}: the loss has shape {tuple(loss.shape)} {where}; return a scalar, its mean"
            )
        if not loss.requires_grad:
            raise InvalidInput(
                f"{name}: the loss depends on no trainable parameter {where}; return it with its "
                "graph (no detach, no torch.no_grad)"
            )
        return loss.reshape(()) if loss.ndim else loss

    def _differentiated(
        self, loss: Tensor, by: Sequence[Tensor], where: Target, graph: bool
    ) -> Gradients:
        try:
            found = torch.autograd.grad(loss, list(by), allow_unused=True, create_graph=graph)
        except RuntimeError as error:
            if "backward through the graph a second time" in str(error):
                raise InvalidInput(
                    f"{self._name}: it called backward() {where}; return the loss and leave that "
                    "to SAMT"
                ) from error
            raise
        for g in found:
            if g is not None and g.is_sparse:
                raise InvalidInput(f"{self._name}: a sparse gradient {where}; use sparse=False")
        return list(found)

    def _keep_buffers(self) -> None:
        """Put back what the first call on this batch left in the buffers."""
        dense = self.chain is not None and self.chain.plain  # it has none
        if self.model is None or dense or self._buffers == []:
            return
        buffers = list(self.model.buffers())
        if self._buffers is None:
            self._buffers = [buffer.clone() for buffer in buffers]
            return
        for buffer, kept in zip(buffers, self._buffers, strict=True):
            buffer.data.copy_(kept)  # running statistics: no gradient depends on their values


def whole(gradient: Tensor | Product | None) -> Tensor | None:
    """The gradient, no longer a product."""
    return gradient.whole() if isinstance(gradient, Product) else gradient
