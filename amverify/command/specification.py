r"""A specification of an audit as a TOML file: a trace, and what is claimed of it.

    trace = "run.trace"              # beside the specification, or absolute

    [[claim]]
    theorem = "H1"
    constants = { a = 0.5 }          # declared: by formula or by the claim's author

    [[claim]]
    theorem = "T3"

    [[claim]]
    holds = "value[k] - fstar <= C/k"   # see amverify.claims
    given = ["eta[k]*L <= 1"]           # monitored; one string or several
    trust = "f is convex"               # no run can check it
    constants = { C = 3, L = 10, fstar = { value = 0.1, error = 1e-12 } }

Malformed or incomplete, it is answered with the line and the key at fault. It names no code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from amverify.claims import is_written
from amverify.errors import InvalidInput
from amverify.files import TooLarge, read_text
from amverify.judge.constants import refuse_unknown
from amverify.numbers.given import plain
from amverify.subject.subject import Claim, claimed
from amverify.trace.header import is_number, shown

_LARGEST = 1 << 16
"""Bytes of a specification. Bytes and characters of a line are bounded before it is parsed:
nested brackets and dotted keys cost a parser more than their length."""
_LONGEST = 2_000
_KEYS = {"trace", "claim"}
_OF_A_CLAIM = ("theorem", "holds", "given", "trust", "constants")


def read_specification(path: Path) -> tuple[Path, tuple[Claim, ...]]:
    """The trace's path and the claims of a specification.

    Raises:
        InvalidInput: what is wrong, in which line or key.
    """
    try:
        text = read_text(path, _LARGEST)
    except TooLarge:
        raise InvalidInput(
            f"{path}: larger than {_LARGEST} bytes; that is no specification"
        ) from None
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{path}: not UTF-8 text") from None
    given = _parsed(path, text)
    for key in given:
        if key not in _KEYS:
            line = _line(text, key)
            raise InvalidInput(f"{path}, line {line}: unknown key {key!r}; known: trace, [[claim]]")
    if not isinstance(given.get("trace"), str):
        raise InvalidInput(f"{path}: key 'trace' is missing or no string: name the trace's file")
    claims = given.get("claim")
    if not isinstance(claims, list) or not claims:
        raise InvalidInput(f"{path}: no [[claim]]; name at least one theorem")
    found = tuple(_claim(path, text, i, claim) for i, claim in enumerate(claims, start=1))
    return (path.parent / given["trace"]), found


def _parsed(path: Path, text: str) -> dict[str, Any]:
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > _LONGEST:
            raise InvalidInput(
                f"{path}, line {number}: longer than {_LONGEST} characters; no specification"
            )
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise InvalidInput(f"{path}: nested too deeply") from None
    except ValueError as error:
        raise InvalidInput(f"{path}: {' '.join(str(error).split())}") from None


def _claim(path: Path, text: str, number: int, given: Any) -> Claim:
    where = f"{path}, line {_line(text, '[[claim]]', number)}: claim {number}"
    if not isinstance(given, Mapping):
        raise InvalidInput(f"{where}: write it as [[claim]]")
    for key in given:
        if key not in _OF_A_CLAIM:
            known = ", ".join(_OF_A_CLAIM)
            raise InvalidInput(f"{where}: unknown key {key!r}; known: {known}")
    if ("theorem" in given) == ("holds" in given):
        raise InvalidInput(f"{where}: one of the keys 'theorem' and 'holds' is needed, a string")
    name = given.get("theorem", given.get("holds"))
    if not isinstance(name, str) or is_written(name) != ("holds" in given):
        raise InvalidInput(
            f"{where}: theorem is an id, a string; holds is a comparison: "
            'holds = "value[k] <= value[k-1]"'
        )
    constants = given.get("constants", {})
    if not isinstance(constants, Mapping):
        raise InvalidInput(f"{where}: constants must be a table of numbers")
    try:
        return _read(name, constants, *(_texts(given, key) for key in ("given", "trust")))
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from None


def _texts(given: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = given.get(key, ())
    found = (found,) if isinstance(found, str) else found
    if not isinstance(found, list | tuple) or not all(isinstance(one, str) for one in found):
        raise InvalidInput(f"{key} must be a string or a list of strings")
    return tuple(found)


def _read(
    name: str, constants: Mapping[str, Any], given: tuple[str, ...], trust: tuple[str, ...]
) -> Claim:
    plainly = Claim(name, {}, given, trust)
    meant = claimed(plainly)
    refuse_unknown(constants, [meant])
    known = {key: plain(f"constants.{key}", value) for key, value in constants.items()}
    for key, value in known.items():
        if not _admitted(value):
            raise InvalidInput(f"constants.{key} = {shown(constants[key])} is not a finite number")
    return Claim(meant.id, known, given, trust)


def _admitted(value: Any) -> bool:
    """A finite number, or one with the error up to which it is known."""
    entry = value if isinstance(value, dict) else {"value": value}
    finite = set(entry) <= {"value", "error"} and all(map(is_number, entry.values()))
    return finite and entry.get("error", 0.0) >= 0


def _line(text: str, start: str, count: int = 1) -> int:
    """The line in which ``start`` begins for the count-th time."""
    seen = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip().lstrip("[ ").startswith(start.lstrip("[ ").rstrip("]")):
            seen += 1
            if seen == count:
                return number
    return 1
