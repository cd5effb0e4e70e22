r"""A trace's file: chunks of columns with checksums; what is cut off is no evidence.

A trace file is a line of magic, then chunks

    tag (1 byte) · rows (uint32) · length (uint64) · crc32 of all else (uint32) · payload

the first of which is the header; the others hold whole rows of fixed width. Each crc32 goes on from
that of the chunk before (0 for the header's), so that a chunk that is missing, moved or there twice
is found out like one that is damaged; in files of format 1 it begins anew. Of a file that was cut
off every whole chunk counts, that is, all rows but the last ``CHUNK``: what is left of the last
chunk has no checksum, so nothing says that it is what was written. Nothing in it is executed.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from amverify.errors import CorruptFile, InvalidInput, expect, file_named, one_line
from amverify.files import Aside, cannot_write, opened
from amverify.trace.columns import Column, Table, check
from amverify.trace.reading import CRC, END, HEAD, HEADER, ITERATE, MAGIC, TAGS, parsed
from amverify.trace.trace import HOW_TO_GET_ONE, Trace

CHUNK = 1024
"""Rows of a chunk, at most; a file that is cut off loses fewer."""


class TraceWriter:
    """Writes a trace row by row; ``close`` gives it its name.

    Until then the rows are in ``partial``, a file beside it that can be read at any time.

    Raises:
        CannotWrite: if the disk does not take it.
    """

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        self.path = path
        self._before = 0
        try:
            line = json.dumps(header, allow_nan=False, sort_keys=True)
        except (TypeError, ValueError) as error:
            raise InvalidInput(f"trace header: not plain finite JSON ({error})") from None
        try:
            self._aside = Aside(path, "partial")
        except OSError as error:
            raise cannot_write(path, error) from None
        self.partial = self._aside.path
        try:
            self._put(MAGIC)
            self._chunk(HEADER, 0, line.encode())
        except BaseException:
            self.drop()
            raise

    def append(self, name: str, table: Table) -> None:
        """Append rows to one of the tables."""
        check(name, table)
        if not table:
            return
        types = [(column, values.dtype.str) for column, values in table.items()]
        rows = np.empty(len(next(iter(table.values()))), dtype=np.dtype(types))
        for column, values in table.items():
            rows[column] = values
        layout = (json.dumps(types) + "\n").encode()
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            self._chunk(TAGS[name], len(part), layout + part.tobytes())

    def iterate(self, sweep: int, arrays: Mapping[str, Column]) -> None:
        """Keep full iterates of a sweep."""
        for key, values in arrays.items():
            head = {"sweep": sweep, "name": key, "shape": values.shape}
            data = np.ascontiguousarray(values, dtype="<f8").tobytes()
            self._chunk(ITERATE, 1, (json.dumps(head) + "\n").encode() + data)

    def close(self) -> None:
        """End the file, and give it its name."""
        self._chunk(END, 0, b"")
        try:
            self._aside.finish()
        except OSError as error:
            raise cannot_write(self.path, error) from None

    def drop(self) -> None:
        """Leave nothing of it; what had its name before still has it."""
        self._aside.drop()

    def _chunk(self, tag: bytes, rows: int, payload: bytes) -> None:
        head = HEAD.pack(tag, rows, len(payload))
        self._before = zlib.crc32(payload, zlib.crc32(head, self._before))
        self._put(head + CRC.pack(self._before))
        self._put(payload)

    def _put(self, data: bytes) -> None:
        try:
            self._aside.file.write(data)
        except OSError as error:
            raise cannot_write(self.path, error) from None


def save_trace(trace: Trace, path: Path | str) -> None:
    """Write a trace whole, by way of a temporary file beside it.

    Raises:
        InvalidInput: if ``trace`` is none.
        CannotWrite: if the disk does not take it; what was there stays.
    """
    expect("save_trace", trace, Trace, HOW_TO_GET_ONE)
    writer = TraceWriter(file_named("save_trace", path), trace.header)
    try:
        for name in TAGS:
            writer.append(name, trace.table(name))
        for sweep, arrays in trace.iterates.items():
            writer.iterate(sweep, arrays)
        writer.close()
    except BaseException:
        writer.drop()
        raise


def load_trace(path: Path | str) -> Trace:
    """Read a trace; of one that was cut off, the rows of every whole chunk before the cut.

    Raises:
        InvalidInput: if there is no such file, its rows are not finite, or its header says what
            it cannot.
        CorruptFile: if it is not a trace, or a chunk is not what was written.
    """
    path = file_named("load_trace", path)
    try:
        with opened(path) as file:
            return parsed(path, file)
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}") from None
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {one_line(error)}") from None
    except ValueError as error:
        raise CorruptFile(f"{path}: not a trace ({one_line(error)})") from None
