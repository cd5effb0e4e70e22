"""Where parts of a pass could find other values than the whole, a told loss gives a closure's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules import module as all_modules

from amverify.samt import SAMT

Case = tuple[nn.Sequential, Tensor, Tensor]
N = 6
HOLD: dict[str, Callable[[nn.Linear], Any]] = {
    "list": lambda m: [m],
    "tuple of parameters": lambda m: (m.weight,),
    "dict": lambda m: {"m": m},
    "object": lambda m: SimpleNamespace(m=m),
    "view": lambda m: m.weight.detach(),
    "bound method": lambda m: m.forward,
    "far into a list": lambda m: [*range(50), m],
}


class Tied(nn.Module):
    """It uses another's weight, which it finds in what it keeps unregistered."""

    def __init__(self, other: nn.Linear, kind: str) -> None:
        super().__init__()
        self.o, self.kind = HOLD[kind](other), kind
        self.b = nn.Parameter(torch.zeros(N))

    def forward(self, x: Tensor) -> Tensor:
        o: Any = self.o
        if self.kind == "view":
            return functional.linear(x, o, self.b)
        if self.kind == "bound method":
            found: Tensor = o(x) + self.b
            return found
        if self.kind == "object":
            o = [o.m]
        m = o["m"] if self.kind == "dict" else o[-1]
        return functional.linear(x, m if isinstance(m, Tensor) else m.weight, self.b)


class Doubled(nn.Sequential):
    def __call__(self, x: Tensor) -> Any:
        return super().__call__(x) * 2


class OwnForward(nn.Sequential):
    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = super().forward(x) * 2
        return found


class DoubledTanh(nn.Tanh):
    def __call__(self, x: Tensor) -> Any:
        return super().__call__(x) * 2


def three(first: int = N) -> list[nn.Module]:
    return [nn.Linear(first, N), nn.LayerNorm(N), nn.Tanh(), nn.Linear(N, N)]


def given(model: nn.Sequential) -> Case:
    return model.double(), torch.randn(N, N).double(), torch.randn(N, N).double()


def batch_in_weight(inputs: bool, view: bool, dense: bool) -> Case:
    model, x, y = given(nn.Sequential(*(m for k, m in enumerate(three()) if k != 1 or not dense)))
    w = model[0].weight.detach() if inputs else model[-1].weight.detach()
    w = w.t() if view else w
    return (model, w, y) if inputs else (model, x, w)


def tied(kind: str) -> Case:
    later = nn.Linear(N, N)
    model, x, y = given(nn.Sequential(Tied(later, kind), nn.Tanh(), later, nn.Linear(N, N)))
    if kind == "view":  # double() made another memory
        model[0].o = later.weight.detach()
    if kind == "tuple of parameters":
        model[0].o = (later.weight,)
    return model, x, y


def one_memory(buffer: bool) -> Case:
    model, x, y = given(nn.Sequential(nn.Linear(N, N), nn.Tanh(), nn.Linear(N, N)))
    if buffer:
        model.insert(0, Scaled())
        model[0].register_buffer("scale", model[3].weight.detach()[0])
    else:
        model[2].weight = nn.Parameter(model[0].weight.detach())
    return model, x, y


