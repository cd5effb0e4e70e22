"""The objects around theorems: vectors, constants, searches, refusals; small ones made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy as sp

from amverify.errors import InvalidInput
from amverify.numbers.balls import Ball
from amverify.theorems import CATALOGUE
from amverify.theorems.base import (
    VIOLATION,
    Conclusion,
    Context,
    Fact,
    Hypothesis,
    Inequality,
    Instances,
    Missing,
    Parameter,
    Theorem,
    symbols,
)
from amverify.theorems.catalogue import theorem, theorems
from amverify.theorems.instances import Blocks
from amverify.theorems.properties import ORIGIN, Vector, entry, gradient, legible, length, vector
from amverify.theorems.search import about, offered
from amverify.trace.trace import Trace
from amverify.verdict import Checked

x, y = symbols("x y")
E, D = vector("e"), vector("d")


def made(name: str = "T", **facts: Any) -> Theorem:
    """A theorem of one conclusion x ≤ y."""
    part = Conclusion(Inequality("falls", x, y), lambda ctx: Instances({}, *[np.zeros(0, int)] * 2))
    given = {"id": name, "title": "a title", "statement": "x ≤ y", "latex": "x", "source": "here"}
    given |= {"symbols": {"x": "one", "y": "other"}, "conclusions": (part,)}
    return Theorem(**(given | facts))


def context(**header: Any) -> Context:
    return Context(Trace({"subject": "by hand", **header}))


def test_vectors_add_up_and_name_themselves() -> None:
    assert str(2 * E + D) == "d+(2)·e"
    assert str(E - E) == str(ORIGIN) == str(0 * E) == "0"
    assert (E + D) - D == E
    assert -E + E == ORIGIN
    assert x * E + y * E == (x + y) * E
    assert entry(E) == sp.Symbol("e_j", real=True)
    assert length(E) == sp.Symbol("norm_of_e", real=True)
    assert length(2 * E) != length(E)
    assert str(gradient("F", E)) == "∇F[e]"
    for other in (2 * E, E + D, ORIGIN):
        with pytest.raises(ValueError, match="no named vector"):
            entry(other)


@pytest.mark.parametrize(
    "parts",
    [
        (("e", 1), ("d", 1)),
        (("e", 1), ("e", 1)),
        (("e+d", 1),),
        (("∇F[(e]", 1),),
        (("∇F[e)]", 1),),
        (("∇F[([e)]]", 1),),
        (("", 1),),
        (("e", 0),),
        (("e", sp.Symbol("a+b")),),
    ],
    ids=str,
)
def test_vectors_that_would_be_read_as_others_are_refused(parts: Any) -> None:
    with pytest.raises(ValueError, match=r"no names of vectors|coefficient that is 0"):
        Vector(tuple((n, sp.sympify(c)) for n, c in parts))


def test_brackets_closed_in_order_are_a_name() -> None:
    assert str(vector("∇F[(2)·e]")) == "∇F[(2)·e]"
    assert legible(x + y)
    assert not legible(x + sp.Symbol("2a"))


def test_words_are_found_in_ids_then_titles_then_the_rest() -> None:
    one = made("rate", title="alpha")
    two = made("T2", title="linear rates")
    three = made("T3", title="alpha", statement="a rate of Łojasiewicz")
    four = made("T4", title="beta", parameters=(Parameter("c", "curvature of a valley"),))
    five = made("T5", title="beta", facts=(Fact("n", "ridges are kept", _true),))
    six = made("T6", title="beta", hypotheses=(Hypothesis("h", "distance is felt"),))
    every = (six, five, four, three, two, one)
    assert about(["rate"], every) == (one, two, three)
    assert about(["rate", "alpha"], every) == (one, three)
    assert about(["lojasiewicz"], every) == about(["ŁOJA"], every) == (three,)
    assert about(["valley"], every) == (four,)
    assert about(["ridges"], every) == (five,)
    assert about(["felt"], every) == (six,)
    assert about(["distances"], every) == (six,)
    assert about(["an"], every) == about([], every) == about(["valley", "ridges"], every) == ()
    assert about(["one"], every) == every
    # a word of three letters begins no other; "here" has four
    assert about(["onerous"], every) == ()
    assert about(["hereby"], every) == every


def test_what_is_offered_for_an_id_that_is_none() -> None:
    assert [t.id for t in offered("t1P", CATALOGUE)] == ["T1p"]
    assert [t.id for t in offered("g3", CATALOGUE)] == ["G3"]
    few = {n: made(n, title=title) for n, title in (("aa", "valley"), ("ab", "ridge"), ("zz", "q"))}
    assert [t.id for t in offered("vallei", few)] == ["aa"]
    assert [t.id for t in offered("ac", few)] == ["ab", "aa"]
    assert offered("55555", few) == ()
    assert len(offered("title", {str(i): made(str(i)) for i in range(9)})) == 4


def _true(ctx: Context) -> Checked:
    return Checked("n", "ridges are kept", True, "")


def test_theorems_by_name_and_what_is_none() -> None:
    assert theorem("T1") is CATALOGUE["T1"]
    assert theorems("T1") == (CATALOGUE["T1"],)
    mine = made()
    assert theorems(mine) == (mine,)
    assert theorems(["G1", mine]) == (CATALOGUE["G1"], mine)
    for sign in ("a < b", "a > b", "a == b"):
        with pytest.raises(InvalidInput, match=r"a claim as text is amv\.claim"):
            theorem(sign)
    with pytest.raises(InvalidInput, match=r"unknown theorem 'T1q'; nearest: .* \(all: T1, "):
        theorem("T1q")
    with pytest.raises(InvalidInput, match="expected theorems or their ids, got int"):
        theorems([mine, 3])  # type: ignore[list-item]
    with pytest.raises(InvalidInput, match="no theorem named"):
        theorems([])


def test_symbols_without_a_meaning_are_refused_wherever_they_stand() -> None:
    (part,) = made().conclusions
    z = symbols("z")[0]
    assert made(
        conclusions=(replace(part, conditions=(Inequality("c", x, y, costs=(VIOLATION,)),)),)
    )
    for other in (
        replace(part, inequality=Inequality("falls", x, z)),
        replace(part, inequality=Inequality("falls", z, y)),
        replace(part, conditions=(Inequality("c", x, z),)),
        replace(part, conditions=(Inequality("c", x, y, costs=(x, VIOLATION * z)),)),
    ):
        with pytest.raises(ValueError, match=r"T: symbols without a meaning: \{'z'\}"):
            made(conclusions=(other,))
    with pytest.raises(ValueError, match="T: terms of no symbol"):
        made(terms={"z": E})
    with pytest.raises(ValueError, match=r"T: nothing is named \{'m'\}"):
        made(hypotheses=(Hypothesis("h", "said", monitored=("m",)),))
    fact = Fact("m", "kept", _true)
    found = made(facts=(fact,), hypotheses=(Hypothesis("h", "said", monitored=("m",)),))
    assert found.unmonitored == ()


def test_cases_and_what_may_be_declared() -> None:
    boxed = Hypothesis("a", "in a box", case="box")
    only = Hypothesis("b", "elsewhere", only=("other",), case="none")
    plain = Hypothesis("c", "always")
    one = made(
        hypotheses=(boxed, only, plain),
        parameters=(Parameter("p", "a number"), Parameter("q", "given", value=2.0)),
        options=("o",),
    )
    (part,) = one.conclusions
    assert one.cases(part) == {"box"}
    assert [h.of(part) for h in one.hypotheses] == [True, False, True]
    assert one.unmonitored == one.hypotheses
    assert one.declarable == ("p", "o")
    assert (repr(one), str(one)) == ("<Theorem T: a title>", "T a title: x ≤ y")
    page = one._repr_html_()
    for said in ("x ≤ y", "here", "x &lt;= y", "in a box", "declare p", "a number", "a title"):
        assert said in page
    assert str(Inequality("falls", x, y, strict=True)) == "x < y"
    assert symbols("x") == (x,)


@pytest.mark.parametrize(
    ("sign", "value", "error", "answer"),
    [
        ("positive", 1.0, 0.5, "known"),
        ("positive", 1.0, 1.0, "missing"),
        ("positive", 1.0, 2.0, "missing"),
        ("positive", 0.0, 0.0, "refused"),
        ("positive", -1.0, 0.0, "refused"),
        ("nonnegative", 0.0, 0.0, "known"),
        ("nonnegative", 1.0, 1.0, "known"),
        ("nonnegative", 1.0, 1.5, "missing"),
        ("nonnegative", -1.0, 0.0, "refused"),
        ("any", -1.0, 5.0, "known"),
        ("any", 1.0, -1.0, "refused"),
        ("any", float("inf"), 0.0, "refused"),
        ("any", 1.0, float("nan"), "refused"),
    ],
)
def test_a_constant_has_its_sign_or_is_open(
    sign: Any, value: float, error: float, answer: str
) -> None:
    ctx, one = context(), Parameter("c", "a number", sign)
    ctx = ctx.given({"c": {"value": value, "error": error, "origin": "measured"}})
    if answer == "known":
        found = ctx.known(one)
        assert (float(found.value.mid), float(found.value.rad)) == (value, error)
        assert found.origin == "measured"
    elif answer == "missing":
        with pytest.raises(Missing, match="its sign is open"):
            ctx.known(one)
    else:
        with pytest.raises(InvalidInput, match=f"a number is to be finite, {sign}"):
            ctx.known(one)


def test_whose_constant_counts() -> None:
    one = Parameter("c", "a number")
    ctx = context(constants={"c": 3.0})
    assert float(ctx.known(one).value.mid) == 3.0
    assert ctx.known(one).origin == "declared"
    assert float(ctx.given({"c": 2.0}).known(one).value.mid) == 2.0
    assert float(ctx.given({"c": 2.0}).known(replace(one, value=5.0)).value.mid) == 5.0
    with pytest.raises(Missing, match=r"constant c \(a number\).*--constant c="):
        context().known(one)
    with pytest.raises(InvalidInput, match="unknown origin 'guessed'"):
        ctx.given({"c": {"value": 1.0, "origin": "guessed"}}).known(one)
    assert context(settings={"k": 2}).setting("k") == 2
    with pytest.raises(Missing, match="setting k"):
        context().setting("k")


def test_facts_are_looked_at_once_and_not_shared_between_constants() -> None:
    looked = []
    fact = Fact("n", "t", lambda ctx: looked.append(dict(ctx.constants)) or _true(ctx))  # type: ignore[func-returns-value]
    ctx = context()
    for other in (ctx, ctx.given({}), ctx.given({"c": 1.0}), ctx.given({"c": 1.0}).given({})):
        other.checked(fact)
        other.checked(fact)
    assert looked == [{}, {"c": 1.0}, {}]
    one = ctx.given({"c": 2.0})
    assert one.checked(fact)
    assert one.given({}).checked(fact)
    assert looked[3:] == [{"c": 2.0}, {}]
    assert ctx.given({"c": 1.0}).once(lambda c: dict(c.constants)) == {}


def test_columns_that_are_lacking_or_have_no_rows() -> None:
    keys = {"sweep": np.arange(2), "replicate": np.zeros(2, dtype=np.int64)}
    ctx = Context(Trace({"subject": "s"}, sweeps={**keys, "value": np.ones(2)}))
    assert ctx.number("sweeps", "value").rad.tolist() == [0.0, 0.0]
    for table, name in (("sweeps", "gradient"), ("blocks", "step"), ("measures", "gap")):
        with pytest.raises(Missing):
            ctx.column(table, name)
    with pytest.raises(Missing):
        ctx.ball("sweeps", "value")


def test_instances_name_their_blocks() -> None:
    kinds, layers = np.array([b"W", b"b"]), np.array([2, 1])
    blocks = Blocks(kinds, layers, {(b"b", 1): "bias"})
    found = Instances(
        {"x": Ball.of(np.array([3.0, 4.0]))}, np.array([5, 6]), np.array([0, 1]), blocks
    )
    assert [found.block(i) for i in (0, 1)] == ["W_2", "bias"]
    one = found.only(1)
    assert (len(found), len(one), one.block(0)) == (2, 1, "")
    assert (one.values["x"].mid.tolist(), one.sweep.tolist(), one.replicate.tolist()) == (
        [4],
        [6],
        [1],
    )
    same = Blocks(np.array([b"W", b"W", b"Wx"]), np.array([2, 2, 2]))
    assert len(set(same.codes.tolist())) == 2
    assert len(set(blocks.codes.tolist()) | set(same.codes.tolist())) == 3
