"""What a conclusion rests on does not contradict itself: z3 finds numbers for all of it.

Of a contradiction anything follows: T6 once had θ = ½ and θ = 0 among the hypotheses of one proof.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from amverify.theorems.base import Conclusion, Theorem
from proofs.kernel.atoms import deep, inside, plain
from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Refused, const, var
from proofs.script import grants, ledger
from proofs.script.certificates import load
from proofs.script.translate import relation
from proofs.search import z3 as opinion
from proofs.theorems.catalogue import LEDGERS, ORDER, known

z3 = pytest.importorskip("z3")


def meanings(relations: Iterable[Relation]) -> list[Relation]:
    """What |q|, √q and 1/q are, for those that are spoken of; q > 0 where it is divided by."""
    found = []
    for name in sorted(frozenset[str]().union(*(deep(r.poly) for r in relations))):
        if plain(name) or name.startswith("Σ"):
            continue
        own, q = var(name), inside(name)
        if name.startswith("1/"):
            found.append(Relation(own * q - const(1), "="))
        else:
            square = q if name.startswith("√") else q * q
            found += [Relation(own, ">="), Relation(own * own - square, "=")]
    return found


def agree(relations: list[Relation]) -> Any:
    """z3's answer to whether there are numbers for all of them."""
    names: dict[str, Any] = {}
    solver = z3.Solver()
    solver.set("timeout", 20_000)
    for one in (*relations, *meanings(relations)):
        solver.add(opinion._said(one, names, z3))
    return solver.check()


def asked(theorem: Theorem, part: Conclusion, case: str) -> list[Relation]:
    """The conditions, formulas and signs that a proof of a conclusion may take in one case."""
    found = [relation(c) for c in part.conditions]
    for said in theorem.hypotheses:
        if said.formula is not None and said.of(part) and said.case in ("", case):
            found.append(grants.hypothesis(theorem, said.name).relation)
    for declared in theorem.parameters:
        try:
            found.append(grants.parameter(theorem, declared.name).relation)
        except Refused:
            continue
    return found


PARTS = [
    (name, index, case)
    for name in ORDER
    for index, part in enumerate(known(name).conclusions)
    for case in sorted(known(name).cases(part) or {""})
]


@pytest.mark.parametrize(("name", "index", "case"), PARTS)
def test_what_a_conclusion_asks_can_be(name: str, index: int, case: str) -> None:
    theorem = known(name)
    assert agree(asked(theorem, theorem.conclusions[index], case)) == z3.sat


def test_what_cannot_be_is_noticed() -> None:
    """T6, were each of its hypotheses one of every conclusion."""
    everywhere = tuple(replace(h, only=()) for h in known("T6").hypotheses)
    theorem = replace(known("T6"), hypotheses=everywhere)
    assert agree(asked(theorem, theorem.conclusions[0], "")) == z3.unsat


@pytest.mark.parametrize("name", LEDGERS)
def test_what_a_proof_rests_on_can_be(name: str) -> None:
    """Facts and definitions too."""
    made = ledger.check(LEDGERS[name], ledger.Start(known(name), load(name)))
    for proof in made.proofs:
        assert agree([leaf.relation for leaf in proof.rests_on]) == z3.sat
