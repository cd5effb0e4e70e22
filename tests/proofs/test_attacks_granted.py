"""Attacks on what may be granted: each proved a false theorem once, and is refused.

They come in by the ways that proofs have: definitions, facts, hypotheses, chains, links, lemmas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import sympy as sp

from amverify.theorems import expectation as ex
from amverify.theorems import rates, samt, tiam
from amverify.theorems.base import Theorem
from amverify.theorems.blockwise import AHEAD, PAST, STEP
from amverify.theorems.properties import ORIGIN, Inner, Vector, gradient, vector
from amverify.theorems.quantities import Count
from proofs.command.table import GRANTS
from proofs.kernel import checker
from proofs.kernel.checker import Proved, Relation
from proofs.kernel.polynomial import Refused, var
from proofs.script import facts, grants, ledger, means, vectors
from proofs.script.chains import Step, derived, said, term
from proofs.script.facts import Template
from proofs.script.ledger import Plus, Proof, Start
from proofs.script.translate import polynomial, relation, spelt
from proofs.search.multipliers import multipliers
from proofs.theorems import catalogue
from proofs.theorems import tiam as proofs_of_tiam
from tests.proofs.attacked import by_chain, claims

w = sp.Symbol("w", real=True)


FALL = claims(tiam.T1, 10 * tiam.T1_BOUND - 1000 * tiam.e2)
GAP = FALL.conclusions[0].inequality.rhs - tiam.dF


def by_ledger(attack: Callable[[Proof], Proof], theorem: Theorem = FALL) -> None:
    ledger.check(lambda start: [attack(start.proof(0))], Start(theorem, {}, multipliers))


def anything(proof: Proof, nothing: Proved) -> Proof:
    goal = proof.theorem.conclusions[proof.part].inequality
    return proof.conclude(checker.absurd(nothing, relation(goal)))


# Names that a template makes later.


def value_by_hand(proof: Proof) -> Proof:
    """F(u^{k+1}) is defined before ΔF is said to be F(u^{k+1}) − F(u^k)."""
    (name,) = vectors.value("F", STEP).names
    wished = vectors.value("F", ORIGIN) + polynomial(GAP + tiam.dF)
    made = proof.define(name, wished, "the value")
    return proof.conclude(proof.certificate("so", GAP, zero=[made, proof.symbol("dF")]))


def chance_by_hand(proof: Proof) -> Proof:
    """A probability of −1."""
    minus = proof.define("w", -1, "a number")
    chance = proof.fact(means.CHANCE, w)
    return anything(
        proof, proof.certificate("so", 0, [Plus(1, (chance,))], [minus], kind=">", slack=1)
    )


def test_a_value_is_not_defined_before_its_function_is() -> None:
    with pytest.raises(Refused, match="not a fresh name"):
        by_ledger(value_by_hand)


def test_a_probability_is_nobody_s_number() -> None:
    with pytest.raises(TypeError):
        by_ledger(chance_by_hand)
    taken = replace(ex.S1, symbols={**ex.S1.symbols, means.WEIGHT.name: "a number"})
    with pytest.raises(Refused, match="not a probability"):
        means.CHANCE.instance(taken)


NAMES = {
    "a value": vectors.value("F", STEP),
    "a coordinate": vectors.coordinate(PAST),
    "a norm": vectors.norm(STEP),
    "a curvature": vectors.curvature("H", AHEAD, STEP),
    "a Hessian's number": vectors.hessian("H", PAST, STEP),
    "a power": var(vectors.power(w, 2).name),
    "an expectation": var(vectors.expected("f").name),
    "a minimiser": var(facts.attained("m").name),
    "a part": var(means.part(STEP).name),
    "a quotient": var(means.quotient(w).name),
    "a probability": var(means.WEIGHT.name),
    "a block's change": var("change_i"),
    "a clipping factor": var(vectors.coordinate_name(f"t[{STEP}]")),
    "a value at an index": var(spelt("r1[0]")),
}  # fmt: skip


@pytest.mark.parametrize("what", NAMES)
def test_a_name_that_a_template_makes_is_not_fresh(what: str) -> None:
    (name,) = NAMES[what].names
    with pytest.raises(Refused, match="not a fresh name"):
        grants.define(name, 0, frozenset(), "")
    with pytest.raises(Refused, match="not said to count"):
        grants.index(ex.S1, name)


@pytest.mark.parametrize("name", sorted(vectors.NAMED))
def test_a_name_of_the_list_means_one_thing(name: str) -> None:
    made = means.NAME.instance(ex.S1, sp.Symbol(name, real=True)).relation
    assert made.kind == "="
    assert var(name) - made.poly != var(name)
    with pytest.raises(Refused, match="no name of the list"):
        means.NAME.instance(ex.S1, w)


@pytest.mark.parametrize(
    ("theorem", "symbol"),
    [(ex.S1, ex.alpha), (ex.S1, ex.sigma2), (ex.S2, ex.slopes), (ex.S2, ex.noises),
     (ex.S2, ex.modulus), (ex.S3, ex.slope), (ex.S3, ex.descent), (ex.S2, ex.value),
     (ex.S3, ex.after), (rates.T6, rates.s0)],
)  # fmt: skip
def test_what_the_terms_speak_of_is_not_defined(theorem: Theorem, symbol: sp.Symbol) -> None:
    """‖∇_if(w)‖² a hundredth of itself would make S3's slope a hundred times steeper."""
    assert symbol.name in grants.names_of(theorem)
    with pytest.raises(Refused, match="not a fresh name"):
        grants.define(symbol.name, 0, grants.names_of(theorem), "")


