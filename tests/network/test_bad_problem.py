"""What a problem refuses, each in one line that says what, where and what to do."""

from __future__ import annotations

import math

import pytest
import torch
from support.problems import draw, parameters

from amverify.errors import InvalidInput
from amverify.methods.tiam import TIAM
from amverify.network.activations import activation
from amverify.network.coupling import Band, Penalty
from amverify.network.layered import LayeredProblem

X, Y = draw(4, 3, seed=0), torch.tensor([0, 1, 0, 1])


def with_entry(value):
    x = X.clone()
    x[2, 1] = value
    return x


BAD = {
    "one-dimensional x": ({"x": X[0]}, r"x: expected shape \(N, n_0\), got \(3,\)"),
    "coupling as text": ({"coupling": "band"}, r"coupling: expected Band\(eps\) .* got str"),
    "no coupling": ({"coupling": None}, "coupling: expected"),
    "activation as text": ({"activation": "relu"}, r"activation: expected activation\(\"relu"),
    "loss as text": ({"loss": "ce"}, "loss: expected CrossEntropy"),
    "rho as text": ({"rho": "x"}, "rho: expected a number"),
    "no samples": ({"x": X[:0], "y": Y[:0]}, "no samples"),
    "no layer": ({"widths": (3,)}, "L ≥ 1"),
    "zero width": ({"widths": (3, 0, 2)}, "positive integer"),
    "negative width": ({"widths": (3, -4, 2)}, "positive integer"),
    "fractional width": ({"widths": (3, 2.5, 2)}, "positive integer"),
    "other features": ({"widths": (5, 2)}, "3 features, but n_0 = 5"),
    "other rows": ({"y": Y[:3]}, "3 rows, but x has 4"),
    "scalar y": ({"y": Y[0]}, "0 rows"),
    "NaN": ({"x": with_entry(math.nan)}, "not finite at row 2, column 1"),
    "infinite": ({"x": with_entry(-math.inf)}, "not finite at row 2, column 1"),
    "one class": ({"y": torch.zeros(4, dtype=torch.int64)}, "at least two classes"),
    "label too large": ({"y": torch.tensor([0, 1, 2, 1])}, "found 0 … 2"),
    "negative label": ({"y": torch.tensor([0, 1, -1, 1])}, "found -1 … 1"),
    "rho 0": ({"rho": 0.0}, "rho: must be positive"),
    "rho negative": ({"rho": -1.0}, "rho: must be positive"),
    "rho NaN": ({"rho": math.nan}, "rho: must be positive"),
    "rho infinite": ({"rho": math.inf}, "rho: must be positive"),
    "mu negative": ({"mu": -0.1}, "mu: must be zero or positive"),
    "mu NaN": ({"mu": math.nan}, "mu: must be zero or positive"),
    "rho beyond the format": ({"rho": 1e39, "dtype": torch.float32}, r"rho: 1e\+39 is no normal"),
    "mu below the format": ({"mu": 1e-310}, r"mu: 1e-310 is no normal number of float64"),
    "epsilon beyond the format": (
        {"coupling": Band(1e39), "dtype": torch.float32},
        r"epsilon: 1e\+39 is no normal number of float32",
    ),
    "x beyond the format": (
        {"x": with_entry(1e39), "dtype": torch.float32},
        r"x: 1e\+39 at row 2, column 1 is infinite in float32",
    ),
    "dtype": ({"dtype": torch.float16}, "float32 or float64"),
    "band and GELU": ({"activation": activation("gelu")}, "gelu is not monotone"),
    "band and SiLU": ({"activation": activation("silu")}, "silu is not monotone"),
    "penalty and tanh": (
        {"activation": activation("tanh"), "coupling": Penalty(1.0)},
        "piecewise-linear",
    ),
}


@pytest.mark.parametrize(("change", "words"), BAD.values(), ids=BAD)
def test_refused(change, words):
    given = {"x": X, "y": Y, "widths": (3, 2), "rho": 1.0} | change
    with pytest.raises(InvalidInput, match=words) as refusal:
        LayeredProblem(**given)
    assert "\n" not in str(refusal.value)
    assert refusal.value.exit_status == 2


@pytest.mark.parametrize("coupling", [Band(0.5), Penalty(0.5)], ids=type)
@pytest.mark.parametrize("widths", [(3, 2), (3, 1, 2), (3, 1, 1, 1, 2)])
@pytest.mark.parametrize("samples", [1, 4])
def test_the_smallest_networks_work(widths, samples, coupling):
    p = LayeredProblem(X[:samples], Y[:samples], widths, 1.0, coupling=coupling)
    method = TIAM()
    state = method.initialise(p, parameters(p))
    start = method.objective(p, state)
    for _ in range(20):
        state = method.sweep(p, state)
    assert float(method.objective(p, state)) < float(start)


def test_integer_features_and_one_feature():
    x = torch.tensor([[0], [1], [2], [3]])
    p = LayeredProblem(x, Y, (1, 2, 2), 1.0)
    assert p.space.inputs.dtype == torch.float64


@pytest.mark.parametrize("steps", ["exact", "backtracking"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("what", ["features", "weights"])
def test_a_block_whose_inputs_vanish_stays_finite(what, dtype, steps):
    """Its modulus is 0 (μ = 0), its gradient too; over 1,200 sweeps no trial modulus may
    underflow either.
    """
    from amverify.methods.inertia import Inertia
    from amverify.methods.step import StepRule

    x = torch.zeros(4, 3) if what == "features" else X
    p = LayeredProblem(x, Y, (3, 2, 2), 1.0, 0.0, dtype=dtype)
    method = TIAM(StepRule(Inertia(0.5, 0.5, 0.3), steps=steps))
    start = (
        parameters(p) if what == "features" else tuple([0 * u for u in g] for g in parameters(p))
    )
    state = method.initialise(p, start)
    for _ in range(1200 if steps == "backtracking" else 20):
        state = method.sweep(p, state)
    assert bool(torch.isfinite(method.lyapunov(p, state)))
