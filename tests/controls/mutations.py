"""Spoilt files: what a disk, a person or an enemy makes of one that was whole.

Bytes are flipped, cut, doubled, spliced and overwritten by extreme counts; numbers in a text are
replaced and its words swapped; of a JSON tree keys are renamed and removed, and values nested.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

NUMBERS = (
    *("0", "-1", "-0.0", "0.1", "2", "63", "255", "2147483648", "-2147483649"),
    *("9223372036854775808", "18446744073709551615", "1" + "0" * 400, "1e308", "1e309", "-1e309"),
    *("1e-320", "1e999999999", "NaN", "nan", "inf", "-Infinity", "1/0", "1/3", "0x10", "1_0", "٣"),
)
VALUES: tuple[Any, ...] = (
    *(0, -1, 1, 2**31, 2**63, 10**400, 1e308, -1e-320, float("nan"), float("inf"), True, None),
    *("", "x", "1", "1/0", "\x1b[31m", "a\nb", "\ud800", "é" * 50, [], {}, [[]], {"": 0}),
)
COUNTS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**63, 2**64 - 1)
DEEP = (2, 10, 60, 500, 20_000)
_WORD = re.compile(rb"[A-Za-z_]\w*|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\s+|.", re.DOTALL)
_NUMBER = re.compile(rb"-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")
Mutation = Callable[[Random, bytes, Sequence[bytes]], bytes]


def _span(draw: Random, content: bytes, longest: int = 200) -> tuple[int, int]:
    """Two places in a content, the first not behind the second."""
    first = draw.randrange(len(content) + 1)
    return first, min(len(content), first + draw.randint(1, longest))


def flipped(draw: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    spoilt = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 8))):
        if spoilt:
            spoilt[draw.randrange(len(spoilt))] ^= 1 << draw.randrange(8)
    return bytes(spoilt)


def cut(draw: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    return content[: draw.randrange(len(content) + 1)]


def removed(draw: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    first, last = _span(draw, content)
    return content[:first] + content[last:]


def doubled(draw: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    first, last = _span(draw, content)
    times = draw.choice((1, 1, 3, 100))
    return content[:last] + content[first:last] * times + content[last:]


def spliced(draw: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    other = draw.choice(seeds)
    first, last = _span(draw, other, max(1, len(other)))
    at = draw.randrange(len(content) + 1)
    return content[:at] + other[first:last] + content[at if draw.random() < 0.5 else last :]


def counted(draw: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """A number of 1 to 8 bytes, of either order, as a header has it, is another."""
    width = draw.choice((1, 2, 4, 4, 8))
    if len(content) < width:
        return content
    count = draw.choice(COUNTS) % (1 << 8 * width)
    near = min(len(content) - width, 64) if draw.random() < 0.5 else len(content) - width
    at = draw.randint(0, near)
    order = draw.choice(("little", "big"))
    return content[:at] + count.to_bytes(width, order) + content[at + width :]


def renumbered(draw: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """A number that is written in digits is another."""
    places = list(_NUMBER.finditer(content))
    if not places:
        return content
    at = draw.choice(places)
    return content[: at.start()] + draw.choice(NUMBERS).encode() + content[at.end() :]


def reworded(draw: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """Words change places, go, stand twice, or come from another text."""
    words = _WORD.findall(content)
    others = _WORD.findall(draw.choice(seeds)) or [b""]
    for _ in range(draw.choice((1, 1, 2, 5))):
        if not words:
            break
        at, to = draw.randrange(len(words)), draw.randrange(len(words))
        match draw.randrange(5):
            case 0:
                words[at], words[to] = words[to], words[at]
            case 1:
                del words[at]
            case 2:
                words.insert(at, words[to])
            case 3:
                words[at] = draw.choice(others)
            case _:
                words.insert(at, draw.choice(others) * draw.choice((1, 2, 70)))
    return b"".join(words)


def bracketed(draw: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """Something stands in many brackets."""
    opening, closing = draw.choice(((b"(", b")"), (b"[", b"]"), (b'{"a":', b"}"), (b"a.", b"")))
    first, last = _span(draw, content)
    deep = draw.choice(DEEP)
    return content[:first] + opening * deep + content[first:last] + closing * deep + content[last:]


def places(tree: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every container in a tree with every key of it."""
    if isinstance(tree, dict | list):
        for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
            found.append((tree, key))
            places(tree[key], found)
    return found


def _nested(draw: Random, value: Any) -> Any:
    for _ in range(min(draw.choice(DEEP), 900)):
        value = [value] if draw.random() < 0.5 else {"a": value}
    return value


def pruned(draw: Random, tree: Any) -> Any:
    """A JSON value with one to three places spoilt."""
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        found = places(tree, [])
        if not found:
            return draw.choice(VALUES)
        inside, key = draw.choice(found)
        other, there = draw.choice(found)
        match draw.randrange(7):
            case 0 | 1:
                inside[key] = draw.choice(VALUES)
            case 2:
                del inside[key]
            case 3:
                inside[key] = json.loads(json.dumps(other[there]))
            case 4:
                inside[key] = _nested(draw, inside[key])
            case 5 if isinstance(inside, dict):
                inside[draw.choice(("", "x", f"{key} ", str(key).upper()))] = inside.pop(key)
            case _ if isinstance(inside, list):
                inside.insert(key, inside[key])
    return tree


def retreed(draw: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """Of a JSON document a place is spoilt; the text stays JSON, and is sealed as before."""
    try:
        tree = json.loads(content)
        return json.dumps(pruned(draw, tree)).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return flipped(draw, content, seeds)


BYTES: tuple[Mutation, ...] = (flipped, cut, removed, doubled, spliced, counted)
TEXT: tuple[Mutation, ...] = (*BYTES, renumbered, renumbered, reworded, reworded, bracketed)
JSON: tuple[Mutation, ...] = (*TEXT, *(retreed,) * 11)


def spoilt(
    draw: Random, seeds: Sequence[bytes], mutations: Sequence[Mutation], longest: int
) -> bytes:
    """One of the seeds after one to three mutations, ``longest`` bytes at most."""
    content = draw.choice(seeds)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        content = draw.choice(mutations)(draw, content, seeds)
    return content[:longest]
