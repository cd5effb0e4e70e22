"""Traces that lack a sweep, a table, a column or a setting: never a fault, and never an accusation.

What is missing is said or not needed; it breaks no theorem that the whole trace keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from support.long import few

from amverify.families import draw
from amverify.families.loops import sums as sum_loops
from amverify.families.loops.blocks import Rule, block_descent
from amverify.families.loops.gradient import nesterov
from amverify.judge.audit import audit
from amverify.methods.joint import JointTIAM
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band, Coupling, Penalty
from amverify.network.initial import gaussian
from amverify.network.layered import LayeredProblem
from amverify.record.layered.run import traced
from amverify.theorems import CATALOGUE
from amverify.trace.columns import KEYS
from amverify.trace.trace import Trace
from amverify.verdict import Verdict

DECLARED = {"L": 10.0, "mu": 0.1, "a": 1e-3, "b": 50.0, "c": 1e4, "theta": 0.5, "fstar": 0.0}


def layered(method: TIAM | JointTIAM, coupling: Coupling) -> Trace:
    x, y = torch.eye(4, 3, dtype=torch.float64), torch.tensor([0, 1, 0, 1])
    problem = LayeredProblem(x, y, (3, 2, 2), 1e-2, 0.05, coupling)
    return traced(method, problem, gaussian(problem.widths, seed=0), 4, measure_every=1)


KINDS: Mapping[str, Callable[[], Trace]] = {
    "joint": lambda: layered(JointTIAM(), Band(0.1)),
    "penalty": lambda: layered(TIAM(), Penalty(1.0)),
    "band": lambda: layered(TIAM(), Band(0.1)),
    "blocks": lambda: block_descent(draw("factorisation", 2), 4, Rule(p1=0.1)),
    "gradient": lambda: nesterov(draw("quadratic", 3), 6),
    "sum": lambda: sum_loops.same_batch(scale=0.5),
}


def verdicts(trace: Trace) -> dict[str, Verdict]:
    """Of every theorem, with constants for those that ask for some."""
    wanted = {p.name for one in CATALOGUE.values() for p in one.parameters}
    given = {n: v for n, v in DECLARED.items() if n in wanted and n not in trace.constants}
    return {f.theorem: f.verdict for f in audit(trace, list(CATALOGUE), given).findings}


@cache
def whole(kind: str) -> tuple[Trace, Mapping[str, Verdict]]:
    trace = KINDS[kind]()
    return trace, verdicts(trace)


def rows(trace: Trace, table: str, kept: object) -> Trace:
    """The trace with some rows of a table."""
    return replace(trace, **{table: {n: c[kept] for n, c in trace.table(table).items()}})  # type: ignore[arg-type]


def without(trace: Trace, table: str, column: str) -> Trace:
    left = {n: c for n, c in trace.table(table).items() if n != column}
    return replace(trace, **{table: left})  # type: ignore[arg-type]


TORN: Mapping[str, Callable[[Trace], Trace]] = {
    "a sweep": lambda t: rows(t, "sweeps", t.sweeps["sweep"] != 2),
    "the start": lambda t: rows(t, "sweeps", slice(1, None)),
    "all sweeps but one": lambda t: rows(t, "sweeps", slice(0, 1)),
    "all measurements": lambda t: rows(t, "measures", slice(0, 0)),
    "all blocks but one": lambda t: rows(t, "blocks", slice(0, 1)),
    "all blocks": lambda t: rows(t, "blocks", slice(0, 0)),
    "lengths of steps": lambda t: without(t, "blocks", "step"),
}


ODD: Mapping[str, tuple[str, object]] = {
    "no widths": ("widths", []),
    "too many widths": ("widths", [3, 2, 2, 2]),
    "one weight of inertia": ("inertia", [0.1]),
    "a ridge below every normal number": ("mu_bias", 1e-320),
    "h as steep as doubles go": ("activation_lipschitz", 1e308),
    "no penalty": ("nu", 0.0),
    "layers that are not there": ("layers", 99),
}
"""Settings that a header may have, and that no run of ours has."""


def kept(kind: str, torn: Trace) -> None:
    """No theorem is accused that the whole trace does not accuse."""
    _, before = whole(kind)
    accused = {n for n, v in verdicts(torn).items() if v is Verdict.VIOLATED}
    assert accused <= {n for n, v in before.items() if v is Verdict.VIOLATED}


@pytest.mark.parametrize("lost", TORN)
@pytest.mark.parametrize("kind", few(KINDS, keep=3))
def test_a_trace_that_lacks(kind: str, lost: str) -> None:
    kept(kind, TORN[lost](whole(kind)[0]))


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("kind", ["joint", "penalty"])
def test_settings_that_no_run_has(kind: str, name: str) -> None:
    trace, (setting, value) = whole(kind)[0], ODD[name]
    settings = {**trace.settings, setting: value}
    kept(kind, replace(trace, header={**trace.header, "settings": settings}))


def each(trace: Trace) -> Iterator[Trace]:
    """Without one column, or one setting."""
    for table in KEYS:
        for column in set(trace.table(table)) - set(KEYS[table]):
            yield without(trace, table, column)
    for name in trace.settings:
        settings = {n: v for n, v in trace.settings.items() if n != name}
        yield replace(trace, header={**trace.header, "settings": settings})


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_any_column_and_any_setting_may_be_missing(kind: str) -> None:
    for torn in each(whole(kind)[0]):
        kept(kind, torn)


def test_a_missing_sweep_is_named() -> None:
    """Whoever reads it can tell which row the file lost, and how to get one."""
    finding = audit(TORN["a sweep"](whole("joint")[0]), ["TR"], {})["TR"]
    said = [checked.detail for checked in finding.hypotheses]
    lack = "not recorded: sweep 2 among the sweeps: amverify.traced(…), every sweep of it"
    assert lack in said, said


def test_inertia_that_was_not_recorded_is_not_called_zero() -> None:
    trace = without(without(whole("blocks")[0], "blocks", "p1"), "blocks", "p2")
    finding = audit(trace, ["A1"], {})["A1"]
    assert "identically 0" not in finding.reason
    assert np.any(trace.blocks["inertia"] > 0)
