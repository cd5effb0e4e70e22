r"""A theorem's proof as a list of steps, each a theorem of the kernel.

    proof = Proof(theorem, 0)                  # its first conclusion
    s = proof.condition("s > 0")               # of the object, by its name
    q = proof.assume(TANGENT, {...})           # an instance of a fact of analysis
    d = proof.certificate("add up", formula, [Plus(1, (s, q))], [e])    # e an equation
    proof.conclude(d)                          # must be the object's own inequality

The multipliers of equations come from ``proofs/certificates/ID.json`` (or from ``find``, when they
are being searched for). ``conclude`` accepts a theorem only if its conclusion *is* the translation
of the object's inequality and if each of its hypotheses is one of

* a condition of this conclusion of the object (the same object: an edited formula does not match);
* an earlier conclusion of the same object (an audit's HOLDS asks for all of them);
* a *premise*: words that stand in the object's statement or facts, as a formula;
* a *meaning*: an equation that says what a symbol of the object is;
* an instance of an entry of ``analysis``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import sympy as sp

from amverify.theorems.base import Theorem
from proofs import checker
from proofs.analysis import Assumption
from proofs.certificates_io import Steps
from proofs.checker import Kind, Proved, Relation
from proofs.polynomial import Poly, Refused, rational
from proofs.squares import Term
from proofs.translate import polynomial, relation

Find = Callable[[Poly, Sequence[Poly]], tuple[Poly, ...]]
Reason = Literal["condition", "conclusion", "premise", "meaning", "analysis"]


@dataclass(frozen=True)
class Plus:
    """c·(Σ squares)·Π of what was proved: a term of a certificate, in formulas."""

    coefficient: Any
    factors: tuple[Proved, ...] = ()
    squares: tuple[Any, ...] = (1,)


@dataclass(frozen=True)
class Leaf:
    """A hypothesis that a proof may rest on, and why."""

    reason: Reason
    name: str
    text: str


@dataclass(frozen=True)
class Line:
    """A line of a proof for print."""

    name: str
    claim: str
    how: str
    uses: tuple[str, ...] = ()


@dataclass
class Proof:
    """One conclusion of a theorem object, being proved."""

    theorem: Theorem
    part: int
    key: str = ""
    leaves: dict[Relation, Leaf] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    obligations: list[tuple[str, tuple[Relation, ...], Relation]] = field(default_factory=list)
    names: dict[Relation, str] = field(default_factory=dict)
    stored: Mapping[str, tuple[Poly, ...]] = field(default_factory=dict)
    find: Find | None = None
    found: dict[str, tuple[Poly, ...]] = field(default_factory=dict)
    reached: Proved | None = None

    def refuse(self, step: str, why: object) -> Refused:
        """The error of a step, with theorem and step named."""
        return Refused(f"{self.theorem.id}, step “{step}”: {why}")

    def _leaf(self, r: Relation, reason: Reason, name: str, text: str) -> Proved:
        self.leaves[r] = Leaf(reason, name, text)
        self.lines.append(Line(name, str(r), reason))
        self.names[r] = name
        return checker.assume(r)

    def leaf(self, assumed: Proved, reason: Reason, name: str, text: str) -> Proved:
        """Grant what was assumed by the kernel's own rule."""
        return self._leaf(assumed.conclusion, reason, name, text)

    def condition(self, name: str) -> Proved:
        """A condition of the object's conclusion.

        Raises:
            Refused: if the object has none of this name.
        """
        for found in self.theorem.conclusions[self.part].conditions:
            if found.name == name:
                return self._leaf(relation(found), "condition", name, found.text)
        raise self.refuse(name, "the theorem has no condition of this name")

    def earlier(self, part: int) -> Proved:
        """A conclusion of the same object that stands before this one."""
        if not 0 <= part < self.part:
            raise self.refuse("earlier", f"conclusion {part} does not stand before {self.part}")
        found = self.theorem.conclusions[part].inequality
        return self._leaf(relation(found), "conclusion", found.name, found.text)

    def premise(self, name: str, formula: Any, kind: Kind, words: str) -> Proved:
        """What the object says in words; ``words`` must stand in its text.

        Raises:
            Refused: if they do not.
        """
        facts = (fact.text for fact in self.theorem.facts)
        parts = (c.text for part in self.theorem.conclusions for c in part.conditions)
        said = (self.theorem.statement, *facts, *parts, *self.theorem.symbols.values())
        if not any(words in text for text in said):
            raise self.refuse(name, f"the statement does not say “{words}”")
        return self._leaf(Relation(_poly(formula), kind), "premise", name, words)

    def meaning(self, name: str, left: Any, right: Any, text: str) -> Proved:
        """left = right by definition of a symbol."""
        r = Relation(_poly(left) - _poly(right), "=")
        return self._leaf(r, "meaning", name, text)

    def assume(self, entry: Assumption, values: Mapping[str, Any], name: str = "") -> Proved:
        """An instance of a fact of analysis."""
        return self._leaf(entry.instance(values), "analysis", name or entry.name, entry.name)

    def certificate(
        self,
        name: str,
        goal: Any,
        plus: Sequence[Plus] = (),
        zero: Sequence[Proved] = (),
        kind: Kind = ">=",
        slack: Any = 0,
    ) -> Proved:
        """Goal ≥ 0 as Σ c·squares·Π g + Σ λ·h + slack, the λ from the certificate file.

        Raises:
            Refused: if the identity fails, with theorem and step.
        """
        premises: list[Proved] = []

        def place(found: Proved) -> int:
            premises.append(found)
            return len(premises) - 1

        try:
            target = Relation(_poly(goal), kind)
            terms = [
                Term(
                    tuple(place(f) for f in p.factors),
                    tuple((_number(p.coefficient), _poly(q)) for q in p.squares),
                )
                for p in plus
            ]
            places = [place(h) for h in zero]
            factors = self._factors(name, target, terms, premises, places, _number(slack))
            equations = list(zip(places, factors, strict=True))
            found = checker.certificate(premises, target, terms, equations, _number(slack))
        except Refused as why:
            raise self.refuse(name, why) from None
        self.obligations.append((name, tuple(p.conclusion for p in premises), target))
        return self.record(name, found, "certificate", premises)

    def _factors(
        self,
        name: str,
        target: Relation,
        terms: Sequence[Term],
        premises: Sequence[Proved],
        places: Sequence[int],
        slack: Fraction,
    ) -> tuple[Poly, ...]:
        """The multipliers of the equations: stored ones, or found ones while searching."""
        if not places:
            return ()
        if self.find is not None:
            rest = target.poly - checker.expanded([p.conclusion for p in premises], terms, slack)
            found = self.find(rest, [premises[i].conclusion.poly for i in places])
            self.found[name] = found
            return found
        stored = self.stored.get(name)
        if stored is None or len(stored) != len(places):
            raise Refused("its multipliers are not in the certificate file")
        return stored

    def record(self, name: str, found: Proved, how: str, uses: Sequence[Proved] = ()) -> Proved:
        """Note a step made by one of the kernel's other rules."""
        used = dict.fromkeys(self.names.get(u.conclusion, str(u.conclusion)) for u in uses)
        self.names[found.conclusion] = name
        self.lines.append(Line(name, str(found.conclusion), how, tuple(used)))
        return found

    def conclude(self, found: Proved) -> Proof:
        """Close the proof.

        Raises:
            Refused: if this is not the object's conclusion, or rests on anything else.
        """
        inequality = self.theorem.conclusions[self.part].inequality
        if found.conclusion != relation(inequality):
            raise self.refuse(inequality.name, f"reached {found.conclusion}, not {inequality}")
        for h in found.hypotheses:
            if Relation(h.poly, h.kind) not in self.leaves:
                raise self.refuse(inequality.name, f"rests on {h}, which nobody granted")
        self.reached = found
        return self

    @property
    def rests_on(self) -> tuple[Leaf, ...]:
        """What the conclusion was derived from, as the kernel kept track of it."""
        if self.reached is None:
            raise self.refuse("conclusion", "not reached")
        plain = {Relation(h.poly, h.kind) for h in self.reached.hypotheses}
        return tuple(leaf for r, leaf in self.leaves.items() if r in plain)


