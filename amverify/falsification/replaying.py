r"""A counterexample as a file of JSON that decides again on its own.

The file holds the claim as text (or a theorem's id), the instance as the integers that it is made
of, parameters, every point of the run as fractions (or as balls ``mid±rad``), and a hash of all
that. A replay rebuilds the instance, computes both sides of the claim from the points without
rounding, and runs the method again where it is one of ours; it never imports what a file names and
evaluates no code. Points of a step function of somebody's own are taken as the file has them,
unless that step function is given again.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from amverify.errors import CorruptFile, InvalidInput
from amverify.falsification.exactly import Exactly, Inexact
from amverify.falsification.found import Found
from amverify.files import TooLarge, read_text
from amverify.numbers.exact import rational
from amverify.record.header import versions

FORMAT = "amverify counterexample 1"
LARGEST = 1 << 26
_DIGITS = 192
"""Bits of a ball's middle as it is stored; its radius grows by what is cut off."""


def text_of(record: Mapping[str, Any]) -> str:
    """A record as the text of a file, its hash included."""
    plain = {name: value for name, value in record.items() if name != "sha256"}
    return json.dumps({**plain, "sha256": _hash(plain)}, indent=1, ensure_ascii=False) + "\n"


def _hash(record: Mapping[str, Any]) -> str:
    canonical = json.dumps(record, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def source_hash(function: Any) -> str | None:
    """SHA-256 of a function's source, where it has one."""
    try:
        return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()
    except (OSError, TypeError):
        return None


def recorded(found: Found, said: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a counterexample.

    Args:
        found: what failed.
        said: claim, method, problem, parameters, steps and seed, in JSON.
    """
    return {
        "format": FORMAT,
        "versions": versions() | {"python-flint": flint.__version__},
        **said,
        "k": found.k,
        "decided": found.decided,
        "lhs": [str(end) for end in found.lhs],
        "rhs": [str(end) for end in found.rhs],
        "points": [[_told(v) for v in point] for point in found.x],
    }


def _told(value: Any) -> str:
    held = Exactly(value).held
    if isinstance(held, Fraction):
        return str(held)
    low, high = Exactly(held).ends
    middle = _cut((low + high) / 2)
    return f"{middle}±{_cut(max(high - middle, middle - low)) + Fraction(1, 1 << 2 * _DIGITS)}"


def _cut(value: Fraction) -> Fraction:
    """A fraction to ``2·_DIGITS`` binary places."""
    return Fraction(round(value * (1 << 2 * _DIGITS)), 1 << 2 * _DIGITS)


def read(path: Path) -> dict[str, Any]:
    """The record of a file.

    Raises:
        InvalidInput: if there is no such file.
        CorruptFile: if it is none of ours, or was changed.
    """
    try:
        record = json.loads(read_text(path, LARGEST))
    except TooLarge:
        raise CorruptFile(
            f"{path}: larger than {LARGEST} bytes; that is no counterexample"
        ) from None
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise CorruptFile(f"{path}: not JSON; amverify falsify --save writes such a file") from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        report = "; an audit's report: amverify replay FILE"
        raise CorruptFile(f"{path}: not a counterexample of {FORMAT!r}{report}")
    said = record.pop("sha256", None)
    if said != _hash(record):
        raise CorruptFile(f"{path}: it was changed since it was written: its hash does not match")
    return record


def stored_points(rows: Any) -> list[NDArray[Any]]:
    """The points of a record.

    Raises:
        CorruptFile: if they are no numbers.
    """
    try:
        return [_row(row) for row in rows]
    except (TypeError, ValueError, AttributeError, ZeroDivisionError, Inexact):
        raise CorruptFile("counterexample: its points are no numbers") from None


def _row(row: Sequence[str]) -> NDArray[Any]:
    found = np.empty(len(row), dtype=object)
    found[:] = [_number(text) for text in row]
    return found


def _number(text: str) -> Exactly:
    middle, sign, radius = text.partition("±")
    if not sign:
        return Exactly(Fraction(middle))
    return Exactly(rational(Fraction(middle)) + flint.arb(0, rational(Fraction(radius)).upper()))


def same(stored: Sequence[NDArray[Any]], made: Sequence[NDArray[Any]]) -> bool:
    """Whether the method may have made what is stored: no coordinate is surely another."""
    return len(stored) <= len(made) and all(
        a.ends[0] <= b.ends[1] and b.ends[0] <= a.ends[1]
        for old, new in zip(stored, made, strict=False)
        for a, b in zip(old, new, strict=True)
    )
