"""Audits of the reference loops: true claims are never accused, false constants always are.

A true claim may be UNDECIDED (where the instance is an equality, such as gradient descent along
one eigenvector) or VACUOUS (a block that starts at its optimum); it is never VIOLATED, also not
at the rounding floor, where hundreds of steps end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from amverify.families import draw
from amverify.families.loops.blocks import Rule, block_descent
from amverify.families.loops.gradient import gradient_descent, heavy_ball, nesterov, step_size
from amverify.families.problem import Problem
from amverify.families.quadratic import Quadratic
from amverify.judge.audit import audit
from amverify.judge.ruling import LEAST_SHARE
from amverify.trace.trace import Trace
from amverify.verdict import Report, Verdict

FORMATS = ("float32", "float64")
STEPS = (25, 400)
PROBLEMS = [Quadratic(seed, kind) for seed in range(12) for kind in ("strong", "deficient")]
INERTIAS = {
    "PALM": (Rule(), ["T1", "G3"]),
    "inertial": (Rule(p1=0.5, p2=0.5, p3=0.25), ["T1"]),
    "uncoupled": (Rule(s=1.5, p1=-0.25, p2=0.75), ["T1"]),
    "certified": (Rule(s=1.2, p1=0.5, p2=0.7, p3=0.3, certified=True), ["T1", "T2", "T3"]),
}


def runs(loop, problems=PROBLEMS, **given) -> Iterator[tuple[Problem, Trace]]:
    for problem in problems:
        for dtype in FORMATS:
            for steps in STEPS:
                yield problem, loop(problem, steps, dtype=dtype, **given)


def verdicts(reports: Iterator[Report]) -> Counter[tuple[str, Verdict]]:
    found: Counter[tuple[str, Verdict]] = Counter()
    for report in reports:
        for finding in report.findings:
            assert finding.verdict is not Verdict.VIOLATED, (report.subject, finding.reason)
            assert finding.verdict is not Verdict.NOT_APPLICABLE, (report.subject, finding.reason)
            found[finding.theorem, finding.verdict] += 1
    return found


def mostly_held(found: Counter[tuple[str, Verdict]]) -> None:
    for theorem in {name for name, _ in found}:
        total = sum(n for (name, _), n in found.items() if name == theorem)
        assert 2 * found[theorem, Verdict.HOLDS] > total, found


@pytest.mark.parametrize("share", [0.3, 1.0, 1.9])
def test_gradient_descent(share):
    reports = (
        audit(gradient_descent(p, steps, step_size(p, share), dtype), ["G1"])
        for p in PROBLEMS
        for dtype in FORMATS
        for steps in STEPS
    )
    mostly_held(verdicts(reports))


@pytest.mark.parametrize(("theorem", "share"), [("G2", 1.0), ("H1", 1.9), ("descent", 1.9)])
def test_gradient_descent_at_the_floor(theorem, share):
    def reports() -> Iterator[Report]:
        for problem in PROBLEMS:
            for dtype in FORMATS:
                eta = step_size(problem, share)
                modulus = float(problem.constants.L)
                trace = gradient_descent(problem, 400, eta, dtype)
                true = 1 / eta - modulus / 2 * (1 + 2.0**-40)
                report = audit(trace, [theorem], {"a": true} if theorem == "H1" else None)
                enough = report[theorem].counts.share >= LEAST_SHARE
                assert (report[theorem].verdict is Verdict.HOLDS) == enough
                yield report

    found = verdicts(reports())
    assert found[theorem, Verdict.HOLDS] > 0


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_heavy_ball(beta):
    mostly_held(verdicts(audit(t, ["G4"]) for _, t in runs(heavy_ball, beta=beta)))


def test_nesterov_is_held_to_its_rate_alone():
    found = [trace for _, trace in runs(nesterov)]
    mostly_held(verdicts(audit(trace, ["G5"]) for trace in found))
    rising = sum(bool(audit(t, ["descent"]).verdict is Verdict.VIOLATED) for t in found)
    assert rising > len(found) / 4, "the objective is not monotone, and G5 does not mind"


@pytest.mark.parametrize("inertia", INERTIAS)
@pytest.mark.parametrize("boxed", [False, True])
def test_blocks(inertia, boxed):
    rule, theorems = INERTIAS[inertia]
    problems = [Quadratic(seed, "strong", boxed) for seed in range(12)]
    found = runs(block_descent, problems, rule=rule)
    mostly_held(verdicts(audit(trace, theorems) for _, trace in found))


@pytest.mark.parametrize("family", ["factorisation", "dictionary", "deep_linear", "finite_sum"])
def test_blocks_of_multiconvex_problems(family):
    rule, theorems = INERTIAS["certified"]
    problems = [draw(family, seed) for seed in range(4)]
    found = runs(block_descent, problems, rule=rule)
    mostly_held(verdicts(audit(trace, theorems) for _, trace in found))


def test_parameters_outside_the_region():
    rule = Rule(p1=0.25, p2=0.75, p3=0.75)
    for seed in range(6):
        report = audit(block_descent(Quadratic(seed), 25, rule), ["T1", "T2"])
        assert report["T1"].verdict is not Verdict.VIOLATED
        assert report["T2"].verdict is Verdict.NOT_APPLICABLE
        assert "falls at e = " in report["T2"].reason


def accused(theorem: str, constant: str, wrong: float, share: float) -> float:
    """The share of runs in which a constant that is wrong by a factor is found out."""
    caught = 0
    for problem in PROBLEMS:
        eta = step_size(problem, share)
        modulus = float(problem.constants.L)
        true = {"L": modulus, "a": 1 / eta - modulus / 2}[constant]
        trace = gradient_descent(problem, 200, eta)
        finding = audit(trace, [theorem], {constant: wrong * true})[theorem]
        caught += finding.verdict is Verdict.VIOLATED
        if finding.verdict is Verdict.VIOLATED:
            assert finding.witness is not None
            assert finding.witness.margin < -finding.witness.bound
    return caught / len(PROBLEMS)


@pytest.mark.parametrize(("theorem", "constant", "wrong"), [("G1", "L", 0.9), ("H1", "a", 1.1)])
def test_a_constant_wrong_by_ten_per_cent_is_found_out(theorem, constant, wrong):
    assert accused(theorem, constant, wrong, share=1.9) == 1.0


def test_heavy_ball_wrong_by_ten_per_cent():
    """G4's L is found out where the run swings along the top eigenvector."""
    for problem in PROBLEMS:
        trace = heavy_ball(problem, 200, step_size(problem, 1.9), beta=0.0)
        report = audit(trace, ["G4"], {"L": 0.9 * float(problem.constants.L)})
        assert report.verdict is Verdict.VIOLATED


def test_a_modulus_recorded_ten_per_cent_too_large_claims_too_much():
    """A block of one coordinate has ΔF = −(L/2)e² without inertia: 1.1·L promises too much."""
    single = [p for p in PROBLEMS if len(p.blocks[0].index) == 1]
    assert len(single) >= 5
    for problem in single:
        trace = block_descent(problem, 25, Rule())
        factor = 1.1 if trace.blocks["step"][0] else 1.0
        blocks = {**trace.blocks, "modulus": trace.blocks["modulus"] * factor}
        finding = audit(Trace(trace.header, blocks, trace.sweeps), ["T1"])["T1"]
        assert (finding.verdict is Verdict.VIOLATED) == (factor != 1.0), finding.reason


def test_a_run_that_leaves_its_format_ends_there():
    """So much inertia diverges on every machine, until a modulus is no float any more."""
    rule = Rule(s=1.2, p1=2.0, p2=2.0, p3=0.3)
    trace = block_descent(draw("deep_linear", 64), 300, rule, "float32")
    assert 1 < len(trace.sweeps["sweep"]) < 301
    report = audit(trace, ["T1", "T2", "T3"])
    assert Verdict.VIOLATED not in {finding.verdict for finding in report.findings}
