r"""The norms of all blocks during a recorded sweep, from which rounding bounds are made.

‖u‖ and ‖Δ‖ of every block are remembered from row to row, so that a row forms none of them
again. The residual pre_l − z_l is computed from a_{l−1}, W_l, b_l and z_l, at values that may
have moved by their last displacements since pre_l was formed, so its formula in norms is

    S_l = (‖a_{l−1}‖ + ‖Δa_{l−1}‖)(‖W_l‖ + ‖ΔW_l‖) + √N(‖b_l‖ + ‖Δb_l‖) + ‖z_l‖.

A block of the band lies outside its computed box by the rounding of h(z) ± ε at most, in z
divided by the least slope of h.
"""

from __future__ import annotations

import math

from amverify.methods.record import Row, Sizes, unit
from amverify.network.coupling import Band
from amverify.network.layered import LayeredProblem, Point
from amverify.network.scalars import Scalar, dot, root

Key = tuple[str, int]
"""A block's name: its kind and its layer, 1 … L."""

Lengths = dict[Key, tuple[Scalar, Scalar, Scalar]]
"""‖u‖, ‖Δ‖ and ‖Δ‖² by block."""


class Norms:
    """‖u‖ and ‖Δ‖ of every block, kept current by whoever records.

    Args:
        moved: the displacements, ``None`` for a method without.
        eps: ε of the band in this sweep.
        known: what the last recorded sweep left; measured afresh without.
    """

    def __init__(
        self,
        problem: LayeredProblem,
        point: Point,
        moved: Point | None = None,
        eps: float = 0.0,
        known: Lengths | None = None,
    ) -> None:
        self.problem, self.eps = problem, eps
        self.lengths: Lengths = measured(point, moved) if known is None else dict(known)

    def sizes(self, kind: str, layer: int, near: Scalar | None = None) -> Sizes:
        """What the bounds of this block's step are made of; ``near`` bounds ‖r‖, if it is known."""
        problem, last = self.problem, layer + 1 if kind == "a" else layer
        lengths = self.lengths
        x, x_step, _ = (problem.input_size, 0.0, 0.0) if last == 1 else lengths["a", last - 1]
        w, w_step, _ = lengths["W", last]
        b, b_step, _ = lengths["b", last]
        z = lengths["z", last][0]
        across = math.sqrt(problem.samples)
        residual = (x + x_step) * (w + w_step) + across * (b + b_step) + z
        terms = 10 + (problem.space.inputs.shape[1] if last == 1 else problem.widths[last - 1])
        operator: Scalar = 1.0
        if kind == "W":
            operator = x
        elif kind == "a":
            operator = w
        elif kind == "b":  # the mean over the samples
            residual, terms = residual / across, terms + problem.samples
        norm, moved, inertia = lengths[kind, layer]
        outside = self._outside(kind, layer)
        return Sizes(operator, residual, terms, norm, moved, inertia, outside, near)

    def keep(self, row: Row, still: bool = False) -> None:
        """Remember what a row says; ``still`` for a method without displacements."""
        norm = root(row.norm)
        moved = (0.0, 0.0) if still else (root(row.step), row.step)
        self.lengths[row.kind, row.layer] = (norm, *moved)

    def _outside(self, kind: str, layer: int) -> Scalar:
        """β: how far rounding can have put the present point outside its computed box."""
        problem, h = self.problem, self.problem.activation
        if not isinstance(problem.coupling, Band) or kind in "Wb" or layer == problem.layers:
            return 0.0
        if kind == "z" and not h.piecewise_linear:
            return 0.0  # the interval holds a point that is feasible to rounding
        steepest = 1.0 if kind == "a" else 1 / h.flattest
        z, a = self.lengths["z", layer][0], self.lengths["a", layer][0]
        across = math.sqrt(problem.samples * problem.widths[layer])
        value = 2 * h.lipschitz * z + a + (h.at_zero + self.eps) * across
        return 8 * unit(problem.dtype) * steepest * value


def measured(point: Point, moved: Point | None) -> Lengths:
    """The lengths of every block of a point."""
    lengths: Lengths = {}
    for kind, blocks in zip("Wbza", (point.w, point.b, point.z, point.a), strict=True):
        for i, u in enumerate(blocks):
            step: Scalar = 0.0
            if moved is not None:
                d = {"W": moved.w, "b": moved.b, "z": moved.z, "a": moved.a}[kind][i]
                step = dot(d, d)
            lengths[kind, i + 1] = root(dot(u, u)), root(step), step
    return lengths
