"""False or circular theorems that a ledger might let through: each is refused, by theorem and step.

A theorem may be granted nothing that says what is to be proved: not as an instance of a fact, not
as a hypothesis without a name in the object, not as the meaning of a symbol, and not as itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import sympy as sp

from amverify.theorems import tiam
from amverify.theorems.base import Hypothesis, Inequality
from amverify.theorems.blockwise import STEP, STRETCH
from amverify.theorems.properties import ORIGIN
from proofs.kernel import checker
from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Refused, const
from proofs.script import ledger
from proofs.script.certificates import load
from proofs.script.facts import CLIP_LOW, MINIMAL
from proofs.script.ledger import Plus, Proof, Start
from proofs.script.translate import relation
from proofs.theorems import catalogue as groups
from proofs.theorems.catalogue import LEDGERS

FALSE = Inequality("descent", tiam.dF, 10 * tiam.T1_BOUND - 1000 * tiam.e2)
TENFOLD = replace(tiam.T1, conclusions=(replace(tiam.T1.conclusions[0], inequality=FALSE),))
GAP = FALSE.rhs - FALSE.lhs


def minimal(proof: Proof) -> Proof:
    """The claim as an instance of minimality; T1 says of no point that it minimises F."""
    return proof.conclude(proof.fact(MINIMAL, STEP, ORIGIN))


def words(proof: Proof) -> Proof:
    """The claim as what the statement says, in no words."""
    return proof.conclude(proof.hypothesis(""))


def meaning(proof: Proof) -> Proof:
    """What a symbol is, though the object says something else of it."""
    change = proof.define("dF", FALSE.rhs, "the change")
    return proof.conclude(proof.certificate("claim", GAP, zero=[change]))


def unsaid(proof: Proof) -> Proof:
    """What a symbol is that the object's terms leave open."""
    return proof.conclude(proof.symbol("L"))


def twice(proof: Proof) -> Proof:
    """A name that was given away already."""
    proof.define("r", tiam.e2, "a name")
    return proof.conclude(proof.define("r", tiam.d2, "another"))


def by_hand(proof: Proof) -> Proof:
    """The claim assumed by the kernel's rule, which asks nobody."""
    return proof.conclude(checker.assume(relation(FALSE)))


def unasked(proof: Proof) -> Proof:
    """Clipping without t ≥ 1 proved."""
    return proof.conclude(proof.fact(CLIP_LOW, STEP))


def other_step(proof: Proof) -> Proof:
    """A proximal point that the object does not speak of."""
    return proof.conclude(proof.fact(MINIMAL, STRETCH, ORIGIN))


ATTACKS: tuple[tuple[Callable[[Proof], Proof], str], ...] = (
    (minimal, "0 hypotheses grant the Minimiser"),
    (words, "no hypothesis named"),
    (meaning, "not a fresh name"),
    (unsaid, "do not say what L is"),
    (twice, "not a fresh name"),
    (by_hand, "nobody granted|is no|reached"),
    (unasked, "asks that"),
    (other_step, "0 hypotheses grant the Minimiser"),
)


@pytest.mark.parametrize(("attack", "why"), ATTACKS, ids=[a.__name__ for a, _ in ATTACKS])
def test_an_attack_is_refused(attack: Callable[[Proof], Proof], why: str) -> None:
    def prove(start: Start) -> Sequence[Proof]:
        return [attack(start.proof(0))]

    with pytest.raises(Refused, match=rf"T1, step “.*({why})"):
        ledger.check(prove, Start(TENFOLD))


@pytest.mark.parametrize("factor", [1, 3, sp.Rational(1, 7)])
def test_a_conclusion_that_is_its_own_hypothesis_is_refused(factor: sp.Rational) -> None:
    granted = Hypothesis("as stated", "the objective falls", sp.expand(factor * GAP))
    circular = replace(TENFOLD, hypotheses=(granted,))

    def prove(start: Start) -> Sequence[Proof]:
        proof = start.proof(0)
        found = proof.hypothesis("as stated")
        last = proof.certificate("claim", GAP, [Plus(1 / sp.Rational(factor), (found,))])
        return [proof.conclude(last)]

    with pytest.raises(Refused, match="T1, step “descent”: the conclusion is its hypothesis"):
        ledger.check(prove, Start(circular))


def test_a_condition_that_is_the_conclusion_is_refused() -> None:
    part = replace(TENFOLD.conclusions[0], conditions=(FALSE,))

    def prove(start: Start) -> Sequence[Proof]:
        proof = start.proof(0)
        return [proof.conclude(proof.condition("descent"))]

    with pytest.raises(Refused, match="the conclusion is its condition “descent”"):
        ledger.check(prove, Start(replace(TENFOLD, conclusions=(part,))))


def test_an_earlier_conclusion_has_to_be_proved_itself() -> None:
    def prove(start: Start) -> Sequence[Proof]:
        return [p for p in LEDGERS["T2"](start) if p.part == 1]

    with pytest.raises(Refused, match="T2: conclusion “region” is not reached"):
        ledger.check(prove, Start(tiam.T2, load("T2")))


@pytest.mark.parametrize("name", LEDGERS)
def test_no_theorem_concludes_what_it_was_granted(name: str) -> None:
    made = ledger.check(LEDGERS[name], Start(groups.known(name), load(name)))
    for proof in made.proofs:
        assert proof.reached is not None
        granted = {x.relation for x in proof.rests_on if x.reason != "conclusion"}
        assert proof.reached.conclusion not in granted
        assert Relation(const(0), ">=") not in granted
