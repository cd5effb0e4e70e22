"""What recording costs: a recorded sweep or step over one that is not, by the hidden units.

On the digits, two hidden layers, one thread, float32. *Rows*: every block's row, as an audit of T1
needs it; *trace*: F and, every tenth sweep, residuals and gaps besides, as ``amv.traced`` and the
tables have it. ``Recorder`` hears a full-batch SGD, with the gradient and bounds on rounding (as
usual) and with the value alone. Seconds are those of the processor, so that a busy neighbour counts
little, recorded and not in turn; the median of the ratios, and quartiles. Another machine, and
another run, give others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from amverify.compiled.threads import exactly
from amverify.methods.joint import JointTIAM
from amverify.methods.tiam import TIAM
from amverify.network.activations import activation
from amverify.network.coupling import Band
from amverify.network.initial import gaussian
from amverify.network.layered import LayeredProblem
from amverify.network.losses import CrossEntropy
from amverify.record.layered.blocks import MethodRecorder
from amverify.record.layered.run import Tracer
from amverify.record.recorder import Recorder
from paper_figures.data.frame import Data, Entry, Frame
from paper_figures.data.kept import kept
from paper_figures.data.runs import Sources
from paper_figures.drawing.style import COLUMN, PENS, blank, legend_below
from repro.engine.provenance import DECIDING, JUDGING
from repro.tables.parts.request import Protocol, Request

WIDTHS = (25, 50, 100, 200)
REPEATS = 9
PROTOCOL = Protocol(("digits",), (), 0, seeds={})
MODULES = (*DECIDING, *JUDGING)
COLUMNS = ("what", "units", "plain", "ratio", "low", "high")
LABELS = {
    "tiam_rows": "TIAM, rows",
    "tiam_trace": "TIAM, trace",
    "joint_rows": "JointTIAM, rows",
    "joint_trace": "JointTIAM, trace",
    "recorder": "Recorder, SGD",
    "recorder_value": "Recorder, SGD, value alone",
}
Work = Callable[[], object]


def data(request: Request, sources: Sources) -> Data:
    """A row for what is recorded and a width; ``plain`` in milliseconds."""
    (name,) = request.datasets
    sources.laboratory.need([name])
    part = sources.laboratory.datasets[name].train
    x, y = torch.from_numpy(part.x).float(), torch.from_numpy(part.y)

    def compute() -> Frame:
        with exactly(1):
            return Frame.of_rows("recording", COLUMNS, _rows(x, y))

    frame = kept(sources, "recording", (name, WIDTHS, REPEATS), MODULES, compute)
    caption = (
        "Processor time of a recorded sweep (TIAM, JointTIAM) or step (full-batch SGD) over that "
        f"of one without, on the {name}, two hidden layers, float32, one thread; median and "
        f"quartiles of {REPEATS} pairs in turn."
    )
    return Data((frame,), caption, {"code": list(MODULES)})


def _rows(x: torch.Tensor, y: torch.Tensor) -> Iterator[tuple[Entry, ...]]:
    for units in WIDTHS:
        for what in LABELS:
            make = _stepped if what.startswith("recorder") else _swept
            pairs = np.array(list(_paired(*make(what, units, x, y))))
            low, middle, high = map(
                float, np.quantile(pairs[:, 1] / pairs[:, 0], (0.25, 0.5, 0.75))
            )
            yield what, units, 1e3 * float(np.median(pairs[:, 0])), middle, low, high


def _paired(plain: Work, recorded: Work) -> Iterator[tuple[float, float]]:
    """Processor seconds of both, in turn; the first two of each are not counted."""
    for count in range(REPEATS + 2):
        pair = _seconds(plain), _seconds(recorded)
        if count >= 2:
            yield pair


def _seconds(work: Work) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _swept(what: str, units: int, x: torch.Tensor, y: torch.Tensor) -> tuple[Work, Work]:
    """A sweep of a method, and one with its rows or its whole trace."""
    method: Any = TIAM() if what.startswith("tiam") else JointTIAM()
    widths = (x.shape[1], units, units, int(y.max()) + 1)
    relu, loss = activation("relu"), CrossEntropy()
    problem = LayeredProblem(x, y, widths, 1.0, 0.05, Band(1e-3), relu, loss, dtype=torch.float32)
    recording = replace(method, record=True)
    held = [method.initialise(problem, gaussian(widths, 0)) for method in (method, recording)]
    tracer, rows = Tracer(recording, problem, held[1]), MethodRecorder()
    done = 0

    def plain() -> None:
        held[0] = method.sweep(problem, held[0])

    def recorded() -> None:
        nonlocal done
        done += 1
        before, held[1] = held[1], recording.sweep(problem, held[1])
        if what.endswith("rows"):
            rows.sweep(done, held[1].rows)
        else:
            tracer.after(done, before, held[1], done % 10 == 0)

    return plain, recorded


def _stepped(what: str, units: int, x: torch.Tensor, y: torch.Tensor) -> tuple[Work, Work]:
    """A step of SGD, and one that is heard."""
    return _sgd(units, x, y), _sgd(units, x, y, what == "recorder")


def _sgd(units: int, x: torch.Tensor, y: torch.Tensor, gradient: bool | None = None) -> Work:
    """A step; with ``gradient`` given it is recorded."""
    widths = (x.shape[1], units, units, int(y.max()) + 1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        first, second, last = (torch.nn.Linear(m, n) for m, n in pairwise(widths))
    model = torch.nn.Sequential(first, torch.nn.ReLU(), second, torch.nn.ReLU(), last)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)

    def value() -> torch.Tensor:
        return torch.nn.functional.cross_entropy(model(x), y)

    if gradient is not None:
        Recorder.attach(optimizer, value, gradient=gradient)

    def step() -> None:
        optimizer.zero_grad()
        value().backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return step


def draw(data: Data) -> Figure:
    """Ratios by width, a line for what is recorded."""
    figure, (axes,) = blank(COLUMN, 3.2)
    frame = data["recording"]
    for pen, what in zip(PENS, frame.levels("what"), strict=False):
        own = frame.where(what=what)
        units, ratio, low, high = (own.numbers(name) for name in ("units", *COLUMNS[3:]))
        axes.fill_between(units, low, high, color=pen.colour, alpha=0.15, lw=0)
        axes.plot(units, ratio, label=LABELS.get(what, what), **pen.marked(len(own), len(own)))
    axes.axhline(1, color="0.6", linewidth=0.6)
    axes.set(xscale="log", yscale="log", xlabel="hidden units a layer")
    axes.set_ylabel("recorded / not recorded")
    ticks = sorted(frame.levels("units"))
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    heights = [1, 2, 5, 10, 20, 50]
    axes.set_yticks(heights, [str(height) for height in heights])
    axes.minorticks_off()
    legend_below(figure, 2)
    return figure
