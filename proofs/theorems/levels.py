r"""TB: a square root for each bound, Minkowski for z_l and a_l, and induction over the layers.

‖W_l‖² ≤ 2c/μ from F's terms. ‖z_l‖ ≤ ‖a_{l−1}W_lᵀ‖ + ‖1b_lᵀ‖ + ‖r_l‖ ≤ ‖W_l‖‖a_{l−1}‖ + √N‖b_l‖ +
‖r_l‖, and ‖W_l‖‖a_{l−1}‖ ≤ ωA_{l−1} where ‖a_{l−1}‖ ≤ A_{l−1}: that is the induction's hypothesis;
‖a_l‖ ≤ A_l follows, and ‖a_0‖ = ‖X‖ = A_0.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import levels, reach
from amverify.theorems.base import symbols
from amverify.theorems.levels import TB, an, b, below, inputs, w, z
from amverify.theorems.properties import length
from amverify.theorems.reach import A, eps, h0, level, lip, mu, mub, rho
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
rest = length(levels.REST)

_LEVEL = (
    condition(levels.LEVEL),
    said("terms of F"),
    derived(
        "terms", level - mu * w**2 - mub * b**2 - rho * rest**2, "each term of F is below c",
        term(1, "level"), term(2, "terms of F"),
    ),
)  # fmt: skip


def _bound(name: str, ridge: sp.Symbol, above: str, size: sp.Expr) -> tuple[Step, ...]:
    """size ≤ √(2c/ridge), from ridge·size² ≤ 2c."""
    own, other = f"1/{above}", level / ridge
    spare = tuple(
        term(1, own, x, squares=(y,))
        for x, r, y in (("μ > 0", mu, w), ("μ_b > 0", mub, b), ("ρ > 0", rho, rest))
        if r != ridge
    )
    return (
        *inverse(above, ridge),
        derived(
            f"{name}²", other - size**2, "divided by the ridge",
            term(1, own, "terms"), *spare, zero=(f"·1/{above}",),
        ),
        derived(f"{name}, room", other, "so that is not negative",
                term(1, f"{name}²"), term(1, squares=(size,))),
        *square_root(f"{name}, room", other),
        derived(f"{name}, squares", rooted(other) ** 2 - size**2, "as squares",
                term(1, f"{name}²"), zero=(f"√²{name}, room",)),
        root(name, size, sp.sqrt(other), "a square root", f"{name}, squares",
             f"√{name}, room"),
    )  # fmt: skip


_SIGNS = tuple(condition(c) for c in (levels.RIDGE, levels.BIAS_RIDGE, levels.PENALTY))
_WEIGHT = _bound("‖W‖ ≤ ω", mu, "μ > 0", w)
_BIAS = _bound("‖b‖ ≤ β", mub, "μ_b > 0", b)
_REST = _bound("‖r‖ ≤ √(2c/ρ)", rho, "ρ > 0", rest)


def _named(name: str, size: sp.Symbol) -> tuple[Step, ...]:
    return (means(name, size),)


_OUTPUT = (
    *_LEVEL, *_SIGNS, *_WEIGHT, *_BIAS, *_REST,
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
_ACTIVE = (
    means("‖a‖", an),
    said("h(0)"), said("band"), said("Lip(h) ≥ 0"),
    fact("a is a sum", lengths.EQUAL, levels.ACTIVE,
         levels.AT_ZERO + levels.GROWN + levels.OFF, ("activation", sp.Integer(1))),
    fact("Minkowski, a", facts.MINKOWSKI, levels.AT_ZERO, levels.GROWN, levels.OFF),
    fact("Lipschitz", lengths.PRODUCT, levels.GROWN),
    derived(
        "a", reach.REACH_A - an, "‖a_l‖ ≤ A_l",
        term(1, "Minkowski, a"), term(1, "h(0)"), term(1, "band"), term(1, "Lipschitz"),
        term(1, "Lip(h) ≥ 0", "z"), zero=("‖a‖", "a is a sum", "‖z‖"),
    ),
)  # fmt: skip
_BELOW = credit("hypothesis", A - below, "‖a_{l−1}‖ ≤ A_{l−1}")
_NEXT = (
    define("A_l", grown, reach.REACH_A, "the bound of the next layer"),
    derived("next", grown - an, "‖a_l‖ ≤ A_l", term(1, "a"), zero=("A_l",)),
)


def _end(name: str, step: str) -> tuple[Conclusion, ...]:
    return (Conclusion(conclusion(TB, name), step),)


CHAINS: tuple[Chain, ...] = (
    Chain(TB, (*_LEVEL, *_SIGNS, *_WEIGHT), _end("W_l", "‖W‖ ≤ ω"), "weights"),
    Chain(TB, (*_LEVEL, *_SIGNS, *_BIAS), _end("b_l", "‖b‖ ≤ β"), "biases"),
    Chain(TB, (_BELOW, *_OUTPUT, *_ACTIVE, *_NEXT), (), "one layer"),
    Chain(TB, (_BELOW, *_OUTPUT), _end("z_l", "z"), "outputs"),
    Chain(TB, (_BELOW, *_OUTPUT, *_ACTIVE), _end("a_l", "a"), "activations"),
)
_CONSTANTS = (level, mu, mub, rho, reach.N, h0, lip, eps)


def _link(target: str) -> Link:
    return Link(
        "one layer", ("hypothesis", "next"), (target, "hypothesis"), layer, _CONSTANTS,
        follow={below: an, A: grown}, first={below: inputs, A: inputs},
    )  # fmt: skip


JOINS: dict[str, tuple[Join, ...]] = {"TB": (_link("outputs"), _link("activations"))}
