"""A sweep's work is affine in depth: each layer more brings the same operations on as many entries.

Counted, not timed: torch's operations in a sweep and the entries that they make, in networks of
equal widths. A product over all layers before would show. (What depends on
numbers is left out: what a safeguard tries again, and the iterations of cross-entropy's map.)
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from support.problems import parameters, problem
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from amverify.methods.inertia import Inertia
from amverify.methods.joint import JointTIAM
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band

METHODS = {
    "tiam": TIAM(StepRule(Inertia(0.5, 0.5, 0.3), safeguard="none")),
    "joint_tiam": JointTIAM(momentum=0.2, inertia=0.5),
}


class Counted(TorchDispatchMode):
    """How many operations there were, and how many entries they gave."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = self.entries = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        self.operations += 1
        self.entries += sum(x.numel() for x in tree_leaves(out) if isinstance(x, torch.Tensor))
        return out


def work(method: Any, layers: int) -> tuple[int, int]:
    """Operations and entries of the third sweep through so many hidden layers of four units."""
    p = problem(
        (5, *(4,) * layers, 3), 12, coupling=Band(0.1), mu=0.1, mu_bias=0.1, loss="squared_error"
    )
    state = method.initialise(p, parameters(p))
    for _ in range(2):
        state = method.sweep(p, state)
    with Counted() as counted:
        method.sweep(p, state)
    return counted.operations, counted.entries


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_each_layer_more_is_as_much_work_more(method: Any) -> None:
    found = [work(method, layers) for layers in (4, 8, 12)]
    assert found[0][0] > 0
    for one, two, three in zip(*found, strict=True):
        assert three - two == pytest.approx(two - one, rel=0.02)
