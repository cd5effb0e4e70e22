r"""Claims on any optimiser: descent, H1, H2, and the textbook theorems G1–G5.

f has an L-Lipschitz gradient: f(x + e) ≤ f(x) + ⟨∇f(x), e⟩ + (L/2)‖e‖². With e = −η∇f(x) it is
**G1**; with the Polyak–Łojasiewicz inequality ‖∇f‖² ≥ 2μ(f − f*) besides, **G2**. Heavy ball has
∇f = (βΔ − e)/η, and 2⟨Δ, e⟩ ≤ ‖Δ‖² + ‖e‖²: **G4**. Nesterov's method keeps f(x^k) − f* below
2‖x⁰ − x*‖²/(η(k+1)²), and its objective need *not* decrease: **G5** asks for the bound, not for
descent. **G3** is T1 without inertia: proximal gradient, and PALM block by block.

G1, G2 and G4 speak of steps that *are* e = −η∇f + βΔ: ``departure`` is what they are off it, and
its error bound holds what rounding can account for.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import sympy as sp

from amverify.numbers.balls import Ball
from amverify.theorems.base import (
    VIOLATION,
    Conclusion,
    Context,
    Hypothesis,
    Inequality,
    Instances,
    Parameter,
    Theorem,
    View,
    symbols,
)
from amverify.theorems.blockwise import (
    COMPOSITE,
    CONVEX,
    CONVEX_G,
    CURVED,
    FORWARD,
    PROXIMAL,
    TERMS,
    THIRD_SIGN,
    UNCLIPPED,
)
from amverify.theorems.blockwise import SMOOTH as TWICE
from amverify.theorems.parameters import (
    DISTANCE,
    INFIMUM,
    MEANING,
    PL,
    RELATIVE,
    SMOOTH,
    SUFFICIENT,
)
from amverify.theorems.properties import (
    ORIGIN,
    Change,
    Convex,
    Inner,
    LipschitzGradient,
    Norm,
    Term,
    gradient,
    vector,
)
from amverify.theorems.tiam import MEANING as BLOCK_MEANING
from amverify.theorems.tiam import (
    MODULUS,
    POSITIVE_SCALE,
    L,
    block_gradient_steps,
    dF,
    p1,
    p2,
    s,
    t,
)
from amverify.theorems.views.columns import BOXED, fact, gradient_off, pairs, step_off, step_rows

f0, f1, df, e2, de, d2, g0, g1, off = symbols("f0 f1 df e2 de d2 g0 g1 off")
eta, beta, k, mu, fstar, D, a, b = symbols("eta beta k mu fstar D a b")


ZERO, ONE, HALF = sp.Integer(0), sp.Integer(1), sp.Rational(1, 2)

STEP_SIZE = Inequality("0 < η", ZERO, eta, "the step size is positive", strict=True)
SHORT = Inequality("η < 2/L", eta * L, sp.Integer(2), "η < 2/L", strict=True)
FORMULA = Inequality(
    "formula",
    off,
    ZERO,
    "the step is e = −η∇f + βΔ, up to its rounding",
    costs=(VIOLATION * sp.sqrt(e2) / eta,),
)
"""A step that is off by h gives ⟨∇f, e⟩ = ⟨βΔ − e + h, e⟩/η: up to ‖h‖‖e‖/η more."""
RATE_FORMULA = replace(FORMULA, costs=(VIOLATION * (3 * sp.sqrt(e2) + 2 * VIOLATION) / eta,))
"""And −(1/η − L/2)‖e‖² differs from −η(1 − ηL/2)‖∇f‖² by 2‖h‖(‖e‖ + ‖h‖)/η at most."""


def _infimum(ctx: Context) -> tuple[bool | None, str]:
    """No recorded value lies below f* by more than its rounding."""
    value = ctx.ball("sweeps", "value")
    below = (value - ctx.known(INFIMUM).value).surely_negative
    if below.any():
        row = int(np.flatnonzero(below)[0])
        sweep = ctx.column("sweeps", "sweep")[row]
        return False, f"step {sweep}: the value {value.mid[row]:.8g} lies below f*"
    return True, ""


BOUNDED = fact("infimum", "f* is a lower bound of the recorded values", _infimum)


STEP, PAST = vector("e"), vector("Delta")
SLOPE = gradient("f", ORIGIN)
"""∇f(x^{k−1}), the origin being x^{k−1}."""

STEP_TERMS: dict[str, Term] = {
    "df": Change("f", ORIGIN, STEP),
    "e2": Inner(STEP, STEP),
    "d2": Inner(PAST, PAST),
    "g0": Inner(SLOPE, SLOPE),
    "off": Norm(STEP + eta * SLOPE - beta * PAST),
}


def _no_momentum(ctx: Context) -> tuple[bool | None, str]:
    """No step used a momentum β other than 0."""
    if "momentum" not in ctx.trace.sweeps:
        return True, "none was declared"
    used = ctx.column("sweeps", "momentum") != 0
    if used.any():
        row = int(np.flatnonzero(used)[0])
        return False, f"step {ctx.column('sweeps', 'sweep')[row]}: β is not 0"
    return True, ""


def _steps_here(ctx: Context) -> tuple[bool | None, str]:
    """Rows are the points at which steps are made."""
    point = ctx.trace.settings.get("point")
    return point is None, "" if point is None else f"they are at {point}"


OWN = fact("training points", "rows are the points at which steps are made", _steps_here)


def _from_the_start(ctx: Context) -> tuple[bool | None, str]:
    """Row 0 is where the run starts: an optimiser that has made steps before has a past."""
    late = ctx.trace.settings.get("late")
    return None if late else True, "" if late is None else str(late)


FRESH = fact("start", "row 0 is the start of the run", _from_the_start)
PLAIN = fact("no momentum", "β = 0: the step is e = −η∇f", _no_momentum)
WITHOUT_MOMENTUM = Hypothesis("β = 0", "there is no momentum", beta, "=", (PLAIN.name,))
GRADIENT_LIPSCHITZ = Hypothesis(
    "∇f Lipschitz",
    "∇f is Lipschitz with the declared L between x^{k−1} and x^k",
    grants=LipschitzGradient("f", L),
)


def _terms(*names: str) -> dict[str, Term]:
    return {name: STEP_TERMS[name] for name in names}


def _meanings(*names: str) -> dict[str, str]:
    return {name: MEANING[name] for name in names}


def _steps(*names: str, parameters: tuple[Parameter, ...] = ()) -> View:
    """Steps of the sweeps table with declared constants."""

    def view(ctx: Context) -> Instances:
        known = {p.name: ctx.known(p).value for p in parameters}
        rows = step_rows(ctx, *names)
        values = {**rows.values, **known}
        return Instances(values, rows.sweep, rows.replicate, None, rows.allowance)

    return view


def _sufficient_steps(ctx: Context) -> Instances:
    """A step rounded by h is up to ‖h‖ longer than the one meant: a(2‖e‖ + ‖h‖)‖h‖ is allowed."""
    rows = _steps("df", "e2", parameters=(SUFFICIENT,))(ctx)
    steps, known, off = rows.values["e2"], rows.values["a"], step_off(ctx)
    with np.errstate(all="ignore"):
        longer = float(known.mid + known.rad) * (2 * np.sqrt(steps.mid + steps.rad) + off) * off
    allowance = (rows.allowance + longer) * (1 + 2.0**-40)
    return Instances(rows.values, rows.sweep, rows.replicate, None, allowance)


def _relative_steps(ctx: Context) -> Instances:
    """A step rounded by h is h longer or shorter than the one meant: b‖h‖ is allowed.

    One whose gradient was off by δ is a step for f + ⟨δ, ·⟩: ‖δ‖ is allowed too.
    """
    rows = step_rows(ctx, "g1", "e2")
    known = ctx.known(RELATIVE).value
    allowance = (float(known.mid + known.rad) * step_off(ctx) + gradient_off(ctx)) * (1 + 2.0**-40)
    return Instances({**rows.values, "b": known}, rows.sweep, rows.replicate, None, allowance)


DESCENT = Theorem(
    id="descent",
    title="the objective decreases at every step",
    statement="f(x^k) ≤ f(x^{k−1}) for every step k.",
    latex=r"f(x^k)\le f(x^{k-1})",
    source="a claim, not a theorem: many methods do without it",
    symbols=_meanings("df"),
    conclusions=(Conclusion(Inequality("descent", df, ZERO), _steps("df")),),
)

H1 = Theorem(
    id="H1",
    title="sufficient decrease",
    statement="f(x^k) ≤ f(x^{k−1}) − a‖x^k − x^{k−1}‖², with the declared a > 0.",
    latex=r"f(x^k)\le f(x^{k-1})-a\|x^k-x^{k-1}\|^2",
    source="Attouch, Bolte & Svaiter (2013), condition H1",
    symbols=_meanings("df", "e2", "a"),
    conclusions=(
        Conclusion(
            Inequality("sufficient decrease", df, -a * e2),
            _sufficient_steps,
        ),
    ),
    parameters=(SUFFICIENT,),
)

H2 = Theorem(
    id="H2",
    title="relative error",
    statement="‖∇f(x^k)‖ ≤ b‖x^k − x^{k−1}‖, with the declared b > 0.",
    latex=r"\|\nabla f(x^k)\|\le b\|x^k-x^{k-1}\|",
    source="Attouch, Bolte & Svaiter (2013), condition H2",
    symbols=_meanings("g1", "e2", "b"),
    conclusions=(
        Conclusion(
            Inequality("relative error", sp.sqrt(g1), b * sp.sqrt(e2)),
            _relative_steps,
        ),
    ),
    parameters=(RELATIVE,),
)

G1 = Theorem(
    id="G1",
    title="descent lemma of gradient descent",
    statement="∇f is L-Lipschitz, 0 < η < 2/L: f(x^k) ≤ f(x^{k−1}) − (1/η − L/2)‖e‖².",
    latex=r"f(x^k)\le f(x^{k-1})-\Bigl(\tfrac1\eta-\tfrac L2\Bigr)\|x^k-x^{k-1}\|^2",
    source="Nesterov (2004), Theorem 2.1.14",
    symbols=_meanings("df", "e2", "eta", "L", "off"),
    conclusions=(
        Conclusion(
            Inequality("descent", df, -(1 / eta - L / 2) * e2),
            _steps("df", "e2", "eta", "off", parameters=(SMOOTH,)),
            (STEP_SIZE, SHORT, FORMULA),
        ),
    ),
    facts=(OWN, PLAIN),
    hypotheses=(GRADIENT_LIPSCHITZ, WITHOUT_MOMENTUM),
    parameters=(SMOOTH,),
    constants={"a": 1 / eta - L / 2},
    terms=_terms("df", "e2", "off"),
)

CONTRACTION = 1 - 2 * mu * eta * (1 - L * eta / 2)
"""q of G2."""

G2 = Theorem(
    id="G2",
    title="linear rate under Polyak–Łojasiewicz",
    statement=(
        "∇f L-Lipschitz, ‖∇f‖² ≥ 2μ(f − f*), 0 < η < 2/L: "
        "f(x^k) − f* ≤ (1 − 2μη(1 − Lη/2))(f(x^{k−1}) − f*)."
    ),
    latex=r"f(x^k)-f^*\le\bigl(1-2\mu\eta(1-\tfrac{L\eta}2)\bigr)(f(x^{k-1})-f^*)",
    source="Polyak (1963); Karimi, Nutini & Schmidt (2016)",
    symbols=_meanings("f0", "df", "e2", "g0", "eta", "L", "mu", "fstar", "off"),
    conclusions=(
        Conclusion(
            Inequality("rate", df, (CONTRACTION - 1) * (f0 - fstar)),
            _steps("df", "f0", "e2", "g0", "eta", "off", parameters=(SMOOTH, PL, INFIMUM)),
            (
                STEP_SIZE,
                SHORT,
                RATE_FORMULA,
                Inequality(
                    "PL",
                    2 * mu * (f0 - fstar),
                    g0,
                    "‖∇f‖² ≥ 2μ(f − f*) at the points",
                    costs=(VIOLATION * eta,),
                ),
            ),
        ),
    ),
    facts=(BOUNDED, OWN, PLAIN),
    hypotheses=(GRADIENT_LIPSCHITZ, WITHOUT_MOMENTUM),
    parameters=(SMOOTH, PL, INFIMUM),
    constants={"q": CONTRACTION},
    terms=_terms("df", "e2", "g0", "off"),
)

NO_INERTIA = (
    Inequality("p1 = 0", sp.Abs(p1), ZERO, "no first inertia"),
    Inequality("p2 = 0", sp.Abs(p2), ZERO, "no second inertia"),
    Inequality("p3 = 0", t, ONE, "no third inertia"),
)

G3 = Theorem(
    id="G3",
    title="proximal gradient, PALM",
    statement=(
        "Without inertia, H convex in the block with modulus L, g a box (or convex), s > 0: "
        "F(u^{k+1}) ≤ F(u^k) − L(s − ½)‖e‖² for every block: condition H1 for s > ½."
    ),
    latex=r"F(u^{k+1})\le F(u^k)-L(s-\tfrac12)\|e\|^2",
    source="Bolte, Sabach & Teboulle (2014), with step scale and convex H",
    symbols={
        name: BLOCK_MEANING[name]
        for name in ("dF", "e2", "de", "d2", "bend", "L", "s", "t", "p1", "p2")
    },
    conclusions=(
        Conclusion(
            Inequality("descent", dF, -L * (s - HALF) * e2),
            block_gradient_steps,
            (POSITIVE_SCALE, *NO_INERTIA, MODULUS),
        ),
    ),
    facts=(BOXED, FORWARD, CURVED),
    hypotheses=(CONVEX, TWICE, COMPOSITE, CONVEX_G, PROXIMAL, UNCLIPPED, THIRD_SIGN),
    constants={"a": L * (s - HALF)},
    terms=TERMS,
)

G4_WEIGHT = beta / eta
"""δ of G4: Ψ = f + (δ/2)‖Δ‖²."""

G4 = Theorem(
    id="G4",
    title="heavy ball's Lyapunov function",
    statement=(
        "x^{k+1} = x^k − η∇f(x^k) + βΔ, ∇f L-Lipschitz, 0 ≤ β < 1, 0 < η ≤ 2(1 − β)/L: "
        "Ψ = f + (β/2η)‖Δ‖² falls by ((1 − β)/η − L/2)‖e‖² at least."
    ),
    latex=(
        r"f(x^k)+\tfrac\beta{2\eta}\|e\|^2\le f(x^{k-1})+\tfrac\beta{2\eta}\|\Delta\|^2"
        r"-\Bigl(\tfrac{1-\beta}\eta-\tfrac L2\Bigr)\|e\|^2"
    ),
    source="Ochs, Chen, Brox & Pock (2014), iPiano",
    symbols=_meanings("df", "e2", "d2", "eta", "beta", "L", "off"),
    conclusions=(
        Conclusion(
            Inequality(
                "Lyapunov decrease",
                df + G4_WEIGHT / 2 * (e2 - d2),
                -((1 - beta) / eta - L / 2) * e2,
            ),
            _steps("df", "e2", "d2", "eta", "beta", "off", parameters=(SMOOTH,)),
            (
                STEP_SIZE,
                Inequality("0 ≤ β", ZERO, beta, "momentum is not negative"),
                Inequality("β < 1", beta, ONE, "momentum is below one", strict=True),
                Inequality(
                    "η ≤ 2(1 − β)/L", eta * L, 2 * (1 - beta), "η ≤ 2(1 − β)/L", costs=(ZERO,)
                ),
                FORMULA,
            ),
        ),
    ),
    facts=(OWN,),
    hypotheses=(GRADIENT_LIPSCHITZ,),
    parameters=(SMOOTH,),
    constants={"δ": G4_WEIGHT, "a": (1 - beta) / eta - L / 2},
    terms=_terms("df", "e2", "d2", "off"),
)


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
    symbols=_meanings("f1", "k", "eta", "L", "fstar", "D"),
    conclusions=(
        Conclusion(
            Inequality("rate", f1 - fstar, _RATE),
            _steps("f1", "k", "eta", parameters=(SMOOTH, INFIMUM, DISTANCE)),
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
