"""Which figures there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from paper_figures.data.frame import Data
from paper_figures.data.runs import Sources
from paper_figures.figures import (
    accuracy,
    cost,
    descent,
    exponents,
    initial_step,
    kl,
    published,
    recording,
    region,
    residuals,
    slack,
    step_sizes,
    tiles,
    undecided,
)
from paper_figures.names import CONTENTS
from repro.tables.parts.request import Protocol, Request


@dataclass(frozen=True)
class FigureEntry:
    """A figure that can be made: ``contents`` is what ``list`` says of it."""

    contents: str
    protocol: Protocol
    data: Callable[[Request, Sources], Data]
    draw: Callable[[Data], Figure]


MODULES = (
    *(descent, residuals, accuracy, region, slack),
    *(kl, exponents, published, tiles, step_sizes, initial_step),
    *(undecided, cost, recording),
)
FIGURES = {
    name: FigureEntry(contents, module.PROTOCOL, module.data, module.draw)
    for (name, contents), module in zip(CONTENTS.items(), MODULES, strict=True)
}
