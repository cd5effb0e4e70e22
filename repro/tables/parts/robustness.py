r"""How much the initial step size matters: accuracy over α₀ ∈ 10^{−4…0}.

For each kind of step size, the *range held* is the longest stretch of neighbouring α₀ of the grid
whose mean final test accuracy is within two points of the best that any kind reached with any
α₀ on the workload; its *width* is the ratio of its ends, at least 1. The claim is *met* when the
width of a trained kind is at least 30 times that of fixed step sizes. A range that reaches an end
of the grid may be wider than is seen: it is marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from repro.minibatch.names import FIXED, LABELS, TRAINED
from repro.minibatch.workloads import Workload
from repro.render import Cell, Column, Number, Table, Text
from repro.tables.parts.measures import Group, final, target_of

WITHIN = 0.02
WIDER = 30.0
ROUNDING = 1e-9  # 30 times is 30 times to the reader

# by kind, workload and initial step size
Groups = Mapping[tuple[str, Workload, float], Group]


@dataclass(frozen=True)
class Held:
    """The range of initial step sizes that keep the accuracy; none where ``low`` is None."""

    low: float | None
    high: float | None
    at_the_end: bool

    @property
    def width(self) -> float | None:
        """Ratio of its ends."""
        return None if self.low is None or self.high is None else self.high / self.low

    def plain(self) -> str:
        """As a person reads it."""
        if self.low is None:
            return "none"
        beyond = ", to the grid's end" if self.at_the_end else ""
        return f"{self.low:g} … {self.high:g}{beyond}"


def held(accuracies: Mapping[float, float | None], best: float) -> Held:
    """The longest stretch within ``WITHIN`` of ``best``; the first of equally long ones.

    ``accuracies`` by initial step size, in rising order; None where every run diverged.
    """
    sizes = list(accuracies)
    good = [a is not None and a >= best - WITHIN - ROUNDING for a in accuracies.values()]
    stretches = [
        [index for index, _ in members]
        for is_good, members in groupby(enumerate(good), key=lambda pair: pair[1])
        if is_good
    ]
    if not stretches:
        return Held(None, None, at_the_end=False)
    longest = max(stretches, key=len)
    first, last = longest[0], longest[-1]
    return Held(sizes[first], sizes[last], first == 0 or last == len(sizes) - 1)


def seeds_of(workload: Workload, seeds: Sequence[int]) -> Sequence[int]:
    """The seeds of a workload's runs here: one alone of a part of a data set."""
    return seeds[:1] if workload.samples else seeds


def table(
    kinds: Sequence[str],
    present: Sequence[Workload],
    rates: Sequence[float],
    groups: Groups,
    caption: str,
) -> Table:
    """A row a kind, a column an initial step size, the range held and the verdicts as notes."""
    columns = (
        Column("workload", "Data set"),
        Column("method", "Method"),
        *(Column(f"alpha_{rate:g}", f"α⁰ = {rate:g}", right=True) for rate in rates),
        Column("held", "Range held"),
        Column("width", "Width", right=True),
    )
    rows: list[tuple[Cell, ...]] = []
    notes: list[str] = []
    for workload in present:
        means = {k: {r: target_of(groups[k, workload, r]) for r in rates} for k in kinds}
        reached = [a for own in means.values() for a in own.values() if a is not None]
        best = max(reached, default=0.0)
        ranges = {kind: held(means[kind], best) for kind in kinds}
        for kind in kinds:
            cells = (final(groups[kind, workload, rate], "test_accuracy") for rate in rates)
            rows.append(
                (
                    Text(str(workload)),
                    Text(LABELS[kind]),
                    *(replace(cell, format=".3f") for cell in cells),
                    Text(ranges[kind].plain()),
                    Number(ranges[kind].width, ".3g"),
                )
            )
        notes += [f"{workload}: one seed alone"] * bool(workload.samples)
        notes += [f"{workload}: {line}" for line in verdicts(ranges)]
    return Table(
        name="robustness",
        title="Accuracy against the initial step size",
        columns=columns,
        rows=tuple(rows),
        caption=(
            f"{caption} Range held: neighbouring α⁰ whose mean accuracy is within {WITHIN:g} of "
            "the best in the rows of the data set; width: the ratio of its ends."
        ),
        notes=tuple(notes),
    )


def verdicts(ranges: Mapping[str, Held]) -> list[str]:
    """The claim for every trained kind, a line each; [] without fixed step sizes to compare."""
    fixed = ranges.get(FIXED)
    if fixed is None:
        return []
    lines = []
    for kind in (kind for kind in ranges if kind in TRAINED):
        ours, theirs = ranges[kind].width or 0.0, fixed.width or 1.0
        ratio = ours / theirs
        verdict = "met" if ratio >= WIDER * (1 - ROUNDING) else "not met"
        lines.append(
            f"{LABELS[kind]} holds within {WITHIN:g} over a range {ratio:.3g} times as wide as "
            f"fixed step sizes; at least {WIDER:g} times: {verdict}"
        )
    return lines
