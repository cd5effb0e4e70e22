r"""T4, relative error (condition H2), for nonsmooth parts that are separable by block.

F = H + Σ_i g_i, one g_i a block. At x^{k+1} block i's residual is

    w_i = ∇_iH(x^{k+1}) − ∇_iH(û_i; the others when i was updated) − sL_i(u⁺_i − ũ_i):

the multiplier that u⁺_i had is one of u_i^{k+1} as well, because g_i is what it was. So ‖w‖ has a
part from blocks updated since (at most √B M‖e^{k+1}‖), one from û (p2M‖e^k‖), the proximal terms
(sL(‖e^{k+1}‖ + p1‖e^k‖)) and what z_L's third inertia adds (Lip(∇R)(t − 1)/t·‖e^{k+1}‖).

**Under the penalty** (ν/2)‖a_l − h(z_l)‖² is shared by z_l and a_l, and not smooth in z_l. z_l was
minimised with the old a_l; a_l moves after it, and z_l's subgradient −ν(a_l − h(z_l))ξ, ξ between
the slopes of h, with it. If a_l − h(z_l) keeps its sign, the same ξ serves at x^{k+1}; if it
changes, both are at most ν·Lip(h) times their part of |e_a|. Either way ν·Lip(h)‖e_a‖ more.
(a_l itself sees the new z_l, which does not move again.)

**With the band it is false.** z_l's interval {z : |a_l − h(z)| ≤ ε} moves when a_l is updated after
it: at x^{k+1} the multiplier that held z_l may have nothing left to hold, however small e is. With
three samples, widths (1, 1, 1), the identity, ρ = 1, μ = 0, ε = 0.1 and z_l held by its interval,
‖e‖ falls to 10⁻⁹ while the block-wise residual stays at √6 (``tests/theorems/test_relative.py``).
"""

from __future__ import annotations

import numpy as np
import sympy as sp

from amverify.numbers.balls import Ball
from amverify.theorems.base import (
    Conclusion,
    Context,
    Hypothesis,
    Inequality,
    Instances,
    Theorem,
    symbols,
)
from amverify.theorems.properties import Norm, length, vector
from amverify.theorems.views.columns import banded, fact
from amverify.theorems.views.keys import matched
from amverify.theorems.views.measured import (
    measured_pairs,
    output_extrapolation,
    smooth_modulus,
    steps_of_kind,
)

w1, e1, e0, ea, B, M, Lmax, smax, p1max, p2max, extra, nu, lip = symbols(
    "w1 e1 e0 ea B M Lmax smax p1max p2max extra nu lip"
)


def _separable(ctx: Context) -> tuple[bool | None, str]:
    if banded(ctx) and int(ctx.setting("layers")) > 1:
        return False, (
            "the coupling is a band, one nonsmooth term shared by z_l and a_l: the interval of "
            "z_l moves when a_l is updated after it"
        )
    if ctx.setting("coupling") not in ("band", "penalty"):
        return None, f"the coupling is {ctx.setting('coupling')!r}"
    return True, "no band between two blocks"


SEPARABLE = fact(
    "separable", "no nonsmooth term is shared by two blocks, but for a penalty", _separable
)


def _ordered(ctx: Context) -> tuple[bool | None, str]:
    kind = ctx.column("blocks", "kind")
    z, a = np.flatnonzero(kind == b"z"), np.flatnonzero(kind == b"a")
    keys = [ctx.column("blocks", name) for name in ("sweep", "replicate", "layer")]
    mine, first = matched([key[a] for key in keys], [key[z] for key in keys])
    last = a[matched(*[[key[a] for key in keys]] * 2)[1]]
    early = np.ones(len(a), dtype=bool)
    early[mine] = z[first] > last[mine]
    if early.any():
        row = a[int(np.flatnonzero(early)[0])]
        sweep, _, layer = (int(key[row]) for key in keys)
        return False, f"sweep {sweep}: a_{layer} is not updated after z_{layer}"
    return True, f"{int((last == a).sum())} updates of a seen"


ORDERED = fact("order", "in each sweep a_l is updated after z_l", _ordered)


