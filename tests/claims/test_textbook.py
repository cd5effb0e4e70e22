"""Every true claim holds of its run, every false one is refuted: none is judged wrongly."""

import pytest

import amverify as amv
from amverify.verdict import Verdict
from tests.claims.loops import RUNS
from tests.claims.textbook import FALSE, TRUE


def judged(run, text, said):
    return amv.audit(RUNS[run](), amv.claim(text, **said)).findings[0]


def test_there_are_a_hundred():
    assert len(TRUE) + len(FALSE) >= 100
    assert len(FALSE) >= 50
    assert len({(*said[:2], str(said[2])) for said in (*TRUE, *FALSE)}) == len(TRUE) + len(FALSE)


@pytest.mark.parametrize(("run", "text", "said"), TRUE, ids=[f"{r}: {t}" for r, t, _ in TRUE])
def test_true_claims_hold(run, text, said):
    found = judged(run, text, said)
    assert found.verdict is Verdict.HOLDS, found.reason


@pytest.mark.parametrize(("run", "text", "said"), FALSE, ids=[f"{r}: {t}" for r, t, _ in FALSE])
def test_false_claims_are_refuted(run, text, said):
    found = judged(run, text, said)
    assert found.verdict in (Verdict.VIOLATED, Verdict.NOT_APPLICABLE), found.reason
