"""A record in memory grows by its numbers, not by objects: at most 300 bytes a row."""

from __future__ import annotations

import gc
import time
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest

import amverify as amv
from amverify.record.points.kept import CHUNK, Kept

BYTES = 300
"""Of a row, at most, beside what waits to become columns."""
WAITING = 2**20
X = np.linspace(1.0, 2.0, 3)


def plain(recorder, k):
    recorder.step(X, 1.0 + 1.0 / (k + 1), X / (k + 1))


def in_blocks(recorder, k):
    if k:
        recorder.block(f"W{k % 2}", X, 2.0, X, modulus=1.0, s=1.0, t=1.0, p1=0.0, p2=0.0)
    if k % 2 == 0:
        recorder.step(X, 2.0, X)


def recorder(**more):
    return amv.Recorder(value_error=1e-12, gradient_error=1e-12, eta=0.1, momentum=0.5, **more)


def grown(run, row, rows, start=0):
    """Bytes by which a recorder grows over its rows from ``start`` on."""
    for k in range(start):
        row(run, k)
    gc.collect()
    tracemalloc.start()
    try:
        for k in range(start, rows):
            row(run, k)
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("row", "tables"), [(plain, 1), (in_blocks, 1.5)])
def test_a_row_costs_its_numbers(row, tables):
    assert grown(recorder(), row, 600, 10) <= 600 * tables * BYTES + WAITING


def rows_with(gaps, rows):
    """Rows of three columns, of which ``b`` is missing in some."""
    for k in range(rows):
        row = {"a": np.array([k]), "b": np.array([0.5 * k]), "c_error": np.array([1.0])}
        yield {
            n: v for n, v in row.items() if not (n == "b" and k in gaps) and (k or n != "c_error")
        }


@pytest.mark.parametrize("gap", [0, 1, 2, CHUNK, CHUNK + 1, CHUNK + 2, 2 * CHUNK + 7, 10**6])
@pytest.mark.parametrize("rows", [1, 2, CHUNK, CHUNK + 1, CHUNK + 2, 3 * CHUNK + 5])
def test_kept_rows_are_those_that_came_wherever_the_record_is_cut(gap, rows):
    kept = Kept()
    for row in rows_with({gap}, 3 * CHUNK + 10):
        kept.append(row)
    beside = kept.forked()
    beside.cut(rows)
    again = Kept()
    for row in rows_with({gap}, rows):
        again.append(row)
    assert len(beside) == len(again) == rows
    found, expected = beside.table(), again.table()
    assert list(found) == list(expected)
    for name, column in expected.items():
        np.testing.assert_array_equal(found[name], column)
        assert found[name].dtype == column.dtype
    assert ("b" in found) == (gap >= rows)
    np.testing.assert_array_equal(found["a"], np.arange(rows))
    assert len(kept) == 3 * CHUNK + 10 == len(kept.table()["a"])


def test_a_cut_record_goes_on_from_there():
    kept = Kept()
    for row in rows_with({CHUNK + 3}, 2 * CHUNK):
        kept.append(row)
    kept.cut(CHUNK + 2)
    for k in range(CHUNK + 2, 3 * CHUNK):
        kept.append({"a": np.array([k]), "b": np.array([0.5 * k])})
    np.testing.assert_array_equal(kept.table()["a"], np.arange(3 * CHUNK))
    np.testing.assert_array_equal(kept.table()["b"], 0.5 * np.arange(3 * CHUNK))


@pytest.mark.long
def test_a_million_rows_grow_by_their_numbers_and_take_the_same_time():
    run, seconds, rows = recorder(), [], 10**6
    for begin, end in pairwise(range(0, rows + 1, rows // 20)):
        began = time.process_time()
        for k in range(begin, end):
            plain(run, k)
        seconds.append(time.process_time() - began)
    first, last = np.median(seconds[:7]), np.median(seconds[-7:])
    print(f"{rows} rows: {1e6 * first / (rows // 20):.0f} and {1e6 * last / (rows // 20):.0f} us")
    assert last < 1.5 * first
    more = grown(run, lambda made, k: plain(made, rows + k), 20_000)
    assert more <= 20_000 * BYTES + WAITING
    assert run.trace().rows("sweeps") == rows + 20_000
