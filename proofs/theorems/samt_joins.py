r"""How the chains of S2, S3 and S4 are joined: sums over coordinates, blocks and outcomes.

**S2.** Block i, coordinate j: S1 with α(1 − Lα/2)g² ≥ (α_min/2)g² and Lα²σ² ≤ α_max²Lσ², summed
over j. That holds given the past: times the probability of each of its outcomes ω, summed over ω,
then over i. F_{k+1} is F_k and the blocks' expected changes.

**S3, rate.** The descent of a sweep, given the past, in the same way over the outcomes of the past.

**S4.** ‖∇_if(w⁺)‖² ≤ (Mt + ‖e_i‖/α_min)² summed over i; and Σ_i(‖e_i‖ − m)² ≥ 0 for the mean m
gives (Σ‖e_i‖)² ≤ BΣ‖e_i‖².
"""

from __future__ import annotations

from fractions import Fraction

from amverify.theorems import expectation as ex
from amverify.theorems import samt
from amverify.theorems.base import symbols
from proofs.kernel import checker
from proofs.kernel.checker import Proved, Relation
from proofs.kernel.polynomial import var
from proofs.kernel.squares import Term
from proofs.script import means
from proofs.script.links import Bench, Join, Lemma, Link, at
from proofs.script.translate import polynomial
from proofs.theorems import one_batch as s3
from proofs.theorems import samt as chains
from proofs.theorems.outcomes import over_outcomes

ONE = Fraction(1)
(mean,) = symbols("mean_e")
change, block_slope, block_noise = symbols("change_i s_i n_i")
changes, mean_slope, mean_noise = symbols("E_change_i E_s_i E_n_i")
change_w, slope_w = symbols("change_w slope_w")


def _block(bench: Bench) -> Proved:
    """(α_max²/2)n_i − (α_min/2)s_i − E[change of f] ≥ 0, given the past."""
    names = [ex.alpha.name, ex.grad.name, ex.sigma2.name]
    slope, noise = (
        checker.summation(bench.proved("one coordinate", x), names, "j") for x in ("slope", "noise")
    )
    equations = [
        *(bench.fact(means.NAME, x) for x in (change, block_slope, block_noise)),
        *(bench.proved("one block", x) for x in ("unbiased", "variance")),
    ]
    goal = ex.amax**2 / 2 * block_noise - ex.amin / 2 * block_slope - change
    parts = [(ONE, bench.proved("one block", "lemma")), (ONE, slope), (ONE, noise)]
    return bench.collect("one block", polynomial(goal), parts, equations)


def sweep(bench: Bench) -> Proved:
    """F_{k+1} ≤ F_k − (α_min/2)slopes + (α_max²/2)noises, over all outcomes of the past."""
    over = over_outcomes(bench, _block(bench), [change, block_slope, block_noise])
    named = [bench.fact(means.NAME, x) for x in (changes, mean_slope, mean_noise)]
    goal = ex.amax**2 / 2 * mean_noise - ex.amin / 2 * mean_slope - changes
    one = bench.collect("one block, over the past", polynomial(goal), [(ONE, over)], named)
    names = [x.name for x in (changes, mean_slope, mean_noise)]
    blocks = checker.summation(bench.every(one), names, "i")
    totals = (chains.following, chains.slopes, chains.noise)
    equations = [bench.fact(means.NAME, x) for x in totals]
    wanted = bench.wanted(("one sweep", "sweep")).poly
    return bench.every(bench.collect("all blocks", wanted, [(ONE, blocks)], equations))


def gradients(bench: Bench) -> Proved:
    """‖∇f(w⁺)‖² ≤ BM²t² + 2Mt/α_min·Σ‖e_i‖ + t²/α_min²."""
    one = bench.proved("one block's gradient", "squares")
    total = checker.summation(one, [chains.moved.name, chains.ends.name], "i")
    equations = [
        bench.fact(means.BLOCKS),
        bench.fact(means.PARTS, samt.STEP),
        bench.fact(means.PARTS, samt.END),
        *(bench.proved("relative error", x) for x in ("‖e‖²", "‖∇f‖²", "√²e² ≥ 0")),
    ]
    wanted = bench.wanted(("relative error", "squares")).poly
    return bench.collect("squares", wanted, [(ONE, total)], equations)


def cauchy(bench: Bench) -> Proved:
    """(Σ‖e_i‖)² ≤ BΣ‖e_i‖²: B·Σ(‖e_i‖ − m)² ≥ 0 for B·m = Σ‖e_i‖."""
    x = polynomial(chains.moved - mean)
    square = checker.certificate([], Relation(x * x, ">="), [Term((), ((ONE, x),))])
    total = checker.summation(square, [chains.moved.name], "i")
    count = bench.proved("relative error", "B ≥ 0")
    positive = at(
        "B > 0", [bench.proved("relative error", "B")], Relation(polynomial(samt.B), ">"),
        [Term((0,)), Term()],
    )  # fmt: skip
    inverted = checker.inverse(positive)
    i = var(f"1/({samt.B})")
    equations = [
        bench.fact(means.BLOCKS),
        bench.fact(means.PARTS, samt.STEP),
        bench.proved("relative error", "‖e‖²"),
        bench.define(mean, i * var(chains.lengths.name), "their mean"),
        inverted,
    ]
    product = count.conclusion.poly * total.conclusion.poly
    times = checker.certificate([count, total], Relation(product, ">="), [Term((0, 1))])
    wanted = bench.wanted(("relative error", "Cauchy")).poly
    return bench.collect("Cauchy", wanted, [(ONE, times)], equations)


def past(bench: Bench) -> Proved:
    """F_{k+1} ≤ F_k − α_min E‖∇f(w^k)‖² + R, over all outcomes of the past."""
    one = bench.proved("", "specified")
    named = [bench.fact(means.NAME, x) for x in (change_w, slope_w)]
    goal = polynomial(s3.REST - ex.amin * slope_w - change_w)
    own = bench.collect("a sweep, given the past", goal, [(ONE, one)], named)
    over = over_outcomes(bench, own, [change_w, slope_w])
    equations = [
        bench.fact(means.ALL),
        *(bench.fact(means.NAME, x) for x in (s3.following, s3.gradient)),
    ]
    wanted = bench.wanted(("one sweep", "step")).poly
    return bench.every(bench.collect("a sweep", wanted, [(ONE, over)], equations))


JOINS: dict[str, tuple[Join, ...]] = {
    "S2": (
        Lemma(("one sweep", "sweep"), sweep),
        Link(
            "one sweep", ("hypothesis", "next"), ("", "sum"), ex.K,
            (ex.f0, ex.fstar, ex.amin, ex.amax, ex.level),
            follow={chains.value: chains.following, chains.total: chains.grown},
            first={chains.value: ex.f0}, zero=(chains.total,), ends={ex.average: chains.total},
            then="bounded",
        ),
    ),
    "S3": s3.joins(past),
    "S4": (
        Lemma(("relative error", "squares"), gradients),
        Lemma(("relative error", "Cauchy"), cauchy),
    ),
}  # fmt: skip
