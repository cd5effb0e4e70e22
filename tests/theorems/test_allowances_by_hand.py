"""What rounding of a step may add, on a few rows that are written down by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

from amverify.numbers.balls import Ball
from amverify.theorems import expectation
from amverify.theorems.base import Context, symbols
from amverify.theorems.published import D1_CONSTANT, M4_BOUND
from amverify.theorems.samt import _sweeps
from amverify.theorems.views import reach
from amverify.theorems.views import residuals_penalty as penalty
from amverify.theorems.views.columns import step_rounding
from amverify.theorems.views.reach import Reach
from amverify.trace.trace import Trace


def context(settings: dict[str, Any], constants: dict[str, float], **tables: Any) -> Context:
    keys = {"sweep": np.arange(2), "replicate": np.zeros(2, dtype=np.int64)}
    block: dict[str, Any] = {"layer": np.ones(2, dtype=np.int64)}
    block |= {"kind": np.array([b"W", b"b"], dtype="S4")}
    found: dict[str, Any] = {
        name: keys | (block if name == "blocks" else {}) | {c: np.array(v) for c, v in own.items()}
        for name, own in tables.items()
    }
    return Context(Trace({"subject": "by hand", "settings": settings}, **found), constants)


def test_the_size_of_a_block_counts_its_steps_twice() -> None:
    columns = {"norm": [16.0, 0.0], "step": [1.0, 4.0], "inertia": [9.0, 0.0]}
    ctx, rows = context({"samples": 4}, {}, blocks=columns), np.arange(2)
    assert penalty._Sizes(ctx, rows).own(rows).tolist() == [12.0, 4.0]


class Sizes:
    """Norms around one row of layer 1, as if they were known."""

    layer, across = np.array([1]), 1.0

    def of(self, kind: bytes, beyond: int = 0) -> float:
        return 1.0

    def residual(self, beyond: int = 0) -> float:
        return 3.0

    def own(self, rows: Any) -> float:
        return 5.0


def test_an_exact_minimiser_is_off_by_its_centre_and_by_the_choice_of_its_piece() -> None:
    """ρ + γ + ν lip² = 8; of sizes 3 + 5(1 + 2) = 18 and ν(1 + 1) = 8."""
    settings = {"rho": 2.0, "nu": 4.0, "activation_lipschitz": 1.0, "activation_at_zero": 0.0}
    own = {"gamma": [2.0, 2.0], "p1": [2.0, 2.0]}
    ctx = context(settings | {"widths": [2, 2, 2], "layers": 2}, {}, blocks=own)
    (found,) = penalty._near_rounded(ctx, np.array([0]), Sizes(), 0.5)  # type: ignore[arg-type]
    compared = 8 * 18**2 + 8**2 / 4
    assert found == pytest.approx(4 * (8 * 18 + 8) + (4 * 8 * compared) ** 0.5)


def test_a_step_is_off_by_the_modulus_and_by_the_share_of_its_rounding() -> None:
    """√B·M + 1/α with two blocks, M = 3, α = ½."""
    sweeps = {
        "step": [0.0, 1.0],
        "norm": [4.0, 4.0],
        "alpha_min": [0.5, 0.5],
        "gradient": [1.0, 1.0],
    }
    sweeps |= {"step_error": [0.0, 0.0], "gradient_error": [0.0, 0.0]}
    ctx = context({"dtype": "float32"}, {"M": 3.0}, sweeps=sweeps, blocks={})
    (rounding,) = step_rounding(ctx)
    assert rounding > 0
    assert _sweeps(ctx).allowance == pytest.approx([(2**0.5 * 3 + 2) * rounding])


def test_a_bound_is_taken_from_the_layer_before_or_from_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    each = [Ball.of(np.full(2, float(i)), np.full(2, i / 8)) for i in range(4)]
    monkeypatch.setattr(reach, "reached", lambda ctx, who: Reach({}, tuple(each), tuple(each)))
    ctx, rows = context({}, {}, blocks={"layer": [1, 2]}), np.arange(2)
    for beyond in (0, 1):
        found = reach.by_layer(ctx, rows, beyond)
        assert found["A"].mid.tolist() == [beyond, 1 + beyond]
        assert found["A"].rad.tolist() == [beyond / 8, (1 + beyond) / 8]
        assert found["S"].mid.tolist() == [0, 1]


def test_dladmm_s_decrease_at_a_penalty_of_4_and_a_modulus_of_1() -> None:
    """C = 4/2 − 1/2 − 1/4."""
    rho, modulus = symbols("rho H")
    assert float(D1_CONSTANT.subs({rho: 4, modulus: 1})) == 1.25


def test_mdlam_s_bound_in_w_counts_the_step_before() -> None:
    """(B M + s̄ L)‖e⁺‖ + (p̄₂ M + s̄ p̄₁ L)‖e‖ = (2·3 + 5·7)·11 + (13·3 + 5·17·7)·19."""
    names = "B M smax Lmax e1 p2max p1max e0"
    at = zip(symbols(names), (2, 3, 5, 7, 11, 13, 17, 19), strict=True)
    assert float(M4_BOUND.subs(dict(at))) == 41 * 11 + 634 * 19


def test_s6_s_objective_is_the_mean_of_its_samples_squares() -> None:
    for w in (0, 2, -3):
        squares = [sp.Rational((w + s) ** 2, 2) for s in expectation.SHIFTS]
        assert expectation._value(sp.Integer(w)) == sum(squares) / len(squares)
