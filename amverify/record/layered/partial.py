r"""‖w_i‖² by blocks, w ∈ ∂F(x^k), where a penalty couples the layers.

Under ``Penalty`` F is smooth but for h's kinks, and its nonsmooth parts are separable by block:
∂F = Π ∂_iF (theory.md, T4). So w_i is the partial gradient, and in z_l, l < L, the element of least
norm of g − ν(a − h(z))∂h: ‖w‖ is dist(0, ∂F(x^k)) itself, not a bound of it. It is measured at the
sweep's end, in float64 whatever the run is in, by products that the sweep has no use for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amverify.network.layered import LayeredProblem, Point
from amverify.network.residual import residual
from amverify.numbers.roundoff import gamma
from amverify.record.layered.measures import gradient_error
from amverify.trace.columns import Column, Table

Key = tuple[str, int]
Squares = dict[Key, tuple[Column, Column]]
"""By kind and layer: ‖w_i‖² and a bound on its error, (R,) over the flattened replicates."""


def squares(problem: LayeredProblem, point: Point) -> Squares:
    """‖w_i‖² of every block at a point; both in float64, the coupling a penalty."""
    off = gradient_error(problem, point)
    found = {}
    for (kind, layer), norm in residual(problem, point).blocks.items():
        size = point.w[layer - 1].shape[-1] + problem.samples
        length = norm.reshape(-1).cpu().numpy()
        error = off + gamma(size * problem.widths[layer] + 8) * length
        found[kind, layer] = length * length, (2 * length + error) * error * (1 + gamma(8))
    return found


class Partials:
    """The squares of a run, sweep after sweep, as columns of its blocks table."""

    def __init__(self) -> None:
        self._sweeps: dict[int, Squares] = {}

    def after(self, sweep: int, found: Squares) -> None:
        """Keep those of the point that a sweep has led to."""
        self._sweeps[sweep] = found

    def columns(self, blocks: Table) -> dict[str, Column]:
        """``residual`` and ``residual_error`` in the order of the table's rows."""
        mid, rad = np.empty(len(blocks["sweep"])), np.empty(len(blocks["sweep"]))
        names = ("sweep", "kind", "layer", "replicate")
        rows = zip(*(blocks[name].tolist() for name in names), strict=True)
        for i, row in enumerate(rows):
            mid[i], rad[i] = self._at(*row)
        return {"residual": mid, "residual_error": rad}

    def _at(self, sweep: int, kind: bytes, layer: int, replicate: int) -> Any:
        square, error = self._sweeps[sweep][kind.decode(), layer]
        return square[replicate], error[replicate]
