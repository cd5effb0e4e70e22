"""A row of a block that steps in its own metric: numbers now, its record with bounds when asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from amverify.methods.rows.metric.execution import execution
from amverify.methods.rows.metric.forms import Forms
from amverify.methods.rows.metric.numbers import MetricFacts, Numbers
from amverify.methods.rows.metric.quadratic import Measured, total
from amverify.methods.rows.metric.record import MetricRecord
from amverify.methods.rows.metric.residuals import residuals
from amverify.network.scalars import Scalar
from amverify.numbers.roundoff import gamma


class Row(NamedTuple):
    """One block's step, measured but not yet bounded; see ``written.Written``."""

    facts: MetricFacts
    values: tuple[Scalar, ...]

    @property
    def kind(self) -> str:
        """V, y or z."""
        return self.facts.kind

    @property
    def layer(self) -> int:
        """Its layer."""
        return self.facts.layer

    @property
    def step(self) -> Scalar:
        """‖e‖²."""
        return self.values[0] + self.values[6]

    @property
    def norm(self) -> Scalar:
        """‖u^{k+1}‖²."""
        return self.values[5] + self.values[11]

    @property
    def key(self) -> tuple[object, ...]:
        """Rows with equal keys may be stacked."""
        return self.facts[:-1]

    def numbers(self) -> tuple[Scalar, ...]:
        """What differs from row to row."""
        return self.values

    def restored(self, numbers: Sequence[Scalar]) -> Row:
        """A row of the same facts with other numbers, each perhaps a stack of many rows'."""
        return Row(self.facts, tuple(numbers))

    def finished(self) -> MetricRecord:
        """The record, with its bounds."""
        return _record(Forms(self.facts, Numbers.restored(self.values)))


def _record(row: Forms) -> MetricRecord:
    """All columns."""
    f, (one, two, _, _, used, _) = row.facts, row.n
    first, second = row.lines[:2]
    residual, second_residual = residuals(row)
    squares, crosses, pasts = (
        (getattr(first, name)(), getattr(second, name)())
        for name in ("squared", "crossed", "before")
    )
    norm = Measured(one.norm + two.norm)
    summed = gamma(max(f.counts) + 4, f.unit)
    measured = {
        "change": row.change(),
        "step": total(squares),
        "cross": total(crosses),
        "inertia": total(pasts),
        "bend": row.bend(),
        "norm": Measured(norm.value * (1 + summed), 2 * summed * norm.value),
        "metric_step": row.step[1],
        "metric_cross": row.cross[1],
        "metric_inertia": row.inertia[1],
        "metric_before": row.before(),
        "hessian_step": row.step[0],
        "hessian_cross": row.cross[0],
        "model_gap": row.gap(),
        "second_step": squares[1],
        "second_inertia": pasts[1],
        "second_norm": Measured(two.norm, summed * two.norm),
        "residual": residual,
        "second_residual": second_residual,
    }
    columns: dict[str, Any] = {name: number.value for name, number in measured.items()}
    columns |= {f"{name}_error": number.error for name, number in measured.items()}
    return MetricRecord(
        f.kind,
        f.layer,
        "joint" if f.kind == "y" else "metric",
        **columns,
        execution=execution(row),
        s=f.s,
        t=used.t,
        p1=used.p1,
        p2=used.p2,
        delta=f.weight,
        delta_next=f.weight,
        floor=row.floor(),
        ceiling=row.ceiling(),
    )
