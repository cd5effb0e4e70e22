r"""A layered run that keeps its points, and each of its rows exactly.

In sweep k the blocks are visited in the order W_l → b_l → z_l → a_l, l = 1 … L. The point at
which a block is stepped therefore has

    the blocks before it in this order as sweep k leaves them,  the others as sweep k−1 left them,

so the states between the sweeps hold every point of the run; Δ is the displacement that the state
before the sweep carries, as it is stored. With u, u' the block before and after, e = u' − u
without rounding, and d = e − p2Δ for the p2 on record:

    e2 = ‖e‖²,  de = ⟨Δ, e⟩,  d2 = ‖Δ‖²,  bend = ⟨d, ∇²H d⟩,  dF = F's change        (a block)
    df = Σ dF,  e2 = Σ ‖e‖²  over the blocks                                         (a sweep)

**Small problems only.** A run of K sweeps keeps 2(K + 1) numbers for each entry of its state, and
a row takes as many exact products as its largest affine layer, N·n_l·n_{l−1}. Both are limited
and computed before the run starts; what is too large is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

import flint
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.methods.tiam import TIAM
from amverify.network.initial import Parameters
from amverify.network.layered import LayeredProblem, Point
from amverify.numbers.exact import Exact, Real, added
from amverify.record.exact.matrices import fraction, inner, matrix, rational, square
from amverify.record.exact.objective import Objective
from amverify.record.layered.measures import widened
from amverify.record.layered.run import traced
from amverify.trace.trace import Trace

MOST_KEPT = 1 << 23
"""Numbers that a run may keep: 64 MiB of float64."""
MOST_PRODUCTS = 1 << 18
"""Exact products of a row: some ten milliseconds, so that an audit ends within a minute."""
ORDER = "Wbza"
"""In which order a layer's blocks are visited."""


class Kept(NamedTuple):
    """What a run's state is after a sweep: its point, and each block's last step."""

    point: Point
    displacement: Point


def _called(method: object) -> str:
    return str(getattr(method, "name", type(method).__name__))


def traced_exactly(
    method: TIAM,
    problem: LayeredProblem,
    parameters: Parameters,
    sweeps: int,
    **options: Any,
) -> tuple[Trace, Exact]:
    """``traced``, and what ``audit`` asks for as ``exact``.

    Args:
        method: TIAM or one of its relatives.
        problem: what it minimises; small.
        parameters: initial weights and biases.
        sweeps: how many, at least 1.
        options: as for ``traced``.

    Raises:
        InvalidInput: for another method, or for a run that is too large (it says what would do).
    """
    if not isinstance(method, TIAM):
        raise InvalidInput(f"exact rows: known of TIAM and its relatives, not of {_called(method)}")
    _check_size(problem, parameters, sweeps)
    kept: list[Kept] = []

    def keep(state: Any) -> None:
        kept.append(Kept(widened(state.point), widened(state.displacement)))

    trace = traced(method, problem, parameters, sweeps, on_state=keep, **options)
    return trace, ExactRows(problem, kept, trace)


def _check_size(problem: LayeredProblem, parameters: Parameters, sweeps: int) -> None:
    widths = (problem.space.inputs.shape[1], *problem.widths[1:])
    pairs = list(pairwise(widths))
    products = max(problem.samples * inside * outside for inside, outside in pairs)
    if products > MOST_PRODUCTS:
        raise InvalidInput(
            f"exact rows: N·n_l·n_(l-1) is at most {MOST_PRODUCTS}, here it is {products}: "
            "take fewer samples or narrower layers"
        )
    first = parameters[0][0]
    replicates = first.numel() // (first.shape[-1] * first.shape[-2])
    inside = sum(m * (n + 1) for n, m in pairs)
    entries = inside + problem.samples * (2 * sum(widths[1:]) - widths[-1])
    each = 2 * replicates * entries
    if each * (sweeps + 1) > MOST_KEPT:
        raise InvalidInput(
            f"exact rows: {sweeps} sweeps would keep {each * (sweeps + 1)} numbers, at most "
            f"{MOST_KEPT} are kept: at most {max(MOST_KEPT // each - 1, 0)} sweeps of this problem"
        )


class ExactRows:
    """(sweep, block, replicate) → the exact symbols of a kept run; None where there is no row."""

    def __init__(self, problem: LayeredProblem, kept: list[Kept], trace: Trace) -> None:
        self.objective, self.kept = Objective(problem), kept
        names = ("sweep", "kind", "layer", "replicate", "p2")
        rows = zip(*(trace.blocks[name].tolist() for name in names), strict=True)
        self.p2 = {(k, f"{kind.decode()}_{layer}", r): p2 for k, kind, layer, r, p2 in rows}
        self.blocks = tuple(dict.fromkeys(block for _, block, _ in self.p2))

    def __call__(self, sweep: int, block: str, replicate: int) -> Mapping[str, Real] | None:
        """The symbols of a block's update, or of a whole sweep where ``block`` is empty."""
        if block:
            return self._row(sweep, block, replicate)
        rows = [self._row(sweep, name, replicate) for name in self.blocks]
        change: Real = Fraction(0)
        step: Real = Fraction(0)
        for row in rows:
            if row is None:
                return None
            change, step = added(change, row["dF"]), added(step, row["e2"])
        return {"df": change, "e2": step}

    def _row(self, sweep: int, block: str, replicate: int) -> dict[str, Real] | None:
        p2 = self.p2.get((sweep, block, replicate))
        if p2 is None:
            return None
        kind, number = block.split("_")
        layer = int(number)
        before, after = self.kept[sweep - 1], self.kept[sweep]

        def at(other: str, place: int) -> flint.fmpq_mat:
            earlier = (place, ORDER.index(other)) < (layer, ORDER.index(kind))
            return _exactly((after if earlier else before).point, other, place, replicate)

        new = _exactly(after.point, kind, layer, replicate)
        moved = _exactly(before.displacement, kind, layer, replicate)
        e = new - at(kind, layer)
        return {
            "dF": self.objective.change(kind, layer, at, new),
            "e2": fraction(square(e)),
            "de": fraction(inner(moved, e)),
            "d2": fraction(square(moved)),
            "bend": self.objective.bend(kind, layer, at, e - rational(p2) * moved),
        }


def _exactly(point: Point, kind: str, layer: int, replicate: int) -> flint.fmpq_mat:
    """One replicate's block as a matrix of fractions."""
    group = {"W": point.w, "b": point.b, "z": point.z, "a": point.a}[kind]
    u: Tensor = group[layer - 1]
    return matrix(u.reshape(-1, *u.shape[-2:])[replicate])
