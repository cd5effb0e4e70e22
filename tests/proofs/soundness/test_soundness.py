"""No rule leads from true to false; each side condition, and each line that matters, is missed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from proofs.kernel import checker, squares
from tests.proofs.soundness.trial import edited, sides, trial, without
from tests.proofs.soundness.uses import RULES

USES = 500
"""Of each rule here; ``python -m tests.proofs.soundness.run`` tries 100,000."""
ENOUGH = 4000
"""Uses within which the loss of a side condition has to be seen."""


@pytest.mark.parametrize("rule", RULES)
def test_what_a_rule_makes_is_true_wherever_its_hypotheses_are(rule: str) -> None:
    tally = trial(rule, USES)
    assert not tally.unsound
    assert tally.accepted > USES // 5
    assert rule == "absurd" or tally.decided > USES // 8


@pytest.mark.parametrize("side", sides())
def test_a_side_condition_that_is_gone_is_missed(side: str) -> None:
    with without(side):
        assert trial(sides()[side], ENOUGH).unsound


EDITS = {
    "a hypothesis inside an atom is not bound": (
        "summation",
        "Relation(h.poly, h.kind, each) if h.speaks & names else h",
        "Relation(h.poly, h.kind, each) if h.poly.names & names else h",
    ),
    "bound hypotheses are seen on their surface only": (
        "summation",
        "if h.each and h.speaks & names",
        "if h.each and h.poly.names & names",
    ),
    "a sum stays strict": ("summation", '"=" if goal.kind == "=" else ">="', "goal.kind"),
    "n is any number": (
        "substitute",
        '{Relation(var(index), ">=", each)}',
        '{Relation(var(index), ">=")}',
    ),
    "nothing is bound": (
        "induction",
        'given = _bound(step.hypotheses - {goal, counted}, moving, each, "induction 7")',
        "given = step.hypotheses - {goal, counted}",
    ),
    "the base's hypotheses are lost": ("induction", "base.hypotheses | {R", "{R"),
    "a lemma's hypotheses are lost": ("cut", "lemma.hypotheses | rest", "rest"),
    "a cut does not look at the sign": (
        "cut",
        "_theorem(main).hypotheses - {_theorem(lemma).conclusion}",
        "{h for h in main.hypotheses if h.poly != lemma.conclusion.poly}",
    ),
    "another case's sign is dropped": (
        "cases",
        "b.hypotheses - {signs[k]}",
        "b.hypotheses - set(signs.values())",
    ),
    "a premise's hypotheses are lost": (
        "certificate",
        "Proved(frozenset().union(*(p.hypotheses for p in proved)), goal, _KEY)",
        "Proved(frozenset().union(*(p.hypotheses for p in proved[1:])), goal, _KEY)",
    ),
    "a root needs nothing": (
        "root",
        'Proved(nonnegative.hypotheses, Relation(a * a - goal.poly, "=")',
        'Proved(frozenset(), Relation(a * a - goal.poly, "=")',
    ),
    "an inverse needs nothing": (
        "inverse",
        'Proved(nonzero.hypotheses, Relation(equation, "=")',
        'Proved(frozenset(), Relation(equation, "=")',
    ),
    "|q| is q": ("absolute", 'Relation(a * a - q * q, "=")', 'Relation(a - q, "=")'),
    "absurdity needs nothing": (
        "absurd",
        "Proved(nothing.hypotheses, goal",
        "Proved(frozenset(), goal",
    ),
    "an assumption is free": (
        "assume",
        "Proved(frozenset({relation}), relation",
        "Proved(frozenset(), relation",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_slip_in_a_rule_is_seen(name: str) -> None:
    rule, old, new = EDITS[name]
    assert trial(rule, ENOUGH, kernel=edited(old, new)).unsound


def test_every_side_condition_stands_at_its_rule_s_head() -> None:
    """The numbers in a docstring are those that its code checks, and no others."""
    checked = set(sides())
    told = set()
    for module in (checker, squares):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                _, _, text = (ast.get_docstring(node) or "").partition("ide condition")
                told |= {f"{node.name} {i}" for i in re.findall(r"(?:^|\s)(\d)\. ", text)}
    assert told == checked
    assert len(checked) >= 25
