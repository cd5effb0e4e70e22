r"""How loose declared constants are: those that a run needs, beside those that were declared.

| constant | what the run needs |
|---|---|
| a | at most the least (Ψ^{k−1} − Ψ^k)/‖e_k‖² |
| b | at least the largest dist(0, ∂Ψ(x^k))/(‖e_k‖ + ‖e_{k−1}‖), or /‖e_k‖ for one-step methods |
| c | at least the largest r_k^θ/dist(0, ∂Ψ(x^k)) |

A bound is as far off as its constants are: T5's is proportional to b/a·c, C of T6 to b²c²/a. What a
run needs was seen after it ran: it says how much a better constant could gain, and is none.
Quotients that rounding leaves open by more than a part in eight are left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.balls import Ball
from amverify.theorems.base import Context, Missing, Parameter
from amverify.theorems.parameters import INFIMUM, RELATIVE, SUFFICIENT
from amverify.theorems.views.path import (
    CONSTANT,
    EXPONENT,
    memory,
    path_of,
    potential,
    residual,
)
from amverify.theorems.views.powers import power

RESOLVED = 0.125


def needed(ctx: Context) -> tuple[str, ...]:
    """A sentence on a, b and c of a run of T5 or T6."""
    found = path_of(ctx)
    length = found.e1 + found.e0 if memory(ctx) == 2 else found.e1
    most = {
        "a": (SUFFICIENT, _least(-found.rise, found.e1 * found.e1)),
        "b": (RELATIVE, _largest(found.dist, length)),
        "c": (CONSTANT, _largest(power(found.r1, ctx.known(EXPONENT).value), found.dist)),
    }
    return _said(ctx, most)


def needed_of_points(ctx: Context) -> tuple[str, ...]:
    """A sentence on c of K2."""
    dist, level = residual(ctx), potential(ctx) - ctx.known(INFIMUM).value
    return _said(ctx, {"c": (CONSTANT, _largest(power(level, ctx.known(EXPONENT).value), dist))})


def _said(ctx: Context, most: dict[str, tuple[Parameter, float | None]]) -> tuple[str, ...]:
    parts = []
    for name, (parameter, need) in most.items():
        try:
            declared = float(ctx.known(parameter).value.mid)
        except Missing:
            continue
        if need is None or need <= 0 or declared <= 0:
            continue
        loose = need / declared if name == "a" else declared / need
        parts.append(f"{name} = {declared:.3g} (the run: {need:.3g}, {loose:.3g} times)")
    return (f"declared beside what the run needs: {', '.join(parts)}",) if parts else ()


def _quotients(over: Ball, under: Ball) -> NDArray[np.float64]:
    """Those that are known to a part in eight."""
    with np.errstate(all="ignore"):
        known = (over.rad <= RESOLVED * np.abs(over.mid)) & (under.rad <= RESOLVED * under.mid)
        known = known & (under.mid > 0) & np.isfinite(over.mid) & np.isfinite(under.mid)
        found: NDArray[np.float64] = (over.mid / under.mid)[known]
    return found


def _least(over: Ball, under: Ball) -> float | None:
    found = _quotients(over, under)
    return float(found.min()) if len(found) else None


def _largest(over: Ball, under: Ball) -> float | None:
    found = _quotients(over, under)
    return float(found.max()) if len(found) else None
