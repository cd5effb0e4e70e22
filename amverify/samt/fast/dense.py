r"""Dense networks: forward and backward pass written out, no graph inside the model.

For layers a_l = h_l(W_l a_{l−1} + b_l), l = 1…L, a_0 the batch (a row for each sample), only
∂ℓ/∂a_L is asked of whoever knows the loss. From there

    δ_L = ∂ℓ/∂a_L ⊙ h'_L,   δ_{l−1} = (δ_l W_l) ⊙ h'_{l−1},   ∂W_l = δ_lᵀ a_{l−1},   ∂b_l = δ_lᵀ 1,

the products that autograd itself would form. h' is taken from h's value, so that only values are
kept, and those below a block that moved stay valid. ∂W_l stays a product of two factors: whoever
uses it may form some rows at a time (:mod:`amverify.samt.moves`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn

from amverify.samt.unlisted import all_hooked, has_hooks

aten = torch.ops.aten
DTYPES = (torch.float32, torch.float64)


Factors = dict[int, tuple[Tensor, Tensor]]
"""δ_l and a_{l−1} by the layer's number."""


class Product(NamedTuple):
    """A gradient as its factors: δᵀa of a weight, δᵀ1 of a bias (``a`` is None)."""

    delta: Tensor
    a: Tensor | None

    def whole(self) -> Tensor:
        """The gradient."""
        return self.delta.sum(0) if self.a is None else torch.mm(self.delta.t(), self.a)


class Activation(NamedTuple):
    """h in place, and δ ⊙ h' from δ and the value of h: the very operators of autograd.

    ``back`` writes its result where it is told to, into δ itself perhaps.
    """

    apply: Callable[[Tensor], Tensor]
    back: Callable[[Tensor, Tensor, Tensor], Tensor]


RELU = Activation(
    torch.relu_,
    lambda delta, a, out: aten.threshold_backward.grad_input(delta, a, 0, grad_input=out),
)
TANH = Activation(
    torch.tanh_, lambda delta, a, out: aten.tanh_backward.grad_input(delta, a, grad_input=out)
)
SIGMOID = Activation(
    torch.sigmoid_, lambda delta, a, out: aten.sigmoid_backward.grad_input(delta, a, grad_input=out)
)


def leaky(module: nn.LeakyReLU) -> Activation:
    """x for x > 0, else a positive multiple of x: the value tells the sign of x."""
    return Activation(
        lambda x: nn.functional.leaky_relu_(x, module.negative_slope),
        lambda delta, a, out: aten.leaky_relu_backward.grad_input(
            delta, a, module.negative_slope, True, grad_input=out
        ),
    )


def activation_of(module: nn.Module) -> Activation | None:
    """h, if it is known."""
    found = {nn.ReLU: RELU, nn.Tanh: TANH, nn.Sigmoid: SIGMOID}.get(type(module))
    if type(module) is nn.LeakyReLU and module.negative_slope > 0:
        return leaky(module)
    return found


class Layer(NamedTuple):
    """h(Wa + b), h or b None where there is none."""

    module: nn.Linear
    weight: Tensor
    bias: Tensor | None
    activation: Activation | None


def find_dense(parts: Sequence[nn.Module]) -> Dense | None:
    """The dense network that these modules are, or None.

    Plain ``nn.Linear`` (no subclass, no parametrisation, no hook on its tensors) with at most one
    known activation after it, perhaps a flattening in front.
    """
    flat = type(parts[0]) is nn.Flatten and (parts[0].start_dim, parts[0].end_dim) == (1, -1)
    layers: list[Layer] = []
    for part in parts[1:] if flat else parts:
        if type(part) is nn.Linear:
            layers.append(Layer(part, part.weight, part.bias, None))
            continue
        activation = activation_of(part)
        if activation is None or not layers or layers[-1].activation is not None:
            return None
        layers[-1] = layers[-1]._replace(activation=activation)
    found = Dense(layers, flat)
    tensors = [w for layer in layers for w in (layer.weight, layer.bias) if w is not None]
    plain = len(found.places) == len(tensors) and {type(w) for w in tensors} == {nn.Parameter}
    alike = len({(w.dtype, w.device) for w in tensors}) == 1
    return found if plain and alike and tensors[0].dtype in DTYPES else None


@dataclass
class Dense:
    """The layers, and what they give on the present batch.

    Args:
        layers: the first to the last.
        flat: whether samples are flattened before.
    """

    layers: list[Layer]
    flat: bool
    _values: list[Tensor] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.places = {
            id(w): number
            for number, layer in enumerate(self.layers)
            for w in (layer.weight, layer.bias)
            if w is not None
        }

    def begin(self, x: Tensor) -> None:
        """Start on the batch x."""
        self._values = [x.flatten(1) if self.flat else x]

    def end(self) -> None:
        """Drop every value."""
        self._values = []

    def changed(self, number: int) -> None:
        """Layer ``number`` moved, perhaps later ones: what it gave is no longer valid."""
        del self._values[number + 1 :]

    def takes(self, x: Tensor) -> bool:
        """Whether this batch may be served: one dtype and device, and nothing special on."""
        like = self.layers[0].weight
        return (
            type(x) is Tensor
            and x.dtype == like.dtype
            and x.device == like.device
            and (x.ndim == 2 or (self.flat and x.ndim > 2))
            and not torch.is_autocast_enabled(x.device.type)
            and not all_hooked()
            and self.stands()
        )

    def stands(self) -> bool:
        """Whether every layer holds the parameters that it held, and nothing is hooked to them."""
        for module, weight, bias, _ in self.layers:
            if (
                type(module) is not nn.Linear
                or getattr(module, "weight", None) is not weight
                or getattr(module, "bias", None) is not bias
                or has_hooks(weight)
                or (bias is not None and has_hooks(bias))
            ):
                return False
        return True

    def output(self) -> Tensor:
        """a_L, without a graph; it resumes behind the values that are valid."""
        values = self._values
        a = values[-1]
        for _, weight, bias, activation in self.layers[len(values) - 1 :]:
            a = nn.functional.linear(a, weight, bias)
            if activation is not None:
                a = activation.apply(a)
            values.append(a)
        return a

    def products(self, delta: Tensor, parameters: Sequence[Tensor]) -> list[Product]:
        """The gradients by these parameters, δ the loss's by ``output``."""
        numbers = [self.places[id(w)] for w in parameters]
        lowest = min(numbers)
        values = self._values.copy()
        del self._values[lowest + 1 :]  # they are let go as soon as they have served
        factors = self._factors(delta, values, numbers, lowest)
        return [
            Product(factors[n][0], factors[n][1] if w is self.layers[n].weight else None)
            for w, n in zip(parameters, numbers, strict=True)
        ]

    def _factors(
        self, delta: Tensor, values: list[Tensor], numbers: Sequence[int], lowest: int
    ) -> Factors:
        """δ_l and a_{l−1} of these layers; ``values`` is used up."""
        found: Factors = {}
        own = False
        for number in range(len(self.layers) - 1, lowest - 1, -1):
            _, weight, _, activation = self.layers[number]
            a = values.pop()
            if activation is not None:
                delta = activation.back(delta, a, delta if own else torch.empty_like(a))
            del a  # before more is allocated
            if number in numbers:
                found[number] = delta, values[-1]
            if number > lowest:
                delta, own = torch.mm(delta, weight), True
        return found
