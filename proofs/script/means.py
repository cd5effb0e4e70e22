r"""Facts about step sizes, blocks and expectations over a batch, as templates.

An expectation is a symbol made from the words of what is meant (``vectors.expected``), the norm of
a block's part of a vector one made from the vector (``part``). A template asks the theorem for
hypotheses that grant what it needs: D fixed before the batch, E g = ∇f, a modulus, bounds on α, on
second moments; their numbers are the hypothesis' own.
"""

from __future__ import annotations

from typing import TypeVar

import sympy as sp

from amverify.theorems.base import Hypothesis, Theorem
from amverify.theorems.expectation import alpha, dE, g0, grad, modulus, sigma2
from amverify.theorems.expectation import value as before
from amverify.theorems.properties import Inner, Vector
from amverify.theorems.quantities import (
    Assumption,
    Between,
    Count,
    Descends,
    FunctionOf,
    Moments,
    Predictable,
    Smooth,
    Unbiased,
    Variance,
    Weighted,
)
from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Poly, Refused, const, var
from proofs.script import vectors
from proofs.script.facts import Instance, fact, licence
from proofs.script.grants import names_of
from proofs.script.translate import polynomial, spelt
from proofs.script.vectors import HALF, expected, inner, summed

A = TypeVar("A", bound=Assumption)
By = tuple[Hypothesis, ...]

NESTEROV = "Nesterov (2004), Lemma 1.2.3; linearity and monotonicity of the expectation"
LINEAR = "linearity of the expectation: E⟨v, Dg⟩ = ⟨v, D E g⟩ for D, v fixed before the draw"
CAUCHY = "Cauchy–Schwarz; (E‖X‖)² ≤ E‖X‖²; the triangle inequality"

CROSS, LENGTH, CHANGE = (expected(x) for x in ("⟨∇_if(v),Dg⟩", "‖Dg‖²", "f(v−Dg)−f(v)"))
"""One block on a fresh batch."""
PULL, MOMENT, DRIFT = (expected(x) for x in ("⟨∇_if(w),D_ig_i⟩", "‖D_ig_i‖²", "‖v_i−w‖"))
PULLS, MOMENTS, WHOLE = (expected(x) for x in ("Σ⟨∇_if(w),D_ig_i⟩", "Σ‖D_ig_i‖²", "f(w⁺)−f(w)"))
BIAS = expected("‖bias of g_i‖")
"""One batch for the sweep: block i's, their sums over the blocks so far, the sweep's."""
SIZE = sp.Symbol(spelt("‖∇_if(w)‖"), real=True)
WEIGHT = sp.Symbol(vectors.CHANCE, real=True)
"""p_ω."""


def _name(name: str) -> sp.Symbol:
    return sp.Symbol(name, real=True)


def _mean(name: str) -> Poly:
    """Σ_ω p_ω x."""
    return summed(vectors.OUTCOMES, WEIGHT * _name(name))


def _granted(theorem: Theorem, kind: type[A]) -> tuple[A, By]:
    return licence(theorem, kind, lambda _: True)


def _smooth(theorem: Theorem, function: str) -> tuple[Poly, By]:
    found, by = licence(theorem, Smooth, lambda p: p.function == function)
    return polynomial(found.modulus), by


def _unbiased(theorem: Theorem, at: str) -> By:
    return licence(theorem, Unbiased, lambda p: p.at == at)[1]


def part(x: Vector) -> sp.Symbol:
    """‖x_i‖, the norm of a vector's part in block i."""
    return sp.Symbol(spelt(f"‖({x})_i‖"), real=True)


_LINE = {
    "change_i": ("the expected change of f by block i", polynomial(CHANGE)),
    "s_i": ("‖∇_if(v_i)‖²", summed("j", grad**2)),
    "n_i": ("L_iσ_i²", polynomial(modulus) * summed("j", sigma2)),
    "E_change_i": ("its mean over the past", _mean("change_i")),
    "E_s_i": ("its mean over the past", _mean("s_i")),
    "E_n_i": ("its mean over the past", _mean("n_i")),
    "slopes_k": ("Σ_iE‖∇_if(v_i)‖²", summed("i", _name("E_s_i"))),
    "noises_k": ("Σ_iL_iσ_i²", summed("i", _name("E_n_i"))),
    "F_next": ("E f after the next sweep", polynomial(before) + summed("i", _name("E_change_i"))),
    "slope_i": ("‖∇_if(w)‖²", polynomial(SIZE**2)),
    "change_w": ("the expected change of f by the sweep", polynomial(dE)),
    "slope_w": ("‖∇f(w)‖²", polynomial(g0)),
    "spread_w": ("Σ_jσ_j² where the sweep begins", var("variance")),
    "g_k": ("E‖∇f(w^k)‖²", _mean("slope_w")),
    "v_k": ("EΣ_jσ_j²", _mean("spread_w")),
    "F_after": ("E f after the next sweep", polynomial(before) + _mean("change_w")),
}
"""What a name means, block by block and over the past; whoever speaks of one means this."""


