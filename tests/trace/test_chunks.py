"""Chunks of a trace that are missing, moved or there twice are found out; older files are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.chunks import as_they_stand, chunks, joined, pieces, unchained

from amverify.errors import CorruptFile
from amverify.trace.file import TraceWriter, load_trace
from amverify.trace.reading import UNCHAINED

SHARED = Path("/work/shared/cases/files/trace/tiam_band_cut.trace")


def rows(first: int, count: int) -> dict[str, np.ndarray]:
    sweep = np.arange(first, first + count)
    return {"sweep": sweep, "replicate": np.zeros_like(sweep), "value": sweep.astype(float)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The header, ten chunks of rows, an iterate, the end."""
    path = tmp_path_factory.mktemp("chunks") / "run.trace"
    writer = TraceWriter(path, {"subject": "a run"})
    for part in range(5):
        writer.append("sweeps", rows(3 * part, 3))
        writer.append("measures", rows(3 * part, 1))
    writer.iterate(3, {"W": np.arange(4.0)})
    writer.close()
    return path.read_bytes()


def read(folder: Path, data: bytes):
    """The trace, or None where it is refused in one line."""
    path = folder / "spoilt.trace"
    path.write_bytes(data)
    try:
        return load_trace(path)
    except CorruptFile as error:
        if "\n" in str(error):
            raise
        return None


@given(st.data())
def test_chunks_in_any_other_order_are_refused_or_the_beginning(whole, tmp_path_factory, data):
    """Any choice of chunks: deleted, swapped, doubled; all but a beginning is refused."""
    parts = pieces(whole)
    places = st.lists(st.integers(1, len(parts) - 1), max_size=len(parts) + 2)
    order = [0, *data.draw(places)]
    found = read(tmp_path_factory.mktemp("order"), as_they_stand([parts[i] for i in order]))
    if order == list(range(len(order))):
        assert found is not None
        assert found.complete == (len(order) == len(parts))
    else:
        assert found is None


def test_each_chunk_deleted_doubled_or_swapped_with_the_next_is_refused(whole, tmp_path):
    parts = pieces(whole)
    for k in range(1, len(parts)):
        without = parts[:k] + parts[k + 1 :]
        twice = parts[: k + 1] + parts[k:]
        found = read(tmp_path, as_they_stand(without))
        assert found is None or (k == len(parts) - 1 and not found.complete)
        assert read(tmp_path, as_they_stand(twice)) is None
        if k + 1 < len(parts):
            swapped = [*parts[:k], parts[k + 1], parts[k], *parts[k + 2 :]]
            assert read(tmp_path, as_they_stand(swapped)) is None


def test_chunks_of_two_runs_do_not_mix(whole, tmp_path):
    """Another run of the same columns and lengths: none of its chunks is taken for one of this."""
    path = tmp_path / "other.trace"
    writer = TraceWriter(path, {"subject": "a ruN"})
    for tag, count, payload in chunks(whole)[1:-1]:
        writer._chunk(tag, count, payload)
    writer.close()
    mine, theirs = pieces(whole), pieces(path.read_bytes())
    assert [len(own) for own in mine] == [len(own) for own in theirs]
    for k in range(1, len(mine)):
        assert read(tmp_path, as_they_stand([*mine[:k], theirs[k], *mine[k + 1 :]])) is None
        assert read(tmp_path, as_they_stand([*mine[:k], *theirs[k:]])) is None


def test_the_checksums_are_what_the_test_s_own_writer_makes_of_them(whole):
    assert joined(chunks(whole)) == whole


def test_files_of_format_1_are_read(whole, tmp_path):
    old = unchained(whole)
    assert old.startswith(UNCHAINED)
    found, same = read(tmp_path, old), read(tmp_path, whole)
    assert found.complete
    assert all(
        np.array_equal(column, same.table(name)[key])
        for name in ("sweeps", "measures")
        for key, column in found.table(name).items()
    )
    spoilt = bytearray(old)
    spoilt[-30] ^= 1
    assert read(tmp_path, bytes(spoilt)) is None


@pytest.mark.skipif(not SHARED.exists(), reason="no shared cases here")
def test_a_file_that_was_written_by_an_earlier_version_is_read():
    found = load_trace(SHARED)
    assert (found.rows("blocks"), found.rows("sweeps"), found.complete) == (42, 7, False)


def test_what_stands_behind_the_end_is_refused(whole, tmp_path):
    for magic in (whole, unchained(whole)):
        for more in (b"x", magic, pieces(whole)[1]):
            assert read(tmp_path, magic + more) is None


def test_a_trace_of_a_newer_format_is_told_from_what_is_none(whole, tmp_path):
    path = tmp_path / "new.trace"
    path.write_bytes(whole.replace(b"TRACE 2", b"TRACE 3", 1))
    with pytest.raises(CorruptFile, match="another format; a newer amverify may read it"):
        load_trace(path)
