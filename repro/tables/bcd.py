"""BCD with three splittings on MNIST, beside the accuracies that its authors' notebook prints.

Three hidden layers of ReLU units, squared loss, γ = ρ = 1, α = 5, 50 epochs, all 60,000 images,
their bytes over 255, weights N(0, 0.01²), every bias 0.1: the notebook's setting, in float32. What
it calls validation accuracy is taken on the 10,000 test images, and so it is here.

``--profile paper`` is that setting, 1,500 units a layer: 4·10¹² floating point operations an epoch
and 8 GiB of memory. ``quick`` has fewer units and images; its accuracies are no reproduction and
get no verdict. The seeds are the notebook's, the numbers drawn from them are not (it draws on a
GPU): so each published accuracy is judged by the mean over the seeds here, and one seed alone never
differs. b sees the new W here (Gauss–Seidel, as in the paper), in the notebook the old one.

Source: Zeng, Lau, Lin & Yao, "Global Convergence of Block Coordinate Descent in Deep Learning",
ICML 2019, and the notebook bcd_dnn_mlp_mnist of their released code.
"""

from __future__ import annotations

from collections.abc import Iterator

from repro.engine import Laboratory
from repro.published import Replicates, judge_accuracy, key_of, load
from repro.render import (
    Cell,
    Column,
    Document,
    Estimate,
    Number,
    PublishedValue,
    Table,
    Text,
    VerdictCell,
    verdict_of,
)
from repro.spec import RunSpec, Setting
from repro.tables.parts.full_batch import document, notes_on_runs, rows_by_dataset, where
from repro.tables.parts.measures import Group, final, group
from repro.tables.parts.request import Protocol, Request, notes_without_data

SWEEPS = 50
SEEDS = (10, 20, 30, 40, 50)
PROTOCOL = Protocol(
    ("mnist",), ("bcd",), SWEEPS, seeds={"quick": SEEDS, "paper": SEEDS}, also=("fashion_mnist",)
)
SETTINGS: tuple[tuple[str, Setting], ...] = (
    ("alpha", 5.0),
    ("nu", 1.0),
    ("rho", 1.0),
    ("start", "released"),
)
LAYERS = 3
SIZES = {"quick": (200, 4_000), "paper": (1_500, 60_000)}
"""By profile: units of a hidden layer, images."""
EVERY = 10
COLUMNS = (
    Column("dataset", "Data set"),
    Column("seed", "Seed", right=True),
    Column("test_accuracy", "Test accuracy", right=True),
    Column("published", "Published", right=True),
    Column("difference", "Difference", right=True),
    Column("verdict", "Verdict on the mean over the seeds"),
    Column("train_accuracy", "Training accuracy", right=True),
    Column("seconds", "Seconds an epoch", right=True),
)


def specification(dataset: str, seed: int, request: Request) -> RunSpec:
    """The run of one seed."""
    units, images = SIZES[request.profile]
    return RunSpec(
        dataset,
        "bcd",
        SETTINGS,
        (units,) * LAYERS,
        "relu",
        request.sweeps,
        seed,
        "float32",
        every=EVERY,
        samples=images,
    )


def make(request: Request, laboratory: Laboratory) -> Document:
    """The document of this table."""
    datasets = laboratory.available(request.datasets)
    specs = {d: tuple(specification(d, s, request) for s in request.seeds) for d in datasets}
    runs = laboratory.run([spec for own in specs.values() for spec in own])
    groups = {name: group(own, runs) for name, own in specs.items()}
    units, images = SIZES[request.profile]
    table = Table(
        name="accuracy",
        title=f"BCD with three splittings after {request.sweeps} epochs",
        columns=COLUMNS,
        rows=rows_by_dataset(
            request, laboratory, len(COLUMNS), lambda name: _rows(name, request, groups[name])
        ),
        caption=(
            f"{LAYERS} hidden layers of {units} ReLU units, {images} images, squared loss, γ = ρ = "
            "1, α = 5, float32, full batch. Difference: this seed's accuracy minus the published; "
            "the seeds are the notebook's, the numbers drawn from them are not. Seconds: in the "
            f"sweeps alone, {where(runs)}."
        ),
        notes=(
            *_notes(request),
            *notes_without_data(laboratory, request.datasets),
            *notes_on_runs({f"BCD on {name}": own for name, own in groups.items()}),
        ),
    )
    return document("bcd", (table,), datasets, runs)


def _notes(request: Request) -> Iterator[str]:
    if request.profile != "paper":
        yield "units and images are fewer than published: no verdict; --profile paper has them all"
    elif request.sweeps != SWEEPS:
        yield f"the published accuracies are those after {SWEEPS} epochs: no verdict"


def published(dataset: str, request: Request) -> Replicates | None:
    """What the notebook prints of the setting that is asked for; None where it is another."""
    if request.profile != "paper":
        return None
    for entry in load().replicates:
        if (entry.method, entry.dataset, entry.sweeps) == ("bcd", dataset, request.sweeps):
            return entry
    return None


def _rows(name: str, request: Request, runs: Group) -> Iterator[tuple[Cell, ...]]:
    """A row a seed that stayed finite, and the mean."""
    entry = published(name, request)
    values = {} if entry is None else dict(zip(entry.seeds, entry.values, strict=True))
    ends = final(runs, "test_accuracy")
    for spec, run in runs.finite.items():
        curves = run.result.curves
        own, value = curves["test_accuracy"][-1], values.get(spec.seed)
        yield (
            Text(name),
            Number(spec.seed),
            Number(own, ".4f"),
            Text() if value is None else PublishedValue(value, str(entry and entry.source), ".4f"),
            Number(None if value is None else own - value, "+.4f"),
            _verdict(ends, entry, spec, value),
            Number(curves["train_accuracy"][-1], ".4f"),
            Number(curves["seconds"][-1] / spec.sweeps, ".3g"),
        )
    mean = sum(values.values()) / len(values) if values else None
    yield (
        Text(name),
        Text("mean"),
        Estimate(ends.values, ends.seeds, ends.diverged, ends.configuration, ".4f"),
        Number(mean, ".4f"),
        Number(None if mean is None or not ends.n else ends.mean - mean, "+.4f"),
        Text(),
        final(runs, "train_accuracy"),
        Text(),
    )


def _verdict(
    ends: Estimate, entry: Replicates | None, spec: RunSpec, value: float | None
) -> VerdictCell | Text:
    if value is None:
        return Text()
    judgement = judge_accuracy(ends.mean, ends.std, ends.n, value)
    return verdict_of(judgement, key_of(entry, spec.sweeps, spec.seed))
