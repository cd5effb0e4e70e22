"""Traces: what goes in comes out, what was cut off is read up to the cut, the rest is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amverify.errors import AmverifyError, CannotWrite, CorruptFile, InvalidInput
from amverify.judge.audit import audit
from amverify.trace.file import TraceWriter, load_trace, save_trace
from amverify.trace.reading import ITERATE, TAGS
from amverify.trace.trace import Trace


def table(rows: int, first: int = 1) -> dict[str, np.ndarray]:
    return {
        "sweep": np.arange(first, first + rows),
        "replicate": np.zeros(rows, dtype=np.int64),
        "kind": np.array([b"W", b"b"] * rows, dtype="S4")[:rows],
        "layer": np.ones(rows, dtype=np.int64),
        "change": np.linspace(-1, -0.5, rows),
    }


def sweeps(rows: int) -> dict[str, np.ndarray]:
    return {
        "sweep": np.arange(rows),
        "replicate": np.zeros(rows, dtype=np.int64),
        "value": np.random.default_rng(0).random(rows),
    }


def trace(rows: int = 5) -> Trace:
    iterates = {3: {"W_1": np.arange(6.0).reshape(2, 3)}}
    return Trace({"subject": "a run", "seed": 3}, table(rows), sweeps(rows), {}, iterates)


def same(one: Trace, two: Trace) -> bool:
    if one.header != two.header:
        return False
    for name in ("blocks", "sweeps", "measures"):
        a, b = one.table(name), two.table(name)
        if set(a) != set(b) or any(not np.array_equal(a[k], b[k]) for k in a):
            return False
    return True


@pytest.mark.parametrize(
    "head",
    [
        *({"sweep": 3, "name": "x", "shape": shape} for shape in ([-1], [2, -1], [6.0], "6", True)),
        *({"sweep": sweep, "name": "x", "shape": [6]} for sweep in (-1, 1.5, "3", None, True)),
        {"sweep": 3, "name": ["x"], "shape": [6]},
        {"sweep": 3, "name": "x", "shape": [7]},
        [],
    ],
)
def test_an_iterate_says_what_it_is(tmp_path, head):
    path = tmp_path / "run.trace"
    writer = TraceWriter(path, {})
    data = np.arange(6.0).tobytes()
    writer._chunk(ITERATE, 1, (json.dumps(head) + "\n").encode() + data)
    writer.close()
    with pytest.raises(CorruptFile, match="bad iterate"):
        load_trace(path)


def test_names_of_blocks_are_ascii():
    named = {**table(2), "kind": np.array([b"W", b"\xff"], dtype="S4")}
    with pytest.raises(InvalidInput, match=r"blocks\.kind: a name that is not of ASCII"):
        Trace({}, named)


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ([["sweep", [0] * 9000]], "bad column layout"),
        ([["a" * 9000, "<f8"]] * 2, "bad column layout"),
        ([["sweep", "<i8"], ["replicate", "<i8"], ["\n" * 9000, "<f8"]], "not a column name"),
    ],
)
def test_a_layout_that_is_none_is_told_briefly(tmp_path, layout, message):
    path = tmp_path / "run.trace"
    writer = TraceWriter(path, {})
    writer._chunk(TAGS["sweeps"], 1, json.dumps(layout).encode() + b"\n" + bytes(24))
    writer.close()
    with pytest.raises((CorruptFile, InvalidInput), match=message) as told:
        load_trace(path)
    assert len(str(told.value)) - len(str(path)) < 300


def test_round_trip(tmp_path):
    path = tmp_path / "run.trace"
    save_trace(trace(), path)
    back = load_trace(path)
    assert same(trace(), back)
    assert back.complete
    assert np.array_equal(back.iterates[3]["W_1"], np.arange(6.0).reshape(2, 3))
    assert list(tmp_path.iterdir()) == [path]
    save_trace(trace(), str(path))
    assert same(back, load_trace(str(path)))


def read(path):
    """The trace, or None where it is refused in one line."""
    try:
        return load_trace(path)
    except AmverifyError as error:
        if "\n" in str(error):
            raise
        return None


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("traces") / "run.trace"
    save_trace(trace(), path)
    return path


def test_a_file_cut_anywhere_gives_its_whole_rows_or_one_line(written, tmp_path):
    data = written.read_bytes()
    most = 0
    for cut in range(len(data)):
        path = tmp_path / "cut.trace"
        path.write_bytes(data[:cut])
        got = read(path)
        if got is None:
            continue
        assert not got.complete
        rows = got.rows("blocks")
        assert rows >= most
        most = rows
        if rows:
            assert np.array_equal(got.blocks["change"], table(5)["change"][:rows])
    assert most == 5


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_flipped_byte_never_gives_a_traceback(written, tmp_path_factory, place, value):
    data = bytearray(written.read_bytes())
    place %= len(data)
    if data[place] == value:
        return
    data[place] = value
    path = tmp_path_factory.mktemp("flip") / "bad.trace"
    path.write_bytes(bytes(data))
    assert_nothing_else(read(path), written)


def assert_nothing_else(got, written):
    """A spoilt file is refused, or read as one that was cut off: the first rows of the whole."""
    if got is None:
        return
    whole = load_trace(written)
    assert not got.complete
    assert got.header == whole.header
    for name in ("blocks", "sweeps", "measures", "replays"):
        for column, values in got.table(name).items():
            assert np.array_equal(values, whole.table(name)[column][: len(values)])
    for k, arrays in got.iterates.items():
        assert all(np.array_equal(x, whole.iterates[k][name]) for name, x in arrays.items())


@pytest.mark.parametrize("bit", range(8))
def test_a_flipped_bit_anywhere_is_refused_or_cuts_the_file_there(written, tmp_path, bit):
    data, path = written.read_bytes(), tmp_path / "bad.trace"
    refused = 0
    for place in range(bit % 4, len(data), 4):
        spoilt = bytearray(data)
        spoilt[place] ^= 1 << bit
        path.write_bytes(bytes(spoilt))
        got = read(path)
        refused += got is None
        assert_nothing_else(got, written)
    assert refused > len(data) / 5


def test_a_spoilt_last_chunk_gives_no_rows(tmp_path):
    """Each byte of the rows that came last, in a file that was never closed."""
    writer, path = TraceWriter(tmp_path / "run.trace", {"subject": "x"}), tmp_path / "bad.trace"
    writer.append("sweeps", sweeps(3))
    writer._aside.file.flush()
    begin = writer.partial.stat().st_size
    writer.append("sweeps", sweeps(2))
    writer._aside.file.flush()
    data = writer.partial.read_bytes()
    writer.drop()
    for place in range(begin, len(data)):
        spoilt = bytearray(data)
        spoilt[place] ^= 16
        path.write_bytes(bytes(spoilt))
        got = read(path)
        assert got is None or (got.rows("sweeps"), got.complete) == (3, False)


def test_appended_rows_and_the_partial_file(tmp_path):
    path = tmp_path / "run.trace"
    writer = TraceWriter(path, {"subject": "x"})
    writer.append("blocks", table(3))
    writer.append("blocks", table(2, first=4))
    writer._aside.file.flush()
    partial = load_trace(writer.partial)
    assert partial.rows("blocks") == 5
    assert not partial.complete
    writer.close()
    assert load_trace(path).complete


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: t | {"change": np.array([1.0, np.nan, 1, 1, 1])}, "blocks.change: nan in row 1"),
        (lambda t: t | {"change": np.ones(4)}, "different lengths"),
        (lambda t: t | {"change": np.ones(5, dtype=np.float32)}, "float64"),
        (lambda t: t | {"change": np.array(["a"] * 5, dtype=object)}, "got 1 of object"),
        (lambda t: t | {"Change!": np.ones(5)}, "not a column name"),
        (lambda t: t | {"kind": np.ones(5)}, "wrong type"),
        (lambda t: {k: v for k, v in t.items() if k != "sweep"}, "'sweep' is missing"),
    ],
)
def test_bad_columns_are_named(spoil, message):
    with pytest.raises(InvalidInput, match=message):
        Trace({}, spoil(table(5)))


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x80\x04\x95", b"AMVERIFY TRACE 2\n", b"AMVERIFY TRACE 1\nH[1]"]
)
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(CorruptFile):
        load_trace(path)


def test_no_file_and_no_room(tmp_path):
    with pytest.raises(InvalidInput, match="No such file"):
        load_trace(tmp_path / "none")
    with pytest.raises(CannotWrite):
        save_trace(trace(), tmp_path / "nowhere" / "x.trace")
    with pytest.raises(InvalidInput, match="JSON"):
        TraceWriter(tmp_path / "x", {"f": float("nan")})


def test_a_trace_is_no_device(tmp_path):
    """A link is followed and stays; a folder, or a device, is refused and stays what it is."""
    target, link = tmp_path / "own.trace", tmp_path / "link.trace"
    link.symlink_to(target)
    save_trace(trace(), link)
    assert link.is_symlink()
    assert same(trace(), load_trace(target))
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(CannotWrite, match="not an ordinary file"):
        save_trace(trace(), folder)
    assert folder.is_dir()


def test_a_trace_says_how_many_iterations_it_has():
    """Row 0 is the start."""
    assert "4 sweeps" in repr(Trace({"subject": "a run"}, {}, sweeps(5)))
    header = {"subject": "a run", "iteration": "step"}
    assert "1 step" in repr(Trace(header, {}, sweeps(2)))


@pytest.mark.parametrize("given", ["run.trace", 42, None])
def test_what_is_no_trace_is_not_audited(given, tmp_path):
    with pytest.raises(InvalidInput, match=r"save_trace: expected a Trace, got .*load_trace"):
        save_trace(given, tmp_path / "run.trace")
    with pytest.raises(InvalidInput, match=r"expected a Trace, got .*load_trace"):
        audit(given, "descent")


@pytest.mark.parametrize("rows", [0, 1, 1023, 1024, 1025, 5000])
def test_columns_read_chunk_by_chunk_are_those_of_the_whole(tmp_path, rows):
    path = tmp_path / "run.trace"
    writer = TraceWriter(path, {"subject": "a run"})
    for first in (0, rows):
        writer.append("blocks", table(rows, first))
        writer.append("sweeps", sweeps(7))
    writer.close()
    back = load_trace(path)
    parts = [table(rows, 0), table(rows, rows)]
    for name, column in back.blocks.items():
        whole = np.concatenate([part[name] for part in parts])
        assert column.dtype == whole.dtype
        assert np.array_equal(column, whole)
    assert all(np.array_equal(back.sweeps[n], np.tile(c, 2)) for n, c in sweeps(7).items())