@fact("name", "a name for a sum over coordinates, blocks or outcomes", "definition of the name")
def NAME(theorem: Theorem, symbol: sp.Symbol) -> Instance:
    """symbol − formula = 0, for a name of the list."""
    if symbol.name in theorem.symbols or symbol.name not in _LINE:
        raise Refused(f"{symbol} is no name of the list")
    return Instance(var(symbol.name) - _LINE[symbol.name][1], "=")


SUMS = {PULLS.name: polynomial(PULL), MOMENTS.name: polynomial(MOMENT)}
"""Sums over the blocks so far, and what each block adds."""


def _positive(x: sp.Expr) -> tuple[Relation, ...]:
    return (Relation(polynomial(x), ">"),)


@fact("modulus", "a Lipschitz modulus is not negative", "definition of a modulus")
def MODULUS(theorem: Theorem, function: str) -> Instance:
    """L ≥ 0."""
    return Instance(_smooth(theorem, function)[0], ">=", _smooth(theorem, function)[1])


@fact("least step size", "α_min ≤ α", "definition of bounds")
def LOW(theorem: Theorem) -> Instance:
    """α_j − α_min ≥ 0."""
    found, by = _granted(theorem, Between)
    return Instance(polynomial(alpha - found.low), ">=", by)


@fact("largest step size", "α ≤ α_max", "definition of bounds")
def HIGH(theorem: Theorem) -> Instance:
    """α_max − α_j ≥ 0."""
    found, by = _granted(theorem, Between)
    return Instance(polynomial(found.high - alpha), ">=", by)


@fact("variance", "a variance is not negative", "definition of a variance")
def SPREAD(theorem: Theorem) -> Instance:
    """σ_j² ≥ 0."""
    return Instance(polynomial(sigma2), ">=", _granted(theorem, Variance)[1])


@fact("probability", "a probability is not negative", "Kolmogorov's axioms")
def CHANCE(theorem: Theorem) -> Instance:
    """p_ω ≥ 0."""
    _no_symbol(theorem)
    return Instance(polynomial(WEIGHT), ">=")


@fact("all outcomes", "probabilities of all outcomes add up to 1", "Kolmogorov's axioms")
def ALL(theorem: Theorem) -> Instance:
    """Σ_ω p_ω − 1 = 0."""
    _no_symbol(theorem)
    return Instance(summed(vectors.OUTCOMES, WEIGHT) - const(1), "=")


def _no_symbol(theorem: Theorem) -> None:
    if WEIGHT.name in names_of(theorem):
        raise Refused(f"{WEIGHT} is a symbol of the theorem, not a probability")


@fact("expected descent lemma", "E f(v−Dg) − f(v) ≤ −E⟨∇_if, Dg⟩ + (L_i/2)E‖Dg‖²", NESTEROV)
def DESCENT(theorem: Theorem) -> Instance:
    """(L_i/2)E‖Dg‖² − E⟨∇_if, Dg⟩ − (E f(v−Dg) − f(v)) ≥ 0 for L_i-Lipschitz ∇_if."""
    modulus, by = _smooth(theorem, "f_i")
    return Instance(HALF * modulus * polynomial(LENGTH) - polynomial(CROSS + CHANGE), ">=", by)


@fact("unbiased step", "E⟨∇_if, Dg⟩ = Σ_jα_j(∇_if)_jE g_j = Σ_jα_j(∇_if)_j²", LINEAR)
def UNBIASED(theorem: Theorem) -> Instance:
    """E⟨∇_if, Dg⟩ − Σ_jα_j(∇_if)_j² = 0 for predictable D and unbiased g."""
    by = _granted(theorem, Predictable)[1] + _unbiased(theorem, "v")
    return Instance(polynomial(CROSS) - summed("j", alpha * grad**2), "=", by)


@fact("second moment", "E‖Dg‖² = Σ_jα_j²((∇_if)_j² + σ_j²)", LINEAR)
def SECOND(theorem: Theorem) -> Instance:
    """E‖Dg‖² − Σ_jα_j²(∇_if)_j² − Σ_jα_j²σ_j² = 0."""
    by = _granted(theorem, Predictable)[1] + _unbiased(theorem, "v")
    poly = polynomial(LENGTH) - summed("j", alpha**2 * grad**2 + alpha**2 * sigma2)
    return Instance(poly, "=", by + _granted(theorem, Variance)[1])


