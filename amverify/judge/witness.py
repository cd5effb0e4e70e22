"""The instance that contradicts a claim, in numbers and in words."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import inf, isfinite

import flint

from amverify.errors import InvalidInput
from amverify.judge.floor import Failure
from amverify.judge.sides import sides
from amverify.numbers.balls import Ball
from amverify.numbers.exact import ARB, rational, rounded
from amverify.numbers.formulas import evaluate
from amverify.theorems import Theorem, theorem
from amverify.theorems.base import Blocks, Inequality, Instances
from amverify.trace.trace import Trace
from amverify.verdict import Witness


def where(instances: Instances, row: int, iteration: str) -> str:
    """An instance's step or sweep (``iteration``), block and replicate, in words."""
    words = [f"{iteration} {instances.sweep[row]}"]
    if instances.blocks is not None:
        words.append(f"block {instances.block(row)}")
    if instances.replicate[row]:
        words.append(f"replicate {instances.replicate[row]}")
    return ", ".join(words)


def witness_of(
    theorem: Theorem,
    inequality: Inequality,
    instances: Instances,
    row: int,
    lhs: Ball,
    rhs: Ball,
    margin: Ball,
) -> Witness:
    """The witness from floating-point values and their bounds."""
    values = {
        name: (float(ball.take(row).mid), float(ball.take(row).rad))
        for name, ball in instances.values.items()
    }
    return Witness(
        theorem=theorem.id,
        inequality=f"{inequality.name}: {inequality}",
        sweep=int(instances.sweep[row]),
        block=instances.block(row),
        replicate=int(instances.replicate[row]),
        lhs=float(lhs.mid[row]),
        rhs=float(rhs.mid[row]),
        margin=float(margin.mid[row]),
        bound=float(margin.rad[row]),
        decided="float",
        values=values,
    )


def exact_witness(
    theorem: Theorem, inequality: Inequality, instances: Instances, failure: Failure
) -> Witness:
    """The witness with the values that decided it; its bound is what the step's rounding may do."""
    row = slice(failure.row, failure.row + 1)
    here = {name: ball.take(row) for name, ball in instances.values.items()}
    for name, value in failure.values.items():
        exactly = rounded(value)
        here[name] = Ball.of(exactly.mid.reshape(1), exactly.rad.reshape(1))
    blocks = instances.blocks
    alone = Instances(
        here,
        instances.sweep[row],
        instances.replicate[row],
        None if blocks is None else Blocks(blocks.kind[row], blocks.layer[row]),
    )
    found = witness_of(theorem, inequality, alone, 0, *sides(alone, inequality))
    margin = failure.margin
    high, excuse = _float(margin.high), _float(margin.excuse)
    return replace(found, margin=high, bound=excuse, decided="exact")


def _float(value: Fraction) -> float:
    """The nearest float; infinite beyond all of them."""
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def with_state(witness: Witness | None, trace: Trace) -> Witness | None:
    """The witness with the iterates around it that the run kept: uᵏ⁻², uᵏ⁻¹, uᵏ."""
    if witness is None:
        return None
    near = range(witness.sweep - 2, witness.sweep + 1)
    state = {f"{trace.iteration} {k}": dict(trace.iterates[k]) for k in near if k in trace.iterates}
    return replace(witness, state=state or None)


def by_how_much(witness: Witness) -> str:
    """How far it fails, in words."""
    if not isfinite(witness.lhs):
        return "where its value is not finite, after finite ones"
    if witness.decided == "exact" and witness.margin == 0:
        return "with equality, where it is strict: decided exactly"
    known = "exactly, " if witness.decided == "exact" else ""
    return f"by {-witness.margin:.4g}, {known}rounding accounts for {witness.bound:.2g} at most"


BITS = 200
LARGEST = 1 << 26
"""Bytes of a report that is read."""


def exactly(value: float) -> flint.arb:
    """A float as the rational number that it is."""
    return rational(Fraction(value))


def replay(
    witness: Witness, claimed: Theorem | None = None
) -> tuple[flint.arb, flint.arb, flint.arb]:
    """lhs, rhs and rhs − lhs of a witness's inequality, as Arb balls over its box of values.

    Args:
        witness: the instance.
        claimed: the theorem, where it is none of the catalogue.

    Raises:
        InvalidInput: if the theorem has no such inequality, or a value is missing.
    """
    found = _inequality(witness, claimed or theorem(witness.theorem))
    flint.ctx.prec = BITS
    values = {}
    for name, (mid, rad) in witness.values.items():
        if rad == float("inf"):
            raise InvalidInput(f"witness: {name} has no finite error bound")
        ball = exactly(mid) + flint.arb(0, exactly(rad).upper())
        values[name] = ball
    try:
        lhs = evaluate(found.lhs, values, ARB)
        rhs = evaluate(found.rhs, values, ARB)
        return lhs, rhs, evaluate(found.rhs - found.lhs, values, ARB)
    except KeyError as lack:
        raise InvalidInput(f"witness: the value of {lack} is missing") from None


def _inequality(witness: Witness, claimed: Theorem) -> Inequality:
    for part in claimed.conclusions:
        said = (f"{part.inequality.name}: ", f"{part.inequality.name}: {part.inequality}")
        same = sum(one.inequality.name == part.inequality.name for one in claimed.conclusions) > 1
        if witness.inequality == said[1] if same else witness.inequality.startswith(said[0]):
            return part.inequality
    raise InvalidInput(f"witness: {witness.theorem} has no conclusion {witness.inequality!r}")
