"""The checker refuses every false variant of every theorem, and every slip in a proof."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sympy as sp

from proofs.kernel.polynomial import Refused
from proofs.script.chains import Chain, Product, Step
from proofs.script.multipliers import Multipliers, Undecided
from proofs.script.proving import Kernel, prove
from proofs.search.multipliers import multipliers
from proofs.theorems import catalogue as groups
from proofs.theorems.catalogue import CHAINS, ORDER, known
from tests.proofs import mutants
from tests.proofs.mutants import Mutant
from tests.proofs.whole_run_mutants import WHOLE_RUN
from tests.support.long import few

MUTANTS = (*mutants.MUTANTS, *WHOLE_RUN)
IDS = [f"{m.theorem}: {m.name}" for m in MUTANTS]


def test_every_theorem_has_five_false_variants() -> None:
    counted = Counter(m.theorem for m in MUTANTS)
    assert {name for name in ORDER if counted[name] < 5} == set()
    assert len(set(IDS)) == len(IDS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=IDS)
def test_a_false_variant_is_refused(mutant: Mutant) -> None:
    with pytest.raises(Refused):
        groups.prove(mutant.theorem, variant=mutant.object)
    with pytest.raises((Refused, Undecided)):
        groups.prove(mutant.theorem, variant=mutant.object, seek=True)


@pytest.mark.parametrize("name", ORDER)
def test_the_theorem_itself_is_no_mutant(name: str) -> None:
    """The way by which mutants go lets the true object through."""
    same = replace(known(name), title="another title")
    assert groups.prove(name, variant=same).certificates


def _slips(chain: Chain) -> Iterator[tuple[str, Step]]:
    """Every derived step with its claim lowered, and with each of its terms spoilt."""
    for step in chain.steps:
        if step.why != "derived":
            continue
        yield "claim lowered", replace(step, expr=step.expr - sp.Rational(1, 10**6))
        for i, term in enumerate(step.terms):
            if not term.coefficient:
                continue
            more = Product(term.coefficient * sp.Rational(11, 10), term.factors, term.squares)
            less = Product(-term.coefficient, term.factors, term.squares)
            for how, other in (("× 1.1", more), ("negative", less)):
                terms = (*step.terms[:i], other, *step.terms[i + 1 :])
                yield f"term {i} {how}", replace(step, terms=terms)


def _alone(right: Kernel, changed: Step) -> None:
    """A changed step, from the steps before it as they are.

    Raises:
        Refused, Undecided: if it does not follow; nor does then the chain with it.
    """
    kernel = Kernel(replace(right.chain, steps=(changed,)), Multipliers(find=multipliers))
    kernel.proved.update({n: p for n, p in right.proved.items() if n != changed.id})
    kernel.run()


def _accepted(right: Kernel, changed: Step) -> bool:
    steps = tuple(changed if step.id == changed.id else step for step in right.chain.steps)
    try:
        _alone(right, changed)
        prove(replace(right.chain, steps=steps), multipliers)
    except (Refused, Undecided):
        return False
    return True


BY_ID = {chain.id: chain for chain in CHAINS}


@pytest.mark.parametrize("name", few(BY_ID, keep=12))
def test_a_slip_in_a_step_is_refused(name: str) -> None:
    """Even where fresh multipliers may be sought; a claim is not lowered by rounding."""
    chain = BY_ID[name]
    right = Kernel(chain, Multipliers(find=multipliers))
    right.run()
    slips = _slips(chain)
    accepted = [f"{step.id}, {how}" for how, step in slips if _accepted(right, step)]
    assert accepted == []
