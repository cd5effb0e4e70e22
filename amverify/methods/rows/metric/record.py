r"""What one step in a block's own metric leaves on record.

Δ = u^k − u^{k−1}, e = u^{k+1} − u^k, M the metric of this step, Q = ∇²H in the block. The block has
two parts: V = [W, b], y = (z, a), z_L alone. Every measured number comes with a bound on its
error. V and z_L have M = Q and ``update`` "metric", y has "joint".
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from amverify.network.scalars import Scalar


class MetricRecord(NamedTuple):
    """One step: numbers, or float64 tensors of the replicates' shape; see ``trace/columns.py``.

    ``norm`` is at least ‖u^{k+1}‖²; ``delta`` and ``delta_next`` weigh ½‖Δ‖²_{M^k}, ½‖e‖²_M in Ψ.
    """

    kind: str
    layer: int
    update: str
    change: Scalar
    change_error: Scalar
    execution: Scalar
    step: Scalar
    step_error: Scalar
    cross: Scalar
    cross_error: Scalar
    inertia: Scalar
    inertia_error: Scalar
    bend: Scalar
    bend_error: Scalar
    norm: Scalar
    norm_error: Scalar
    metric_step: Scalar
    metric_step_error: Scalar
    metric_cross: Scalar
    metric_cross_error: Scalar
    metric_inertia: Scalar
    metric_inertia_error: Scalar
    metric_before: Scalar
    metric_before_error: Scalar
    hessian_step: Scalar
    hessian_step_error: Scalar
    hessian_cross: Scalar
    hessian_cross_error: Scalar
    model_gap: Scalar
    model_gap_error: Scalar
    second_step: Scalar
    second_step_error: Scalar
    second_inertia: Scalar
    second_inertia_error: Scalar
    second_norm: Scalar
    second_norm_error: Scalar
    residual: Scalar
    residual_error: Scalar
    second_residual: Scalar
    second_residual_error: Scalar
    s: float
    t: Scalar
    p1: Scalar
    p2: Scalar
    delta: float
    delta_next: float
    floor: Scalar
    ceiling: Scalar
    modulus: float = 1.0
    gamma: float = 0.0
    backtracks: int = 0

    @property
    def key(self) -> Hashable:
        """Rows with equal keys may be stacked."""
        return self[:3]

    def numbers(self) -> tuple[Scalar, ...]:
        """All that differs from sweep to sweep."""
        return self[3:]

    def restored(self, numbers: Sequence[Scalar]) -> MetricRecord:
        """The record of the same block with other numbers, each perhaps a stack of many."""
        return MetricRecord._make((*self[:3], *numbers))

    def finished(self) -> MetricRecord:
        """The record itself."""
        return self
