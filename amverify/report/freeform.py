r"""What has no fixed type (a report's header, a witness's state) as JSON, and back, exactly.

JSON has no NaN, no infinity and no arrays of numbers of a given width. They are written as
objects with one key that begins with a dollar sign,

    nan           {"$float": "nan"}           -inf          {"$float": "-inf"}
    an array      {"$array": {"dtype": "<f8", "shape": [2], "values": [1.5, "inf"]}}

and a key of the user's that begins with a dollar sign gets a second one. A tuple is written, and
read back, as a list; a NumPy number as a Python number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from amverify.errors import InvalidInput

SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_DTYPES = frozenset(
    ("|b1", "|i1", "|u1", "<i2", "<i4", "<i8", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8")
)


class Malformed(ValueError):
    """A value is not what it should be; the message says where and why."""


def number(value: float) -> float | str:
    """A float as JSON has it: a number, or "nan", "inf", "-inf"."""
    return float(value) if math.isfinite(value) else repr(float(value))


def read_number(value: Any, where: str) -> float:
    """The float that ``number`` wrote.

    Raises:
        Malformed: if it is neither a finite JSON number nor one of the three words.
    """
    if isinstance(value, str) and value in SPECIAL:
        return SPECIAL[value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            read = float(value)
        except OverflowError:
            read = math.inf
        if math.isfinite(read):
            return read
    raise Malformed(f"{where}: expected a number, found {shown(value)}")


def shown(value: Any) -> str:
    """A JSON value in a few words, for a message."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = ascii(value)
    return text if len(text) <= 40 else text[:40] + "…"


def encode(value: Any, where: str) -> Any:
    """``value`` as JSON has it.

    Raises:
        InvalidInput: if it holds anything but None, truth values, numbers, texts, lists,
            mappings with text keys, and arrays of numbers.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"$float": repr(float(value))}
    if isinstance(value, list | tuple):
        return [encode(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, np.ndarray):
        return {"$array": _encode_array(value, where)}
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {_escaped(key): encode(item, f"{where}.{key}") for key, item in value.items()}
    raise InvalidInput(
        f"{where}: a {type(value).__name__} cannot be written as JSON; give numbers, text, lists, "
        "mappings with text keys, or NumPy arrays of numbers"
    )


def _escaped(key: str) -> str:
    return f"${key}" if key.startswith("$") else key


def _encode_array(array: np.ndarray[Any, Any], where: str) -> dict[str, Any]:
    code = array.dtype.newbyteorder("<").str
    if code not in _DTYPES:
        raise InvalidInput(f"{where}: an array of {array.dtype} cannot be written as JSON")
    flat = array.ravel().tolist()
    values = [number(x) for x in flat] if array.dtype.kind == "f" else flat
    return {"dtype": code, "shape": list(array.shape), "values": values}


def decode(value: Any, where: str) -> Any:
    """The inverse of ``encode``.

    Raises:
        Malformed: with the place, if ``value`` is not what ``encode`` writes.
    """
    if isinstance(value, list):
        return [decode(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, dict):
        return _decode_object(value, where)
    if isinstance(value, float):
        return read_number(value, where)
    return value


def _decode_object(value: dict[str, Any], where: str) -> Any:
    tags = [key for key in value if key.startswith("$") and not key.startswith("$$")]
    if not tags:
        return {
            key.removeprefix("$"): decode(item, f"{where}.{key}") for key, item in value.items()
        }
    content = value[tags[0]]
    if len(value) == 1 and tags[0] == "$array" and isinstance(content, dict):
        return _decode_array(content, where)
    if value in ({"$float": name} for name in SPECIAL):
        return SPECIAL[content]
    raise Malformed(f"{where}: {shown(tags[0])} is no mark of this format")


def _decode_array(content: dict[str, Any], where: str) -> np.ndarray[Any, Any]:
    code, shape, values = (content.get(key) for key in ("dtype", "shape", "values"))
    if not isinstance(code, str) or code not in _DTYPES:
        raise Malformed(f"{where}: an array of unknown type {shown(code)}")
    if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
        raise Malformed(f"{where}: an array without a shape")
    if not isinstance(values, list) or len(values) != math.prod(shape):
        raise Malformed(f"{where}: an array whose values do not fill its shape")
    dtype = np.dtype(code)
    if dtype.kind == "f":
        values = [read_number(x, where) for x in values]
    elif not all(type(x) is (bool if dtype.kind == "b" else int) for x in values):
        raise Malformed(f"{where}: an array of {code} with a value of another type")
    try:
        with np.errstate(over="raise"):
            return np.array(values, dtype=dtype).reshape(shape)
    except (OverflowError, FloatingPointError, ValueError) as error:
        raise Malformed(f"{where}: an array whose values do not fit {code}") from error
