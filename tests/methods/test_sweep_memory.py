"""What a sweep keeps and takes in passing is what docs/scaling.md says, within a tenth.

Bytes of tensors alive are counted, on many samples of few features, where nothing else weighs.
"""

from __future__ import annotations

import gc
from itertools import pairwise
from typing import Any

import pytest
import torch
from support.live import LiveBytes
from support.problems import parameters, problem

from amverify.methods.inertia import Inertia
from amverify.methods.joint import JointTIAM
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band

METHODS: dict[str, Any] = {
    "tiam": TIAM(),
    "tiam by backtracking": TIAM(StepRule(Inertia(0.6, 0.6, 0.2), steps="backtracking")),
    "joint_tiam": JointTIAM(),
    "joint_tiam with momentum": JointTIAM(momentum=0.2, inertia=0.5),
}
SHAPES = [(20, 32, 32, 32, 5), (20, 64, 12, 5), (20, 16, 16, 40)]
SAMPLES = 6_000


@pytest.fixture(scope="module", autouse=True)
def _begun() -> None:
    """What first sweeps import and compile leaves garbage."""
    p = problem((3, 2, 2))
    for method in METHODS.values():
        method.sweep(p, method.initialise(p, parameters(p)))
    gc.collect()


@pytest.mark.parametrize("widths", SHAPES, ids=str)
@pytest.mark.parametrize("name", METHODS)
def test_a_sweep_s_peak_is_the_formula_s(name: str, widths: tuple[int, ...]) -> None:
    method = METHODS[name]
    p = problem(widths, SAMPLES, coupling=Band(0.1), mu=0.1, mu_bias=0.1, dtype=torch.float32)
    drawn = parameters(p)
    kept, peak = (joint if isinstance(method, JointTIAM) else tiam)(widths)
    weights = 8 * sum((m + 1) * n for m, n in pairwise(widths))
    with LiveBytes() as found:
        state = method.sweep(p, method.initialise(p, drawn))
        before = sum(found.live.values())
        found.peak = 0
        state = method.sweep(p, state)
        after = sum(found.live.values())
    assert found.peak == pytest.approx(4 * (SAMPLES * peak + weights), rel=0.1)
    assert after == pytest.approx(4 * SAMPLES * kept, rel=0.02)
    assert after == pytest.approx(before, rel=1e-3)


def tiam(widths: tuple[int, ...]) -> tuple[int, int]:
    """What TIAM's state keeps of a sample, and what a sweep has at once; docs/scaling.md's."""
    hidden, outputs = widths[1:-1], widths[-1]
    kept = 4 * sum(hidden) + 2 * outputs + widths[1]
    inside = (
        kept + widths[1] + 4 * sum(hidden[:i]) + 7 * n + 5 * widths[i + 2]
        for i, n in enumerate(hidden)
    )
    return kept, max(2 * kept + 10 * outputs, *inside)


def joint(widths: tuple[int, ...]) -> tuple[int, int]:
    """The same of JointTIAM."""
    hidden, outputs, first = widths[1:-1], widths[-1], widths[0] + 1
    kept = 5 * sum(hidden) + 3 * outputs
    inside = (
        kept + 5 * sum(hidden[: i + 1]) + 2 * n + 2 * widths[i + 2] for i, n in enumerate(hidden)
    )
    return kept + first, first + max(2 * kept + widths[-2] + 1, *inside)
