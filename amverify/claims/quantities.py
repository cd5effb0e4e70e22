r"""What may stand in a claim with an index: columns of a run, by the names that claims have.

| name | meaning | the rounding of the steps can move it by |
|---|---|---|
| value | f(x^k) | ``execution``, the recorder's column |
| step2, step | ‖x^k − x^{k−1}‖², and its root | (2‖e‖ + h)h, h the rounding of points and of ∇f |
| grad2, grad | ‖∇f(x^k)‖², and its root | (2‖∇f‖ + q)q, q = h(‖∇f(x^k)‖ + ‖∇f(x^{k−1})‖)/‖e‖ |
| norm2, norm | ‖x^k‖², and its root | (2‖x‖ + h)h |
| eta, momentum, eps, rho, … | parameters that the method used | 0: they are what they are |
| anything tracked | ``Recorder.track`` | measured by the recorder: column NAME_execution |
| other columns | as the trace has them | NAME_execution where there is one, else unknown |

q takes ∇f to change over h no faster than it may have changed over the whole step: measured, no
bound. What is unknown is infinite: it excuses a failure, and is never needed for what holds.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amverify.errors import InvalidInput
from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import gamma
from amverify.theorems.base import Context, Missing
from amverify.theorems.views.columns import unit
from amverify.trace.columns import COLUMNS, KEYS, RENAMED
from amverify.trace.sources import OF_UPDATES, Kind, source

Array = NDArray[np.float64]
ROOTS = {"step": "step2", "grad": "grad2", "norm": "norm2"}
NUMBERS = ("eta", "momentum", "eps", "rho", "alpha_min", "alpha_max")
"""Columns that hold what the method used: they have no error."""
KNOWN = ("value", *RENAMED, *ROOTS, *NUMBERS)
"""Quantities that a run may have, recorded or not."""
MEANT = {
    **dict.fromkeys(("f", "loss", "cost", "objective", "obj"), "value"),
    **dict.fromkeys(("lr", "learning_rate", "stepsize", "step_size"), "eta"),
    **dict.fromkeys(("gradient", "gradients", "gradnorm", "grad_norm"), "grad"),
    "beta": "momentum",
}
"""What others call these quantities."""
STEPS = "recorder.step(x, value) at the start and after every step"
SAFE = 1 + 2.0**-40
UPDATE = "update"
"""What a row is where each is an update of a block: see ``amverify.claims.updates``."""


@dataclass(frozen=True)
class Quantity:
    """A column in the order of replicates and sweeps, and what the steps' rounding does to it."""

    ball: Ball
    moved: Array


def quantity(ctx: Context, name: str, order: NDArray[np.int64]) -> Quantity:
    """A quantity of the run on its rows in ``order``.

    Raises:
        InvalidInput: if it is none and the run tracks none of this name.
        Missing: if it is one that was not recorded.
    """
    if name in ROOTS:
        return _root(quantity(ctx, ROOTS[name], order))
    column = column_of(name)
    _look(ctx, name, column)
    if name in NUMBERS:
        ball = ctx.number("sweeps", column).take(order)
        return Quantity(ball, np.zeros(len(order)))
    ball = ctx.ball("sweeps", column).take(order)
    return Quantity(ball, _moved(ctx, name, ball, order))


def column_of(name: str) -> str:
    """The column of a quantity; L[j], a constant for each block, has one of its own."""
    plain = RENAMED.get(name, name)
    return plain if plain == plain.lower() else f"each_{plain.lower()}"


def _root(squared: Quantity) -> Quantity:
    """‖·‖ from ‖·‖²: √(x + q) − √x ≤ √q, and ≤ q/√x."""
    ball = squared.ball.sqrt()
    with np.errstate(all="ignore"):
        moved = np.fmin(np.sqrt(squared.moved), squared.moved / ball.mid) * SAFE
    return Quantity(ball, np.where(np.isnan(moved), np.inf, moved))


def _look(ctx: Context, name: str, column: str) -> None:
    have = ctx.trace.sweeps
    if column in have and not (column in RENAMED.values() and name == column):
        return
    if ctx.trace.iteration == UPDATE:
        raise Missing(*_of_update(name))
    known = sorted(set(available(ctx)))
    meant = [MEANT[name]] if MEANT.get(name) in known else []
    if not meant and (name in KNOWN or column in COLUMNS["sweeps"]):
        found = source("sweeps", column)
        raise Missing(f"{name}[k]", found.argument, found.of)
    near = meant or difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise InvalidInput(
        f"claim: the run has no quantity {name}{hint} (it has {', '.join(known)}; "
        f'any other is recorded by recorder.track("{name}", function))'
    )


