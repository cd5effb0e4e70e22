r"""A hypothesis in words that is a conclusion of other theorems of ours, case by case.

TΨ says that each step lowers F by so much. Which theorem says it of which kind of block stands in
its words; here it is checked: the hypothesis' formula, with the values that its symbols have in
the case, has to *be* the other object's conclusion. The cited theorem is proved in the same check
(``proofs.theorems.catalogue``). What it asks (its conditions, facts and hypotheses) is asked of
that kind of block too; it is not repeated here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy as sp

from amverify.theorems.base import Theorem
from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Refused
from proofs.script.translate import polynomial


@dataclass(frozen=True)
class Cited:
    """A case of a hypothesis, and whose conclusion it is.

    Args:
        hypothesis: its name.
        theorem: the object whose conclusion it is.
        conclusion: the conclusion's name.
        own: what symbols of the hypothesis are in this case.
        theirs: parameters of the cited theorem, at values that their signs allow.
    """

    hypothesis: str
    theorem: Theorem
    conclusion: str
    own: Mapping[sp.Symbol, sp.Expr]
    theirs: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)


def same(theorem: Theorem, cited: Cited) -> None:
    """That a theorem's hypothesis is the conclusion that is cited.

    Raises:
        Refused: naming both, if it is not, or a parameter cannot have the value.
    """
    where = f"{theorem.id}: “{cited.hypothesis}”, by {cited.theorem.id}"
    own = [
        (h.formula, h.kind)
        for h in theorem.hypotheses
        if h.name == cited.hypothesis and h.formula is not None
    ]
    parts = [p.inequality for p in cited.theorem.conclusions]
    ends = [x for x in parts if x.name == cited.conclusion and not x.strict]
    if len(own) != 1 or len(ends) != 1:
        raise Refused(f"{where}: no such hypothesis, or no such conclusion")
    signs = {p.name: p.sign for p in cited.theorem.parameters}
    for symbol, value in cited.theirs.items():
        least = signs.get(symbol.name) == "nonnegative" and value.is_nonnegative
        if not least:
            raise Refused(f"{where}: {symbol} is no parameter that may be {value}")
    formula, kind = own[0]
    mine = formula.subs(list(cited.own.items()), simultaneous=True)
    apart = (ends[0].rhs - ends[0].lhs).subs(list(cited.theirs.items()), simultaneous=True)
    says, said = Relation(polynomial(mine), kind), Relation(polynomial(apart), ">=")
    if says != said:
        raise Refused(f"{where}: the hypothesis is {says}, the conclusion {said}")
