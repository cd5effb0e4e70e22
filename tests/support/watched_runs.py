"""Training loops of many kinds, which run with a recorder or without, and tell all their bits.

Each kind is a function that makes an optimiser of a network, and may change the loop around it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR, StepLR
from torch.optim.swa_utils import SWALR, AveragedModel

from amverify.record.recorder import Recorder
from amverify.samt import SAMT

STEPS = 6
ROWS = 24


class Centred(nn.Module):
    """Keeps a running mean in a buffer that is assigned anew; subtracts it in evaluation."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(4))
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        if not self.training:
            return x - self.mean
        self.mean = 0.9 * self.mean + 0.1 * x.detach().mean(0)
        return x


def network() -> nn.Module:
    layers = (nn.Linear(3, 4), nn.BatchNorm1d(4), Centred(), nn.Tanh(), nn.Linear(4, 1))
    return nn.Sequential(*layers)


class Damped(torch.optim.SGD):
    """Goes a part of the way: its ``step`` calls that of its parent."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        params = [p for group in self.param_groups for p in group["params"]]
        before = [p.clone() for p in params]
        found = super().step(closure)
        for p, old in zip(params, before, strict=True):
            p.copy_(old + 0.3 * (p - old))
        return found


class LookAhead(torch.optim.Optimizer):
    """Steps of another optimiser, and every second time back to a slow average."""

    def __init__(self, inner: torch.optim.Optimizer) -> None:
        self.inner = inner
        params = [p for group in inner.param_groups for p in group["params"]]
        super().__init__(params, {})
        self.slow = [p.detach().clone() for p in params]
        self.count = 0

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        found = self.inner.step(closure)
        self.count += 1
        if self.count % 2 == 0:
            for p, slow in zip(self.param_groups[0]["params"], self.slow, strict=True):
                slow.lerp_(p, 0.5)
                p.copy_(slow)
        return found


@dataclass
class Loop:
    """One training loop.

    Args:
        optimizer: that is recorded.
        wants: whether ``step`` wants a closure: none, one with or one without ``backward``.
        scaler: scales the loss.
        step: what is called for a step; the optimiser's own else.
        after: what the loop does after every step.
        keep: what else the run holds.
    """

    optimizer: torch.optim.Optimizer
    wants: str = "none"
    scaler: Any = None
    step: Callable[..., Any] | None = None
    after: Callable[[], Any] = lambda: None
    keep: list[nn.Module] = field(default_factory=list)


def plain(cls: Any, **settings: Any) -> Callable[[nn.Module], Loop]:
    return lambda net: Loop(cls(net.parameters(), **settings))


def grouped(net: nn.Module) -> Loop:
    first, *others = net.parameters()
    groups = [{"params": [first], "lr": 0.02, "weight_decay": 0.1}, {"params": others}]
    return Loop(torch.optim.SGD(groups, lr=0.1, momentum=0.5))


def wrapped(net: nn.Module) -> Loop:
    return Loop(LookAhead(torch.optim.Adam(net.parameters(), lr=0.1)))


def scaled(net: nn.Module) -> Loop:
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
    return Loop(torch.optim.SGD(net.parameters(), lr=0.1), scaler=scaler)


def scheduled(make: Callable[[torch.optim.Optimizer], Any]) -> Callable[[nn.Module], Loop]:
    def kind(net: nn.Module) -> Loop:
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
        return Loop(optimizer, after=make(optimizer).step)

    return kind


def averaged(net: nn.Module) -> Loop:
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    mean, schedule = AveragedModel(net), SWALR(optimizer, swa_lr=0.01)

    def after() -> None:
        mean.update_parameters(net)
        schedule.step()

    return Loop(optimizer, after=after, keep=[mean])


def swapped(net: nn.Module) -> Loop:
    """After every step the averaged weights are evaluated in place, and the own ones put back."""
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    mean = [p.detach().clone() for p in net.parameters()]

    @torch.no_grad()
    def after() -> None:
        own = [p.clone() for p in net.parameters()]
        for p, average in zip(net.parameters(), mean, strict=True):
            average.lerp_(p, 0.1)
            p.copy_(average)
        for p, kept in zip(net.parameters(), own, strict=True):
            p.copy_(kept)

    return Loop(optimizer, after=after)


def clamped(net: nn.Module) -> Loop:
    @torch.no_grad()
    def after() -> None:
        for p in net.parameters():
            p.clamp_(-0.3, 0.3)

    return Loop(torch.optim.SGD(net.parameters(), lr=0.2), after=after)


def clipped(net: nn.Module) -> Loop:
    optimizer = torch.optim.RMSprop(net.parameters(), lr=0.01)
    optimizer.register_step_pre_hook(
        lambda *_: (nn.utils.clip_grad_norm_(net.parameters(), 0.1), None)[1]
    )
    return Loop(optimizer)


def frozen(net: nn.Module) -> Loop:
    next(net.parameters()).requires_grad_(False)
    return Loop(torch.optim.Adam(net.parameters(), lr=0.1))


def compiled_step(net: nn.Module) -> Loop:
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    return Loop(optimizer, step=torch.compile(optimizer.step, backend="eager"))


def with_closure(cls: Any, **settings: Any) -> Callable[[nn.Module], Loop]:
    return lambda net: Loop(cls(net.parameters(), **settings), wants="backward")


def alternating(net: nn.Module) -> Loop:
    return Loop(SAMT(net, lr=0.05, kind="row"), wants="loss")


def muon(net: nn.Module) -> Loop:
    return Loop(torch.optim.Muon([p for p in net.parameters() if p.ndim == 2], lr=0.1))


O = torch.optim  # noqa: E741
KINDS: dict[str, Callable[[nn.Module], Loop]] = {
    "SGD": plain(O.SGD, lr=0.1),
    "SGD, momentum, weight decay": plain(O.SGD, lr=0.1, momentum=0.9, weight_decay=0.1),
    "SGD, Nesterov": plain(O.SGD, lr=0.1, momentum=0.9, nesterov=True),
    "SGD, dampening, maximize": plain(O.SGD, lr=0.1, momentum=0.5, dampening=0.1, maximize=True),
    "SGD, foreach": plain(O.SGD, lr=0.1, momentum=0.9, foreach=True),
    "SGD, fused": plain(O.SGD, lr=0.1, momentum=0.9, fused=True),
    "SGD, differentiable off, tensor lr": plain(O.SGD, lr=torch.tensor(0.1)),
    "Adam": plain(O.Adam, lr=0.1),
    "Adam, amsgrad, foreach": plain(O.Adam, lr=0.1, amsgrad=True, foreach=True),
    "Adam, fused": plain(O.Adam, lr=0.1, fused=True),
    "AdamW": plain(O.AdamW, lr=0.1),
    "Adamax": plain(O.Adamax, lr=0.1),
    "NAdam": plain(O.NAdam, lr=0.1),
    "RAdam": plain(O.RAdam, lr=0.1),
    "Adadelta": plain(O.Adadelta),
    "Adafactor": plain(O.Adafactor, lr=0.1),
    "Adagrad": plain(O.Adagrad, lr=0.1),
    "RMSprop, centred": plain(O.RMSprop, lr=0.01, centered=True, momentum=0.5),
    "Rprop": plain(O.Rprop, lr=0.1),
    "ASGD": plain(O.ASGD, lr=0.1),
    "Muon": muon,
    "LBFGS": with_closure(O.LBFGS, max_iter=3),
    "LBFGS, strong Wolfe": with_closure(O.LBFGS, max_iter=3, line_search_fn="strong_wolfe"),
    "SGD, closure": with_closure(O.SGD, lr=0.1),
    "SAMT": alternating,
    "groups with several rates": grouped,
    "step calls super().step": plain(Damped, lr=0.1, momentum=0.5),
    "look-ahead around Adam": wrapped,
    "scaled gradients": scaled,
    "step schedule": scheduled(lambda o: StepLR(o, 2, 0.5)),
    "cosine schedule": scheduled(lambda o: CosineAnnealingLR(o, STEPS)),
    "one cycle, momentum too": scheduled(lambda o: OneCycleLR(o, 0.2, total_steps=STEPS + 1)),
    "averaged weights beside": averaged,
    "averaged weights swapped in and out": swapped,
    "clamped after the step": clamped,
    "clipped in a hook": clipped,
    "a frozen parameter": frozen,
    "compiled step": compiled_step,
}


def flat(params: Any) -> np.ndarray[Any, Any]:
    return np.concatenate([p.detach().double().numpy().ravel() for p in params])


@dataclass
class Run:
    """What a run leaves: its tensors, its generators' next draws, its points."""

    tensors: dict[str, Tensor]
    draws: list[Any]
    points: list[np.ndarray[Any, Any]]
    recorder: Recorder | None