def _of_update(name: str) -> tuple[str, str, Kind]:
    """What a claim for each block lacks, and the argument that supplies it."""
    if name in ("grad", "grad2"):
        return f"{name}[j]", "recorder.block(name, x, value, gradient)", "block"
    if name in (*KNOWN, *OF_UPDATES):
        found = source("blocks", RENAMED.get(name, name))
        return f"{name}[j]", found.call, "block"
    return (
        f"{name}[j], which is no quantity",
        f"a number for each block, claim(…, {name}=[…])",
        "any",
    )


def available(ctx: Context) -> list[str]:
    """The names that a claim on this run may use."""
    back = {column: name for name, column in RENAMED.items()}
    keys = {"execution", "outside", *KEYS["sweeps"]}
    found = [
        back.get(column, column)
        for column in ctx.trace.sweeps
        if column not in keys and not column.endswith(("_error", "_execution"))
    ]
    return found + [root for root, squared in ROOTS.items() if squared in found]


def _moved(ctx: Context, name: str, ball: Ball, order: NDArray[np.int64]) -> Array:
    """What the rounding of one step can do to a quantity at its end; 0 at the start."""
    have = ctx.trace.sweeps
    found = np.full(len(order), np.inf)
    own = f"{column_of(name)}_execution"
    if own in have:
        found = np.asarray(ctx.column("sweeps", own), dtype=np.float64)[order]
    elif name in ("value", "lyapunov") and "execution" in have:
        found = np.asarray(ctx.column("sweeps", "execution"), dtype=np.float64)[order]
    elif name in RENAMED and "norm" in have:
        found = _of_length(ctx, name, ball, order)
    return np.where(ctx.column("sweeps", "sweep")[order] == 0, 0.0, found)


def _of_length(ctx: Context, name: str, ball: Ball, order: NDArray[np.int64]) -> Array:
    """‖v + q‖² − ‖v‖² ≤ (2‖v‖ + q)q."""
    size = np.sqrt(ctx.column("sweeps", "norm")[order])
    if "outside" in ctx.trace.sweeps:
        size = size + np.sqrt(ctx.column("sweeps", "outside")[order])
    alone = _without_neighbour(ctx, order)
    earlier = np.where(alone, _at_most(ctx, order, size), _shifted(size))
    h = gamma(8, unit(ctx)) * (size + earlier) if np.isfinite(unit(ctx)) else np.full(
        len(order), np.inf)  # fmt: skip
    with np.errstate(all="ignore"):
        length = np.sqrt(ball.mid + ball.rad)
        if name == "step2" and {"used_error", "gradient"} <= set(ctx.trace.sweeps):
            slope = np.sqrt(ctx.column("sweeps", "gradient")[order])
            before = np.where(alone, 0.0, _shifted(slope))
            h = h + length * ctx.column("sweeps", "used_error")[order] / before
        if name == "grad2":
            step = np.sqrt(ctx.column("sweeps", "step")[order])
            both = length + np.where(alone, np.inf, _shifted(length))
            h = np.where(h > 0, h * both / step, 0)
        found = (2 * length + h) * h * SAFE
    return np.where(np.isnan(found), np.inf, found)


def _shifted(column: Array) -> Array:
    """In each row what the row before holds."""
    return np.concatenate((column[:1], column[:-1]))


def _without_neighbour(ctx: Context, order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which rows k are not preceded by row k − 1: the first ones, and those after a gap."""
    sweep, replicate = (ctx.column("sweeps", name)[order] for name in ("sweep", "replicate"))
    found = np.ones(len(order), dtype=bool)
    found[1:] = (np.diff(sweep) != 1) | (np.diff(replicate) != 0)
    return found


def _at_most(ctx: Context, order: NDArray[np.int64], size: Array) -> Array:
    """A bound on ‖x^{k−1}‖ where that row is missing: ‖x^k‖ + ‖e‖."""
    if "step" not in ctx.trace.sweeps:
        return np.full(len(order), np.inf)
    step = ctx.ball("sweeps", "step").take(order)
    return (size + np.sqrt(step.mid + step.rad)) * SAFE
