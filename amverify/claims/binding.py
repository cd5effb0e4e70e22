r"""The atoms of a claim on a run: balls, one for every k, and how far rounding can have moved them.

**What rounding of the steps can do** to a claim is found by moving every quantity as far as that
rounding can have moved it, and looking how far the margin moves: a claim that compares x^k with
x^{k−1} sees the rounding of the steps between; one that compares with the start, or with a bound
that depends on k, sees all of them since the start (each at its own size: a method that amplifies
what went wrong before is outside of this, and its divergence is no matter of roundings).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from amverify.claims.bound import SAFE, Array, Bound, combined, of_function
from amverify.claims.expected import drawn, expected, replayed, significance
from amverify.claims.formula import Atom, Atoms, Change, expression
from amverify.claims.grammar import OF_A_STEP
from amverify.claims.quantities import STEPS, Quantity
from amverify.claims.real import elementary
from amverify.claims.rows import Rows, Run
from amverify.claims.running import running
from amverify.claims.tree import (
    At,
    Call,
    Constant,
    Expected,
    Index,
    Node,
    Range,
    Running,
    Slice,
    element,
    every,
    expectations,
    quantities,
    slices,
)
from amverify.errors import InvalidInput
from amverify.numbers.balls import Ball
from amverify.theorems.base import Context, Missing, Parameter
from amverify.theorems.views.columns import change_of_sweep, executed


class Binder:
    """Balls for the atoms of a claim, on the k that it is about.

    Args:
        ctx: trace and constants.
        atoms: by the names of their symbols.
        over: the k.
        parameters: the claim's constants.
    """

    def __init__(
        self, ctx: Context, atoms: Atoms, over: Range, parameters: Mapping[str, Parameter]
    ) -> None:
        self.ctx, self.atoms, self.run = ctx, atoms, Run(ctx)
        self._parameters = parameters
        self.rows = self._instances(over)
        offsets = sorted({i.offset for i in self._indices() if i.moving})
        self._window = (offsets[0], offsets[-1]) if len(offsets) > 1 and self._relative() else None

    def _nodes(self) -> list[Node]:
        return [atom for atom in self.atoms.values() if not isinstance(atom, Change)]

    def _placed(self) -> list[At]:
        return [one for node in self._nodes() for one in quantities(node)]

    def _indices(self) -> list[Index]:
        """Every index of the claim; a change has two."""
        found = [one.index for one in self._placed()]
        changes = len(self._nodes()) < len(self.atoms)
        for one in self._expected():
            found += [Index(True, one.newest), Index(True, one.newest - 1)]
        return [*found, Index(True, 0), Index(True, -1)] if changes else found

    def _relative(self) -> bool:
        """Whether the claim is about neighbours alone: no start, no k, no running sum."""
        return not any(every(node, _anchored) for node in self._nodes())

    def _instances(self, over: Range) -> Rows:
        """The rows k of the range for which every index is in the run.

        Raises:
            Missing: for a fixed index, or one before a slice, that no row has.
        """
        index = self.run.index
        last = index.max() if over.last is None else over.last
        rows = np.flatnonzero((index >= over.first) & (index <= last))
        for found in self._indices():
            where = self.run.at(rows, found)
            if not found.moving and (where < 0).any():
                raise Missing(f"row {found.offset} of the run", STEPS)
            rows = rows[where >= 0]
        for one in self._placed():
            if one.name in OF_A_STEP and one.index.moving:
                rows = rows[index[rows] + one.index.offset >= 1]
        for drawing in self._expected():
            rows = rows[np.isin(index[rows] + drawing.newest, replayed(self.ctx))]
        for part in (part for node in self._nodes() for part in slices(node)):
            rows = rows[self._filled(part, rows)]
        return rows

    def _filled(self, part: Slice, rows: Rows) -> NDArray[np.bool_]:
        """Whether a slice has an element at these rows, and its last one is in the run."""
        last = Index(True, part.stop.offset - 1)
        there = self.run.at(rows, last) >= 0
        if not part.start.moving:
            there &= self.run.index[rows] + last.offset >= part.start.offset
        return there

    def bound(self, name: str) -> Bound:
        """One symbol on all instances."""
        if name in self.atoms:
            return self._atom(self.atoms[name])
        return self.constant(name)

    def _atom(self, atom: Atom) -> Bound:
        match atom:
            case Change():
                return self._change()
            case Constant():
                return Bound(Ball.of(self.run.index[self.rows].astype(float)))
            case At(index=index):
                return self.placed(atom, self.run.at(self.rows, index))
            case Expected():
                return expected(self, atom, significance(self.ctx) / self._missable)
            case Running(how, of):
                return self._running(how, of)
            case Call(how, of):
                return self._elementary(how, of)
        raise AssertionError(atom)

    def placed(self, atom: At, where: Rows) -> Bound:
        """A quantity at these rows."""
        found = self.run.quantity(atom.name)
        return Bound(found.ball.take(where), self._moved(found, where, atom.index))

    @property
    def sampled(self) -> bool:
        """Whether something here is known by a confidence sequence."""
        return bool(self._expected()) and drawn(self.ctx)

    @property
    def _missable(self) -> int:
        """So many expectations share the probability of missing any."""
        return max(len(set(self._expected())) * len(self.rows), 1)

    def _expected(self) -> list[Expected]:
        return [one for node in self._nodes() for one in expectations(node)]

    def _change(self) -> Bound:
        order = self.run.order
        before = order[self.run.at(self.rows, Index(True, -1))]
        after = order[self.rows]
        return Bound(change_of_sweep(self.ctx, before, after), executed(self.ctx, after))

    def _moved(self, found: Quantity, where: Rows, index: Index) -> Array:
        """The rounding of the steps since the start, or to and within the window of neighbours."""
        if self._window is None:
            return self.since_the_start(found.moved)[where]
        steps = index.offset - self._window[0] + 1
        moved = np.zeros(len(where))
        for back in range(steps):
            moved = moved + found.moved[where - back]
        return moved * SAFE

    def since_the_start(self, moved: Array) -> Array:
        """What the rounding of all steps up to each row adds up to."""
        total = np.empty(len(moved))
        for start in np.unique(self.run.first):
            rows = self.run.first == start
            total[rows] = np.cumsum(moved[rows])
        return total * SAFE

    def _running(self, how: str, of: Node) -> Bound:
        lead, *others = slices(of)
        if any(_length(other) != _length(lead) for other in others):
            raise InvalidInput(f"claim, column {lead.column + 1}: slices of different lengths")
        here = _Elements(self, lead)
        plain, moved = here.balls(of)
        segment = self.run.segment(self.rows)
        return Bound(*running(how, plain, moved, segment, lead))

    def _elementary(self, how: str, of: tuple[Node, ...]) -> Bound:
        return of_function(how, [self.side(one) for one in of])

    def side(self, node: Node) -> Bound:
        """A side, or a part of one, on all instances."""
        atoms: Atoms = {}
        formula = expression(node, atoms)
        inner = {name: self._atom(atom) for name, atom in atoms.items()}
        for name in {symbol.name for symbol in formula.free_symbols} - set(inner):
            inner[name] = self.constant(name)
        return combined(formula, inner)

    def constant(self, name: str) -> Bound:
        """A declared constant."""
        return Bound(self.ctx.known(self._parameters[name]).value)


class _Elements:
    """The elements of a running sum, on all rows of the run: row j has the j-th of each slice."""

    def __init__(self, binder: Binder, lead: Slice) -> None:
        self._binder, self._lead = binder, lead

    def balls(self, of: Node) -> tuple[Ball, Array]:
        atoms: Atoms = {}
        formula = expression(element(of, self._lead.start), atoms)
        inner = {name: self._value(atom) for name, atom in atoms.items()}
        for name in {symbol.name for symbol in formula.free_symbols} - set(inner):
            inner[name] = self._binder.constant(name)
        found = combined(formula, inner)
        n = len(self._binder.run.index)
        mid, rad = (np.broadcast_to(x, (n,)) for x in (found.ball.mid, found.ball.rad))
        return Ball(mid, rad), np.broadcast_to(np.asarray(found.moved, dtype=float), (n,))

    def _value(self, atom: Atom) -> Bound:
        run = self._binder.run
        rows = np.arange(len(run.index))
        if isinstance(atom, Call):
            sides = [self.balls(one) for one in atom.of]
            return Bound(elementary(atom.how, [ball for ball, _ in sides]), np.inf)
        if not isinstance(atom, At):
            raise InvalidInput("claim: only quantities, numbers and constants in a running sum")
        found = run.quantity(atom.name)
        where = run.at(rows, atom.index)
        total = self._binder.since_the_start(found.moved)
        ball, moved = found.ball.take(where), total[where]
        lost = where < 0
        unknown = Ball.of(np.where(lost, np.nan, ball.mid), ball.rad)
        return Bound(unknown, np.where(lost, np.inf, moved))


def _length(part: Slice) -> tuple[bool, int]:
    return part.start.moving, part.stop.offset - part.start.offset


def _anchored(node: Node) -> bool:
    match node:
        case Running() | Constant(name="k"):
            return True
        case At(index=Index(moving=False)):
            return True
    return False
