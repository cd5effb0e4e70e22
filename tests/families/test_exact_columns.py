"""Every column of the reference loops against rational arithmetic: the error bound holds it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amverify.families.loops.blocks import BlockPath, Rule, block_path, block_trace
from amverify.families.loops.gradient import (
    Path,
    heavy_ball_path,
    nesterov_path,
    path_trace,
    step_size,
)
from amverify.families.problem import Problem
from amverify.families.quadratic import Quadratic

SEEDS = st.integers(0, 10**6)
FORMATS = st.sampled_from(["float32", "float64"])
KINDS = st.sampled_from(["strong", "deficient"])
RULES = st.sampled_from(
    [
        Rule(),
        Rule(p1=0.5, p2=0.5),
        Rule(s=1.5, p1=-0.25, p2=0.75, p3=0.375),
        Rule(s=1.2, p1=0.5, p2=0.7, p3=0.3, certified=True),
    ]
)
Exact = list[Fraction]


def exactly(x) -> Exact:
    return [Fraction(float(v)) for v in x]


def minus(x: Exact, y: Exact) -> Exact:
    return [a - b for a, b in zip(x, y, strict=True)]


def dot(x: Exact, y: Exact) -> Fraction:
    return sum((a * b for a, b in zip(x, y, strict=True)), Fraction(0))


def assert_holds(table, name: str, row: int, exact: Fraction) -> None:
    middle, bound = Fraction(float(table[name][row])), Fraction(float(table[f"{name}_error"][row]))
    assert abs(middle - exact) <= bound, f"{name}, row {row}: {float(exact - middle):.3g}"


def sweep_columns(problem: Problem, path: Path, k: int) -> dict[str, Fraction]:
    x, before, earlier = (exactly(path.x[max(k - i, 0)]) for i in range(3))
    e, moved = minus(x, before), minus(before, earlier)
    slope = problem.exact_gradient(x)
    return {
        "value": problem.exact_value(x),
        "gradient": dot(slope, slope),
        "norm": dot(x, x),
        "step": dot(e, e),
        "cross": dot(moved, e),
        "inertia": dot(moved, moved),
        "slope": dot(problem.exact_gradient(before), e),
    }


@settings(deadline=None)
@given(SEEDS, KINDS, FORMATS, st.sampled_from([0.0, 0.5, 0.9]), st.sampled_from([3, 60]))
def test_heavy_ball(seed, kind, dtype, beta, steps):
    problem = Quadratic(seed, kind)
    path = heavy_ball_path(problem, steps, step_size(problem, 1 - beta), beta, dtype)
    table = path_trace(problem, path).sweeps
    for k in (0, 1, 2, 3, steps):
        for name, exact in sweep_columns(problem, path, k).items():
            assert_holds(table, name, k, exact)
    for k in (1, 2, steps):
        x, before, earlier = (exactly(path.x[max(k - i, 0)]) for i in range(3))
        eta, momentum = (Fraction(float(v[k])) for v in (path.eta, path.momentum))
        off = [
            a - b + eta * g - momentum * (b - c)
            for a, b, c, g in zip(x, before, earlier, problem.exact_gradient(before), strict=True)
        ]
        found, bound = (Fraction(float(table[n][k])) for n in ("departure", "departure_error"))
        assert dot(off, off) <= (found + bound) ** 2
        assert max(found - bound, Fraction(0)) ** 2 <= dot(off, off)
        assert found <= bound, "the step is the declared formula, up to its rounding"


@settings(deadline=None)
@given(SEEDS, KINDS, FORMATS)
def test_nesterov(seed, kind, dtype):
    problem = Quadratic(seed, kind)
    path = nesterov_path(problem, 20, dtype=dtype)
    table = path_trace(problem, path).sweeps
    for k in (0, 1, 2, 20):
        for name, exact in sweep_columns(problem, path, k).items():
            assert_holds(table, name, k, exact)


def bend(problem: Problem, base: Exact, d: Exact) -> Fraction:
    """⟨d, ∇²H d⟩ of a quadratic H."""
    there = [a + b for a, b in zip(base, d, strict=True)]
    return dot(d, minus(problem.exact_gradient(there), problem.exact_gradient(base)))


def block_columns(problem: Problem, path: BlockPath, r: int) -> dict[str, Fraction]:
    before, after, last = (exactly(x[r]) for x in (path.before, path.after, path.last))
    e, moved = minus(after, before), minus(before, last)
    p2 = Fraction(float(path.parameters[r, 4]))
    d = [a - p2 * b for a, b in zip(e, moved, strict=True)]
    own = problem.blocks[r % len(problem.blocks)].index
    return {
        "change": problem.exact_value(after) - problem.exact_value(before),
        "step": dot(e, e),
        "cross": dot(moved, e),
        "inertia": dot(moved, moved),
        "bend": bend(problem, before, d),
        "norm": sum((after[j] ** 2 for j in own), Fraction(0)),
    }


@settings(deadline=None)
@given(SEEDS, KINDS, FORMATS, RULES, st.booleans())
def test_block_rows(seed, kind, dtype, rule, boxed):
    problem = Quadratic(seed, kind, boxed)
    path = block_path(problem, 30, rule, dtype)
    table = block_trace(problem, path).blocks
    for r in (0, 1, 2, 5, 58, 59):
        for name, exact in block_columns(problem, path, r).items():
            assert_holds(table, name, r, exact)


@settings(deadline=None)
@given(SEEDS, KINDS, FORMATS, RULES, st.booleans())
def test_execution_covers_what_rounding_adds_to_t1(seed, kind, dtype, rule, boxed):
    problem = Quadratic(seed, kind, boxed)
    path = block_path(problem, 60, rule, dtype)
    table = block_trace(problem, path).blocks
    for r in (*range(8), *range(110, 120)):
        found = block_columns(problem, path, r)
        modulus, s, t, p1, p2 = (Fraction(float(v)) for v in path.parameters[r, :5])
        bound = -modulus * (
            (s / t - Fraction(1, 2)) * found["step"]
            - (p1 * s - p2) * found["cross"]
            - p2**2 / 2 * found["inertia"]
        )
        assert found["change"] <= bound + Fraction(float(table["execution"][r])), r


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_execution_is_small_beside_an_early_step(dtype):
    problem = Quadratic(1, "strong")
    table = block_trace(problem, block_path(problem, 2, Rule(), dtype)).blocks
    share = table["execution"] / (table["modulus"] * table["step"])
    assert (share < np.sqrt(np.finfo(dtype).eps)).all()
