r"""Expectations in a claim, from steps that a recorder replayed: E[value[k]] and the like.

Row d of the table ``replays`` is the point x^k that step k leads to from x^{k-1} with batch d. It
has all that a run's row has (f, tracked quantities, ‖x^k − x^{k−1}‖², each with its bounds), so the
side within E[…] has a ball for every draw. Two ways to their mean:

* *enumerated*: the batches are a list, all equally likely. E is the mean over the list, off by
  rounding alone.
* *drawn*: a confidence sequence (``amverify.numbers.confidence``). It needs bounds of what is drawn
  that were known before: those that were declared of the quantities (``bounds=``) give an interval
  for the side, and a draw outside of them is a hypothesis that fails. Without bounds no number of
  draws bounds a mean (a rare draw may be as large as it likes), so E is unknown then. All
  expectations of a claim at all steps together are missed with probability ``alpha`` at most.

What the rounding of the replayed step can do is averaged like the side itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from amverify.claims.bound import Bound, combined, of_function
from amverify.claims.formula import Atom, Atoms, expression
from amverify.claims.quantities import ROOTS
from amverify.claims.rows import Rows, Run
from amverify.claims.tree import (
    At,
    Call,
    Constant,
    Expected,
    Node,
)
from amverify.errors import InvalidInput
from amverify.numbers.balls import Ball
from amverify.numbers.confidence import betting
from amverify.numbers.given import given
from amverify.numbers.roundoff import gamma
from amverify.theorems.base import Context, Hypothesis, Missing
from amverify.trace.columns import KEYS, RENAMED

Array = NDArray[np.float64]
ALPHA = 0.01
"""The probability with which any expectation of a claim may be missed, unless declared."""
REPLAYED = "recorder.replayed(step, batches=…, at=…)"
LAW = Hypothesis(
    "law",
    "the run draws its batches as the recorder was told: each of a list equally likely, or "
    "independently by the function; declared bounds hold for every draw",
)


class Binder(Protocol):
    """What is known of the claim's own rows."""

    ctx: Context
    run: Run
    rows: Rows

    def placed(self, atom: At, where: Rows) -> Bound:
        """A quantity at some rows."""

    def constant(self, name: str) -> Bound:
        """A declared constant."""


def _said(ctx: Context) -> Mapping[str, Any]:
    found: Mapping[str, Any] = ctx.trace.settings.get("replays", {})
    return found


def drawn(ctx: Context) -> bool:
    """Whether expectations are estimated from draws, not enumerated."""
    return _said(ctx).get("how") == "drawn"


def replayed(ctx: Context) -> Rows:
    """The steps that were replayed.

    Raises:
        Missing: if none was.
    """
    if _said(ctx).get("lost") and not ctx.trace.rows("replays"):
        return np.empty(0, dtype=np.int64)
    if "replays" not in ctx.trace.settings or not ctx.trace.rows("replays"):
        raise Missing("the expectation over the draw of a step", REPLAYED, "step")
    found: Rows = np.unique(ctx.column("replays", "sweep"))
    return found


def told(ctx: Context) -> tuple[str, ...]:
    """How the expectations of a claim are known, in a sentence."""
    if not ctx.trace.rows("replays") or "replays" not in ctx.trace.settings:
        return ()
    many, at = _said(ctx).get("draws"), replayed(ctx)
    which = ", ".join(str(int(k)) for k in at[:8]) + (", …" if len(at) > 8 else "")
    if not drawn(ctx):
        return (f"E over {many} batches, all of them enumerated, at the steps {which}",)
    return (
        f"E from {many} draws at each of the steps {which}: missed anywhere with probability "
        f"{significance(ctx):g} at most",
    )


def significance(ctx: Context) -> float:
    """α of all expectations of a claim together."""
    found = given("constant alpha", ctx.constants.get("alpha", ALPHA))[0]
    if not 0 < found < 1:
        raise InvalidInput(f"constant alpha: a probability between 0 and 1, got {found:g}")
    return found


@dataclass(frozen=True)
class _Draws:
    """The side within E[…] on every draw.

    Args:
        binder: of the claim.
        node: the expectation.
        chosen: the rows of the table ``replays``.
        rows: for each, the run's row of the claim's k.
        pairs: the run of each draw alone: its x^{k−1} and its x^k.
        declared: bind what is drawn to the bounds that were declared of it.
    """

    binder: Binder
    node: Expected
    chosen: Rows
    rows: Rows
    pairs: Run
    declared: bool = False

    def side(self, node: Node) -> Bound:
        """A side on every draw."""
        atoms: Atoms = {}
        formula = expression(node, atoms)
        inner = {name: self._atom(atom) for name, atom in atoms.items()}
        for name in {symbol.name for symbol in formula.free_symbols} - set(inner):
            inner[name] = self.binder.constant(name)
        return combined(formula, inner)

    def _atom(self, atom: Atom) -> Bound:
        match atom:
            case At(name, index) if index.moving and index.offset == self.node.newest:
                return self._declared(name) if self.declared else self._drawn(atom)
            case At(index=index):
                where = self.binder.run.at(self.rows, index)
                return self.binder.placed(atom, where)
            case Constant():
                return Bound(Ball.of(self.binder.run.index[self.rows].astype(float)))
            case Call(how, of):
                return of_function(how, [self.side(one) for one in of])
        raise AssertionError(atom)

    def _drawn(self, atom: At) -> Bound:
        """A quantity at the drawn point; the step there adds its own rounding to the earlier."""
        found = self.pairs.quantity(atom.name)
        last = np.arange(1, len(self.pairs.index), 2)
        before = replace(atom.index, offset=atom.index.offset - 1)
        where = self.binder.run.at(self.rows, before)
        earlier = self.binder.placed(replace(atom, index=before), where).moved
        return Bound(found.ball.take(last), found.moved[last] + earlier)

    def _declared(self, name: str) -> Bound:
        ctx = self.binder.ctx
        if name in ROOTS:
            squared = self._declared(ROOTS[name]).ball
            return Bound(squared.sqrt(), 0.0)
        column = RENAMED.get(name, name)
        if f"{column}_low" not in ctx.trace.replays:
            call = f'recorder.replayed(…, bounds={{"{name}": (low, high)}})'
            raise Missing(f"bounds of {name}[k], known before its batch is drawn", call, "step")
        low, high = (
            ctx.column("replays", f"{column}_{end}")[self.chosen] for end in ("low", "high")
        )
        mid = low / 2 + high / 2
        rad = np.maximum(high - mid, mid - low) * (1 + 2.0**-40)
        return Bound(Ball.of(mid, rad), 0.0)


