"""Which numbers a setting of a run may have at all, whoever wrote the trace.

A theorem's constants come from its declared parameters, whose signs ``Context.known`` checks, and
from the settings in a trace's header (ρ, μ, widths), of which this is the list. A header is
somebody's text: with ρ < 0 a true bound becomes a false one, so a setting outside its domain
decides nothing. It is looked at where a theorem reads it: a theorem that does not is judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

COUNTS = ("layers", "samples", "widths", "blocks", "inner")
POSITIVE = ("rho", "scale")
NONNEGATIVE = (
    *("mu", "mu_bias", "nu", "margin", "floor", "relaxation", "extrapolation", "alpha_bounds"),
    *("input_norm", "start_norm", "activation_lipschitz", "activation_at_zero", "loss_lipschitz"),
)
FINITE = ("momentum", "pair_inertia", "inertia")
LISTED = ("widths", "inertia", "alpha_bounds", "start_norm", "extrapolation")
"""Of these there may be several; the others are a number each."""

AT_LEAST: Mapping[str, str] = {
    **dict.fromkeys(COUNTS, "at least 1"),
    **dict.fromkeys(POSITIVE, "positive"),
    **dict.fromkeys(NONNEGATIVE, "not negative"),
    **dict.fromkeys(FINITE, "finite"),
    "loss_infimum": "a number",
}
"""What each numeric setting that a theorem reads has to be, each number of it.

Lipschitz constants may be +inf and the infimum of a loss −inf, which facts read as *unbounded*.
"""


def outside(name: str, value: Any) -> str:
    """What is wrong with a setting, in words; empty where nothing is, or nothing is asked of it."""
    wanted = AT_LEAST.get(name)
    if wanted is None:
        return ""
    numbers = _numbers(value) if name in LISTED else (value,)
    wrong = [x for x in numbers if not _is(wanted, x)]
    return f"setting {name} = {wrong[0]!r}, which is to be {wanted}" if wrong else ""


def _numbers(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple) else (value,)


def _is(wanted: str, given: Any) -> bool:
    try:
        number = float(given)
    except (TypeError, ValueError, OverflowError):
        return False
    if wanted == "finite":
        return abs(number) < float("inf")
    least = {"at least 1": 1.0, "not negative": 0.0, "a number": -float("inf")}
    return number > 0 if wanted == "positive" else number >= least[wanted]
