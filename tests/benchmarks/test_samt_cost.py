"""What a SAMT sweep costs: beside one SGD step, same network, same batch, same run.

``make bench`` prints medians and their ratio. The aim is a ratio of at most 1.35 for a backward
sweep without momentum on 784-256-128-10, batch 128, torch's own number of threads (OMP default).
*Wide* is 784-2048-2048-10, where the products weigh more and matrices are cut into slabs.
The two are alternated in one loop, so that whatever else the machine does meets both.

Memory is counted in bytes of tensors: what lives between two steps besides the batch (weights,
last gradients, state), and the most that lives within a step. Both are asserted. SGD has no
gradients while it runs backward to the first layer, SAMT has its directions, a strip of a gradient
and, where blocks are extrapolated, what undoes that: its peak is above SGD's for that reason.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from support.live import LiveBytes
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from amverify.samt import KINDS, SAMT

WIDTHS, WIDE = (784, 256, 128, 10), (784, 2048, 2048, 10)
BATCH, WARM_UP, ROUNDS = 128, 10, 100
VARIANTS: dict[str, dict[str, Any]] = {
    "fixed": {"kind": "scalar", "meta_lr": 0.0, "extrapolation": 0.0},
    **{kind: {"kind": kind, "extrapolation": 0.0} for kind in KINDS},
    "column, extrapolated": {"kind": "column"},
    "scalar, wide": {"kind": "scalar", "extrapolation": 0.0, "widths": WIDE},
    "column, wide": {"kind": "column", "extrapolation": 0.0, "widths": WIDE},
}
RATIOS: dict[str, tuple[float, float, float]] = {}
Step = Callable[[], object]


def network(widths: tuple[int, ...] = WIDTHS) -> nn.Sequential:
    torch.manual_seed(0)
    parts: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        parts += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*parts[:-1])


def batch() -> tuple[Tensor, Tensor]:
    return torch.rand(BATCH, WIDTHS[0]), torch.randint(WIDTHS[-1], (BATCH,))


def sgd(momentum: float = 0.0, widths: tuple[int, ...] = WIDTHS) -> tuple[nn.Module, Step]:
    model, (x, y) = network(widths), batch()
    optimiser = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=momentum)

    def step() -> None:
        optimiser.zero_grad()
        cross_entropy(model(x), y).backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    return model, step


def samt(widths: tuple[int, ...] = WIDTHS, **settings: Any) -> tuple[nn.Module, Step]:
    model, (x, y) = network(widths), batch()
    optimiser = SAMT(model, lr=1e-3, **settings)
    return model, lambda: optimiser.step(loss=cross_entropy, inputs=x, targets=y)


def by_hand() -> tuple[nn.Module, Step]:
    """The same backward sweep with fixed step sizes, for this very network and nothing else."""
    model, (x, y) = network(), batch()
    first, second, last = (layer for layer in model if isinstance(layer, nn.Linear))

    def update(layer: nn.Linear, out: Tensor) -> None:
        found = torch.autograd.grad(cross_entropy(out, y), list(layer.parameters()))
        with torch.no_grad():
            for w, g in zip(layer.parameters(), found, strict=True):
                w.add_(g, alpha=-1e-3)

    def sweep() -> None:
        a = torch.relu(first(x))
        b = torch.relu(second(a.detach()))
        update(last, last(b.detach()))
        update(second, last(b))
        update(first, last(torch.relu(second(a))))

    return model, sweep


@pytest.fixture(scope="module", autouse=True)
def summary() -> Iterator[None]:
    """After the last benchmark of this file, the ratios."""
    yield
    if RATIOS:
        print(f"\n\nmedians of one run, {torch.get_num_threads()} threads, {torch.__version__}")
    for name, (mine, theirs, ratio) in RATIOS.items():
        print(
            f"{name}: sweep {1e3 * mine:.2f} ms, SGD step {1e3 * theirs:.2f} ms, "
            f"median of the ratios {ratio:.2f} (aim 1.35)"
        )


def seconds(step: Step) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


@pytest.mark.parametrize("name", ["by hand", *VARIANTS])
def test_time(name: str, benchmark: BenchmarkFixture) -> None:
    _, sweep = samt(**VARIANTS[name]) if name in VARIANTS else by_hand()
    _, step = sgd(widths=VARIANTS.get(name, {}).get("widths", WIDTHS))
    pairs: list[tuple[float, float]] = []
    benchmark.pedantic(  # type: ignore[no-untyped-call]
        lambda: pairs.append((seconds(sweep), seconds(step))),
        rounds=ROUNDS,
        warmup_rounds=WARM_UP,
    )
    kept = pairs[WARM_UP:]
    mine, theirs = (statistics.median(column) for column in zip(*kept, strict=True))
    RATIOS[name] = (mine, theirs, statistics.median(a / b for a, b in kept))


def memory(make: Callable[[], tuple[nn.Module, Step]]) -> tuple[int, int]:
    """Bytes held after three steps, and the greatest during them."""
    with LiveBytes() as found:
        kept = make()
        for _ in range(3):
            kept[1]()
        held = sum(found.live.values())
        assert kept[0].training
    return held, found.peak


@pytest.mark.benchmark(disable_gc=False)
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("kind", ["scalar", "row", "column"])
@pytest.mark.parametrize("widths", [WIDTHS, WIDE], ids=["", "wide"])
def test_memory(
    widths: tuple[int, ...], kind: str, momentum: float, benchmark: BenchmarkFixture
) -> None:
    """Held between steps: at most SGD's and 5 %; within a step, and 10 %."""
    samt(widths, kind=kind, extrapolation=momentum)[1]()  # what is compiled is compiled before
    mine = benchmark.pedantic(  # type: ignore[no-untyped-call]
        memory, (lambda: samt(widths, kind=kind, extrapolation=momentum),)
    )
    theirs = memory(lambda: sgd(momentum, widths))
    print(
        f"\n{widths}, {kind}, momentum {momentum}: held {mine[0] / theirs[0]:.3f} of SGD's, "
        f"peak {mine[1] / theirs[1]:.3f} of SGD's (aim 1.100)"
    )
    assert mine[0] <= 1.05 * theirs[0]
    assert mine[1] <= 1.10 * theirs[1]
