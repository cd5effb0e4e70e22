"""The parts of a GPU's report, and their outcomes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Literal

import torch

State = Literal["passed", "failed", "skipped", "measured"]


class Skipped(Exception):
    """A part that this device or this torch cannot do; the message is the reason."""


class Failed(Exception):
    """A check that came out wrong; the message says by how much."""


@dataclass(frozen=True)
class Outcome:
    """What came of a part: its line for a reader, its figures for a program."""

    name: str
    state: State
    said: str
    figures: dict[str, object] = field(default_factory=dict)
    seconds: float = 0.0

    def as_json(self) -> dict[str, object]:
        """Its fields by name."""
        return asdict(self)


Figures = dict[str, object]
Part = Callable[[torch.device], tuple[str, Figures]]
"""Does its work on a device and returns a line and figures, or raises ``Skipped``, ``Failed``."""


@dataclass(frozen=True)
class Named:
    """A part with its name; ``check`` parts pass or fail, the others measure."""

    name: str
    part: Part
    check: bool


def outcomes(parts: Iterable[Named], device: torch.device, budget: float) -> Iterator[Outcome]:
    """The outcome of each part, in turn; none is begun when the budget in seconds is spent.

    A part that raises is *failed*, with what it raised: the others are carried out all the same.
    """
    end = time.monotonic() + budget
    for named in parts:
        if time.monotonic() >= end:
            yield Outcome(named.name, "skipped", f"the {budget:g} s of --seconds were spent")
        else:
            yield _outcome(named, device)


def _outcome(named: Named, device: torch.device) -> Outcome:
    began = time.monotonic()
    state: State = "passed" if named.check else "measured"
    figures: Figures = {}
    try:
        said, figures = named.part(device)
    except Skipped as reason:
        state, said = "skipped", str(reason)
    except Failed as reason:
        state, said = "failed", str(reason)
    except Exception as error:  # whatever a device does wrong is its outcome
        state, said = "failed", f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return Outcome(named.name, state, said, figures, round(time.monotonic() - began, 3))
