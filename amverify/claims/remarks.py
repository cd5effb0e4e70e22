"""What belongs beside the verdict on a written claim: how E[…] is known, and an f* that is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from amverify.claims.expected import told
from amverify.theorems.base import Context, Parameter

Remarks = Callable[[Context], tuple[str, ...]]


def beside(replays: bool, infimum: Parameter | None) -> Remarks | None:
    """The remarks of a claim.

    Args:
        replays: whether it has an expectation.
        infimum: its constant fstar, if it has one.
    """
    if not replays and infimum is None:
        return None

    def remarks(ctx: Context) -> tuple[str, ...]:
        said = told(ctx) if replays else ()
        return said if infimum is None else (*said, *_undercut(ctx, infimum))

    return remarks


def _undercut(ctx: Context, infimum: Parameter) -> tuple[str, ...]:
    """That a value lies surely below the declared f*, which is then no infimum.

    The verdict stays what the claim says: f − f* is negative there, and bounded by much.
    """
    if "value" not in ctx.trace.sweeps:
        return ()
    fstar, value = ctx.known(infimum).value, ctx.ball("sweeps", "value")
    below = value.mid + value.rad < fstar.mid - fstar.rad
    if not below.any():
        return ()
    row = int(np.argmin(np.where(below, value.mid, np.inf)))
    k = int(ctx.column("sweeps", "sweep")[row])
    return (
        f"fstar = {float(fstar.mid):.6g} is no infimum: the value at k = {k} is "
        f"{float(value.mid[row]):.6g}, below it; what follows from f ≥ f* is not shown here",
    )
