"""A trace's file read chunk by chunk, each column to its place while the chunk is in the cache.

How the file is laid out stands in ``amverify.trace.file``.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amverify.errors import CorruptFile, is_whole, one_line
from amverify.trace.columns import TYPES, Column
from amverify.trace.header import checked, shown
from amverify.trace.trace import Trace

MAGIC = b"AMVERIFY TRACE 2\n"
UNCHAINED = b"AMVERIFY TRACE 1\n"
"""The first line until 0.2.0: each chunk's checksum is of that chunk alone."""
HEADER, END, ITERATE = b"H", b"E", b"I"
HEAD = struct.Struct("<cIQ")
CRC = struct.Struct("<I")
TAGS = {"blocks": b"B", "sweeps": b"S", "measures": b"M", "replays": b"R"}


def parsed(path: Path, file: BufferedReader) -> Trace:
    """The trace in an open file; of one that was cut off, what its whole chunks hold.

    Raises:
        CorruptFile: if it is not a trace, or a chunk is not what was written.
    """
    size = os.fstat(file.fileno()).st_size
    chunks = _chunks(path, file, size, _chained(path, file))
    tag, _, payload = next(chunks, (b"", 0, memoryview(b"")))
    if tag != HEADER:
        raise CorruptFile(f"{path}: cut off inside its header")
    header = _json(path, bytes(payload))
    if not isinstance(header, dict):
        raise CorruptFile(f"{path}: its header is not a JSON object")
    checked(header)
    tables = {tag: _Rows(path, name) for name, tag in TAGS.items()}
    iterates: dict[int, dict[str, Column]] = {}
    complete = False
    for tag, rows, payload in chunks:
        if tag == END:
            complete = True
            break
        if tag == ITERATE:
            sweep, key, values = _iterate(path, payload)
            iterates.setdefault(sweep, {})[key] = values
        elif tag in tables:
            tables[tag].put(payload, rows, size - file.tell())
        else:
            raise CorruptFile(f"{path}: unknown chunk {tag!r}")
    if complete and file.read(1):
        raise CorruptFile(f"{path}: it goes on behind its end")
    found = {table.name: table.columns() for table in tables.values()}
    return Trace(header, **found, iterates=iterates, complete=complete)


def _chained(path: Path, file: BufferedReader) -> bool:
    """Whether each chunk's checksum goes on from that of the one before, by the first line."""
    line = file.read(len(MAGIC))
    if line in (MAGIC, UNCHAINED):
        return line == MAGIC
    if line.startswith(MAGIC[:-2]):
        raise CorruptFile(f"{path}: a trace of another format; a newer amverify may read it")
    raise CorruptFile(f"{path}: not a trace file (its first line is another)")


def _chunks(
    path: Path, file: BufferedReader, size: int, chained: bool
) -> Iterator[tuple[bytes, int, memoryview]]:
    """Tag, rows and payload of every whole chunk, its checksum checked before it is used.

    A payload is there until the next one is asked for.
    """
    room, before = memoryview(bytearray()), 0
    while True:
        prefix = file.read(HEAD.size + CRC.size)
        if len(prefix) < HEAD.size + CRC.size:
            return
        head = prefix[: HEAD.size]
        tag, rows, length = HEAD.unpack(head)
        (crc,) = CRC.unpack(prefix[HEAD.size :])
        at = file.tell()
        if length > size - at:
            return
        if length > len(room):
            room = memoryview(bytearray(length))
        payload = room[:length]
        if file.readinto(payload) != length:
            return
        if zlib.crc32(payload, zlib.crc32(head, before)) != crc:
            what = ", or chunks before it are missing, moved or doubled" if before else ""
            raise CorruptFile(f"{path}: the checksum of the chunk at byte {at} is wrong{what}")
        before = crc if chained else 0
        yield tag, rows, payload


class _Rows:
    """The rows of one table, column by column, as far as they have been read."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name, self.rows = path, name, 0
        self._layout = b""
        self._first: np.dtype[Any] | None = None
        self._type: np.dtype[Any] = np.dtype([])
        self._columns: dict[str, NDArray[Any]] = {}

    def put(self, payload: memoryview, rows: int, left: int) -> None:
        """The rows of one chunk; ``left`` bytes of the file follow it."""
        layout, newline = _line(payload)
        if layout != self._layout or not self._columns:
            self._type, self._layout = _type(self.path, layout), layout
        start = len(layout) + newline
        held = len(payload) - start
        if held != rows * self._type.itemsize:
            raise CorruptFile(
                f"{self.path}: a chunk says {rows} rows and holds {held} bytes of them"
            )
        if not rows:
            return
        if self._first is None:
            self._first = self._type
            most = rows + left // self._type.itemsize
            self._columns = {name: np.empty(most, own) for name, own in _parts(self._type)}
        if self._type != self._first:
            raise CorruptFile(f"{self.path}: the columns of {self.name} change inside the file")
        part = np.frombuffer(payload, dtype=self._type, count=rows, offset=start)
        for name, column in self._columns.items():
            column[self.rows : self.rows + rows] = part[name]
        self.rows += rows

    def columns(self) -> dict[str, Column]:
        """Every column, without the room that the file might have needed."""
        return {name: _trimmed(column, self.rows) for name, column in self._columns.items()}


def _trimmed(column: NDArray[Any], rows: int) -> NDArray[Any]:
    return column[:rows] if 2 * rows > len(column) else column[:rows].copy()


def _parts(kind: np.dtype[Any]) -> Iterator[tuple[str, np.dtype[Any]]]:
    for name in kind.names or ():
        yield name, kind[name]


def _json(path: Path, line: bytes) -> Any:
    try:
        return json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise CorruptFile(f"{path}: bad JSON ({error})") from None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _type(path: Path, layout: bytes) -> np.dtype[Any]:
    types = _json(path, layout)
    try:
        known = [(str(name), str(kind)) for name, kind in types]
        if not known or any(kind not in TYPES for _, kind in known):
            raise ValueError(f"columns {shown(types)}")
        return np.dtype(known)
    except (TypeError, ValueError) as error:
        raise CorruptFile(f"{path}: bad column layout ({one_line(error)})") from None


def _line(payload: memoryview) -> tuple[bytes, bool]:
    """What stands before the first newline, and whether there is one."""
    size = 1 << 12
    while True:
        line, newline, _ = bytes(payload[:size]).partition(b"\n")
        if newline or size >= len(payload):
            return line, bool(newline)
        size *= 16


def _iterate(path: Path, payload: memoryview) -> tuple[int, str, Column]:
    head, _, body = bytes(payload).partition(b"\n")
    facts = _json(path, head)
    try:
        sweep, name, shape = facts["sweep"], facts["name"], facts["shape"]
        if not (is_whole(sweep, 0) and isinstance(name, str) and isinstance(shape, list)):
            raise ValueError("its sweep, name or shape is none")
        if not all(is_whole(n, 0) for n in shape):
            raise ValueError(f"a shape of {shown(shape)}")
        return sweep, name, np.frombuffer(body, dtype="<f8").reshape(shape)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CorruptFile(f"{path}: bad iterate ({error})") from None
