r"""Constants of a whole run that its settings give, before it starts: ϑ, α_min and λ⁻.

**Joint blocks.** λ⁻ = min(μ, μ_b, ρ, the floor of κ) is below every metric; α_min is the least of
1/t − ½ (V_l, with t = 1 + ``relaxation``, s = 1), ½ (z_L) and, with more than one layer, (s − 1)/2.

**TIAM under a penalty.** Its metrics are moduli: L of W_l, b_l, a_l and z_L is no less than μ,
ρN + μ_b, ν and ρ, and γ = sρ of z_l, l < L; λ⁻ is the least of them (less the rounding of a
modulus, a number of the run's format). α_min is the lesser of ½ (z_l) and s/t − ½ with t = 1 + p3,
cut to 2s(1 − ϑ) where steps are certified. z_l's weight γ/2 leaves half of the margin: that is ϑ.
"""

from __future__ import annotations

from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import gamma
from amverify.theorems.base import Context, Missing
from amverify.theorems.views.columns import unit

HALF = Ball.of(0.5)
TRACED = "amverify.traced(method, problem, …)"


def given(ctx: Context, name: str) -> Ball:
    """A number of the settings, as it is."""
    return Ball.of(float(ctx.setting(name)))


def widths(ctx: Context) -> list[int]:
    """n_0, …, n_L.

    Raises:
        Missing: if the settings have another number of them than of layers.
    """
    found, layers = [int(n) for n in ctx.setting("widths")], int(ctx.setting("layers"))
    if len(found) != layers + 1:
        raise Missing(f"{layers + 1} widths for {layers} layers", TRACED, "layered")
    return found


def inertia(ctx: Context) -> tuple[float, float, float]:
    """p1, p2 and p3 of TIAM's settings; 0 where there is no inertia.

    Raises:
        Missing: if they are not three.
    """
    asked = [float(p) for p in ctx.setting("inertia")] or [0.0, 0.0, 0.0]
    if len(asked) != 3:
        raise Missing("three weights of inertia", TRACED, "layered")
    return asked[0], asked[1], asked[2]


def in_moduli(ctx: Context) -> bool:
    """Whether it is a run of TIAM under a penalty: each block steps in a modulus of its own."""
    return "safeguard" in ctx.trace.settings and ctx.setting("coupling") == "penalty"


def spared(ctx: Context) -> Ball:
    """ϑ of the theorems on a whole run: the method's margin, or half of it."""
    margin = given(ctx, "margin")
    return HALF * margin if in_moduli(ctx) else margin


def lowest(ctx: Context) -> Ball:
    """λ⁻."""
    layered = int(ctx.setting("layers")) > 1
    if in_moduli(ctx):
        return _lowest_modulus(ctx, layered)
    names = ["mu", "mu_bias", "rho"] + ["floor"] * layered
    return Ball.of(min(float(ctx.setting(name)) for name in names))


def _lowest_modulus(ctx: Context, layered: bool) -> Ball:
    rho = given(ctx, "rho")
    found = given(ctx, "mu").minimum(rho)
    found = found.minimum(rho * given(ctx, "samples") + given(ctx, "mu_bias"))
    if layered:
        found = found.minimum(given(ctx, "scale") * rho).minimum(given(ctx, "nu"))
    return found * Ball.of(1 - gamma(4, unit(ctx)))


def least_share(ctx: Context) -> Ball:
    """α_min."""
    if in_moduli(ctx):
        return HALF.minimum(given(ctx, "scale") / stretch(ctx) - HALF)
    one = Ball.of(1.0)
    found = HALF.minimum(one / (one + given(ctx, "relaxation")) - HALF)
    if int(ctx.setting("layers")) > 1:
        found = found.minimum(HALF * (given(ctx, "scale") - one))
    return found


def stretch(ctx: Context) -> Ball:
    """The largest t that TIAM's settings allow."""
    t = Ball.of(1.0) + Ball.of(inertia(ctx)[2])
    if ctx.setting("safeguard") != "certified":
        return t
    cut = Ball.of(2.0) * given(ctx, "scale") * (Ball.of(1.0) - given(ctx, "margin"))
    return t.minimum(cut).maximum(Ball.of(1.0))
