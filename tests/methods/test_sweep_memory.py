"""What a sweep keeps at most is what docs/scaling.md says: 12H + 8C + 12w + n_0 floats a sample.

H hidden units in all, w in the widest layer, C outputs, n_0 features; with the weights eight times.
Bytes of tensors alive are counted, on many samples of few features, where nothing else weighs.
"""

from __future__ import annotations

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

METHODS = {
    "tiam": TIAM(StepRule(Inertia(0.6, 0.6, 0.2), steps="backtracking", safeguard="certified")),
    "joint_tiam": JointTIAM(momentum=0.2, inertia=0.5),
}
SAMPLES = 3_000


@pytest.mark.parametrize("hidden", [(32, 32, 32), (48,), (16, 40)], ids=str)
@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_sweep_s_peak_is_within_the_formula(method: Any, hidden: tuple[int, ...]) -> None:
    widths = (20, *hidden, 5)
    p = problem(widths, SAMPLES, coupling=Band(0.1), mu=0.1, mu_bias=0.1, dtype=torch.float32)
    drawn = parameters(p)
    with LiveBytes() as found:
        state = method.initialise(p, drawn)
        for _ in range(3):
            state = method.sweep(p, state)
    a_sample = 12 * sum(hidden) + 8 * widths[-1] + 12 * max(hidden) + widths[0]
    weights = 8 * sum((m + 1) * n for m, n in pairwise(widths))
    most = 4 * (SAMPLES * a_sample + weights)
    assert most / 3 < found.peak <= most