def run(kind: str, record: bool) -> Run:
    """Train for a few steps on batches that every generator takes part in drawing."""
    torch.manual_seed(1)
    np.random.seed(2)  # noqa: NPY002
    random.seed(3)
    own, bits, dice = torch.Generator().manual_seed(4), np.random.default_rng(5), random.Random(6)
    net = network()
    inputs, targets = torch.randn(ROWS, 3), torch.randn(ROWS, 1)
    history: list[float] = []
    loop = KINDS[kind](net)
    params = [p for group in loop.optimizer.param_groups for p in group["params"]]

    def loss(rows: Any = slice(None)) -> Tensor:
        return ((net(inputs[rows]) - targets[rows]) ** 2).mean()

    def careless() -> Tensor:
        torch.rand(1)
        np.random.rand()  # noqa: NPY002
        random.random()
        torch.rand(1, generator=own)
        bits.random()
        dice.random()
        found = loss()
        history.append(float(found.detach()))
        found.backward(retain_graph=True)
        torch.set_default_dtype(torch.float64)
        net.train(len(history) % 2 == 0)
        net.train()
        return found

    def batch() -> list[int]:
        a, b = torch.randperm(ROWS, generator=own)[:8].tolist(), bits.permutation(ROWS)[:4].tolist()
        c = [dice.randrange(ROWS), random.randrange(ROWS), int(torch.randint(ROWS, (1,)))]
        return [*a, *b, *c, int(np.random.randint(ROWS))]  # noqa: NPY002

    recorder = Recorder.attach(loop.optimizer, careless, keep_iterates=1) if record else None
    points = []
    for _ in range(STEPS):
        points.append(flat(params))
        advance(loop, loss, batch())
    points.append(flat(params))
    if recorder is not None:
        recorder.detach()
    parts = [net, *loop.keep]
    tensors = {f"{i}.{n}": t for i, part in enumerate(parts) for n, t in part.state_dict().items()}
    for number, state in enumerate(loop.optimizer.state.values()):
        tensors |= {f"state {number} {n}": torch.as_tensor(t) for n, t in tensors_of(state)}
    tensors |= {f"grad {i}": p.grad for i, p in enumerate(net.parameters()) if p.grad is not None}
    tensors["calls"] = torch.tensor([net[2].calls, len(history) if not record else 0])  # type: ignore[index]
    generators = [torch.rand(2).tolist(), np.random.rand(), random.random(), bits.random()]  # noqa: NPY002
    draws = [*generators, dice.random(), torch.rand(2, generator=own).tolist()]
    return Run(tensors, [*draws, str(torch.get_default_dtype()), history], points, recorder)


def tensors_of(state: Any) -> list[tuple[str, Any]]:
    return [(n, t) for n, t in state.items() if isinstance(t, Tensor | int | float)]


def advance(loop: Loop, loss: Callable[[Any], Tensor], rows: list[int]) -> None:
    """One step as the optimiser wants it."""
    step = loop.step or loop.optimizer.step

    def closure() -> Tensor:
        found = loss(rows)
        if loop.wants == "backward":
            loop.optimizer.zero_grad()
            found.backward()
        return found

    if loop.wants != "none":
        step(closure)
    elif loop.scaler is not None:
        loop.optimizer.zero_grad()
        loop.scaler.scale(loss(rows)).backward()
        loop.scaler.step(loop.optimizer)
        loop.scaler.update()
    else:
        loop.optimizer.zero_grad()
        loss(rows).backward()
        step()
    loop.after()
