"""The right runs of ``samt_mutants`` hold, and its mutants are caught as written down."""

from __future__ import annotations

import pytest
import samt_mutants
from samt_expected import EXPECTED

from amverify.errors import InvalidInput
from amverify.judge.audit import audit
from amverify.theorems import CATALOGUE

LETTERS = {"HOLDS": "H", "VIOLATED": "V", "NOT_APPLICABLE": "N", "VACUOUS": "E", "UNDECIDED": "U"}
FAULTS = list(samt_mutants.faults())


@pytest.mark.parametrize("subject", samt_mutants.SUBJECTS)
def test_the_right_run_holds(subject):
    right = samt_mutants.SUBJECTS[subject]
    for finding in audit(right.trace(), right.theorems, right.constants).findings:
        assert str(finding.verdict) == "HOLDS", finding.reason


@pytest.mark.parametrize(("fault", "subject", "make", "constants"), FAULTS)
def test_the_mutant_is_caught_as_expected(fault, subject, make, constants):
    right = samt_mutants.SUBJECTS[subject]
    found = {}
    for name in right.theorems:
        known = CATALOGUE[name].declarable
        given = {n: v for n, v in {**right.constants, **constants}.items() if n in known}
        try:
            verdict = audit(make(), [name], given).verdict
            found[name] = LETTERS[str(verdict)]
        except InvalidInput:
            found[name] = "I"
    assert " ".join(f"{n}:{v}" for n, v in found.items()) == EXPECTED[f"{fault} · {subject}"]
    assert set(found.values()) != {"H"}
