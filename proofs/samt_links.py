r"""How the chains of S2, S3 and S4 are joined: sums over coordinates and blocks, inductions.

**S2.** Block i, coordinate j: S1 with α(1 − Lα/2)g² ≥ (α_min/2)g² and Lα²σ² ≤ α_max²Lσ², summed
over j; summed over i, the changes of E f telescope to one sweep's.

**S4.** ‖∇_if(w⁺)‖ ≤ Mt + x_i/α_min, because ∇_if(v_i) = −D_i⁻¹e_i and ‖w⁺ − v_i‖ ≤ t; squared, and
summed over i.

**S3.** Where G bounds the gradients at the v_i alone, a block's cost is proved for n ≤ B − 1 and
the sum takes it for every n: blocks after the last are empty, theirs is 0 ≤ 2L̄α_max²nG².
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import sympy as sp

from amverify.theorems import expectation as ex
from amverify.theorems import samt
from amverify.theorems.base import symbols
from proofs import checker
from proofs.chains import Kernel, polynomial
from proofs.checker import Proved, Relation
from proofs.links import Joints, Lemma, Link, at
from proofs.polynomial import Poly, var
from proofs.rates import moving
from proofs.samt import (
    CHAINS,
    alpha,
    count,
    following,
    grad,
    inv_a,
    lengths,
    modulus,
    n,
    noise,
    norm,
    sigma2,
    slopes,
    squares,
    step,
    sums,
    total,
    value,
    x,
)
from proofs.samt_s3 import cross, crosses, gradient, k, moment, moments, rest, slope
from proofs.samt_s3 import slopes as slope_sum
from proofs.squares import Term

total0, total1, sums0, sums1, squares0, squares1, m = symbols(
    "T_first T_next S_first S_next Q_first Q_next m"
)
change_i, slope_i, noise_i, own, sigma_sum = symbols("dE_i s_i n_i grad_i Sigma_sigma2")


def _means(formula: sp.Expr, name: str) -> Proved:
    """A symbol is a sum."""
    return checker.assume(Relation(polynomial(formula) - var(name), "="))


def _collect(
    name: str,
    joints: Joints,
    goal: sp.Expr,
    parts: Sequence[tuple[Fraction, Proved]],
    equations: Sequence[Proved],
) -> Proved:
    """goal = Σ c·part + Σ λ·equation."""
    target, left = polynomial(goal), polynomial(goal)
    for c, part in parts:
        left = left - Poly({(): c}) * part.conclusion.poly
    factors = joints.multipliers(name, left, [e.conclusion.poly for e in equations])
    one = Poly({(): Fraction(1)})
    terms = [Term((i,), ((c, one),)) for i, (c, _) in enumerate(parts)]
    pairs = [(len(parts) + i, q) for i, q in enumerate(factors)]
    known = [*(p for _, p in parts), *equations]
    return at(name, known, Relation(target, ">="), terms, pairs)


def sweep(kernels: Mapping[str, Kernel], joints: Joints) -> Proved:
    """F_{k+1} ≤ F_k − (α_min/2)Σ_i s_i + (α_max²/2)Σ_i n_i, from S1 for each block.

    The kernel knows "for every" once: what is proved of one block is granted of each.
    """
    first = next(chain for chain in CHAINS if chain.theorem is ex.S1)
    one = Kernel(first, joints.stored)
    block = checker.substitute(one.run()["descent"], {ex.L.name: var(modulus.name)})
    joints.found.update(one.found)
    coordinate = kernels["one coordinate"]
    names = [alpha.name, grad.name, sigma2.name]
    slope_, noise_ = (checker.summation(coordinate[at], names, "j") for at in ("slope", "noise"))
    means = [
        _means(ex.pull, f"Σ_j({alpha}·{grad}^2)"),
        _means(ex.square, f"Σ_j({alpha}^2·{grad}^2)"),
        _means(ex.noise, f"Σ_j({alpha}^2·{sigma2})"),
        _means(slope_i, f"Σ_j({grad}^2)"),
        _means(sigma_sum, f"Σ_j({sigma2})"),
        checker.assume(Relation(polynomial(noise_i - modulus * sigma_sum), "=")),
        checker.assume(Relation(polynomial(change_i - ex.dE), "=")),
    ]
    own_block = _collect(
        "one block",
        joints,
        -change_i - ex.amin / 2 * slope_i + ex.amax**2 / 2 * noise_i,
        [(Fraction(1), block), (Fraction(1), slope_), (Fraction(1), noise_)],
        means,
    )
    each = checker.assume(own_block.conclusion)
    inner = [s.name for s in (change_i, slope_i, noise_i)]
    blocks = checker.summation(each, inner, "i")
    ends = [
        _means(following - value, f"Σ_i({change_i})"),
        _means(slopes, f"Σ_i({slope_i})"),
        _means(noise, f"Σ_i({noise_i})"),
    ]
    goal = value - ex.amin / 2 * slopes + ex.amax**2 / 2 * noise - following
    return _collect("all blocks", joints, goal, [(Fraction(1), blocks)], ends)


def gradients(kernels: Mapping[str, Kernel], joints: Joints) -> Proved:
    """‖∇f(w⁺)‖² ≤ BM²t² + 2Mt/α_min·Σx_i + t²/α_min²."""
    inverse = polynomial(inv_a, kernels["relative error"].inverses)
    reach = polynomial(samt.M * step) + inverse * polynomial(x)
    below = checker.assume(Relation(reach - polynomial(own), ">="))
    size = checker.assume(Relation(polynomial(own), ">="))
    one = checker.certificate(
        [below, size],
        Relation(reach * reach - polynomial(own**2), ">="),
        [Term((0, 0)), Term((0, 1), ((Fraction(2), polynomial(sp.Integer(1))),))],
    )
    summed = checker.summation(one, [x.name, own.name], "i")
    means = [
        _means(samt.B, "Σ_i(1)"),
        _means(lengths, f"Σ_i({x})"),
        _means(step**2, f"Σ_i({x}^2)"),
        _means(norm**2, f"Σ_i({own}^2)"),
    ]
    kernel = kernels["relative error"]
    target = kernel.relation(kernel.chain["squares"]).poly
    rest_ = target - summed.conclusion.poly
    factors = joints.multipliers("squares", rest_, [e.conclusion.poly for e in means])
    pairs = [(1 + i, q) for i, q in enumerate(factors)]
    return at("squares", [summed, *means], Relation(target, ">="), [Term((0,))], pairs)


def _blocks(factor: int, credit: tuple[tuple[str, str], ...], target: str) -> tuple[Link, Link]:
    source = f"sum over blocks, {factor}n each"
    cost = factor * ex.Lbar * ex.amax**2 * ex.G2 * ex.B * (ex.B - 1) / 2
    grown = symbols("C_first C_next S_first S_next Q_first Q_next")
    c0, c1, s0, s1, q0, q1 = grown
    others = moving("cross_i slope_i norm_i drift_i q_i")
    return (
        Link(
            (source, "next"), (target, "slopes"),
            crosses - (ex.amin * slope_sum - cost), ex.B,
            {crosses: (c0, c1), slope_sum: (s0, s1), **others}, {n: ex.B},
            {c0: "C_0 = 0", s0: "S_0 = 0", c1 - crosses - cross: "one block more",
             s1 - slope_sum - slope: "one block more"},
            {slope_sum - ex.g0: "Σ_i‖∇_if(w)‖² = ‖∇f(w)‖²"}, credit,
        ),
        Link(
            (source, "lengths, next"), (target, "lengths"),
            ex.B * ex.amax**2 * ex.G2 - moments, ex.B,
            {moments: (q0, q1), **others}, {n: ex.B},
            {q0: "Q_0 = 0", q1 - moments - moment: "one block more"},
        ),
    )  # fmt: skip


LINKS: dict[str, tuple[Link, ...]] = {
    "S2": (
        Link(
            ("one sweep", "next"), ("", "sum"),
            ex.f0 + ex.K * ex.amax**2 / 2 * ex.level - value - ex.amin / 2 * total, ex.K,
            {value: (ex.f0, following), total: (total0, total1), **moving("slopes noise_k")},
            {count: ex.K}, {total0: "T_0 = 0", total1 - total - slopes: "T_{k+1} = T_k + slopes"},
            {total - ex.K * ex.average: "T_K = K times the average"},
        ),
    ),
    "S3": (
        *_blocks(1, (("one block", "block"),), ""),
        *_blocks(2, (), "bound at v alone"),
        Link(
            ("one sweep", "next"), ("rate", "sum"),
            ex.f0 + ex.K * rest - ex.K * ex.amin * ex.lowest - value, ex.K,
            {value: (ex.f0, following), **moving(gradient.name)}, {k: ex.K},
        ),
    ),
    "S4": (
        Link(
            ("Σx_i ≤ √B‖x‖", "next"), ("relative error", "Cauchy"),
            (m + 1) * squares - sums**2, m,
            {squares: (squares0, squares1), sums: (sums0, sums1), **moving(x.name)}, {n: m + 1},
            {squares0 - sums0**2: "one block: Q = x², S = x",
             squares1 - squares - x**2: "one block more", sums1 - sums - x: "one block more"},
            {m + 1 - samt.B: "n = B", squares - step**2: "Σx_i² = t²", sums - lengths: "Σx_i"},
            above=m + 1,
        ),
    ),
}  # fmt: skip
LEMMAS: dict[str, tuple[Lemma, ...]] = {
    "S2": (Lemma(("one sweep", "sweep"), sweep),),
    "S4": (Lemma(("relative error", "squares"), gradients),),
}
