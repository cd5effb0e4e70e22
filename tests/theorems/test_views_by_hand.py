"""What views and facts read of a trace, each on a few rows that are written down by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from test_rates import by_hand

from amverify.judge.audit import audit
from amverify.theorems.base import Blocks, Context, Fact, Missing
from amverify.theorems.nesterov import ACCELERATED
from amverify.theorems.samt import _handed_over
from amverify.theorems.views import path as paths
from amverify.theorems.views.columns import BOXED, boxes_kept, unit
from amverify.theorems.views.inexact import levelled, spent
from amverify.theorems.views.metric import FEASIBLE, SIMPLE
from amverify.theorems.views.needed import needed
from amverify.theorems.views.penalty import beside, of_kind
from amverify.theorems.views.residuals import SIGNS
from amverify.theorems.views.settings import in_moduli
from amverify.theorems.views.shared_batch import looked_at
from amverify.theorems.views.telescoped import RATE
from amverify.trace.trace import Trace


def table(rows: int, **columns: Any) -> dict[str, np.ndarray]:
    """Columns of as many rows; numbers stand for all of them, ``kind`` is of bytes."""
    found = {"sweep": np.arange(1, rows + 1), "replicate": np.zeros(rows, dtype=np.int64)}
    for name, column in columns.items():
        made = np.broadcast_to(np.array(column), (rows,)).copy()
        whole = name in ("layer", "sweep", "replicate")
        found[name] = made if made.dtype.kind == "S" else made.astype(np.int64 if whole else float)
    return found


def context(settings: dict[str, Any] | None = None, **tables: Any) -> Context:
    return Context(Trace({"subject": "by hand", "settings": settings or {}}, **tables))


def holds(fact: Fact, ctx: Context) -> bool | None:
    return fact.check(ctx).holds


def test_declared_constants_stand_beside_those_that_the_run_needs() -> None:
    """With dist_k = ‖e_k‖, ‖e_k‖² = r_{k−1} − r_k and r_k = 2^{−k} the run needs a = b = c = 1."""
    trace, declared = by_hand([1.0, 0.5, 0.25, 0.125])
    given = {**declared, "a": 0.5, "b": 4.0, "c": 3.0}
    (note,) = needed(Context(trace, given))
    for name, value, loose in (("a", 0.5, 2), ("b", 4, 4), ("c", 3, 3)):
        assert f"{name} = {value:g} (the run: 1, {loose} times)" in note


def rounded_path(theta: float) -> tuple[paths.Path, Context, dict[str, float]]:
    """A run whose steps may be off by known amounts."""
    trace, declared = by_hand([1.0, 0.5, 0.25, 0.125, 0.0625], theta=theta, a=0.5, c=8.0, b=3.0)
    trace.sweeps["execution"][:] = [0.0, 1e-6, 2e-6, 4e-6, 8e-6]
    trace.sweeps["norm"][:] = 1e20
    ctx = Context(trace, declared)
    return paths.path_of(ctx), ctx, declared


@pytest.mark.parametrize("theta", [0.0, 0.25, 0.5, 0.75])
def test_rounding_may_lengthen_a_path_by_the_sum_of_the_module(theta: float) -> None:
    """Σ_k [2√(δ_k/a) + η_k/2 + (2b/a)φ(δ_k)], φ(s) = c·s^{1−θ}/(1−θ), η of the step before."""
    path, ctx, given = rounded_path(theta)
    a, b, c = (given[name] for name in "abc")
    assert (path.slip > 2 * path.rounded).all(), "what measuring adds, and on both sides"
    before = np.concatenate(([0.0], path.off[:-1]))
    each = [
        2 * math.sqrt(slip / a) + off / 2 + 2 * b / a * c * slip ** (1 - theta) / (1 - theta)
        for slip, off in zip(path.slip, before, strict=True)
    ]
    found = paths.tails(ctx)
    wanted = [sum(each[k + 1 :]) for k in range(len(each) - 1)]
    np.testing.assert_allclose(found.allowance, wanted, rtol=1e-9)
    tail = [path.e1.mid[k + 1 :].sum() for k in range(len(each) - 1)]
    np.testing.assert_allclose(found.values["tail"].mid, tail, rtol=1e-12)


def test_what_errors_of_an_inexact_run_came_to_is_said() -> None:
    trace, declared = by_hand([1.0, 0.5, 0.25, 0.125], dist=[1.0, 2.0, 1.5, 1.0])
    known = {**declared, "tau": 7.0, "omega": 0.001}
    (note,) = spent(Context(trace, known))
    assert "of a budget τ = 7" in note
    (level,) = levelled(Context(trace, known))
    assert "of a level ω = 0.001" in level
    assert "says little" not in level
    (high,) = levelled(Context(trace, {**known, "omega": 2.0}))
    assert "says little" in high


def band(eps: list[float], **settings: Any) -> Context:
    """Two blocks a_1, a_2, z_1, z_2 and W_1 in each of three sweeps."""
    kinds = np.array([b"W", b"z", b"a", b"z"], dtype="S4")
    blocks = table(12, kind=np.tile(kinds, 3), layer=np.tile([1, 1, 1, 2], 3))
    blocks["sweep"] = np.repeat([1, 2, 3], 4)
    given = {"coupling": "band", "layers": 2, **settings}
    return context(given, blocks=blocks, sweeps=table(3, eps=eps))


def test_where_eps_falls_the_boxes_of_a_and_of_hidden_z_are_not_kept() -> None:
    kept = boxes_kept(band([0.5, 0.25, 0.25])).reshape(3, 4)
    assert kept.tolist() == [[True] * 4, [True, False, False, True], [True] * 4]
    assert boxes_kept(band([0.5, 0.25, 0.25], coupling="penalty")).all()


def test_one_extrapolated_block_is_enough_where_g_is_convex_alone() -> None:
    def told(kind: str, t: list[float]) -> bool | None:
        blocks = table(2, kind=np.array([b"a", b"W"], dtype="S4"), layer=1, t=t)
        return holds(BOXED, context({"nonsmooth": kind}, blocks=blocks))

    assert told("convex", [1.0, 1.0])
    assert told("box", [1.5, 1.5])
    assert told("convex", [1.0, 1.5]) is False
    assert told("convex", [1.5, 1.0]) is False
    assert told("other", [1.0, 1.0]) is False


def test_a_metric_with_a_loss_in_z_asks_that_it_be_convex_and_not_extrapolated() -> None:
    def told(kinds: list[bytes], t: float = 1.0, convex: bool = True) -> bool | None:
        blocks = table(
            2, kind=np.array(kinds, dtype="S4"), layer=2, t=t,
            update=np.array([b"metric"] * 2, dtype="S10"),
        )  # fmt: skip
        return holds(SIMPLE, context({"loss_convex": convex}, blocks=blocks))

    assert told([b"V", b"z"])
    assert told([b"V", b"V"], t=2.0, convex=False), "no z: g = 0"
    assert told([b"V", b"z"], t=2.0) is False
    assert told([b"V", b"z"], convex=False) is False
    assert told([b"V", b"a"]) is False


def test_feasible_up_to_the_rounding_of_the_longest_activation() -> None:
    def told(violation: float, lengths: list[float]) -> bool | None:
        blocks = table(
            2, kind=np.array([b"z", b"z"], dtype="S4"), layer=1, second_norm=np.square(lengths)
        )
        settings = {"starts_feasible": True, "dtype": "float64"}
        measures = table(1, infeasible=violation)
        return holds(
            FEASIBLE, context(settings, blocks=blocks, sweeps=table(2, eps=0.5), measures=measures)
        )

    unit = 2.0**-53
    assert told(0.0, [1.0, 1.0])
    assert told(1e6 * unit, [1e-3, 1e6]), "less than a rounding of ‖a‖ = 10⁶"
    assert told(1e6 * unit, [1e6, 1e-3])
    assert told(1e6 * unit, [1.0, 1.0]) is False


@pytest.mark.parametrize("moved", range(4))
def test_what_a_block_carries_is_what_it_left(moved: int) -> None:
    """Blocks W_1 and W_2 over two sweeps; what W_1 carries is nothing of W_2's."""
    blocks = table(4, kind=np.array([b"W"] * 4, dtype="S4"), layer=[1, 2, 1, 2])
    blocks["sweep"] = np.array([1, 1, 2, 2])
    for name, values in (("left", [1.0, 5.0, 2.0, 6.0]), ("carried", [0.0, 0.0, 1.0, 5.0])):
        blocks[name], blocks[f"{name}_error"] = np.array(values), np.zeros(4)
    assert _handed_over(context(blocks=blocks)) == (True, "2 hand-overs seen")
    blocks["carried"][moved] += 0.5
    met, said = _handed_over(context(blocks=blocks))
    assert met is (moved < 2), "in the first sweep nothing was left before"
    assert met or f"W_{moved - 1}, sweep 2" in said


