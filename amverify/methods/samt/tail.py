r"""What a closure does after the model, where it shows all of it.

    ℓ = cross_entropy(a_L, y),   ∂ℓ/∂a_L = (softmax(a_L) − 1_y)/n;        ℓ = mse_loss(a_L, y)

In a sweep on one batch nothing but a_L changes from one call of the closure to the next. So once
the first call has shown ℓ to be such a function of the model's one output and of tensors that are
still what they were before the call, later blocks need no closure and no graph: ℓ and ∂ℓ/∂a_L come
from the operators that autograd itself would run, with the same bits.

A call shows that if

* it called no function of torch but the loss (:class:`Watch`): no second loss to choose from, no
  look at a value that a branch could depend on, no hook, nothing written;
* the loss's graph leads back to the model's output and nowhere else;
* y, the batch and class weights are *captured*: variables of the closure, or items of a tuple
  among them, there before the call and after it. What the closure fetches itself (the next batch of
  an iterator) is not.

A closure of another kind is called for every block. When such a loss is met for the first time,
autograd is asked too, and has to agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, log_softmax, mse_loss
from torch.nn.functional import nll_loss as nll
from torch.overrides import TorchFunctionMode

from amverify.methods.samt.randomness import random_state

aten = torch.ops.aten
nll_loss: Callable[..., Tensor] = torch._C._nn.nll_loss_nd
LOSSES = ([cross_entropy], [log_softmax, nll], [mse_loss])
"""What a closure may call after the model."""
KNOWN = frozenset(function for losses in LOSSES for function in losses)
Captured = dict[int, tuple[Tensor, int]]
"""Tensors that a closure refers to by their id, each with its version."""


class Watch(TorchFunctionMode):
    """Notes which functions of torch are called, methods and attributes of tensors among them.

    ``random`` is the state of the generators before the first that may have drawn.
    """

    def __init__(self) -> None:
        super().__init__()
        self.called: list[object] = []
        self.random: list[Tensor] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if not self.random and func not in KNOWN:
            self.random = random_state()
        self.called.append(func)
        return func(*args, **(kwargs or {}))

    @property
    def saw_a_loss_alone(self) -> bool:
        """Whether it was called, and nothing else."""
        return self.called in LOSSES


class CrossEntropy(NamedTuple):
    """Cross-entropy with a class for each sample: ``nll_loss`` of ``log_softmax``.

    Args:
        target: the classes.
        weight: of the classes, or None.
        reduction: torch's number of mean or sum.
        ignored: the class that does not count.
        dim: over which the softmax is taken.
        by_logs: ∂ℓ/∂(log softmax), the same for all a.
    """

    target: Tensor
    weight: Tensor | None
    reduction: int
    ignored: int
    dim: int
    by_logs: Tensor

    @property
    def operands(self) -> list[Tensor]:
        """What the loss is made of besides a."""
        return [self.target] if self.weight is None else [self.target, self.weight]

    def loss(self, a: Tensor) -> tuple[Tensor, Tensor]:
        """ℓ, and what its derivative is made of: log softmax(a)."""
        logs = torch._log_softmax(a, self.dim, False)
        return nll_loss(logs, *self[:4]), logs

    def delta(self, logs: Tensor) -> Tensor:
        """∂ℓ/∂a."""
        return torch._log_softmax_backward_data(self.by_logs, logs, self.dim, logs.dtype)


class SquaredError(NamedTuple):
    """``mse_loss``.

    Args:
        target: of the outputs' shape.
        reduction: torch's number of mean or sum.
    """

    target: Tensor
    reduction: int

    @property
    def operands(self) -> list[Tensor]:
        """What the loss is made of besides a."""
        return [self.target]

    def loss(self, a: Tensor) -> tuple[Tensor, Tensor]:
        """ℓ, and what its derivative is made of: a itself."""
        loss: Tensor = aten.mse_loss.default(a, self.target, self.reduction)
        return loss, a

    def delta(self, a: Tensor) -> Tensor:
        """∂ℓ/∂a."""
        found: Tensor = aten.mse_loss_backward.default(_one(a), a, self.target, self.reduction)
        return found


Tail: TypeAlias = CrossEntropy | SquaredError


def find_tail(loss: Tensor, node: Any) -> tuple[Tail, Tensor] | None:
    """The loss as a function of the outputs, and what its derivative here is made of.

    None where the graph shows another function.

    Args:
        loss: what the closure returned.
        node: of the graph, that made the outputs.
    """
    last: Any = loss.grad_fn
    if loss.ndim or last is None:
        return None
    name = last.name()
    try:
        if name == "NllLossBackward0":
            return _cross_entropy(last, node)
        if name == "MseLossBackward0" and _follows(last, node):
            tail = SquaredError(last._saved_target, last._saved_reduction)
            return tail, last._saved_self.detach()
    except RuntimeError:  # the closure used its graph up: differentiating says so
        return None
    return None


def _cross_entropy(last: Any, node: Any) -> tuple[Tail, Tensor] | None:
    before = last.next_functions[0][0]
    if before is None or before.name() != "LogSoftmaxBackward0" or not _follows(before, node):
        return None
    logs = before._saved_result.detach()
    if logs.data_ptr() != last._saved_self.data_ptr():
        return None  # saved_tensors_hooks may give something else than what was computed
    rest = (
        last._saved_target,
        last._saved_weight,
        last._saved_reduction,
        _signed(last._saved_ignore_index),
    )
    total = last._saved_total_weight
    by_logs = aten.nll_loss_backward.default(_one(logs), logs, *rest, total)
    return CrossEntropy(*rest, _signed(before._saved_dim), by_logs), logs


def _follows(operator: Any, node: Any) -> bool:
    """Whether the outputs are the only operand with a graph."""
    before = [source for source, _ in operator.next_functions if source is not None]
    return len(before) == 1 and before[0] is node


def _signed(number: int) -> int:
    """A saved number that torch hands out modulo 2⁶⁴."""
    return number - 2**64 if number >= 2**63 else number


def _one(like: Tensor) -> Tensor:
    """∂ℓ/∂ℓ."""
    return _ones(like.dtype, like.device)


@cache
def _ones(dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.ones((), dtype=dtype, device=device)


def agrees(tail: Tail, kept: Tensor, loss: Tensor, output: Tensor) -> bool:
    """Whether autograd gives the same bits from the closure's own graph, which is kept."""
    mine, own = tail.loss(output.detach())
    (theirs,) = torch.autograd.grad(loss, output, retain_graph=True)
    pairs = (mine, loss.detach()), (tail.delta(own), theirs), (tail.delta(kept), theirs)
    return all(torch.allclose(a, b, rtol=0.0, atol=0.0, equal_nan=True) for a, b in pairs)


