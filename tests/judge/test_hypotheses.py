"""Hypotheses are met, failed or open on an instance; what an open one costs; shares; what ends."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp

from amverify.command.replay import replay_report
from amverify.families import draw
from amverify.families.loops.gradient import gradient_descent, nesterov, step_size
from amverify.files import write
from amverify.judge.audit import audit
from amverify.judge.hypothesis import judged
from amverify.judge.ruling import LEAST_SHARE, percent
from amverify.numbers.balls import Ball
from amverify.record.recorder import Recorder
from amverify.report import from_json, to_html, to_json, to_junit
from amverify.theorems import theorem
from amverify.theorems.base import (
    VIOLATION,
    Conclusion,
    Hypothesis,
    Inequality,
    Instances,
    Theorem,
    symbols,
)
from amverify.trace.trace import Trace
from amverify.verdict import Evidence, Finding, Verdict
from tests.support.hand import HALVING, RISING, descent, without

x, y, h = symbols("x y h")
ZERO = sp.Integer(0)
FREE = Inequality("h ≥ 0", ZERO, h, "h is not negative")
PRICED = replace(FREE, costs=(2 * VIOLATION,))


def rows(mid: list[float], hyp: Ball, **more: Any) -> Instances:
    """y − x is ``mid`` exactly; the hypothesis says that ``hyp`` is not negative."""
    n = len(mid)
    values = {"x": Ball.of(np.zeros(n)), "y": Ball.of(mid), "h": hyp}
    return Instances(values, np.arange(1, n + 1), np.zeros(n, dtype=np.int64), **more)


def claim(found: Instances, *conditions: Inequality, **more: Any) -> Theorem:
    part = Conclusion(Inequality("order", x, y), lambda _: found, conditions)
    words = {"x": "x", "y": "y", "h": "h"}
    return Theorem("X", "x below y", "x ≤ y.", "", "", words, (part,), liveness=(), **more)


TRACE = Trace({}, sweeps={"sweep": np.arange(2), "replicate": np.zeros(2, dtype=np.int64)})


def said(found: Instances, *conditions: Inequality, **more: Any) -> Finding:
    return audit(TRACE, [claim(found, *conditions, **more)])["X"]


def test_an_open_hypothesis_neither_holds_nor_accuses():
    for margin in (1.0, -1.0):
        finding = said(rows([margin, margin], Ball.of([0.0, 0.0], [1e-9, 1e-9])), FREE)
        assert finding.verdict is Verdict.UNDECIDED
        assert finding.witness is None
        assert (finding.counts.open, finding.counts.settled) == (2, 0)


def test_one_that_is_met_elsewhere_leaves_only_its_own_instances_open():
    finding = said(rows([1.0, 1.0, -1.0], Ball.of([1.0, 1.0, 0.0], [0.0, 0.0, np.inf])), FREE)
    assert finding.verdict is Verdict.HOLDS
    assert (finding.counts.decided, finding.counts.open) == (2, 1)
    assert finding.hypotheses[0].detail == "met in 2, open in 1"
    assert "in 1 a hypothesis is open" in finding.reason


def test_a_hypothesis_that_fails_is_counted_beside_what_is_open():
    finding = said(rows([1.0] * 3, Ball.of([1.0, 0.0, -1.0], [0.0, 0.1, 0.1])), FREE)
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert "1 of 3 instances fail; met in 1, open in 1" in finding.reason


@pytest.mark.parametrize(
    ("margin", "verdict"),
    [(0.25, Verdict.HOLDS), (0.15, Verdict.UNDECIDED), (-0.15, Verdict.UNDECIDED),
     (-0.25, Verdict.VIOLATED)],
)  # fmt: skip
def test_a_stated_cost_decides_what_lies_beyond_it(margin, verdict):
    """h ≥ −0.1 is all that is known, and a failure by v costs 2v."""
    finding = said(rows([margin], Ball.of([0.0], [0.1])), PRICED)
    assert finding.verdict is verdict
    assert finding.counts.open == (verdict is Verdict.UNDECIDED)
    assert finding.counts.floor == 0


def test_the_least_of_several_costs_counts_and_none_may_be_unknown():
    balls = Ball.of([0.0], [0.1])
    both = replace(FREE, costs=(sp.Integer(5) * VIOLATION, VIOLATION / x, 2 * VIOLATION))
    assert judged(rows([1.0], balls), both).cost == pytest.approx([0.2])
    for condition in (PRICED, replace(FREE, costs=(ZERO,))):
        unbounded = judged(rows([1.0], Ball.of([0.0], [np.inf])), condition)
        assert np.isinf(unbounded.cost).all()
    negative = replace(FREE, costs=(-VIOLATION,))
    assert np.isinf(judged(rows([1.0], balls), negative).cost).all()


@pytest.mark.parametrize(("strict", "holds"), [(False, True), (True, False)])
def test_parameters_on_a_border_are_decided_exactly(strict, holds):
    third = np.array([1 / 3, 1 / 3])
    border = Inequality("3h ≤ 3h", 3 * h, 3 * x, strict=strict)
    found = rows([1.0, 1.0], Ball.of(third))
    found = replace(found, values={**found.values, "x": Ball.of(third), "y": Ball.of([1.0, 1.0])})
    assert judged(found, border).checked.holds is holds


def test_the_allowance_excuses_a_failure_and_is_not_needed_for_what_holds():
    met = Ball.of([1.0])
    assert said(rows([0.1], met, allowance=np.array([1.0])), FREE).verdict is Verdict.HOLDS
    assert said(rows([-0.1], met, allowance=np.array([1.0])), FREE).verdict is Verdict.UNDECIDED
    assert said(rows([-2.0], met, allowance=np.array([1.0])), FREE).verdict is Verdict.VIOLATED


@pytest.mark.parametrize("unknown", [np.inf, np.nan])
def test_an_unknown_allowance_is_not_zero(unknown):
    found = rows([-1.0, 1.0], Ball.of([1.0, 1.0]), allowance=np.array([unknown, 0.0]))
    finding = said(found, FREE)
    assert finding.verdict is Verdict.UNDECIDED
    assert "computed_in" in finding.reason


def test_a_trace_without_the_rounding_of_its_steps_accuses_nobody():
    assert audit(descent(RISING), ["descent"]).verdict is Verdict.VIOLATED
    finding = audit(without(descent(RISING), "execution"), ["descent"])["descent"]
    assert finding.verdict is Verdict.UNDECIDED
    assert "record the gradient with a bound on its error" in finding.reason
    assert audit(without(descent(HALVING), "execution"), ["descent"]).verdict is Verdict.HOLDS


def test_below_the_least_share_nothing_holds():
    many = 40
    enough = round(many * LEAST_SHARE)
    for count, verdict in ((enough, Verdict.HOLDS), (enough - 1, Verdict.UNDECIDED)):
        found = rows([1.0] * many, Ball.of(np.ones(many)))
        error = np.where(np.arange(many) < count, 0.0, 10.0)
        found = replace(found, values={**found.values, "y": Ball.of(np.ones(many), error)})
        finding = said(found, FREE)
        assert finding.verdict is verdict
        assert (
            f"{count} of 40" in finding.reason or f"{percent(count / many)} of 40" in finding.reason
        )


def test_the_worst_conclusion_s_share_counts():
    one = claim(rows([1.0] * 100, Ball.of(np.ones(100))))
    hidden = rows([1.0] * 20, Ball.of(np.ones(20)))
    hidden = replace(hidden, values={**hidden.values, "y": Ball.of(np.ones(20), np.full(20, 9.0))})
    other = Conclusion(Inequality("other", x, y), lambda _: hidden)
    both = replace(one, conclusions=(*one.conclusions, other))
    assert audit(TRACE, [both])["X"].verdict is Verdict.UNDECIDED


def test_shares_are_rounded_down():
    assert percent(1.0) == "100 %"
    assert percent(0.99999) == "99.9 %"


def test_a_failure_names_what_nothing_checks():
    unseen = (Hypothesis("convex", "f is convex"),)
    finding = said(rows([-1.0], Ball.of([1.0])), FREE, hypotheses=unseen)
    assert finding.verdict is Verdict.VIOLATED
    assert "either a hypothesis that nothing checks fails (f is convex)" in finding.reason
    assert "or the theorem is wrong" in finding.reason
    plain = said(rows([-1.0], Ball.of([1.0])), FREE)
    assert "theorem is wrong" not in plain.reason


def test_a_proved_theorem_that_fails_is_not_called_proved():
    """T1 on H = −u²/2, which is not convex: e = p2Δ hides the curvature from the monitor."""
    n = 2
    sweeps = np.arange(1, n + 1)
    names = {"change": -0.5, "step": 1.0, "cross": 2.0, "inertia": 4.0, "bend": 0.0, "norm": 1.0}
    blocks: dict[str, Any] = {
        "sweep": sweeps,
        "replicate": np.zeros(n, dtype=np.int64),
        "kind": np.full(n, b"W", dtype="S4"),
        "layer": np.ones(n, dtype=np.int64),
        "update": np.full(n, b"gradient", dtype="S10"),
    }
    for name, value in names.items():
        blocks |= {name: np.full(n, value), f"{name}_error": np.zeros(n)}
    used = {"modulus": 1.0, "s": 1.0, "t": 1.0, "p1": 0.0, "p2": 0.5}
    zeros = dict.fromkeys(("delta", "delta_next", "gamma", "execution"), 0.0)
    blocks |= {name: np.full(n, value) for name, value in (used | zeros).items()}
    steps = np.arange(n + 1)
    table: dict[str, Any] = {"sweep": steps, "replicate": np.zeros(n + 1, dtype=np.int64)}
    for name, column in (("value", -0.5 * steps), ("change", np.where(steps > 0, -0.5, 0.0))):
        table |= {name: column, f"{name}_error": np.zeros(n + 1)}
    settings = {"coupling": "none", "nonsmooth": "none", "inertia": []}
    report = audit(Trace({"settings": settings}, blocks, table), ["T1"])
    finding = report["T1"]
    assert finding.verdict is Verdict.VIOLATED
    assert Evidence.PROVED not in finding.evidence
    assert "H is convex" in finding.reason
    for text in (to_json(report), to_html(report), to_junit(report)):
        assert "H is convex in the block" in text
    assert from_json(to_json(report)) == report


def test_every_verdict_lists_what_is_not_monitored():
    finding = audit(gradient_descent(draw("quadratic", 0), 9), ["G1"])["G1"]
    assert finding.verdict is Verdict.HOLDS
    assert finding.unmonitored == tuple(said.text for said in theorem("G1").unmonitored)
    assert finding.unmonitored


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("declared", [{"value_error": 1e-12}, {"operations": 4}])
def test_a_value_that_is_not_finite_refutes_a_decrease(tmp_path: Path, value, declared):
    recorder = Recorder(**declared)
    for k, f in enumerate([3.0, 2.0, value, 1.0]):
        recorder.step(np.array([3.0 - k]), value=f)
    report = audit(recorder.trace(), ["descent", "H1"], {"a": 0.5})
    for name in ("descent", "H1"):
        assert report[name].verdict is Verdict.VIOLATED
        assert report[name].witness is not None
        assert report[name].witness.sweep == 2
    file = tmp_path / "report.json"
    write(file, to_json(report))
    assert all(fails and "not finite" in told for told, fails in replay_report(file))


def test_where_hypotheses_were_not_seen_nothing_holds():
    trace = gradient_descent(draw("quadratic", 0), 9, step_size(draw("quadratic", 0), 1.0))
    assert audit(trace, ["G1"]).verdict is Verdict.HOLDS
    ended = Trace(
        {**trace.header, "nonfinite": {"sweep": 10, "what": "value"}}, sweeps=trace.sweeps
    )
    finding = audit(ended, ["G1"])["G1"]
    assert finding.verdict is Verdict.UNDECIDED
    assert "step 10" in finding.reason


def test_a_step_that_was_probed_is_evidence_of_its_own():
    """Where a verdict leans on the probe: what holds beyond the error of measuring does not."""
    for points, kind in ((RISING, Evidence.MEASURED), (HALVING, Evidence.FLOAT)):
        trace = descent(points)
        probed = Trace({**trace.header, "execution": "measured"}, sweeps=trace.sweeps)
        found = audit(probed, ["descent"])["descent"].evidence
        assert {Evidence.MEASURED, Evidence.FLOAT} & set(found) == {kind}


def test_one_over_L_in_floating_point_is_one_over_L():
    """Fl(1/49) · 49 is above 1 in exact arithmetic for some L; what is longer by more is not."""
    modulus = next(m for m in range(3, 99) if Fraction(1 / m) * m > 1)
    for factor, verdict in ((1.0, Verdict.HOLDS), (1 + 1e-9, Verdict.NOT_APPLICABLE)):
        eta, bends = factor / modulus, np.array([1.0, float(modulus)])
        x = before = np.ones(2)
        recorder = Recorder(value_error=1e-12, gradient_error=1e-12, eta=eta)
        for k in range(40):
            recorder.step(x, bends @ x**2 / 2, bends * x)
            y = x + max(k - 1, 0) / (k + 2) * (x - before)
            before, x = x, y - eta * bends * y
        found = audit(recorder.trace(), ["G5"], {"L": float(modulus), "fstar": 0.0, "D": 1.5})
        assert found["G5"].verdict is verdict, found["G5"].reason


def rosenbrock(x: np.ndarray) -> tuple[float, np.ndarray]:
    off = x[1] - x[0] ** 2
    slope = np.array([-2 * (1 - x[0]) - 400 * x[0] * off, 200 * off])
    return float((1 - x[0]) ** 2 + 100 * off**2), slope


def test_gradient_descent_on_what_is_not_convex_is_none_of_nesterov_s():
    recorder = Recorder(value_error=1e-10, gradient_error=1e-10, eta=1e-4)
    point = np.array([-1.2, 1.0])
    for _ in range(200):
        f, slope = rosenbrock(point)
        recorder.step(point, f, slope)
        point = point - 1e-4 * slope
    trace = recorder.trace({"L": 5000.0, "fstar": 0.0, "D": 2.3})
    finding = audit(trace, ["G5"])["G5"]
    assert finding.verdict is Verdict.NOT_APPLICABLE
    failing = {checked.name for checked in finding.hypotheses if checked.holds is False}
    assert failing == {"tangents", "momentum"}


@pytest.mark.parametrize("seed", range(6))
def test_nesterov_s_own_steps_are_his(seed):
    report = audit(nesterov(draw("quadratic", seed), 60), ["G5"])
    assert all(checked.holds for checked in report["G5"].hypotheses)


def test_his_first_two_steps_are_plain_and_not_held_against_him():
    recorder = Recorder(value_error=1e-12, gradient_error=1e-12, eta=0.25)
    weights = np.array([1.0, 0.125])
    x = before = np.array([1.0, -2.0])
    for k in range(1, 31):
        recorder.step(x, float(weights @ x**2) / 2, weights * x)
        y = x + max(k - 2, 0) / (k + 1) * (x - before)
        before, x = x, y - 0.25 * weights * y
    trace = recorder.trace({"L": 1.0, "fstar": 0.0, "D": 3.0})
    assert audit(trace, ["G5"])["G5"].verdict is not Verdict.NOT_APPLICABLE