@pytest.mark.parametrize("plain", [1, 2, 3, 4])
def test_from_the_third_step_on_a_plain_step_is_none_of_nesterov_s(plain: int) -> None:
    """y = x + mΔ with m ≥ ¼ leaves e + η∇f(x) at least (1 − ηL)‖Δ‖/4 long."""
    sweeps = table(5, inertia=1.0, eta=0.5, departure=1.0)
    sweeps["sweep"] = np.arange(5)
    sweeps["departure"][plain] = 0.0
    for name in ("inertia", "departure"):
        sweeps[f"{name}_error"] = np.zeros(5)
    sweeps["execution"] = np.zeros(5)
    trace = Trace({"subject": "by hand"}, sweeps=sweeps)
    assert ACCELERATED.check(Context(trace, {"L": 1.0})).holds is (plain < 3)


def test_a_run_of_another_kind_has_no_rows_of_a_penalty_s() -> None:
    blocks = table(1, kind=np.array([b"W"], dtype="S4"), layer=1)
    for settings in ({}, {"coupling": "penalty"}, {"safeguard": True, "coupling": "band"}):
        ctx = context(settings, blocks=blocks)
        assert not in_moduli(ctx)
        with pytest.raises(Missing, match="under a penalty"):
            of_kind(ctx, b"W")
    assert of_kind(context({"safeguard": True, "coupling": "penalty"}, blocks=blocks), b"W") == [0]


