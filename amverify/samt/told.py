"""What a step is asked for: a loss that it is told, or a closure that hides one.

A closure is a question without an inside: it is called for every block. A loss of the model's
outputs and of targets, with its batch, says what depends on the weights and what does not: then a
sweep need not begin anew for every block (:mod:`amverify.samt.fast.chain`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from torch import Tensor, nn

from amverify.errors import InvalidInput
from amverify.samt.nested import leaves

Closure: TypeAlias = Callable[[], Tensor]
Loss: TypeAlias = Callable[[Any, Any], Tensor]
NEEDED = (
    "step: it needs a closure, or loss=, inputs= and targets=: a sweep takes each block's gradient "
    "after the blocks before it moved, so gradients of one backward cannot serve it. "
    "SAMT(…, stored=True, extrapolation=0) steps all blocks along .grad, from one point"
)


class Told(NamedTuple):
    """ℓ(model(inputs), targets), called without arguments."""

    loss: Loss
    model: nn.Module
    inputs: Any
    targets: Any

    def __call__(self) -> Tensor:
        """The loss, by a whole pass."""
        return self.of(self.model(self.inputs))

    def of(self, outputs: Any) -> Tensor:
        """The loss of these outputs.

        Raises:
            InvalidInput: if the targets are on another device; numbers may be anywhere.
        """
        y = self.targets
        both = isinstance(y, Tensor) and isinstance(outputs, Tensor)
        if both and y.ndim and y.device != outputs.device:
            raise InvalidInput(f"targets: on {y.device}, the model's outputs on {outputs.device}")
        return self.loss(outputs, y)

    def foreign(self) -> str | None:
        """Arrays in the batch that are no tensors of torch, in one line, if there are any."""
        for name, given in (("inputs", self.inputs), ("targets", self.targets)):
            for leaf in leaves(given):
                if hasattr(leaf, "__array__") and not isinstance(leaf, Tensor):
                    return f"{name}: {type(leaf).__name__} is no tensor; torch.as_tensor makes one"
        return None

    @property
    def samples(self) -> int | None:
        """Rows of the batch: of the only tensor, or of all if they agree."""
        if isinstance(self.inputs, Tensor):
            return len(self.inputs) if self.inputs.ndim else None
        sizes = {len(x) for x in leaves(self.inputs) if isinstance(x, Tensor) and x.ndim}
        return sizes.pop() if len(sizes) == 1 else None


def asked(
    closure: Closure | None, loss: Loss | None, inputs: Any, targets: Any, model: nn.Module | None
) -> Closure | Told:
    """What ``step`` was given, if it goes together.

    Raises:
        InvalidInput: in one line that names the argument.
    """
    batch = {"inputs": inputs, "targets": targets}
    lacking = [f"{name}=" for name, value in batch.items() if value is None]
    if loss is None:
        if closure is None and len(lacking) == len(batch):
            raise InvalidInput(NEEDED)
        if isinstance(closure, Tensor):
            raise InvalidInput("step: closure: a function that returns the loss, not a loss")
        if not callable(closure):
            raise InvalidInput("step: it needs a closure, or loss=, inputs= and targets=")
        if len(lacking) < len(batch):
            raise InvalidInput("step: inputs= and targets= go with loss=, not with a closure")
        return closure
    if closure is not None:
        raise InvalidInput("step: closure or loss=, not both")
    if isinstance(loss, type):
        raise InvalidInput(f"loss: a class, {loss.__name__}; give one of it, {loss.__name__}()")
    if not callable(loss):
        raise InvalidInput(f"loss: a function of outputs and targets, got {type(loss).__name__}")
    if lacking:
        raise InvalidInput(f"step: loss= needs {' and '.join(lacking)} too")
    if model is None:
        raise InvalidInput("step: loss= needs the model; give SAMT model=")
    if isinstance(inputs, Tensor):
        _check_inputs(inputs, model)
    return Told(loss, model, inputs, targets)


def _check_inputs(inputs: Tensor, model: nn.Module) -> None:
    if inputs.ndim and not len(inputs):
        raise InvalidInput(f"inputs: a batch of no samples, of shape {tuple(inputs.shape)}")
    if inputs.device != next(model.parameters()).device:
        devices = {parameter.device for parameter in model.parameters()}
        if inputs.device not in devices:
            own = " and ".join(map(str, devices))
            raise InvalidInput(f"inputs: on {inputs.device}, the model on {own}")
