r"""Claims on any optimiser: descent, H1, H2, and the textbook theorems G1–G4.

f has an L-Lipschitz gradient: f(x + e) ≤ f(x) + ⟨∇f(x), e⟩ + (L/2)‖e‖². With e = −η∇f(x) it is
**G1**; with the Polyak–Łojasiewicz inequality ‖∇f‖² ≥ 2μ(f − f*) besides, **G2**. Heavy ball has
∇f = (βΔ − e)/η, and 2⟨Δ, e⟩ ≤ ‖Δ‖² + ‖e‖²: **G4**. **G3** is T1 without
inertia: proximal gradient, and PALM block by block. G5 stands in ``nesterov.py``.

G1, G2 and G4 speak of steps that *are* e = −η∇f + βΔ: ``departure`` is what they are off it, and
its error bound holds what rounding can account for.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems.base import VIOLATION, Conclusion, Inequality, Theorem
from amverify.theorems.blockwise import (
    COMPOSITE,
    CONVEX,
    CONVEX_G,
    CURVED,
    FORWARD,
    PROXIMAL,
    TERMS,
    THIRD_SIGN,
    UNCLIPPED,
)
from amverify.theorems.blockwise import SMOOTH as TWICE
from amverify.theorems.parameters import INFIMUM, PL, RELATIVE, SMOOTH, SUFFICIENT
from amverify.theorems.stepwise import (
    BOUNDED,
    FORMULA,
    GRADIENT_LIPSCHITZ,
    HALF,
    ONE,
    OWN,
    PLAIN,
    RATE_FORMULA,
    SHORT,
    STEP_SIZE,
    WITHOUT_MOMENTUM,
    ZERO,
    a,
    b,
    beta,
    d2,
    df,
    e2,
    eta,
    f0,
    fstar,
    g0,
    g1,
    meanings_of,
    mu,
    relative_steps,
    steps_of,
    sufficient_steps,
    terms_of,
)
from amverify.theorems.tiam import MEANING as BLOCK_MEANING
from amverify.theorems.tiam import (
    MODULUS,
    POSITIVE_SCALE,
    L,
    block_gradient_steps,
    dF,
    p1,
    p2,
    s,
    t,
)
from amverify.theorems.views.columns import BOXED

DESCENT = Theorem(
    id="descent",
    title="the objective decreases at every step",
    statement="f(x^k) ≤ f(x^{k−1}) for every step k.",
    latex=r"f(x^k)\le f(x^{k-1})",
    source="a claim, not a theorem: many methods do without it",
    symbols=meanings_of("df"),
    conclusions=(Conclusion(Inequality("descent", df, ZERO), steps_of("df")),),
)

H1 = Theorem(
    id="H1",
    title="sufficient decrease",
    statement="f(x^k) ≤ f(x^{k−1}) − a‖x^k − x^{k−1}‖², with the declared a > 0.",
    latex=r"f(x^k)\le f(x^{k-1})-a\|x^k-x^{k-1}\|^2",
    source="Attouch, Bolte & Svaiter (2013), condition H1",
    symbols=meanings_of("df", "e2", "a"),
    conclusions=(
        Conclusion(
            Inequality("sufficient decrease", df, -a * e2),
            sufficient_steps,
        ),
    ),
    parameters=(SUFFICIENT,),
)

H2 = Theorem(
    id="H2",
    title="relative error",
    statement="‖∇f(x^k)‖ ≤ b‖x^k − x^{k−1}‖, with the declared b > 0.",
    latex=r"\|\nabla f(x^k)\|\le b\|x^k-x^{k-1}\|",
    source="Attouch, Bolte & Svaiter (2013), condition H2",
    symbols=meanings_of("g1", "e2", "b"),
    conclusions=(
        Conclusion(
            Inequality("relative error", sp.sqrt(g1), b * sp.sqrt(e2)),
            relative_steps,
        ),
    ),
    parameters=(RELATIVE,),
)

G1 = Theorem(
    id="G1",
    title="descent lemma of gradient descent",
    statement="∇f is L-Lipschitz, 0 < η < 2/L: f(x^k) ≤ f(x^{k−1}) − (1/η − L/2)‖e‖².",
    latex=r"f(x^k)\le f(x^{k-1})-\Bigl(\tfrac1\eta-\tfrac L2\Bigr)\|x^k-x^{k-1}\|^2",
    source="Nesterov (2004), Theorem 2.1.14",
    symbols=meanings_of("df", "e2", "eta", "L", "off"),
    conclusions=(
        Conclusion(
            Inequality("descent", df, -(1 / eta - L / 2) * e2),
            steps_of("df", "e2", "eta", "off", parameters=(SMOOTH,)),
            (STEP_SIZE, SHORT, FORMULA),
        ),
    ),
    facts=(OWN, PLAIN),
    hypotheses=(GRADIENT_LIPSCHITZ, WITHOUT_MOMENTUM),
    parameters=(SMOOTH,),
    constants={"a": 1 / eta - L / 2},
    terms=terms_of("df", "e2", "off"),
)

CONTRACTION = 1 - 2 * mu * eta * (1 - L * eta / 2)
"""q of G2."""

G2 = Theorem(
    id="G2",
    title="linear rate under Polyak–Łojasiewicz",
    statement=(
        "∇f L-Lipschitz, ‖∇f‖² ≥ 2μ(f − f*), 0 < η < 2/L: "
        "f(x^k) − f* ≤ (1 − 2μη(1 − Lη/2))(f(x^{k−1}) − f*)."
    ),
    latex=r"f(x^k)-f^*\le\bigl(1-2\mu\eta(1-\tfrac{L\eta}2)\bigr)(f(x^{k-1})-f^*)",
    source="Polyak (1963); Karimi, Nutini & Schmidt (2016)",
    symbols=meanings_of("f0", "df", "e2", "g0", "eta", "L", "mu", "fstar", "off"),
    conclusions=(
        Conclusion(
            Inequality("rate", df, (CONTRACTION - 1) * (f0 - fstar)),
            steps_of("df", "f0", "e2", "g0", "eta", "off", parameters=(SMOOTH, PL, INFIMUM)),
            (
                STEP_SIZE,
                SHORT,
                RATE_FORMULA,
                Inequality(
                    "PL",
                    2 * mu * (f0 - fstar),
                    g0,
                    "‖∇f‖² ≥ 2μ(f − f*) at the points",
                    costs=(VIOLATION * eta,),
                ),
            ),
        ),
    ),
    facts=(BOUNDED, OWN, PLAIN),
    hypotheses=(GRADIENT_LIPSCHITZ, WITHOUT_MOMENTUM),
    parameters=(SMOOTH, PL, INFIMUM),
    constants={"q": CONTRACTION},
    terms=terms_of("df", "e2", "g0", "off"),
)

NO_INERTIA = (
    Inequality("p1 = 0", sp.Abs(p1), ZERO, "no first inertia"),
    Inequality("p2 = 0", sp.Abs(p2), ZERO, "no second inertia"),
    Inequality("p3 = 0", t, ONE, "no third inertia"),
)

G3 = Theorem(
    id="G3",
    title="proximal gradient, PALM",
    statement=(
        "Without inertia, H convex in the block with modulus L, g a box (or convex), s > 0: "
        "F(u^{k+1}) ≤ F(u^k) − L(s − ½)‖e‖² for every block: condition H1 for s > ½."
    ),
    latex=r"F(u^{k+1})\le F(u^k)-L(s-\tfrac12)\|e\|^2",
    source="Bolte, Sabach & Teboulle (2014), with step scale and convex H",
    symbols={
        name: BLOCK_MEANING[name]
        for name in ("dF", "e2", "de", "d2", "bend", "L", "s", "t", "p1", "p2")
    },
    conclusions=(
        Conclusion(
            Inequality("descent", dF, -L * (s - HALF) * e2),
            block_gradient_steps,
            (POSITIVE_SCALE, *NO_INERTIA, MODULUS),
        ),
    ),
    facts=(BOXED, FORWARD, CURVED),
    hypotheses=(CONVEX, TWICE, COMPOSITE, CONVEX_G, PROXIMAL, UNCLIPPED, THIRD_SIGN),
    constants={"a": L * (s - HALF)},
    terms=TERMS,
)

G4_WEIGHT = beta / eta
"""δ of G4: Ψ = f + (δ/2)‖Δ‖²."""

G4 = Theorem(
    id="G4",
    title="heavy ball's Lyapunov function",
    statement=(
        "x^{k+1} = x^k − η∇f(x^k) + βΔ, ∇f L-Lipschitz, 0 ≤ β < 1, 0 < η ≤ 2(1 − β)/L: "
        "Ψ = f + (β/2η)‖Δ‖² falls by ((1 − β)/η − L/2)‖e‖² at least."
    ),
    latex=(
        r"f(x^k)+\tfrac\beta{2\eta}\|e\|^2\le f(x^{k-1})+\tfrac\beta{2\eta}\|\Delta\|^2"
        r"-\Bigl(\tfrac{1-\beta}\eta-\tfrac L2\Bigr)\|e\|^2"
    ),
    source="Ochs, Chen, Brox & Pock (2014), iPiano",
    symbols=meanings_of("df", "e2", "d2", "eta", "beta", "L", "off"),
    conclusions=(
        Conclusion(
            Inequality(
                "Lyapunov decrease",
                df + G4_WEIGHT / 2 * (e2 - d2),
                -((1 - beta) / eta - L / 2) * e2,
            ),
            steps_of("df", "e2", "d2", "eta", "beta", "off", parameters=(SMOOTH,)),
            (
                STEP_SIZE,
                Inequality("0 ≤ β", ZERO, beta, "momentum is not negative"),
                Inequality("β < 1", beta, ONE, "momentum is below one", strict=True),
                Inequality(
                    "η ≤ 2(1 − β)/L", eta * L, 2 * (1 - beta), "η ≤ 2(1 − β)/L", costs=(ZERO,)
                ),
                FORMULA,
            ),
        ),
    ),
    facts=(OWN,),
    hypotheses=(GRADIENT_LIPSCHITZ,),
    parameters=(SMOOTH,),
    constants={"δ": G4_WEIGHT, "a": (1 - beta) / eta - L / 2},
    terms=terms_of("df", "e2", "d2", "off"),
)
