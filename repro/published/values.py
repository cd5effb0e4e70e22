"""What a published value is, and how the one that is compared with is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Setting = float | int | str | bool


@dataclass(frozen=True)
class Source:
    """Where a value is printed; ``page`` is None when it is not known."""

    paper: str
    reference: str
    table: str
    page: int | None

    def __str__(self) -> str:
        page = "" if self.page is None else f", p. {self.page}"
        return f"{self.paper} {self.table}{page}"


@dataclass(frozen=True)
class Statistics:
    """Counts of a data set, as many as the paper prints."""

    source: Source
    dataset: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Hyperparameters:
    """What the paper chose for a method on a data set."""

    source: Source
    dataset: str
    method: str
    settings: Mapping[str, Setting]


@dataclass(frozen=True)
class Series:
    """A quantity after each number of ``sweeps``."""

    source: Source
    dataset: str
    method: str
    quantity: str
    settings: Mapping[str, Setting]
    sweeps: tuple[int, ...]
    values: tuple[float, ...]
    headline: bool

    def after(self, sweeps: int) -> float | None:
        """The value after ``sweeps`` sweeps, None when the paper prints none."""
        return dict(zip(self.sweeps, self.values, strict=True)).get(sweeps)


@dataclass(frozen=True)
class Replicates:
    """A quantity after ``sweeps`` sweeps, for each of ``seeds``."""

    source: Source
    dataset: str
    method: str
    quantity: str
    settings: Mapping[str, Setting]
    sweeps: int
    seeds: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Published:
    """All that is known of all papers."""

    papers: tuple[str, ...] = ()
    statistics: tuple[Statistics, ...] = ()
    hyperparameters: tuple[Hyperparameters, ...] = ()
    series: tuple[Series, ...] = ()
    replicates: tuple[Replicates, ...] = ()


def headline(values: Published, dataset: str, method: str, quantity: str) -> Series | None:
    """The series that is compared with, None when there is none."""
    what = (dataset, method, quantity)
    found = (s for s in values.series if s.headline and (s.dataset, s.method, s.quantity) == what)
    return next(found, None)


def statistics_of(values: Published, dataset: str) -> Statistics | None:
    """The first paper's counts of ``dataset``, None when there are none."""
    return next((s for s in values.statistics if s.dataset == dataset), None)
