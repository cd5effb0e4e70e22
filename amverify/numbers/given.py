"""Numbers as people give them: what counts as one, and how far its double is from it.

``0.5``, ``1``, ``Fraction(1, 3)``, ``Decimal("0.1")``, the text ``"1/3"``, numpy's scalars, arrays
and tensors without dimensions are numbers; ``True`` is not. 1/3 is no double: what is kept is the
nearest one, with a bound on its distance, so that nothing is decided by the difference.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np

from amverify.errors import InvalidInput

_LONGEST = 400
"""Characters of a number that is text."""


def given(name: str, value: Any) -> tuple[float, float]:
    """The double nearest to a number, and a bound on the distance.

    Not finite is answered as it is: who asks knows whether it may be.

    Args:
        name: what it is, for the error.
        value: the number.

    Raises:
        InvalidInput: if it is none.
    """
    found = _number(value)
    if found is None:
        shown = " ".join(repr(value).split())
        raise InvalidInput(f"{name}: expected a number, got {shown[:60]}")
    if isinstance(found, float):
        return found, 0.0
    try:
        nearest = float(found)
    except OverflowError:
        return (math.inf if found > 0 else -math.inf), math.inf
    return nearest, _above(abs(found - Fraction(nearest)))


def plain(name: str, value: Any) -> Any:
    """A constant as JSON can say it: a number, or ``{"value": …, "error": …, "origin": …}``.

    Raises:
        InvalidInput: if value or error is no number.
    """
    if isinstance(value, Mapping):
        entry = dict(value)
        number, gap = given(name, entry.get("value"))
        error = _sum(given(name, entry.get("error", 0.0)), gap)
        entry["value"] = number
        return entry | ({"error": error} if error or "error" in entry else {})
    number, gap = given(name, value)
    return {"value": number, "error": gap} if gap else number


def _number(value: Any) -> float | Fraction | None:
    if isinstance(value, str):
        return _read(value)
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, Decimal | np.floating):
        return Fraction(*value.as_integer_ratio()) if math.isfinite(value) else float(value)
    return None


def _read(text: str) -> float | Fraction | None:
    """0.1 is the double that it is read as; 1/10 is a tenth."""
    if len(text) > _LONGEST:
        return None
    try:
        return Fraction(text.replace(" ", "")) if "/" in text else float(text)
    except (ValueError, ZeroDivisionError):
        return None


def _above(exact: Fraction) -> float:
    """A double at or above a number that is not negative."""
    found = float(exact)
    return found if Fraction(found) >= exact else math.nextafter(found, math.inf)


def _sum(error: tuple[float, float], gap: float) -> float:
    """A bound on declared error and gap together; just the error where there is no gap."""
    declared, off = error
    if not (gap or off) or not math.isfinite(declared):
        return declared
    if math.isinf(gap + off):
        return math.inf
    return _above(Fraction(declared) + Fraction(off) + Fraction(gap))
