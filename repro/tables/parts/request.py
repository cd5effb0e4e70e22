"""What a table is asked for, and what it is made with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from amverify.errors import AmverifyError, CorruptFile, DataUnavailable
from repro.data.dataset import Dataset
from repro.engine import FinishedRun
from repro.render import Cell, Text, Unavailable
from repro.spec import RunSpec


@dataclass(frozen=True)
class Request:
    """The rows and runs that the user asked for; without ``networks``, those of the profile."""

    datasets: tuple[str, ...]
    methods: tuple[str, ...]
    seeds: tuple[int, ...]
    sweeps: int
    profile: str = "quick"
    networks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Protocol:
    """What a table is made of unless the user says otherwise.

    ``datasets`` and ``methods`` are the usual ones; others are refused, but for the data sets
    in ``also``. ``seeds`` is by profile. ``networks`` can be chosen among, if there are any.
    """

    datasets: tuple[str, ...]
    methods: tuple[str, ...]
    sweeps: int
    seeds: Mapping[str, tuple[int, ...]]
    also: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Laboratory:
    """How a table gets data and runs; ``failed`` collects the data that could not be had."""

    load: Callable[[str], Dataset]
    run: Callable[[Sequence[RunSpec], Mapping[str, Dataset]], Mapping[RunSpec, FinishedRun]]
    failed: dict[str, AmverifyError] = field(default_factory=dict)


def available(request: Request, laboratory: Laboratory) -> dict[str, Dataset]:
    """The data sets that can be had; why the others cannot goes into ``laboratory.failed``.

    Raises the error of the first when not one can be had.
    """
    found: dict[str, Dataset] = {}
    for name in request.datasets:
        try:
            found[name] = laboratory.load(name)
        except (DataUnavailable, CorruptFile) as error:
            laboratory.failed[name] = error
    if not found:
        first = laboratory.failed[request.datasets[0]]
        others = len(request.datasets) - 1
        also = f" (and {others} more could not be had: python -m repro list)" if others else ""
        raise type(first)(f"no row can be computed: {first}{also}")
    return found


def row_without_data(name: str, about: str, error: AmverifyError, width: int) -> tuple[Cell, ...]:
    """The row of a data set that could not be had, ``width`` cells long."""
    return (Text(name), Text(about), Unavailable(why(name, error)), *[Text()] * (width - 3))


def notes_without_data(laboratory: Laboratory, names: Sequence[str]) -> list[str]:
    """Why each of ``names`` that could not be had could not, and how to get it."""
    failed = laboratory.failed
    return [
        f"{name} is not in the table: {why(name, failed[name])}" for name in names if name in failed
    ]


def why(name: str, error: AmverifyError) -> str:
    """The reason without the data set's name, which stands beside it."""
    return str(error).removeprefix(f"{name}: ")