@fact("norm at w", "‖∇_if(w)‖ is a norm", "definition of a norm")
def NORM_AT_W(theorem: Theorem) -> Instance:
    """‖∇_if(w)‖ ≥ 0."""
    del theorem
    return Instance(polynomial(SIZE), ">=")


@fact("moments", "a bound on squares is not negative", "definition of a square")
def NONNEGATIVE(theorem: Theorem) -> Instance:
    """G² ≥ 0."""
    found, by = _granted(theorem, Moments)
    return Instance(polynomial(found.bound), ">=", by)


@fact(
    "drifted step",
    "E⟨∇_if(w), D_ig_i⟩ ≥ α_min‖∇_if(w)‖² − α_max‖∇_if(w)‖L̄E‖v_i − w‖: with ∇_iℓ(w;ξ) in place of "
    "g_i it is Σα_j(∇_jf)², and that is at most L̄‖v_i − w‖ off",
    f"{LINEAR}; {CAUCHY}",
)
def DRIFTED(theorem: Theorem) -> Instance:
    """E⟨∇_if(w), D_ig_i⟩ − α_min‖∇_if(w)‖² + α_max‖∇_if(w)‖L̄E‖v_i − w‖ ≥ 0."""
    modulus, by = _smooth(theorem, "ℓ")
    bounds, also = _granted(theorem, Between)
    by += _granted(theorem, Predictable)[1] + _unbiased(theorem, "w") + also
    low, high, size = (polynomial(x) for x in (bounds.low, bounds.high, SIZE))
    loss = high * size * modulus * polynomial(DRIFT)
    return Instance(polynomial(PULL) - low * size * size + loss, ">=", by)


@fact("drift", "E‖v_i − w‖ ≤ α_maxΣ_{j<i}E‖g_j‖ ≤ α_max nG for n blocks before", CAUCHY)
def FAR(theorem: Theorem) -> Instance:
    """α_max nG − E‖v_i − w‖ ≥ 0, with G = √(G²), n the count of blocks where its index stands."""
    before = _blocks(theorem)
    bounds, by = _granted(theorem, Between)
    found, also = _granted(theorem, Moments)
    bound = polynomial(bounds.high * before * sp.sqrt(found.bound))
    return Instance(bound - polynomial(DRIFT), ">=", by + also)


@fact("mean at w", "‖∇_if(w)‖² ≤ E‖∇_iℓ(w;ξ)‖² ≤ G²", CAUCHY)
def AT_W(theorem: Theorem) -> Instance:
    """G − ‖∇_if(w)‖ ≥ 0."""
    found, by = _granted(theorem, Moments)
    poly = polynomial(sp.sqrt(found.bound)) - polynomial(SIZE)
    return Instance(poly, ">=", by + _unbiased(theorem, "w"))


@fact("length of a step", "E‖D_ig_i‖² ≤ α_max²E‖g_i‖² ≤ α_max²G²", "monotonicity")
def SHORT(theorem: Theorem) -> Instance:
    """α_max²G² − E‖D_ig_i‖² ≥ 0."""
    bounds, by = _granted(theorem, Between)
    found, also = _granted(theorem, Moments)
    poly = polynomial(bounds.high**2 * found.bound) - polynomial(MOMENT)
    return Instance(poly, ">=", by + also)


@fact(
    "descent lemma along the sweep",
    "E f(w⁺) − f(w) ≤ −Σ_iE⟨∇_if(w), D_ig_i⟩ + (L̄/2)Σ_iE‖D_ig_i‖²",
    NESTEROV,
)
def SWEEP(theorem: Theorem) -> Instance:
    """(L̄/2)ΣE‖D_ig_i‖² − ΣE⟨∇_if(w), D_ig_i⟩ − (E f(w⁺) − f(w)) ≥ 0; f is L̄-smooth as ℓ is."""
    modulus, by = _smooth(theorem, "ℓ")
    return Instance(HALF * modulus * polynomial(MOMENTS) - polynomial(PULLS + WHOLE), ">=", by)


@fact(
    "bias",
    "‖E[g_i − ∇_if(v_i)]‖ ≤ E‖g_i − ∇_iℓ(w;ξ)‖ + E‖∇_if(v_i) − ∇_if(w)‖ ≤ 2L̄E‖v_i − w‖",
    f"{LINEAR}; {CAUCHY}",
)
def BIASED(theorem: Theorem) -> Instance:
    """2L̄E‖v_i − w‖ − bias ≥ 0."""
    modulus, by = _smooth(theorem, "ℓ")
    poly = const(2) * modulus * polynomial(DRIFT) - polynomial(BIAS)
    return Instance(poly, ">=", by + _unbiased(theorem, "w"))


