"""The runs behind a cell: one configuration, a run a seed, with what is kept of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from repro.engine.cache import Cache, look_up, spec_of
from repro.engine.keys import configuration_hash
from repro.engine.work import FinishedRun
from repro.site.gathered import Gathered
from repro.spec import RunSpec


@dataclass(frozen=True)
class Run:
    """One run as a table's JSON file has it: ``record`` is its provenance there."""

    spec: RunSpec
    key: str
    record: Mapping[str, Any]


@dataclass
class Configuration:
    """All runs that differ in nothing but the seed; ``documents`` are the tables made of them."""

    name: str
    runs: dict[int, Run] = field(default_factory=dict)
    documents: dict[str, None] = field(default_factory=dict)

    @property
    def spec(self) -> RunSpec:
        """Its specification, with the first seed."""
        return next(iter(self.runs.values())).spec

    @property
    def title(self) -> str:
        """Method and data set."""
        return f"{self.spec.method} on {self.spec.dataset}"


def configurations(found: Gathered, say: Callable[[str], None]) -> dict[str, Configuration]:
    """By hash, every configuration whose runs a table's file lists; ``say`` gets what is unread."""
    every: dict[str, Configuration] = {}
    for name, document in found.documents.items():
        unread = 0
        for run in _runs(document):
            if run is None:
                unread += 1
                continue
            own = configuration_hash(run.spec)
            configuration = every.setdefault(own, Configuration(own))
            configuration.runs.setdefault(run.spec.seed, run)
            configuration.documents[name] = None
        if unread:
            say(
                f"warning: {name}.json lists {unread} runs as another version wrote them; their "
                f"pages are left out (python -m repro {name} makes them again)"
            )
    return every


def _runs(document: Mapping[str, Any]) -> Iterator[Run | None]:
    for record in document["provenance"].get("runs", ()):
        try:
            float(record.get("wall_time", 0.0))
            list(record.get("notes", ()))
            yield Run(spec_of(record["spec"]), str(record["key"]), record)
        except (KeyError, TypeError, ValueError, AttributeError):
            yield None


def finished(run: Run, found: Gathered, say: Callable[[str], None]) -> FinishedRun | None:
    """What the cache keeps of a run; None where it has nothing, or nothing whole."""
    return look_up(Cache(found.cache, False, say), run.spec, run.key)
