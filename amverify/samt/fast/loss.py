r"""What a closure does after the model, where it shows all of it.

    ℓ = cross_entropy(a_L, y),   ∂ℓ/∂a_L = (softmax(a_L) − 1_y)/n;        ℓ = mse_loss(a_L, y)

In a sweep on one batch nothing but a_L changes from one call of the closure to the next. So once
the first call has shown ℓ to be such a function of the model's one output and of tensors that are
still what they were before the call, later blocks need no closure and no graph: ℓ and ∂ℓ/∂a_L come
from the operators that autograd itself would run, with the same bits.

A call shows that if

* it called no function of torch but the loss, on the model's output, and returned what that gave
  (:class:`Watch`): no second loss to choose from, no look at a value that a branch could depend on,
  no hook, nothing written;
* y, the batch and class weights are *captured*: variables of the closure, or items of a tuple
  among them, there before the call and after it. What the closure fetches itself (the next batch of
  an iterator) is not.

A closure of another kind is called for every block. When such a loss is met for the first time,
autograd is asked too, and has to agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, log_softmax, mse_loss
from torch.nn.functional import nll_loss as nll
from torch.overrides import TorchFunctionMode

from amverify.samt.randomness import random_state

aten = torch.ops.aten
nll_loss: Callable[..., Tensor] = torch._C._nn.nll_loss_nd
LOSSES = ([cross_entropy], [log_softmax, nll], [mse_loss])
"""What a closure may call after the model."""
KNOWN = frozenset(function for losses in LOSSES for function in losses)
REDUCTIONS = {"mean": 1, "sum": 2}
"""As torch numbers them; a loss that is not reduced is no scalar."""


class Seen(NamedTuple):
    """A function that was called, with what, and what it gave."""

    function: object
    arguments: tuple[Any, ...]
    named: dict[str, Any]
    found: Any


class Watch(TorchFunctionMode):
    """Notes calls of losses, and whether anything else of torch was called.

    Methods and attributes of tensors count. ``random`` is the state of the generators before the
    first call that may have drawn.
    """

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[Seen] = []
        self.more = False
        self.random: list[Tensor] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        named = kwargs or {}
        if func not in KNOWN:
            self.more, self.random = True, self.random or random_state()
            return func(*args, **named)
        if torch._C._autograd._top_saved_tensors_default_hooks(True) is not None:
            self.more = True  # what a derivative is given need not be what was computed
        found = func(*args, **named)
        self.losses.append(Seen(func, args, named, found))
        return found


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


def find_tail(watch: Watch, loss: Tensor, handed: Tensor) -> tuple[Tail, Tensor] | None:
    """The loss as a function of the outputs, and what its derivative here is made of.

    None where the closure was seen to do anything else.

    Args:
        watch: of the closure's call.
        loss: what it returned.
        handed: the outputs as it got them.
    """
    seen = watch.losses
    if watch.more or [call.function for call in seen] not in LOSSES or seen[-1].found is not loss:
        return None
    _, arguments, named, logs = seen[0]
    if seen[0].function is mse_loss:
        return _squares(handed, *arguments, **named)
    if seen[0].function is cross_entropy:
        return _classes(loss, handed, 1, *arguments, **named)
    dim = _dimension(handed, *arguments, **named)
    if dim is None:
        return None
    return _classes(loss, logs, dim, *seen[1].arguments, **seen[1].named)


def _squares(
    a: Tensor,
    input: Tensor,
    target: Tensor,
    size_average: object = None,
    reduce: object = None,
    reduction: str = "mean",
    weight: object = None,
) -> tuple[Tail, Tensor] | None:
    """``mse_loss`` with the arguments that it was called with."""
    odd = size_average is not None or reduce is not None or weight is not None
    alike = input is a and target.shape == a.shape and target.dtype == a.dtype
    if odd or not alike:
        return None
    return SquaredError(target, REDUCTIONS[reduction]), a.detach()


def _classes(
    loss: Any,
    a: Tensor,
    dim: int,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: object = None,
    ignore_index: int = -100,
    reduce: object = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> tuple[Tail, Tensor] | None:
    """``cross_entropy`` or ``nll_loss`` with the arguments that it was called with.

    Smoothed labels, class probabilities and subclasses of tensors end in another operator.
    """
    node = loss.grad_fn
    odd = size_average is not None or reduce is not None or node.name() != "NllLossBackward0"
    if odd or input is not a:
        return None
    rest = target, weight, REDUCTIONS[reduction], ignore_index
    logs, total = node._saved_self.detach(), node._saved_total_weight
    by_logs = aten.nll_loss_backward.default(_one(logs), logs, *rest, total)
    return CrossEntropy(*rest, dim, by_logs), logs


def _dimension(
    a: Tensor, input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: object = None
) -> int | None:
    """Over which ``log_softmax`` went, if it was of a and nothing special."""
    return dim if input is a and dtype is None else None


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


def stand(tensors: Iterable[Tensor], before: Sequence[object], closure: object) -> bool:
    """Whether a closure referred to these plain tensors before a call, and still does."""
    captured = {id(x) for x in before} & {id(x) for x in referred(closure)}
    return all(type(x) is Tensor and id(x) in captured for x in tensors)


def referred(function: Any) -> list[object]:
    """The values of a function's variables and arguments, with the items of tuples.

    Nothing where that cannot be told.
    """
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
