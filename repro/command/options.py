"""What the user asked for, whatever the command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from amverify.console.screen import Screen
from amverify.errors import InvalidInput
from repro.engine import Interrupted, Laboratory
from repro.tables import Wanted

MOST_SEEDS = 1000
GREATEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Options:
    """What is wanted, where data come from and files go, and how runs are carried out."""

    data_dir: Path | None = None
    download: bool = True
    out: Path = Path("results")
    cache: Path = Path("results/cache")
    jobs: int = 1
    fresh: bool = False
    scheduler: str | None = None
    wanted: Wanted = field(default_factory=Wanted)
    quiet: bool = False
    dry_run: bool = False
    local_cluster: bool = False
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.local_cluster and self.scheduler is not None:
            raise InvalidInput("--cluster starts a cluster here, --scheduler names one: give one")

    def screen(self) -> Console:
        """Standard output, for what was asked for."""
        return Screen(quiet=self.quiet)

    def laboratory(self, kind: type[Laboratory] = Laboratory) -> Laboratory:
        """Where the data and the runs come from; progress goes to standard error."""
        return kind(
            cache=self.cache,
            data_dir=self.data_dir,
            download=self.download,
            jobs=self.jobs,
            fresh=self.fresh,
            scheduler=self.scheduler,
            local_cluster=self.local_cluster,
            threads=self.threads,
            console=Screen(stderr=True, quiet=self.quiet),
            results=self.out,
        )


def wanted(
    data: list[str] | None = None,
    method: list[str] | None = None,
    network: list[str] | None = None,
    seeds: str | None = None,
    sweeps: int | None = None,
    profile: str | None = None,
) -> Wanted:
    """What these options of the command line ask for."""
    names = {"data set": data or (), "method": method or (), "network": network or ()}
    return Wanted(names, None if seeds is None else seeds_of(seeds), sweeps, profile)


@contextmanager
def interruptible() -> Iterator[None]:
    """Says of Ctrl-C outside the runs what the engine says of it inside."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("interrupted; finished runs are kept, run again to resume") from None


def seeds_of(text: str) -> tuple[int, ...]:
    """Seeds from ``0-4``, ``0,3,7``, ``5`` or a mixture; each once, in the order given."""
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if len(part) > 40 or not first.isdecimal() or (dash and not last.isdecimal()):
            raise InvalidInput(f"--seeds {text[:60]}: write seeds as '0-4', '0,3,7' or '5'")
        low, high = int(first), int(last or first)
        if high < low or high - low >= MOST_SEEDS:
            raise InvalidInput(f"--seeds {text}: '{part}' is no range of at most {MOST_SEEDS}")
        if high > GREATEST_SEED:
            raise InvalidInput(f"--seeds {text}: seeds are whole numbers from 0 to {GREATEST_SEED}")
        seeds += range(low, high + 1)
    return tuple(dict.fromkeys(seeds))
