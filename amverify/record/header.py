"""The header of a recorded trace: versions, seed, and constants as they were declared."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from typing import Any

import numpy as np
import torch

from amverify.errors import InvalidInput
from amverify.numbers.given import plain
from amverify.trace.header import ORIGINS


def of_run(
    subject: str, settings: Mapping[str, Any], constants: Mapping[str, Any], seed: int | None
) -> dict[str, Any]:
    """The header of a run of steps, as far as it is told and not recorded.

    Raises:
        InvalidInput: for a constant that is not a finite number.
    """
    header: dict[str, Any] = {
        "subject": subject,
        "iteration": "step",
        "settings": dict(settings),
        "constants": declared(constants),
        "versions": versions(),
    }
    return header if seed is None else {**header, "seed": seed}


def versions() -> dict[str, str]:
    """What ran: python and the libraries that compute."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": str(torch.__version__),
        "numba": _numba(),
    }


@cache
def _numba() -> str:
    """What compiled the sums of recorded rows, if anything did."""
    try:
        return metadata.version("numba")
    except metadata.PackageNotFoundError:
        return "not installed"


def declared(constants: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Constants in the header's form; a plain number was declared.

    Raises:
        InvalidInput: for what is not a finite number, or an unknown origin, naming it.
    """
    found = {}
    for name, given in constants.items():
        entry = dict(given) if isinstance(given, Mapping) else {"value": given}
        entry.setdefault("origin", "declared")
        entry |= plain(f"constant {name}", entry)
        for part in ("value", "error"):
            number = entry.get(part, 0.0)
            if not math.isfinite(number):
                raise InvalidInput(f"constant {name}: its {part} is {number}")
        if entry["origin"] not in ORIGINS:
            raise InvalidInput(
                f"constant {name}: origin {entry['origin']!r} is none of {', '.join(ORIGINS)}"
            )
        found[name] = entry
    return found
