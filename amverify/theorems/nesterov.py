"""**G5**, the bound of Nesterov's method, whose objective need not decrease.

It keeps f(x^k) − f* below 2‖x⁰ − x*‖²/(η(k+1)²): G5 asks for that bound, not for descent.
"""

from __future__ import annotations

import numpy as np

from amverify.numbers.balls import Ball
from amverify.theorems.base import VIOLATION, Conclusion, Context, Hypothesis, Inequality, Theorem
from amverify.theorems.parameters import DISTANCE, INFIMUM, SMOOTH
from amverify.theorems.properties import Convex, LipschitzGradient
from amverify.theorems.stepwise import (
    BOUNDED,
    FRESH,
    ONE,
    OWN,
    STEP_SIZE,
    D,
    eta,
    f1,
    fstar,
    k,
    meanings_of,
    steps_of,
)
from amverify.theorems.tiam import L
from amverify.theorems.views.columns import fact, pairs, step_rows


def _tangents(ctx: Context) -> tuple[bool | None, str]:
    """A convex f lies above its tangents: f(x^k) ≥ f(x^{k−1}) + ⟨∇f(x^{k−1}), e⟩."""
    if ctx.trace.settings.get("nonsmooth", "none") != "none":
        return True, "the gradient is that of a part of f: nothing was looked at"
    if not {"slope", "slope_error"} <= set(ctx.trace.sweeps):
        return (
            True,
            "gradients with a bound on their error were not recorded: nothing was looked at",
        )
    rows = step_rows(ctx, "f0", "f1")
    _, after = pairs(ctx)
    above = rows.values["f1"] - rows.values["f0"] - ctx.ball("sweeps", "slope").take(after)
    below = above.surely_negative
    if below.any():
        row = int(np.argmin(np.where(below, above.mid, np.inf)))
        return False, f"step {rows.sweep[row]}: f lies {-above.mid[row]:.4g} below a tangent"
    return True, f"f lies above {len(after)} tangents: less than convexity"


def _accelerated(ctx: Context) -> tuple[bool | None, str]:
    """From step 3 on Nesterov's momentum is ¼ at least, so a plain gradient step is none of his.

    y = x + mΔ gives e + η∇f(x) = mΔ − η(∇f(y) − ∇f(x)), at least m(1 − ηL)‖Δ‖ long.
    """
    if not {"departure", "departure_error", "inertia_error"} <= set(ctx.trace.sweeps):
        return True, "how far steps are off −η∇f was not recorded: nothing was looked at"
    rows = step_rows(ctx, "off", "d2", "eta")
    _, after = pairs(ctx)
    used = ctx.trace.sweeps.get("momentum")
    plain = (rows.sweep >= 3) & (True if used is None else used[after] == 0)
    length = Ball.of(1.0) - rows.values["eta"] * ctx.known(SMOOTH).value
    least = Ball.of(0.25) * length * rows.values["d2"].sqrt()
    short = plain & (rows.values["off"] - least).surely_negative
    if short.any():
        sweep = rows.sweep[int(np.flatnonzero(short)[0])]
        return False, f"step {sweep} is a plain gradient step ({int(short.sum())} such steps)"
    return True, "no plain gradient step seen: less than Nesterov's method"


TANGENTS = fact("tangents", "f lies above the tangents at the recorded points", _tangents)
ACCELERATED = fact("momentum", "no step from the third on is a plain gradient step", _accelerated)

_RATE = 2 * D**2 / (eta * (k + 1) ** 2)
_GROWN = 18 * k**3 * VIOLATION
_LONGER = _GROWN / (1 - _GROWN) * _RATE
"""Where ηL ≤ 1 + v (1/L in floating point may lie above 1/L) a step leaves (v/2η)‖x^i − y‖² more.

It counts t_i² ≤ i² times in the sum that bounds t_k²(f(x^k) − f*), t_k ≥ (k + 1)/2, and with
‖x^i − y‖ ≤ 3D√(1 + ε) the sum grows by ε = 9(1 + ε)k³v at most: ε ≤ 18k³v/(1 − 18k³v) where that is
not negative. Where it is, the price is unknown.
"""

G5 = Theorem(
    id="G5",
    title="Nesterov's rate O(1/k²)",
    statement=(
        "f convex with L-Lipschitz gradient, Nesterov's method with 0 < η ≤ 1/L from x⁰, "
        "‖x⁰ − x*‖ ≤ D: f(x^k) − f* ≤ 2D²/(η(k + 1)²). The objective itself need not decrease."
    ),
    latex=r"f(x^k)-f^*\le\frac{2D^2}{\eta(k+1)^2}",
    source="Nesterov (1983); Beck & Teboulle (2009), Theorem 4.4",
    symbols=meanings_of("f1", "k", "eta", "L", "fstar", "D"),
    conclusions=(
        Conclusion(
            Inequality("rate", f1 - fstar, _RATE),
            steps_of("f1", "k", "eta", parameters=(SMOOTH, INFIMUM, DISTANCE)),
            (STEP_SIZE, Inequality("η ≤ 1/L", eta * L, ONE, "η ≤ 1/L", costs=(_LONGER,))),
        ),
    ),
    facts=(BOUNDED, OWN, FRESH, TANGENTS, ACCELERATED),
    hypotheses=(
        Hypothesis("f convex", "f is convex", grants=Convex("f")),
        Hypothesis(
            "∇f Lipschitz",
            "∇f is Lipschitz with the declared L",
            grants=LipschitzGradient("f", L),
        ),
        Hypothesis("Nesterov's method", "the steps are those of Nesterov's method from x⁰"),
        Hypothesis("distance", "‖x⁰ − x*‖ ≤ D for a minimiser x*"),
    ),
    parameters=(SMOOTH, INFIMUM, DISTANCE),
    constants={"bound": _RATE},
)
