"""What the theorems on expectations bind of a trace, from rows that are written down by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from test_views_by_hand import context, table

from amverify.numbers.confidence import betting
from amverify.theorems.base import Context, Missing
from amverify.theorems.views import expectation, extrapolated, shared_batch
from amverify.trace.trace import Trace


def exactly(columns: dict[str, Any]) -> dict[str, Any]:
    """Each column of numbers with an error of 0."""
    return columns | {f"{name}_error": 0.0 for name in columns}


def tables(trace: Trace) -> dict[str, Any]:
    return {name: trace.table(name) for name in ("blocks", "sweeps", "measures", "replays")}


CHANGES = [-0.5, 0.25, -0.125, 0.0, -0.25, 0.5]


def replays(kind: bytes, layer: int, sweep: int = 1) -> dict[str, np.ndarray]:
    """Six draws at one state, written down in another order than they were made in."""
    order = [3, 0, 5, 1, 4, 2]
    found = table(
        6, kind=np.array([kind] * 6, dtype="S4"), layer=layer, change=np.array(CHANGES)[order],
        low=-1.0, high=1.0, change_error=0.0,
    )  # fmt: skip
    found["sweep"] = np.full(6, sweep)
    found["draw"] = np.array(order)
    return found


def blocks() -> dict[str, np.ndarray]:
    """Blocks W_1 and b_1 in two sweeps."""
    found = table(
        4, kind=np.tile(np.array([b"W", b"b"], dtype="S4"), 2), layer=1, modulus=[2, 3, 4, 5],
        alpha_low=[0.5, 0.25, 0.125, 1.0], execution=7.0,
        **exactly({"pull": [1.0, 2, 3, 4], "square": [5.0, 6, 7, 8], "noise": [9.0, 10, 11, 12]}),
    )  # fmt: skip
    found["sweep"] = np.repeat([1, 2], 2)
    return found


def test_an_enumerated_expectation_is_taken_as_it_is_and_nothing_is_excused() -> None:
    own = {**blocks(), **table(4, **exactly({"expected_change": [-1.0, -2, -3, -4]}))}
    own["sweep"] = np.repeat([1, 2], 2)
    found = expectation.block_expectations(context(blocks=own))
    assert found.allowance == 0.0
    assert (found.statistical, found.notes) == (False, ())
    wanted = {
        "dE": [-1, -2, -3, -4], "L": [2, 3, 4, 5], "alow": [0.5, 0.25, 0.125, 1],
        "pull": [1, 2, 3, 4], "square": [5, 6, 7, 8], "noise": [9, 10, 11, 12],
    }  # fmt: skip
    for name, values in wanted.items():
        assert found.values[name].mid.tolist() == values, name


def test_a_replayed_block_has_the_interval_of_its_draws_in_their_order() -> None:
    ctx = context(blocks=blocks(), replays=replays(b"b", 1))
    found = expectation.block_expectations(ctx)
    assert (found.sweep.tolist(), found.allowance, found.statistical) == ([1], 0.0, True)
    assert found.values["L"].mid.tolist() == [3]
    assert "1 states replayed, confidence 0.99" in found.notes[0]
    interval = betting(np.array(CHANGES), -1.0, 1.0, 0.01)
    ball = found.values["dE"]
    assert ball.mid[0] - ball.rad[0] == pytest.approx(interval.low, abs=1e-12)
    assert ball.mid[0] + ball.rad[0] == pytest.approx(interval.high, abs=1e-12)
    states = expectation._states(ctx)
    assert list(states) == [(1, 0, b"b", 1)]
    assert ctx.column("replays", "draw")[states[1, 0, b"b", 1]].tolist() == list(range(6))


@pytest.mark.parametrize(
    ("column", "row", "value", "said"),
    [("draw", 0, 5, "missing or occur twice"), ("change", 2, 1.5, "outside [-1, 1]"),
     ("change", 2, -1.5, "outside [-1, 1]")],
)  # fmt: skip
def test_replays_that_are_left_out_or_break_their_bounds_are_told(
    column: str, row: int, value: float, said: str
) -> None:
    drawn = replays(b"*", 0)
    assert expectation.HONEST.check(context(replays=drawn)).holds
    drawn[column][row] = value
    found = expectation.HONEST.check(context(replays=drawn))
    assert found.holds is False
    assert said in found.detail


def whole(**more: Any) -> Context:
    """Sweeps 0, 1, 2, of which sweep 1 was replayed."""
    columns = exactly(
        {"pull": [0.0, 1, 2], "noise": [0.0, 3, 4], "gradient": [5.0, 6, 7],
         "second_moment": [0.0, 8, 9], "displacement": [0.0, 0.25, 0.5]}
    )  # fmt: skip
    sweeps = table(3, alpha_min=[0, 0.125, 0.25], alpha_max=[0, 0.5, 1.0], **columns)
    sweeps["sweep"] = np.arange(3)
    settings = {"blocks": 4, "extrapolation": 0.5}
    return Context(
        context(settings, sweeps=sweeps, replays=replays(b"*", 0), **more).trace, {"Lbar": 2.0}
    )


def test_a_replayed_sweep_stands_beside_the_gradient_before_it() -> None:
    found = expectation.sweep_expectations(whole())
    assert (found.sweep.tolist(), found.allowance, found.statistical) == ([1], 0.0, True)
    wanted = {"g0": 5, "G2": 8, "amin": 0.125, "amax": 0.5, "Lbar": 2, "B": 4}
    for name, value in wanted.items():
        assert float(np.atleast_1d(found.values[name].mid)[0]) == value, name


def test_sweeps_replayed_and_sweeps_looked_at_are_told_apart() -> None:
    ctx = whole()
    rows, known, notes = shared_batch.looked_at(ctx)
    assert (rows.tolist(), len(known.mid), len(notes)) == ([1], 1, 1)
    ctx.trace.sweeps["looked"] = np.array([0.0, 1.0, 1.0])
    rows, known, notes = shared_batch.looked_at(ctx)
    assert sorted(rows.tolist()) == [1, 2]
    unknown = dict(zip(rows.tolist(), known.rad.tolist(), strict=True))
    assert np.isinf(unknown[2])
    assert np.isfinite(unknown[1])


def test_v_s_change_is_put_together_draw_by_draw() -> None:
    """f(z⁺) − f(z) + λ(‖Δ⁺‖² − ‖Δ‖²), λ = ½·4·(1/16)/(2·(1/16)) = 1, with bounds of the sum."""
    ctx = whole()
    ctx.trace.replays.update(
        displacement=np.full(6, 0.75), displacement_error=np.zeros(6),
        displacement_high=np.full(6, 2.0),
    )  # fmt: skip
    drawn = extrapolated._weighed(ctx, np.arange(6), 1)
    np.testing.assert_allclose(drawn.change, ctx.trace.replays["change"] + 0.5, rtol=1e-12)
    assert drawn.low == pytest.approx(-1 - 0.25)
    assert drawn.high == pytest.approx(1 + 2 - 0.25)
    assert drawn.low <= -1.25
    assert drawn.high >= 2.75


def test_an_extrapolation_of_1_has_no_weight() -> None:
    ctx = whole()
    other = Context(
        context({"blocks": 4, "extrapolation": 1.0}, **tables(ctx.trace)).trace, {"Lbar": 2.0}
    )
    with pytest.raises(Missing, match="extrapolation below 1"):
        extrapolated._weighed(other, np.arange(6), 1)


@pytest.mark.parametrize(
    ("meta", "probe", "holds"),
    [
        ("lagged", {"compared": 3, "earlier_changed": 0}, True),
        ("fixed", {"compared": 3, "earlier_changed": 1}, False),
        ("same", {"compared": 3, "earlier_changed": 0}, False),
        ("lagged", {"compared": 0}, None),
        ("lagged", None, None),
    ],
)
def test_step_sizes_are_predictable_by_setting_and_by_probe(
    meta: str, probe: dict[str, int] | None, holds: bool | None
) -> None:
    ctx = context({"meta": meta, "probe": probe})
    assert expectation.PREDICTABLE.check(ctx).holds is holds


@pytest.mark.parametrize(
    ("settings", "fresh", "one"),
    [
        ({"resample": True, "blocks": 3}, True, True),
        ({"resample": False, "blocks": 3}, False, True),
        ({"resample": False, "blocks": 1}, True, True),
        ({"resample": True, "blocks": 3, "inner": 2}, False, False),
    ],
)
def test_which_batches_blocks_draw(settings: dict[str, Any], fresh: bool, one: bool) -> None:
    assert expectation.FRESH.check(context(settings)).holds is fresh
    assert expectation.ONE_BATCH.check(context(settings)).holds is one


def test_extremes_of_a_horizon_are_those_so_far() -> None:
    columns = exactly(
        {"value": [9.0, 8, 7, 6], "mean_gradient": [4.0, 2, 3, 1], "mean_moment": [0.0, 5, 7, 6],
         "mean_slopes": [0.0, 1, 2, 6], "mean_noise": [0.0, 3, 1, 4]}
    )  # fmt: skip
    sweeps = table(4, alpha_min=[0, 0.5, 0.25, 0.375], alpha_max=[0, 0.5, 2, 1], **columns)
    sweeps["sweep"] = np.arange(4)
    ctx = context({"blocks": 2}, sweeps=sweeps, blocks=blocks())
    ctx = Context(ctx.trace, {"Lbar": 2.0, "fstar": 0.5})
    found = expectation.rates(ctx)
    assert found.sweep.tolist() == [1, 2, 3]
    wanted = {
        "f0": 9, "fstar": 0.5, "K": [1, 2, 3], "amin": [0.5, 0.25, 0.25], "amax": [0.5, 2, 2],
        "lowest": [4, 2, 2], "G2": [5, 7, 7], "Lbar": 2, "B": 2,
    }  # fmt: skip
    for name, values in wanted.items():
        np.testing.assert_array_equal(np.squeeze(found.values[name].mid), values, err_msg=name)
    averaged = expectation.averages(ctx).values
    np.testing.assert_allclose(averaged["average"].mid, [1, 1.5, 3], rtol=1e-12)
    np.testing.assert_array_equal(averaged["level"].mid, [3, 3, 4])
    assert float(averaged["Lmax"].mid) == 5
    ctx.trace.sweeps["sweep"][:] = [0, 1, 3, 4]
    with pytest.raises(Missing, match="sweeps 0, 1, 2"):
        expectation.rates(ctx)


def test_without_replays_nothing_is_replayed_dishonestly() -> None:
    assert expectation._honest(Context(Trace({}))) == (True, "expectations by enumeration")


@pytest.mark.parametrize("draws", [[1], [0, 2], [0, 0]])
def test_draws_are_numbered_from_0_without_gaps(draws: list[int]) -> None:
    rows = replays(b"b", 1)
    some = {name: column[: len(draws)] for name, column in rows.items()} | {"draw": np.array(draws)}
    holds, said = expectation._honest(context(blocks=blocks(), replays=some))
    assert (holds, said) == (False, "replays of sweep 1: some draws are missing or occur twice")


def test_fixed_step_sizes_lie_below_their_bound_and_not_at_it() -> None:
    bound = 1 / expectation.BELOW
    assert bound * expectation.BELOW == 1.0
    own = {**table(4, **exactly({"predictable_change": 1.0})), **blocks()}
    for high, rows in ((bound, 0), (math.nextafter(bound, 0), 4)):
        ctx = context({"alpha_bounds": [0.0, high]}, blocks=own)
        assert len(expectation.fixed_steps(ctx)) == rows
