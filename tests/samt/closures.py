"""Closures of many kinds, each for a model and a batch; they note their calls.

``SHOWN`` do nothing but the model and a loss of what they refer to; ``HIDDEN`` do something else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.functional import cross_entropy, log_softmax, mse_loss, nll_loss

from tests.samt.nets import Batch, batches

Closure = Callable[[], Tensor]
Make = Callable[[nn.Module, Batch, list[int]], Closure]
"""A closure for a model and a batch; it notes each of its calls."""
Body = Callable[[nn.Module, Tensor, Tensor], Tensor]
WEIGHT = torch.tensor([0.5, 2.0, 1.0], dtype=torch.float64)
VALUES = torch.randn(8, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(7))
BLOCKS = 3


class Other(Tensor):
    """A subclass: what it does is its own affair."""


def counted(body: Body, target: Tensor | None = None) -> Make:
    """A closure that refers to batch and target (the batch's classes, or these values)."""

    def make(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
        x, y = batch[0], batch[1].clone() if target is None else target.clone()

        def closure() -> Tensor:
            calls.append(1)
            return body(model, x, y)

        return closure

    return make


def plainly(loss: Callable[[Tensor, Tensor], Tensor], target: Tensor | None = None) -> Make:
    """loss(model(x), y)."""
    return counted(lambda model, x, y: loss(model(x), y), target)


def weighted(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """Class weights that the closure itself refers to."""
    x, y = batch

    def closure() -> Tensor:
        calls.append(1)
        return cross_entropy(model(x), y, WEIGHT)

    return closure


def from_tuple(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """Batch and classes are items of a tuple."""

    def closure() -> Tensor:
        calls.append(1)
        return cross_entropy(model(batch[0]), batch[1])

    return closure


def from_arguments(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """A partial function and a default value."""

    def given(x: Tensor, y: Tensor = batch[1]) -> Tensor:
        calls.append(1)
        return cross_entropy(model(x), y)

    return partial(given, batch[0])


SHOWN: dict[str, Make] = {
    "mean": plainly(cross_entropy),
    "sum": plainly(partial(cross_entropy, reduction="sum")),
    "ignored class": plainly(partial(cross_entropy, ignore_index=2)),
    "last dimension": plainly(lambda a, y: nll_loss(log_softmax(a, -1), y)),
    "class weights": weighted,
    "tuple": from_tuple,
    "arguments": from_arguments,
    "mean square": plainly(mse_loss, VALUES),
    "sum of squares": plainly(partial(mse_loss, reduction="sum"), VALUES),
}


def penalised(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    penalty = torch.stack([w.square().sum() for w in model.parameters()]).sum()
    return cross_entropy(model(x), y) + 0.1 * penalty


def guessed_labels(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Classes that depend on the weights, without a graph."""
    outputs = model(x)
    return cross_entropy(outputs, outputs.detach().argmax(1))


def guessed_in_place(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """The same in the memory of labels that were there before."""
    outputs = model(x)
    y.copy_(outputs.detach().argmax(1))
    return cross_entropy(outputs, y)


def guessed_for_next_time(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """The classes of one call come from the outputs of the call before."""
    x, y = batch

    def closure() -> Tensor:
        nonlocal y
        calls.append(1)
        outputs = model(x)
        loss = cross_entropy(outputs, y)
        y = outputs.detach().argmax(1)
        return loss

    return closure


def taught(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Targets from a call of the model without gradients."""
    with torch.no_grad():
        torch.mul(model(x), 0.9, out=y)
    return mse_loss(model(x), y)


def called_twice(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    model(x)
    return cross_entropy(model(x), y)


def hooked_outputs(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    outputs = model(x)
    outputs.register_hook(lambda g: 2 * g)
    return cross_entropy(outputs, y)


def hooked_inside(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """A hook that no graph shows."""
    logs = log_softmax(model(x), 1)
    logs.register_hook(lambda g: 2 * g)
    return nll_loss(logs, y)


def hooked_loss(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    loss = cross_entropy(model(x), y)
    loss.register_hook(lambda g: 2 * g)
    return loss


def hooked_node(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    loss = cross_entropy(model(x), y)
    assert loss.grad_fn is not None
    loss.grad_fn.register_prehook(lambda g: (2 * g[0],))
    return loss


def greater_of_two(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """The graph shows the one that was greater at the first call."""
    outputs = model(x)
    return max(mse_loss(outputs, y), mse_loss(outputs, -y))


def flooded(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """A branch on the loss's value."""
    loss = cross_entropy(model(x), y)
    return loss if loss > 1.09 else 2.18 - loss


def logged(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Looking at the loss is harmless, but what is done with it is not known."""
    loss = cross_entropy(model(x), y)
    assert loss.item() > 0
    return loss


def noisy_weights(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Written through ``data``: no version counter notices."""
    for w in model.parameters():
        w.data.add_(0.1)
    loss = cross_entropy(model(x), y)
    for w in model.parameters():
        w.data.sub_(0.1)
    return loss


def clamped_outputs(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Without a graph, and at first without an effect."""
    outputs = model(x)
    with torch.no_grad():
        outputs.clamp_(-0.4, 0.4)
    return cross_entropy(outputs, y)


def saved_otherwise(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """What the backward pass is given is not what the forward pass made."""
    outputs = model(x)
    with saved_tensors_hooks(lambda t: t, lambda t: 1.01 * t if t.is_floating_point() else t):
        return cross_entropy(outputs, y)


def squares_saved_otherwise(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    outputs = model(x)
    kept = y.data_ptr()
    with saved_tensors_hooks(lambda t: t, lambda t: t if t.data_ptr() == kept else 1.01 * t):
        return mse_loss(outputs, y)


def next_of_an_iterator(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """Each call has a batch of its own."""
    pairs = iter([batch, *batches(BLOCKS - 1, seed=9)])

    def closure() -> Tensor:
        calls.append(1)
        x, y = next(pairs)
        return cross_entropy(model(x), y)

    return closure


def fetched_for_next_time(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """The first call has the batch that the closure refers to, and leaves another."""
    x, y = batch
    pairs = iter(batches(BLOCKS, seed=9))

    def closure() -> Tensor:
        nonlocal x, y
        calls.append(1)
        loss = cross_entropy(model(x), y)
        x, y = next(pairs)
        return loss

    return closure


def fetched_and_kept(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """Each call fetches its own batch into variables that the closure refers to."""
    x, y = batch
    pairs = iter(batches(BLOCKS, seed=9))

    def closure() -> Tensor:
        nonlocal x, y
        calls.append(1)
        x, y = next(pairs)
        return cross_entropy(model(x), y)

    return closure


def targets_of_an_array(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """Written by numpy: no version counter notices."""
    x, array = batch[0], VALUES.numpy().copy()
    target = torch.from_numpy(array)

    def closure() -> Tensor:
        calls.append(1)
        outputs = model(x)
        array[:] = 0.9 * outputs.detach().numpy()
        return mse_loss(outputs, target)

    return closure


def of_another(loss: Callable[[Tensor, Tensor], Tensor], target: Tensor | None = None) -> Make:
    """The model is called, and then the loss is one of a tensor of the outputs' shape."""
    other = VALUES.neg().requires_grad_()

    def body(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        model(x)
        return loss(other, y)

    return counted(body, target)


HIDDEN: dict[str, Make] = {
    "classes of another": of_another(cross_entropy),
    "logs of another": of_another(lambda a, y: nll_loss(log_softmax(a, 1), y)),
    "squares of another": of_another(mse_loss, VALUES),
    "greater of two": counted(greater_of_two, VALUES),
    "flooded": counted(flooded),
    "logged": counted(logged),
    "noisy weights": counted(noisy_weights),
    "an iterator": next_of_an_iterator,
    "fetched and kept": fetched_and_kept,
    "fetched for next time": fetched_for_next_time,
    "outputs clamped": counted(clamped_outputs),
    "outputs written to": plainly(lambda a, y: cross_entropy(a.mul_(2.0), y)),
    "outputs with a hook": counted(hooked_outputs),
    "a node with a hook": counted(hooked_node),
    "a hook inside": counted(hooked_inside),
    "a loss with a hook": counted(hooked_loss),
    "saved otherwise": counted(saved_otherwise),
    "squares saved otherwise": counted(squares_saved_otherwise, VALUES),
    "targets of an array": targets_of_an_array,
    "classes of a subclass": lambda model, batch, calls: plainly(
        cross_entropy, batch[1].as_subclass(Other)
    )(model, batch, calls),
    "squares of a subclass": plainly(mse_loss, VALUES.as_subclass(Other)),
    "label smoothing": plainly(partial(cross_entropy, label_smoothing=0.1)),
    "class probabilities": plainly(cross_entropy, VALUES.softmax(1)),
    "logs in float32": plainly(lambda a, y: nll_loss(log_softmax(a, 1, dtype=torch.float32), y)),
    "squares of float32": plainly(mse_loss, VALUES.float()),
    "squares of a row": plainly(mse_loss, VALUES[:1]),
    "weighted squares": plainly(partial(mse_loss, weight=VALUES.square()), VALUES),
    "an old argument": plainly(partial(cross_entropy, size_average=False)),
    "squares, an old argument": plainly(partial(mse_loss, size_average=False), VALUES),
    "scaled": plainly(lambda a, y: 2.0 * cross_entropy(a, y)),
    "of one entry": plainly(lambda a, y: cross_entropy(a, y).reshape(1)),
    "penalty": counted(penalised),
    "class weights of another function": plainly(partial(cross_entropy, weight=WEIGHT)),
    "labels of a batch guessed": counted(guessed_labels),
    "guessed in place": counted(guessed_in_place),
    "guessed for next time": guessed_for_next_time,
    "taught by itself": counted(taught, VALUES),
    "batch made by the closure": counted(lambda model, x, y: cross_entropy(model(x + 0.5), y)),
    "model called twice": counted(called_twice),
}
