r"""What is proved of a theorem object, as ``python -m proofs record`` wrote it down.

``proved.json`` has, for each theorem that the exact checker accepted, a fingerprint of the formulas
that were proved: SHA-256 of every conclusion and condition, sign for sign. An object whose formulas
give another fingerprint (an edited theorem, somebody's own claim under the same name) has no proof
here, and an audit then says nothing of one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import sympy as sp

from amverify.theorems.base import Inequality, Theorem
from amverify.verdict import Evidence

FILE = Path(__file__).with_name("proved.json")


def fingerprint(theorem: Theorem) -> str:
    """SHA-256 of what a theorem says: its conclusions under their conditions, as formulas."""
    return hashlib.sha256("\n".join(_lines(theorem)).encode()).hexdigest()


def _lines(theorem: Theorem) -> Iterator[str]:
    yield theorem.id
    for part in theorem.conclusions:
        yield f"then {_text(part.inequality)}"
        for condition in part.conditions:
            yield f"if {_text(condition)}"


def _text(formula: Inequality) -> str:
    sign = "<" if formula.strict else "<="
    return f"{formula.name}: {sp.srepr(formula.lhs)} {sign} {sp.srepr(formula.rhs)}"


@cache
def _recorded() -> Mapping[str, Mapping[str, Any]]:
    """The file's content; nothing where there is none."""
    if not FILE.is_file():
        return {}
    found: Mapping[str, Mapping[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def standing(theorem: Theorem) -> tuple[Evidence, ...]:
    """``proved`` if the exact checker accepted these very formulas, ``kernel`` if Coq did too."""
    record = _recorded().get(theorem.id)
    if record is None or record["formulas"] != fingerprint(theorem):
        return ()
    return (Evidence.PROVED, *((Evidence.KERNEL,) if record["coq"] else ()))
