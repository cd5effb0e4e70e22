"""mDLAM's setting: what makes the difference between the published accuracies and better ones.

mDLAM's step on W and a doubles a trial modulus until a quadratic bound holds. The authors'
released code starts at 1 in every sweep, far above the exact modulus ρσ² of the hidden
layers, so that those blocks hardly move. This table runs Algorithm 1 with that trial modulus,
with smaller ones, with one in proportion to ρ and with exact moduli, with and without its
inertia and its ridge, and the released script with and without its quirk of the biases, at
every ρ of the paper's tables, beside the published curve of the same ρ and ε⁰ = 100.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from repro.engine import Laboratory
from repro.full_batch.configurations import MDLAM_EPSILON, MDLAM_MU
from repro.published import Published, Series, judge_accuracy, key_of, load
from repro.render import Cell, Column, Document, Number, PublishedValue, Table, Text, verdict_of
from repro.spec import RunSpec, Setting
from repro.tables.parts.full_batch import SWEEPS, document, rows_by_dataset, runs_of
from repro.tables.parts.measures import Group, curves, final, group
from repro.tables.parts.request import Protocol, Request, notes_without_data

PROTOCOL = Protocol(("cora", "citeseer"), ("mdlam",), SWEEPS)
RHOS = {"cora": (1e-4, 1e-3, 1e-2), "citeseer": (1e-4, 1e-3, 5e-3, 1e-2)}
AS_PUBLISHED = "trial modulus 1 (Algorithm 1 as published)"


@dataclass(frozen=True)
class Variant:
    """Algorithm 1 with settings of its own, or another method; ``trial`` is a function of ρ."""

    label: str
    own: dict[str, Setting] = field(default_factory=dict)
    trial: Callable[[float], float] | None = None
    method: str = "mdlam"

    def settings(self, rho: float) -> dict[str, Setting]:
        """Those of a run at this ρ."""
        if self.method == RELEASED:
            return {"rho": rho, **self.own}
        base: dict[str, Setting] = {
            "rho": rho,
            "mu": MDLAM_MU,
            "epsilon": MDLAM_EPSILON,
            **self.own,
        }
        return base if self.trial is None else {**base, "trial": self.trial(rho)}


RELEASED = "mdlam_released"
VARIANTS = (
    Variant("trial modulus 1, no inertia", {"inertia": "none"}, lambda _: 1.0),
    Variant(AS_PUBLISHED, trial=lambda _: 1.0),
    Variant("trial modulus 0.1", trial=lambda _: 0.1),
    Variant("trial modulus 0.01", trial=lambda _: 0.01),
    Variant("trial modulus 300 ρ", trial=lambda rho: 300 * rho),
    Variant("trial modulus 1, no ridge", {"mu": 0.0}, lambda _: 1.0),
    Variant("exact moduli, no inertia", {"steps": "exact", "inertia": "none"}),
    Variant("exact moduli", {"steps": "exact"}),
    Variant("the released script, one seed", method=RELEASED),
    Variant("the released script, every bias moved", {"biases": "every"}, method=RELEASED),
)
EARLY = 40
COLUMNS = (
    Column("dataset", "Data set"),
    Column("rho", "ρ", right=True),
    Column("variant", "mDLAM with"),
    Column("early", f"Test accuracy at {EARLY}", right=True),
    Column("final", "at the end", right=True),
    Column("published", "Published", right=True),
    Column("verdict", "Verdict"),
    Column("train_accuracy", "Training accuracy", right=True),
)


def make(request: Request, laboratory: Laboratory) -> Document:
    """The document of this table."""
    published = load()
    datasets = laboratory.available(request.datasets)
    specs = {
        (name, rho, variant.label): _specs(name, rho, variant, request)
        for name in datasets
        for rho in RHOS[name]
        for variant in VARIANTS
    }
    runs = laboratory.run([spec for some in specs.values() for spec in some])

    def rows_of(name: str) -> Iterator[tuple[Cell, ...]]:
        for rho in RHOS[name]:
            series = _published(published, name, rho)
            for variant in VARIANTS:
                measured = group(specs[name, rho, variant.label], runs)
                yield _row(name, rho, variant.label, measured, series, request.sweeps)

    table = Table(
        name="accuracy",
        title="mDLAM's setting: trial modulus, inertia and test accuracy",
        columns=COLUMNS,
        rows=rows_by_dataset(request, laboratory, len(COLUMNS), rows_of),
        caption=(
            f"Algorithm 1 of mDLAM, μ = {MDLAM_MU:g}, ε⁰ = {MDLAM_EPSILON:g}; mean ± standard "
            f"deviation over seeds {', '.join(map(str, request.seeds))}. With a trial modulus "
            "the doubling starts from it in every sweep. The script sets its own seed."
        ),
        notes=tuple(notes_without_data(laboratory, request.datasets)),
    )
    return document("mdlam_setting", (table,), datasets, runs)


def _specs(dataset: str, rho: float, variant: Variant, request: Request) -> tuple[RunSpec, ...]:
    """The runs of a variant; the released script, whose start is its own, needs one."""
    if variant.method == RELEASED:
        request = replace(request, seeds=request.seeds[:1])
    return runs_of(request, dataset, variant.method, variant.settings(rho), "float32")


def _published(values: Published, dataset: str, rho: float) -> Series | None:
    """mDLAM's published curve at this ρ and ε⁰ = 100."""

    def matching() -> Iterator[Series]:
        for series in values.series:
            same = (series.method, series.dataset, series.quantity)
            if same != ("mdlam", dataset, "test_accuracy"):
                continue
            if series.settings.get("rho") == rho and series.settings.get("epsilon") == 100:
                yield series

    return next(matching(), None)


def _row(
    name: str, rho: float, label: str, runs: Group, series: Series | None, sweeps: int
) -> tuple[Cell, ...]:
    accuracy = final(runs, "test_accuracy")
    value = None if series is None else series.after(sweeps)
    early = None
    if runs.finite and sweeps >= EARLY:
        early = float(curves(runs, "test_accuracy")[:, EARLY - 1].mean())
    return (
        Text(name),
        Number(rho, "g"),
        Text(label),
        Number(early, ".3f"),
        accuracy,
        Text() if series is None or value is None else PublishedValue(value, str(series.source)),
        verdict_of(
            judge_accuracy(accuracy.mean, accuracy.std, accuracy.n, value),
            key_of(series, sweeps) if label == AS_PUBLISHED else "",
        ),
        final(runs, "train_accuracy"),
    )
