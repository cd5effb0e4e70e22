"""Names of constants, calls to pass, and what a theorem asks of a run, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from amverify.errors import InvalidInput
from amverify.judge.constants import refuse_misspelt, refuse_unknown, unread
from amverify.judge.usable import Lacks, Probing, Use, _merged, uses
from amverify.numbers.balls import Ball
from amverify.theorems.base import (
    Conclusion,
    Context,
    Fact,
    Inequality,
    Instances,
    Missing,
    Parameter,
    Theorem,
    symbols,
)
from amverify.trace.trace import Trace
from amverify.verdict import Checked

x, y = symbols("x y")


def run(count: int, value: float) -> Trace:
    """Of values alone."""
    keys = {"sweep": np.arange(count), "replicate": np.zeros(count, dtype=np.int64)}
    own = {"value": np.full(count, value), "value_error": np.zeros(count)}
    return Trace({}, sweeps=keys | own)


def theorem(name: str, *parameters: str, **more: Any) -> Theorem:
    own = tuple(Parameter(p, "a number") for p in parameters)
    one = Instances({"x": Ball.of(1.0), "y": Ball.of(1.0)}, np.array([1]), np.array([0]))
    part = Conclusion(Inequality("order", x, y), more.pop("view", lambda ctx: one))
    words = {"x": "", "y": ""}
    return Theorem(name, "a title", "", "", "", words, (part,), parameters=own, liveness=(), **more)


def test_constants_that_nobody_has_are_refused_with_a_hint() -> None:
    claimed = [theorem("P", "modulus", "rate"), theorem("Q", "rate", "Floor")]
    refuse_unknown(["modulus", "Floor"], claimed)
    for name, hint in (
        ("Modulo", "did you mean 'modulus'?"),
        ("floor", "did you mean 'Floor'?"),
        ("zzz", "it has Floor, modulus, rate"),
    ):
        with pytest.raises(InvalidInput) as told:
            refuse_unknown(["rate", name], claimed)
        said = f"constant {name!r}: P, Q has no such constant to declare; {hint}"
        assert str(told.value) == said
    with pytest.raises(InvalidInput, match="there is none to declare"):
        refuse_unknown(["zzz"], [theorem("P")])


def test_a_run_s_constant_that_is_nearly_one_that_is_wanted_is_refused() -> None:
    claimed = [theorem("P", "lower_bound")]
    for name in ("lowerbound", "LOWER_BOUND", "lower_bounds", "lowerBound"):
        with pytest.raises(InvalidInput, match=f"{name}.*did you mean 'lower_bound'"):
            refuse_misspelt([name], [], claimed)
        refuse_misspelt([name, "lower_bound"], [], claimed)
        refuse_misspelt([name], ["lower_bound"], claimed)
    refuse_misspelt(["lower_bound", "lower", "L", "zzz"], [], claimed)


def test_what_no_theorem_reads_is_said() -> None:
    claimed = [theorem("P", "lower_bound")]
    assert unread(["L", "lower_bound"], claimed) == ()
    assert len(unread(["L", "lower_bound"], [])) == 1
    (said,) = unread(["lower_bond"], claimed)
    assert said == (
        "the run declares the constant 'lower_bond', which no theorem has; did you mean "
        "'lower_bound'?"
    )


def test_calls_of_one_function_are_one_call() -> None:
    calls = ["f(a=…)", "g(x)", "f(b=…)", "f(a=…)", "plain"]
    assert _merged(calls) == ["f(a=…, b=…)", "g(x)", "plain()"]
    assert _merged(["f(g(a))", "f(b)"]) == ["f(g(a), b)"]
    settings = ["r.trace(settings={a: 1})", "r.trace(L=…)", "r.trace(settings={b: 2})"]
    assert _merged(settings) == ["r.trace(L=…, settings={a: 1, b: 2})"]


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (Use("T", "t", "usable"), "usable"),
        (Use("T", "t", "never", why="no"), "not for this kind of run: no"),
        (Use("T", "t", "once", ("a", "b"), ("Recorder(x=…)",)),
         "usable once you pass recorder.trace(a=…, b=…), Recorder(x=…)"),
    ],
)  # fmt: skip
def test_a_use_says_what_to_pass(use: Use, says: str) -> None:
    assert (use.says, str(use)) == (says, f"T t: {says}")


def test_what_is_missing_is_noted_and_something_given_in_its_place() -> None:
    ctx = Probing(run(3, 2.0))
    assert ctx.column("sweeps", "value").tolist() == [2.0] * 3
    assert len(ctx.lacks) == 0
    assert ctx.column("sweeps", "gradient").tolist() == [0.0] * 3
    assert ctx.column("blocks", "kind").dtype == np.dtype("S4")
    assert ctx.column("blocks", "layer").dtype == np.int64
    assert ctx.known(Parameter("L", "a number")).value.mid == 1.0
    assert (ctx.lacks.constants, len(ctx.lacks.sources), len(ctx.lacks)) == (["L"], 3, 4)
    with pytest.raises(Missing):
        ctx.setting("widths")
    assert len(ctx.lacks) == 5
    assert len(Lacks()) == 0


def fact(holds: bool | None, *columns: str) -> Fact:
    def check(ctx: Context) -> Checked:
        try:
            for name in columns:
                ctx.column("sweeps", name)
        except Missing:
            return Checked("fact", "a fact", None)
        return Checked("fact", "a fact", holds)

    return Fact("fact", "a fact", check)


def fails(ctx: Context) -> Instances:
    ctx.column("sweeps", "gradient")
    raise ZeroDivisionError


CASES: dict[str, tuple[Theorem, str, str, tuple[str, ...]]] = {
    "all there": (theorem("P"), "usable", "", ()),
    "a fact that holds": (theorem("P", facts=(fact(True),)), "usable", "", ()),
    "a fact that fails": (theorem("P", facts=(fact(False),)), "never", "“a fact” fails", ()),
    "a fact of what is missing": (theorem("P", facts=(fact(False, "gradient"),)), "once", "", ()),
    "one of them fails": (
        theorem("P", facts=(fact(False, "gradient"), fact(False))), "never", "“a fact” fails", ()
    ),
    "a constant": (
        theorem("P", "rate", view=lambda ctx: theorem("Q").conclusions[0].view(
            ctx.given({**ctx.constants}) if ctx.known(Parameter("rate", "r")) else ctx)),
        "once", "", ("rate",),
    ),
    "a view that fails for a lack": (theorem("P", view=fails), "once", "", ()),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_a_theorem_asks_for(case: str) -> None:
    claimed, status, why, constants = CASES[case]
    (use,) = uses(run(3, 2.0), among=[claimed])
    assert (use.status, use.why, use.constants) == (status, why, constants)


def test_a_fault_of_a_view_or_a_fact_is_no_lack() -> None:
    def divide(ctx: Context) -> Any:
        raise ZeroDivisionError

    broken = Fact("fact", "a fact", divide)
    for claimed in (theorem("P", view=divide), theorem("P", facts=(broken,))):
        with pytest.raises(ZeroDivisionError):
            uses(run(3, 2.0), among=[claimed])
