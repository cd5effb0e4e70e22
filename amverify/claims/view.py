"""A claim on a run: one instance for every k, or one for all where it says that some k exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amverify.claims.binding import Binder
from amverify.claims.bound import SAFE, Array, Bound, combined
from amverify.claims.formula import Atom, Atoms, Comparison
from amverify.claims.tree import (
    At,
    Index,
    Node,
    Range,
)
from amverify.claims.updates import updates
from amverify.errors import InvalidInput
from amverify.numbers.balls import Ball
from amverify.theorems.base import Context, Instances, Parameter

LEAST = sp.Symbol("min_k (lhs − rhs)", real=True)


@dataclass(frozen=True)
class Claimed:
    """What a view has to know of a claim.

    Args:
        text: as it was typed.
        part: one of its inequalities.
        over: the k.
        conditions: the atoms of the hypotheses that are monitored.
        divisors: all that is divided by.
        parameters: the constants.
        each: those that are one for each block.
    """

    text: str
    part: Comparison
    over: Range
    conditions: Atoms
    divisors: tuple[Node, ...]
    parameters: Mapping[str, Parameter]
    each: Mapping[str, Any] = field(default_factory=dict)

    def bound(self, ctx: Context) -> tuple[Binder, dict[str, Bound], Bound]:
        """The symbols on all instances, and lhs − rhs.

        Raises:
            InvalidInput: for a division by 0.
        """
        binder = Binder(ctx, self.part.atoms | self.conditions, self.over, self.parameters)
        for one in self.divisors:
            self._nonzero(binder, one)
        difference = self.part.lhs - self.part.rhs
        used = self.part.lhs.free_symbols | self.part.rhs.free_symbols
        names = {s.name for s in used} | set(self.conditions)
        found = {name: binder.bound(name) for name in sorted(names | set(self.parameters))}
        return binder, found, combined(difference, found)

    def _nonzero(self, binder: Binder, divisor: Node) -> None:
        ball = binder.side(divisor).ball
        zero = np.broadcast_to((ball.mid == 0) & (ball.rad == 0), binder.rows.shape)
        if zero.any():
            k = int(binder.run.index[binder.rows[int(np.argmax(zero))]])
            if self.over.blocks:
                raise InvalidInput(f"claim {self.text!r}: division by zero at update j = {k}")
            raise InvalidInput(
                f"claim {self.text!r}: division by zero at k = {k}; "
                f"a range leaves rows out: 'for k >= {k + 1}: …'"
            )

    def every(self, ctx: Context) -> Instances:
        """One instance for each k."""
        by_update = updates(ctx, self.each) if self.over.blocks else None
        binder, found, difference = self.bound(by_update.ctx if by_update else ctx)
        run, rows = binder.run, binder.rows
        values = {name: b.ball for name, b in found.items()}
        instances = Instances(
            values,
            run.index[rows],
            run.replicate[rows],
            allowance=difference.moved,
            statistical=binder.sampled,
            until=self.over.last,
            named={atom.name: name for name, atom in binder.atoms.items() if _now(atom)},
        )
        return instances if by_update is None else by_update.placed(instances, run.order[rows])

    def some(self, ctx: Context) -> Instances:
        """One instance for each replicate: the least lhs − rhs over the k of the range.

        Where the run ended before the range does, it is known only where it is small enough.
        """
        binder, _, difference = self.bound(ctx)
        run, rows = binder.run, binder.rows
        shape = rows.shape
        mid, rad = (np.broadcast_to(x, shape) for x in (difference.ball.mid, difference.ball.rad))
        moved = np.broadcast_to(difference.moved, shape)
        who = np.unique(run.replicate)
        parts = [np.flatnonzero(run.replicate[rows] == r) for r in who]
        least = [_least(*(x[part] for x in (mid, rad, moved))) for part in parts]
        where = np.array([_place(run.index[rows[part]], mid[part]) for part in parts])
        ends = np.array([run.index[run.replicate == r].max() for r in who])
        low, high, off = np.array(least).reshape(-1, 3).T
        cut = ends < self.over.last if self.over.last is not None else np.ones(len(who), bool)
        open_ = cut & ~(high <= 0)
        with np.errstate(all="ignore"):
            middle = np.where(open_, 0.0, low / 2 + high / 2)
            radius = np.where(open_, np.inf, (high - low) / 2 * SAFE + np.abs(middle) * 2.0**-51)
        surely = high <= 0
        ball = Ball.of(np.where(surely, high, middle), np.where(surely, 0.0, radius))
        unseen = self._unseen(int(ends.max(initial=0))) if (open_ & (low > 0)).any() else ""
        return Instances(
            {LEAST.name: ball}, where, who, None, off, statistical=binder.sampled, unseen=unseen
        )

    def _unseen(self, end: int) -> str:
        """Why a run that ends there, without such a k, refutes nothing."""
        if end < self.over.first:
            return f"the run ends at k = {end}, and the claim is about k ≥ {self.over.first}"
        last = self.over.last
        seen = f"no k up to {end}, where the run ends, is seen to satisfy it"
        if last is None:
            return f"{seen}, and without a limit (exists k <= {end}: …) no run refutes it"
        return f"{seen}, and the claim allows k ≤ {last}"


def _now(atom: Atom) -> TypeGuard[At]:
    """Whether it is a quantity at k."""
    return isinstance(atom, At) and atom.index == Index(True, 0)


def _place(index: NDArray[np.int64], mid: Array) -> int:
    """The k at which lhs − rhs is least."""
    return int(index[np.argmin(mid)]) if len(index) else 0


def _least(mid: Array, rad: Array, moved: Array) -> tuple[float, float, float]:
    """The least of balls, and how far the steps' rounding can have moved it."""
    if not len(mid):
        return np.inf, np.inf, 0.0
    known = np.where(np.isfinite(rad), rad, np.inf)
    with np.errstate(all="ignore"):
        return float((mid - known).min()), float((mid + known).min()), float(moved.max())
