r"""T5 and T6 from H1, H2 and the KL inequality.

Analysis enters through the templates of ``powers``: x^{1−θ} is concave, x^{−p} convex, powers are
monotone and multiply. The rest is algebra over symbols such as r_k^θ.

**T5.** The tangent of x^{1−θ} at r_k, times r_k^θ, needs no division by r_k^θ, so r_k = 0 is
no case of its own. With D = r_k^{1−θ} − r_{k+1}^{1−θ} ≥ 0,

    (1−θ)a‖e_{k+1}‖² ≤ (1−θ)(r_k − r_{k+1}) ≤ r_k^θ D ≤ c·dist·D ≤ bc(‖e_k‖ + ‖e_{k−1}‖)D

and √(uv) ≤ u/4 + v: ‖e_{k+1}‖ ≤ (‖e_k‖ + ‖e_{k−1}‖)/4 + QD, Q = bc/(a(1−θ)). So V_k = ‖e_k‖ +
½‖e_{k−1}‖ + 2Qr_k^{1−θ} pays for each step: S_n + V_{K+n} ≤ V_K for partial sums, by induction.

**T6.** The recursion is proved for every κ ≥ 1. For θ > ½ the induction A_j ≥ A_0 + jν over
s_j = r_{κj}, A_j = s_j^{−p}, uses it at each index, in two cases: s_{j+1}^{−2θ} ≤ 2s_j^{−2θ} or
not.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import rates
from amverify.theorems.base import Inequality, Theorem, symbols
from amverify.theorems.properties import vector
from amverify.theorems.rates import (
    A0,
    GAIN,
    POWER,
    RATE_CONSTANT,
    T5,
    T6,
    Aj,
    a,
    b,
    c,
    dpsi,
    e0,
    e1,
    j,
    kappa,
    phi,
    r0,
    r1,
    rt,
    step02,
    step2,
    tail,
    theta,
    two,
)
from proofs.script import facts, powers
from proofs.script.chains import (
    Chain,
    Conclusion,
    Step,
    a_norm,
    case,
    condition,
    credit,
    declared,
    define,
    derived,
    either,
    fact,
    inverse,
    least,
    means,
    no_less,
    root,
    said,
    term,
)
from proofs.script.links import Join, Lemma, Link
from proofs.script.vectors import power

HALF, QUARTER = sp.Rational(1, 2), sp.Rational(1, 4)


def conclusion(theorem: Theorem, name: str) -> Inequality:
    """A theorem's inequality by name.

    Raises:
        KeyError: if it has none.
    """
    for found in theorem.conclusions:
        if found.inequality.name == name:
            return found.inequality
    raise KeyError(f"{theorem.id}: {name}")


rnext, part, grown, start, n = symbols("r_next S_n S_next V_K n")
enext = rates.NEXT
now, later = power(r1, 1 - theta), power(rnext, 1 - theta)
Q = b * c / (a * (1 - theta))
LEVEL = now - later


def _potential(first: sp.Expr, second: sp.Expr, level: sp.Expr) -> sp.Expr:
    """V_k."""
    return first + second / 2 + 2 * Q * level


_SIGNS = (
    declared("a", a),
    declared("b", b),
    declared("c", c),
    condition(rates.EXPONENT_BELOW),
    *inverse("a", a),
    *inverse("θ < 1", 1 - theta),
)


def one_step(signs: tuple[Step, ...], relative: tuple[Step, ...], growth: Step) -> tuple[Step, ...]:
    """S_{n+1} + V_{k+1} ≤ V_K from S_n + V_k ≤ V_K, with H2 and KL given by steps of these ids."""
    return (*signs, *_BEFORE, *relative, growth, *_AFTER)


_BEFORE = (
    declared("θ", theta),
    *a_norm("e_k", e1, "e_k"),
    *a_norm("e_{k−1}", e0, "e_before"),
    fact("e_{k+1}", facts.NORM, vector("e_next")),
    means("square", step2),
    means("r_k^θ", rt),
    define("r_{k+1}", rnext, r1 + dpsi, "r_{k+1} = r_k + (Ψ^{k+1} − Ψ^k)"),
    said("Ψ* ≤ Ψ^k"),
    said("Ψ* ≤ Ψ^{k+1}"),
    derived("r_{k+1} ≥ 0", rnext, "so", term(1, "Ψ* ≤ Ψ^{k+1}"), zero=("r_{k+1}",)),
    condition(rates.H1),
)
_AFTER = (
    derived(
        "H1, r", r1 - rnext - a * enext**2, "a‖e_{k+1}‖² ≤ r_k − r_{k+1}",
        term(1, "H1"), zero=("square", "r_{k+1}"),
    ),
    derived("r falls", r1 - rnext, "r_{k+1} ≤ r_k",
            term(1, "H1, r"), term(1, "a", squares=(enext,))),
    fact("D", powers.MONOTONE, r1, rnext, 1 - theta, asks=("r falls", "r_{k+1} ≥ 0", "θ < 1")),
    fact(
        "concave", powers.CONCAVE, r1, rnext, theta,
        asks=("Ψ* ≤ Ψ^k", "r_{k+1} ≥ 0", "θ", "θ < 1"),
    ),
    derived("‖e_k‖ + ‖e_{k−1}‖", e1 + e0, "a sum of norms", term(1, "e_k"), term(1, "e_{k−1}")),
    derived(
        "chain", b * c * (e1 + e0) * LEVEL - (1 - theta) * a * enext**2,
        "(1−θ)a‖e_{k+1}‖² ≤ bc(‖e_k‖ + ‖e_{k−1}‖)D",
        term(1, "θ < 1", "H1, r"), term(1, "concave"), term(1, "KL", "D"), term(1, "c", "H2", "D"),
        zero=("r_k^θ",),
    ),
    derived(
        "divided", Q * (e1 + e0) * LEVEL - enext**2, "divided by a(1−θ)",
        term(1, "1/a", "1/θ < 1", "chain"), zero=("·1/a", "·1/θ < 1"),
    ),
    derived(
        "AM–GM", (QUARTER * (e1 + e0) + Q * LEVEL) ** 2 - enext**2, "uv ≤ (u/4 + v)²",
        term(1, "divided"), term(1, squares=(QUARTER * (e1 + e0) - Q * LEVEL,)),
    ),
    derived("Q ≥ 0", Q, "a product", term(1, "b", "c", "1/a", "1/θ < 1")),
    derived(
        "u/4 + v", QUARTER * (e1 + e0) + Q * LEVEL, "what bounds ‖e_{k+1}‖ is not negative",
        term(QUARTER, "‖e_k‖ + ‖e_{k−1}‖"), term(1, "Q ≥ 0", "D"),
    ),
    root(
        "one step", enext, QUARTER * (e1 + e0) + Q * LEVEL,
        "‖e_{k+1}‖ ≤ (‖e_k‖ + ‖e_{k−1}‖)/4 + QD", "AM–GM", "u/4 + v",
    ),
    define("S_{n+1}", grown, part + enext, "the next partial sum"),
    credit("hypothesis", start - part - _potential(e1, e0, now), "S_n + V_k ≤ V_K"),
    derived(
        "next", start - grown - _potential(enext, e1, later), "S_{n+1} + V_{k+1} ≤ V_K",
        term(1, "hypothesis"), term(2, "one step"), zero=("S_{n+1}",),
    ),
    fact("r_k^{1−θ}", powers.SIGN, r1, 1 - theta, asks=("Ψ* ≤ Ψ^k", "θ < 1")),
    derived(
        "length", start - part, "V_k ≥ 0 is dropped",
        term(1, "hypothesis"), term(1, "e_k"), term(HALF, "e_{k−1}"), term(2, "Q ≥ 0", "r_k^{1−θ}"),
    ),
)  # fmt: skip

_T5 = one_step(_SIGNS, (condition(rates.H2_TAIL),), condition(rates.KL))


def all_steps(signs: tuple[Step, ...]) -> tuple[Step, ...]:
    """The finite length, from the sum that an induction gives."""
    return (
        *signs,
        means("r_K^{1−θ}", phi),
        credit("sum", _potential(e1, e0, now) - tail, "S_N ≤ V_K, by induction"),
        derived(
            "finite length", _potential(e1, e0, phi) - tail, "r_K^{1−θ} by its symbol",
            term(1, "sum"), zero=("r_K^{1−θ}",),
        ),
    )  # fmt: skip


_T5_END = all_steps(_SIGNS)


def summed_up(steps: str, end: str, *more: sp.Symbol) -> Link:
    """The induction over the steps from K on; ``more`` does not move either."""
    return Link(
        steps, ("hypothesis", "next"), (end, "sum"), n, (a, b, c, theta, start, *more),
        follow={part: grown, e0: e1, e1: enext, r1: rnext, now: later},
        first={e0: e0, e1: e1, now: now}, zero=(part,), ends={tail: part},
        given={start: _potential(e1, e0, now)}, shift=True, then="length",
    )  # fmt: skip


_RECURSION = (
    declared("a", a),
    declared("b", b),
    declared("c", c),
    said("κ ≥ 1"),
    derived("κ", kappa, "κ > 0", term(1), term(1, "κ ≥ 1"), kind=">"),
    *inverse("a", a),
    *a_norm("‖e_k‖", e1, "e_k"),
    *a_norm("‖e_{k−1}‖", e0, "e_before"),
    means("‖e_k‖²", step2),
    means("‖e_{k−1}‖²", step02),
    said("Ψ* ≤ Ψ^k"),
    means("r^θ", rt),
    fact("telescope", powers.FALLS, "r0", "r1", "dpsi0", "dpsi"),
    condition(rates.H1),
    condition(rates.H1_BEFORE),
    condition(rates.H2_RATE),
    condition(rates.KL),
    declared("θ", theta),
    fact("r^θ ≥ 0", powers.SIGN, r1, theta, asks=("Ψ* ≤ Ψ^k", "θ")),
)
LENGTH = e1 + (kappa - 1) * e0
_RECURSION_END = (
    derived(
        "error", b * c * LENGTH - rt, "r_k^θ ≤ bc(‖e_k‖ + (κ−1)‖e_{k−1}‖)",
        term(1, "c", "H2"), term(1, "KL"),
    ),
    derived(
        "bcE", b * c * LENGTH, "a product of nonnegative numbers",
        term(1, "b", "c", "‖e_k‖"), term(1, "κ ≥ 1", "b", "c", "‖e_{k−1}‖"),
    ),
    derived("rt ≥ 0", rt, "a power", term(1, "r^θ ≥ 0"), zero=("r^θ",)),
    derived(
        "recursion", RATE_CONSTANT * (r0 - r1) - rt**2, "r_k^{2θ} ≤ C(r_{k−κ} − r_k)",
        term(1, "κ", "1/a", "H1", squares=(b * c,)),
        term(1, "κ", "1/a", "H1 before", squares=(b * c,)),
        term(1, "κ ≥ 1", squares=(b * c * (e1 - e0),)),
        term(1, "error", "bcE"),
        term(1, "error", "rt ≥ 0"),
        zero=("telescope", "·1/a", "‖e_k‖²", "‖e_{k−1}‖²"),
    ),
    derived("C", RATE_CONSTANT, "C ≥ 0", term(1, "κ", "1/a", squares=(b * c,))),
)  # fmt: skip

_LINEAR = (
    said("θ = ½"),
    derived("1 + C", 1 + RATE_CONSTANT, "1 + C > 0", term(1), term(1, "C"), kind=">"),
    *inverse("1 + C", 1 + RATE_CONSTANT),
    fact("(r^½)²", powers.HALVES, r1, theta, asks=("Ψ* ≤ Ψ^k", "θ = ½")),
    derived(
        "linear", RATE_CONSTANT / (1 + RATE_CONSTANT) * r0 - r1, "r_k ≤ C/(1 + C)·r_{k−κ}",
        term(1, "1/1 + C", "recursion"), zero=("(r^½)²", "r^θ", "·1/1 + C"),
    ),
)  # fmt: skip
_SUPERLINEAR = (
    derived(
        "superlinear", RATE_CONSTANT * r0 - rt**2, "r_k ≥ 0 is dropped",
        term(1, "recursion"), term(1, "C", "Ψ* ≤ Ψ^k"),
    ),
)  # fmt: skip
_FINITE = (
    said("θ = 0"),
    condition(rates.POSITIVE),
    fact("r^0 = 1", powers.ZEROTH, r1, theta, asks=("0 < r_k", "θ = 0")),
    derived(
        "finite", RATE_CONSTANT * (r0 - r1) - 1, "1 ≤ C(r_{k−κ} − r_k) while r_k > 0",
        term(1, "recursion"), zero=("r^0 = 1", "r^θ"),
    ),
)  # fmt: skip

big_c, gain = symbols("C nu")
p = POWER
A, A1 = power(r0, -p), power(r1, -p)
P, P1 = power(r0, -p - 1), power(r1, -p - 1)
rth, twice = power(r1, theta), power(2, p / (1 + p))
inv_c = a / (b**2 * c**2 * kappa)
_C_SIGNS = (
    declared("a", a),
    declared("b", b),
    declared("c", c),
    said("κ ≥ 1"),
    derived("κ", kappa, "κ > 0", term(1), term(1, "κ ≥ 1"), kind=">"),
    *(
        step
        for name, x in (("a", a), ("b", b), ("c", c), ("κ", kappa))
        for step in inverse(name, x)
    ),
    derived("1/C", inv_c, "1/C ≥ 0", term(1, "a", "1/κ", squares=(1 / (b * c),))),
)


def _minimum() -> tuple[Step, ...]:
    """ν is at most each of the two, and not negative; sympy chooses which comes first."""
    first = GAIN.args[0] - p * inv_c / 2 == 0
    names = ("ν ≤ first", "ν ≤ second") if first else ("ν ≤ second", "ν ≤ first")
    above = ("p/(2C)", "(2^x − 1)A_0") if first else ("(2^x − 1)A_0", "p/(2C)")
    return (*(least(name, GAIN, i) for i, name in enumerate(names)), no_less("ν", GAIN, 0, *above))


_SUBLINEAR = (
    *_C_SIGNS,
    said("θ > ½"),
    said("s_j > 0"),
    said("s_{j−1} > 0"),
    means("r^θ", rt),
    credit("recursion", RATE_CONSTANT * (r0 - r1) - rt**2, "s_{j+1}^{2θ} ≤ C(s_j − s_{j+1})"),
    fact("P' > 0", powers.POSITIVE, r1, -p - 1, asks=("s_j > 0",)),
    fact("power", powers.INVERSE, r1, theta, asks=("s_j > 0",)),
    fact("tangent", powers.CONVEX, r0, r1, p, asks=("s_{j−1} > 0", "s_j > 0", "θ > ½")),
    derived(
        "fall", r0 - r1 - inv_c * rt**2, "s_j − s_{j+1} ≥ s_{j+1}^{2θ}/C",
        term(1, "1/C", "recursion"), zero=("·1/a", "·1/b", "·1/c", "·1/κ"),
    ),
    derived("s falls", r0 - r1, "s_{j+1} ≤ s_j", term(1, "fall"), term(1, "1/C", squares=(rt,))),
    derived(
        "one", P1 * (r0 - r1) - inv_c, "1/C ≤ P'(s_j − s_{j+1})",
        term(1, "P' > 0", "fall"), zero=("power", "r^θ"),
    ),
    case("short", 2 * P - P1, "first case: s_{j+1}^{−2θ} ≤ 2s_j^{−2θ}"),
    derived(
        "gain, short", A1 - A - p * inv_c / 2, "A_{j+1} ≥ A_j + p/(2C)",
        term(1, "tangent"), term(HALF, "θ > ½", "one"), term(HALF, "θ > ½", "s falls", "short"),
    ),
    case("long", P1 - 2 * P, "second case: s_{j+1}^{−2θ} > 2s_j^{−2θ}", ">"),
    *inverse("long", P1 - 2 * P),
    fact("monotone", powers.AGREE, r0, r1, p, asks=("s_{j−1} > 0", "s_j > 0", "θ > ½")),
    derived(
        "grown", A1 - twice * A, "then A_{j+1} ≥ 2^{p/(1+p)}A_j",
        term(1, "1/long", "monotone"), zero=("·1/long",),
    ),
    fact("2^x ≥ 1", powers.ABOVE_ONE, p, asks=("θ > ½",)),
    means("2^x", two),
    means("j", j),
    derived("2^x − 1", two - 1, "2^{p/(1+p)} ≥ 1", term(1, "2^x ≥ 1"), zero=("2^x",)),
    said("s_0 > 0"),
    fact("s_0^{−p}", powers.POSITIVE, rates.s0, -p, asks=("s_0 > 0",)),
    means("A_0", A0),
    derived("p/(2C)", p * inv_c / 2, "the minimum's first", term(HALF, "θ > ½", "1/C")),
    derived(
        "(2^x − 1)A_0", (two - 1) * A0, "and its second", term(1, "2^x − 1", "s_0^{−p}"),
        zero=("A_0",),
    ),
    *_minimum(),
    credit("hypothesis", A - A0 - j * GAIN, "A_j ≥ A_0 + jν"),
    derived("above", A - A0, "A_j ≥ A_0", term(1, "hypothesis"), term(1, "j", "ν")),
    derived(
        "gain, long", A1 - A - (two - 1) * A0, "A_{j+1} ≥ A_j + (2^{p/(1+p)} − 1)A_0",
        term(1, "grown"), term(1, "2^x − 1", "above"), zero=("2^x",),
    ),
    derived(
        "next, short", A1 - A0 - (j + 1) * GAIN, "A_{j+1} ≥ A_0 + (j + 1)ν, first case",
        term(1, "hypothesis"), term(1, "gain, short"), term(1, "ν ≤ first"),
    ),
    derived(
        "next, long", A1 - A0 - (j + 1) * GAIN, "A_{j+1} ≥ A_0 + (j + 1)ν, second case",
        term(1, "hypothesis"), term(1, "gain, long"), term(1, "ν ≤ second"),
    ),
    either(
        "next", A1 - A0 - (j + 1) * GAIN, "in both cases", "long", "next, long", "next, short"
    ),
)  # fmt: skip

_SUBLINEAR_END = (
    credit("all", Aj - A0 - j * GAIN, "A_j ≥ A_0 + jν for every j, by induction"),
    derived("sublinear", Aj - A0 - j * GAIN, "the rate", term(1, "all")),
)


def _end(theorem: Theorem, name: str, step: str) -> tuple[Conclusion, ...]:
    return (Conclusion(conclusion(theorem, name), step),)


_STEP = (*_RECURSION, *_RECURSION_END)
CHAINS: tuple[Chain, ...] = (
    Chain(T5, _T5, (), "one step"),
    Chain(T5, _T5_END, _end(T5, "finite length", "finite length"), "sum"),
    Chain(T6, _STEP, _end(T6, "recursion", "recursion"), "recursion"),
    Chain(T6, (*_STEP, *_LINEAR), _end(T6, "linear, θ = ½", "linear"), "θ = ½"),
    Chain(T6, (*_STEP, *_SUPERLINEAR), _end(T6, "superlinear, θ < ½", "superlinear"), "θ < ½"),
    Chain(T6, (*_STEP, *_FINITE), _end(T6, "finite, θ = 0", "finite"), "θ = 0"),
    Chain(T6, _SUBLINEAR, (), "θ > ½, one step"),
    Chain(T6, _SUBLINEAR_END, _end(T6, "sublinear, θ > ½", "sublinear"), "θ > ½"),
)
"""T5 and T6. (K2 is a hypothesis that is monitored: it has nothing to prove.)"""

JOINS: dict[str, tuple[Join, ...]] = {
    "T5": (summed_up("one step", "sum"),),
    "T6": (
        Lemma(
            ("θ > ½, one step", "recursion"), lambda bench: bench.proved("recursion", "recursion")
        ),
        Link(
            "θ > ½, one step", ("hypothesis", "next"), ("θ > ½", "all"), j,
            (a, b, c, theta, kappa, A0, two, twice, rates.s0, power(rates.s0, -p)),
            follow={r0: r1, A: A1, P: P1}, ends={Aj: A}, begins={A0: A},
        ),
    ),
}  # fmt: skip
"""How the chains are joined: the sum S_n of T5, and A_j of T6."""
