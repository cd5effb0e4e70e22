"""Attacks on how chains are joined and what is summed: circles, indices, pairings, coordinates.

Each proved a false theorem once; all are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
import sympy as sp

from amverify.theorems import blockwise, rates, tiam
from amverify.theorems import expectation as ex
from amverify.theorems.base import Hypothesis, Inequality
from amverify.theorems.blockwise import STEP, STRETCH
from proofs.kernel import checker
from proofs.kernel.checker import Proved, Relation
from proofs.kernel.polynomial import Refused, const, var
from proofs.kernel.squares import Term
from proofs.script import facts, ledger, means, vectors
from proofs.script.chains import Chain, Step, credit, define, derived, said, term
from proofs.script.grants import Leaf
from proofs.script.ledger import Proof
from proofs.script.links import Bench, Lemma, Link
from proofs.script.proving import Kernel
from proofs.script.translate import polynomial
from proofs.script.whole import whole
from proofs.search.multipliers import multipliers
from proofs.theorems import catalogue
from proofs.theorems import rates as rate_proofs
from tests.proofs.attacked import FALSE, by_chain, claims

w = sp.Symbol("w", real=True)


S1 = claims(ex.S1, 100 * ex.S1.conclusions[0].inequality.rhs - 7)
END = S1.conclusions[0].inequality
WISH = END.rhs - END.lhs
OWED = (credit("owed", WISH, "to be paid"), derived("end", WISH, "so", term(1, "owed")))


def by_lemma(prove: Callable[[Bench], Proved]) -> None:
    by_chain(S1, *OWED, joins=(Lemma(("", "owed"), prove),))


def absurdly(bench: Bench, nothing: Proved) -> Proved:
    return checker.absurd(nothing, bench.wanted(("", "owed")))


def test_a_chain_of_another_object_helps_nobody() -> None:
    liar = replace(S1, hypotheses=(Hypothesis("lie", "it falls", WISH / 3),))
    other = Chain(liar, (said("lie"), derived("it", WISH, "so", term(3, "lie"))), (), "other")
    lemma = Lemma(("", "owed"), lambda bench: bench.proved("other", "it"))
    with pytest.raises(Refused, match="of another object"):
        by_chain(S1, *OWED, joins=(lemma,), others=(other,))


def test_a_multiple_of_the_conclusion_is_not_granted() -> None:
    granted = replace(S1, hypotheses=(*S1.hypotheses, Hypothesis("it", "as stated", WISH / 3)))
    with pytest.raises(Refused, match="granted, not proved"):
        by_chain(granted, said("it"), derived("end", WISH, "so", term(3, "it")))


def test_a_step_s_leaf_is_made_by_a_rule() -> None:
    lie = Leaf("fact", "norm", "it falls", Relation(polynomial(WISH / 3), ">="))
    step = Step("lie", sp.Integer(0), ">=", "granted", "", make=lambda theorem, taken: lie)
    with pytest.raises(Refused, match="nothing grants"):
        Kernel(Chain(S1, (step,))).run()
    with pytest.raises(Refused, match="nothing grants"):
        by_lemma(lambda bench: absurdly(bench, bench.ground.enter(lie)))


# Lemmas: what holds of each, what is called otherwise, what counts.


def in_a_circle(bench: Bench) -> Proved:
    return absurdly(bench, bench.every(checker.assume(FALSE)))


def a_number_that_counts(bench: Bench) -> Proved:
    """w = −1 is an index."""
    own = bench.define(w, const(-1), "a number")
    bench.ground.counted("w")
    counted = checker.assume(Relation(var("w"), ">="))
    nothing = checker.certificate([counted, own], FALSE, [Term((0,))], [(1, const(-1))], 1)
    return absurdly(bench, nothing)


def an_index_that_is_a_number(bench: Bench) -> Proved:
    bench.ground.counted("w")
    own = bench.define(w, const(-1), "a number")
    counted = checker.assume(Relation(var("w"), ">="))
    nothing = checker.certificate([counted, own], FALSE, [Term((0,))], [(1, const(-1))], 1)
    return absurdly(bench, nothing)


def a_name_of_the_chain(bench: Bench) -> Proved:
    """What a leaf speaks of already gets another meaning."""
    return bench.define(sp.Symbol("used", real=True), const(0), "nothing")


LEMMAS: Mapping[str, tuple[Callable[[Bench], Proved], str]] = {
    "what rests on itself": (in_a_circle, "is not for every"),
    "a number that counts": (a_number_that_counts, "defined twice"),
    "an index that is a number": (an_index_that_is_a_number, "not a fresh name|defined twice"),
    "a sum that is none": (
        lambda bench: bench.ground.empty(ex.dE, ex.pull), "nothing says that dE is a sum"
    ),
    "a constant that moves": (
        lambda bench: bench.ground.renamed(checker.assume(END_OF), "n", ["dE"]), "not a fresh name"
    ),
}  # fmt: skip
END_OF = Relation(polynomial(WISH), ">=")


@pytest.mark.parametrize("how", LEMMAS)
def test_a_lemma_grants_itself_nothing(how: str) -> None:
    prove, why = LEMMAS[how]
    with pytest.raises(Refused, match=why):
        by_lemma(prove)


def test_a_name_that_a_chain_uses_is_not_defined_at_a_joint() -> None:
    used = sp.Symbol("used", real=True)
    first = define("used", used, ex.dE, "a name")
    with pytest.raises(Refused, match=r"not a fresh name|defined twice"):
        by_chain(S1, first, *OWED, joins=(Lemma(("", "owed"), a_name_of_the_chain),))


# Sums over a part of a coordinate, and inductions that nothing joins.


def one_factor(proof: Proof) -> Proof:
    """e ∥ d, because every coordinate is clipped by one t_j, which is left out of the sums."""
    third, factor = proof.condition("p3 ≥ 0"), vectors.coordinate_name(f"t[{STEP}]")
    clipped = proof.fact(facts.CLIP, STEP, sides=[third])
    e, d, t = (var(x) for x in ("e_j", "d_j", factor))
    squares = proof.certificate("e² = t²d²", e * e - t * t * d * d, zero=[clipped], kind="=")
    product = proof.certificate("ed = td²", e * d - t * d * d, zero=[clipped], kind="=")
    sums = [checker.summation(one, ["e_j", "d_j"], "j") for one in (squares, product)]
    claim = proof.theorem.conclusions[0].inequality
    return proof.conclude(proof.certificate("so", claim.rhs - claim.lhs, zero=sums))


def test_a_sum_is_over_all_names_of_a_coordinate() -> None:
    e2, d2, de = (
        sp.Symbol(str(vectors.inner(x, y)), real=True)
        for x, y in ((STEP, STEP), (STRETCH, STRETCH), (STEP, STRETCH))
    )
    part = replace(tiam.T1.conclusions[0], inequality=Inequality("parallel", e2 * d2, de**2))
    boxes = tuple(h for h in tiam.T1.hypotheses if h.case != blockwise.NO_BOX)
    symbols = {**tiam.T1.symbols, **{x.name: "a sum" for x in (e2, d2, de)}}
    theorem = replace(tiam.T1, conclusions=(part,), hypotheses=boxes, symbols=symbols)
    with pytest.raises(Refused, match="not for every t_5b_e_5d__j with it"):
        ledger.check(
            lambda start: [one_factor(start.proof(0))], ledger.Start(theorem, {}, multipliers)
        )


def counted_by_hand(bench: Bench) -> Proved:
    """From w = 0 to later = 1, of numbers of which nothing says that they are dE's."""
    first = bench.define(w, const(0), "the start")
    later = bench.define(sp.Symbol("later", real=True), const(1), "after it")
    one = [(0, const(1))]
    base = checker.certificate([first], Relation(var("w"), ">="), [], one)
    step = checker.certificate([later], Relation(var("later"), ">="), [Term()], one)
    bench.ground.counted("n")
    pairs = {"dE": ("w", "later")}
    return checker.induction(bench.wanted(("", "owed")), base, step, pairs, "n")


