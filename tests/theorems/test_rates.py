"""T5, T6 and K2: true runs hold in every regime, and each hypothesis and constant matters."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from amverify.errors import InvalidInput
from amverify.families import draw
from amverify.families.loops.gradient import gradient_descent, step_size
from amverify.judge.audit import audit
from amverify.numbers.balls import Ball
from amverify.theorems import CATALOGUE, theorem
from amverify.theorems.rates import RATE_CONSTANT
from amverify.theorems.views.powers import power
from amverify.trace.trace import Trace
from amverify.verdict import Verdict
from tests.support.long import few

CLEAR = 2.0**-30


def judged(trace, claims, constants):
    """Of the constants only those that one of the claims has."""
    known = {name for claim in claims for name in CATALOGUE[claim].declarable}
    return audit(trace, claims, {n: v for n, v in constants.items() if n in known})


def constants(problem, eta):
    """a, b, c, θ of gradient descent with η on a family whose constants are known."""
    known = problem.constants
    theta, modulus = Fraction(known.theta), float(known.L)
    exact = Fraction(float(theta)) == theta
    return {
        "a": (1 / eta - modulus / 2) * (1 - CLEAR),
        "b": (1 / eta + modulus) * (1 + CLEAR),
        "c": known.c,
        "theta": float(theta) if exact else {"value": float(theta), "error": 2.0**-53},
        "memory": 1,
    }


def run(family, seed, steps=60, dtype="float64"):
    problem = draw(family, seed)
    eta = step_size(problem, 1.0)
    return gradient_descent(problem, steps, eta, dtype), constants(problem, eta)


def by_hand(points, a=1.0, dist=None, theta=0.5, **more):
    """A trace of r_0, r_1, … with ‖e_k‖² = (r_{k−1} − r_k)/a and dist_k = b‖e_k‖, b = 1."""
    r = np.array(points, dtype=np.float64)
    step = np.concatenate(([0.0], (r[:-1] - r[1:]) / a))
    rows = len(r)
    columns = {
        "value": r,
        "step": step,
        "inertia": np.concatenate(([0.0], step[:-1])),
        "norm": np.zeros(rows),
        "residual": np.sqrt(step) if dist is None else np.array(dist),
    }
    sweeps = {"sweep": np.arange(rows), "replicate": np.zeros(rows, dtype=np.int64)}
    for name, column in columns.items():
        sweeps |= {name: column, f"{name}_error": np.zeros(rows)}
    sweeps["execution"] = np.zeros(rows)
    trace = Trace({"subject": "by hand", "settings": {"dtype": "float64"}}, sweeps=sweeps)
    given = {"a": a, "b": 1.0, "c": 2.0, "theta": theta, "fstar": 0.0, "memory": 1, **more}
    return trace, given


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("family", "seed"), [("power", 0), ("mixed_power", 1), ("flat_valley", 0), ("quadratic", 0)]
)
def test_gradient_descent_has_its_length_and_rate(family, seed, dtype):
    trace, declared = run(family, seed, dtype=dtype)
    report = judged(trace, ["T5", "T6", "K2"], declared)
    assert report.verdict is Verdict.HOLDS, [f.reason for f in report.findings]


@pytest.mark.parametrize(
    "family", few(["least_squares", "quadratic", "double_well", "mixed_power"], keep=1)
)
def test_stagnation_at_the_rounding_floor_is_no_violation(family):
    for seed in range(4):
        for dtype in ("float32", "float64"):
            trace, declared = run(family, seed, 400, dtype)
            for finding in judged(trace, ["T5", "T6", "K2"], declared).findings:
                assert finding.verdict in (Verdict.HOLDS, Verdict.UNDECIDED), finding.reason


@pytest.mark.parametrize(
    ("theta", "points"),
    [
        (0.0, [4.0, 3.0, 2.0, 1.0, 0.0]),
        (0.25, [0.5, 0.25, 0.04]),
        (0.5, [1.0, 0.5, 0.25, 0.125]),
        (0.75, [1.0, 0.5, 0.375, 0.28125]),
    ],
)
def test_every_regime_has_its_own_conclusion(theta, points):
    trace, declared = by_hand(points, theta=theta)
    finding = judged(trace, ["T6"], declared)["T6"]
    assert finding.verdict is Verdict.HOLDS, finding.reason
    counted = {0.0: 3, 0.25: 4, 0.5: 6, 0.75: 6}[theta]
    assert finding.counts.total == counted


def test_linear_rate_is_attained():
    """r_{k+1} = ½r_k is C/(1 + C) for C = 1: equality, up to the audit's roundings."""
    trace, declared = by_hand([1.0, 0.5, 0.25, 0.125], c=1.0)
    finding = judged(trace, ["T6"], declared)["T6"]
    assert finding.verdict is Verdict.UNDECIDED
    assert max(abs(margin) for margin in finding.slack.margin) < 2.0**-50
    slower, same = by_hand([1.0, 0.5625, 0.25, 0.125], c=1.0)
    assert judged(slower, ["T6"], same).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("name", "factor", "hypothesis"), [("a", 1.25, "H1"), ("b", 0.5, "H2"), ("c", 0.25, "KL")]
)
@pytest.mark.parametrize("claim", ["T5", "T6"])
def test_a_wrong_constant_breaks_its_hypothesis(claim, name, factor, hypothesis):
    trace, declared = by_hand([1.0, 0.5, 0.25, 0.125])
    finding = judged(trace, [claim], {**declared, name: declared[name] * factor})[claim]
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert hypothesis in {c.name for c in finding.hypotheses if c.holds is False}


