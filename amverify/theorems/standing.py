r"""What is proved of a theorem object, as ``python -m proofs record`` wrote it down.

``proved.json`` has, for each theorem that the exact checker accepted, a fingerprint of all that the
proof was a proof of: SHA-256 of the conclusions, the conditions and the hypotheses with their
formulas, sign for sign, and of the words in which they are told (the statement, what a symbol
means, a fact). An object that says anything else (an edited theorem, somebody's own claim under
the same name) has no proof here, and an audit then says nothing of one. Title, source and remarks
may change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import sympy as sp

from amverify.theorems.base import Hypothesis, Inequality, Theorem
from amverify.verdict import Evidence

FILE = Path(__file__).with_name("proved.json")


def fingerprint(theorem: Theorem) -> str:
    """SHA-256 of what a theorem says, in formulas and in words."""
    lines = json.dumps(list(_lines(theorem)), ensure_ascii=False)
    return hashlib.sha256(lines.encode()).hexdigest()


def _lines(theorem: Theorem) -> Iterator[tuple[Any, ...]]:
    yield "theorem", theorem.id, theorem.statement, theorem.latex
    for name, meaning in theorem.symbols.items():
        yield "symbol", name, meaning, _canonical(theorem.terms.get(name))
    for part in theorem.conclusions:
        yield "then", *_text(part.inequality)
        for condition in part.conditions:
            yield "if", *_text(condition)
    for fact in theorem.facts:
        yield "fact", fact.name, fact.text
    for said in theorem.hypotheses:
        yield "hypothesis", *_said(said)
    yield from _sequences(theorem)
    for parameter in theorem.parameters:
        yield "parameter", parameter.name, parameter.meaning, parameter.sign


def _sequences(theorem: Theorem) -> Iterator[tuple[Any, ...]]:
    for name, formula in theorem.follows.items():
        yield "follows", name, _canonical(formula)
    for name, symbol in theorem.starts.items():
        yield "starts", name, _canonical(symbol)
    yield "fixed", *theorem.fixed


def _text(formula: Inequality) -> tuple[str, ...]:
    sign = "<" if formula.strict else "<="
    return formula.name, formula.text, sp.srepr(formula.lhs), sign, sp.srepr(formula.rhs)


def _said(said: Hypothesis) -> tuple[Any, ...]:
    formula, grants = _canonical(said.formula), _canonical(said.grants)
    where = _canonical(said.only), said.case
    return said.name, said.text, formula, said.kind, grants, *where, *said.monitored


def _canonical(value: Any) -> Any:
    """Formulas, terms and properties as lists of text: equal for equal ones only."""
    if isinstance(value, sp.Basic):
        return sp.srepr(value)
    if is_dataclass(value):
        parts = [_canonical(getattr(value, field.name)) for field in fields(value)]
        return [type(value).__name__, *parts]
    return [_canonical(x) for x in value] if isinstance(value, tuple) else value


@cache
def _recorded() -> Mapping[str, Mapping[str, Any]]:
    """The file's content; nothing where there is none."""
    if not FILE.is_file():
        return {}
    found: Mapping[str, Mapping[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def standing(theorem: Theorem) -> tuple[Evidence, ...]:
    """``proved`` if the exact checker accepted this very object, ``kernel`` if Coq did too."""
    record = _recorded().get(theorem.id)
    if record is None or record["formulas"] != fingerprint(theorem):
        return ()
    return (Evidence.PROVED, *((Evidence.KERNEL,) if record["coq"] else ()))
