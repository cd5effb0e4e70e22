"""What comes back from a closure: a loss with its graph, or gradients that it left in ``.grad``.

A closure in torch's own manner (LBFGS', Lightning's) calls ``backward`` itself: then a block's
gradient is what that call left in ``.grad``, which is taken and emptied, so that the next call
begins with none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.samt import unlisted
from amverify.samt.fast.dense import Product
from amverify.samt.told import Told
from amverify.samt.unlisted import version


def in_grad() -> Tensor:
    """Stands for a closure where gradients are there already."""
    raise AssertionError("it is never called")


KNOWN = (
    (
        "more than 1 value per channel",
        "BatchNorm cannot train on a batch of one {where} ({error}); drop the last, smaller batch "
        "or call model.eval()",
    ),
    (
        "backward through the graph a second time",
        "a part of the loss was computed before step, or used up by another backward {where}; "
        "compute all of it in the closure",
    ),
    (
        "use_reentrant",
        "reentrant checkpointing admits no gradient by one block {where}; "
        "checkpoint(…, use_reentrant=False)",
    ),
    (
        "Expected to have finished reduction",
        "the model is wrapped in DistributedDataParallel {where}; SAMT averages gradients itself: "
        "call the module inside, model.module",
    ),
)
"""Words of torch's errors, and what they mean here."""


@contextmanager
def explained(name: str, where: object, loss: object = None) -> Iterator[None]:
    """Errors of torch whose cause is known, in one line.

    Raises:
        InvalidInput: instead of them.
    """
    try:
        yield
    except (TypeError, AttributeError) as error:
        foreign = loss.foreign() if isinstance(loss, Told) else None
        if foreign is not None:
            raise InvalidInput(foreign) from error
        raise
    except (RuntimeError, ValueError) as error:
        for words, said in KNOWN:
            if words in str(error) and not isinstance(error, InvalidInput):
                first = str(error).splitlines()[0]
                raise InvalidInput(f"{name}: {said.format(where=where, error=first)}") from error
        raise


def checked(loss: object, name: str, where: object) -> Tensor:
    """The loss as a number with its graph.

    Raises:
        InvalidInput: if it is none.
    """
    found = number(loss, name, where)
    found = found.reshape(()) if found.ndim else found
    if not found.requires_grad:
        raise InvalidInput(
            f"{name}: the loss depends on no trainable parameter {where}; return it with its "
            "graph (no detach, no torch.no_grad)"
        )
    return found


def number(loss: object, name: str, where: object) -> Tensor:
    """The loss as a tensor of one entry.

    Raises:
        InvalidInput: if it is none.
    """
    if not isinstance(loss, Tensor):
        raise InvalidInput(
            f"{name}: expected the loss, a tensor, got {type(loss).__name__} {where}; return it"
        )
    if loss.numel() != 1:
        raise InvalidInput(
            f"{name}: the loss has shape {tuple(loss.shape)} {where}; return a scalar, its mean"
        )
    return loss


def differentiated(
    loss: Tensor, by: Sequence[Tensor], name: str, where: object, graph: bool
) -> list[Tensor | None]:
    """∂ℓ by each; None where ℓ does not depend on it.

    Raises:
        InvalidInput: for a graph that is used up, and for sparse gradients.
    """
    with explained(name, where):
        found = torch.autograd.grad(loss, list(by), allow_unused=True, create_graph=graph)
    if all(g is None for g in found) and _checkpoints(loss):
        said = dict(KNOWN)["use_reentrant"].format(where=where)
        raise InvalidInput(f"{name}: {said}")
    for g in found:
        if g is not None and g.is_sparse:
            raise InvalidInput(f"{name}: a sparse gradient {where}; use sparse=False")
    return list(found)


def _checkpoints(loss: Tensor) -> bool:
    """Whether the graph hides parameters, as reentrant checkpointing does."""
    found, seen = [loss.grad_fn], set()
    while found:
        node = found.pop()
        if node is None or node in seen:
            continue
        if node.name() == "CheckpointFunctionBackward":
            return True
        seen.add(node)
        found += [before for before, _ in node.next_functions]
    return False


class Stored:
    """``.grad`` of all that is trained, during a step.

    Args:
        parameters: all.
        asked: whether closures are called, whose losses are to be younger than this.
    """

    def __init__(self, parameters: Sequence[Tensor], asked: bool = True) -> None:
        self._parameters = parameters
        self.emptied = False
        self._mark = unlisted.next_number() if asked else 0
        self._before: list[tuple[Tensor | None, int]] = []

    def call(self) -> None:
        """A closure is about to be called."""
        self._before = [
            (w.grad, -1 if w.grad is None else version(w.grad)) for w in self._parameters
        ]

    def filled(self, name: str) -> bool:
        """Whether it called backward.

        Raises:
            InvalidInput: if that was added to gradients of before.
        """
        found = False
        for w, (grad, written) in zip(self._parameters, self._before, strict=True):
            if w.grad is None or (w.grad is grad and version(grad) == written):
                continue
            if w.grad is grad and not self.emptied:
                raise InvalidInput(
                    f"{name}: it called backward, which added to gradients of before step; begin "
                    "it with optimiser.zero_grad(), or hand micro-batches to optimiser.accumulate"
                )
            found = True
        return found

    def taken(self, parameters: Sequence[Tensor]) -> list[Tensor | None]:
        """The gradients by these; all are emptied."""
        found = [w.grad for w in parameters]
        for w in self._parameters:
            w.grad = None
        return found

    def given(
        self, parameters: Sequence[Tensor]
    ) -> tuple[Tensor, Callable[[], list[Tensor | Product | None]]]:
        """Copies of the gradients by these; in the loss's place 0, NaN if they are not finite."""
        found = [None if w.grad is None else w.grad.detach().clone() for w in parameters]
        sums = [g.sum() * 0.0 for g in found if g is not None]
        return torch.stack(sums).sum() if sums else torch.zeros(()), lambda: [*found]

    def fresh(self, loss: Tensor, name: str, where: object) -> None:
        """Refuse a loss that was made before the step began.

        Raises:
            InvalidInput: if it was.
        """
        made = unlisted.number(loss)
        if made is not None and made < self._mark:
            raise InvalidInput(
                f"{name}: the loss was computed before step {where}; compute it in the closure"
            )
