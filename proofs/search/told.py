r"""How a certificate's theorem is told: with what was given, always.

    given 1-x >= 0, 1+x >= 0 ⊢ 1-x^2 >= 0

A theorem of the kernel holds wherever its hypotheses do; where they contradict each other it holds
nowhere, and says nothing. That is told for what can be seen at a glance: a number that is given to
be ≥ 0 and is not, one that is given to be 0 and is not, two formulas given to be ≥ 0 whose sum is a
negative number. Other contradictions are for the reader to find.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

from proofs.kernel.polynomial import Poly
from proofs.search.sos import Certificate


def sequent(found: Certificate) -> str:
    """What is proved, behind what was given."""
    given = [f"{g} >= 0" for g in found.given] + [f"{h} = 0" for h in found.zero]
    return f"given {', '.join(given) or 'nothing'} ⊢ {found.goal}"


def contradiction(given: Sequence[Poly], zero: Sequence[Poly]) -> str:
    """Why nothing can satisfy what is given, if that is plain to see; else nothing."""
    for g in given:
        if (c := _number(g)) is not None and c < 0:
            return f"{g} >= 0 holds nowhere"
    for h in zero:
        if _number(h):
            return f"{h} = 0 holds nowhere"
    for g, other in combinations((*given, *zero, *(-h for h in zero)), 2):
        if (c := _number(g + other)) is not None and c < 0:
            return f"{g} >= 0 and {other} >= 0 hold nowhere together"
    return ""


def plain(name: object) -> str:
    """A file's name on one line; what a terminal would obey is replaced."""
    return "".join(c if c.isprintable() else "\ufffd" for c in str(name))


def _number(p: Poly) -> Fraction | None:
    """A constant's value."""
    return None if p.names else p.terms.get((), Fraction(0))
