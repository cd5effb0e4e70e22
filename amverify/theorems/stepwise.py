"""A step x^{k−1} → x^k of any optimiser: its symbols, its view, what is seen of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import sympy as sp

from amverify.theorems.base import (
    VIOLATION,
    Context,
    Hypothesis,
    Inequality,
    Instances,
    Parameter,
    View,
    symbols,
)
from amverify.theorems.parameters import INFIMUM, MEANING, RELATIVE, SUFFICIENT
from amverify.theorems.properties import (
    ORIGIN,
    Change,
    Inner,
    LipschitzGradient,
    Norm,
    Term,
    gradient,
    vector,
)
from amverify.theorems.tiam import L
from amverify.theorems.views.columns import fact, gradient_off, step_off, step_rows

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


def terms_of(*names: str) -> dict[str, Term]:
    """What the symbols of a step stand for."""
    return {name: STEP_TERMS[name] for name in names}


def meanings_of(*names: str) -> dict[str, str]:
    """What the symbols are called."""
    return {name: MEANING[name] for name in names}


def steps_of(*names: str, parameters: tuple[Parameter, ...] = ()) -> View:
    """Steps of the sweeps table with declared constants."""

    def view(ctx: Context) -> Instances:
        known = {p.name: ctx.known(p).value for p in parameters}
        rows = step_rows(ctx, *names)
        values = {**rows.values, **known}
        return Instances(values, rows.sweep, rows.replicate, None, rows.allowance)

    return view


def sufficient_steps(ctx: Context) -> Instances:
    """A step rounded by h is up to ‖h‖ longer than the one meant: a(2‖e‖ + ‖h‖)‖h‖ is allowed."""
    rows = steps_of("df", "e2", parameters=(SUFFICIENT,))(ctx)
    steps, known, off = rows.values["e2"], rows.values["a"], step_off(ctx)
    with np.errstate(all="ignore"):
        longer = float(known.mid + known.rad) * (2 * np.sqrt(steps.mid + steps.rad) + off) * off
    allowance = (rows.allowance + longer) * (1 + 2.0**-40)
    return Instances(rows.values, rows.sweep, rows.replicate, None, allowance)


def relative_steps(ctx: Context) -> Instances:
    """A step rounded by h is h longer or shorter than the one meant: b‖h‖ is allowed.

    One whose gradient was off by δ is a step for f + ⟨δ, ·⟩: ‖δ‖ is allowed too.
    """
    rows = step_rows(ctx, "g1", "e2")
    known = ctx.known(RELATIVE).value
    allowance = (float(known.mid + known.rad) * step_off(ctx) + gradient_off(ctx)) * (1 + 2.0**-40)
    return Instances({**rows.values, "b": known}, rows.sweep, rows.replicate, None, allowance)
