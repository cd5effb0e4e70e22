r"""Certificates of :mod:`proofs.search.sos` as files, checked by the kernel whenever they are read.

    {"goal": {"kind": ">=", "p": {...}}, "given": [{...}], "zero": [{...}], "slack": "0",
     "terms": [{"factors": [0], "basis": [{...}], "gram": [["1", "-1/2"], …]}],
     "multipliers": [{...}]}

Polynomials are as in ``certificates_io``: coefficients (text of a rational) by monomial. A variable
is a name as ``formulas.parse`` reads it, so that what is printed of a file reads as what it means,
and a file that would take the kernel too long (``effort.py``) is refused before it begins.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from amverify.errors import InvalidInput
from amverify.files import TooLarge, read_text, write
from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Poly
from proofs.kernel.squares import Gram, Term
from proofs.script.certificates import LARGEST, Malformed, as_text, polynomials, rational_of
from proofs.script.effort import bounded
from proofs.search.sos import Certificate


def save(found: Certificate, path: Path) -> None:
    """Write a certificate.

    Raises:
        CannotWrite: if that fails.
        TooLong: if it would be refused when it is read.
    """
    bounded(path.name, found.given, found.zero, found.terms, found.factors)
    terms = [
        {
            "factors": list(term.factors),
            "basis": [as_text(m) for m in term.gram.basis],
            "gram": [[str(x) for x in row] for row in term.gram.matrix],
        }
        for term in found.terms
        if term.gram is not None
    ]
    data = {
        "goal": {"kind": found.goal.kind, "p": as_text(found.goal.poly)},
        "given": [as_text(p) for p in found.given],
        "zero": [as_text(p) for p in found.zero],
        "slack": str(found.slack),
        "terms": terms,
        "multipliers": [as_text(p) for p in found.factors],
    }
    write(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def load(path: Path) -> Certificate:
    """A certificate from a file; ``check`` still has to accept it.

    Raises:
        InvalidInput: if there is no such file.
        Malformed: if it is cut off, too large, of another shape, or holds a number that is not
            rational or a name that is none.
        TooLong: if it would take too long to check.
    """
    try:
        data = json.loads(read_text(path, LARGEST))
    except TooLarge as error:
        raise Malformed(f"{path.name}: {error}; refused unread") from None
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise Malformed(f"{path.name} is no JSON, or was cut off") from None
    try:
        return _certificate(path.name, data)
    except (KeyError, TypeError, AttributeError):
        raise Malformed(f"{path.name} is not of the shape of a certificate") from None


def _certificate(where: str, data: Any) -> Certificate:
    (p,) = _read(where, [data["goal"]["p"]])
    kind: Any = data["goal"]["kind"]
    if kind not in (">=", ">", "="):
        raise Malformed(f"{where}: the goal's kind is none of >=, > and =")
    terms = []
    for at, term in enumerate(data["terms"]):
        here = f"{where}, term {at}"
        if not all(type(i) is int and 0 <= i < len(data["given"]) for i in term["factors"]):
            raise Malformed(f"{here}: a factor that is not given")
        matrix = tuple(tuple(rational_of(here, x) for x in row) for row in term["gram"])
        gram = Gram(_read(here, term["basis"]), matrix)
        terms.append(Term(tuple(term["factors"]), (), gram))
    found = Certificate(
        Relation(p, kind),
        _read(where, data["given"]),
        _read(where, data["zero"]),
        tuple(terms),
        _read(where, data["multipliers"]),
        rational_of(where, data["slack"]),
    )
    if len(found.factors) != len(found.zero):
        raise Malformed(f"{where}: {len(found.factors)} multipliers of {len(found.zero)} equations")
    bounded(where, found.given, found.zero, found.terms, found.factors)
    return found


def _read(where: str, data: Any) -> tuple[Poly, ...]:
    """Polynomials in variables that a user could have typed."""
    found = polynomials(where, data)
    for name in frozenset[str]().union(*(p.names for p in found)):
        if not name.isidentifier():
            raise Malformed(f"{where}: {name[:40]!a} is not the name of a variable")
    return found
