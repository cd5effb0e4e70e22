r"""T5 and T6 from H1, H2 and the KL inequality.

Analysis enters in six places, each cited: a concave function lies below its tangents, x ↦ x^{1−θ}
is concave with the derivative that it has, x ↦ x^{−p} is convex, powers are monotone and
multiplicative. The rest is algebra over atoms: e_k, φ(r_k), r_k^{θ}, s_j^{−p}, ….

**T5.** V_k = ‖e_k‖ + ½‖e_{k−1}‖ + 2qφ(r_k), q = b/a, pays for each step:
‖e_{k+1}‖ + V_{k+1} ≤ V_k. By induction S_n + V_{K+n} ≤ V_K for the partial sums S_n.

**T6.** κ = 1 and κ = 2 are two chains. The induction A_j ≥ A_0 + jν, A_j = s_j^{−p}, has two
cases by whether s_{j+1}^{−2θ} ≤ 2s_j^{−2θ}.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import rates
from amverify.theorems.base import Inequality, Theorem, symbols
from amverify.theorems.rates import (
    A0,
    T5,
    T6,
    Aj,
    a,
    b,
    c,
    dist,
    dpsi,
    dpsi0,
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
from proofs.chains import (
    Chain,
    Conclusion,
    Step,
    assumed,
    condition,
    derived,
    either,
    equal,
    given,
    positive,
    root,
    term,
)
from proofs.links import Link

HALF, QUARTER = sp.Rational(1, 2), sp.Rational(1, 4)
ROCKAFELLAR = "Rockafellar (1970), Convex Analysis, Theorem 25.1"
CALCULUS = "calculus: (x^q)' = qx^{q−1}, x^{q−2}'s sign, monotone powers"

slope, inv_a, inv_c, inv_t = symbols("slope inv_a inv_c inv_1_theta")
enext, phi1, rk, rk1, q = symbols("e_next phi_next r_k r_next q")
part, start, sum_, last, before, rest = symbols("S_n V_K S_N e_N e_N1 phi_N")


def _potential(first: sp.Expr, second: sp.Expr, level: sp.Expr) -> sp.Expr:
    """V_k."""
    return first + second / 2 + 2 * q * level


PHI = symbols("phi_k")[0]
LEVEL = PHI - phi1

_T5 = (
    positive("a", a, "a > 0"),
    given("b", b, "b > 0"),
    given("1/a", inv_a, "1/a > 0"),
    positive("c", c, "c > 0"),
    given("1/c", inv_c, "1/c > 0"),
    equal("a·1/a", a * inv_a - 1, "1/a is the inverse of a"),
    equal("c·1/c", c * inv_c - 1, "1/c is the inverse of c"),
    equal("q", q - b * inv_a, "q = b/a"),
    given("q ≥ 0", q, "q = b/a > 0"),
    given("e_k", e1, "a norm"),
    given("e_{k−1}", e0, "a norm"),
    given("e_{k+1}", enext, "a norm"),
    equal("square", step2 - enext**2, "‖e_{k+1}‖² is the square of ‖e_{k+1}‖"),
    equal("fall", dpsi - (rk1 - rk), "Ψ^{k+1} − Ψ^k = r_{k+1} − r_k"),
    condition(rates.H1),
    condition(rates.H2_TAIL),
    condition(rates.KL),
    given("φ' ≥ 0", slope, "φ'(r_k) = c·r_k^{−θ} > 0 where r_k > 0", "assumption", CALCULUS),
    equal("φ'", slope * rt - c, "φ'(r_k)·r_k^θ = c, the derivative", "assumption", CALCULUS),
    assumed(
        "tangent", LEVEL - slope * (rk - rk1),
        "φ is concave (0 ≤ θ < 1): φ(r_{k+1}) ≤ φ(r_k) + φ'(r_k)(r_{k+1} − r_k)", ROCKAFELLAR,
    ),
    derived(
        "φ'·dist ≥ 1", slope * dist - 1, "KL in the form φ'(r_k)·dist ≥ 1",
        term(1, "1/c", "φ' ≥ 0", "KL"), zero=("φ'", "c·1/c"),
    ),
    derived("‖e_k‖ + ‖e_{k−1}‖", e1 + e0, "a sum of norms", term(1, "e_k"), term(1, "e_{k−1}")),
    derived(
        "squared", b * (e1 + e0) * LEVEL - a * enext**2,
        "a‖e_{k+1}‖² ≤ b(φ(r_k) − φ(r_{k+1}))(‖e_k‖ + ‖e_{k−1}‖)",
        term(1, "b", "‖e_k‖ + ‖e_{k−1}‖", "tangent"),
        term(1, "φ' ≥ 0", "b", "‖e_k‖ + ‖e_{k−1}‖", "H1"),
        term(1, "a", "φ' ≥ 0", "H2", squares=(enext,)),
        term(1, "a", "φ'·dist ≥ 1", squares=(enext,)),
        zero=("fall", "square"),
    ),
    derived(
        "divided", q * (e1 + e0) * LEVEL - enext**2, "divided by a",
        term(1, "1/a", "squared"), zero=("a·1/a", "q"),
    ),
    derived(
        "AM–GM", (QUARTER * (e1 + e0) + q * LEVEL) ** 2 - enext**2, "uv ≤ (u/4 + v)²",
        term(1, "divided"), term(1, squares=(QUARTER * (e1 + e0) - q * LEVEL,)),
    ),
    assumed("φ falls", LEVEL, "φ(r_{k+1}) ≤ φ(r_k): φ is monotone and r_{k+1} ≤ r_k", CALCULUS),
    derived(
        "u/4 + v", QUARTER * (e1 + e0) + q * LEVEL, "what bounds ‖e_{k+1}‖ is not negative",
        term(QUARTER, "‖e_k‖ + ‖e_{k−1}‖"), term(1, "q ≥ 0", "φ falls"),
    ),
    root(
        "one step", enext, QUARTER * (e1 + e0) + q * LEVEL,
        "‖e_{k+1}‖ ≤ (‖e_k‖ + ‖e_{k−1}‖)/4 + q(φ(r_k) − φ(r_{k+1}))", "AM–GM", "u/4 + v",
    ),
    given(
        "hypothesis", start - part - _potential(e1, e0, PHI), "S_n + V_k ≤ V_K", "hypothesis"
    ),
    derived(
        "next", start - (part + enext) - _potential(enext, e1, phi1), "S_{n+1} + V_{k+1} ≤ V_K",
        term(1, "hypothesis"), term(2, "one step"),
    ),
)  # fmt: skip

_T5_END = (
    condition(rates.EXPONENT_BELOW),
    positive("a", a, "a > 0"),
    equal("q", q - b * inv_a, "q = b/a"),
    given("q ≥ 0", q, "q = b/a > 0"),
    given("e_N", last, "a norm"),
    given("e_{N−1}", before, "a norm"),
    given("φ(r_N)", rest, "φ is not negative"),
    equal("φ(r_K)", PHI - c * phi * inv_t, "φ(r_K) = c·r_K^{1−θ}/(1−θ)"),
    given(
        "sum", _potential(e1, e0, PHI) - tail - _potential(last, before, rest),
        "S_N + V_N ≤ V_K, by induction", "hypothesis",
    ),
    derived(
        "length", e1 + e0 / 2 + 2 * b * inv_a * (c * phi * inv_t) - tail, "V_N ≥ 0 is dropped",
        term(1, "sum"), term(1, "e_N"), term(HALF, "e_{N−1}"), term(2, "q ≥ 0", "φ(r_N)"),
        zero=("q", "φ(r_K)"),
    ),
)  # fmt: skip

_T5_ZERO = (
    positive("a", a, "a > 0"),
    given("b", b, "b > 0"),
    given("e_k", e1, "a norm"),
    given("e_{k−1}", e0, "a norm"),
    given("r_{k+1}", rk1, "Ψ* is a lower bound"),
    equal("square", step2 - enext**2, "‖e_{k+1}‖² is the square of ‖e_{k+1}‖"),
    equal("fall", dpsi - (rk1 - rk), "Ψ^{k+1} − Ψ^k = r_{k+1} − r_k"),
    equal("r_k = 0", rk, "the remaining case of KL: Ψ^k = Ψ*", "case"),
    condition(rates.H1),
    assumed("φ falls", LEVEL, "φ(r_{k+1}) ≤ φ(r_k): φ is monotone and r_{k+1} ≤ r_k", CALCULUS),
    derived("‖e_k‖ + ‖e_{k−1}‖", e1 + e0, "a sum of norms", term(1, "e_k"), term(1, "e_{k−1}")),
    derived(
        "still", -a * enext**2, "the run has stopped: ‖e_{k+1}‖ = 0",
        term(1, "H1"), term(1, "r_{k+1}"), zero=("square", "fall", "r_k = 0"),
    ),
    derived(
        "squared", b * (e1 + e0) * LEVEL - a * enext**2,
        "the same inequality as where r_k > 0",
        term(1, "b", "‖e_k‖ + ‖e_{k−1}‖", "φ falls"), term(1, "still"),
    ),
)  # fmt: skip


def conclusion(theorem: Theorem, name: str) -> Inequality:
    """A theorem's inequality by name.

    Raises:
        KeyError: if it has none.
    """
    for found in theorem.conclusions:
        if found.inequality.name == name:
            return found.inequality
    raise KeyError(f"{theorem.id}: {name}")


LENGTH = Conclusion(conclusion(T5, "finite length"), "length")

inv_c1, gain = symbols("inv_1_C nu")


def _recursion(order: int) -> tuple[Step, ...]:
    """The steps to rt² ≤ C(r0 − r1) for κ = ``order``."""
    length = e1 + (order - 1) * e0
    big = order * b**2 * c**2 * inv_a
    return (
        positive("a", a, "a > 0"),
        given("b", b, "b > 0"),
        positive("c", c, "c > 0"),
        given("1/a", inv_a, "1/a > 0"),
        equal("a·1/a", a * inv_a - 1, "1/a is the inverse of a"),
        equal("κ", kappa - order, f"κ = {order}"),
        given("‖e_k‖", e1, "a norm"),
        given("‖e_{k−1}‖", e0, "a norm"),
        given("r_k^θ", rt, "a power"),
        equal("‖e_k‖²", step2 - e1**2, "a square"),
        equal("‖e_{k−1}‖²", step02 - e0**2, "a square"),
        equal("telescope", r0 - r1 + dpsi + dpsi0, "r_{k−κ} − r_k is the sum of the falls"),
        condition(rates.H1),
        condition(rates.H1_BEFORE),
        condition(rates.H2_RATE),
        condition(rates.KL),
        derived(
            "error", b * c * length - rt, "r_k^θ ≤ bc(‖e_k‖ [+ ‖e_{k−1}‖])",
            term(1, "c", "H2"), term(1, "KL"), zero=("κ",),
        ),
        derived(
            "bcE", b * c * length, "a product of nonnegative numbers",
            term(1, "b", "c", "‖e_k‖"), term(order - 1, "b", "c", "‖e_{k−1}‖"),
        ),
        derived(
            "recursion", big * (r0 - r1) - rt**2, "r_k^{2θ} ≤ C(r_{k−κ} − r_k)",
            term(order, "1/a", "H1", squares=(b * c,)),
            term(order, "1/a", "H1 before", squares=(b * c,)),
            term(order - 1, squares=(b * c * (e1 - e0),)),
            term(1, "error", "bcE"),
            term(1, "error", "r_k^θ"),
            zero=("telescope", "κ", "a·1/a", "‖e_k‖²", "‖e_{k−1}‖²"),
        ),
    )  # fmt: skip


def _regimes(order: int) -> tuple[Step, ...]:
    """The recursion, and what follows at once for θ = ½, θ < ½ and θ = 0."""
    big = order * b**2 * c**2 * inv_a
    return (
        *_recursion(order),
        derived("C", big, "C ≥ 0", term(order, "1/a", squares=(b * c,))),
        derived("1 + C", 1 + big, "1 + C > 0", term(1), term(1, "C"), kind=">"),
        given("1/(1+C)", inv_c1, "1/(1 + C) > 0"),
        equal("(1+C)·1/(1+C)", (1 + big) * inv_c1 - 1, "the inverse of 1 + C"),
        equal("θ = ½", rt**2 - r1, "r^{2θ} = r for θ = ½", "case"),
        derived(
            "linear", big * inv_c1 * r0 - r1, "r_k ≤ C/(1 + C)·r_{k−κ}",
            term(1, "1/(1+C)", "recursion"), zero=("θ = ½", "(1+C)·1/(1+C)"),
        ),
        given("r_k", r1, "Ψ* is a lower bound"),
        derived(
            "superlinear", big * r0 - rt**2, "r_k ≥ 0 is dropped",
            term(1, "recursion"), term(1, "C", "r_k"),
        ),
        equal("θ = 0", rt - 1, "r^0 = 1 where r > 0", "case"),
        derived(
            "finite", big * (r0 - r1) - 1, "1 ≤ C(r_{k−κ} − r_k) while r_k > 0",
            term(1, "recursion"), zero=("θ = 0",),
        ),
    )  # fmt: skip


big_c, inv_x, inv_big, level, following, A, A1, P, P1, p = symbols(
    "C inv_x inv_C s_j s_next A A_next P P_next p"
)
POWERS = "calculus: x^{−p} is convex for p > 0; powers are monotone and multiplicative"

_SUBLINEAR = (
    given("p", p, "p = 2θ − 1 > 0"),
    positive("C", big_c, "C > 0"),
    given("1/C", inv_big, "1/C > 0"),
    equal("C·1/C", big_c * inv_big - 1, "the inverse of C"),
    given("s falls", level - following, "s_{j+1} ≤ s_j, by H1"),
    given("P'", P1, "P' = s_{j+1}^{−2θ} > 0"),
    equal("power", P1 * rt**2 - 1, "s_{j+1}^{−2θ}·s_{j+1}^{2θ} = 1", "assumption", POWERS),
    given(
        "recursion", big_c * (level - following) - rt**2,
        "s_{j+1}^{2θ} ≤ C(s_j − s_{j+1}), proved as “recursion” for κ = 1 and κ = 2",
    ),
    assumed(
        "tangent", A1 - A - p * P * (level - following),
        "x^{−p} lies above its tangent at s_j: A_{j+1} ≥ A_j + ps_j^{−p−1}(s_j − s_{j+1})", POWERS,
    ),
    derived(
        "one", big_c * P1 * (level - following) - 1, "1 ≤ C·P'(s_j − s_{j+1})",
        term(1, "P'", "recursion"), zero=("power",),
    ),
    given("short", 2 * P - P1, "first case: s_{j+1}^{−2θ} ≤ 2s_j^{−2θ}", "case"),
    derived(
        "gain, short", A1 - A - p * inv_big / 2, "A_{j+1} ≥ A_j + p/(2C)",
        term(1, "tangent"), term(HALF, "p", "1/C", "one"), term(HALF, "p", "s falls", "short"),
        zero=("C·1/C",),
    ),
    positive("long", P1 - 2 * P, "second case: s_{j+1}^{−2θ} > 2s_j^{−2θ}", "case"),
    given("1/x", inv_x, "1/x > 0, x = s_{j+1}^{−2θ} − 2s_j^{−2θ}"),
    equal("x·1/x", (P1 - 2 * P) * inv_x - 1, "the inverse of x"),
    assumed(
        "monotone", (P1 - 2 * P) * (A1 - two * A),
        "A = (s^{−2θ})^q, q = p/(1+p), and 2^q: x ↦ x^q is monotone, so both signs agree", POWERS,
    ),
    derived(
        "grown", A1 - two * A, "then A_{j+1} ≥ 2^{p/(1+p)}A_j",
        term(1, "1/x", "monotone"), zero=("x·1/x",),
    ),
    assumed("2^x ≥ 1", two - 1, "2^{p/(1+p)} ≥ 1", POWERS),
    given("j", j, "an index"),
    given("ν", gain, "both terms of the minimum are positive"),
    given("hypothesis", A - A0 - j * gain, "A_j ≥ A_0 + jν", "hypothesis"),
    derived("above", A - A0, "A_j ≥ A_0", term(1, "hypothesis"), term(1, "j", "ν")),
    derived(
        "gain, long", A1 - A - (two - 1) * A0, "A_{j+1} ≥ A_j + (2^{p/(1+p)} − 1)A_0",
        term(1, "grown"), term(1, "2^x ≥ 1", "above"),
    ),
    given("ν ≤ first", p * inv_big / 2 - gain, "ν is a minimum"),
    given("ν ≤ second", (two - 1) * A0 - gain, "ν is a minimum"),
    derived(
        "next, short", A1 - A0 - (j + 1) * gain, "A_{j+1} ≥ A_0 + (j + 1)ν, first case",
        term(1, "hypothesis"), term(1, "gain, short"), term(1, "ν ≤ first"),
    ),
    derived(
        "next, long", A1 - A0 - (j + 1) * gain, "A_{j+1} ≥ A_0 + (j + 1)ν, second case",
        term(1, "hypothesis"), term(1, "gain, long"), term(1, "ν ≤ second"),
    ),
    either(
        "next", A1 - A0 - (j + 1) * gain, "in both cases", "long", "next, long", "next, short"
    ),
)  # fmt: skip

_SUBLINEAR_END = (
    given("all", Aj - A0 - j * gain, "A_j ≥ A_0 + jν for every j, by induction", "hypothesis"),
    derived("sublinear", Aj - A0 - j * gain, "the rate", term(1, "all")),
)


def _chain(order: int) -> Chain:
    names = ("recursion", "linear, θ = ½", "superlinear, θ < ½", "finite, θ = 0")
    ends = ("recursion", "linear", "superlinear", "finite")
    big = order * b**2 * c**2 * inv_a
    return Chain(
        T6,
        _regimes(order),
        tuple(
            Conclusion(conclusion(T6, name), end, {kappa: sp.Integer(order)})
            for name, end in zip(names, ends, strict=True)
        ),
        f"κ = {order}",
        {inv_a: (a, "a"), inv_c1: (1 + big, "1 + C")},
    )


CHAINS: tuple[Chain, ...] = (
    Chain(T5, _T5, (), "one step, r_k > 0", {inv_a: (a, "a"), inv_c: (c, "c")}),
    Chain(T5, _T5_ZERO, (), "one step, r_k = 0"),
    Chain(
        T5,
        _T5_END,
        (LENGTH,),
        "sum",
        {inv_a: (a, "a"), inv_t: (1 - theta, rates.EXPONENT_BELOW.name)},
    ),
    _chain(1),
    _chain(2),
    Chain(
        T6,
        _SUBLINEAR,
        (),
        "θ > ½, one step",
        {inv_big: (big_c, "C"), inv_x: (P1 - 2 * P, "long")},
    ),
    Chain(
        T6,
        _SUBLINEAR_END,
        (Conclusion(conclusion(T6, "sublinear, θ > ½"), "sublinear", {rates.GAIN: gain}),),
        "θ > ½",
    ),
)
"""T5 and T6. (K2 is a hypothesis that is monitored: it has nothing to prove.)"""

sum_first, sum_next, phi_K, count = symbols("S_0 S_next phi_start n")


def moving(names: str) -> dict[sp.Symbol, tuple[sp.Symbol, sp.Symbol]]:
    """Symbols that stand for something else at every index, beside those of the goal."""
    return {x: symbols(f"{x}_first {x}_after") for x in symbols(names)}


LINKS: dict[str, tuple[Link, ...]] = {
    "T5": (
        Link(
            ("one step, r_k > 0", "next"),
            ("sum", "sum"),
            _potential(e1, e0, phi_K) - tail - _potential(last, before, rest),
            count,
            {
                tail: (sum_first, sum_next),
                last: (e1, enext),
                before: (e0, last),
                rest: (phi_K, phi1),
                **moving("rt dist dpsi step2 slope r_k r_next"),
            },
            {part: tail, e1: last, e0: before, PHI: rest, start: _potential(e1, e0, phi_K)},
            {sum_first: "S_0 = 0", sum_next - tail - enext: "S_{n+1} = S_n + ‖e_{K+n+1}‖"},
            {phi_K - PHI: "φ(r_K)"},
        ),
    ),
    "T6": (
        Link(
            ("θ > ½, one step", "next"),
            ("θ > ½", "all"),
            Aj - A0 - j * gain,
            j,
            {
                Aj: (A0, A1),
                **moving("s_j s_next P P_next rt"),
            },
            {A: Aj},
        ),
    ),
}
"""How the chains are joined: the sum S_n of T5, and A_j of T6."""
