"""Unpack gzip without trusting it: one member, a stated size, nothing after the end.

A few kilobytes of gzip can unpack to gigabytes; unpacking stops at the first byte too many.
"""

from __future__ import annotations

import zlib

_GZIP = b"\x1f\x8b"
_WITH_GZIP_HEADER = 31  # zlib's window bits, and 16 for "expect a gzip header and checksum"


def unzipped(content: bytes, largest: int) -> bytes:
    """Return ``content`` itself unless it is gzip, else what is in it: ``largest`` bytes at most.

    Raises ValueError when it is cut short, damaged, holds more, or something follows its end.
    """
    if not content.startswith(_GZIP):
        return content
    unpacking = zlib.decompressobj(wbits=_WITH_GZIP_HEADER)
    try:
        data = unpacking.decompress(content, largest + 1)
    except zlib.error as error:
        raise ValueError(f"its gzip is damaged ({error})") from error
    if len(data) > largest:
        raise ValueError(f"it unpacks to more than {largest} bytes")
    if not unpacking.eof:
        raise ValueError("its gzip is cut short")
    if unpacking.unused_data:
        raise ValueError(f"{len(unpacking.unused_data)} bytes follow the end of its gzip")
    return data
