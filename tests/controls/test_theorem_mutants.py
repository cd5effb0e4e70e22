"""Every mutant costs a claim HOLDS, every theorem can be VIOLATED, and the right runs HOLD."""

from __future__ import annotations

import pytest
from expected import EXPECTED
from theorem_mutants import MUTANTS, SUBJECTS, UNCATCHABLE, Mutant, answers, caught

from amverify.judge.audit import audit
from amverify.theorems import CATALOGUE

SPELT = {name: dict(part.split(":") for part in line.split()) for name, line in EXPECTED.items()}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_right_run_holds(subject):
    right = SUBJECTS[subject]
    report = audit(right.trace(), right.theorems, right.constants)
    found = {finding.theorem: str(finding.verdict) for finding in report.findings}
    best = {name: "VACUOUS" if name == "M1" else "HOLDS" for name in right.theorems}
    assert found == best, [finding.reason for finding in report.findings]


@pytest.mark.filterwarnings("ignore:overflow encountered", "ignore:invalid value encountered")
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_mutant_is_caught_as_expected(mutant: Mutant):
    found = answers(mutant)
    assert found == SPELT[mutant.name]
    assert caught(mutant, found)


@pytest.mark.parametrize(("mutant", "why"), UNCATCHABLE, ids=lambda x: getattr(x, "name", ""))
def test_what_leaves_every_claim_true_is_not_accused(mutant: Mutant, why: str):
    assert not caught(mutant, answers(mutant)), why


def test_the_table_knows_every_mutant_and_no_other():
    assert set(SPELT) == {mutant.name for mutant in MUTANTS}


def test_every_theorem_is_violated_by_some_mutant():
    violated = {name for line in SPELT.values() for name, letter in line.items() if letter == "V"}
    assert violated == set(CATALOGUE)
