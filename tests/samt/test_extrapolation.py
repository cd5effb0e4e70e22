"""Why all blocks are extrapolated before a sweep: a heavy ball inside blocks diverges."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from amverify.samt import SAMT

F64 = torch.float64


def _farthest(sweep: Callable[[], object], w: list[Tensor]) -> float:
    for _ in range(400):
        sweep()
    return max(float(x.detach().abs()) for x in w)


def test_a_heavy_ball_inside_blocks_diverges_where_extrapolation_and_sgd_converge() -> None:
    """F = ½(u² + v²) + 0.9uv, α = 0.3, β = 0.9: the sweep's matrix has spectral radius 1.02 with
    a heavy ball in each block, 0.93 with extrapolation, 0.95 with a heavy ball for both at once.
    """

    def start() -> tuple[list[Tensor], Callable[[], Tensor]]:
        u, v = (torch.ones((), dtype=F64, requires_grad=True) for _ in range(2))
        return [u, v], lambda: (u * u + v * v) / 2 + 0.9 * u * v

    far = {}
    for name, settings in {
        "ball": {"momentum": 0.9, "extrapolation": 0.0},
        "extrapolation": {"extrapolation": 0.9},
    }.items():
        w, value = start()
        optimiser = SAMT([{"params": [x]} for x in w], lr=0.3, meta_lr=0, **settings)
        far[name] = _farthest(lambda o=optimiser, f=value: o.step(f), w)  # type: ignore[misc]
    w, value = start()
    together = torch.optim.SGD(w, lr=0.3, momentum=0.9)

    def step() -> None:
        together.zero_grad()
        value().backward()  # type: ignore[no-untyped-call]
        together.step()

    far["SGD"] = _farthest(step, w)
    assert far["ball"] > 100
    assert far["extrapolation"] < 1e-9
    assert far["SGD"] < 1e-6
