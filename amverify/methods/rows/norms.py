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
from collections.abc import Sequence
from typing import NamedTuple

from amverify.methods.rows.bounds import Facts
from amverify.methods.rows.record import Row, Sizes, unit
from amverify.network.blocks import Block
from amverify.network.coupling import Band
from amverify.network.layered import LayeredProblem, Point
from amverify.network.scalars import Scalar, dot, root

Key = tuple[str, int]
"""A block's name: its kind and its layer, 1 … L."""

Squares = tuple[Scalar, Scalar]
"""‖u‖² and ‖Δ‖² of a block."""


class Around(NamedTuple):
    """The squared norms around a block when it is updated.

    ``input`` is a_{l−1}, ``weight`` W_l, ``bias`` b_l and ``target`` z_l of the residual that the
    block sees (of layer l + 1 for a_l); ``own`` the block itself; ``partner`` a_l for z_l and z_l
    for a_l; ``shift`` bounds what else the residual holds, ``eps`` is ε of the band.
    """

    input: Squares
    weight: Squares
    bias: Squares
    target: Squares
    own: Squares
    partner: Squares
    eps: float = 0.0
    shift: Scalar = 0.0

    def numbers(self) -> tuple[Scalar, ...]:
        """All of them, one after the other."""
        x, w, b, z, own, partner, eps, shift = self
        return (*x, *w, *b, *z, *own, *partner, eps, shift)

    @staticmethod
    def restored(numbers: Sequence[Scalar]) -> Around:
        """The same of numbers, or of stacks of them."""
        *squares, eps, shift = numbers
        x, w, b, z, own, partner = zip(squares[::2], squares[1::2], strict=True)
        return Around(x, w, b, z, own, partner, eps, shift)  # type: ignore[arg-type]


STILL: Squares = (0.0, 0.0)


def neighbours(kind: str, layer: int, layers: int) -> tuple[Key | None, ...]:
    """The blocks whose norms ``Around`` holds, in its order; None where there is no partner."""
    last = layer + 1 if kind == "a" else layer
    partner: Key | None = None
    if kind == "a":
        partner = ("z", layer)
    elif kind == "z" and layer < layers:
        partner = ("a", layer)
    inputs = ("x", 0) if last == 1 else ("a", last - 1)
    return inputs, ("W", last), ("b", last), ("z", last), (kind, layer), partner


class Norms:
    """What a recorded sweep knows of the blocks without measuring it again.

    Args:
        moved: the displacements, ``None`` for a method that keeps none.
        eps: ε of the band in this sweep.
        known: what the last recorded sweep left; measured afresh without.

    Attributes:
        still: whether blocks keep no displacements.
        squares: ‖u‖² and ‖Δ‖² by block, kept current by whoever records.
        facts: what a block's rows have in common.
    """

    def __init__(
        self,
        problem: LayeredProblem,
        point: Point,
        moved: Point | None = None,
        eps: float = 0.0,
        known: Norms | None = None,
    ) -> None:
        self.problem, self.eps, self.still = problem, eps, moved is None
        self.squares: dict[Key, Squares] = (
            measured(point, moved) if known is None else dict(known.squares)
        )
        same = known is not None and known.problem is problem
        self.facts: dict[Key, Facts] = dict(known.facts) if known is not None and same else {}
        self.squares["x", 0] = (problem.input_size**2, 0.0)

    def around(self, kind: str, layer: int) -> Around:
        """The norms around this block as they are now."""
        return Around.restored(self.numbers(kind, layer))

    def numbers(self, kind: str, layer: int) -> tuple[Scalar, ...]:
        """Those of ``around``, one after the other."""
        keys = neighbours(kind, layer, self.problem.layers)
        pairs = [STILL if key is None else self.squares[key] for key in keys]
        return (*(square for pair in pairs for square in pair), self.eps, 0.0)

    def sizes(self, kind: str, layer: int) -> Sizes:
        """What the bounds of this block's step are made of."""
        return sizes_of(self.problem, kind, layer, self.around(kind, layer))

    def facts_of(self, block: Block, s: float) -> Facts:
        """What this block's rows have in common, for the step scale s."""
        key = block.kind, block.layer
        facts = self.facts.get(key)
        if facts is None or facts.s != s:
            facts = self.facts[key] = Facts.of(self.problem, block, summands(self.problem, *key), s)
        return facts

    def keep(self, row: Row) -> None:
        """Remember what a row says."""
        self.squares[row.kind, row.layer] = (row.norm, 0.0 if self.still else row.step)


def sizes_of(problem: LayeredProblem, kind: str, layer: int, around: Around) -> Sizes:
    """What the bounds of a block's step are made of, from the norms around it.

    Each number of ``around`` may be a stack of many sweeps' numbers.
    """
    across = math.sqrt(problem.samples)
    x, w, b, z, own, partner = ((root(u), root(d)) for u, d in around[:6])
    residual = (x[0] + x[1]) * (w[0] + w[1]) + across * (b[0] + b[1]) + z[0] + around.shift
    operator: Scalar = 1.0
    if kind == "W":
        operator = x[0]
    elif kind == "a":
        operator = w[0]
    elif kind == "b":  # the mean over the samples
        residual = residual / across
    outside = _outside(problem, kind, layer, (own[0], partner[0], around.eps))
    terms = summands(problem, kind, layer)
    return Sizes(operator, residual, terms, *own, around.own[1], outside)


def summands(problem: LayeredProblem, kind: str, layer: int) -> int:
    """n of ‖fl(r) − r‖ ≤ γ_n·S: the length of the sums that the residual is made of."""
    last = layer + 1 if kind == "a" else layer
    inputs: int = problem.space.inputs.shape[1] if last == 1 else problem.widths[last - 1]
    return 10 + inputs + (problem.samples if kind == "b" else 0)


def _outside(
    problem: LayeredProblem, kind: str, layer: int, seen: tuple[Scalar, Scalar, Scalar]
) -> Scalar:
    """β: how far rounding can have put the present point outside its computed box.

    ``seen`` are the block's norm, its partner's, and ε.
    """
    h = problem.activation
    if not isinstance(problem.coupling, Band) or kind in "Wb" or layer == problem.layers:
        return 0.0
    if kind == "z" and not h.piecewise_linear:
        return 0.0  # the interval holds a point that is feasible to rounding
    own, partner, eps = seen
    steepest, z, a = (1.0, partner, own) if kind == "a" else (1 / h.flattest, own, partner)
    across = math.sqrt(problem.samples * problem.widths[layer])
    value = 2 * h.lipschitz * z + a + (h.at_zero + eps) * across
    return 8 * unit(problem.dtype) * steepest * value


def measured(point: Point, moved: Point | None) -> dict[Key, Squares]:
    """‖u‖² and ‖Δ‖² of every block of a point."""
    squares: dict[Key, Squares] = {}
    for kind, blocks in zip("Wbza", (point.w, point.b, point.z, point.a), strict=True):
        for i, u in enumerate(blocks):
            step: Scalar = 0.0
            if moved is not None:
                d = {"W": moved.w, "b": moved.b, "z": moved.z, "a": moved.a}[kind][i]
                step = dot(d, d)
            squares[kind, i + 1] = dot(u, u), step
    return squares