class Scaled(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = x * self.scale
        return found


@contextmanager
def hooked(register: Callable[..., Any], hook: Callable[..., Any]) -> Iterator[None]:
    handle = register(hook)
    try:
        yield
    finally:
        handle.remove()


def more(module: nn.Module, *rest: Any) -> Any:
    """Half more of what goes through a Sequential, in the last of what a hook is given."""
    if type(module) is not nn.Sequential:
        return None
    last = rest[-1]
    return tuple(1.5 * x for x in last) if isinstance(last, tuple) else 1.5 * last


HOOKS = [
    (all_modules.register_module_forward_hook, more),
    (all_modules.register_module_forward_pre_hook, more),
    (all_modules.register_module_full_backward_pre_hook, more),
]
CASES: dict[str, tuple[Callable[[], Case], Callable[[], Any]]] = {
    **{
        f"batch in weight {flags}": (partial(batch_in_weight, *flags), nullcontext)
        for flags in ((True, False, True), (True, True, False), (False, False, False))
    },
    **{f"tied by {kind}": (partial(tied, kind), nullcontext) for kind in HOLD},
    "own call of the whole": (lambda: given(Doubled(*three())), nullcontext),
    "own call within": (lambda: given(nn.Sequential(Doubled(*three()), *three())), nullcontext),
    "own call of a layer": (lambda: given(nn.Sequential(*three(), DoubledTanh())), nullcontext),
    "own forward": (lambda: given(OwnForward(*three())), nullcontext),
    "own forward within": (
        lambda: given(nn.Sequential(OwnForward(*three()), *three())),
        nullcontext,
    ),
    "two parameters": (partial(one_memory, False), nullcontext),
    "parameter and buffer": (partial(one_memory, True), nullcontext),
    **{
        f"global hook {k}": (lambda: given(nn.Sequential(*three())), partial(hooked, *pair))
        for k, pair in enumerate(HOOKS)
    },
}
SERVED = ("own forward within",)


@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
@pytest.mark.parametrize("case", CASES)
def test_told_is_the_closure(case: str) -> None:
    make, around = CASES[case]
    found, chained = [], []
    for tells in (True, False):
        torch.manual_seed(0)
        model, x, y = make()
        optimiser = SAMT(model, lr=0.3)
        with around():
            for _ in range(3):
                if tells:
                    optimiser.step(loss=functional.mse_loss, inputs=x, targets=y)
                else:
                    optimiser.step(lambda m=model, x=x, y=y: functional.mse_loss(m(x), y))
        served = case in SERVED and tells
        chained.append(optimiser.uses_chain == served)
        found.append([w.detach().clone() for w in model.parameters()])
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)
    assert all(chained)


def test_what_is_its_own_is_no_doubt() -> None:
    """A module that keeps a method of itself, and plain values, is served in parts."""

    class Own(nn.Linear):
        def __init__(self) -> None:
            super().__init__(N, N)
            self.call, self.sizes, self.first = self.extra_repr, {"n": [N, N]}, [self.weight]

    torch.manual_seed(0)
    model, x, y = given(nn.Sequential(Own(), *three()))
    optimiser = SAMT(model)
    optimiser.step(loss=functional.mse_loss, inputs=x, targets=y)
    assert optimiser.uses_chain


@pytest.mark.parametrize("kind", ["scalar", "row", "column", "element"])
def test_the_order_in_memory_makes_no_difference(kind: Any) -> None:
    """Convolutions in channels_last and a transposed weight."""
    found = []
    for other in (False, True):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Tanh(), nn.Flatten(), nn.Linear(12, N))
        model = model.double()
        x, y = torch.randn(5, 2, 4, 4).double(), torch.randn(5, N).double()
        if other:
            model = model.to(memory_format=torch.channels_last)
            model[3].weight = nn.Parameter(model[3].weight.detach().t().contiguous().t())
        optimiser = SAMT(model, lr=0.1, kind=kind, meta_lr=0.1)
        for _ in range(4):
            optimiser.step(loss=functional.mse_loss, inputs=x, targets=y)
        found.append([*map(Tensor.detach, model.parameters()), *optimiser.step_sizes().values()])
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


def test_a_weight_that_is_stepped_in_strips_may_be_the_batch() -> None:
    """Its gradient's factor would be itself, half of it stepped."""
    found = []
    for tells in (True, False):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(300, 300), nn.Linear(300, 1)).double()
        optimiser = SAMT(model, lr=0.5, meta_lr=0, extrapolation=0)
        x, y = model[0].weight.detach(), torch.full((300, 1), 5.0, dtype=torch.float64)
        if tells:
            optimiser.step(loss=functional.mse_loss, inputs=x, targets=y)
        else:
            optimiser.step(lambda m=model, x=x, y=y: functional.mse_loss(m(x), y))
        found.append([w.detach().clone() for w in model.parameters()])
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


class _Scaled(nn.Module):
    """x ⊙ s with a buffer s."""

    def __init__(self, scale: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("scale", scale)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.get_buffer("scale")


def test_a_buffer_that_is_a_view_of_a_weight_does_not_undo_its_step() -> None:
    """What is set back before a further call is what the model remembers, not its weights."""
    torch.manual_seed(0)
    last = nn.Linear(6, 6).double()
    model = nn.Sequential(_Scaled(last.weight.detach()[0]), nn.Linear(6, 6).double(), last)
    before, x, y = last.weight.detach().clone(), *torch.randn(2, 6, 6).double()
    SAMT(model, lr=0.3).step(lambda: nn.functional.mse_loss(model(x), y))
    assert bool(((last.weight.detach() - before).abs().amax(1) > 0).all())
