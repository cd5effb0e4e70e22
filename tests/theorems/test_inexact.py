"""T5e: gradient steps with errors known in closed form; what is not summable does not hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest
from mpmath import mpf

from amverify.judge.audit import audit
from amverify.theorems.base import Conclusion, Context, Inequality
from amverify.theorems.inexact import BUDGETED, LENGTH, T5E, drift, tau
from amverify.theorems.rates import DESINGULARISING, a, b
from amverify.theorems.views.inexact import tails
from amverify.trace.trace import Trace
from amverify.verdict import Verdict
from proofs.kernel.polynomial import Refused
from proofs.theorems import catalogue as groups
from tests.proofs.mutants import Mutant, without

KNOWN = {"a": 1.5, "b": 1.0, "c": 0.75, "theta": 0.5, "fstar": 0.0}
"""Of x ↦ ½x² and steps of ½, exact ones: √(½x²) ≤ ¾|x|."""


def points(error: Callable[[int], Fraction], steps: int, start: Fraction) -> list[Fraction]:
    """x_k = x_{k−1} − ½x_{k−1} + d_k."""
    found = [start]
    for k in range(1, steps + 1):
        found.append(found[-1] / 2 + error(k))
    return found


def run(error: Callable[[int], Fraction], steps: int = 12, start: Fraction = Fraction(1)) -> Trace:
    """½x², recorded by hand, each number with the error of rounding it."""
    x = points(error, steps, start)
    e = [Fraction(0), *(q - p for p, q in pairwise(x))]
    columns = {
        "value": [p * p / 2 for p in x],
        "change": [Fraction(0), *((q * q - p * p) / 2 for p, q in pairwise(x))],
        "step": [p * p for p in e],
        "inertia": [Fraction(0), *(p * p for p in e[:-1])],
        "norm": [p * p for p in x],
        "residual": [abs(p) for p in x],
    }
    rows = len(x)
    sweeps = {"sweep": np.arange(rows), "replicate": np.zeros(rows, dtype=np.int64)}
    for name, column in columns.items():
        found = np.array([float(v) for v in column])
        sweeps |= {name: found, f"{name}_error": np.abs(found) * 2.0**-52}
    sweeps["execution"] = np.zeros(rows)
    return Trace({"subject": "by hand", "settings": {"dtype": "float64"}}, sweeps=sweeps)


def quarters(k: int) -> Fraction:
    """d_k = 4^{−k}/2."""
    return Fraction(1, 2 * 4**k)


def judged(trace: Trace, budget: float, theorem=T5E):
    return audit(trace, [theorem], {**KNOWN, "tau": budget}).findings[0]


@pytest.mark.parametrize("sign", [1, -1])
def test_errors_are_those_of_the_closed_form(sign):
    """Ψ⁺ − Ψ + a‖e‖² = 2d² − xd, and | |x_k| − b‖e_k‖ | ≤ 2|d_k|."""
    error = lambda k: sign * quarters(k)  # noqa: E731
    x, trace = points(error, 12, Fraction(1)), run(error)
    values = tails(Context(trace, {**KNOWN, "tau": 1.0})).values
    meant = [max(0.0, float(2 * error(k) ** 2 - x[k - 1] * error(k))) for k in range(2, 13)]
    assert values["eps"].mid == pytest.approx(meant, rel=1e-9, abs=1e-11)
    assert (values["eps"].mid >= meant).all()
    most = [2 * float(quarters(k)) for k in range(1, 12)]
    assert (values["eta"].mid <= np.array(most) * (1 + 1e-9)).all()
    assert float(values["ahead"].mid[0]) == pytest.approx(sum(meant), rel=1e-9, abs=1e-10)


@pytest.mark.parametrize("sign", [1, -1])
def test_summable_errors_hold_within_their_budget(sign):
    found = judged(run(lambda k: sign * quarters(k)), 4.0)
    assert found.verdict is Verdict.HOLDS, found.reason
    assert found.counts.total == 22
    assert audit(run(lambda k: quarters(k)), ["T5"], KNOWN).verdict is not Verdict.HOLDS


def test_a_budget_that_is_spent_is_no_length():
    found = judged(run(quarters), 0.01)
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert "the declared budget” fails: sweep 1: 0.25 against 0.01" in found.reason


def test_errors_that_are_not_summable_spend_every_budget():
    """d_k = 1/(4k): ten times as many steps spend more than what the first ones left."""
    harmonic = lambda k: Fraction(1, 4 * k)  # noqa: E731
    spent = {n: _spent(run(harmonic, n)) for n in (10, 100, 400)}
    assert spent[10] < spent[100] < spent[400]
    assert judged(run(harmonic, 400), spent[10]).verdict is Verdict.NOT_APPLICABLE


def _spent(trace: Trace) -> float:
    return float(tails(Context(trace, {**KNOWN, "tau": 1.0})).values["drift"].mid[0])


def test_without_what_errors_cost_the_bound_is_refuted():
    """From x⁰ = 2^{−30} only the errors move it: T5's right-hand side is far too small."""
    burst = run(lambda k: Fraction(int(k == 3)) / 2, 6, Fraction(1, 2**30))
    plain = LENGTH - drift / 2 - 2 * b / a * DESINGULARISING
    for rhs, verdict in ((LENGTH, Verdict.HOLDS), (plain, Verdict.VIOLATED)):
        said = Inequality("variant", T5E.conclusions[0].inequality.lhs, rhs)
        part = Conclusion(said, tails, T5E.conclusions[0].conditions)
        found = judged(burst, 10.0, replace(T5E, id="mine", conclusions=(part,)))
        assert found.verdict is verdict, found.reason


def test_a_run_whose_lengths_are_told_wrongly_is_refuted():
    trace = run(quarters)
    stale = {**trace.sweeps, "value": np.full(13, 2.0**-60), "value_error": np.zeros(13)}
    assert judged(replace(trace, sweeps=stale), 0.5).verdict is not Verdict.HOLDS


def test_an_unknown_length_is_undecided():
    trace = run(quarters)
    unknown = {**trace.sweeps, "residual_error": np.full(13, np.inf)}
    found = judged(replace(trace, sweeps=unknown), 4.0)
    assert found.verdict is Verdict.UNDECIDED, found.reason


def test_the_fact_that_is_used_of_powers_is_true():
    """(x + y)^θ ≤ x^θ + y^θ for 0 ≤ θ < 1; above θ = 1 it is not."""
    ends = [0, "0.001", 1, "2.5", 1000]
    for x, y in product(ends, repeat=2):
        for theta in (0, "0.25", "0.5", "0.999"):
            q, one, other = mpf(theta), mpf(x), mpf(y)
            assert (one + other) ** q <= (one**q + other**q) * (1 + mpf(10) ** -14)
    assert mpf(2) ** 2 > mpf(1) ** 2 + mpf(1) ** 2
    with pytest.raises(Refused):
        groups.prove("T5e", variant=Mutant("T5e", "θ ≥ 1", without("θ < 1")).object)


def test_the_budget_is_to_be_declared():
    found = audit(run(quarters), ["T5e"], KNOWN).findings[0]
    assert found.verdict is Verdict.UNDECIDED
    assert "constant tau" in found.reason
    assert BUDGETED in [part.inequality.name for part in T5E.conclusions]
    assert T5E.conclusions[1].inequality.rhs.has(tau)