def test_values_that_never_change_violate_length_and_rate():
    trace, declared = by_hand([4.0, 2.0, 1.0, 0.5, 0.25, 0.125, 2.0**-20], c=32.0)
    stale = dict(trace.sweeps)
    stale["change"] = np.diff(stale["value"], prepend=4.0)
    stale["change_error"] = np.zeros(7)
    stale["value"] = np.full(7, 2.0**-40)
    report = judged(replace(trace, sweeps=stale), ["T5", "T6"], {**declared, "c": 1.0})
    assert report["T5"].verdict is Verdict.VIOLATED, report["T5"].reason
    assert report["T6"].verdict is Verdict.VIOLATED, report["T6"].reason


def test_both_branches_of_the_gain_are_met():
    """ν is the lesser of p/(2C) and (2^{p/(1+p)} − 1)s_0^{−p}; here it is the second."""
    trace, declared = by_hand([1.0, 0.01, 0.0001, 0.000001], theta=0.75, c=0.04)
    finding = judged(trace, ["T6"], declared)["T6"]
    assert finding.verdict is Verdict.HOLDS, finding.reason
    gain = next(c.low for c in finding.constants if c.name == "ν")
    assert gain == pytest.approx(2 ** (1 / 3) - 1)


def test_k2_is_refuted_by_a_constant_below_the_tight_one():
    trace, declared = run("power", 0)
    assert judged(trace, ["K2"], declared).verdict is Verdict.HOLDS
    one = by_hand([4.0, 1.0], dist=[2.0, 1.0])
    assert judged(one[0], ["K2"], {**one[1], "c": 1.001}).verdict is Verdict.HOLDS
    assert judged(one[0], ["K2"], {**one[1], "c": 0.999}).verdict is Verdict.VIOLATED


def test_infimum_above_a_value_is_refused():
    trace, declared = by_hand([1.0, 0.5, 0.25, 0.125], fstar=0.2)
    assert judged(trace, ["T5"], declared).verdict is Verdict.NOT_APPLICABLE


def test_missing_constants_and_columns_are_named():
    trace, declared = by_hand([1.0, 0.5, 0.25])
    for name in ("a", "b", "c", "theta", "fstar"):
        left = {key: value for key, value in declared.items() if key != name}
        finding = judged(trace, ["T6"], left)["T6"]
        assert finding.verdict is Verdict.UNDECIDED
        assert f"constant {name}" in finding.reason
    with pytest.raises(InvalidInput, match="memory: expected 1"):
        judged(trace, ["T6"], {**declared, "memory": 3})
    unsure = {**declared, "theta": {"value": 0.5, "error": 0.01}}
    assert "one side of 0 and ½" in judged(trace, ["T6"], unsure)["T6"].reason


def test_two_steps_of_memory_double_the_constant():
    trace, declared = by_hand([1.0, 0.5, 0.25, 0.125, 0.0625])
    found = {
        memory: judged(trace, ["T6"], {**declared, "memory": memory})["T6"] for memory in (1, 2)
    }
    assert all(f.verdict is Verdict.HOLDS for f in found.values())
    constant = {m: next(c.low for c in f.constants if c.name == "C") for m, f in found.items()}
    assert constant == {1: 4.0, 2: 8.0}
    names = sp.symbols("kappa a b c", real=True)
    assert RATE_CONSTANT.subs(dict(zip(names, (2, 1, 3, 5), strict=True))) == 450


def test_powers_hold_the_exact_ones():
    squares = power(Ball.of([4.0, 9.0, 0.0]), Ball.of(0.5))
    assert (np.abs(squares.mid - [2.0, 3.0, 0.0]) <= squares.rad).all()
    assert (squares.rad < 1e-14).all()
    wide = power(Ball.of([1.0], [0.5]), Ball.of(-2.0))
    low, high = wide.mid - wide.rad, wide.mid + wide.rad
    assert low[0] <= 1 / 2.25 < 0.45
    assert high[0] >= 4.0
    assert not np.isfinite(power(Ball.of([0.0]), Ball.of(-1.0)).rad).any()
    assert not np.isfinite(power(Ball.of([1.0]), Ball.of(0.0, 0.5)).rad).any()


def test_sublinear_bound_is_the_statement_of_the_theorem():
    """s_j ≤ (s_0^{−p} + jν)^{−1/p}, evaluated in plain floats, agrees with the object's verdict."""
    trace, declared = run("power", 0, 30)
    values = trace.sweeps["value"]
    p = 2 * declared["theta"] - 1 if isinstance(declared["theta"], float) else None
    if p is None:
        p = 2 * declared["theta"]["value"] - 1
    big = declared["b"] ** 2 * declared["c"] ** 2 / declared["a"]
    nu = min(p / (2 * big), (2 ** (p / (1 + p)) - 1) * values[0] ** -p)
    bound = (values[0] ** -p + np.arange(31) * nu) ** (-1 / p)
    assert (values <= bound * (1 + 1e-12)).all()
    formula = next(
        c.inequality for c in theorem("T6").conclusions if c.inequality.name.startswith("sub")
    )
    names = {s.name: s for s in formula.lhs.free_symbols | formula.rhs.free_symbols}
    numbers = {
        "A0": values[0] ** -p, "Aj": values[7] ** -p, "j": 7, "two": 2 ** (p / (1 + p)),
        "theta": (p + 1) / 2, "kappa": 1, "a": declared["a"], "b": declared["b"],
        "c": declared["c"],
    }  # fmt: skip
    left = float(formula.lhs.subs({names[k]: v for k, v in numbers.items() if k in names}))
    assert left == pytest.approx(values[0] ** -p + 7 * nu)
