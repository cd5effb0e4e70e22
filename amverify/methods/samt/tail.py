r"""What a closure does after the model, where the loss's graph shows all of it.

    ℓ = cross_entropy(a_L, y),   ∂ℓ/∂a_L = (softmax(a_L) − 1_y)/n;        ℓ = mse_loss(a_L, y)

In a sweep on one batch nothing but a_L changes from one call of the closure to the next. So once
the first call's graph has shown ℓ to be such a function of the model's one output and of tensors
that are still what they were before the call, later blocks need no closure and no graph: ℓ and
∂ℓ/∂a_L come from the operators that autograd itself would run, with the same bits; when such a
loss is met for the first time, autograd is asked too, and has to agree.

Those tensors must be *captured*: variables of the closure, or items of a tuple among them, that
were there before the call, are there after it, and were not written to. A target that the closure
makes itself (labels it guesses from the outputs, an augmented batch) is not, and such a closure is
called for every block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor

aten = torch.ops.aten
Captured = dict[int, tuple[Tensor, int]]
"""Tensors that a closure refers to by their id, each with its version."""


class CrossEntropy(NamedTuple):
    """Cross-entropy with a class for each sample: ``nll_loss`` of ``log_softmax``.

    Args:
        target: the classes.
        weight: of the classes, or None.
        reduction: torch's number of mean or sum.
        ignored: the class that does not count.
        dim: over which the softmax is taken.
    """

    target: Tensor
    weight: Tensor | None
    reduction: int
    ignored: int
    dim: int

    def at(self, a: Tensor) -> tuple[Tensor, Tensor]:
        """ℓ, and its derivative by the outputs a."""
        rest = self.target, self.weight, self.reduction, self.ignored
        logs = aten._log_softmax.default(a, self.dim, False)
        loss, total = aten.nll_loss_forward.default(logs, *rest)
        delta = aten.nll_loss_backward.default(_one(a.dtype, a.device), logs, *rest, total)
        return loss, aten._log_softmax_backward_data.default(delta, logs, self.dim, a.dtype)


class SquaredError(NamedTuple):
    """``mse_loss``.

    Args:
        target: of the outputs' shape.
        reduction: torch's number of mean or sum.
    """

    target: Tensor
    reduction: int

    def at(self, a: Tensor) -> tuple[Tensor, Tensor]:
        """ℓ, and its derivative by the outputs a."""
        rest = self.target, self.reduction
        loss = aten.mse_loss.default(a, *rest)
        return loss, aten.mse_loss_backward.default(_one(a.dtype, a.device), a, *rest)


Tail: TypeAlias = CrossEntropy | SquaredError


def find_tail(loss: Tensor, handed: Tensor, node: Any) -> Tail | None:
    """The loss as a function of the outputs, or None where the graph shows another, or too little.

    Args:
        loss: what the closure returned.
        handed: the outputs as the closure got them.
        node: of the graph, where they came from.
    """
    if loss.ndim or loss._backward_hooks or handed._backward_hooks or handed.retains_grad:
        return None
    last: Any = loss.grad_fn
    try:
        if last is None:
            return None
        if last.name() == "NllLossBackward0":
            return _cross_entropy(last, node)
        if last.name() == "MseLossBackward0" and _follows(last, node):
            return SquaredError(last._saved_target, last._saved_reduction)
    except RuntimeError:  # the closure used its graph up: differentiating says so
        return None
    return None


def _cross_entropy(last: Any, node: Any) -> CrossEntropy | None:
    logs = last.next_functions[0][0]
    if logs is None or logs.name() != "LogSoftmaxBackward0" or not _follows(logs, node):
        return None
    return CrossEntropy(
        last._saved_target,
        last._saved_weight,
        last._saved_reduction,
        _signed(last._saved_ignore_index),
        _signed(logs._saved_dim),
    )


def _signed(number: int) -> int:
    """A saved number that torch hands out modulo 2⁶⁴."""
    return number - 2**64 if number >= 2**63 else number


def _follows(operator: Any, node: Any) -> bool:
    """Whether the outputs are the only operand with a graph."""
    before = [source for source, _ in operator.next_functions if source is not None]
    return len(before) == 1 and before[0] is node


def agrees(tail: Tail, loss: Tensor, output: Tensor) -> bool:
    """Whether autograd gives the same bits from the closure's own graph, which is kept."""
    mine = tail.at(output.detach())
    theirs = torch.autograd.grad(loss, output, retain_graph=True)
    pairs = zip(mine, (loss.detach(), *theirs), strict=True)
    return all(torch.allclose(a, b, rtol=0.0, atol=0.0, equal_nan=True) for a, b in pairs)


def operands(tail: Tail) -> list[Tensor]:
    """The tensors that the loss is made of besides the outputs."""
    return [part for part in tail if isinstance(part, Tensor)]


def captured(closure: Callable[..., Any]) -> Captured:
    """The tensors that a function refers to, as they are now; none where that cannot be told."""
    return {id(x): (x, x._version) for x in _tensors(_values(closure))}


def stand(tensors: Iterable[Tensor], before: Captured, after: Captured) -> bool:
    """Whether these were captured before a call, still are, and were not written to."""
    return all(
        id(x) in before and id(x) in after and before[id(x)][1] == after[id(x)][1] for x in tensors
    )


def _values(function: Any) -> Iterator[object]:
    if isinstance(function, partial):
        yield from function.args
        yield from function.keywords.values()
        function = function.func
    code = getattr(function, "__code__", None)
    if code is None:
        return
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # a variable that has no value yet
            continue
    yield from function.__defaults__ or ()
    own: dict[str, object] = function.__globals__
    for name in code.co_names:
        yield own.get(name)


def _tensors(values: Iterable[object]) -> Iterator[Tensor]:
    for value in values:
        parts: Sequence[object] = value if type(value) is tuple else (value,)
        for part in parts:
            if isinstance(part, Tensor):
                yield part


@cache
def _one(dtype: torch.dtype, device: torch.device) -> Tensor:
    """∂ℓ/∂ℓ."""
    return torch.ones((), dtype=dtype, device=device)