# Facts at functions, points and numbers that are not meant.


def imaginary(proof: Proof) -> Proof:
    """Falls at e² = −1 as at e² = 1."""
    below, above = (proof.fact(facts.FALLS, e, 0, name=f"e = {e}") for e in (sp.I, 1))
    return anything(
        proof, proof.certificate("so", 0, [Plus(1, (below,)), Plus(1, (above,))], kind=">")
    )


def test_a_step_is_a_real_number() -> None:
    region = replace(tiam.T2, conclusions=tiam.T2.conclusions[:1])
    with pytest.raises(Refused, match="real numbers are meant"):
        by_ledger(imaginary, region)


def test_a_template_that_nobody_entered_is_none() -> None:
    lie = Template(
        "lie", "it falls", "nobody", lambda theorem: facts.Instance(polynomial(GAP), ">=")
    )
    with pytest.raises(Refused, match="no fact that was entered"):
        by_ledger(lambda proof: proof.conclude(proof.fact(lie)))
    twin = replace(facts.NORM, make=lie.make)
    with pytest.raises(Refused, match="no fact that was entered"):
        by_ledger(lambda proof: proof.conclude(proof.fact(twin)))


def test_facts_are_entered_by_six_files() -> None:
    files = {entry.make.__module__ for entry in facts.REGISTRY.values()}
    names = ("facts", "steps", "powers", "means", "lengths", "sweeps")
    assert files == {f"proofs.script.{name}" for name in names}
    assert files <= {f"proofs.{name.replace('/', '.')}" for name in GRANTS}


def test_sweeps_are_not_blocks() -> None:
    """S3 counts both; Σ_i 1 is the one, and as many blocks come before a block as there are."""
    assert means.BLOCKS.instance(ex.S3).relation == Relation(var("Σ_i(1)") - var("B"), "=")
    only_sweeps = replace(ex.S3, terms={"K": Count(1)})
    for entry in (means.BLOCKS, means.FAR):
        with pytest.raises(Refused, match="count the blocks"):
            entry.instance(only_sweeps)
        with pytest.raises(TypeError):
            entry.instance(ex.S3, sp.Integer(0))


@pytest.mark.parametrize(
    "end", [gradient("f", 100 * STEP), samt.END + 9 * gradient("f", STEP), gradient("f", ORIGIN)]
)
def test_the_gradient_behind_a_sweep_is_at_its_end(end: Vector) -> None:
    with pytest.raises(Refused, match="not to be the end's"):
        means.AFTER.instance(samt.S4, end, STEP, samt.e2)


def test_the_step_of_a_sweep_is_the_one_that_descends() -> None:
    other = replace(samt.S4, terms={**samt.S4.terms, "e2": Inner(PAST, PAST)})
    with pytest.raises(Refused, match="not to be the end's"):
        means.AFTER.instance(other, samt.END, PAST, samt.e2)


