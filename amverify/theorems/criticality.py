r"""C1: a block-wise fixed point of the band need not be critical.

The box in a_l and the interval in z_l are the same constraint a = h(z) ± ε. Block by block, z_l
and a_l may be balanced with different multipliers; a critical point of F needs *one*, λ ≥ 0:

    joint residual, upper side active:   min_{λ ≥ 0} (∇_z − λh'(z))² + (∇_a + λ)²     (elementwise)

Every joint normal is a pair of partial normals, so the block-wise residual never exceeds the
joint one: that is the theorem. Equality for every point would mean that block-wise stationarity
suffices, and with the band it does not: ∇_z = h' = 1, ∇_a = −2 gives 0 block by block (λ = 1 and
λ = 2) and ½ together (λ = 3/2). (``amverify.network.residual`` computes both.)
"""

from __future__ import annotations

from amverify.theorems.base import (
    Conclusion,
    Context,
    Hypothesis,
    Inequality,
    Instances,
    Theorem,
    symbols,
)
from amverify.theorems.properties import Least, RootOfSum

block, joint = symbols("block joint")
gz, ga, slope, multiplier = symbols("g_z g_a slope_h lambda")
own_z, own_a, both = symbols("own_z own_a joint_j")
FOR_Z = (gz - multiplier * slope) ** 2
FOR_A = (ga + multiplier) ** 2
"""What is left of ∇_z and of ∇_a with a multiplier λ."""


def _measured(ctx: Context) -> Instances:
    values = {
        "block": ctx.ball("measures", "residual_block"),
        "joint": ctx.ball("measures", "residual_joint"),
    }
    return Instances(values, ctx.column("measures", "sweep"), ctx.column("measures", "replicate"))


def _beside(ctx: Context) -> tuple[str, ...]:
    """Both residuals at the last measurement, and whether that point is critical."""
    found = _measured(ctx)
    if not len(found):
        return ()
    last = int(found.sweep.argmax())
    own, both = found.values["block"], found.values["joint"]
    w, v = float(own.mid[last]), float(both.mid[last])
    told = f"sweep {found.sweep[last]}: block-wise residual {w:.4g}, joint residual {v:.4g}"
    if both.mid[last] - both.rad[last] <= own.mid[last] + own.rad[last]:
        return (f"{told}: they agree, so stationary block by block is critical here",)
    if v == 0 or w < 0.5 * v:
        return (
            f"{told}: the point that the blocks settle at is not critical for F; "
            f"the joint residual is {v / w if w else float('inf'):.3g} times the block-wise one",
        )
    return (f"{told}: of the same size; the run has not settled block by block",)


C1 = Theorem(
    id="C1",
    title="block-wise and joint criticality",
    statement=("The block-wise residual is at most the joint one."),
    latex=(
        r"\operatorname{dist}\Bigl(0,\textstyle\prod_i\partial_iF(x)\Bigr)\le"
        r"\operatorname{dist}(0,\partial F(x))"
    ),
    source="amverify, specification, C1",
    symbols={"block": "block-wise residual", "joint": "joint residual"},
    conclusions=(Conclusion(Inequality("order", block, joint), _measured),),
    hypotheses=(
        Hypothesis(
            "multiplier of z",
            "block by block, a coordinate's share of z is the least (∇_z − λh')² over λ ≥ 0",
            grants=Least(own_z, multiplier, FOR_Z),
        ),
        Hypothesis(
            "multiplier of a",
            "block by block, its share of a is the least (∇_a + λ)² over λ ≥ 0",
            grants=Least(own_a, multiplier, FOR_A),
        ),
        Hypothesis(
            "one multiplier",
            "jointly, its share is the least (∇_z − λh')² + (∇_a + λ)² over λ ≥ 0 (an upper side "
            "that is active, h smooth at z; a lower side is its mirror image, and where no side is "
            "active all multipliers are 0)",
            grants=Least(both, multiplier, FOR_Z + FOR_A),
        ),
    ),
    liveness=("motion",),
    remarks=_beside,
    terms={"block": RootOfSum((own_z, own_a)), "joint": RootOfSum((both,))},
)
