r"""A second opinion: z3 on every certificate's claim, under a time limit.

For each certificate the kernel accepted, z3 is asked whether premises ∧ ¬goal has a solution over
the reals. *unsat* agrees; a solution disagrees, and that is an error; *unknown* is said so. The
premises are the certificate's own; a symbol such as 1/(q) is a variable that they speak of.
z3 is optional (extra ``proofs``): without it the answer is *not run*, never *agrees*.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Poly

MILLISECONDS = 500
"""For one question."""


@dataclass(frozen=True)
class Opinion:
    """How many claims z3 agreed with, gave up on, and disagreed with (by name)."""

    asked: int
    agreed: int
    against: tuple[str, ...]

    def __str__(self) -> str:
        if self.against:
            return f"DISAGREES: {', '.join(self.against)}"
        unknown = self.asked - self.agreed
        return f"{self.agreed}/{self.asked}" + (f", {unknown} unknown" if unknown else "")


def available() -> bool:
    """Whether z3 is installed."""
    return importlib.util.find_spec("z3") is not None


def _formula(p: Poly, names: dict[str, Any], z3: Any) -> Any:
    total = z3.RealVal(0)
    for monomial, c in p.terms.items():
        part = z3.RealVal(f"{c.numerator}/{c.denominator}")
        for name, power in monomial:
            for _ in range(power):
                part = part * names.setdefault(name, z3.Real(name))
        total = total + part
    return total


def _said(r: Relation, names: dict[str, Any], z3: Any) -> Any:
    p = _formula(r.poly, names, z3)
    return {">=": p >= 0, ">": p > 0, "=": p == 0}[r.kind]


def ask(
    obligations: Sequence[tuple[str, tuple[Relation, ...], Relation]],
    milliseconds: int = MILLISECONDS,
) -> Opinion | None:
    """z3's opinion on certificates; None where z3 is not installed."""
    if not available():
        return None
    import z3

    agreed, against = 0, []
    for name, premises, goal in obligations:
        names: dict[str, Any] = {}
        solver = z3.Solver()
        solver.set("timeout", milliseconds)
        for premise in premises:
            solver.add(_said(premise, names, z3))
        solver.add(z3.Not(_said(goal, names, z3)))
        answer = solver.check()
        agreed += answer == z3.unsat
        if answer == z3.sat:
            against.append(name)
    return Opinion(len(obligations), agreed, tuple(against))
