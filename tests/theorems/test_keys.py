"""Rows matched by several columns, each beside a dictionary that does the same row by row."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from amverify.judge.sides import CHUNK, over
from amverify.numbers.balls import Ball
from amverify.theorems.base import Context, Fact, Instances
from amverify.theorems.relative import _ordered
from amverify.theorems.views.keys import codes, matched, numbered
from amverify.trace.trace import Trace
from amverify.verdict import Checked

WIDE = (1 << 40, 1 << 41, 1 << 62)


def columns(seed: int, rows: int, scale: int = 1) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.integers(-2, 3, rows) * scale for _ in range(3)]


@pytest.mark.parametrize("scale", [1, *WIDE[:2]])
@pytest.mark.parametrize("rows", [0, 1, 40])
def test_codes_are_ordered_as_the_rows_are(rows, scale):
    keys = columns(1, rows, scale)
    found = codes(keys).tolist()
    whole = list(zip(*(key.tolist() for key in keys), strict=True))
    for i in range(rows):
        for j in range(rows):
            assert (found[i] < found[j]) == (whole[i] < whole[j])


@pytest.mark.parametrize("scale", [1, WIDE[1]])
@pytest.mark.parametrize("sizes", [(0, 5), (5, 0), (30, 50), (50, 30)])
def test_matches_are_those_of_a_dictionary(sizes, scale):
    mine, theirs = columns(2, sizes[0], scale), columns(3, sizes[1], scale)
    place = {k: i for i, k in enumerate(zip(*(c.tolist() for c in theirs), strict=True))}
    keys = list(zip(*(c.tolist() for c in mine), strict=True))
    slow = [(i, place[key]) for i, key in enumerate(keys) if key in place]
    rows, at = matched(mine, theirs)
    assert list(zip(rows.tolist(), at.tolist(), strict=True)) == slow


def blocks(seed: int, rows: int = 60) -> Trace:
    rng = np.random.default_rng(seed)
    table = {
        "sweep": rng.integers(1, 3 + 20 * (seed % 2), rows),
        "replicate": rng.integers(0, 2, rows),
        "kind": rng.choice(np.array([b"z", b"a", b"W", b"#"], dtype="S4"), rows),
        "layer": rng.integers(1, 3, rows),
    }
    return Trace({"subject": "rows"}, table, {}, {})


def test_blocks_are_numbered_as_their_names_are_sorted():
    table = blocks(0).table("blocks")
    row_names = [
        (k.decode(), n) for k, n in zip(table["kind"], table["layer"].tolist(), strict=True)
    ]
    number, names = numbered(Context(blocks(0)))
    assert names == sorted(set(row_names))
    assert [names[i] for i in number] == row_names


def slowly(trace: Trace) -> tuple[bool, str]:
    """Whether every a_l is updated after z_l, by a dictionary of the rows."""
    table = trace.table("blocks")
    keys = list(zip(*(table[n].tolist() for n in ("sweep", "replicate", "layer")), strict=True))
    z, a = (
        {key: i for i, key in enumerate(keys) if table["kind"][i] == kind} for kind in (b"z", b"a")
    )
    for key, row in a.items():
        if key not in z or z[key] > row:
            return False, f"sweep {key[0]}: a_{key[2]} is not updated after z_{key[2]}"
    return True, f"{len(a)} updates of a seen"


def test_the_order_of_updates_is_said_as_row_by_row():
    found = [slowly(blocks(seed, rows)) for seed in range(40) for rows in (3, 12, 60)]
    fast = [_ordered(Context(blocks(seed, rows))) for seed in range(40) for rows in (3, 12, 60)]
    assert fast == found
    assert {met for met, _ in found} == {True, False}


def test_what_is_made_once_sees_no_constants_and_facts_are_not_shared_between_constants():
    ctx = Context(blocks(0))
    assert ctx.given({"mu": 1.0}).once(lambda c: dict(c.constants)) == {}
    fact = Fact("mu", "", lambda c: Checked("mu", str(c.constants.get("mu")), True, ""))
    said = [ctx.given(c).checked(fact).text for c in ({}, {"mu": 1.0}, {"mu": 2.0}, {})]
    assert said == ["None", "1.0", "2.0", "None"]


def test_formulas_over_chunks_are_those_of_each_row():
    count = CHUNK + 3
    x = Ball(np.linspace(-1, 2, count), np.full(count, 1e-9))
    values = {"x": x, "c": Ball.of(0.3, 0.01)}
    rows = np.zeros(count, dtype=np.int64)
    whole = Instances(values, rows, rows)
    a, c = sp.symbols("x c")
    formulas = (a**2 * c - a, c + 1, sp.Integer(2))
    together = over(whole, *formulas)
    for row in (0, 7, CHUNK - 1, CHUNK, count - 1):
        for formula, ball in zip(formulas, together, strict=True):
            (alone,) = over(whole.only(row), formula)
            assert (ball.mid[row], ball.rad[row]) == (alone.mid[0], alone.rad[0])
