"""What a table admits, what it is asked for, and what it says of data that cannot be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from amverify.errors import AmverifyError, InvalidInput
from repro.engine import Laboratory
from repro.names import why
from repro.render import Cell, Text, Unavailable
from repro.render.places import placeless

QUICK_AND_PAPER = {"quick": tuple(range(2)), "paper": tuple(range(10))}


@dataclass(frozen=True)
class Wanted:
    """What the user named, by kind, and chose; None or nothing stands for "what is usual"."""

    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    seeds: tuple[int, ...] | None = None
    sweeps: int | None = None
    profile: str | None = None


@dataclass(frozen=True)
class Request:
    """The rows and runs that a table is to have; without ``networks``, those of the profile."""

    datasets: tuple[str, ...]
    methods: tuple[str, ...]
    seeds: tuple[int, ...]
    sweeps: int
    profile: str = "quick"
    networks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Protocol:
    """What a table is made of unless the user says otherwise, and what it admits.

    ``datasets`` and ``methods`` are the usual ones; others are refused, but for the data sets
    in ``also``. ``seeds`` is by profile; a table without runs has none, and no methods.
    ``networks`` can be chosen among, if there are any.
    """

    datasets: tuple[str, ...]
    methods: tuple[str, ...] = ()
    sweeps: int = 0
    seeds: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: QUICK_AND_PAPER)
    also: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()

    @property
    def known(self) -> dict[str, tuple[str, ...]]:
        """The names that may be asked for, by kind."""
        datasets = tuple(dict.fromkeys(self.datasets + self.also))
        return {"data set": datasets, "method": self.methods, "network": self.networks}

    def request(self, wanted: Wanted) -> Request:
        """What of ``wanted`` this table admits.

        Raises :class:`InvalidInput` where that is nothing, in a line that names what there is.
        """
        chosen = {kind: self._common(kind, wanted) for kind in self.known}
        profile = wanted.profile or "quick"
        return Request(
            chosen["data set"] or self.datasets,
            chosen["method"] or self.methods,
            self.seeds.get(profile, ()) if wanted.seeds is None else wanted.seeds,
            self.sweeps if wanted.sweeps is None else wanted.sweeps,
            profile,
            chosen["network"],
        )

    def _common(self, kind: str, wanted: Wanted) -> tuple[str, ...]:
        given, known = wanted.names.get(kind, ()), self.known[kind]
        common = tuple(name for name in dict.fromkeys(given) if name in known)
        if given and not known:
            option = kind.removesuffix(" set")
            raise InvalidInput(f"no {kind}s to choose among; leave out --{option}")
        if given and not common:
            raise InvalidInput(f"it has none of the {kind}s asked for; known: {', '.join(known)}")
        return common


def row_without_data(name: str, about: str, error: AmverifyError, width: int) -> tuple[Cell, ...]:
    """The row of a data set that could not be had, ``width`` cells long."""
    return (
        Text(name),
        Text(about),
        Unavailable(placeless(why(name, error))),
        *[Text()] * (width - 3),
    )


def notes_without_data(laboratory: Laboratory, names: Sequence[str]) -> list[str]:
    """Why each of ``names`` that could not be had could not, and how to get it."""
    failed = laboratory.failed
    return [
        f"{name} is not in the table: {placeless(why(name, failed[name]))}"
        for name in names
        if name in failed
    ]
