"""Times on a device: sweeps beside Adam's epochs and the floor, replicates, SAMT beside SGD."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from amverify.methods.base import Method
from amverify.methods.captured import Captured
from amverify.methods.gradient import gradient_method
from amverify.network.layered import LayeredProblem
from amverify.samt import SAMT
from repro.cost.floor import Shape, floor
from repro.gpu.clock import in_turn
from repro.gpu.plan import Figures, Named
from repro.gpu.problems import METHODS, SHAPES, random_problem, starts

Rates = tuple[float, float]
SIDE, LENGTH = 4_096, 2**26
ON_CPU = 16
"""On a CPU sides and samples are so many times less, so that the parts can be tried out there."""


def _scale(device: torch.device) -> int:
    return 1 if device.type == "cuda" else ON_CPU


def _rates(device: torch.device) -> Rates:
    """Operations a second in a float32 product without TF32, bytes a second in a copy."""
    side, length = SIDE // _scale(device), LENGTH // _scale(device)
    a, b = (torch.randn(side, side, device=device) for _ in range(2))
    source = torch.ones(length, device=device)
    target = torch.empty_like(source)
    product, copy = in_turn((lambda: a @ b, lambda: target.copy_(source)), device)
    return 2 * side**3 / product, 8 * length / copy


def machine(device: torch.device) -> tuple[str, Figures]:
    """What the device does at best in float32 and float64 products, and in a copy."""
    rate, bandwidth = _rates(device)
    side = SIDE // _scale(device)
    a = torch.randn(side, side, device=device, dtype=torch.float64)
    (seconds,) = in_turn((lambda: a @ a,), device)
    wide = 2 * side**3 / seconds
    said = (
        f"float32 {rate / 1e12:.2f}, float64 {wide / 1e12:.2f} TFLOP/s, {bandwidth / 1e9:.0f} GB/s"
    )
    return said, {"float32": rate, "float64": wide, "bandwidth": bandwidth}


def _sweeper(method: Method[Any], problem: LayeredProblem, seeds: int = 1) -> Callable[[], None]:
    held = [method.initialise(problem, starts(problem, range(seeds)))]
    for _ in range(2):
        held[0] = method.sweep(problem, held[0])

    def sweep() -> None:
        held[0] = method.sweep(problem, held[0])

    return sweep


def _graphed(method: Method[Any], problem: LayeredProblem) -> Callable[[], object] | None:
    """One captured sweep; None off a GPU."""
    if problem.x.device.type != "cuda":
        return None
    state = method.initialise(problem, starts(problem, (0,)))
    for _ in range(2):
        state = method.sweep(problem, state)
    captured: Captured[Any] = Captured(method, problem, state)
    return lambda: captured.run(1)


def sweeps(name: str, method: str) -> Callable[[torch.device], tuple[str, Figures]]:
    """The part that times a method's sweep on a shape."""

    def part(device: torch.device) -> tuple[str, Figures]:
        samples, widths = SHAPES[name]
        shape = (max(samples // _scale(device), 20), widths)
        problem = random_problem(shape, device)
        works = [
            _sweeper(METHODS[method], problem),
            _sweeper(gradient_method("adam", 1e-3), problem),
        ]
        graph = _graphed(METHODS[method], problem)
        seconds = in_turn([*works, *([graph] if graph else [])], device)
        best = min([seconds[0], *seconds[2:]])
        least = floor(method, Shape(shape[0], widths, inertia=method == "tiam"))
        figures: Figures = {
            "sweep_s": seconds[0],
            "adam_epoch_s": seconds[1],
            "graph_s": seconds[2] if graph else None,
            "ratio": best / seconds[1],
            "over_floor": best / least.seconds(*_rates(device)),
            "flops": least.flops,
        }
        graphed = f", as a graph {1e3 * seconds[2]:.3f} ms" if graph else ""
        said = (
            f"{1e3 * seconds[0]:.3f} ms{graphed}; Adam's epoch {1e3 * seconds[1]:.3f} ms: "
            f"{best / seconds[1]:.2f} of it, {figures['over_floor']:.1f} times the floor"
        )
        return said, figures

    return part


def replicates(method: str) -> Callable[[torch.device], tuple[str, Figures]]:
    """The part that doubles the seeds of a Cora-shaped run until a second holds no more of them."""

    def part(device: torch.device) -> tuple[str, Figures]:
        samples, widths = SHAPES["Cora"]
        problem = random_problem((samples // _scale(device) or 1, widths), device)
        found: dict[str, float] = {}
        best, count = 0.0, 1
        while count <= 4_096 // _scale(device):
            (seconds,) = in_turn((_sweeper(METHODS[method], problem, count),), device, repeats=5)
            found[str(count)] = count / seconds
            if count / seconds < 1.1 * best:
                break
            best, count = max(best, count / seconds), 2 * count
        most = max(found, key=lambda key: found[key])
        said = f"{found[most]:,.0f} sweeps a second at {most} seeds, {found['1']:,.0f} at one"
        return said, dict(found)

    return part


def samt(device: torch.device) -> tuple[str, Figures]:
    """A step of SAMT beside one of SGD, 784-256-128-10, batches of 128 and 4,096."""
    said, figures = [], Figures()
    for batch in (128, 4_096):
        x = torch.randn(batch, 784, device=device)
        y = torch.arange(batch, device=device) % 10
        seconds = in_turn(tuple(_steps(device, x, y)), device)
        figures[str(batch)] = {"samt_s": seconds[0], "sgd_s": seconds[1]}
        said.append(f"{seconds[0] / seconds[1]:.2f} SGD steps at batch {batch:,}")
    return ", ".join(said), figures


def _steps(
    device: torch.device, x: torch.Tensor, y: torch.Tensor
) -> Iterator[Callable[[], object]]:
    models = [
        nn.Sequential(
            *(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
        ).to(device)
        for _ in range(2)
    ]
    ours = SAMT(models[0])
    theirs = torch.optim.SGD(models[1].parameters(), 0.1)

    def sgd() -> None:
        theirs.zero_grad()
        torch.autograd.backward(cross_entropy(models[1](x), y))
        theirs.step()

    yield lambda: ours.step(loss=cross_entropy, inputs=x, targets=y)
    yield sgd


TIMES = (
    Named("machine", machine, check=False),
    *(
        Named(f"{method} on {name}", sweeps(name, method), check=False)
        for name in SHAPES
        for method in METHODS
    ),
    *(Named(f"{method}, replicates", replicates(method), check=False) for method in METHODS),
    Named("SAMT's step", samt, check=False),
)
