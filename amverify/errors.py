"""What went wrong, in one line that a user can act on.

Every error that a user can cause derives from :class:`AmverifyError`. Its message says
what is wrong, where, and what to do; its ``exit_status`` is what the command line
returns, so that scripts can tell the cases apart:

====== ==========================================================
status meaning
====== ==========================================================
2      bad input: a shape, a value, a name, a malformed file; a
       place that cannot be written (disk full, no permission)
4      data not to be had (no file, no network), or a file that is
       there but is not what it should be
7      a fault of the program or of a worker: no verdict
130    interrupted by the user; finished work is kept
141    whoever read the output went away
====== ==========================================================

0, 1 and 3 are kept for verdicts (holds; violated; undecided or not applicable). How a process
ends when nobody foresaw it is :mod:`amverify.console.entry`'s.
"""

from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from os import PathLike, fspath
from pathlib import Path


class AmverifyError(Exception):
    """Base of every error that a user can cause; the message is one line."""

    exit_status = 2


class InvalidInput(AmverifyError, ValueError):
    """A shape, value or name that the mathematics or the interface does not admit."""


def expect(name: str, value: object, kind: type, how: str) -> None:
    """That ``value`` is a ``kind``; ``how`` says where one is to be had.

    Raises:
        InvalidInput: if it is none.
    """
    if not isinstance(value, kind):
        raise InvalidInput(f"{name}: expected a {kind.__name__}, got {type(value).__name__}; {how}")


_KINDS: dict[type, str] = {
    Real: "a number",
    Integral: "a whole number",
    Mapping: "a mapping",
    Callable: "a function",  # type: ignore[dict-item]
    Iterable: "several",
    str: "a text",
    bool: "True or False",
    type(None): "None",
}


def of_kinds(given: Mapping[str, object], kinds: Mapping[str, type | tuple[type, ...]]) -> None:
    """That each argument is of one of its kinds; arrays without dimensions count as numbers.

    Args:
        given: values of arguments by name; there may be others.
        kinds: by name.

    Raises:
        InvalidInput: naming the first that is of none.
    """
    for name, admitted in kinds.items():
        own = admitted if isinstance(admitted, tuple) else (admitted,)
        value = given[name]
        if isinstance(value, own) or (Real in own and getattr(value, "ndim", None) == 0):
            continue
        named = " or ".join(_KINDS.get(kind, f"a {kind.__name__}") for kind in own)
        raise InvalidInput(f"{name}: expected {named}, got {brief(value)}")


def is_whole(value: object, least: int) -> bool:
    """Whether it is a whole number, Python's or NumPy's, from ``least`` on, and no truth value."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def brief(value: object) -> str:
    """What was given, on one line, in few signs."""
    try:
        said = repr(value)
    except Exception:
        said = f"a {type(value).__name__}"
    return one_line(said, 80)


def one_line(text: object, most: int = 200) -> str:
    """A message that may quote a file, on one line, in so many signs at most."""
    said = " ".join(str(text).split())
    return said if len(said) <= most else f"{said[:most]}…"


def file_named(name: str, value: object) -> Path:
    """The path that ``value`` is.

    Raises:
        InvalidInput: if it is neither a text nor a path, or has a character that no name can have.
    """
    if not isinstance(value, str | PathLike) or isinstance(path := fspath(value), bytes):
        raise InvalidInput(f"{name}: expected a file's name, got {type(value).__name__}")
    if "\0" in path:
        raise InvalidInput(f"{name}: a file's name has no character 0")
    return Path(path)


class DataUnavailable(AmverifyError):
    """A data set is neither in a given folder, nor in the cache, nor to be downloaded."""

    exit_status = 4


class CorruptFile(AmverifyError):
    """A file is truncated, tampered with, or of another format than it should be."""

    exit_status = 4


class CannotWrite(AmverifyError):
    """A result could not be stored; what was there before is untouched."""

    exit_status = 2
