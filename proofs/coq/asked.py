r"""Coq's part of ``check --coq`` and ``record``: what it is asked is generated, never as stored.

A theorem has Coq's approval only if its statements were generated from the object that the monitor
evaluates (``statements.generate``), each of its conclusions has one (``statements.untied``), and
Coq compiled the proofs against them. The stored ``Statements.v`` is for readers; where it says
anything else than the objects do, the theorems are named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from amverify.theorems.base import Theorem
from proofs.coq import run as coqrun
from proofs.coq import statements
from proofs.coq.names import PROOFS

NONE = "–"
"""Shown where there is no Coq proof at all."""


@dataclass(frozen=True)
class Answer:
    """Coq's answer on one theorem: ``proved``, ``failed``, ``not run``, ``not tied`` or none."""

    status: str
    why: str = ""


def ask(theorems: Sequence[Theorem], limit: float = 1200.0) -> Mapping[str, Answer]:
    """Coq's answers on theorems, by id.

    Raises:
        Refused: naming a theorem, if a statement on it no longer fits its object.
    """
    text = statements.generate()
    proofs = {t.id: PROOFS[t.id] for t in theorems if t.id in PROOFS}
    found = coqrun.status(wanted=proofs, statements=text, limit=limit)
    return {t.id: _answer(t, found.get(t.id)) for t in theorems}


def _answer(theorem: Theorem, found: coqrun.CoqResult | None) -> Answer:
    if found is None:
        return Answer(NONE)
    loose = statements.untied(theorem)
    if found.status == "proved" and loose:
        return Answer("not tied", "; ".join(loose))
    return Answer(found.status, "" if found.status == "proved" else found.text)
