r"""What a sweep's blocks sum to: ΔF, ΔΨ, lengths and residuals of a whole sweep, from its rows.

| column | of a sweep |
|---|---|
| change | Σ ΔF, by difference forms |
| lyapunov_change | Σ ΔF + ½(δ'‖e‖² − δ‖Δ‖²), each norm in its block's metric: Ψ^k − Ψ^{k−1} |
| step, inertia, norm | Σ ‖e‖², that of the sweep before, Σ ‖u‖² |
| joint_residual | Σ ‖w_i‖², where the rows have them: w ∈ ∂F(x^k) |
| residual | √(Σ ‖w_i‖² + Σ δ'‖e‖²): the same of Ψ(x, v), v_i = √δ_i Δ_i, whose ∂Ψ is ∂F × {v} |

Ψ^k − Ψ^{k−1} as a difference of two values loses its digits long before a run has converged; the
sum of differences does not.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import gamma
from amverify.trace.columns import Column

RESIDUALS = ("residual", "second_residual")


class Summed:
    """The sums over the rows of each sweep and replicate, in the order of the sweeps table.

    Args:
        blocks: the rows.
        sweeps: how many rows a replicate has in the sweeps table, the start included.
        replicates: how many there are.
    """

    def __init__(self, blocks: Mapping[str, Column], sweeps: int, replicates: int) -> None:
        self._blocks, self._shape = blocks, (sweeps, replicates)
        self._place = blocks["sweep"] * replicates + blocks["replicate"]
        self._most = int(np.bincount(self._place, minlength=sweeps * replicates).max())

    def columns(self, lyapunov: bool, start: float | None) -> dict[str, Column]:
        """The columns; ``start`` is ‖x⁰‖ rounded up, ``lyapunov`` whether there is a Ψ."""
        change, step = self._ball("change"), self._sum(self._ball("step"))
        found: dict[str, Column] = {"execution": self._executed()}
        balls = {"change": self._sum(change), "step": step, "inertia": self._last(step)}
        if own := [self._ball(name) for name in RESIDUALS if name in self._blocks]:
            total = own[0] if len(own) == 1 else own[0] + own[1]
            balls["joint_residual"] = self._unknown_start(self._sum(total))
        if lyapunov:
            balls["lyapunov_change"] = self._sum(change + self._weighed())
        if lyapunov and "joint_residual" in balls:
            balls["residual"] = (balls["joint_residual"] + self._carried()).sqrt()
        for name, ball in balls.items():
            found[name], found[f"{name}_error"] = np.asarray(ball.mid), np.asarray(ball.rad)
        if start is not None:
            found["norm"] = self._norms(start)
        return found

    def weight_error(self) -> Column:
        """Σ (δ'/2)·(the error of ‖e‖²): what Ψ is off beside F."""
        return np.asarray(self._carried().rad / 2)

    def _carried(self) -> Ball:
        return self._sum(Ball.of(self._blocks["delta_next"]) * self._length("step"))

    def _ball(self, name: str) -> Ball:
        return Ball.of(self._blocks[name], self._blocks[f"{name}_error"])

    def _length(self, which: str) -> Ball:
        """‖e‖² or ‖Δ‖² in the metric in which Ψ has it."""
        metric = {"step": "metric_step", "inertia": "metric_before"}[which]
        return self._ball(metric if metric in self._blocks else which)

    def _weighed(self) -> Ball:
        new, old = (Ball.of(self._blocks[name] / 2) for name in ("delta_next", "delta"))
        return new * self._length("step") - old * self._length("inertia")

    def _sum(self, ball: Ball) -> Ball:
        """Σ over the rows of each place, with the rounding of the sum."""
        size = self._shape[0] * self._shape[1]
        mid, rad = (np.broadcast_to(x, self._place.shape) for x in (ball.mid, ball.rad))
        rounded = gamma(self._most)
        spread = np.bincount(self._place, np.abs(mid), size)
        error = np.bincount(self._place, rad, size) * (1 + rounded) + rounded * spread
        return Ball.of(np.bincount(self._place, mid, size), error)

    def _executed(self) -> Column:
        size = self._shape[0] * self._shape[1]
        total = np.bincount(self._place, self._blocks["execution"], size)
        return np.asarray(total * (1 + gamma(self._most)))

    def _last(self, ball: Ball) -> Ball:
        """The same of the sweep before; nothing moved before the start."""
        mid, rad = (np.asarray(x).reshape(self._shape) for x in (ball.mid, ball.rad))
        first = np.zeros_like(mid[:1])
        moved = (np.concatenate((first, x[:-1])).reshape(-1) for x in (mid, rad))
        return Ball.of(*moved)

    def _unknown_start(self, ball: Ball) -> Ball:
        """No step led to the start, so nothing is known of its residual."""
        rad = np.asarray(ball.rad).copy()
        rad[: self._shape[1]] = np.inf
        return Ball.of(ball.mid, rad)

    def _norms(self, start: float) -> Column:
        found = np.bincount(self._place, self._blocks["norm"], self._shape[0] * self._shape[1])
        found[: self._shape[1]] = start * start
        return np.asarray(found)
