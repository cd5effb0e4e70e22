r"""What a proof may rest on: a closed list of kinds, each made from the theorem object itself.

| kind | what it is | where it comes from |
|---|---|---|
| condition | a formula that the monitor evaluates on every instance | the object, by identity |
| parameter | the sign of a declared constant | the object; ``Context.known`` checks it |
| hypothesis | a formula that the statement says in words | ``Theorem.hypotheses``, by name |
| conclusion | an earlier conclusion, if it was itself proved | the object |
| definition | a fresh name for a formula; or what a symbol is, by ``Theorem.terms`` | the object |
| fact | an instance of a fact of analysis that a property licenses | ``proofs.script.facts`` |

Nothing here takes a formula that says something of what the object speaks of: a caller chooses
names, functions and points, and the relation comes out of the object or of the template. Part of
what has to be believed besides the kernel.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

import sympy as sp

from amverify.theorems.base import Conclusion, Hypothesis, Inequality, Parameter, Theorem
from amverify.theorems.properties import RootOfSum, Term
from amverify.theorems.quantities import Count, Largest, Smallest
from proofs.kernel.atoms import deep
from proofs.kernel.checker import Kind, Relation
from proofs.kernel.polynomial import Poly, Refused, const, var
from proofs.script.translate import polynomial, relation
from proofs.script.vectors import made, reading, total

Reason = Literal["condition", "parameter", "hypothesis", "conclusion", "definition", "fact"]


@dataclass(frozen=True)
class Leaf:
    """A relation that a proof may rest on, and why.

    Args:
        reason: which kind.
        name: of the condition, parameter, hypothesis, conclusion, symbol or fact.
        text: in words.
        relation: what is granted.
        origin: the object's own entry (none for a fresh name).
        licences: the hypotheses whose properties license a fact.
        source: where a fact of analysis is proved.
        asks: relations that have to be proved first, a fact's side conditions.
        where: functions and points at which a fact was instantiated.
    """

    reason: Reason
    name: str
    text: str
    relation: Relation
    origin: Inequality | Parameter | Hypothesis | Term | None = None
    licences: tuple[Hypothesis, ...] = ()
    source: str = ""
    asks: tuple[Relation, ...] = ()
    where: tuple[Any, ...] = ()


def condition(theorem: Theorem, part: int, name: str) -> Leaf:
    """A condition of a conclusion of the object.

    Raises:
        Refused: if it has none of this name.
    """
    for found in theorem.conclusions[part].conditions:
        if found.name == name:
            return Leaf("condition", name, found.text, relation(found), found)
    raise Refused(f"the theorem has no condition named {name}")


def parameter(theorem: Theorem, name: str) -> Leaf:
    """The sign of a declared constant, which the monitor refuses to read otherwise.

    Raises:
        Refused: if the theorem declares none of this name, or one of any sign.
    """
    for found in theorem.parameters:
        if found.name == name and found.sign != "any":
            kind: Kind = ">" if found.sign == "positive" else ">="
            return Leaf("parameter", name, found.meaning, Relation(var(name), kind), found)
    raise Refused(f"the theorem declares no sign of a constant {name}")


def hypothesis(theorem: Theorem, name: str) -> Leaf:
    """A hypothesis that the statement says in words, as the formula that it holds.

    Raises:
        Refused: if it has none of this name, or one without a formula.
    """
    for found in theorem.hypotheses:
        if found.name == name and found.formula is not None:
            says = Relation(polynomial(found.formula), found.kind)
            return Leaf("hypothesis", name, found.text, says, found)
    raise Refused(f"the theorem has no hypothesis named {name} with a formula")


def conclusion(theorem: Theorem, part: int) -> Leaf:
    """A conclusion of the object; the ledger asks that it be proved in the same check."""
    found = theorem.conclusions[part].inequality
    return Leaf("conclusion", found.name, found.text, relation(found), found)


def symbol(theorem: Theorem, name: str) -> tuple[Leaf, ...]:
    """What a symbol of the object is, from its table of terms.

    One equation; of a root, that it is not negative and what its square is; of a number that
    counts, its least value; of the largest or smallest of values, that it is.

    Raises:
        Refused: if the table does not say.
    """
    term = theorem.terms.get(name)
    if term is None:
        raise Refused(f"the theorem's terms do not say what {name} is")
    own, text = var(name), theorem.symbols[name]
    if isinstance(term, Count):
        says = [Relation(own - const(term.least), ">=")]
    elif isinstance(term, Largest | Smallest):
        apart = own - var(term.of.name)
        says = [Relation(apart if isinstance(term, Largest) else -apart, ">=")]
    elif isinstance(term, RootOfSum):
        says = [Relation(own, ">="), Relation(own * own - _summed(term), "=")]
    else:
        says = [Relation(own - reading(term), "=")]
    return tuple(Leaf("definition", name, text, r, term) for r in says)


def _summed(term: RootOfSum) -> Poly:
    found = const(0)
    for x in term.summands:
        found += total(var(x.name))
    return found


def define(name: str, formula: Any, taken: Collection[str], text: str) -> Leaf:
    """A new name for a formula.

    Raises:
        Refused: if the name occurs in ``taken`` or in the formula, or is one that a template makes.
    """
    meant = formula if isinstance(formula, Poly) else polynomial(sp.sympify(formula))
    if name in taken or name in deep(meant) or made(name):
        raise Refused(f"{name} is not a fresh name")
    return Leaf("definition", name, text, Relation(var(name) - meant, "="))


def index(theorem: Theorem, name: str) -> Leaf:
    """An index of an induction counts from 0.

    Raises:
        Refused: if the object speaks of it and does not say that it counts, or a template makes it.
    """
    spoken = name in names_of(theorem) or made(name)
    if spoken and not isinstance(theorem.terms.get(name), Count):
        raise Refused(f"{name} is not said to count")
    return Leaf("definition", name, "an index counts from 0", Relation(var(name), ">="))


def names_of(theorem: Theorem) -> frozenset[str]:
    """Every name that a theorem object speaks of; none of them is fresh."""
    formulas = [x for part in theorem.conclusions for x in (part.inequality, *part.conditions)]
    found = {x.name for f in formulas for x in (f.lhs - f.rhs).free_symbols}
    said = [(h.formula, h.grants) for h in theorem.hypotheses]
    inside = (*theorem.terms.values(), *theorem.follows.values(), *theorem.starts.values(), *said)
    found |= {x.name for x in _symbols(inside)} | set(theorem.follows)
    return frozenset(found | set(theorem.symbols) | {p.name for p in theorem.parameters})


def _symbols(value: Any) -> frozenset[sp.Symbol]:
    """The symbols in formulas, terms and properties, at any depth."""
    if isinstance(value, sp.Basic):
        return frozenset(value.free_symbols)
    if is_dataclass(value):
        value = tuple(getattr(value, field.name) for field in fields(value))
    parts = map(_symbols, value) if isinstance(value, tuple) else ()
    return frozenset[sp.Symbol]().union(*parts)


def made_here(theorem: Theorem, leaf: Leaf) -> bool:
    """Whether a leaf that is no fact is one that this file makes from the object."""
    try:
        match leaf.reason:
            case "condition":
                parts = (p for p in theorem.conclusions if leaf.origin in p.conditions)
                part = theorem.conclusions.index(next(parts))
                return leaf == condition(theorem, part, leaf.name)
            case "parameter":
                return leaf == parameter(theorem, leaf.name)
            case "hypothesis":
                return leaf == hypothesis(theorem, leaf.name)
            case "definition" if leaf.origin is not None:
                return leaf in symbol(theorem, leaf.name)
            case "definition" if leaf.relation.kind == ">=":
                return leaf == index(theorem, leaf.name)
            case "definition":
                meant = var(leaf.name) - leaf.relation.poly
                return leaf == define(leaf.name, meant, names_of(theorem), leaf.text)
    except (Refused, StopIteration):
        pass
    return False


def belongs(theorem: Theorem, part: Conclusion, leaf: Leaf) -> bool:
    """Whether a leaf is of this object, and of this conclusion of it."""
    said = [*leaf.licences, *([leaf.origin] if isinstance(leaf.origin, Hypothesis) else [])]
    own = all(any(h is x for x in theorem.hypotheses) and h.of(part) for h in said)
    if isinstance(leaf.origin, Parameter):
        return own and any(leaf.origin is p for p in theorem.parameters)
    if leaf.reason == "condition":
        return own and leaf.origin in part.conditions
    return own


def cases_of(leaves: Iterable[Leaf]) -> frozenset[str]:
    """The cases whose hypotheses are among the leaves and their licences."""
    found: set[str] = set()
    for leaf in leaves:
        own = [leaf.origin] if isinstance(leaf.origin, Hypothesis) else []
        found |= {h.case for h in (*leaf.licences, *own) if h.case}
    return frozenset(found)


def of_one_case(theorem: Theorem, part: Conclusion, leaves: Iterable[Leaf]) -> tuple[Leaf, ...]:
    """The leaves, if they are of every case of a conclusion.

    Raises:
        Refused: if they are of one only, and the object knows others.
    """
    found = tuple(leaves)
    used = cases_of(found)
    if (used and theorem.cases(part) != used) or len(used) > 1:
        raise Refused(f"{theorem.id}: {part.inequality.name} rests on {', '.join(sorted(used))}")
    return found


def same(granted: Relation, conclusion: Relation) -> bool:
    """Whether what was granted is the conclusion, or a positive multiple of it."""
    mine, theirs = granted.poly.terms, conclusion.poly.terms
    if set(mine) != set(theirs) or not mine:
        return False
    ratios = {mine[m] / theirs[m] for m in mine}
    return len(ratios) == 1 and (min(ratios) > 0 or granted.kind == "=")


def counted(leaves: Iterable[Leaf]) -> Mapping[str, int]:
    """How many conditions (signs of parameters among them), hypotheses, definitions, facts and
    instances of facts a proof rests on; the licences of facts count as hypotheses."""
    found = list(leaves)
    kinds = Counter(x.reason for x in found)
    said = {x.name for x in found if x.reason == "hypothesis"}
    said |= {h.name for x in found for h in x.licences}
    return {
        "conditions": len({x.name for x in found if x.reason in ("condition", "parameter")}),
        "hypotheses": len(said),
        "definitions": len({x.relation for x in found if x.reason == "definition"}),
        "facts": len({x.name for x in found if x.reason == "fact"}),
        "instances": kinds["fact"],
    }
