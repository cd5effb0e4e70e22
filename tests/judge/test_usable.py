"""Which theorems a run can be judged by is what the audit itself then says, and names arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from amverify.claims import claim
from amverify.command.usable import usable
from amverify.errors import InvalidInput
from amverify.families import draw
from amverify.families.loops import sums as sum_loops
from amverify.families.loops.blocks import Rule, block_descent
from amverify.families.loops.gradient import nesterov
from amverify.families.loops.scaled import scaled_descent
from amverify.judge.audit import audit
from amverify.judge.usable import Use, uses
from amverify.methods.joint import JointTIAM
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band, Coupling, Penalty
from amverify.network.initial import gaussian
from amverify.network.layered import LayeredProblem
from amverify.record.layered.run import traced
from amverify.record.recorder import Recorder
from amverify.theorems import CATALOGUE
from amverify.trace.columns import COLUMNS, KEYS
from amverify.trace.sources import source
from amverify.trace.trace import Trace
from amverify.verdict import Finding, Report, Verdict

COLUMN = re.compile(r"\bcolumn\b|\b(sweeps|blocks|measures|replays)\.[a-z]")
LACK = re.compile(r"(?:lacks|not recorded:) (?!nothing was)(.*)")
CALL = re.compile(r"\w\(.*\)|--constant")


def attached(**settings: float) -> Trace:
    d = torch.linspace(1, 10, 5, dtype=torch.float64)
    x = torch.ones(5, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], **settings)
    recorder = Recorder.attach(optimizer, lambda: 0.5 * (d * x * x).sum())
    for _ in range(8):
        optimizer.zero_grad()
        (0.5 * (d * x * x).sum()).backward()
        optimizer.step()
    return recorder.trace()


def by_hand() -> Trace:
    recorder, x = Recorder(), np.ones(3)
    for _ in range(6):
        recorder.step(x, float(x @ x))
        x = 0.5 * x
    return recorder.trace()


def layered(method: TIAM | JointTIAM, coupling: Coupling) -> Trace:
    x, y = torch.eye(4, 3, dtype=torch.float64), torch.tensor([0, 1, 0, 1])
    problem = LayeredProblem(x, y, (3, 2, 2), 1e-2, 0.05, coupling)
    return traced(method, problem, gaussian(problem.widths, seed=0), 4)


def bare(trace: Trace) -> Trace:
    """A trace without the bounds on its errors."""
    tables = {
        name: {c: v for c, v in trace.table(name).items() if not c.endswith("_error")}
        for name in KEYS
    }
    return replace(trace, **tables)  # type: ignore[arg-type]


KINDS = {
    "gradient descent": lambda: attached(lr=0.1),
    "momentum": lambda: attached(lr=0.01, momentum=0.9),
    "by hand": by_hand,
    "reference": lambda: nesterov(draw("quadratic", 3), 8),
    "blocks": lambda: block_descent(draw("factorisation", 2), 4, Rule(p1=0.1)),
    "scaled": lambda: scaled_descent(draw("quadratic", 1), 4),
    "band": lambda: layered(TIAM(), Band(0.1)),
    "penalty": lambda: layered(TIAM(), Penalty(1.0)),
    "joint": lambda: layered(JointTIAM(), Band(0.1)),
    "sum": lambda: sum_loops.same_batch(scale=0.5),
}


@cache
def run(kind: str) -> Trace:
    name, _, without = kind.partition(", ")
    trace = KINDS[name]()
    return bare(trace) if without else trace


DESCENT = ("A1", "M3")
"""Claims on inertia that say no more than descent of a run without blocks."""


@cache
def found(kind: str) -> tuple[Use, ...]:
    return uses(run(kind))


@cache
def report(kind: str) -> Report:
    return audit(run(kind), list(CATALOGUE))


EACH = pytest.mark.parametrize("kind", [*KINDS, *(f"{name}, no bounds" for name in KINDS)])


def said(finding: Finding) -> Iterator[str]:
    yield finding.reason
    yield from (checked.detail for checked in finding.hypotheses)


@EACH
def test_no_message_names_a_column_and_each_lack_names_an_argument(kind):
    for finding in report(kind).findings:
        for text in said(finding):
            assert not COLUMN.search(text), (finding.theorem, text)
            for lack in LACK.findall(text):
                assert CALL.search(lack), (finding.theorem, text)


@EACH
def test_it_says_what_the_audit_says(kind):
    for use in found(kind):
        finding = report(kind)[use.name]
        missing = LACK.search(finding.reason) is not None
        if use.status == "usable":
            assert not missing, (use, finding.reason)
        if use.status == "once":
            assert missing or finding.verdict is Verdict.NOT_APPLICABLE, (use, finding.reason)
        if use.status == "never" and use.name not in DESCENT:
            assert finding.verdict not in (Verdict.HOLDS, Verdict.VIOLATED), use


@EACH
def test_the_constants_that_it_names_are_those_that_were_missing(kind):
    trace = run(kind)
    for use in found(kind):
        if use.status == "once" and not use.arguments:
            given = dict.fromkeys(use.constants, 1.0)
            reason = audit(trace, use.name, given)[use.name].reason
            assert "lacks" not in reason, (use, reason)
            assert uses(trace, given, [CATALOGUE[use.name]])[0].status != "once"


def test_what_a_stranger_can_use():
    found = usable(run("momentum"))
    assert found.usable == ("descent",)
    assert found["G4"].says == "usable once you pass recorder.trace(L=…)"
    assert found["G1"].says == "not for this kind of run: “β = 0: the step is e = −η∇f” fails"
    assert found["TM"].says == "not for this kind of run: it speaks of JointTIAM's blocks"
    assert "usable once" in str(found)
    assert "JointTIAM" in found._repr_html_()
    by_hand = usable(run("by hand"))["G1"].says
    wanted = "Recorder(value_error=…, eta=…, gradient_error=…), recorder.step(x, value, gradient)"
    assert by_hand == f"usable once you pass recorder.trace(L=…), {wanted}"


def test_quantities_of_claims_and_what_they_ask_for():
    found = usable(run("by hand"))
    assert found["step2"].status == "usable"
    assert found["eta"].says == "usable once you pass Recorder(eta=…)"
    for use in found.quantities:
        finding = audit(run("by hand"), claim(f"{use.name}[k] >= 0"))
        assert ("lacks" in finding.findings[0].reason) == (use.status != "usable"), use
    recorder = Recorder()
    recorder.track("dist2", lambda x: (x * x).sum(), error=0.0)
    recorder.step(np.ones(2), 1.0)
    assert usable(recorder.trace())["dist2"].status == "usable"


def test_every_column_and_setting_has_a_source():
    for table, columns in COLUMNS.items():
        for name in columns:
            assert CALL.search(source(table, name).argument), (table, name)
    assert CALL.search(source("settings", "anything").argument)


def test_an_exponent_of_one_is_none_of_the_theorem_s():
    given = dict.fromkeys(("a", "b", "theta", "c", "fstar"), 1.0) | {"fstar": 0.0}
    for name in ("T5", "T6", "K2"):
        own = {n: given[n] for n in CATALOGUE[name].declarable if n in given}
        finding = audit(run("gradient descent"), name, own)[name]
        assert finding.verdict is Verdict.NOT_APPLICABLE, finding.reason
        assert "θ < 1" in " ".join(h.name for h in finding.hypotheses if h.holds is False)


def test_what_is_no_trace_is_said():
    with pytest.raises(InvalidInput, match=r"recorder\.trace\(\)"):
        usable("run.trace")  # type: ignore[arg-type]