@fact("path", "E‖v_i − w‖ ≤ α_maxΣ_{j<i}E‖g_j‖", CAUCHY)
def PATH(theorem: Theorem, earlier: sp.Symbol) -> Instance:
    """α_maxΣ_{j<i}E‖g_j‖ − E‖v_i − w‖ ≥ 0."""
    if theorem.symbols.get(earlier.name) != "Σ_{j<i} E‖g_j‖":
        raise Refused(f"{earlier} is not said to be Σ_(j<i) E‖g_j‖")
    bounds, by = _granted(theorem, Between)
    return Instance(polynomial(bounds.high * earlier - DRIFT), ">=", by)


@fact("weighted squares", "Σ_je_j²/α_j ≥ ‖e‖²/α_max", "each α_j ≤ α_max")
def WEIGHTED(theorem: Theorem, name: str, square: str) -> Instance:
    """α_max Σ_je_j²/α_j − ‖e‖² ≥ 0, for symbols that ``terms`` say are these."""
    bounds, by = _granted(theorem, Between)
    own, whole = theorem.terms.get(name), theorem.terms.get(square)
    if not (isinstance(own, Weighted) and isinstance(whole, Inner) and whole.left == whole.right):
        raise Refused(f"{name} and {square} are not said to be sums of squares")
    if str(whole.left) != own.of:
        raise Refused(f"{name} is of {own.of}, {square} of {whole.left}")
    poly = polynomial(bounds.high) * var(name) - var(square)
    return Instance(poly, ">=", by, _positive(bounds.high))


@fact("norm of a part", "‖x_i‖ ≥ 0", "definition of a norm")
def PART(theorem: Theorem, x: Vector) -> Instance:
    """‖x_i‖ ≥ 0."""
    del theorem
    return Instance(polynomial(part(x)), ">=")


@fact("parts of a vector", "Σ_i‖x_i‖² = ‖x‖²", "Pythagoras")
def PARTS(theorem: Theorem, x: Vector) -> Instance:
    """Σ_i‖x_i‖² − ⟨x, x⟩ = 0."""
    del theorem
    return Instance(summed("i", part(x) ** 2) - inner(x, x), "=")


@fact("as many as there are", "Σ_i1 = B", "counting")
def BLOCKS(theorem: Theorem) -> Instance:
    """Σ_i(1) − B = 0."""
    return Instance(summed("i", 1) - polynomial(_blocks(theorem)), "=")


def _blocks(theorem: Theorem) -> sp.Symbol:
    """The symbol that is said to count the blocks: sweeps and indices are counted too."""
    counts = [name for name, term in theorem.terms.items() if isinstance(term, Count)]
    found = [name for name in counts if theorem.symbols[name] == "how many blocks there are"]
    if len(found) != 1:
        raise Refused("no symbol is said to count the blocks")
    return sp.Symbol(found[0], real=True)


@fact(
    "gradient after a sweep",
    "‖∇_if(w⁺)‖ ≤ ‖∇_if(v_i)‖ + M‖w⁺ − v_i‖, ∇_if(v_i) = −D_i⁻¹e_i, and ‖w⁺ − v_i‖ ≤ ‖e‖",
    f"definition of a Lipschitz modulus; {CAUCHY}",
)
def AFTER(theorem: Theorem, end: Vector, step: Vector, square: sp.Symbol) -> Instance:
    """α_min M‖e‖ + ‖e_i‖ − α_min‖∇_if(w⁺)‖ ≥ 0, ``square`` being the symbol that is ‖e‖²."""
    modulus, by = _smooth(theorem, "f")
    bounds, also = _granted(theorem, Between)
    said, own = _granted(theorem, Descends)
    by += also + own
    known = theorem.terms.get(square.name) == Inner(step, step)
    if not known or (said.step, said.end) != (str(step), str(end)):
        raise Refused(f"{square} is not said to be ‖{step}‖², or {end} not to be the end's ∇f")
    low = polynomial(bounds.low)
    poly = low * modulus * polynomial(sp.sqrt(square)) + polynomial(
        part(step) - bounds.low * part(end)
    )
    return Instance(poly, ">=", by, _positive(bounds.low))


@fact("difference quotient", "g(y) − g(x) is a multiple of y − x: 0 where y = x", "g is a function")
def QUOTIENT(theorem: Theorem, change: sp.Symbol) -> Instance:
    """Change − q·(there − at) = 0 for the quotient q."""
    found, by = licence(theorem, FunctionOf, lambda p: p.change == change)
    return Instance(polynomial(change - quotient(change) * (found.there - found.at)), "=", by)


def quotient(change: sp.Symbol) -> sp.Symbol:
    """A difference quotient."""
    return sp.Symbol(spelt(f"quotient[{change}]"), real=True)
