r"""What a method tells while it sweeps, and who listens.

    journal = block_journal(record, problem, point, scale=1.0, moved=moved, after=state.rows)
    journal.step(block, displacement, stepped)     # before the new value takes its place
    ...
    rows = journal.rows()                          # for the next state

A method tells every update and asks nothing, so that its file holds the algorithm alone. Whether
anything is written is decided when the journal is opened: ``SILENT`` forgets what it is told, the
others turn it into the rows that an audit reads, by what fits the sweep. ``after`` are the rows of
the sweep before: what those measured is not measured again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from amverify.compiled.available import compiled
from amverify.methods.rows.bcd import Minimisers
from amverify.methods.rows.gradient import GradientRow, Taken, measured
from amverify.methods.rows.joint import JointSweep, Mapped, Paired, Solved, slopes_after
from amverify.methods.rows.minimiser import auxiliary_record
from amverify.methods.rows.norms import Norms
from amverify.methods.rows.others import dual_record, optimiser_record
from amverify.methods.rows.record import Near, Recorded, Row, Rows
from amverify.methods.rows.sweep import Carried, SweepRows
from amverify.methods.rows.written import Written
from amverify.methods.step import Stepped
from amverify.network.blocks import Block
from amverify.network.layered import LayeredProblem, Point
from amverify.network.scalars import Scalar, dot, root

__all__ = [
    "NOTHING",
    "SILENT",
    "JointSweep",
    "Journal",
    "Mapped",
    "Near",
    "Paired",
    "Recorded",
    "Rows",
    "Solved",
    "block_journal",
    "joint_journal",
    "minimiser_journal",
    "optimiser_journal",
    "slopes_after",
]

NOTHING: Rows = Written()
"""The rows of a sweep that was not recorded."""
_EXACTLY = Near()


class Journal:
    """What a method may tell, each before the new value takes its place; here it is forgotten."""

    def step(
        self, block: Block, displacement: Tensor | None, stepped: Stepped, delta: Scalar = 0.0
    ) -> None:
        """A block steps; Δ is ``None`` where the method keeps none, ``delta`` is δᵏ."""

    def minimised(
        self, kind: str, layer: int, new: Tensor, pre: Tensor | None = None, near: Near = _EXACTLY
    ) -> None:
        """A block goes to the exact minimiser of F, near a point or not; ``pre`` is pre_l."""

    def solved(self, step: Solved) -> None:
        """V_l = [W_l, b_l] steps in its own metric."""

    def paired(self, step: Paired) -> None:
        """(z_l, a_l) go to a minimiser of their model over the band."""

    def mapped(self, step: Mapped) -> None:
        """z_L goes by R's proximal map."""

    def ascended(self, old: Tensor, new: Tensor, gap: Tensor) -> None:
        """The dual variable goes from ``old`` to ``new``; ``gap`` is z_L − pre_L."""

    def optimised(self, losses: Tensor, again: Callable[[], Tensor]) -> None:
        """An optimiser has stepped: R before, of the replicates' shape, and how to get R after."""

    def rows(self) -> Rows:
        """What the sweep leaves."""
        return NOTHING


SILENT = Journal()


def block_journal(
    record: bool,
    problem: LayeredProblem,
    point: Point,
    *,
    scale: float,
    moved: Point | None = None,
    eps: float = 0.0,
    biases: bool = True,
    dual: Tensor | None = None,
    after: Rows = NOTHING,
) -> Journal:
    """For a sweep of inertial steps and of minimisers of z_l, l < L, that starts at ``point``.

    Args:
        point: the sweep's own, which it changes as it goes.
        scale: the step scale s.
        moved: the displacements, ``None`` for a method that keeps none.
        eps: ε of the band in this sweep.
        biases: whether b is a block.
        dual: u/ρ, where pre_L − u/ρ stands for pre_L.
    """
    if not record:
        return SILENT
    left, loops = after.left, compiled()
    if loops and isinstance(left, Carried) and left.layout.serves(problem, scale, biases):
        return _InArrays(SweepRows(left, loops.sums, eps))
    norms = Norms(problem, point, moved, eps, left if isinstance(left, Norms) else None)
    return _AtTheEnd(norms, point, scale, None if dual is None else root(dot(dual, dual)))


def minimiser_journal(
    record: bool, problem: LayeredProblem, point: Point, output: Tensor, alpha: float, nu: float
) -> Journal:
    """For a sweep of BCD from ``point`` and a_L = ``output``, with its α and ν."""
    return _OfMinimisers(Minimisers(problem, point, output, alpha, nu)) if record else SILENT


def optimiser_journal(
    record: bool, problem: LayeredProblem, parameters: Sequence[Tensor], after: Rows
) -> Journal:
    """For an optimiser's step, which is about to change ``parameters`` in place."""
    return _OfOptimiser(problem, parameters, after.left) if record else SILENT


