"""ρ and μ as whole numbers are what they are as floats."""

from __future__ import annotations

import pytest
import torch

from amverify.estimators.settings import SCHEMES
from amverify.estimators.training import Stopping, train
from amverify.network.activations import activation
from amverify.network.coupling import Band
from amverify.network.initial import torch_default
from amverify.network.layered import LayeredProblem
from amverify.network.losses import CrossEntropy


@pytest.mark.parametrize("name", ["tiam", "mdlam"])
def test_rho_of_one(name: str) -> None:
    """TIAM ended with an AssertionError that said nothing."""
    widths, x = (3, 4, 2), torch.linspace(-1, 1, 18, dtype=torch.float64).reshape(6, 3)
    found = []
    for one in (1, 1.0):
        problem = LayeredProblem(
            x, torch.arange(6) % 2, widths, rho=one, mu=one, coupling=Band(1e-3),
            activation=activation("relu"), loss=CrossEntropy(), dtype=torch.float64,
        )  # fmt: skip
        method = SCHEMES[name].make(True)
        found.append(train(method, problem, torch_default(widths, 0), Stopping(3, 0.0)).objective)
    assert found[0] == found[1]
