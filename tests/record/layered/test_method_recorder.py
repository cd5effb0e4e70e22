"""Block records as rows: order, replicates, stacks of many sweeps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.problems import parameters, problem

from amverify.errors import InvalidInput
from amverify.methods.inertia import Inertia
from amverify.methods.rows import written
from amverify.methods.rows.record import BlockRecord
from amverify.methods.rows.written import Written
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band, Penalty
from amverify.record.layered import blocks
from amverify.record.layered.blocks import MethodRecorder
from amverify.record.layered.run import traced
from amverify.trace.columns import KEYS
from amverify.trace.trace import Trace


def record(kind, layer, number, shape=(2, 3), **more):
    change = torch.tensor(-float(number))
    if shape:
        change = torch.full(shape, -float(number)) - torch.arange(6.0).reshape(2, 3)
    step = torch.full(shape, 0.5, dtype=torch.float64)
    fields = dict.fromkeys(BlockRecord._fields, 0.0) | {"change": change, "step": step}
    fields |= {"kind": kind, "layer": layer, "update": "gradient"}
    fields |= {"modulus": 2.0, "s": torch.tensor(1.5), "backtracks": 3}
    return BlockRecord(**(fields | more))


def test_rows_are_in_order_and_replicates_flattened():
    recorder = MethodRecorder()
    for k in (1, 2):
        rows = record("W", 1, 10 * k), record("a", 2, 10 * k + 1, gamma=4.0)
        recorder.sweep(k, Written(rows))
    table = recorder.table()
    assert Trace({}, blocks=table).rows("blocks") == 24
    assert table["sweep"].tolist() == [1] * 12 + [2] * 12
    assert table["replicate"].tolist() == list(range(6)) * 4
    assert table["kind"].tolist() == ([b"W"] * 6 + [b"a"] * 6) * 2
    assert table["layer"].tolist() == ([1] * 6 + [2] * 6) * 2
    assert set(table["update"]) == {b"gradient"}
    assert table["change"][:12].tolist() == [-10.0 - r for r in range(6)] + [
        -11.0 - r for r in range(6)
    ]
    assert table["gamma"][:12].tolist() == [0.0] * 6 + [4.0] * 6
    assert set(table["modulus"]) == {2.0}
    assert set(table["s"]) == {1.5}
    assert set(table["backtracks"]) == {3.0}
    assert list(table) == [*KEYS["blocks"], "update", *blocks.fields(rows[0])]


def test_nothing_is_read_before_the_table_is_asked_for(monkeypatch):
    monkeypatch.setattr(blocks, "EVERY", 3)
    recorder = MethodRecorder()
    read = []
    monkeypatch.setattr(blocks, "_part", lambda row, n, real=blocks._part: (
        read.append(n), real(row, n))[1])  # fmt: skip
    for k in range(1, 8):
        recorder.sweep(k, Written([record("W", 1, k, shape=())]))
    assert read == [3, 3]
    table = recorder.table()
    assert read == [3, 3, 1]
    assert table["change"].tolist() == [-float(k) for k in range(1, 8)]
    assert recorder.table()["sweep"].tolist() == list(range(1, 8))


def test_no_records_no_rows():
    assert MethodRecorder().table() == {}
    recorder = MethodRecorder()
    recorder.sweep(1, Written())
    assert recorder.table() == {}


def test_records_that_do_not_fit_together():
    recorder = MethodRecorder()
    recorder.sweep(1, Written([record("W", 1, 1), record("b", 1, 1, shape=(), step=torch.ones(5))]))
    with pytest.raises(InvalidInput, match=r"replicates of different numbers \[5, 6\]"):
        recorder.table()


@pytest.mark.parametrize("sweeps", [2, 5])
@pytest.mark.parametrize("steps", ["exact", "backtracking"])
@pytest.mark.parametrize("representation", ["dense", "spanned"])
def test_replicates_in_one_trace_are_the_runs_alone(representation, steps, sweeps):
    """Numbers that replicates share stand beside numbers of each; two sweeps of two replicates
    would be mistaken for one another if the stack did not tell rows from replicates."""
    p = problem((9, 4, 3, 3), 6, coupling=Band(0.3), representation=representation)
    rule = StepRule(Inertia(0.5, 0.6, 0.3), scale=1.2, safeguard="certified", steps=steps)
    weights, biases = parameters(p, 3, 2)
    both = traced(TIAM(rule), p, (weights, biases), sweeps).blocks
    for r in range(2):
        alone = traced(TIAM(rule), p, ([w[r] for w in weights], [b[r] for b in biases]), sweeps)
        mine = both["replicate"] == r
        for name, column in alone.blocks.items():
            if name in ("kind", "update"):
                assert (both[name][mine] == column).all()
            elif name == "backtracks":
                assert (both[name][mine] >= column).all()
            elif name != "replicate":
                tolerance = 1e-9 * (1 + np.abs(column).max())
                np.testing.assert_allclose(both[name][mine], column, 1e-6, tolerance, err_msg=name)


@pytest.mark.parametrize("replicates", [0, 2])
@pytest.mark.parametrize("safeguard", ["monotone", "certified"])
def test_a_stack_of_rows_is_the_rows_one_by_one(safeguard, replicates, monkeypatch):
    """Bounds are computed for stacks of rows; how many are stacked changes no column."""
    p = problem((9, 4, 3, 3), 6, coupling=Penalty(0.7))
    rule = StepRule(Inertia(0.5, 0.6, 0.3), scale=1.2, safeguard=safeguard, steps="backtracking")
    start = parameters(p, 5, replicates) if replicates else parameters(p, 5)
    together = traced(TIAM(rule), p, start, 12).blocks
    monkeypatch.setattr(blocks, "EVERY", 1)
    one_by_one = traced(TIAM(rule), p, start, 12).blocks
    for name, column in one_by_one.items():
        if column.dtype.kind == "f":
            np.testing.assert_allclose(together[name], column, 1e-12, 1e-300, err_msg=name)
        else:
            assert (together[name] == column).all()
    assert set(one_by_one["p2"].tolist()) - {0.0} == {0.6} or safeguard == "certified"


@pytest.mark.parametrize("shape", [(), (2,)])
def test_a_number_among_tensors_keeps_its_digits(shape):
    column = written.column([1.3, torch.full(shape, 0.5, dtype=torch.float64)])
    assert column.dtype is torch.float64
    assert column.shape == (2, *shape)
    assert (column[0] == 1.3).all()


@pytest.mark.parametrize("every", [1, 5000])
def test_a_run_that_diverges_keeps_what_came_before(every):
    """It ends while F is finite still: bounds take squares, and a row must hold no infinity."""
    p = problem((3, 3, 2), 4, coupling=Penalty(0.5))
    rule = StepRule(Inertia(1.4, 1.4, 0.9), safeguard="none")
    trace = traced(TIAM(rule), p, parameters(p, 1), 3000, measure_every=every)
    k = len(trace.sweeps["sweep"])
    assert trace.header["stopped"] == f"sweep {k}: F² is not finite"
    assert trace.sweeps["value"][-1] > 1e100
    assert trace.blocks["sweep"][-1] == k - 1
