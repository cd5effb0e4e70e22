r"""Dense networks: forward and backward pass written out, no graph inside the model.

For layers a_l = h_l(W_l a_{l−1} + b_l), l = 1…L, a_0 the batch (a row for each sample), autograd
is asked for ∂ℓ/∂a_L alone, what the user's closure does after the model. From there

    δ_L = ∂ℓ/∂a_L ⊙ h'_L,   δ_{l−1} = (δ_l W_l) ⊙ h'_{l−1},   ∂W_l = δ_lᵀ a_{l−1},   ∂b_l = δ_lᵀ 1,

the products that autograd itself would form. h' is taken from h's value, so that only values are
kept, and those below a block that moved stay valid. ∂W_l stays a product of two factors: whoever
uses it may form some rows at a time (:mod:`amverify.samt.moves`).

A closure may call the model more than once: then rows of the calls are put below each other, for
∂W is a sum over samples. What reaches a parameter otherwise (a penalty that the closure adds) is
autograd's, as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules import module as nn_module

from amverify.errors import InvalidInput

aten = torch.ops.aten
DTYPES = (torch.float32, torch.float64)


Factors = dict[int, tuple[Tensor, Tensor]]
"""δ_l and a_{l−1} by the layer's number."""


class Call(NamedTuple):
    """A call of the model by a closure.

    Args:
        output: a_L, where a graph begins.
        handed: the copy that the closure got.
        values: a_0 … a_L.
        versions: of the batch and the weights.
    """

    output: Tensor
    handed: Tensor
    values: list[Tensor]
    versions: list[int]


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
    """The layers, what they gave on the last batch, and the calls served since ``start``.

    Args:
        layers: the first to the last.
        flat: whether samples are flattened before.

    ``agreed`` are the kinds of tails that autograd was asked about; ``shows`` turns False for good
    once a sweep shows none.
    """

    layers: list[Layer]
    flat: bool
    agreed: set[type] = field(default_factory=set, init=False)
    shows: bool = field(default=True, init=False)
    calls: list[Call] = field(default_factory=list, init=False)
    _x: Tensor | None = field(default=None, init=False)
    _version: int = field(default=-1, init=False)
    _values: list[Tensor] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.places = {id(layer.weight): number for number, layer in enumerate(self.layers)}
        self.places |= {
            id(layer.bias): number
            for number, layer in enumerate(self.layers)
            if layer.bias is not None
        }

    def start(self) -> None:
        """Another evaluation of the closure begins."""
        self.calls = []

    def forget(self) -> None:
        """Drop every value."""
        self.start()
        self._x, self._values = None, []

    def changed(self, number: int) -> None:
        """Layer ``number`` moved, perhaps later ones: what it gave is no longer valid."""
        del self._values[number + 1 :]

    def takes(self, x: Tensor) -> bool:
        """Whether this call may be served: no graph from x on, one dtype, nothing special on."""
        return (
            (x is self._x or self._fits(x))
            and not torch.is_autocast_enabled(x.device.type)
            and not torch._C._functorch.peek_interpreter_stack()
            and not nn_module._has_any_global_hook()  # type: ignore[no-untyped-call]
            and self.stands()
        )

    def _fits(self, x: Tensor) -> bool:
        like = self.layers[0].weight
        return (
            type(x) is Tensor
            and x.dtype == like.dtype
            and x.device == like.device
            and (x.ndim == 2 or (self.flat and x.ndim > 2))
        )

    def stands(self) -> bool:
        """Whether every module is what it was (``functional_call`` lends it other weights)."""
        for module, weight, bias, _ in self.layers:
            own = module._parameters
            if (
                own.get("weight") is not weight
                or own.get("bias") is not bias
                or type(module) is not nn.Linear
                or weight._backward_hooks
                or (bias is not None and bias._backward_hooks)
            ):
                return False
        return True

    def forward(self, x: Tensor) -> Tensor:
        """a_L for the batch x, where a graph begins; it resumes behind the values that stand."""
        if x is not self._x or x._version != self._version:
            self._x, self._version = x, x._version
            self._values = [x.flatten(1) if self.flat else x]
        with torch.no_grad():
            output = self.present().detach().requires_grad_()
        handed = output.clone()  # the closure may write into it
        versions = self._versions(x)
        self.calls.append(Call(output, handed, self._values.copy(), versions))
        return handed

    def present(self) -> Tensor:
        """a_L for the same batch, without a graph."""
        values = self._values
        a = values[-1]
        for _, weight, bias, activation in self.layers[len(values) - 1 :]:
            a = nn.functional.linear(a, weight, bias)
            if activation is not None:
                a = activation.apply(a)
            values.append(a)
        return a

    @property
    def batch(self) -> Tensor | None:
        """The x of the last call."""
        return self._x

    def products(self, delta: Tensor, parameters: Sequence[Tensor]) -> list[Product | None]:
        """The gradients by these parameters, δ the loss's by what ``present`` gave."""
        numbers = [self.places[id(w)] for w in parameters]
        lowest = min(numbers)
        values = self._values.copy()
        del self._values[lowest + 1 :]  # they are let go as soon as they have served
        return self._products(self._factors(delta, values, numbers, lowest), parameters, numbers)

    def gradients(
        self, by_outputs: Sequence[Tensor | None], parameters: Sequence[Tensor]
    ) -> list[Product | None]:
        """By these parameters, from those by the outputs; None where no output counts.

        Raises:
            InvalidInput: if the closure wrote into the batch or a weight behind the model's back.
        """
        numbers = [self.places[id(w)] for w in parameters]
        lowest = min(numbers)
        del self._values[lowest + 1 :]  # they are let go as soon as they have served
        rows = []
        for call, delta in zip(self.calls, by_outputs, strict=True):
            if not self.untouched(call):
                raise InvalidInput(
                    "closure: it modified the batch, or a weight, in place; chain=False allows that"
                )
            if delta is not None:
                rows.append(self._factors(delta, call.values, numbers, lowest))
        self.calls = []
        if not rows:
            return [None] * len(parameters)
        factors = rows[0] if len(rows) == 1 else _below(rows)
        return self._products(factors, parameters, numbers)

    def _products(
        self, factors: Factors, parameters: Sequence[Tensor], numbers: Sequence[int]
    ) -> list[Product | None]:
        found: list[Product | None] = []
        for w, number in zip(parameters, numbers, strict=True):
            delta, a = factors[number]
            found.append(Product(delta, a if w is self.layers[number].weight else None))
        return found

    def untouched(self, call: Call) -> bool:
        """Whether batch and weights were not written to since a call."""
        return call.versions == self._versions(call.values[0])

    def _versions(self, x: Tensor) -> list[int]:
        found = [x._version]
        for _, weight, bias, _ in self.layers:
            found.append(weight._version)
            if bias is not None:
                found.append(bias._version)
        return found

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


def _below(rows: list[Factors]) -> Factors:
    """The factors of several calls, their samples below each other."""
    return {
        number: (
            torch.cat([row[number][0] for row in rows]),
            torch.cat([row[number][1] for row in rows]),
        )
        for number in rows[0]
    }
