r"""A trace's file: chunks of columns with checksums; what is cut off is no evidence.

A trace file is a line of magic, then chunks

    tag (1 byte) · rows (uint32) · length (uint64) · crc32 of all else (uint32) · payload

the first of which is the header; the others hold whole rows of fixed width. Of a file that was cut
off every whole chunk counts, that is, all rows but the last ``CHUNK``: what is left of the last
chunk has no checksum, so nothing says that it is what was written. Nothing in it is executed.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from amverify.errors import CannotWrite, CorruptFile, InvalidInput, expect
from amverify.files import ordinary
from amverify.trace.columns import TYPES, Column, Table, check
from amverify.trace.header import checked
from amverify.trace.trace import HOW_TO_GET_ONE, Trace

MAGIC = b"AMVERIFY TRACE 1\n"
_HEADER, _END, _ITERATE = b"H", b"E", b"I"
_HEAD = struct.Struct("<cIQ")
_CRC = struct.Struct("<I")
_TAGS = {"blocks": b"B", "sweeps": b"S", "measures": b"M", "replays": b"R"}
CHUNK = 1024
"""Rows of a chunk, at most; a file that is cut off loses fewer."""


class TraceWriter:
    """Writes a trace row by row; ``close`` gives it its name.

    Until then the rows are in ``<path>.partial``, readable at any time.

    Raises:
        CannotWrite: if the disk does not take it.
    """

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        self.path = ordinary(path)
        self.partial = self.path.with_name(self.path.name + ".partial")
        self._columns: dict[str, list[tuple[str, str]]] = {}
        try:
            line = json.dumps(header, allow_nan=False, sort_keys=True)
        except (TypeError, ValueError) as error:
            raise InvalidInput(f"trace header: not plain finite JSON ({error})") from None
        try:
            self._file: IO[bytes] = self.partial.open("wb")
        except OSError as error:
            raise CannotWrite(f"{self.partial}: {error.strerror}") from None
        self._put(MAGIC)
        self._chunk(_HEADER, 0, line.encode())

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
            self._chunk(_TAGS[name], len(part), layout + part.tobytes())

    def iterate(self, sweep: int, arrays: Mapping[str, Column]) -> None:
        """Keep full iterates of a sweep."""
        for key, values in arrays.items():
            head = {"sweep": sweep, "name": key, "shape": values.shape}
            data = np.ascontiguousarray(values, dtype="<f8").tobytes()
            self._chunk(_ITERATE, 1, (json.dumps(head) + "\n").encode() + data)

    def close(self) -> None:
        """End the file, and give it its name."""
        self._chunk(_END, 0, b"")
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self.partial.replace(self.path)
        except OSError as error:
            raise CannotWrite(f"{self.path}: {error.strerror}") from None

    def _chunk(self, tag: bytes, rows: int, payload: bytes) -> None:
        head = _HEAD.pack(tag, rows, len(payload))
        self._put(head + _CRC.pack(zlib.crc32(payload, zlib.crc32(head))))
        self._put(payload)

    def _put(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            raise CannotWrite(f"{self.partial}: {error.strerror}") from None


def save_trace(trace: Trace, path: Path | str) -> None:
    """Write a trace whole, by way of a temporary file beside it.

    Raises:
        InvalidInput: if ``trace`` is none.
        CannotWrite: if the disk does not take it; what was there stays.
    """
    expect("save_trace", trace, Trace, HOW_TO_GET_ONE)
    writer = TraceWriter(Path(path), trace.header)
    for name in _TAGS:
        writer.append(name, trace.table(name))
    for sweep, arrays in trace.iterates.items():
        writer.iterate(sweep, arrays)
    writer.close()


def load_trace(path: Path | str) -> Trace:
    """Read a trace; of one that was cut off, the rows of every whole chunk before the cut.

    Raises:
        InvalidInput: if there is no such file, its rows are not finite, or its header says what
            it cannot.
        CorruptFile: if it is not a trace, or a chunk is not what was written.
    """
    path = Path(path)
    try:
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            return _parse(path, data)
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}") from None
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}") from None
    except ValueError as error:
        raise CorruptFile(f"{path}: not a trace ({error})") from None


def _parse(path: Path, data: mmap.mmap) -> Trace:
    if data[: len(MAGIC)] != MAGIC:
        raise CorruptFile(f"{path}: not a trace file (its first line is another)")
    chunks = _chunks(path, data, len(MAGIC))
    tag, _, payload = next(chunks, (b"", 0, b""))
    if tag != _HEADER:
        raise CorruptFile(f"{path}: cut off inside its header")
    header = _json(path, payload)
    if not isinstance(header, dict):
        raise CorruptFile(f"{path}: its header is not a JSON object")
    checked(header)
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in _TAGS}
    iterates: dict[int, dict[str, Column]] = {}
    names = {tag: name for name, tag in _TAGS.items()}
    complete = False
    for tag, rows, payload in chunks:
        if tag == _END:
            complete = True
        elif tag == _ITERATE:
            sweep, key, values = _iterate(path, payload)
            iterates.setdefault(sweep, {})[key] = values
        elif tag in names:
            parts[names[tag]].append(_rows(path, payload, rows))
        else:
            raise CorruptFile(f"{path}: unknown chunk {tag!r}")
    tables = {name: _joined(path, name, found) for name, found in parts.items()}
    return Trace(header, **tables, iterates=iterates, complete=complete)


def _chunks(path: Path, data: mmap.mmap, at: int) -> Iterator[tuple[bytes, int, bytes]]:
    """Tag, rows and payload of every whole chunk; a checksum is checked before it is used."""
    prefix = _HEAD.size + _CRC.size
    while at + prefix <= len(data):
        head = data[at : at + _HEAD.size]
        tag, rows, length = _HEAD.unpack(head)
        (crc,) = _CRC.unpack(data[at + _HEAD.size : at + prefix])
        at += prefix
        if length > len(data) - at:
            return
        payload = data[at : at + length]
        if zlib.crc32(payload, zlib.crc32(head)) != crc:
            raise CorruptFile(f"{path}: the checksum of the chunk at byte {at} is wrong")
        yield tag, rows, payload
        at += length


def _json(path: Path, line: bytes) -> Any:
    try:
        return json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise CorruptFile(f"{path}: bad JSON ({error})") from None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _rows(path: Path, payload: bytes, rows: int) -> NDArray[Any]:
    layout, _, body = payload.partition(b"\n")
    types = _json(path, layout)
    try:
        known = [(str(name), str(kind)) for name, kind in types]
        if not known or any(kind not in TYPES for _, kind in known):
            raise ValueError(f"columns {types}")
        dtype = np.dtype(known)
    except (TypeError, ValueError) as error:
        raise CorruptFile(f"{path}: bad column layout ({error})") from None
    if len(body) != rows * dtype.itemsize:
        raise CorruptFile(f"{path}: a chunk says {rows} rows and holds {len(body)} bytes of them")
    return np.frombuffer(body, dtype=dtype, count=rows)


def _iterate(path: Path, payload: bytes) -> tuple[int, str, Column]:
    head, _, body = payload.partition(b"\n")
    facts = _json(path, head)
    try:
        values = np.frombuffer(body, dtype="<f8").reshape([int(n) for n in facts["shape"]])
        return int(facts["sweep"]), str(facts["name"]), values
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CorruptFile(f"{path}: bad iterate ({error})") from None


def _joined(path: Path, name: str, parts: list[NDArray[Any]]) -> dict[str, Column]:
    parts = [part for part in parts if len(part)]
    if not parts:
        return {}
    columns = parts[0].dtype.names
    if any(part.dtype != parts[0].dtype for part in parts):
        raise CorruptFile(f"{path}: the columns of {name} change inside the file")
    assert columns is not None
    return {column: np.concatenate([part[column] for part in parts]) for column in columns}
