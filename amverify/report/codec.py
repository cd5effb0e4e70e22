"""The dataclasses of :mod:`amverify.verdict` as JSON values and back, led by their type hints.

One walk over the hints writes, its mirror image reads: a field that is added to a verdict is
stored with no further word here. Reading checks every type and every name, so that what comes
back is a report or a message that says which place is wrong.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from amverify.errors import InvalidInput
from amverify.report import freeform
from amverify.report.freeform import Malformed, shown


def encode(value: Any, hint: Any, where: str) -> Any:
    """``value``, of type ``hint``, as JSON has it.

    Raises:
        InvalidInput: if it is not of that type, with the place.
    """
    try:
        return _encode(value, hint, where)
    except InvalidInput:
        raise
    except (AttributeError, TypeError, ValueError) as error:
        raise InvalidInput(f"{where}: {shown(value)} is not what the field holds") from error


def _encode(value: Any, hint: Any, where: str) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return freeform.encode(value, where)
    if origin in (Union, UnionType):
        return None if value is None else encode(value, _other_than_none(inner), where)
    if origin is tuple:
        if _plain_numbers(value, inner):
            return list(value)
        each = inner[:1] * len(value) if inner[1:] == (...,) else inner
        pairs = zip(value, each, strict=True)
        return [encode(item, kind, f"{where}[{i}]") for i, (item, kind) in enumerate(pairs)]
    if origin is Mapping:
        return _encode_mapping(value, inner[1], where)
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return {
            f.name: encode(getattr(value, f.name), hints[f.name], f"{where}.{f.name}")
            for f in fields(hint)
        }
    return _encode_leaf(value, hint)


def _encode_mapping(value: Any, kind: Any, where: str) -> Any:
    if kind is Any:
        return freeform.encode(value, where)
    return {_text(key): encode(item, kind, f"{where}.{key}") for key, item in value.items()}


def _encode_leaf(value: Any, hint: Any) -> Any:
    if hint is float:
        return freeform.number(value)
    if hint is bool and isinstance(value, bool | np.bool_):
        return bool(value)
    if hint is int:
        return operator.index(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value).value
    if get_origin(hint) is Literal and value not in get_args(hint):
        raise ValueError(value)
    return _text(value)


def _plain_numbers(values: Any, inner: tuple[Any, ...]) -> bool:
    """Whether ``values`` are all ints, or all finite floats, of a hint that asks for just that.

    They are the same in JSON; a slack of 10⁶ sweeps need not be walked number by number.
    """
    if inner[0] not in (int, float) or inner[1:] != (...,):
        return False
    return set(map(type, values)) <= {inner[0]} and (
        inner[0] is int or all(map(math.isfinite, values))
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return str(value)


def decode(value: Any, hint: Any, where: str) -> Any:
    """The inverse of ``encode``.

    Raises:
        Malformed: if ``value`` is not what ``encode`` writes for ``hint``, with the place.
    """
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return freeform.decode(value, where)
    if origin in (Union, UnionType):
        return None if value is None else decode(value, _other_than_none(inner), where)
    if origin is tuple:
        return _decode_tuple(value, inner, where)
    if origin is Mapping:
        return _decode_mapping(value, inner[1], where)
    if is_dataclass(hint):
        return _decode_record(value, hint, where)
    return _decode_leaf(value, hint, where)


def _other_than_none(inner: tuple[Any, ...]) -> Any:
    return next(kind for kind in inner if kind is not type(None))


def _decode_tuple(value: Any, inner: tuple[Any, ...], where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise Malformed(f"{where}: expected a list, found {shown(value)}")
    if _plain_numbers(value, inner):
        return tuple(_in_range(value, where)) if inner[0] is int else tuple(value)
    each = inner[:1] * len(value) if inner[1:] == (...,) else inner
    if len(each) != len(value):
        raise Malformed(f"{where}: expected {len(each)} values, found {len(value)}")
    pairs = zip(value, each, strict=True)
    return tuple(decode(item, kind, f"{where}[{i}]") for i, (item, kind) in enumerate(pairs))


def _decode_mapping(value: Any, kind: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise Malformed(f"{where}: expected an object, found {shown(value)}")
    if kind is Any:
        read = freeform.decode(value, where)
        if not isinstance(read, dict):
            raise Malformed(f"{where}: expected an object with names")
        return read
    return {key: decode(item, kind, f"{where}.{key}") for key, item in value.items()}


def _decode_record(value: Any, kind: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise Malformed(f"{where}: expected an object, found {shown(value)}")
    hints = get_type_hints(kind)
    names = [f.name for f in fields(kind)]
    for name in names:
        if name not in value:
            raise Malformed(f"{where}: {name!r} is missing")
    for name in value:
        if name not in names:
            raise Malformed(f"{where}: {shown(name)} is no field of a {kind.__name__.lower()}")
    return kind(**{name: decode(value[name], hints[name], f"{where}.{name}") for name in names})


def _decode_leaf(value: Any, hint: Any, where: str) -> Any:
    if hint is float:
        return freeform.read_number(value, where)
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        if isinstance(value, str) and value in choices:
            return value
        raise Malformed(f"{where}: {shown(value)} is none of {', '.join(choices)}")
    if issubclass(hint, Enum):
        names = [member.value for member in hint]
        if value in names:
            return hint(value)
        raise Malformed(f"{where}: {shown(value)} is none of {', '.join(names)}")
    if type(value) is not hint:
        name = {str: "text", int: "a whole number", bool: "true or false"}[hint]
        raise Malformed(f"{where}: expected {name}, found {shown(value)}")
    return _in_range([value], where)[0] if hint is int else value


def _in_range(numbers: list[int], where: str) -> list[int]:
    """Whole numbers that all can be made floats of, as pages and charts do."""
    if numbers and not -(2**63) <= min(numbers) <= max(numbers) < 2**63:
        raise Malformed(f"{where}: a whole number beyond 64 bits")
    return numbers
