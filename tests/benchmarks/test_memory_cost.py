"""The greatest resident memory of a full batch of MNIST's size, in a process of its own.

Besides interpreter, torch and data: what docs/scaling.md's formula says. `make bench` prints it.
"""

from __future__ import annotations

import subprocess
import sys

import pytest
from methods.test_sweep_memory import joint, tiam
from pytest_benchmark.fixture import BenchmarkFixture

SAMPLES = 60_000
RUN = """
import resource, sys
import torch
import amverify as amv
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
widths = tuple(map(int, sys.argv[2:]))
x, y = torch.rand(60_000, widths[0]), torch.arange(60_000) % widths[-1]
method = {"tiam": amv.TIAM, "joint_tiam": amv.JointTIAM}[sys.argv[1]]()
problem = amv.LayeredProblem(
    x, y, widths, rho=0.1, mu=0.1, mu_bias=0.1, coupling=amv.Band(0.1), dtype=torch.float32
)
before = peak()
state = method.initialise(problem, amv.gaussian(widths, 0))
for _ in range(3):
    state = method.sweep(problem, state)
print(before, peak())
"""
CASES = {"tiam": (784, 256, 128, 10), "joint_tiam": (784, 256, 256, 256, 10)}


@pytest.mark.parametrize("name", CASES)
def test_resident(name: str, benchmark: BenchmarkFixture) -> None:
    widths = CASES[name]
    command = [sys.executable, "-c", RUN, name, *map(str, widths)]

    def run() -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    before, peak = map(float, benchmark.pedantic(run, rounds=1).split())
    formula = 4 * SAMPLES * (joint if name == "joint_tiam" else tiam)(widths)[1] / 2**30
    shape = "-".join(map(str, widths))
    print(
        f"{name}, {SAMPLES:,} samples, {shape}: {peak:.2f} GiB resident at most, "
        f"{before:.2f} of it before the start; formula {before + formula:.2f}"
    )
