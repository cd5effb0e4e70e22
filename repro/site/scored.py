"""Every published cell with what became of it, why, and where the measured value stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from repro.published import load
from repro.published.compare import TOLERANCE
from repro.published.score import KINDS, UNPUBLISHED, Outcome, Paper, score
from repro.site.anchors import slug, unique
from repro.site.gathered import Gathered
from repro.site.tables import COMPARED, Place

MAKES = {"Table 2": "table1", "Table 4": "table3", "Table 5": "table4"}
"""Which table here has mDLAM's, by the number there."""


@dataclass(frozen=True)
class ScoredCell:
    """A published cell, explained."""

    id: str
    outcome: Outcome
    mark: str
    kind: str
    why: str
    place: Place | None

    @property
    def measured(self) -> float | None:
        """What was measured here."""
        value, difference = self.outcome.cell.value, self.outcome.difference
        return None if value is None or difference is None else value + difference


@dataclass(frozen=True)
class ScoredPaper:
    """A paper: (kind, how many) for the kinds that occur, and its cells by its tables."""

    name: str
    id: str
    counts: tuple[tuple[str, str, int], ...]
    total: int
    tables: tuple[tuple[str, tuple[ScoredCell, ...]], ...]
    unpublished: int

    @property
    def reproduced(self) -> int:
        """How many cells were reproduced."""
        return sum(n for kind, _, n in self.counts if kind == "reproduced")


def scored(found: Gathered, places: Mapping[str, Place]) -> tuple[ScoredPaper, ...]:
    """All papers; ``places`` says by key of a published cell where its verdict stands."""
    documents = [d for name, d in found.documents.items() if name != "gallery"]
    papers = score(load(), documents)
    names = unique(slug(o.cell.key) for paper in papers for o in paper.outcomes)
    ids = dict(zip((id(o) for paper in papers for o in paper.outcomes), names, strict=True))
    return tuple(_paper(paper, ids, places) for paper in papers)


def _paper(paper: Paper, ids: Mapping[int, str], places: Mapping[str, Place]) -> ScoredPaper:
    tables: dict[str, list[ScoredCell]] = {}
    for outcome in paper.outcomes:
        tables.setdefault(outcome.cell.table, []).append(_cell(outcome, ids, places))
    counts = paper.counts()
    return ScoredPaper(
        paper.name,
        slug(paper.name),
        tuple((kind, COMPARED[kind], counts[kind]) for kind in KINDS if counts[kind]),
        len(paper.outcomes),
        tuple((name, tuple(own)) for name, own in tables.items()),
        counts[UNPUBLISHED],
    )


def _cell(outcome: Outcome, ids: Mapping[int, str], places: Mapping[str, Place]) -> ScoredCell:
    kind = f"compared {slug(outcome.kind)}"
    why = "; ".join(_reasons(outcome))
    place = places.get(outcome.cell.key)
    return ScoredCell(ids[id(outcome)], outcome, COMPARED[outcome.kind], kind, why, place)


def _reasons(outcome: Outcome) -> Iterator[str]:
    """The rule that decided, in words, and what runs say of a difference."""
    counted = outcome.cell.value is None
    told = {
        "reproduced": "equal" if counted else f"within {TOLERANCE:g}",
        "differs": "not equal"
        if counted
        else f"farther off than {TOLERANCE:g} and than two standard errors of the mean",
        "undecided": f"farther off than {TOLERANCE:g}, but from one seed or within two standard "
        "errors of the mean",
        "not comparable": "no run of it stayed finite",
        "no data here": "its data set could not be had: python -m repro list says why",
        "not made": f"not made yet: python -m repro {_maker(outcome)}",
    }
    yield told[outcome.kind]
    if outcome.why:
        yield outcome.why


def _maker(outcome: Outcome) -> str:
    """The table here that would judge a cell."""
    cell = outcome.cell
    if cell.paper == "BCD":
        return "bcd --profile paper"
    return MAKES.get(cell.table, "table2") if cell.value is not None else "table1"


def totals(papers: Sequence[ScoredPaper]) -> tuple[int, int]:
    """How many cells were reproduced, of how many."""
    return sum(p.reproduced for p in papers), sum(p.total for p in papers)
