"""Checks: a GPU's iterates are a CPU's, nothing waits in a sweep, a graph is the sweep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from amverify.methods.base import Method
from amverify.methods.bcd import BCD
from amverify.methods.captured import Captured, leaves
from amverify.methods.dladmm import DlADMM
from amverify.methods.tiam import TIAM, mdlam
from amverify.network.coupling import Coupling, Penalty
from amverify.samt import SAMT
from repro.gpu.plan import Failed, Figures, Named, Skipped
from repro.gpu.problems import METHODS, SMALL, random_problem, starts

SWEEPS = 10
CLOSE = 1e-6
"""Of the largest entry: moduli on a GPU are bounds that may be 0.1 % above a CPU's eigenvalues only
where two eigenvalues nearly meet; elsewhere rounding in float64 is all that differs."""
COMPARED: Mapping[str, tuple[Method[Any], Coupling | None]] = {
    "tiam": (METHODS["tiam"], None),
    "joint_tiam": (METHODS["joint_tiam"], None),
    "tiam, penalty": (TIAM(), Penalty(0.7)),
    "mdlam": (mdlam(), None),
    "dladmm": (DlADMM(), Penalty(1.0)),
    "bcd": (BCD(), Penalty(1.0)),
}


def _run(method: Method[Any], coupling: Coupling | None, device: torch.device) -> list[Tensor]:
    problem = random_problem(SMALL, device, torch.float64, coupling)
    state = method.initialise(problem, starts(problem, (0,)))
    for _ in range(SWEEPS):
        state = method.sweep(problem, state)
    weights, biases = state.network
    return [*weights, *biases]


def _apart(ones: Iterable[Tensor], others: Iterable[Tensor]) -> float:
    """The largest difference of entries, over the largest entry of its tensor."""
    return max(
        float((u.cpu() - v.cpu()).abs().max() / u.cpu().abs().max().clamp(min=1e-30))
        for u, v in zip(ones, others, strict=True)
    )


def _judged(apart: Mapping[str, float]) -> tuple[str, Figures]:
    worst = max(apart, key=lambda name: apart[name])
    said = f"{worst} is farthest off, by {apart[worst]:.1e} of the largest entry"
    if not apart[worst] <= CLOSE:
        raise Failed(f"{said} (at most {CLOSE:g})")
    return said, dict(apart)


def same_iterates(device: torch.device) -> tuple[str, Figures]:
    """Ten sweeps of each method in float64, here and on the CPU."""
    here = torch.device("cpu")
    return _judged(
        {
            name: _apart(_run(method, coupling, here), _run(method, coupling, device))
            for name, (method, coupling) in COMPARED.items()
        }
    )


def _needs_cuda(device: torch.device) -> None:
    if device.type != "cuda":
        raise Skipped("needs a CUDA device")


def no_synchronisation(device: torch.device) -> tuple[str, Figures]:
    """Sweeps, plain and recorded, while torch raises at whatever waits for the device."""
    _needs_cuda(device)
    done = []
    for name, method in METHODS.items():
        for record in (False, True):
            own: Method[Any] = replace(method, record=record)
            problem = random_problem(SMALL, device)
            state = own.sweep(problem, own.initialise(problem, starts(problem, (0,))))
            torch.cuda.set_sync_debug_mode("error")
            try:
                for _ in range(3):
                    state = own.sweep(problem, state)
            finally:
                torch.cuda.set_sync_debug_mode("default")
            done.append(f"{name}{', recorded' * record}")
    return f"nothing waits in {'; '.join(done)}", {}


def graphs(device: torch.device) -> tuple[str, Figures]:
    """Five captured sweeps beside five launched one operation at a time, float64."""
    _needs_cuda(device)
    apart = {}
    for name, given in METHODS.items():
        method: Method[Any] = given
        problem = random_problem(SMALL, device, torch.float64)
        state = method.initialise(problem, starts(problem, (0,)))
        for _ in range(2):
            state = method.sweep(problem, state)
        captured: Captured[Any] = Captured(method, problem, state)
        reached = captured.run(5)
        for _ in range(5):
            state = method.sweep(problem, state)
        apart[name] = _apart(leaves(state.point), leaves(reached.point))
    return _judged(apart)


def tf32(device: torch.device) -> tuple[str, Figures]:
    """Off unless asked for; the error of a product of order 1,024 says whether it is."""
    if torch.backends.cuda.matmul.allow_tf32:
        raise Failed("torch.backends.cuda.matmul.allow_tf32 is on: checks ask for full float32")
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(1_024, 1_024, generator=generator).to(device) for _ in range(2))
    exact = a.double() @ b.double()
    error = float(((a @ b).double() - exact).abs().max() / exact.abs().max())
    if not error < 1e-5:
        raise Failed(f"a float32 product is off by {error:.1e} of its largest entry: TF32 is on")
    return f"off; a product in float32 is off by {error:.1e}", {"error": error}


def _network(device: torch.device) -> nn.Module:
    torch.manual_seed(0)
    layers = (nn.Linear(20, 32), nn.Tanh(), nn.Linear(32, 16), nn.Tanh(), nn.Linear(16, 3))
    return nn.Sequential(*layers).double().to(device)


def _trained(device: torch.device) -> list[Tensor]:
    model = _network(device)
    optimiser = SAMT(model)
    generator = torch.Generator().manual_seed(1)
    for _ in range(5):
        x = torch.randn(64, 20, generator=generator, dtype=torch.float64).to(device)
        y = torch.randint(0, 3, (64,), generator=generator).to(device)
        optimiser.step(loss=cross_entropy, inputs=x, targets=y)
    return [p.detach() for p in model.parameters()]


def samt_iterates(device: torch.device) -> tuple[str, Figures]:
    """Five steps of SAMT in float64, here and on the CPU."""
    return _judged({"SAMT": _apart(_trained(torch.device("cpu")), _trained(device))})


def nccl(device: torch.device) -> tuple[str, Figures]:
    """SAMT in a process group of one: on NCCL its sums over ranks are calls of that library."""
    from torch import distributed

    if not distributed.is_available():
        raise Skipped("this torch has no torch.distributed")
    backend = "nccl" if device.type == "cuda" else "gloo"
    if backend == "nccl" and not distributed.is_nccl_available():
        raise Skipped("this torch has no NCCL")
    alone = _trained(device)
    with TemporaryDirectory() as folder:
        distributed.init_process_group(
            backend, init_method=Path(folder, "ranks").as_uri(), rank=0, world_size=1
        )
        try:
            said, figures = _judged({"SAMT": _apart(alone, _trained(device))})
        finally:
            distributed.destroy_process_group()
    return f"{backend}, one rank: {said}", figures


CHECKS = (
    Named("same iterates", same_iterates, check=True),
    Named("no synchronisation", no_synchronisation, check=True),
    Named("CUDA graphs", graphs, check=True),
    Named("TF32", tf32, check=True),
    Named("SAMT", samt_iterates, check=True),
    Named("NCCL", nccl, check=True),
)
