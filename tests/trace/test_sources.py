"""Whoever lacks a column is told the call that has it, in words, and of what kind of run it is."""

from __future__ import annotations

import numpy as np
import pytest

from amverify.errors import InvalidInput
from amverify.trace.columns import COLUMNS, check_once, spoken
from amverify.trace.names import block_names, key_of
from amverify.trace.sources import can_have, kind_of, meaning, source
from amverify.trace.trace import Trace


@pytest.mark.parametrize(
    ("table", "name", "call", "of"),
    [
        ("sweeps", "value", "recorder.step(x, value), or Recorder(value=f)", "any"),
        ("sweeps", "step_error", "recorder.step(x, value), at every step", "step"),
        ("sweeps", "mean_slope", "amverify.families.loops.sums.stochastic_descent", "enumerated"),
        ("blocks", "metric_step", "amverify.traced(JointTIAM(…), problem)", "joint"),
        ("blocks", "noise", "ReplayedTraining(…).sweep(replay=…)", "training"),
        ("blocks", "inverse", "amverify.families.loops.scaled.scaled_descent", "loop"),
        ("blocks", "bias", "amverify.families.loops.sums.stochastic_descent", "enumerated"),
        ("blocks", "bend", "recorder.block(name, x, value, bend=amverify.within(…, …))", "block"),
        ("blocks", "p1", "recorder.block(name, x, value, p1=…)", "block"),
        ("blocks", "change_error", "recorder.block(name, x, value), after each update", "block"),
        ("blocks", "delta", "amverify.traced(method, problem)", "block"),
        ("measures", "gap", "amverify.traced(measure_every=1)", "layered"),
        ("replays", "draw", "ReplayedSweeps(…).sweep(replay=…)", "training"),
        ("settings", "coupling", "recorder.trace(settings={'coupling': 'none'})", "block"),
        ("settings", "sampling", "ReplayedSweeps(…)", "training"),
        ("settings", "nu", "amverify.traced(method, problem)", "layered"),
    ],
)
def test_a_lack_has_a_call_and_a_kind(table: str, name: str, call: str, of: str) -> None:
    found = source(table, name)
    assert found.argument.startswith(call)
    assert found.of == of


def test_every_column_has_a_meaning_in_words() -> None:
    for table, columns in COLUMNS.items():
        for name, told in columns.items():
            assert meaning(table, name) == told
            if f"{name}_error" not in columns:
                assert meaning(table, f"{name}_error") == f"a bound on the error of {told}"
    assert meaning("sweeps", "mine") == "mine"
    assert [spoken(name) for name in ("step", "gradient", "norm", "value")] == [
        *("step2", "grad2", "norm2", "value")
    ]


def table(**columns: object) -> dict[str, np.ndarray]:
    rows = {"sweep": np.arange(2), "replicate": np.zeros(2, dtype=np.int64)}
    return {**rows, **{name: np.asarray(column) for name, column in columns.items()}}


def test_what_kind_of_run_it_is() -> None:
    keys = {"kind": np.array([b"W", b"b"], dtype="S4"), "layer": np.ones(2, dtype=np.int64)}
    wide = {"settings": {"widths": [3, 2]}}
    assert kind_of(Trace(wide, table(**keys))) == "layered"
    assert kind_of(Trace(wide, table(**keys, metric_step=np.ones(2)))) == "joint"
    assert kind_of(Trace({}, table(**keys, weighted=np.ones(2)))) == "loop"
    assert kind_of(Trace({}, table(**keys))) == "block"
    assert all(can_have(kind, "any") for kind in ("step", "block", "joint"))  # type: ignore[arg-type]
    assert can_have("layered", "block")
    assert not can_have("layered", "joint")


def test_a_block_has_the_name_that_its_loop_gave_it() -> None:
    assert key_of("W_2", 0) == (b"W", 2)
    assert key_of("encoder", 3) == (b"#", 3)
    assert block_names({"block_names": ["W_2", "encoder"]}) == {
        (b"W", 2): "W_2",
        (b"#", 1): "encoder",
    }
    assert block_names({}) == {}


def test_two_rows_of_one_sweep_are_named_in_whatever_order_they_stand() -> None:
    twice = {"sweep": np.array([2, 0, 1, 0]), "replicate": np.zeros(4, dtype=np.int64)}
    with pytest.raises(InvalidInput, match="rows 1 and 3 are both of sweep 0, replicate 0"):
        check_once(twice)
    others = {**twice, "replicate": np.array([0, 0, 0, 1])}
    check_once(others)