def test_sweeps_that_were_neither_replayed_nor_looked_at_say_nothing() -> None:
    with pytest.raises(Missing):
        looked_at(context(sweeps=table(3, pull=1.0, pull_error=0.0)))
    with pytest.raises(Missing):
        looked_at(context(sweeps=table(3, looked=0.0)))


@pytest.mark.parametrize(("row", "s", "t"), [(0, 0.5, 1.0), (1, 0.5, 1.0), (1, 1.0, 2.0)])
def test_one_joint_block_of_other_settings_is_enough(row: int, s: float, t: float) -> None:
    blocks = table(
        3, kind=np.array([b"z", b"z", b"V"], dtype="S4"), layer=1, s=1.5, t=1.0,
        update=np.array([b"joint", b"joint", b"metric"], dtype="S10"),
    )  # fmt: skip
    blocks["s"][row], blocks["t"][row] = s, t
    met, said = SIGNS.check(context({"coupling": "band"}, blocks=blocks)).holds, "t = 1 and s ≥ 1"
    assert met is False
    assert said in SIGNS.check(context({"coupling": "band"}, blocks=blocks)).detail


@pytest.mark.parametrize(("mu", "bias"), [(0.0, 0.1), (0.1, 0.0), (0.0, 0.0), (0.1, 0.1)])
def test_which_ridge_is_lacking_for_a_rate_is_said(mu: float, bias: float) -> None:
    settings = {
        "coupling": "band", "layers": 1, "mu": mu, "mu_bias": bias, "rho": 1.0, "floor": 1.0,
        "margin": 0.1, "scale": 1.5, "inertia": 0.5, "momentum": 0.3, "relaxation": 0.4,
    }  # fmt: skip
    found = RATE.check(context(settings))
    lacking = [name for name, value in (("mu", mu), ("mu_bias", bias)) if value == 0]
    assert found.holds is not bool(lacking)
    assert not lacking or f"a = 0, as {' and '.join(lacking)} = 0" in found.detail


def test_equal_numbers_are_equal_blocks() -> None:
    kinds, layers = [b"W", b"b", b"z", b"a", b"#"], range(40)
    names = [(kind, layer) for kind in kinds for layer in layers]
    blocks = Blocks(np.array([k for k, _ in names], dtype="S4"), np.array([n for _, n in names]))
    assert len(set(blocks.codes.tolist())) == len(names)


def test_audits_of_a_run_by_hand_say_what_the_run_needs() -> None:
    trace, declared = by_hand([1.0, 0.5, 0.25, 0.125])
    notes = audit(trace, ["T5"], {k: v for k, v in declared.items() if k != "memory"})["T5"].notes
    assert any("the run: 1, 2 times" in note for note in notes), notes


def test_the_unit_is_that_of_the_coarsest_format_that_is_named() -> None:
    def said(header: str | None, setting: str | None) -> float:
        named = {"subject": "by hand", "settings": {} if setting is None else {"dtype": setting}}
        return unit(Context(Trace(named if header is None else named | {"dtype": header})))

    assert said(None, None) == said("float64", None) == 2.0**-53
    assert said("float64", "float32") == said("float32", "float64") == 2.0**-24
    assert said("float32", "float8") == math.inf


def test_a_row_without_its_neighbour_is_missing() -> None:
    rows = table(3, kind=np.array([b"W", b"z", b"W"], dtype="S4"), layer=[1, 1, 1])
    rows["sweep"] = np.array([1, 1, 2])
    ctx = context({"safeguard": True, "coupling": "penalty"}, blocks=rows)
    assert beside(ctx, np.array([0]), b"z").tolist() == [1]
    with pytest.raises(Missing, match="a row of z in each layer of every sweep"):
        beside(ctx, np.array([0, 2]), b"z")
