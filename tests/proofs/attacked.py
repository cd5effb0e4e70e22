"""False theorems for attacks: what a claim may be replaced by, and the way by a chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy as sp

from amverify.theorems.base import Theorem
from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import const
from proofs.script.chains import Chain, Conclusion, Step
from proofs.script.links import Join
from proofs.script.whole import whole
from proofs.search.multipliers import multipliers

FALSE = Relation(const(0), ">")


def claims(theorem: Theorem, rhs: sp.Expr, part: int = 0) -> Theorem:
    """The theorem with one conclusion only, and another right-hand side."""
    own = theorem.conclusions[part]
    other = replace(own, inequality=replace(own.inequality, rhs=rhs))
    return replace(theorem, conclusions=(other,))


def by_chain(
    theorem: Theorem, *steps: Step, joins: Sequence[Join] = (), others: Sequence[Chain] = ()
) -> None:
    end = (Conclusion(theorem.conclusions[0].inequality, "end"),)
    whole((Chain(theorem, steps, end), *others), joins, find=multipliers)