def expected(binder: Binder, node: Expected, share: float) -> Bound:
    """The expectation on all instances, missed at any one of them with probability ``share``.

    Raises:
        Missing: if a step was not replayed, or a quantity that is drawn has no declared bounds.
    """
    if not len(binder.rows):
        return Bound(Ball.of(np.zeros(0)), np.zeros(0))
    wanted = binder.run.index[binder.rows] + node.newest
    places = {int(k): int(row) for k, row in zip(wanted, binder.rows, strict=True)}
    sweep, draw = (binder.ctx.column("replays", name) for name in ("sweep", "draw"))
    chosen = np.array(
        [i for i in np.lexsort((draw, sweep)) if int(sweep[i]) in places], dtype=np.int64
    )
    rows = np.array([places[int(k)] for k in sweep[chosen]], dtype=np.int64)
    one = _Draws(binder, node, chosen, rows, Run(_pairs(binder.ctx, chosen)))
    found = _spread(one.side(node.of), len(chosen))
    sampled = drawn(binder.ctx)
    limits = _limits(replace(one, declared=True)) if sampled else None
    parts = [np.flatnonzero(sweep[chosen] == k) for k in wanted]
    balls = [
        _mean(found.ball.take(part))
        if limits is None
        else _interval(found.ball.take(part), (limits[0][part], limits[1][part]), share)
        for part in parts
    ]
    moved = np.array([_average(np.asarray(found.moved)[part]) for part in parts])
    ball = Ball.of([float(b.mid) for b in balls], [float(b.rad) for b in balls])
    return Bound(ball, moved)


def _spread(found: Bound, many: int) -> Bound:
    """One ball for each draw."""
    shape = (many,)
    mid, rad = (np.broadcast_to(x, shape) for x in (found.ball.mid, found.ball.rad))
    return Bound(Ball(mid, rad), np.broadcast_to(np.asarray(found.moved), shape))


def _limits(one: _Draws) -> tuple[Array, Array]:
    """Bounds of the side for each draw, from those that were declared of its quantities."""
    ball = _spread(one.side(one.node.of), len(one.chosen)).ball
    return ball.mid - ball.rad, ball.mid + ball.rad


def _pairs(ctx: Context, order: Rows) -> Context:
    """The run of every draw alone: x^{k−1} as the run has it, and the x^k that was drawn."""
    trace, keys = ctx.trace, KEYS["sweeps"]
    sweep = ctx.column("replays", "sweep")
    index = ctx.column("sweeps", "sweep")
    where = {int(k): row for row, k in enumerate(index)}
    before = np.array([where[int(k) - 1] for k in sweep[order]], dtype=np.int64)
    both = [n for n in trace.sweeps if n in trace.replays and n not in keys]
    columns = {
        name: np.stack((trace.sweeps[name][before], trace.replays[name][order]), 1).ravel()
        for name in both
    }
    columns["sweep"] = np.stack((sweep[order] - 1, sweep[order]), 1).ravel()
    columns["replicate"] = np.repeat(np.arange(len(order)), 2)
    return replace(ctx, trace=replace(trace, sweeps=columns, iterates={}), seen={})


def _mean(ball: Ball) -> Ball:
    n = len(ball.mid)
    if not np.isfinite(ball.rad).all():
        return Ball.of(0.0, np.inf)
    size = math.fsum(np.abs(ball.mid)) / n
    return Ball.of(math.fsum(ball.mid) / n, _average(ball.rad) + gamma(4) * size)


def _average(x: Array) -> float:
    """The mean of what is not negative, rounded up."""
    with np.errstate(all="ignore"):
        return float(np.sum(x) / len(x)) * (1 + gamma(len(x) + 4))


def _interval(ball: Ball, limits: tuple[Array, Array], share: float) -> Ball:
    """A confidence interval for the mean of what was drawn."""
    low, high = float(limits[0].min()), float(limits[1].max())
    off = float(ball.rad.max())
    if not np.isfinite([low, high, off]).all():
        return Ball.of(0.0, np.inf)
    low, high = low - off, math.nextafter(high + off, math.inf)
    got = betting(np.clip(ball.mid, low, high), low, high, share)
    mid = (got.low + got.high) / 2
    return Ball.of(mid, (got.high - got.low) / 2 + off + gamma(8) * (high - low + abs(mid)))