def _relative_error(ctx: Context) -> Instances:
    """Measured sweeps k ≥ 2, with ‖e^k‖, ‖e^{k−1}‖, ‖e_a^k‖ and the constants of the run."""
    mine, theirs, at, who, norms = measured_pairs(ctx)
    values = {
        "w1": ctx.ball("measures", "residual_block").take(mine),
        "M": smooth_modulus(ctx),
        "extra": output_extrapolation(ctx),
        "nu": Ball.of(float(ctx.setting("nu"))),
        "lip": Ball.of(float(ctx.setting("activation_lipschitz"))),
        "ea": steps_of_kind(ctx, b"a", at, who),
        **{name: ball.take(theirs) for name, ball in norms.items()},
    }
    return Instances(values, at, who)


T4_BOUND = (
    (B * M + smax * Lmax + extra) * e1 + (p2max * M + smax * p1max * Lmax) * e0 + nu * lip * ea
)

PARTS = tuple(vector(name) for name in ("smooth", "past", "proximal", "output", "penalty"))
"""w^{k+1}: blocks updated since, points û, proximal terms, z_L's third inertia, a_l moved since."""
_NORMS = [length(part) for part in PARTS]

T4 = Theorem(
    id="T4",
    title="relative error",
    statement=(
        "F's nonsmooth parts separable by block, but for the penalty (ν/2)‖a_l − h(z_l)‖², a_l "
        "updated after z_l. With M a Lipschitz modulus of ∇H on the set that holds the run and "
        "L = max L_i: the block-wise residual satisfies ‖w^{k+1}‖ ≤ (BM + sL)‖e^{k+1}‖ + "
        "(p2M + s p1 L)‖e^k‖ + ν·Lip(h)‖e_a^{k+1}‖ (and, for z_L with t > 1, "
        "Lip(∇R)(t−1)/t·‖e^{k+1}‖ besides): condition H2. Not with a band, whose interval of z_l "
        "moves with a_l: there the residual may stay at √6 while ‖e‖ → 0."
    ),
    latex=(
        r"\|w^{k+1}\|\le(BM+sL)\|e^{k+1}\|+(p_2M+sp_1L)\|e^k\|"
        r"+\nu\operatorname{Lip}(h)\|e_a^{k+1}\|"
    ),
    source="amverify, specification, T4",
    symbols={
        "w1": "norm of the block-wise residual at x^{k+1}",
        "e1": "‖e^{k+1}‖ over all blocks",
        "e0": "‖e^k‖ over all blocks",
        "ea": "‖e^{k+1}‖ over the blocks a_l",
        "B": "how many blocks there are",
        "M": "Lipschitz modulus of ∇H on the balls that hold the run (measured radii)",
        "Lmax": "the largest modulus used",
        "smax": "the largest step scale used",
        "p1max": "the largest |p1| used",
        "p2max": "the largest |p2| used",
        "extra": "Lip(∇R)(t−1)/t of z_L",
        "nu": "ν, the penalty's weight",
        "lip": "Lip(h)",
    },
    conclusions=(Conclusion(Inequality("relative error", w1, T4_BOUND), _relative_error),),
    facts=(SEPARABLE, ORDERED),
    hypotheses=(
        Hypothesis(
            "smooth part",
            "blocks updated since: at most √B M‖e^{k+1}‖",
            sp.sqrt(B) * M * e1 - _NORMS[0],
        ),
        Hypothesis("points û", "gradients at û: at most p2M‖e^k‖", p2max * M * e0 - _NORMS[1]),
        Hypothesis(
            "proximal terms",
            "at most sL(‖e^{k+1}‖ + p1‖e^k‖)",
            smax * Lmax * (e1 + p1max * e0) - _NORMS[2],
        ),
        Hypothesis(
            "output", "z_L's third inertia: at most Lip(∇R)(t−1)/t‖e^{k+1}‖", extra * e1 - _NORMS[3]
        ),
        Hypothesis(
            "penalty",
            "z_l's share of the penalty, a_l having moved since: at most ν·Lip(h)‖e_a^{k+1}‖",
            nu * lip * ea - _NORMS[4],
            monitored=(SEPARABLE.name, ORDERED.name),
        ),
        Hypothesis("B ≥ 1", "there is a block", B - 1),
        Hypothesis("M ≥ 0", "a modulus is not negative", M),
    ),
    constants={"b": T4_BOUND},
    liveness=("motion",),
    terms={"w1": Norm(sum(PARTS[1:], PARTS[0])), "e1": Norm(vector("e"))},
)
