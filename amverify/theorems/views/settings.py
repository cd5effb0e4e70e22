r"""Constants of the joint method's theorems that its settings give, before the run.

λ⁻ = min(μ, μ_b, ρ, the floor of κ) is below every metric; α_min is the least of 1/t − ½ (V_l, with
t = 1 + ``relaxation``, s = 1), ½ (z_L) and, with more than one layer, (s − 1)/2.
"""

from __future__ import annotations

from amverify.numbers.balls import Ball
from amverify.theorems.base import Context


def given(ctx: Context, name: str) -> Ball:
    """A number of the settings, as it is."""
    return Ball.of(float(ctx.setting(name)))


def lowest(ctx: Context) -> Ball:
    """λ⁻."""
    names = ["mu", "mu_bias", "rho"] + ["floor"] * (int(ctx.setting("layers")) > 1)
    return Ball.of(min(float(ctx.setting(name)) for name in names))


def least_share(ctx: Context) -> Ball:
    """α_min."""
    one, half = Ball.of(1.0), Ball.of(0.5)
    found = half.minimum(one / (one + given(ctx, "relaxation")) - half)
    if int(ctx.setting("layers")) > 1:
        found = found.minimum(half * (given(ctx, "scale") - one))
    return found
