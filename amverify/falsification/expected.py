r"""E f decreases: the plainest claim on a stochastic method, as a theorem to look at.

On finite sums every expectation is enumerated in fractions (``amverify.families.loops.sums``); the
rows of blocks hold E f(w⁺) − f(w) as it is, so no rounding of a step enters.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems.base import (
    Blocks,
    Conclusion,
    Context,
    Inequality,
    Instances,
    Theorem,
    symbols,
)

(dE,) = symbols("dE")


def _updates(ctx: Context) -> Instances:
    """Each block update."""
    kind, layer = ctx.column("blocks", "kind"), ctx.column("blocks", "layer")
    sweep, replicate = ctx.column("blocks", "sweep"), ctx.column("blocks", "replicate")
    change = ctx.ball("blocks", "expected_change")
    return Instances({"dE": change}, sweep, replicate, Blocks(kind, layer))


EXPECTED = Theorem(
    id="expected",
    title="the objective decreases in expectation",
    statement="E f(w⁺) ≤ f(w) at every update, given the past.",
    latex=r"\mathbb E f(w^+)\le f(w)",
    source="the plainest claim on a stochastic method",
    symbols={"dE": "E f(w⁺) − f(w), given the past"},
    conclusions=(Conclusion(Inequality("expected descent", dE, sp.Integer(0)), _updates),),
)
