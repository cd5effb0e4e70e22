r"""TB and TBp: a square root for each bound, Minkowski for z_l and a_l, induction over the layers.

‖W_l‖² ≤ 2c/μ from F's terms. ‖z_l‖ ≤ ‖a_{l−1}W_lᵀ‖ + ‖1b_lᵀ‖ + ‖r_l‖ ≤ ‖W_l‖‖a_{l−1}‖ + √N‖b_l‖ +
‖r_l‖, and ‖W_l‖‖a_{l−1}‖ ≤ ωA_{l−1} where ‖a_{l−1}‖ ≤ A_{l−1}: that is the induction's hypothesis;
‖a_l‖ ≤ A_l follows, and ‖a_0‖ = ‖X‖ = A_0. Under a penalty ‖a_l − h(z_l)‖ ≤ √(2c/ν) is one more
root.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import levels, reach
from amverify.theorems import levels_penalty as tbp
from amverify.theorems.base import Theorem, symbols
from amverify.theorems.levels import TB, an, b, below, inputs, w, z
from amverify.theorems.properties import length
from amverify.theorems.reach import A, eps, h0, level, lip, mu, mub, nu, rho
from proofs.script import facts, lengths
from proofs.script.chains import (
    Chain,
    Conclusion,
    Step,
    condition,
    credit,
    define,
    derived,
    fact,
    inverse,
    means,
    root,
    rooted,
    said,
    square_root,
    term,
)
from proofs.script.links import Join, Link
from proofs.theorems.rates import conclusion

HALF = sp.Rational(1, 2)
layer, grown = symbols("l A_l")
rest, off = length(levels.REST), length(levels.OFF)

_LEVEL = (
    condition(levels.LEVEL),
    said("terms of F"),
    derived(
        "terms", level - mu * w**2 - mub * b**2 - rho * rest**2, "each term of F is below c",
        term(1, "level"), term(2, "terms of F"),
    ),
)  # fmt: skip


_TERMS = (("μ > 0", mu, w), ("μ_b > 0", mub, b), ("ρ > 0", rho, rest))


def bound(
    name: str, ridge: sp.Symbol, above: str, size: sp.Expr, terms: str = "terms",
    others: tuple[tuple[str, sp.Symbol, sp.Expr], ...] = _TERMS,
) -> tuple[Step, ...]:  # fmt: skip
    """size ≤ √(2c/ridge), from ridge·size² ≤ 2c."""
    own, other = f"1/{above}", level / ridge
    spare = tuple(term(1, own, x, squares=(y,)) for x, r, y in others if r != ridge)
    return (
        *inverse(above, ridge),
        derived(
            f"{name}²", other - size**2, "divided by the ridge",
            term(1, own, terms), *spare, zero=(f"·1/{above}",),
        ),
        derived(f"{name}, room", other, "so that is not negative",
                term(1, f"{name}²"), term(1, squares=(size,))),
        *square_root(f"{name}, room", other),
        derived(f"{name}, squares", rooted(other) ** 2 - size**2, "as squares",
                term(1, f"{name}²"), zero=(f"√²{name}, room",)),
        root(name, size, sp.sqrt(other), "a square root", f"{name}, squares",
             f"√{name}, room"),
    )  # fmt: skip


_WEIGHT = bound("‖W‖ ≤ ω", mu, "μ > 0", w)
_BIAS = bound("‖b‖ ≤ β", mub, "μ_b > 0", b)
_REST = bound("‖r‖ ≤ √(2c/ρ)", rho, "ρ > 0", rest)
_BOUNDS = (*_WEIGHT, *_BIAS, *_REST)
_ABOVE = (
    means("N", reach.N),
    derived("N ≥ 0", reach.N, "a number of samples", term(1, "N"), term(1)),
    *square_root("N ≥ 0", reach.N),
    means("‖z‖", z), means("‖b‖", b), means("‖a before‖", below),
    fact("a, norm", facts.NORM, levels.BEFORE),
    fact("b, norm", facts.NORM, levels.BIAS),
    fact("z is a sum", lengths.EQUAL, levels.OUTPUT, levels.PRODUCT + levels.SHIFT + levels.REST,
         ("residual", sp.Integer(1))),
    fact("Minkowski", facts.MINKOWSKI, levels.PRODUCT, levels.SHIFT, levels.REST),
    fact("product", lengths.PRODUCT, levels.PRODUCT),
    fact("shift", lengths.PRODUCT, levels.SHIFT),
    derived("below ≥ 0", below, "a norm", term(1, "a, norm"), zero=("‖a before‖",)),
    derived(
        "z", reach.REACH_Z - z, "‖z_l‖ ≤ Z_l",
        term(1, "Minkowski"), term(1, "product"), term(1, "shift"),
        term(1, "‖W‖ ≤ ω", "below ≥ 0"), term(1, "√‖W‖ ≤ ω, room", "hypothesis"),
        term(1, "√N ≥ 0", "‖b‖ ≤ β"), term(1, "‖r‖ ≤ √(2c/ρ)"),
        zero=("‖z‖", "‖b‖", "‖a before‖", "z is a sum"),
    ),
)  # fmt: skip


def _active(reached: sp.Expr, off: tuple[Step, ...]) -> tuple[Step, ...]:
    """‖a_l‖ ≤ A_l from ‖z_l‖ ≤ Z_l; the last step of ``off`` bounds ‖a_l − h(z_l)‖."""
    return (
        means("‖a‖", an),
        said("h(0)"), said("Lip(h) ≥ 0"), *off,
        fact("a is a sum", lengths.EQUAL, levels.ACTIVE,
             levels.AT_ZERO + levels.GROWN + levels.OFF, ("activation", sp.Integer(1))),
        fact("Minkowski, a", facts.MINKOWSKI, levels.AT_ZERO, levels.GROWN, levels.OFF),
        fact("Lipschitz", lengths.PRODUCT, levels.GROWN),
        derived(
            "a", reached - an, "‖a_l‖ ≤ A_l",
            term(1, "Minkowski, a"), term(1, "h(0)"), term(1, off[-1].id), term(1, "Lipschitz"),
            term(1, "Lip(h) ≥ 0", "z"), zero=("‖a‖", "a is a sum", "‖z‖"),
        ),
    )  # fmt: skip


_BELOW = credit("hypothesis", A - below, "‖a_{l−1}‖ ≤ A_{l−1}")


def _next(reached: sp.Expr) -> tuple[Step, ...]:
    return (
        define("A_l", grown, reached, "the bound of the next layer"),
        derived("next", grown - an, "‖a_l‖ ≤ A_l", term(1, "a"), zero=("A_l",)),
    )


def chains(
    theorem: Theorem, signs: tuple[Step, ...], off: tuple[Step, ...], reached: sp.Expr
) -> tuple[Chain, ...]:
    """TB's, or TBp's: they differ in what holds a_l to h(z_l).

    Args:
        signs: that the ridges are positive.
        off: what bounds ‖a_l − h(z_l)‖, with what it needs.
        reached: A_l.
    """

    def end(name: str, step: str) -> tuple[Conclusion, ...]:
        return (Conclusion(conclusion(theorem, name), step),)

    output = (*_LEVEL, *signs, *_BOUNDS, *_ABOVE)
    active = (_BELOW, *output, *_active(reached, off))
    return (
        Chain(theorem, (*_LEVEL, *signs, *_WEIGHT), end("W_l", "‖W‖ ≤ ω"), "weights"),
        Chain(theorem, (*_LEVEL, *signs, *_BIAS), end("b_l", "‖b‖ ≤ β"), "biases"),
        Chain(theorem, (*active, *_next(reached)), (), "one layer"),
        Chain(theorem, (_BELOW, *output), end("z_l", "z"), "outputs"),
        Chain(theorem, active, end("a_l", "a"), "activations"),
    )


def joins(held: sp.Symbol) -> tuple[Join, ...]:
    """Induction over the layers; ``held`` is ε, or ν."""
    constants = (level, mu, mub, rho, reach.N, h0, lip, held)
    return tuple(
        Link(
            "one layer", ("hypothesis", "next"), (target, "hypothesis"), layer, constants,
            follow={below: an, A: grown}, first={below: inputs, A: inputs},
        )
        for target in ("outputs", "activations")
    )  # fmt: skip


_SIGNS = tuple(condition(c) for c in (levels.RIDGE, levels.BIAS_RIDGE, levels.PENALTY))
_PENALISED = tuple(condition(c) for c in (tbp.RIDGE, tbp.BIAS_RIDGE, levels.PENALTY))
_HELD = (
    condition(tbp.NU), said("penalty"),
    derived("term of a", level - nu * off**2, "a term of F is below c",
            term(1, "level"), term(2, "penalty")),
    *bound("‖a − h(z)‖ ≤ √(2c/ν)", nu, "ν > 0", off, "term of a", ()),
)  # fmt: skip
CHAINS: tuple[Chain, ...] = (
    *chains(TB, _SIGNS, (said("band"),), reach.REACH_A),
    *chains(tbp.TBp, _PENALISED, _HELD, reach.REACH_A_PENALTY),
)
JOINS: dict[str, tuple[Join, ...]] = {"TB": joins(eps), "TBp": joins(nu)}
