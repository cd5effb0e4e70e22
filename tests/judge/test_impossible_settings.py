"""A header that says what no run can have accuses nobody, and confirms nothing.

Which settings a theorem reads is noted while it is judged, so that one that is read tomorrow is
asked for its domain.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest
from support.long import few

from amverify.errors import InvalidInput
from amverify.judge.audit import audit, judge
from amverify.judge.usable import uses
from amverify.theorems import CATALOGUE
from amverify.theorems.base import Context
from amverify.theorems.domains import AT_LEAST, outside
from amverify.trace.trace import Trace
from amverify.verdict import Verdict
from tests.judge.test_torn_traces import KINDS, whole

KINDS_OF_RUN = few(list(KINDS), keep=6)


@dataclass(frozen=True)
class Noting(Context):
    """A context that notes which settings are read."""

    read: set[str] = field(default_factory=set, compare=False)

    def setting(self, name: str) -> Any:
        """A setting of the run, noted."""
        self.read.add(name)
        return super().setting(name)


def told(trace: Trace, name: str, value: Any) -> Trace:
    """The trace with another setting."""
    settings = {**trace.settings, name: value}
    return replace(trace, header={**trace.header, "settings": settings})


@cache
def readers(kind: str) -> Mapping[str, frozenset[str]]:
    """Which settings of a run each theorem reads."""
    trace, found = whole(kind)[0], {}
    for theorem in CATALOGUE.values():
        ctx = Noting(trace)
        judge(ctx, theorem)
        found[theorem.id] = frozenset(ctx.read & set(trace.settings))
    return found


def numeric(value: Any) -> bool:
    """Whether a setting is a number, or holds nothing but numbers."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return bool(value) and all(numeric(x) for x in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def wrong(value: Any, number: float) -> Any:
    """A setting of the same form with one number in each place."""
    if isinstance(value, Mapping):
        return dict.fromkeys(value, number)
    return [number] * len(value) if isinstance(value, list | tuple) else number


def lies(kind: str) -> Iterator[tuple[str, Any]]:
    """Each numeric setting that some theorem reads, with what it cannot be."""
    settings = whole(kind)[0].settings
    for name in sorted(frozenset().union(*readers(kind).values())):
        for number in (-1e3, math.nan):
            value = wrong(settings[name], number)
            if numeric(settings[name]) and outside(name, value):
                yield name, value


@pytest.mark.parametrize("kind", KINDS_OF_RUN)
def test_every_number_that_a_theorem_reads_has_a_domain(kind: str) -> None:
    settings = whole(kind)[0].settings
    read = frozenset().union(*readers(kind).values())
    assert {name for name in read if numeric(settings[name])} <= set(AT_LEAST)
    assert not [said for name in read if (said := outside(name, settings[name]))]


@pytest.mark.parametrize("kind", KINDS_OF_RUN)
def test_a_setting_outside_its_domain_decides_nothing(kind: str) -> None:
    trace = whole(kind)[0]
    for name, value in lies(kind):
        false = told(trace, name, value)
        asked = [n for n, read in readers(kind).items() if name in read]
        for finding in (judge(Context(false), CATALOGUE[n]) for n in asked):
            who = f"{finding.theorem}, {name} = {value}"
            assert finding.verdict not in (Verdict.VIOLATED, Verdict.HOLDS), who


def test_what_is_said_of_it() -> None:
    false = told(whole("penalty")[0], "rho", -1.0)
    finding = audit(false, "M4")["M4"]
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert "setting rho = -1.0, which is to be positive" in finding.reason
    (use,) = uses(false, among=[CATALOGUE["T4"]])
    assert use.status != "usable"


@pytest.mark.parametrize("theorem", [n for n, t in CATALOGUE.items() if t.parameters])
def test_a_runs_constant_of_the_wrong_sign_is_refused(theorem: str) -> None:
    trace = whole("gradient")[0]
    for parameter in CATALOGUE[theorem].parameters:
        for value in (math.nan, *((-1.0,) if parameter.sign != "any" else ())):
            header = {**trace.header, "constants": {parameter.name: value}}
            with pytest.raises(InvalidInput, match=rf"constant {parameter.name} = "):
                audit(replace(trace, header=header), theorem)


@pytest.mark.parametrize(
    ("name", "value", "fine"),
    [
        ("rho", 0.0, False),
        ("mu", 0.0, True),
        ("mu", -1e-300, False),
        ("layers", 0, False),
        ("widths", [3, 0], False),
        ("start_norm", {"x": 1.0, "W_1": -1.0}, False),
        ("activation_lipschitz", math.inf, True),
        ("loss_infimum", -math.inf, True),
        ("loss_infimum", math.nan, False),
        ("inertia", [-0.5, 0.5, 0.0], True),
        ("inertia", [math.inf, 0.5, 0.0], False),
        ("rho", "many", False),
        ("rho", None, False),
        ("rho", [], False),
        ("rho", [1.0], False),
        ("widths", [], True),
        ("family", -1, True),
    ],
)
def test_domains(name: str, value: Any, fine: bool) -> None:
    assert (outside(name, value) == "") is fine