def test_an_induction_that_no_link_made_is_none() -> None:
    """dE ≥ 0, because it begins with 0 and ends with 1."""
    rises = replace(ex.S1, conclusions=(replace(
        ex.S1.conclusions[0], inequality=Inequality("rises", sp.Integer(0), ex.dE)),))  # fmt: skip
    owed = (credit("owed", ex.dE, ""), derived("end", ex.dE, "so", term(1, "owed")))
    with pytest.raises(Refused, match="an induction that nothing joins"):
        by_chain(rises, *owed, joins=(Lemma(("", "owed"), counted_by_hand),))


# Links: what a name is at another index.

T5_LINK = rate_proofs.JOINS["T5"][0]
T6_LINK = rate_proofs.JOINS["T6"][1]
S2_LINK = catalogue.JOINS["S2"][1]
S3_LINKS = [x for x in catalogue.JOINS["S3"] if isinstance(x, Link)]
assert isinstance(T5_LINK, Link)
assert isinstance(T6_LINK, Link)
assert isinstance(S2_LINK, Link)
FRESH = sp.Symbol("fresh", real=True)
LINKS: Mapping[str, tuple[str, Link, Link]] = {
    "the last step comes first": (
        "T5", T5_LINK, replace(T5_LINK, follow={**T5_LINK.follow, rates.e1: rates.e0})
    ),
    "the next r is this one": (
        "T5", T5_LINK, replace(T5_LINK, follow={**T5_LINK.follow, rates.r1: rates.r1})
    ),
    "a power of something else": (
        "T5", T5_LINK,
        replace(T5_LINK, follow={**T5_LINK.follow, rate_proofs.now: rate_proofs.now}),
    ),
    "‖e_k‖ stands still": (
        "T5", T5_LINK, replace(T5_LINK, constants=(*T5_LINK.constants, rates.dpsi))
    ),
    "‖e‖ begins as another": (
        "T5", T5_LINK, replace(T5_LINK, first={**T5_LINK.first, rates.e1: rates.e0})
    ),
    "s falls backwards": (
        "T6", T6_LINK, replace(T6_LINK, follow={**T6_LINK.follow, rates.r1: rates.r0})
    ),
    "A_j is another power": (
        "T6", T6_LINK, replace(T6_LINK, ends={rates.Aj: rate_proofs.P})
    ),
    "A_0 is at another place": (
        "T6", T6_LINK, replace(T6_LINK, begins={rates.A0: rate_proofs.A1})
    ),
    "F_0 is f*": ("S2", S2_LINK, replace(S2_LINK, first={ex.value: ex.fstar})),
    "the slopes stand still": (
        "S2", S2_LINK, replace(S2_LINK, constants=(*S2_LINK.constants, ex.slopes))
    ),
    "F begins with 0": (
        "S2", S2_LINK, replace(S2_LINK, first={}, zero=(*S2_LINK.zero, ex.value))
    ),
    "a sum that does not grow": (
        "S3", S3_LINKS[0], replace(S3_LINKS[0], follow={**S3_LINKS[0].follow, means.PULLS: FRESH})
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", LINKS)
def test_nothing_is_called_what_it_is_not(how: str) -> None:
    name, link, other = LINKS[how]
    own = tuple(c for c in catalogue.CHAINS if c.theorem.id == name)
    joins = tuple(other if x is link else x for x in catalogue.JOINS[name])
    with pytest.raises(Refused, match=r"nothing says|is not said to be|constant that moves"):
        whole(own, joins, find=multipliers)