def joint_journal(record: bool, sweep: Callable[[], JointSweep]) -> Journal:
    """For a sweep of joint blocks; ``sweep`` is made only if it is recorded."""
    return _OfJoint(sweep()) if record else SILENT


class _InArrays(Journal):
    """Sums of each step, taken while its tensors are in the cache."""

    def __init__(self, rows: SweepRows) -> None:
        self._rows = rows

    def step(
        self, block: Block, displacement: Tensor | None, stepped: Stepped, delta: Scalar = 0.0
    ) -> None:
        self._rows.add(Taken(block, displacement, stepped, delta))

    def rows(self) -> Rows:
        return self._rows


class _AtTheEnd(Journal):
    """Rows of all updates together, when the sweep has ended; their tensors are kept until then."""

    def __init__(self, norms: Norms, point: Point, scale: float, shift: Scalar | None) -> None:
        self._norms, self._point, self._scale, self._shift = norms, point, scale, shift
        self._told: list[Taken | Callable[[], Row]] = []

    def step(
        self, block: Block, displacement: Tensor | None, stepped: Stepped, delta: Scalar = 0.0
    ) -> None:
        self._told.append(Taken(block, displacement, stepped, delta))

    def minimised(
        self, kind: str, layer: int, new: Tensor, pre: Tensor | None = None, near: Near = _EXACTLY
    ) -> None:
        assert pre is not None
        z, a, norms = self._point.z[layer - 1], self._point.a[layer - 1], self._norms

        def row() -> Row:
            sizes = norms.sizes("z", layer)
            return auxiliary_record(norms.problem, layer, z, new, a, pre, sizes, near)

        self._told.append(row)

    def ascended(self, old: Tensor, new: Tensor, gap: Tensor) -> None:
        norms = self._norms

        def row() -> Row:
            sizes = norms.sizes("z", norms.problem.layers)
            return dual_record(norms.problem, old, new, gap, sizes)

        self._told.append(row)

    def rows(self) -> Rows:
        steps = [told for told in self._told if isinstance(told, Taken)]
        if len(steps) == len(self._told) and not self._norms.still:
            swept = SweepRows.of(self._norms, steps, self._scale)
            if swept is not None:
                return swept
        products, rows = iter(measured(steps)), []
        for told in self._told:
            row = self._step_row(told.block, next(products)) if isinstance(told, Taken) else told()
            self._norms.keep(row)
            rows.append(row)
        return Written(rows, self._norms)

    def _step_row(self, block: Block, products: tuple[Scalar, ...]) -> Row:
        norms = self._norms
        around = norms.numbers(block.kind, block.layer)
        if self._shift is not None and block.layer + (block.kind == "a") == norms.problem.layers:
            around = (*around[:-1], self._shift)  # the residual holds u/ρ as well
        return GradientRow(norms.facts_of(block, self._scale), products + around)


class _OfJoint(Journal):
    """Rows of joint blocks, when the sweep has ended."""

    def __init__(self, sweep: JointSweep) -> None:
        self._sweep = sweep

    def solved(self, step: Solved) -> None:
        self._sweep.told.append(step)

    def paired(self, step: Paired) -> None:
        self._sweep.told.append(step)

    def mapped(self, step: Mapped) -> None:
        self._sweep.told.append(step)

    def rows(self) -> Rows:
        return Written(*self._sweep.rows())


class _OfMinimisers(Journal):
    """BCD's rows, made at once."""

    def __init__(self, minimisers: Minimisers) -> None:
        self._minimisers, self._rows = minimisers, list[Row]()

    def minimised(
        self, kind: str, layer: int, new: Tensor, pre: Tensor | None = None, near: Near = _EXACTLY
    ) -> None:
        self._rows.append(self._minimisers.row(kind, layer, new, pre))

    def rows(self) -> Rows:
        return Written(self._rows)


class _OfOptimiser(Journal):
    """The one row of an optimiser's step; its displacement is what the next wants to know."""

    def __init__(self, problem: LayeredProblem, parameters: Sequence[Tensor], last: object) -> None:
        self._problem, self._parameters = problem, parameters
        self._before = [u.detach().clone() for u in parameters]
        self._last = last if isinstance(last, tuple) else ()
        self._rows = NOTHING

    @torch.no_grad()
    def optimised(self, losses: Tensor, again: Callable[[], Tensor]) -> None:
        pairs = zip(self._parameters, self._before, strict=True)
        moved = tuple(u.detach() - v for u, v in pairs)
        change = again().double() - losses.detach().double()
        row = optimiser_record(
            self._problem, self._before, self._parameters, moved, self._last, change
        )
        self._rows = Written([row], moved)

    def rows(self) -> Rows:
        return self._rows
