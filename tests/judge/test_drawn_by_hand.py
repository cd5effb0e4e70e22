"""Curves against a loop, the least modulus of a run, what is judged that nobody claimed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from amverify.judge.curves import MOST, _thinned, curves
from amverify.judge.picked import _digits, judged_unasked, least_modulus
from amverify.theorems import CATALOGUE
from amverify.theorems.base import Context, Theorem
from amverify.trace.trace import Trace
from amverify.verdict import Finding, Slack, Verdict, Witness


def by_loop(values: np.ndarray) -> list[int]:
    """Of each stretch the first, the least and the greatest value; and the last of all."""
    count = len(values)
    size = -(-3 * count // MOST) if count > MOST else 1
    kept = {count - 1}
    for start in range(0, count, size):
        own = values[start : start + size]
        kept |= {start, start + int(own.argmin()), start + int(own.argmax())}
    return sorted(kept)


@pytest.mark.parametrize("count", [1, 7, MOST, MOST + 1, 2 * MOST, 1333, 1334, 3001])
def test_stretches_keep_their_first_least_and_greatest(count: int) -> None:
    values = np.random.default_rng(count).permutation(count).astype(float) - count / 2
    assert _thinned(values).tolist() == by_loop(values)
    spoilt = values.copy()
    spoilt[::3] = np.nan
    assert set(_thinned(spoilt)) <= set(range(count))
    assert _thinned(spoilt).tolist() == by_loop(np.where(np.isnan(spoilt), 0.0, spoilt))


def run(count: int, **columns: Any) -> Trace:
    keys = {"sweep": np.arange(count), "replicate": np.zeros(count, dtype=np.int64)}
    own = {n: np.broadcast_to(np.asarray(c, dtype=float), (count,)) for n, c in columns.items()}
    errors = {f"{name}_error": np.zeros(count) for name in own}
    return Trace({}, sweeps=keys | errors | own)


def failing(sweep: int, replicate: int = 0, slack: Slack | None = None) -> Finding:
    found = Witness("X", "x", sweep, "", replicate, 1.0, 0.0, -1.0, 0.0, "float", {})
    return Finding("X", "", "", "", "", Verdict.VIOLATED, "", witness=found, slack=slack or Slack())


def test_what_is_drawn_is_what_was_recorded() -> None:
    trace = run(5, value=[5.0, 4, 3, 2, 1], lyapunov=[6.0, 5, 4, 3, 2])
    names = {c.name: (c.sweeps, c.values) for c in curves(Context(trace), [])}
    assert names == {
        "objective": ((0, 1, 2, 3, 4), (5.0, 4.0, 3.0, 2.0, 1.0)),
        "lyapunov": ((0, 1, 2, 3, 4), (6.0, 5.0, 4.0, 3.0, 2.0)),
    }
    assert [c.name for c in curves(Context(run(3, value=1.0)), [])] == ["objective"]
    assert curves(Context(run(3, norm=1.0)), []) == ()
    assert curves(Context(run(0, value=1.0)), []) == ()
    assert curves(Context(Trace({})), []) == ()


def test_failures_stay_wherever_they_are() -> None:
    count = 4 * MOST
    trace = run(count, value=np.linspace(1, 0, count))
    without = set(curves(Context(trace), [])[0].sweeps)
    hidden = [k for k in range(count) if k not in without][5:8]
    slack = Slack((hidden[0], hidden[1]), (-0.5, -1.0), (0.0, 0.0))
    found = [failing(hidden[2]), failing(hidden[1], slack=slack)]
    kept = set(curves(Context(trace), found)[0].sweeps)
    assert kept == without | set(hidden)


def test_the_curve_is_of_the_first_replicate_or_of_the_one_that_fails() -> None:
    sweeps = {"sweep": np.array([0, 0, 1, 1]), "replicate": np.array([7, 3, 7, 3])}
    trace = Trace({}, sweeps={**sweeps, "value": np.array([1.0, 2.0, 3.0, 4.0])})
    assert curves(Context(trace), [])[0].values == (1.0, 3.0)
    fine = replace(failing(1), witness=None, verdict=Verdict.HOLDS)
    assert curves(Context(trace), [fine, failing(1, 3)])[0].values == (2.0, 4.0)
    assert curves(Context(trace), [failing(1, 5)]) == ()


VALUES = np.array([4.0, 2.0, 1.5, 0.5])
SLOPES = np.array([3.0, 2.0, 1.0, 0.5])


def drawn(**constants: float) -> dict[str, np.ndarray]:
    trace = run(4, value=VALUES, residual=SLOPES)
    found = curves(Context(trace, constants), [])
    assert all(curve.sweeps == (0, 1, 2, 3) for curve in found)
    return {curve.name: np.array(curve.values) for curve in found}


def test_the_kl_plot_in_numbers() -> None:
    found = drawn(theta=0.25, c=2.0, fstar=1.0)
    assert sorted(found) == ["declared", "gap", "objective", "residual"]
    np.testing.assert_allclose(found["gap"], VALUES - 1)
    np.testing.assert_allclose(found["residual"], SLOPES)
    np.testing.assert_allclose(found["declared"], (2 * SLOPES) ** 4)
    assert sorted(drawn(theta=0.0, c=2.0, fstar=1.0)) == ["gap", "objective", "residual"]
    assert sorted(drawn(theta=0.25, c=2.0)) == ["objective"]
    assert sorted(drawn(theta=0.25, c=2.0, fstar=1.0, a=1.0)) == sorted(found)
    bound = drawn(theta=0.5, c=2.0, fstar=1.0, a=1.0, b=0.5, memory=1)["envelope"]
    np.testing.assert_allclose(bound, 3.0 * 0.5 ** np.arange(4))
    below = drawn(theta=0.5, c=2.0, fstar=5.0, a=1.0, b=0.5, memory=1)["envelope"]
    np.testing.assert_array_equal(below, np.zeros(4))


def quadratic(modulus: float, **more: Any) -> Trace:
    points = np.array([1.0, 0.5, 0.25])
    e = np.diff(points, prepend=1.0)
    slope = modulus * np.concatenate(([0.0], points[:-1])) * e
    value = modulus / 2 * points**2
    columns = {"value": value, "step": e**2, "slope": slope, "execution": 0.0, **more}
    return run(3, **columns)


@pytest.mark.parametrize("modulus", [2.0**-7, 0.25, 3.0, 1000.0])
def test_the_least_modulus_is_told_from_both_sides(modulus: float) -> None:
    found = least_modulus(quadratic(modulus))
    assert found is not None
    assert found[0] <= modulus <= found[1]
    assert found == pytest.approx((modulus, modulus), rel=1.5e-4)
    loose = quadratic(modulus, value_error=modulus / 100)
    wide = least_modulus(loose)
    assert wide is not None
    assert wide[0] < 0.99 * modulus
    assert wide[1] > 1.01 * modulus


def test_where_nothing_bends_there_is_no_least_modulus() -> None:
    assert least_modulus(quadratic(-1.0)) is None
    assert least_modulus(quadratic(0.0)) is None
    assert least_modulus(quadratic(1.0, value_error=np.inf)) is None
    assert least_modulus(quadratic(1.0, step=0.0)) is None
    assert least_modulus(run(3, value=1.0)) is None


def test_digits_are_rounded_down_or_up() -> None:
    assert _digits(1.234567, "ROUND_FLOOR") == 1.2345
    assert _digits(1.234567, "ROUND_CEILING") == 1.2346


class Judge:
    """Says what it is told to of each theorem; ``asked`` are the constants that it was given."""

    def __init__(self, **verdicts: Verdict) -> None:
        self.verdicts, self.asked = verdicts, list[tuple[str, dict[str, Any]]]()

    def __call__(self, theorem: Theorem, more: Any) -> Finding:
        self.asked.append((theorem.id, dict(more)))
        verdict = self.verdicts.get(theorem.id, Verdict.HOLDS)
        return Finding(theorem.id, theorem.title, "", "", "", verdict, "why")


def stepped() -> Trace:
    """Gradient descent with η = ¼ on 2x², all but L known."""
    more = {"gradient": (4 * np.array([1.0, 0.5, 0.25])) ** 2, "departure": 0.0, "cross": 0.0}
    return quadratic(4.0, eta=0.125, momentum=0.0, inertia=0.0, **more)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (Verdict.NOT_APPLICABLE, "does not apply: why; L ≥ 3.999"),
        (Verdict.VACUOUS, "is not contradicted with L = 4.000"),
        (Verdict.UNDECIDED, "lacks L alone, recorder.trace(L=…) or --constant L=…; L ≥ 3.999"),
    ],
)
def test_what_lacks_the_modulus_alone_is_tried_with_the_least(verdict: Verdict, said: str) -> None:
    judge = Judge(G1=verdict)
    found, notes = judged_unasked(stepped(), {}, judge)
    assert [f.theorem for f in found] == ["descent"]
    (note,) = notes[1:]
    assert note.startswith(f"G1 ({CATALOGUE['G1'].title}) {said}")
    tried = [more["L"] for name, more in judge.asked if name == "G1"]
    assert [more["origin"] for more in tried] == ["fitted", "fitted"]
    assert tried[0]["value"] < 4 < tried[1]["value"]


def test_what_is_usable_is_judged_and_noted_where_it_decides_nothing() -> None:
    judge = Judge(G1=Verdict.VIOLATED)
    found, notes = judged_unasked(stepped(), {"L": 4.0}, judge)
    assert [f.theorem for f in found][:2] == ["descent", "G1"]
    assert len(notes) == 1
    judge = Judge(G1=Verdict.VACUOUS)
    found, notes = judged_unasked(stepped(), {"L": 4.0}, judge)
    assert "G1" not in [f.theorem for f in found]
    assert notes[1] == f"G1 ({CATALOGUE['G1'].title}) says nothing of this run: why"
    assert all(more == {} for _, more in judge.asked)
    assert [name for name, _ in judge.asked].count("descent") == 1
