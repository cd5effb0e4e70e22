r"""Hypotheses that hold 'for every coordinate': granted for all of a coordinate's names, or not.

A leaf such as (e_j − d_j)w_j ≥ 0 is granted for every coordinate j of e, d and w together. Summed
over the e_j alone, with the w_j as they are, it would be a hypothesis of another kind, which the
kernel tells apart by the names in it ("for every j of e_j") and nobody grants. What may stay as it
is are the numbers of an instance: the object's symbols.
"""

from __future__ import annotations

from amverify.theorems.base import Theorem
from proofs.kernel.atoms import inside, plain
from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Poly


def loose(poly: Poly) -> frozenset[str]:
    """The variables of a polynomial and of its atoms, but for those that a Σ binds."""
    found: set[str] = set()
    for name in poly.names:
        if plain(name):
            found.add(name)
        elif not name.startswith("Σ"):
            found |= loose(inside(name))
    return frozenset(found)


def left_out(theorem: Theorem, hypothesis: Relation) -> str:
    """Why a hypothesis 'for every' is none that a sum over whole coordinates leaves, or nothing."""
    _, _, names = hypothesis.each.partition(" of ")
    if not names or ":" in names:
        return f"{hypothesis}: an induction that nothing joins"
    numbers = set(theorem.symbols) | {p.name for p in theorem.parameters}
    left = loose(hypothesis.poly) - set(names.split(", ")) - numbers
    return f"{hypothesis}: not for every {', '.join(sorted(left))} with it" if left else ""
