"""A trace's file as its chunks, and chunks as a file, each checksum right."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

from amverify.trace.reading import CRC, HEAD, MAGIC, UNCHAINED

Chunk = tuple[bytes, int, bytes]
"""Tag, rows, payload."""


def pieces(data: bytes) -> list[bytes]:
    """The chunks of a whole file as they stand in it, checksums and all."""
    found, at = [], len(MAGIC)
    while at < len(data):
        length = HEAD.unpack_from(data, at)[2]
        end = at + HEAD.size + CRC.size + length
        found.append(data[at:end])
        at = end
    return found


def chunks(data: bytes) -> list[Chunk]:
    """The chunks of a whole file."""
    heads = [(HEAD.unpack_from(own), own[HEAD.size + CRC.size :]) for own in pieces(data)]
    return [(tag, rows, payload) for (tag, rows, _), payload in heads]


def joined(parts: Iterable[Chunk], magic: bytes = MAGIC) -> bytes:
    """The file of these chunks, each checksum that of its format."""
    written, before = [magic], 0
    for tag, rows, payload in parts:
        head = HEAD.pack(tag, rows, len(payload))
        before = zlib.crc32(payload, zlib.crc32(head, 0 if magic == UNCHAINED else before))
        written += [head, CRC.pack(before), payload]
    return b"".join(written)


def unchained(data: bytes) -> bytes:
    """A whole file as format 1 has it."""
    return joined(chunks(data), UNCHAINED)


def as_they_stand(parts: Sequence[bytes], magic: bytes = MAGIC) -> bytes:
    """Pieces in another order, or some of them, as a file; no checksum is set right."""
    return magic + b"".join(parts)
