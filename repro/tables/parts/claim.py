r"""SAMT's claim, "better generalisation with fewer parameter updates", as something to measure.

On a workload it is *met* when SAMT's best kind of trained step size ends, on average over the
seeds, with a test accuracy at or above that of tuned Adam, with no more parameter updates:

$$\bar d = \tfrac1n \textstyle\sum_s (a_s^{SAMT} - a_s^{Adam}) \ge 0, \qquad
U^{SAMT} \le U^{Adam}.$$

At equal seeds both start from the same weights and see the same batches, so the standard error
of $\bar d$ is that of paired differences, $s_d/\sqrt n$; where $|\bar d|$ is within two of them,
the verdict says that the seeds do not tell the two apart. What the schedule alone gives stands
in a note: the same difference from Adam with SAMT's schedule. The best kind is chosen by validation
accuracy in tuning, before any test set is read.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from repro.minibatch.names import LABELS, TRAINED
from repro.minibatch.tuning import validation_scores
from repro.minibatch.workloads import Workload
from repro.render import Cell, Column, Number, Table, Text
from repro.tables.parts.measures import Group

REFERENCE = "adam"
SCHEDULED = "adam_cosine"
COLUMNS = (
    Column("workload", "Data set"),
    Column("method", "Method"),
    Column("difference", "Test accuracy − Adam's", right=True),
    Column("error", "Standard error", right=True),
    Column("updates", "Parameter updates / Adam's", right=True),
    Column("gradients", "Gradient evaluations / Adam's", right=True),
    Column("verdict", "At or above Adam, no more updates"),
)
Groups = Mapping[tuple[str, Workload], Group]


@dataclass(frozen=True)
class Compared:
    """A method beside Adam: paired differences of accuracy, ratios of what was spent.

    ``differences`` are over the seeds from which both runs stayed finite, ``lost`` counts the
    others.
    """

    differences: tuple[float, ...]
    lost: int
    updates: float
    gradients: float

    @property
    def mean(self) -> float:
        """Mean difference, NaN without a seed."""
        return statistics.fmean(self.differences) if self.differences else math.nan

    @property
    def error(self) -> float:
        """Its standard error, NaN with fewer than two seeds."""
        n = len(self.differences)
        return statistics.stdev(self.differences) / math.sqrt(n) if n > 1 else math.nan

    @property
    def met(self) -> bool:
        """Whether the claim is met: all runs finite, accuracy at or above, no more updates."""
        return self.lost == 0 and self.mean >= 0 and self.updates <= 1

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        if self.lost:
            return f"not met: {self.lost} seed(s) diverged"
        close = abs(self.mean) <= 2 * self.error  # never with a NaN
        unsure = ", within two standard errors" if close else ""
        return f"{'met' if self.met else 'not met'}{unsure}"

    def words(self) -> str:
        """The numbers behind the verdict."""
        return (
            f"difference {self.mean:+.4f}, standard error {self.error:.4f}, n = "
            f"{len(self.differences)}; parameter updates × {self.updates:.3g}, gradient "
            f"evaluations × {self.gradients:.3g}"
        )

    def cells(self) -> tuple[Cell, ...]:
        """As cells of the table."""
        return (
            Number(_finite(self.mean), "+.4f"),
            Number(_finite(self.error), ".4f"),
            Number(_finite(self.updates), ".3g"),
            Number(_finite(self.gradients), ".3g"),
            Text(self.verdict),
        )


def compare(ours: Group, adams: Group) -> Compared:
    """``ours`` beside Adam's runs from the same seeds."""
    accuracy, updates, gradients = (
        {
            owner: {s.seed: r.result.curves[curve][-1] for s, r in runs.finite.items()}
            for owner, runs in (("ours", ours), ("adam", adams))
        }
        for curve in ("test_accuracy", "parameter_updates", "gradient_evaluations")
    )
    shared = [seed for seed in accuracy["ours"] if seed in accuracy["adam"]]
    seeds = {spec.seed for own in (ours, adams) for spec in (*own.finite, *own.diverged)}
    ratios = [
        statistics.fmean(spent["ours"][s] / spent["adam"][s] for s in shared)
        if shared
        else math.nan
        for spent in (updates, gradients)
    ]
    differences = tuple(accuracy["ours"][seed] - accuracy["adam"][seed] for seed in shared)
    return Compared(differences, len(seeds) - len(shared), *ratios)


def claim_tables(
    methods: Sequence[str], present: Sequence[Workload], groups: Groups
) -> list[Table]:
    """Each trained kind beside Adam and the verdict on each workload; [] without either."""
    kinds = [method for method in methods if method in TRAINED]
    compared = {
        (kind, w): compare(groups[kind, w], groups[REFERENCE, w])
        for w in present
        for kind in kinds
        if (kind, w) in groups and (REFERENCE, w) in groups
    }
    if not compared:
        return []
    rows = [
        (Text(str(w)), Text(LABELS[kind]), *found.cells()) for (kind, w), found in compared.items()
    ]
    table = Table(
        name="claim",
        title="SAMT's claim: better generalisation with fewer parameter updates",
        columns=COLUMNS,
        rows=tuple(rows),
        caption=(
            "Mean difference of final test accuracies at equal seeds, and the standard error of "
            "that mean. The best kind is the one of highest validation accuracy in tuning."
        ),
        notes=tuple(
            line
            for w in dict.fromkeys(w for _, w in compared)
            for line in _said(w, compared, groups)
        ),
    )
    return [table]


def _said(
    workload: Workload, compared: Mapping[tuple[str, Workload], Compared], groups: Groups
) -> list[str]:
    """The verdict on one workload, and the best kind beside Adam with the same schedule."""
    scores = validation_scores(workload)
    kinds = [kind for kind, other in compared if other == workload]
    best = max(kinds, key=lambda kind: scores.get(kind, -math.inf))
    found = compared[best, workload]
    lines = [
        f"{workload}: SAMT's best kind ({LABELS[best]}) at or above tuned Adam with no more "
        f"parameter updates: {found.verdict} ({found.words()})"
    ]
    if (SCHEDULED, workload) in groups:
        beside = compare(groups[best, workload], groups[SCHEDULED, workload])
        lines.append(f"{workload}: beside {LABELS[SCHEDULED]}: {beside.verdict} ({beside.words()})")
    return lines


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
