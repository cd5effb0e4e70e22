"""What a run's curves look like: one chart a quantity, a line a seed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from amverify.report.chart import Frame, Line, chart
from repro.engine.work import FinishedRun

TITLES = {
    "objective": "Objective",
    "lyapunov": "Lyapunov function Ψ",
    "test_accuracy": "Test accuracy",
    "train_accuracy": "Training accuracy",
    "residual_block": "Block-wise residual",
    "residual_joint": "Joint residual",
    "model_gap": "Model gap",
    "reduced": "Blocks that the safeguard reduced",
    "step_size": "Step size",
    "seconds": "Seconds inside the sweeps",
}
"""How a curve is called; others by their own names. They come in this order."""
MOST_NAMED = 8


@dataclass(frozen=True)
class Picture:
    """A chart with its title, in words, and the names of its lines (none where there is one)."""

    title: str
    svg: str
    told: str
    names: tuple[str, ...]


def pictures(runs: Mapping[int, FinishedRun], across: str) -> Iterator[Picture]:
    """A chart for every curve of ``runs``, by seed, in which something is finite."""
    names = dict.fromkeys(name for run in runs.values() for name in run.result.curves)
    known = [name for name in TITLES if name in names]
    for name in [*known, *(name for name in names if name not in TITLES)]:
        lines = [
            Line(f"seed {seed}", range(1, len(curve) + 1), curve)
            for seed, run in runs.items()
            if (curve := run.result.curves.get(name))
        ]
        if found := _picture(name, lines, across):
            yield found


def _picture(name: str, lines: Sequence[Line], across: str) -> Picture | None:
    title = TITLES.get(name, name.replace("_", " ").capitalize())
    told = f"{title} by {across}: {'; '.join(map(_told, lines))}."
    log = False if name.endswith("accuracy") else None
    svg = chart(
        lines, Frame(f"curve-{name.replace('_', '-')}", title, told, across, "", False, log)
    )
    many = 1 < len(lines) <= MOST_NAMED
    return Picture(title, svg, told, tuple(x.name for x in lines) if many else ()) if svg else None


def _told(line: Line) -> str:
    known = [y for y in line.y if math.isfinite(y)]
    if not known:
        return f"{line.name}: no finite value"
    return f"{line.name}: from {known[0]:.4g} to {known[-1]:.4g}"
