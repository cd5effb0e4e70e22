"""Spoilt files whose parts have checksums or instructions of their own, made whole again around it.

Of a trace the chunks, of a zip the members, of a tar the headers, of a pickle the instructions.
"""

from __future__ import annotations

import gzip
import io
import pickletools
import struct
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from random import Random

from mutations import BYTES, COUNTS, Mutation, flipped, retreed, spoilt

from amverify.trace.reading import CRC, HEAD, MAGIC

Chunk = tuple[bytes, int, bytes]
REALS = tuple(
    struct.pack("<d", x)
    for x in (0.0, -0.0, 1.0, -1.0, 1e308, -1e308, 5e-324, float("nan"), float("inf"), -1e-9)
) + tuple(struct.pack("<q", n) for n in (1, -1, 2, 2**31, 2**62, -(2**63), 2**63 - 1))
TAGS = (b"H", b"E", b"I", b"B", b"S", b"M", b"R", b"X")
BLOCK = 512


def revalued(draw: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """Eight bytes, counted from an end, are another double or integer."""
    if len(content) < 8:
        return content
    count = len(content) // 8
    at = len(content) - 8 * draw.randint(1, count) if draw.random() < 0.5 else None
    at = draw.randrange(len(content) - 7) if at is None else at
    return content[:at] + draw.choice(REALS) + content[at + 8 :]


def chunks_of(content: bytes) -> list[Chunk]:
    """The chunks of a trace; what is left of the last one is a chunk too."""
    found, at = [], len(MAGIC)
    while at + HEAD.size + CRC.size <= len(content):
        tag, rows, length = HEAD.unpack_from(content, at)
        at += HEAD.size + CRC.size
        found.append((tag, rows, content[at : at + length]))
        at += length
    return found


def joined(chunks: Sequence[Chunk]) -> bytes:
    """A trace of these chunks, each with its right length and checksum."""
    parts, before = [MAGIC], 0
    for tag, rows, payload in chunks:
        head = HEAD.pack(tag, rows % 2**32, len(payload))
        before = zlib.crc32(payload, zlib.crc32(head, before))
        parts += [head, CRC.pack(before), payload]
    return b"".join(parts)


def rechunked(draw: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """Of a trace one chunk is another, stands elsewhere, or is not there."""
    chunks, others = chunks_of(content), chunks_of(draw.choice(seeds))
    if not chunks or not others:
        return flipped(draw, content, seeds)
    at = draw.randrange(len(chunks))
    tag, rows, payload = chunks[at]
    match draw.randrange(10):
        case 0:
            chunks.insert(at, draw.choice(others))
        case 1:
            chunks[at] = (draw.choice(TAGS), rows, payload)
        case 2:
            chunks[at] = (tag, draw.choice((0, 1, 2, 2**32 - 1, rows + 1)), payload)
        case 3:
            chunks.insert(draw.randrange(len(chunks)), chunks.pop(at))
        case _:
            chunks[at] = (tag, rows, _repaid(draw, payload))
    return joined(chunks)


def _repaid(draw: Random, payload: bytes) -> bytes:
    """Another payload: the line of JSON in front, or the rows behind it."""
    line, newline, body = payload.partition(b"\n")
    if newline and draw.random() < 0.6:
        return line + newline + draw.choice((revalued, *BYTES))(draw, body, [body])
    way = draw.choice((retreed, retreed, retreed, *BYTES))
    return way(draw, line, [line]) + newline + body


def rezipped(draw: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """Of a zip archive, which may stand behind something else, one member is spoilt."""
    start = content.find(b"PK\x03\x04")
    try:
        with zipfile.ZipFile(io.BytesIO(content[max(start, 0) :])) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist()}
        name = draw.choice([n for n in members for _ in range(1 + 4 * n.endswith(".pkl"))])
        members[name] = spoilt(draw, [members[name]], PICKLE, 60_000)
        if draw.random() < 0.1:
            members[draw.choice(("x", "archive/data/0", f"{name}x"))] = members.pop(name)
        return content[: max(start, 0)] + zipped(members)
    except (zipfile.BadZipFile, ValueError, KeyError, EOFError, NotImplementedError, zlib.error,
            OSError, IndexError, RuntimeError, OverflowError, struct.error):  # fmt: skip
        return flipped(draw, content, seeds)


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of two members of one name
        for name, part in members.items():
            archive.writestr(name, part)
    return out.getvalue()


def reordered(draw: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """Instructions of a pickle go, stand twice, change places or come from another pickle."""
    start, steps = instructions(content)
    _, others = instructions(draw.choice(seeds))
    if len(steps) < 3 or not others:
        return flipped(draw, content, seeds)
    for _ in range(draw.choice((1, 1, 2, 4))):
        at, to = draw.randrange(len(steps)), draw.randrange(len(steps))
        match draw.randrange(5):
            case 0 if len(steps) > 1:
                del steps[at]
            case 1:
                steps[at], steps[to] = steps[to], steps[at]
            case 2:
                steps.insert(at, steps[to])
            case 3:
                steps[at] = draw.choice(others)
            case _:
                steps[at] = _argued(draw, steps[at])
    return content[:start] + b"".join(steps) + b"." * (draw.random() < 0.5)


def _argued(draw: Random, step: bytes) -> bytes:
    """An instruction with another argument; its length, where it states one, is right."""
    code, argument = step[:1], step[1:]
    if code in b"UTX" and draw.random() < 0.7:
        size = 1 if code == b"U" else 4
        text = draw.choice((revalued, *BYTES))(draw, argument[size:], [argument])[:255]
        return code + len(text).to_bytes(size, "little") + text
    width = len(argument)
    return code + (draw.choice(COUNTS) % (1 << 8 * width)).to_bytes(width, "little")


def instructions(content: bytes) -> tuple[int, list[bytes]]:
    """Where a pickle of protocol 2 starts, and its instructions as far as they can be read."""
    start = max(content.find(b"\x80\x02", 0, 4), 0)
    places: list[int] = []
    try:
        places += [at for _, _, at in pickletools.genops(content[start:]) if at is not None]
    except (ValueError, IndexError, UnicodeDecodeError, OverflowError, MemoryError):
        return start, []
    ends = [*places[1:], len(content) - start]
    return start, [content[start + a : start + b] for a, b in zip(places, ends, strict=True)]


def retarred(draw: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """Of a gzipped tar archive a header's field, or a block, is another; its sum is right."""
    try:
        tar = bytearray(gzip.decompress(content))
    except (OSError, EOFError, zlib.error):
        return flipped(draw, content, seeds)
    heads = [at for at in range(0, len(tar) - BLOCK, BLOCK) if tar[at + 257 : at + 262] == b"ustar"]
    if not heads:
        return flipped(draw, content, seeds)
    at = draw.choice(heads)
    match draw.randrange(6):
        case 0:
            del tar[at : at + BLOCK * draw.choice((1, 1, 2, 9))]
        case 1:
            tar[at:at] = tar[(to := draw.choice(heads)) : to + BLOCK * draw.choice((1, 2))]
        case 2:
            tar = bytearray(spoilt(draw, [bytes(tar)], BYTES, len(tar)))
        case _:
            _refielded(draw, tar, at)
    return gzip.compress(bytes(tar), 1, mtime=0)


FIELDS = {
    **{"name": (0, 100), "mode": (100, 8), "size": (124, 12), "mtime": (136, 12)},
    **{"kind": (156, 1), "link": (157, 100), "magic": (257, 8), "prefix": (345, 155)},
}
KINDS = b"0123456789xgLKSDNMV\0\xff"
SIZES = (0, 1, 511, 512, 3073, 2**30, 8**11 - 1)


def _refielded(draw: Random, tar: bytearray, at: int) -> None:
    """A field of the header at a place is another."""
    name = draw.choice((*FIELDS, "kind", "kind", "size", "size"))
    start, width = FIELDS[name]
    if name == "kind":
        text = bytes([draw.choice(KINDS)])
    elif name == "size" and draw.random() < 0.8:
        binary = b"\x80" + (draw.choice(COUNTS) % 2**88).to_bytes(11, "big")
        text = draw.choice((b"%011o\0" % draw.choice(SIZES), binary, b"-0000000001\0"))
    else:
        old = bytes(tar[at + start : at + start + width])
        text = draw.choice(BYTES)(draw, old, [old])[:width].ljust(width, b"\0")
    tar[at + start : at + start + width] = text
    tar[at + 148 : at + 156] = b" " * 8
    tar[at + 148 : at + 156] = b"%06o\0 " % (sum(tar[at : at + BLOCK]) % 8**6)


PICKLE: tuple[Mutation, ...] = (*BYTES, revalued, *(reordered,) * 6)
TRACE: tuple[Mutation, ...] = (*BYTES, *(rechunked,) * 18)
ZIP: tuple[Mutation, ...] = (*BYTES, *(rezipped,) * 12)
TAR: tuple[Mutation, ...] = (*BYTES, *(retarred,) * 12)
