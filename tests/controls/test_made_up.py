"""What the theorems see of made-up numbers, and which facts see one that is spoilt, is as it was.

Neither record says what is right: that is for ``tests/theorems`` and the mutants. They say that
something is another number than when somebody last looked, down to the last term of an allowance.
"""

from __future__ import annotations

import json
from typing import Any

import made_up
import pytest
import spoilt_facts
from theorem_mutants import SUBJECTS

from amverify.theorems import CATALOGUE

VIEWS = json.loads(made_up.FILE.read_text(encoding="utf-8"))
FACTS = json.loads(spoilt_facts.FILE.read_text(encoding="utf-8"))

CLOSE = 2.0**-42
"""Some hundred roundings; what lifts a bound beyond them is 2⁻⁴⁰ at least."""


def flat(value: Any, at: str = "") -> dict[str, Any]:
    """Its leaves by their paths."""
    if isinstance(value, dict):
        return {k: v for n, x in value.items() for k, v in flat(x, f"{at} · {n}").items()}
    if isinstance(value, list):
        return {k: v for n, x in enumerate(value) for k, v in flat(x, f"{at}[{n}]").items()}
    return {at: value}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_views_see_what_they_saw(subject: str) -> None:
    found, wanted = flat(made_up.seen(subject)), flat(VIEWS["seen"][subject])
    assert list(found) == list(wanted), "python tests/controls/made_up.py"
    for at, value in wanted.items():
        near = pytest.approx(value, rel=CLOSE, abs=0.0) if isinstance(value, float) else value
        assert found[at] == near, f"{at}; if that is meant: python tests/controls/made_up.py"


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("subject", [s for s, asked in spoilt_facts.ASKED.items() if asked])
def test_facts_see_what_they_saw(subject: str) -> None:
    found, wanted = flat(spoilt_facts.answers(subject)), flat(FACTS[subject])
    assert found == wanted, "if that is meant: python tests/controls/spoilt_facts.py"


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_theorem_says_what_it_said(name: str) -> None:
    theorem = CATALOGUE[name]
    assert made_up.besides(theorem) == VIEWS["theorems"][name]
    assert repr(theorem) == f"<Theorem {name}: {theorem.title}>"
    assert str(theorem) == f"{name} {theorem.title}: {theorem.statement}"
