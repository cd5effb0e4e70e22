r"""Table 9: what a sweep costs, beside what it has to cost, and how that grows.

Each method on the first N images of a data set; N, the hidden units and the depth are varied one at
a time. *Time*: the least of a run's sweeps, by the clock, so that a busy neighbour counts only as
far as he lets no sweep pass; mean over the seeds. *Floor*: the operations and bytes that the method
cannot do without (:mod:`repro.cost.floor`) at the rate of a large matrix product and the bandwidth
of a copy, both measured here and now. *Share*: the floor's operations a second over that rate.

*Growth*: the slope of log time on log size by least squares over all sizes and seeds, with its 95 %
interval by Student's t; beside it the slope of the floor. Where sizes are small the floor grows and
the time does not yet: an exponent below the floor's is no gain, it is overhead that is not yet paid
off. Neither TIAM's nor mDLAM's tables of time are in the public record at hand.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from repro.cost import Floor, Machine, Shape, floor, measured
from repro.engine import FinishedRun, Laboratory, configuration_hash
from repro.full_batch.configurations import configuration
from repro.render import Cell, Column, Document, Estimate, Number, Table, Text
from repro.spec import RunSpec, Setting
from repro.tables.parts.full_batch import document, rows_by_dataset, where
from repro.tables.parts.request import Protocol, Request, notes_without_data

METHODS = ("tiam", "joint_tiam", "mdlam", "bcd", "adam")
LABELS = dict(zip(METHODS, ("TIAM", "JointTIAM", "mDLAM", "BCD", "Adam"), strict=True))
SWEEPS = 12
PROTOCOL = Protocol(("mnist",), METHODS, SWEEPS, also=("fashion_mnist",))
TUNED_ON = "digits"
BCD: tuple[tuple[str, Setting], ...] = (("alpha", 5.0), ("nu", 1.0), ("rho", 1.0))
BASE = (2_000, 100, 2)
AXES = ("samples", "hidden units", "hidden layers")
SIZES = {
    "quick": ((500, 1_000, 2_000, 4_000), (50, 100, 200, 400), (1, 2, 4, 8)),
    "paper": ((1_000, 2_000, 4_000, 8_000, 16_000), (50, 100, 200, 400, 800), (1, 2, 4, 8, 16, 32)),
}
COLUMNS = (
    Column("dataset", "Data set"),
    Column("method", "Method"),
    Column("samples", "Samples", right=True),
    Column("hidden", "Hidden", right=True),
    Column("milliseconds", "ms a sweep", right=True),
    Column("gflop", "GFLOP at least", right=True),
    Column("megabytes", "MB at least", right=True),
    Column("floor", "Floor, ms", right=True),
    Column("ratio", "Time / floor", right=True),
    Column("share", "Share of the rate", right=True),
)
GROWTH = (
    Column("dataset", "Data set"),
    Column("method", "Method"),
    Column("axis", "With the number of"),
    Column("from", "From", right=True),
    Column("to", "To", right=True),
    Column("exponent", "Exponent", right=True),
    Column("interval", "95 % interval", right=True),
    Column("floors", "Floor's exponent", right=True),
)


@dataclass(frozen=True)
class Point:
    """A size: on which axes it stands, and the samples, units of a layer and layers."""

    axis: str
    size: int
    samples: int
    units: int
    layers: int

    @property
    def hidden(self) -> tuple[int, ...]:
        """Widths of the hidden layers."""
        return (self.units,) * self.layers


def points(profile: str) -> tuple[Point, ...]:
    """Every size on every axis; that from which all of them go out stands on each."""
    found = []
    for number, (axis, sizes) in enumerate(zip(AXES, SIZES[profile], strict=True)):
        for size in sizes:
            whole = [size if place == number else base for place, base in enumerate(BASE)]
            found.append(Point(axis, size, *whole))
    return tuple(found)


def specification(method: str, dataset: str, point: Point, seed: int, sweeps: int) -> RunSpec:
    """The run that is timed: measured at its end alone."""
    settings = BCD if method == "bcd" else configuration(method, TUNED_ON).settings
    return RunSpec(
        dataset,
        method,
        settings,
        point.hidden,
        "relu",
        sweeps,
        seed,
        "float32",
        every=sweeps,
        samples=point.samples,
    )


def make(request: Request, laboratory: Laboratory) -> Document:
    """The document of table 9: costs and growth."""
    datasets = laboratory.available(request.datasets)
    specs = {
        (d, m, p): tuple(specification(m, d, p, s, request.sweeps) for s in request.seeds)
        for d in datasets
        for m in request.methods
        for p in points(request.profile)
    }
    runs = laboratory.run(list(dict.fromkeys(spec for own in specs.values() for spec in own)))
    times = {key: _times(own, runs) for key, own in specs.items()}
    widths = {d: (own.train.x.shape[1], own.classes) for d, own in datasets.items()}
    floors = {key: _floor(key[1], key[2], *widths[key[0]]) for key in specs}
    machine = measured(_threads(runs))

    def costs(name: str) -> Iterator[tuple[Cell, ...]]:
        seen = set()
        for key, own in specs.items():
            if key[0] == name and own not in seen:
                seen.add(own)
                yield _cost(key, times[key], floors[key], machine)

    def growth(name: str) -> Iterator[tuple[Cell, ...]]:
        for method in request.methods:
            for axis in AXES:
                keys = [key for key in specs if key[:2] == (name, method) and key[2].axis == axis]
                yield _growth(keys, times, floors)

    faster = [
        f"{LABELS[key[1]]} ({key[2].samples} samples, {key[2].layers} × {key[2].units})"
        for key in specs
        if times[key].mean < 1e3 * floors[key].seconds(machine.rate, machine.bandwidth)
    ]
    notes = (*_notes(runs, faster), *notes_without_data(laboratory, request.datasets))
    tables = (
        Table(
            "cost",
            "Table 9: what a sweep costs",
            COLUMNS,
            rows_by_dataset(request, laboratory, len(COLUMNS), costs),
            caption=_caption(request, machine, runs),
            notes=notes,
        ),
        Table(
            "growth",
            "How the cost of a sweep grows",
            GROWTH,
            rows_by_dataset(request, laboratory, len(GROWTH), growth),
            caption=(
                "Slope of log time on log size by least squares, all sizes and seeds, with "
                f"Student's 95 % interval. Where not varied: {BASE[0]} samples, {BASE[2]} hidden "
                f"layers of {BASE[1]} units."
            ),
        ),
    )
    return document("table9", tables, datasets, runs)


Key = tuple[str, str, Point]


def _notes(runs: Mapping[RunSpec, FinishedRun], faster: Sequence[str]) -> Iterator[str]:
    if faster:
        yield (
            f"faster than the floor, which cannot be: {', '.join(dict.fromkeys(faster))}; the rate "
            "was measured while the machine was busier than in the runs, or on another machine"
        )
    kept = sum(run.cached for run in runs.values())
    if kept:
        yield (
            f"{kept} of {len(runs)} runs were timed before and kept, the rate is that of now; "
            "--fresh measures both"
        )


def _caption(request: Request, machine: Machine, runs: Mapping[RunSpec, FinishedRun]) -> str:
    return (
        f"float32; the least of {request.sweeps} sweeps, mean ± standard deviation over seeds "
        f"{', '.join(map(str, request.seeds))}, {where(runs)}. At least: what the method cannot do "
        f"without (repro/cost/floor.py). Rate here: {machine.rate / 1e9:.3g} GFLOP/s in a large "
        f"product, {machine.bandwidth / 1e9:.3g} GB/s in a copy, {machine.threads} thread(s). No "
        "published counterpart."
    )


def _threads(runs: Mapping[RunSpec, FinishedRun]) -> int:
    """The most that a run had."""
    return max(int(str(run.provenance.get("threads", 1))) for run in runs.values())


def _times(specs: Sequence[RunSpec], runs: Mapping[RunSpec, FinishedRun]) -> Estimate:
    """The least time of a sweep in ms, a seed each; a run that diverged has timed its sweeps."""
    least = []
    for spec in specs:
        ends = [0.0, *(s for s in runs[spec].result.curves["seconds"] if math.isfinite(s))]
        least.append(1e3 * min(np.diff(ends), default=math.nan))
    seeds = tuple(spec.seed for spec in specs)
    return Estimate(tuple(least), seeds, (), configuration_hash(specs[0]), ".3g")


def _floor(method: str, point: Point, features: int, classes: int) -> Floor:
    settings = dict(configuration(method, TUNED_ON).settings) if method != "bcd" else {}
    inertia = method == "mdlam" or bool(settings.get("p2"))
    return floor(method, Shape(point.samples, (features, *point.hidden, classes), inertia))


def _cost(key: Key, time: Estimate, least: Floor, machine: Machine) -> tuple[Cell, ...]:
    name, method, point = key
    floor_ms = 1e3 * least.seconds(machine.rate, machine.bandwidth)
    return (
        Text(name),
        Text(LABELS[method]),
        Number(point.samples),
        Text(f"{point.layers} × {point.units}"),
        time,
        Number(least.flops / 1e9, ".3g"),
        Number(least.bytes / 1e6, ".3g"),
        Number(floor_ms, ".3g"),
        Number(time.mean / floor_ms, ".3g"),
        Number(least.flops / (1e-3 * time.mean) / machine.rate, ".0%"),
    )


def _growth(
    keys: Sequence[Key], times: Mapping[Key, Estimate], floors: Mapping[Key, Floor]
) -> tuple[Cell, ...]:
    sizes = [key[2].size for key in keys]
    pairs = [(key[2].size, ms) for key in keys for ms in times[key].values]
    slope, low, high = exponent(pairs)
    own, _, _ = exponent([(key[2].size, floors[key].flops) for key in keys])
    interval = "—" if math.isnan(low) else f"{low:.2f} … {high:.2f}"
    return (
        Text(keys[0][0]),
        Text(LABELS[keys[0][1]]),
        Text(keys[0][2].axis),
        Number(min(sizes)),
        Number(max(sizes)),
        Number(slope, ".2f"),
        Text(interval),
        Number(own, ".2f"),
    )


def exponent(pairs: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """The slope of log y on log x, and the ends of its 95 % interval, NaN from two pairs."""
    x, y = np.log(np.array(pairs, dtype=np.float64)).T
    fitted = stats.linregress(x, y)
    if len(pairs) < 3:
        return float(fitted.slope), math.nan, math.nan
    half = float(stats.t.ppf(0.975, len(pairs) - 2)) * float(fitted.stderr)
    return float(fitted.slope), float(fitted.slope) - half, float(fitted.slope) + half
