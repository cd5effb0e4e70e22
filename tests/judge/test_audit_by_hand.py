"""Parts of an audit on a few rows that are written down by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import inf, nan

import numpy as np
import pytest
import sympy as sp

from amverify.judge import conclusion
from amverify.judge.audit import audit
from amverify.judge.curves import MOST, _thinned
from amverify.judge.hypothesis import _cheapest
from amverify.judge.liveness import _inertialess, _motionless
from amverify.judge.picked import least_modulus
from amverify.judge.ruling import _bounds_from_above, _risen
from amverify.judge.sides import _least, slack
from amverify.judge.usable import uses
from amverify.judge.witness import _float, by_how_much, exactly, with_state
from amverify.numbers.balls import Ball
from amverify.theorems.base import (
    VIOLATION,
    Conclusion,
    Context,
    Inequality,
    Instances,
    Theorem,
    symbols,
)
from amverify.trace.trace import Trace
from amverify.verdict import Verdict, Witness

COUNTS = (MOST, MOST + 1, 2 * MOST - 1, 3 * MOST + 7)


@pytest.mark.parametrize("count", COUNTS)
def test_no_spike_is_thinned_away_wherever_it_stands(count: int) -> None:
    for place in [0, 1, count // 2, *range(count - 9, count)]:
        for spike in (2.0, -2.0):
            values = np.zeros(count)
            values[place] = spike
            kept = _thinned(values)
            assert {0, place, count - 1} <= set(kept.tolist())
            assert (np.diff(kept) > 0).all()
            assert len(kept) <= MOST + 10
    if count == MOST:
        assert len(kept) == count


def instances(sweep: list[int], **more: object) -> Instances:
    rows = np.array(sweep, dtype=np.int64)
    return Instances({}, rows, np.zeros(len(rows), dtype=np.int64), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(10))
def test_the_least_row_of_each_sweep_is_that_of_a_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 4, 12 * (seed > 0))
    values = rng.choice([nan, -1.0, 0.0, 0.5], len(groups), p=[0.4, 0.2, 0.2, 0.2])
    wanted = []
    for group in sorted(set(groups.tolist())):
        own = [i for i in range(len(groups)) if groups[i] == group]
        known = [i for i in own if not np.isnan(values[i])]
        wanted.append(min(known, key=lambda i: values[i]) if known else own[0])
    assert _least(values, groups).tolist() == wanted


def test_slack_is_relative_and_0_where_both_sides_are() -> None:
    lhs, rhs = Ball.of([1.0, 0.0, -2.0]), Ball.of([3.0, 0.0, 2.0])
    found = slack(instances([5, 6, 7]), lhs, rhs, Ball.of([2.0, 0.0, 4.0], [1.0, 0.5, 8.0]))
    assert (found.sweeps, found.margin) == ((5, 6, 7), (0.5, 0.0, 1.0))
    assert found.floor == (0.25, 0.0, 2.0)
    backwards = slack(instances([7, 6, 5]), lhs, rhs, Ball.of([2.0, 0.0, 4.0]))
    assert (backwards.sweeps, backwards.margin) == ((5, 6, 7), (1.0, 0.0, 0.5))


def witness(**more: object) -> Witness:
    given = {"sweep": 7, "lhs": 1.0, "margin": -0.5, "bound": 0.25, "decided": "float", **more}
    names = ("sweep", "lhs", "margin", "bound", "decided")
    sweep, lhs, margin, bound, decided = (given[name] for name in names)
    return Witness("T", "said", sweep, "", 0, lhs, 0.0, margin, bound, decided, {})  # type: ignore[arg-type]


def test_by_how_much_a_claim_fails_is_said_in_words() -> None:
    assert by_how_much(witness()) == "by 0.5, rounding accounts for 0.25 at most"
    assert by_how_much(witness(decided="exact")).startswith("by 0.5, exactly, ")
    assert "with equality" in by_how_much(witness(decided="exact", margin=0.0))
    assert by_how_much(witness(margin=0.0)).startswith("by ")
    assert "not finite, after finite ones" in by_how_much(witness(lhs=inf))


def test_a_witness_has_the_iterates_of_its_sweep_and_of_the_two_before() -> None:
    kept = {k: {"x": np.array([float(k)])} for k in (4, 5, 7, 8)}
    found = with_state(witness(), Trace({"iteration": "step"}, iterates=kept))
    assert found is not None
    assert found.state == {"step 5": kept[5], "step 7": kept[7]}
    alone = with_state(witness(), Trace({}, iterates={}))
    assert alone is not None
    assert alone.state is None
    assert with_state(None, Trace({})) is None


def test_fractions_beyond_all_floats_are_infinite_and_floats_are_the_numbers_that_they_are() -> (
    None
):
    assert (_float(Fraction(10**400)), _float(Fraction(-(10**400)))) == (inf, -inf)
    assert _float(Fraction(1, 3)) == 1 / 3
    assert exactly(0.1) * 2**55 == 3602879701896397
    assert exactly(0.1) != exactly(np.nextafter(0.1, 1))


def test_what_bounds_a_quantity_from_above() -> None:
    f, g, c = sp.symbols("f g c", real=True)
    for weight, said in ((sp.Integer(2), True), (sp.Rational(1, 3), True), (sp.Integer(-1), False)):
        assert _bounds_from_above(Inequality("", weight * f, g), ["f"]) is said
    assert not _bounds_from_above(Inequality("", g, c), ["f"])
    assert not _bounds_from_above(Inequality("", f + f**2, g), ["f"]), "f stands elsewhere too"
    assert not _bounds_from_above(Inequality("", c * f, g), ["f"]), "c may be negative"
    assert _bounds_from_above(Inequality("", g, -f), ["c", "f"])


@pytest.mark.parametrize(("until", "spoken"), [(None, True), (3, False), (4, True), (5, True)])
def test_a_bound_speaks_of_an_index_up_to_its_last(until: int | None, spoken: bool) -> None:
    run = Trace({"nonfinite": {"sweep": 4, "what": "value", "number": "nan"}})
    assert bool(_risen(run, instances([1], until=until), (4, "value"))) is spoken
    named = instances([1], until=until, named={"gradient": "g1"})
    assert _risen(run, named, (4, "gradient")) == (("g1",) if spoken else ())
    down = Trace({"nonfinite": {"sweep": 4, "what": "value", "number": "-inf"}})
    assert _risen(down, named, (4, "gradient")) == ()
    fewer, more = (set(_risen(t, instances([1]), (4, "value"))) for t in (down, run))
    assert fewer < more, "−∞ is below any number: it breaks decreases alone"


def test_the_least_of_the_stated_costs_counts() -> None:
    x = sp.Symbol("x", real=True)
    costs = (3 * VIOLATION, x)
    condition = Inequality("", sp.Integer(0), sp.Integer(0), costs=costs)
    at = Ball.of([1.0, -1.0, 10.0, 1.0], [1.0, 1.0, 1.0, inf])
    found = _cheapest(condition, {"x": Ball.of([5.0, 5.0, 5.0, 5.0])}, at)
    np.testing.assert_allclose(found[:3], [0.0, 5.0, 0.0], atol=1e-300)
    assert found[3] == inf
    (below,) = _cheapest(condition, {"x": Ball.of([-1.0])}, Ball.of([-1.0], [1.0]))
    assert below == pytest.approx(6.0), "a cost below 0 is none"


def blocks(step: list[float], **more: list[float]) -> Trace:
    rows = len(step)
    found = {"sweep": np.repeat(np.arange(1, rows // 2 + 1), 2), "layer": np.ones(rows, dtype=int)}
    found |= {"replicate": np.zeros(rows, dtype=int), "kind": np.array([b"W", b"b"] * (rows // 2))}
    found["kind"] = found["kind"].astype("S4")
    columns = {"step": step, **more}
    return Trace({}, blocks=found | {n: np.array(c, dtype=float) for n, c in columns.items()})


def test_blocks_and_points_that_never_move_are_named() -> None:
    assert _motionless(Context(blocks([0.0, 1, 0, 0]))) == ["block W_1 never changed"]
    assert _motionless(Context(blocks([0.0, 1, 1, 0]))) == []
    for steps, said in (([0.0, 0.0], ["the point never moved"]), ([0.0, 0.1], [])):
        keys = {"sweep": np.arange(2), "replicate": np.zeros(2, dtype=int)}
        sweeps = {**keys, "step": np.array(steps)}
        assert _motionless(Context(Trace({}, sweeps=sweeps))) == said


@pytest.mark.parametrize(
    ("t", "step", "alive"),
    [([1.0, 1.0], [1.0] * 2, False), ([1.0, 1.5], [1.0] * 2, True), ([1.0, 1.5], [1.0, 0], False)],
)
def test_an_extrapolated_constraint_counts_where_its_block_moves(
    t: list[float], step: list[float], alive: bool
) -> None:
    run = blocks(step, t=t, inertia=[0.0, 0.0], p1=[0.5, 0.5])
    assert (_inertialess(Context(run)) == []) is alive


@pytest.mark.parametrize(
    ("p1", "p2", "alive"),
    [(0.5, 0, True), (0, -0.5, True), (0.5, -0.5, True), (0, 0, False), (None, 0, True)],
)
def test_p1_or_p2_with_a_displacement_is_inertia(p1: float | None, p2: float, alive: bool) -> None:
    """Block b never lies off the point before; a column that was not recorded may be anything."""
    own = {"p2": [p2, 0.5]} | ({} if p1 is None else {"p1": [p1, 0.5]})
    run = blocks([1.0, 1.0], inertia=[1.0, 0.0], **own)
    assert (_inertialess(Context(run)) == []) is alive


def test_the_least_modulus_of_a_run_is_that_of_its_steps() -> None:
    """½Lx² with L = 4 from 1: each step e has 2(Δf − ⟨∇f, e⟩)/e² = 4."""
    x = np.array([1.0, 0.5, 0.25])
    e = np.diff(x, prepend=1.0)
    columns = {
        "value": 2 * x**2, "step": e**2, "slope": 4 * np.concatenate(([0.0], x[:-1])) * e,
    }  # fmt: skip
    sweeps = {"sweep": np.arange(3), "replicate": np.zeros(3, dtype=int), "execution": np.zeros(3)}
    for name, column in columns.items():
        sweeps |= {name: column, f"{name}_error": np.zeros(3)}
    found = least_modulus(Trace({}, sweeps=sweeps))
    assert found is not None
    assert found[0] <= 4 <= found[1]
    assert found == pytest.approx((4, 4), rel=1e-3)
    lacking = {name: own for name, own in sweeps.items() if not name.startswith("slope")}
    assert least_modulus(Trace({}, sweeps=lacking)) is None


def test_a_value_that_breaks_down_is_one_failure_more() -> None:
    keys = {"sweep": np.arange(3), "replicate": np.zeros(3, dtype=int), "execution": np.zeros(3)}
    sweeps = {**keys, "value": np.array([3.0, 2.0, 1.0]), "value_error": np.zeros(3)}
    sound = audit(Trace({}, sweeps=sweeps), "descent")["descent"]
    header = {"nonfinite": {"sweep": 3, "what": "value", "number": "nan"}}
    broken = audit(Trace(header, sweeps=sweeps), "descent")["descent"]
    assert (sound.verdict, broken.verdict) == (Verdict.HOLDS, Verdict.VIOLATED)
    assert broken.counts.failed == sound.counts.failed + 1
    assert broken.counts.decided == sound.counts.decided + 1
    assert broken.witness is not None
    assert broken.witness.sweep == 3


def test_what_fails_is_decided_as_what_holds_is() -> None:
    keys = {"sweep": np.arange(4), "replicate": np.zeros(4, dtype=int), "execution": np.zeros(4)}
    sweeps = {**keys, "value": np.array([3.0, 2.0, 5.0, 1.0]), "value_error": np.zeros(4)}
    counts = audit(Trace({}, sweeps=sweeps), "descent")["descent"].counts
    assert (counts.decided, counts.failed) == (3, 1)


def test_the_witness_of_exact_failures_is_what_is_farthest_beyond_its_allowance() -> None:
    """By 2⁻⁵³ beyond ¼, and by 2⁻⁵⁴ beyond ½: no float64 sum tells them from 0."""
    y, h = symbols("y h")
    beyond = Ball.of([0.75 - 2.0**-53, 0.5 - 2.0**-54])
    known = {"y": Ball.of(np.ones(2)), "h": beyond}
    found = replace(instances([1, 2]), values=known, allowance=np.array([0.25, 0.5]))
    part = Conclusion(Inequality("", y, h), lambda ctx: found)
    words = {"id": "H", "title": "", "statement": "", "latex": "", "source": ""}
    theorem = Theorem(**words, symbols={"y": "", "h": ""}, conclusions=(part,))
    ruled = conclusion.tested(Context(Trace({})), theorem, part, None)
    assert (ruled.counts.exact, ruled.counts.failed) == (2, 2)
    assert ruled.witness is not None
    assert ruled.witness.sweep == 1


def test_a_theorem_that_speaks_of_no_row_is_of_no_use() -> None:
    y, h = symbols("y h")
    words = {"id": "H", "title": "", "statement": "", "latex": "", "source": ""}
    for count, status, why in ((0, "never", "no row is of its kind"), (1, "usable", "")):
        one = Ball.of(np.ones(count))
        found = replace(instances([1] * count), values={"y": one, "h": one})
        part = Conclusion(Inequality("", y, h), lambda ctx, found=found: found)
        theorem = Theorem(**words, symbols={"y": "", "h": ""}, conclusions=(part,))
        (use,) = uses(Trace({}), among=[theorem])
        assert (use.status, use.why) == (status, why)
