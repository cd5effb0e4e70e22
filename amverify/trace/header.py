"""What the header of a trace may say: every field that is read, with the form that it must have.

The header is JSON from somebody else's file. A field that a theorem reads (``settings.layers``,
a constant) is checked here once, by name, so that nothing behind it meets a list where it
expects a number. Fields that nobody reads may hold anything that JSON can say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from amverify.errors import InvalidInput

LONGEST = 10_000
"""Characters of a text field."""

ORIGINS = ("declared", "computed", "measured", "fitted")
"""Where a constant may come from."""


def is_number(given: Any) -> bool:
    """Whether it is a finite number: a float, or an integer that one can hold."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        return False
    return math.isfinite(given) if isinstance(given, float) else abs(given) < 2**1023


def _whole(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 2**62


def _text(given: Any) -> bool:
    return isinstance(given, str) and len(given) <= LONGEST


def _object(given: Any) -> bool:
    return isinstance(given, Mapping)


def _texts(given: Any) -> bool:
    return isinstance(given, list | tuple) and all(_text(x) for x in given)


def _numbers(given: Any) -> bool:
    if isinstance(given, Mapping):
        return all(is_number(x) for x in given.values())
    return isinstance(given, list | tuple) and all(is_number(x) for x in given)


def _listed(given: Any) -> bool:
    return not isinstance(given, Mapping) and _numbers(given)


def _named(given: Any) -> bool:
    return isinstance(given, Mapping) and _numbers(given)


def _flag(given: Any) -> bool:
    return isinstance(given, bool)


def _pair(given: Any) -> bool:
    return isinstance(given, list | tuple) and len(given) == 2 and _numbers(given)


def _iteration(given: Any) -> bool:
    return given in ("step", "sweep")


def _end(given: Any) -> bool:
    return _object(given) and _whole(given.get("sweep")) and _text(given.get("what"))


def _probe(given: Any) -> bool:
    return _object(given) and all(given.get(n) is None or _whole(given[n]) for n in given)


_FORMS: Mapping[Callable[[Any], bool], str] = {
    is_number: "a finite number",
    _whole: "a whole number, not negative",
    _text: f"a text of at most {LONGEST} characters",
    _object: "an object",
    _texts: "a list of texts",
    _listed: "finite numbers, as a list",
    _named: "finite numbers by name",
    _pair: "two finite numbers",
    _flag: "true or false",
    _probe: "counts by name",
    _end: "a sweep and what was not finite there",
    _iteration: "step or sweep",
}

FIELDS: Mapping[str, Callable[[Any], bool]] = {
    "subject": _text,
    "method": _text,
    "dtype": _text,
    "iteration": _iteration,
    "stopped": _text,
    "nonfinite": _end,
    "notes": _texts,
    "execution": _text,
    "settings": _object,
    "constants": _object,
    "versions": _object,
}
"""Fields of the header itself."""

SETTINGS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("layers", "samples", "blocks", "inner", "memory"), _whole),
    **dict.fromkeys(
        (
            "rho",
            "mu",
            "mu_bias",
            "nu",
            "margin",
            "scale",
            "relaxation",
            "momentum",
            "pair_inertia",
            "floor",
            "input_norm",
            "activation_lipschitz",
            "activation_at_zero",
            "loss_lipschitz",
            "loss_infimum",
        ),
        is_number,
    ),
    **dict.fromkeys(("loss_convex", "piecewise_linear", "starts_feasible"), _flag),
    "widths": _listed,
    **dict.fromkeys(("coupling", "nonsmooth", "activation", "loss", "dtype", "meta"), _text),
    **dict.fromkeys(("point", "late"), _text),
    "every": _whole,
    "start_norm": _named,
    "inertia": _listed,
    "alpha_bounds": _pair,
    "probe": _probe,
    "measured": _texts,
    "block_names": _texts,
}
"""Settings that theorems read."""


def checked(header: Mapping[str, Any]) -> None:
    """Refuse a header that says what it cannot.

    Raises:
        InvalidInput: naming the field, what it holds and what it should.
    """
    _all(header, FIELDS, "")
    _all(header.get("settings", {}), SETTINGS, "settings.")
    for name, given in header.get("constants", {}).items():
        _constant(name, given)


def _all(found: Mapping[str, Any], forms: Mapping[str, Callable[[Any], bool]], where: str) -> None:
    for name in found.keys() & forms.keys():
        if not forms[name](found[name]):
            raise InvalidInput(
                f"header, {where}{name}: {shown(found[name])} is not {_FORMS[forms[name]]}"
            )


def _constant(name: str, given: Any) -> None:
    """A number, or ``{"value": …, "error": …, "origin": …}``."""
    entry = given if isinstance(given, Mapping) else {"value": given}
    for part in ("value", "error"):
        number = entry.get(part, 0.0)
        if not is_number(number) or (part == "error" and number < 0):
            raise InvalidInput(
                f"header, constants.{name}: {part} {shown(number)} is no such number"
            )
    if entry.get("origin", "declared") not in ORIGINS:
        raise InvalidInput(
            f"header, constants.{name}: origin {shown(entry['origin'])} is none of "
            f"{', '.join(ORIGINS)}"
        )


def shown(given: Any) -> str:
    """A value in an error's line: short, whatever it is."""
    if isinstance(given, int) and abs(given) >= 10**20:
        return f"an integer of {given.bit_length()} bits"
    try:
        text = repr(given)
    except (ValueError, RecursionError):
        text = type(given).__name__
    return text if len(text) <= 60 else f"{text[:57]}..."
