r"""What the symbols of a theorem stand for in Coq: vectors, outcomes and sequences.

A theorem object speaks of numbers (dF, e2, L, …). That it holds of a *method* is a statement about
the vectors from which these numbers come, and a :class:`Setting` is that statement:

    forall (u Delta u1 : vector) (H : vector -> R) …,      the variables
      H (û) + ⟨h, u − û⟩ <= H u -> …                       what is given, each under its name
      T1_descent_conditions (H u1 - H u) … ->              the object's conditions, at these terms
      T1_descent (H u1 - H u) …                            the object's conclusion

The last two come from the object's formulas (``statements.py`` generates both), and a term is given
for each of its symbols, no more and no less: an object with another symbol no longer fits, and its
setting is refused. What is given bears the name of what the object asks (a hypothesis, a fact, a
condition, a parameter or another theorem), or begins with ``meaning``, where it says what a
variable is. The settings themselves are in ``settings_*.py``: with the formulas they are what a
reader of the Coq proofs has to read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from amverify.theorems.base import Theorem
from proofs.coq.gallina import slug
from proofs.kernel.polynomial import Refused

Part = Literal["", "_conditions", "_lhs", "_rhs"]
ById = Mapping[str, Theorem]


def conclusion_name(theorem: str, conclusion: str) -> str:
    """The Coq name of a conclusion, such as ``T3_Lyapunov_decrease``."""
    return f"{theorem}_{slug(conclusion)}"


@dataclass(frozen=True)
class Applied:
    """A generated definition at Coq terms, one for each symbol of the theorem.

    Args:
        theorem: its id.
        conclusion: its name.
        values: Coq terms by symbol.
        part: which of the conclusion's definitions.
    """

    theorem: str
    conclusion: str
    values: Mapping[str, str]
    part: Part = ""

    def text(self, theorems: ById) -> str:
        """As Coq reads it.

        Raises:
            Refused: if there is no such conclusion, or its symbols are others.
        """
        found = theorems.get(self.theorem)
        names = [] if found is None else [c.inequality.name for c in found.conclusions]
        if found is None or self.conclusion not in names:
            raise Refused(f"no conclusion “{self.conclusion}” of {self.theorem}")
        if set(self.values) != set(found.symbols):
            odd = sorted(set(self.values) ^ set(found.symbols))
            raise Refused(f"{self.theorem}: the symbols {', '.join(odd)} have no term, or no use")
        terms = " ".join(_bracketed(self.values[name]) for name in found.symbols)
        return f"{conclusion_name(self.theorem, self.conclusion)}{self.part} {terms}"


Pieces = Sequence[str | Applied]


def _bracketed(term: str) -> str:
    return term if term.isidentifier() else f"({term})"


@dataclass(frozen=True)
class Given:
    """A hypothesis of a Coq statement: which of the object's it is, and what it says."""

    says: str
    formula: Pieces


@dataclass(frozen=True)
class Setting:
    """A statement on vectors or sequences, tied to one conclusion of a theorem object.

    Args:
        theorem: its id.
        conclusion: its name.
        variant: tells apart two statements on one conclusion.
        variables: binders, as Coq reads them.
        given: hypotheses, in order.
        conclude: what follows.
    """

    theorem: str
    conclusion: str
    variant: str
    variables: tuple[str, ...]
    given: tuple[Given, ...]
    conclude: Pieces

    @property
    def name(self) -> str:
        """The Coq name of the statement."""
        variant = f"_{self.variant}" if self.variant else ""
        return f"{conclusion_name(self.theorem, self.conclusion)}{variant}_stmt"

    def text(self, theorems: ById) -> str:
        """Its definition in Coq.

        Raises:
            Refused: naming the theorem, if the object does not fit.
        """
        try:
            lines = list(self._lines(theorems))
        except Refused as why:
            raise Refused(f"{self.theorem}: {self.name} does not fit: {why}") from None
        return f"Definition {self.name} : Prop :=\n" + "\n".join(lines) + "."

    def _lines(self, theorems: ById) -> Iterator[str]:
        yield "  forall " + "\n    ".join(f"({names})" for names in self.variables) + ","
        for given in self.given:
            yield f"  {comment(given.says)}\n  ({joined(given.formula, theorems)}) ->"
        yield f"  {joined(self.conclude, theorems)}"


def joined(pieces: Pieces, theorems: ById) -> str:
    """Text and applied definitions, one after the other."""
    return "".join(p if isinstance(p, str) else p.text(theorems) for p in pieces)


def comment(text: str) -> str:
    """A line of text that cannot end or open a Coq comment or string."""
    for sign in ("(*", "*)", '"'):
        text = text.replace(sign, " ")
    return f"(* {' '.join(text.split())} *)"


def given(says: str, *formula: str | Applied) -> Given:
    """One hypothesis."""
    return Given(says, formula)


def setting(
    theorem: str,
    conclusion: str,
    variant: str,
    variables: Sequence[str],
    hypotheses: Sequence[Given],
    values: Mapping[str, str],
) -> Setting:
    """Hypotheses and the object's conditions → its conclusion, all at the same terms."""
    conditions = Given("conditions", (Applied(theorem, conclusion, values, "_conditions"),))
    return Setting(
        theorem,
        conclusion,
        variant,
        tuple(variables),
        (*hypotheses, conditions),
        (Applied(theorem, conclusion, values),),
    )
