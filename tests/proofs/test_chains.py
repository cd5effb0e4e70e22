"""What a chain may rest on: nothing that says what is to be proved, and nothing that it made up."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
import sympy as sp

from amverify.families.sums import SameBatch
from amverify.theorems import expectation as ex
from amverify.theorems.base import Hypothesis
from amverify.theorems.properties import vector
from proofs.kernel.polynomial import Refused
from proofs.script import facts, powers
from proofs.script.chains import Chain, Conclusion, Step, case, credit, define, derived, fact, said
from proofs.script.multipliers import Multipliers
from proofs.script.proving import Kernel
from proofs.script.whole import run, together, whole
from proofs.search.multipliers import multipliers
from proofs.theorems import catalogue as groups
from proofs.theorems.catalogue import CHAINS, JOINS

S1 = ex.S1
END = S1.conclusions[0].inequality
GOAL = END.rhs - END.lhs
x, y, z = sp.symbols("x y z", real=True)


def proved(*steps: Step, end: str, theorem: object = S1) -> None:
    """A chain to S1's conclusion, joined to nothing."""
    assert isinstance(theorem, type(S1))
    whole((Chain(theorem, steps, (Conclusion(END, end),)),), stored={})


def test_a_conclusion_is_not_granted() -> None:
    granted = replace(S1, hypotheses=(*S1.hypotheses, Hypothesis("it", "as stated", GOAL)))
    with pytest.raises(Refused, match="granted, not proved"):
        proved(said("it"), end="it", theorem=granted)


def test_neither_a_case_nor_a_credit_is_left() -> None:
    for step in (case("it", GOAL, "were it so"), credit("it", GOAL, "from another chain")):
        with pytest.raises(Refused, match="nobody granted"):
            proved(step, end="it")


@pytest.mark.parametrize("symbol", [ex.dE, ex.pull])
def test_a_definition_defines_no_symbol_of_the_theorem(symbol: sp.Symbol) -> None:
    with pytest.raises(Refused, match="not a fresh name"):
        proved(define("it", symbol, x, "made up"), end="it")


def test_a_definition_comes_before_its_name_and_once() -> None:
    for steps in (
        (define("a", x, y + 1, "one"), define("b", x, y + 2, "another")),
        (define("a", x, x + 1, "by itself"),),
        (define("a", x, y, "one"), define("b", y, x, "in a circle")),
    ):
        with pytest.raises(Refused, match="not a fresh name"):
            Kernel(Chain(S1, steps), Multipliers(find=multipliers)).run()


def test_two_chains_define_no_name_in_a_circle() -> None:
    made = Chain(S1, (define("a", x, y + 1, "one"),), (), "a")
    other = Chain(S1, (define("b", y, x + 1, "another"),), (), "b")
    with pytest.raises(Refused, match="defined twice, or by itself"):
        whole((made, other), stored={})


def test_a_hypothesis_is_the_object_s_own() -> None:
    with pytest.raises(Refused, match="no hypothesis named"):
        proved(said("made up"), end="made up")


def test_a_fact_asks_for_its_side_conditions() -> None:
    wanted = fact("root", powers.SIGN, x, sp.Rational(1, 3))
    with pytest.raises(Refused, match="asks for"):
        Kernel(Chain(S1, (wanted,))).run()


def test_a_chain_that_nothing_uses_is_refused() -> None:
    own = tuple(c for c in CHAINS if c.theorem is S1)
    spare = Chain(S1, (fact("norm", facts.NORM, vector("e")),), (), "spare")
    whole(own, find=multipliers)
    with pytest.raises(Refused, match="nothing uses it"):
        whole((*own, spare), find=multipliers)


@pytest.mark.parametrize("name", sorted({c.theorem.id for c in CHAINS}))
def test_an_end_without_its_joins_is_refused(name: str) -> None:
    """What links and lemmas pay is needed: none of them can be left out."""
    own = tuple(c for c in CHAINS if c.theorem.id == name)
    joins, kernels = JOINS.get(name, ()), run(own, find=multipliers)
    for left_out in range(len(joins)):
        fewer = (*joins[:left_out], *joins[left_out + 1 :])
        with pytest.raises(Refused):
            together(own, kernels, fewer, Multipliers(find=multipliers))


@pytest.mark.parametrize("name", sorted({c.theorem.id for c in CHAINS}))
def test_every_leaf_is_of_the_object(name: str) -> None:
    made = groups.prove(name)
    asked = {c for part in made.theorem.conclusions for c in part.conditions}
    for leaf in made.leaves:
        if leaf.reason == "condition":
            assert leaf.origin in asked
        if leaf.reason == "hypothesis":
            assert leaf.origin in made.theorem.hypotheses
        assert set(leaf.licences) <= set(made.theorem.hypotheses)
    assert made.rests["conditions"] + made.rests["hypotheses"] > 0


def test_a_derived_step_is_not_lowered() -> None:
    with pytest.raises(Refused):
        Kernel(Chain(S1, (derived("it", -1, "below zero"),))).run()


@pytest.mark.parametrize("scale", [Fraction(1, 4096), Fraction(1, 256), Fraction(1, 64)])
def test_s6_enumerates_its_finite_sum(scale: Fraction) -> None:
    """The formulas of the hypotheses are what the four samples give, and 1/74 is the border."""
    problem, trained, fixed = SameBatch(0), *(h.formula for h in ex.S6.hypotheses)
    w, exact = [Fraction(0)], sp.Rational(scale.numerator, scale.denominator)
    assert trained is not None
    assert fixed is not None
    left = trained.subs({ex.amin: exact, ex.dE: sp.Rational(str(problem.increase(scale)))})
    assert left == 0
    change = problem.expected_value(w, [scale], fresh=True) - problem.exact_value(w)
    assert fixed.subs({ex.amax: exact, ex.dP: sp.Rational(str(change))}) == 0
    assert (change < 0) is (74 * scale < 1)
    assert problem.increase(scale) > 0