def captured(closure: Callable[..., Any]) -> Captured:
    """The tensors that a function refers to, as they are now; none where that cannot be told."""
    return {
        id(x): (x, x._version)
        for x in _referred(closure)
        if isinstance(x, Tensor) and not x.is_inference()
    }


def stand(tensors: Iterable[Tensor], before: Captured, closure: Callable[..., Any]) -> bool:
    """Whether these were captured before a call, still are, and were not written to."""
    now = {id(x) for x in _referred(closure)}
    for x in tensors:
        was = before.get(id(x))
        if was is None or was[1] != x._version or id(x) not in now:
            return False
    return True


def _referred(function: Any) -> list[object]:
    """The values of a function's variables and arguments, with the items of tuples."""
    values: list[object] = []
    if isinstance(function, partial):
        values += [*function.args, *function.keywords.values()]
        function = function.func
    code = getattr(function, "__code__", None)
    if code is None:
        return []
    for cell in function.__closure__ or ():
        try:
            values.append(cell.cell_contents)
        except ValueError:  # a variable that has no value yet
            continue
    if function.__defaults__:
        values += function.__defaults__
    own = function.__globals__
    values += [own[name] for name in code.co_names if name in own]
    items = [item for value in values if type(value) is tuple for item in value]
    return values + items
