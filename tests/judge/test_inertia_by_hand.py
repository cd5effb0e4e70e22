"""Which rows of a trace show that p1 and p2 do nothing, on blocks written down by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from amverify.judge.liveness import (
    _blocks,
    _curvature,
    _extrapolated,
    _felt,
    _inertialess,
    _motionless,
    _names,
    _open,
    _unfelt,
    cancelled,
    lifeless,
)
from amverify.theorems import CATALOGUE
from amverify.theorems.base import Context
from amverify.trace.trace import Trace

L, P2, S = 3.0, 0.5, 1.25
P1 = P2 / S
STEP, DELTA = np.array([0.75, -0.5]), np.array([0.5, 1.0])
NEAR = STEP - P2 * DELTA
EXACT = L * float(NEAR @ NEAR)
COLUMNS = {
    "p1": P1,
    "p2": P2,
    "s": S,
    "modulus": L,
    "step": float(STEP @ STEP),
    "cross": float(STEP @ DELTA),
    "inertia": float(DELTA @ DELTA),
    "bend": EXACT,
    "t": 1.0,
}
"""One step of one block with coupled inertia, Q = L·I."""


def block(rows: int = 2, kinds: tuple[bytes, ...] = (b"b", b"W"), **changed: Any) -> Trace:
    """Rows of blocks in turn, all as in COLUMNS but for what is changed."""
    number = len(kinds)
    own: dict[str, Any] = {
        "sweep": np.repeat(np.arange(1, rows // number + 1), number),
        "replicate": np.zeros(rows, dtype=int),
        "layer": np.ones(rows, dtype=int),
        "kind": np.tile(np.array(kinds, dtype="S4"), rows // number),
        "update": np.array([changed.pop("update", b"gradient")] * rows, dtype="S10"),
    }
    for name, value in (COLUMNS | changed).items():
        if value is not None:
            own[name] = np.broadcast_to(np.asarray(value, dtype=float), (rows,)).copy()
            own.setdefault(f"{name}_error", np.zeros(rows))
    return Trace({"settings": {"inertia": "coupled"}}, blocks=own)


def opened(**changed: Any) -> list[bool]:
    found: list[bool] = _open(Context(block(**changed))).tolist()
    return found


def test_a_coupled_step_along_the_modulus_is_shut() -> None:
    assert opened() == [False, False]
    most, spare = _curvature(Context(block()))
    assert np.abs(most.mid - EXACT).max() <= most.rad.max() < 1e-12
    assert np.abs(spare.mid).max() <= spare.rad.max()


@pytest.mark.parametrize("update", [b"gradient", b"metric", b"joint"])
def test_three_updates_see_inertia_in_one_term(update: bytes) -> None:
    assert opened(update=update) == [False, False]


@pytest.mark.parametrize(
    "changed",
    [
        {"update": b"prox"},
        {"p1": P1 * (1 + 1e-12)},
        {"p1": P1 * (1 - 1e-12)},
        {"p1": -P1},
        {"p2": -P2, "bend": L * float((STEP + P2 * DELTA) @ (STEP + P2 * DELTA))},
        {"s": S * (1 + 1e-9)},
        {"s": 1 / S},
        {"bend": EXACT * (1 - 1e-9)},
        {"bend": EXACT * (1 + 1e-9)},
        {"bend": -EXACT},
        {"bend": 0.0, "bend_error": 2 * EXACT},
        {"bend": EXACT, "bend_error": EXACT * 1.01},
        {"bend": EXACT, "bend_error": np.inf},
        {"step": 2 * COLUMNS["step"]},
        {"cross": -COLUMNS["cross"]},
        {"inertia": 2 * COLUMNS["inertia"]},
        {"modulus": 2 * L},
    ],
    ids=str,
)
def test_anything_else_is_open(changed: dict[str, Any]) -> None:
    assert opened(**changed) == [True, True]


@pytest.mark.parametrize("error", [0.0, 0.5 * EXACT, 0.99 * EXACT])
def test_a_curvature_within_its_error_is_the_modulus(error: float) -> None:
    assert opened(bend=EXACT - 0.9 * error, bend_error=error) == [False, False]
    assert opened(bend=EXACT + 0.9 * error, bend_error=error) == [False, False]


def test_four_roundings_of_p1_are_no_fault_of_the_coupling() -> None:
    """p1·s = p2 = ½: between them may lie 4u(½ + ½), u = 2⁻⁵³."""
    for units, shut in ((4, True), (5, False), (-3.5, True), (-4.5, False)):
        assert opened(s=1.0, p1=0.5 + units * 2.0**-53) == [not shut] * 2


def test_a_step_of_nothing_with_no_displacement_shows_nothing() -> None:
    """Then d = 0, whose curvature is 0 and decides nothing; a displaced one is open."""
    still = {"step": 0.0, "cross": 0.0, "bend": 0.0}
    assert opened(**still, inertia=0.0) == [False, False]
    assert opened(**still, inertia=0.0, p1=2 * P1) == [True, True]
    away = L * P2**2 * COLUMNS["inertia"]
    assert opened(**(still | {"bend": away / 2})) == [True, True]
    assert opened(**still, p2=0.0, p1=0.0) == [False, False]
    assert opened(step=1.0, cross=0.0, inertia=0.0, bend=1.0) == [True, True]


def test_a_step_in_a_metric_is_measured_in_it() -> None:
    metric = {f"metric_{n}": 2 * COLUMNS[n] for n in ("step", "cross", "inertia")}
    assert opened(**metric, bend=2 * EXACT) == [False, False]
    assert opened(**metric) == [True, True]


def test_one_open_step_of_a_block_leaves_its_inertia_felt() -> None:
    """W is open in its last row alone; b never."""
    bend = np.full(6, EXACT)
    bend[5] *= 0.5
    ctx = Context(block(6, bend=bend))
    assert _felt(ctx).tolist() == [False, True] * 3
    assert _unfelt(ctx) == ["b_1"]
    lacking = Context(block(6, bend=None))
    assert _felt(lacking).tolist() == [True] * 6
    assert _unfelt(lacking) == []


def test_blocks_are_named_in_the_order_of_the_sweep() -> None:
    blocks = _blocks(block(6, kinds=(b"z", b"W", b"b")))
    assert _names(blocks, np.ones(6, dtype=bool)) == ["z_1", "W_1", "b_1"]
    assert _names(blocks, np.array([0, 0, 1, 1, 0, 0], dtype=bool)) == ["b_1", "z_1"]
    assert _names(blocks, np.zeros(6, dtype=bool)) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "no inertia was ever felt: it cancels in every block that has some"),
        ({"inertia": 0.0}, "no block was ever extrapolated: the inertia is identically 0"),
        ({"p1": 0.0, "p2": 0.0}, "no block was ever extrapolated: the inertia is identically 0"),
        ({"t": 1.0 + 2**-40}, None),
        ({"t": np.array([1.0, 1.5])}, None),
        ({"t": None}, "no inertia was ever felt: it cancels in every block that has some"),
        ({"bend": 0.0}, None),
        ({"bend": np.array([EXACT, 0.0])}, None),
        ({"bend": np.array([EXACT, 0.0]), "inertia": np.array([1.0, 0.0])}, None),
        ({"bend": np.array([EXACT, 0.0]), "inertia": np.array([COLUMNS["inertia"], 0.0])},
         "no inertia was ever felt: it cancels in every block that has some"),
    ],
)  # fmt: skip
def test_inertia_that_is_announced_is_looked_for(changed: dict[str, Any], said: str | None) -> None:
    ctx = Context(block(**changed))
    assert _inertialess(ctx) == ([] if said is None else [said])
    theorem = CATALOGUE["T2"]
    assert lifeless(ctx, theorem) == _motionless(ctx) + _inertialess(ctx)


def test_what_was_not_recorded_of_inertia_may_be_anything() -> None:
    assert _extrapolated(block(p1=None, p2=0.0)).tolist() == [True, True]
    assert _extrapolated(block(p2=None, p1=0.0)).tolist() == [True, True]
    assert _extrapolated(block(p1=0.0, p2=-1.0)).tolist() == [True, True]
    assert _extrapolated(block(p1=-1.0, p2=0.0)).tolist() == [True, True]
    assert _extrapolated(block(p1=0.0, p2=0.0)).tolist() == [False, False]
    assert _extrapolated(block(inertia=np.array([1e-300, 0.0]))).tolist() == [True, False]


def test_a_theorem_not_about_inertia_is_told_nothing_of_it() -> None:
    about, other = CATALOGUE["T2"], CATALOGUE["G1"]
    assert "inertia" in about.liveness
    assert "inertia" not in other.liveness
    ctx = Context(block())
    (note,) = cancelled(ctx, about)
    assert note.startswith("inertia cancels in b_1, W_1: ")
    assert cancelled(ctx, other) == ()
    assert cancelled(Context(block(bend=0.0)), about) == ()
    assert cancelled(Context(block(inertia=None)), about) == ()
    plain = Trace({"settings": {}}, blocks=block().blocks)
    assert cancelled(Context(plain), about) == ()
    assert lifeless(Context(plain), about) == []
    assert lifeless(Context(block(step=0.0)), other) == [
        "block b_1 never changed", "block W_1 never changed"
    ]  # fmt: skip