def _poly(formula: Any) -> Poly:
    return formula if isinstance(formula, Poly) else polynomial(sp.sympify(formula))


def _number(value: Any) -> Fraction:
    if isinstance(value, sp.Rational):
        return Fraction(int(value.p), int(value.q))
    return rational(value)


@dataclass(frozen=True)
class Start:
    """What a group's function gets: the theorem object, and where multipliers come from."""

    theorem: Theorem
    stored: Steps = field(default_factory=dict)
    find: Find | None = None

    def proof(self, part: int = 0, variant: str = "") -> Proof:
        """A proof of one conclusion, to be filled; ``variant`` tells apart two of the same."""
        key = self.theorem.conclusions[part].inequality.name + (f", {variant}" if variant else "")
        stored = self.stored.get(key, {})
        return Proof(self.theorem, part, key, stored=stored, find=self.find)


Prove = Callable[[Start], Sequence[Proof]]


@dataclass(frozen=True)
class Record:
    """A theorem that was checked: its proofs, and how long that took."""

    theorem: Theorem
    proofs: tuple[Proof, ...]
    seconds: float

    @property
    def steps(self) -> int:
        """How many steps the kernel checked."""
        return sum(len(p.lines) for p in self.proofs)

    @property
    def certificates(self) -> int:
        """How many of them are certificates."""
        return sum(len(p.obligations) for p in self.proofs)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """The facts of analysis that it rests on."""
        found = (x for p in self.proofs for x in p.rests_on if x.reason == "analysis")
        return tuple(dict.fromkeys(x.text for x in found))


def check(prove: Prove, start: Start) -> Record:
    """Run a theorem's proof through the kernel.

    Raises:
        Refused: if a step fails, or a conclusion of the object is not reached.
    """
    began, theorem = time.perf_counter(), start.theorem
    proofs = tuple(prove(start))
    reached = {p.part for p in proofs if p.reached is not None and p.theorem is theorem}
    for index, part in enumerate(theorem.conclusions):
        if index not in reached:
            raise Refused(f"{theorem.id}: conclusion “{part.inequality.name}” is not reached")
    return Record(theorem, proofs, time.perf_counter() - began)
