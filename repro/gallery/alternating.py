"""Block after block: PALM, iPALM and exact block coordinate descent."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from amverify.families import draw
from amverify.families.loops.blocks import Rule, block_descent
from amverify.trace.trace import Trace
from repro.gallery.entry import Entry, false, true
from repro.gallery.loop import A, B, F, loop, squares, to_xstar2
from repro.gallery.smooth import ONE_STEP

FACTORS, COUPLED = draw("factorisation", 2), draw("quadratic", 50)
"""½‖XY − M‖², and a quadratic whose two blocks are strongly coupled."""


@cache
def palm() -> Trace:
    """PALM: a gradient step of 1/L_i in each factor, a little shorter."""
    return block_descent(FACTORS, 40, Rule(s=1.0625))


@cache
def overstepping() -> Trace:
    """PALM with steps of 1/(0.3 L_i)."""
    return block_descent(COUPLED, 25, Rule(s=0.3))


@cache
def ipalm() -> Trace:
    """Inertia inside the admissible region, with the certified weights."""
    return block_descent(COUPLED, 25, Rule(s=1.2, p1=0.5, p2=0.7, p3=0.3, certified=True))


@cache
def ipalm_outside() -> Trace:
    """Inertia outside the admissible region."""
    return block_descent(COUPLED, 25, Rule(p1=0.25, p2=0.75, p3=0.75))


@cache
def coordinates() -> Trace:
    """Exact coordinate descent on least squares, cyclically."""

    def step(k: int, x: Tensor) -> Tensor:
        i = (k - 1) % 3
        column = A[:, i]
        x = x.clone()
        x[i] -= column @ (A @ x - B) / (column @ column)
        return x

    return loop(squares, torch.zeros(3, dtype=F), 60, step, {"dist2": to_xstar2}, fstar=0)


def powell_function(x: Tensor) -> Tensor:
    """−x₁x₂ − x₂x₃ − x₃x₁ + Σ (|x_i| − 1)₊²."""
    mixed = x[0] * x[1] + x[1] * x[2] + x[2] * x[0]
    return (torch.clamp(x.abs() - 1, min=0) ** 2).sum() - mixed


@cache
def powell() -> Trace:
    """Exact coordinate descent on Powell's function: it cycles near six vertices of the cube."""

    def step(k: int, x: Tensor) -> Tensor:
        i = (k - 1) % 3
        others = x.sum() - x[i]
        x = x.clone()
        x[i] = torch.sign(others) * (1 + 0.5 * others.abs())
        return x

    return loop(powell_function, torch.tensor([-1.1, 1.05, -1.025], dtype=F), 60, step)


ENTRIES = (
    Entry(
        "PALM",
        "½‖XY − M‖², two factors",
        palm,
        (
            true(ONE_STEP, "Bolte, Sabach & Teboulle 2014, Lemma 3"),
            true("G3", "Bolte, Sabach & Teboulle 2014, Lemma 2"),
            true("T1", "proved: python -m proofs show T1"),
            false("value[k] <= q*value[k-1]", "no such rate: ibid. give none for all q", q=0.5),
        ),
    ),
    Entry(
        "PALM, steps 1/(0.3 L)",
        "a quadratic, two coupled blocks",
        overstepping,
        (false(ONE_STEP, "steps beyond 2/L need not descend: they ask for 1/L"),),
    ),
    Entry(
        "iPALM",
        "a quadratic, two coupled blocks; certified inertia",
        ipalm,
        (
            true("T2", "proved: python -m proofs show T2"),
            true("T3", "Pock & Sabach 2016; proved: python -m proofs show T3"),
            false(
                "value[k] <= value[k-1] - L*step2[k]",
                "twice what a plain step gives",
            ),
        ),
    ),
    Entry(
        "iPALM, outside 𝓡",
        "a quadratic, two coupled blocks; p = (0.25, 0.75, 0.75)",
        ipalm_outside,
        (
            false(ONE_STEP, "inertia is not monotone: Pock & Sabach 2016"),
            false("T3", "outside the admissible region"),
        ),
    ),
    Entry(
        "BCD, exact",
        "least squares, a coordinate at a time",
        coordinates,
        (
            true(ONE_STEP, "by definition of the step"),
            true("value[k] <= value[k-1] - c*step2[k]", "c < ½ min ‖a_i‖² = 3", c=2.9),
            true("exists k <= 60: value[k] <= 1e-6*value[0]", "Luo & Tseng 1992: linear rate"),
            false("value[k] <= value[k-1] - c*step2[k]", "c > ½ min ‖a_i‖² = 3", c=3.1),
        ),
    ),
    Entry(
        "BCD, exact, where it cycles",
        "Powell's function of three variables",
        powell,
        (
            true(ONE_STEP, "by definition of the step"),
            true("for k >= 1: grad2[k] >= 1", "cycles: Powell 1973"),
            false("exists k <= 60: grad2[k] <= 0.01", "need not converge: Powell 1973"),
        ),
    ),
)