READS_AS_ANOTHER: dict[str, Callable[[], object]] = {
    "a coefficient": lambda: sp.Symbol("3)·Delta+(2", real=True) * STEP,
    "a product": lambda: sp.Symbol("p1*s", real=True) * STEP,
    "a vector's name": lambda: vector("Delta+e"),
    "a gradient's name": lambda: vector("∇H[0]+e[0]"),
    "brackets": lambda: vector("∇H[)+(]"),
    "an order": lambda: Vector((("e", sp.Integer(1)), ("Delta", sp.Integer(1)))),
    "twice": lambda: Vector((("e", sp.Integer(1)), ("e", sp.Integer(1)))),
    "a base": lambda: vectors.power(sp.Symbol("r0 + r1"), 2),
    "an exponent": lambda: vectors.power(w, sp.Symbol("1/2")),
}


@pytest.mark.parametrize("what", READS_AS_ANOTHER)
def test_nothing_is_written_like_another(what: str) -> None:
    with pytest.raises((Refused, ValueError), match=r"reads as another|no names of vectors"):
        READS_AS_ANOTHER[what]()


# Hypotheses of another case, conclusion or object.

WITHOUT_T = -tiam.L * (
    (tiam.s - tiam.HALF) * tiam.e2 - tiam.COUPLING * tiam.de - tiam.p2**2 / 2 * tiam.d2
)


def without_t(proof: Proof) -> Proof:
    """T1 as it is for p3 = 0, of a theorem that is monitored for boxes with p3 > 0 too."""
    one = proof.hypothesis(proofs_of_tiam.ALONE)
    falls = proofs_of_tiam.convex_descent(proof, one)
    unit = proofs_of_tiam.unit(proof, one)
    last = proof.certificate("so", WITHOUT_T - tiam.dF, [Plus(1, (falls,))], [one, unit])
    return proof.conclude(last)


def test_what_is_proved_in_one_case_is_not_proved_in_the_other() -> None:
    with pytest.raises(Refused, match="not reached where g is a box"):
        by_ledger(without_t, claims(tiam.T1, WITHOUT_T))


def both_cases(proof: Proof) -> Proof:
    """T1 for a box, with t = 1 from the other case."""
    one = proof.hypothesis(proofs_of_tiam.ALONE)
    falls = proofs_of_tiam.descent(proof)
    return proof.conclude(
        proof.certificate(
            "so", WITHOUT_T - tiam.dF, [Plus(1, (falls,))], [one, proofs_of_tiam.unit(proof, one)]
        )
    )


def test_no_proof_is_of_two_cases() -> None:
    with pytest.raises(Refused, match="not reached"):
        by_ledger(both_cases, claims(tiam.T1, WITHOUT_T))


def no_less(gap: sp.Expr) -> tuple[Step, ...]:
    """Anything ≥ 0 from −1 ≥ 0."""
    squares = (term(1, squares=((gap + 1) / 2,)), term(1, "−1 ≥ 0", squares=((gap - 1) / 2,)))
    return (derived("end", gap, "so", *squares),)


def test_the_cases_of_theta_are_of_one_conclusion_each() -> None:
    """θ = ½ and θ = 0 are hypotheses of T6, of different conclusions."""
    false = claims(rates.T6, -rates.r0 - 5)
    own = false.conclusions[0].inequality
    halves = derived("−1 ≥ 0", -1, "½ = 0", zero=("θ = ½", "θ = 0"))
    with pytest.raises(Refused, match="is no hypothesis of it"):
        by_chain(false, said("θ = ½"), said("θ = 0"), halves, *no_less(own.rhs - own.lhs))


@pytest.mark.parametrize("name", catalogue.ORDER)
def test_a_hypothesis_is_of_conclusions_that_there_are(name: str) -> None:
    theorem = catalogue.known(name)
    names = {part.inequality.name for part in theorem.conclusions}
    assert all(set(h.only) <= names for h in theorem.hypotheses)


def test_an_earlier_conclusion_comes_with_its_conditions() -> None:
    """What was proved for p3 ≥ 0 is nothing where p3 ≥ 0 is not asked."""
    first, second = tiam.T1.conclusions[0], replace(tiam.T1.conclusions[0], conditions=())
    twice = replace(second, inequality=replace(first.inequality, name="again"))
    theorem = replace(tiam.T1, conclusions=(first, twice))

    def prove(start: Start) -> Sequence[Proof]:
        proof = start.proof(1)
        found = proof.earlier(0)
        return [proof.conclude(found)]

    with pytest.raises(Refused, match="asks for “s > 0”"):
        ledger.check(prove, Start(theorem))
