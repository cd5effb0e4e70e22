"""S1–S3, S5, S6: enumerated expectations, replays, predictability, and the counterexample."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from amverify.errors import InvalidInput
from amverify.expectation.draws import replays
from amverify.families import draw
from amverify.families.loops.sums import (
    SumRule,
    draw_batches,
    exact_symbols,
    same_batch,
    stochastic_descent,
    sum_path,
    sum_trace,
)
from amverify.judge.audit import audit
from amverify.samt.probe import predictability_probe
from amverify.trace.file import load_trace, save_trace
from amverify.trace.trace import Trace
from amverify.verdict import Evidence, Verdict

FIXED = SumRule(meta="fixed")
ONE = SumRule(fresh=False, meta="fixed", low=2.0**-9, high=2.0**-5)
FAMILIES = ("finite_sum", "finite_sum_3")


def with_settings(trace, **settings):
    header = {**trace.header, "settings": {**trace.settings, **settings}}
    return replace(trace, header=header)


def edited(trace, table, **columns):
    return replace(trace, **{table: {**trace.table(table), **columns}})


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", range(4))
def test_true_claims_hold(family, seed):
    problem = draw(family, seed)
    for rule, claims in (
        (SumRule(), ("S1", "S5")),
        (FIXED, ("S1", "S2", "S5")),
        (SumRule(fresh=False), ("S3", "S5")),
        (ONE, ("S3",)),
        (SumRule(size=2), ("S1",)),
    ):
        for finding in audit(stochastic_descent(problem, 4, rule), claims).findings:
            assert finding.verdict in (Verdict.HOLDS, Verdict.UNDECIDED), finding.reason
            assert not finding.counts.failed


def test_ties_are_decided_exactly():
    problem = draw("finite_sum", 2)
    batches = draw_batches(problem, 4, FIXED, np.random.default_rng(0))
    path = sum_path(problem, 4, FIXED, batches)
    trace = sum_trace(problem, path)
    finding = audit(trace, ["S1"], exact=exact_symbols(problem, path))["S1"]
    assert finding.counts.floor == 0
    assert finding.verdict is Verdict.HOLDS
    assert Evidence.EXACT in finding.evidence


def test_columns_are_the_expectations_of_the_sum():
    problem = draw("finite_sum", 1)
    rule = SumRule(fresh=False, meta="fixed")
    batches = draw_batches(problem, 3, rule, np.random.default_rng(0))
    path = sum_path(problem, 3, rule, batches)
    trace = sum_trace(problem, path)
    for k in range(3):
        w = [Fraction(float(v)) for v in path.points[k]]
        steps = [Fraction(0)] * problem.dimension
        for i, block in enumerate(problem.blocks):
            for j in block.index:
                steps[j] = Fraction(float(path.alpha[k, i, j]))
        change = problem.expected_value(w, steps, fresh=False) - problem.exact_value(w)
        found = trace.sweeps["expected_change"][k + 1], trace.sweeps["expected_change_error"][k + 1]
        assert abs(Fraction(float(found[0])) - change) <= Fraction(float(found[1]))


def test_moments_are_those_of_all_paths():
    """One sweep with a fresh batch for each block, and two with one batch: all paths enumerated."""
    problem = draw("finite_sum", 0)
    for rule, sweeps in ((FIXED, 1), (SumRule(fresh=False, meta="fixed"), 2)):
        batches = draw_batches(problem, sweeps, rule, np.random.default_rng(0))
        path = sum_path(problem, sweeps, rule, batches)
        trace = sum_trace(problem, path)
        points = [[Fraction(float(v)) for v in problem.x0]]
        for k in range(sweeps):
            steps = [Fraction(0)] * problem.dimension
            for i, block in enumerate(problem.blocks):
                for j in block.index:
                    steps[j] = Fraction(float(path.alpha[k, i, j]))
            if rule.fresh:
                pairs = [(a, b) for a in problem.batches() for b in problem.batches()]
            else:
                pairs = [(a, a) for a in problem.batches()]
            points = [problem.sweep(w, steps, pair) for w in points for pair in pairs]
        mean = sum((problem.exact_value(w) for w in points), Fraction(0)) / len(points)
        middle, bound = (trace.sweeps[name][-1] for name in ("mean_value", "mean_value_error"))
        assert abs(Fraction(float(middle)) - mean) <= Fraction(float(bound))


def test_a_reused_batch_violates_s1():
    seen = [
        audit(stochastic_descent(draw("finite_sum", s), 5, SumRule(reused=True)), ["S1"])["S1"]
        for s in range(6)
    ]
    assert sum(f.verdict is Verdict.VIOLATED for f in seen) >= 4


def test_one_batch_for_the_sweep_is_not_s1():
    trace = stochastic_descent(draw("finite_sum", 0), 3, SumRule(fresh=False))
    finding = audit(trace, ["S1"])["S1"]
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert "one batch serves the whole sweep" in finding.reason


@pytest.mark.parametrize("claim", ["S1", "S3"])
def test_step_sizes_must_be_predictable(claim):
    rule = SumRule(fresh=claim == "S1", meta="fixed")
    trace = stochastic_descent(draw("finite_sum", 0), 3, rule)
    unprobed = with_settings(trace, probe={})
    assert "no probe was run" in audit(unprobed, [claim])[claim].reason
    assert audit(unprobed, [claim]).verdict is Verdict.UNDECIDED
    caught = with_settings(trace, probe={"compared": 9, "earlier_changed": 2})
    assert "2 of 9 earlier step sizes changed" in audit(caught, [claim])[claim].reason
    assert audit(caught, [claim]).verdict is Verdict.NOT_APPLICABLE
    same = with_settings(trace, meta="same")
    assert audit(same, [claim]).verdict is Verdict.NOT_APPLICABLE


def test_measured_constants_are_told():
    trace = stochastic_descent(draw("finite_sum", 0), 3, FIXED)
    finding = audit(with_settings(trace, measured=["modulus", "noise"]), ["S1"])["S1"]
    assert "measured on this run, not known: modulus, noise" in finding.notes


def test_the_probe_finds_step_sizes_trained_on_their_own_batch():
    def lagged(batches):
        alpha, found = 1.0, []
        for batch in batches:
            found.append([alpha])
            alpha *= 1 + 0.1 * batch
        return found

    def same(batches):
        return [[1 + 0.1 * batch] for batch in batches]

    batches, others = [1, 2, 3, 4], [2, 3, 4, 1]
    assert predictability_probe(lagged, batches, others, 2).predictable
    found = predictability_probe(same, batches, others, 2)
    assert (found.compared, found.earlier_changed) == (3, 1)
    for wrong in ((batches[:3], 1), (others, 4), (others, -1)):
        with pytest.raises(InvalidInput, match="probe"):
            predictability_probe(lagged, batches, *wrong)


def test_the_probe_of_the_counterexample():
    assert same_batch(4, meta="lagged").settings["probe"]["earlier_changed"] == 0
    assert same_batch(4, meta="same").settings["probe"]["earlier_changed"] == 1


@pytest.mark.parametrize("exponent", range(7, 40, 4))
def test_s6_increases_at_every_scale(exponent):
    problem = draw("same_batch", 0)
    first = Fraction(1, 2**exponent)
    second = Fraction(1, 2) * (3 * 4 * Fraction(9, 8) ** 2 + 25 * Fraction(57, 32) ** 2) / 4
    assert problem.increase(first) == Fraction(69, 512) * first + second * first**2
    fixed = [problem.sweep([Fraction(0)], [first], [b]) for b in problem.batches()]
    mean = sum((problem.exact_value(w) for w in fixed), Fraction(0)) / 4
    change = mean - problem.exact_value([Fraction(0)])
    assert change == -first / 16 + Fraction(37, 8) * first**2 < 0
    report = audit(same_batch(scale=2.0**-exponent), ["S6", "S1"])
    assert report["S6"].verdict is Verdict.HOLDS
    assert report["S1"].verdict is Verdict.NOT_APPLICABLE
    assert report["S1"].counts.failed


def test_s6_is_about_its_own_finite_sum():
    trace = same_batch(meta="lagged")
    assert audit(trace, ["S6"]).verdict is Verdict.NOT_APPLICABLE
    other = stochastic_descent(draw("finite_sum", 0), 3, FIXED)
    assert audit(other, ["S6"]).verdict is Verdict.NOT_APPLICABLE


def test_s5_sees_step_sizes_that_leave_and_meta_steps_on_nan():
    trace = stochastic_descent(draw("finite_sum", 0), 3)
    high = trace.blocks["alpha_high"] * 4
    assert audit(edited(trace, "blocks", alpha_high=high), ["S5"]).verdict is Verdict.VIOLATED
    low = trace.blocks["alpha_low"] / 16
    assert audit(edited(trace, "blocks", alpha_low=low), ["S5"]).verdict is Verdict.VIOLATED
    bad = np.ones(len(high), dtype=np.int64)
    moved = edited(trace, "blocks", hyper_bad=bad, alpha_change=np.full(len(high), 0.1))
    assert audit(moved, ["S5"]).verdict is Verdict.VIOLATED
    still = edited(trace, "blocks", hyper_bad=bad, alpha_change=np.zeros(len(high)))
    finding = audit(still, ["S5"])["S5"]
    assert finding.verdict is Verdict.HOLDS
    assert f"{len(high)} hypergradients were not finite" in " ".join(finding.notes)
    with pytest.raises(InvalidInput, match="alpha_bounds: expected two numbers"):
        audit(with_settings(trace, alpha_bounds=[1]), ["S5"])


def replayed(problem, rule, count, whole, shift=0.0, seed=0):
    """A trace without enumerated expectations; each state replayed ``count`` times."""
    batches = draw_batches(problem, 2, rule, np.random.default_rng(0))
    path = sum_path(problem, 2, rule, batches)
    trace = sum_trace(problem, path)
    rng, tables = np.random.default_rng(seed), []
    choices = list(problem.batches())
    count_blocks = len(problem.blocks)
    for k in range(2):
        for i in range(1 if whole else count_blocks):
            at = path.points[k] if whole else path.visited[k, i]
            v = [Fraction(float(x)) for x in at]
            here = problem.exact_value(v)

            def change(_, v=v, here=here, k=k, i=i):
                batch, w = choices[int(rng.integers(len(choices)))], list(v)
                for b in range(count_blocks) if whole else [i]:
                    g = problem.batch_gradient(w, batch)
                    for j in problem.blocks[b].index:
                        w[j] -= Fraction(float(path.alpha[k, b, j])) * g[j]
                return float(problem.exact_value(w) - here) + shift

            every = [change(0) for _ in range(64)]
            bounds = min(every) - abs(shift) - 0.01, max(every) + abs(shift) + 0.01
            where = (k + 1, 0, "*" if whole else "W", 0 if whole else i + 1)
            tables.append(replays(change, bounds, count, where, error=2.0**-40))
    table = {name: np.concatenate([t[name] for t in tables]) for name in tables[0]}
    unknown = ("expected_change", "expected_change_error")
    blocks = {n: c for n, c in trace.blocks.items() if n not in unknown}
    sweeps = {n: c for n, c in trace.sweeps.items() if n not in unknown}
    return replace(trace, blocks=blocks, sweeps=sweeps, replays=table)


@pytest.mark.parametrize(
    ("claim", "rule"), [("S1", SumRule(meta="fixed", low=0.125, high=0.25)), ("S3", ONE)]
)
def test_replays_decide_statistically(claim, rule):
    problem = draw("finite_sum", 1 if claim == "S1" else 0)
    trace = replayed(problem, rule, 1500, claim == "S3")
    finding = audit(trace, [claim])[claim]
    assert finding.verdict in (Verdict.HOLDS, Verdict.UNDECIDED), finding.reason
    assert not finding.counts.failed
    wrong = replayed(problem, rule, 1500, claim == "S3", shift=50.0)
    finding = audit(wrong, [claim])[claim]
    assert finding.verdict is Verdict.VIOLATED, finding.reason
    assert Evidence.STATISTICAL in finding.evidence
    assert "confidence 0.99 for all of them together" in " ".join(finding.notes)


def test_left_out_replays_are_noticed():
    trace = replayed(draw("finite_sum", 0), FIXED, 20, whole=False)
    keep = trace.replays["draw"] != 7
    fewer = replace(trace, replays={n: c[keep] for n, c in trace.replays.items()})
    finding = audit(fewer, ["S1"])["S1"]
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert "some draws are missing" in finding.reason


def test_a_trace_keeps_its_replays(tmp_path):
    trace = replayed(draw("finite_sum", 0), FIXED, 5, whole=False)
    save_trace(trace, tmp_path / "run.trace")
    again = load_trace(tmp_path / "run.trace")
    assert {n: c.tolist() for n, c in again.replays.items()} == {
        n: c.tolist() for n, c in trace.replays.items()
    }


def test_replay_bounds():
    with pytest.raises(InvalidInput, match=r"draw 1 changed f by 2\.0"):
        replays(lambda i: 2.0 * i, (-1.0, 1.0), 3, (1, 0, "*", 0))
    with pytest.raises(InvalidInput, match="0 draws"):
        replays(float, (-1.0, 1.0), 0, (1, 0, "*", 0))


def test_what_is_missing_is_named():
    trace = stochastic_descent(draw("finite_sum", 0), 3)
    assert "E Σ_i" in audit(trace, ["S2"])["S2"].reason
    assert "replays: ReplayedSweeps(…).sweep(replay=…)" in audit(trace, ["S3"])["S3"].reason
    empty = Trace(trace.header, sweeps=trace.sweeps)
    assert audit(empty, ["S1"]).verdict is Verdict.UNDECIDED
