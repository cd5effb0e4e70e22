r"""A theorem's proof as a list of steps, each a theorem of the kernel.

    proof = Proof(theorem, 0)                  # its first conclusion
    s = proof.condition("s > 0")               # of the object, by its name
    q = proof.fact(TANGENT, "H", ORIGIN, û)    # an instance of a fact of analysis
    d = proof.certificate("add up", formula, [Plus(1, (s, q))], [e])    # e an equation
    proof.conclude(d)                          # must be the object's own inequality

The multipliers of equations come from ``proofs/certificates/ID.json`` (or from ``find``, when they
are being searched for). ``conclude`` accepts a theorem only if its conclusion *is* the translation
of the object's inequality, if each of its hypotheses was granted by a rule of ``grants`` or
``facts``, and if the conclusion is not, up to a positive factor, itself one of them (an earlier
conclusion, proved in the same check, may serve again).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy as sp

from amverify.theorems.base import Theorem
from proofs.kernel import checker
from proofs.kernel.atoms import deep
from proofs.kernel.checker import Kind, Proved, Relation
from proofs.kernel.polynomial import Poly, Refused, const, rational
from proofs.kernel.squares import Term
from proofs.script import bound, grants
from proofs.script.certificates import Steps
from proofs.script.facts import Template
from proofs.script.grants import Leaf
from proofs.script.multipliers import Find, Multipliers
from proofs.script.translate import polynomial, relation


@dataclass(frozen=True)
class Plus:
    """c·(Σ squares)·Π of what was proved: a term of a certificate, in formulas."""

    coefficient: Any
    factors: tuple[Proved, ...] = ()
    squares: tuple[Any, ...] = (1,)


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
    multipliers: Multipliers = field(default_factory=Multipliers)
    reached: Proved | None = None

    def refuse(self, step: str, why: object) -> Refused:
        """The error of a step, with theorem and step named."""
        return Refused(f"{self.theorem.id}, step “{step}”: {why}")

    def _grant(self, found: Leaf, name: str, sides: Sequence[Proved] = ()) -> Proved:
        """Note a leaf and assume it; its side conditions have to be proved."""
        assumed = checker.assume(found.relation)
        if found.asks:
            proved = {side.conclusion for side in sides}
            lacking = [str(r) for r in found.asks if r not in proved]
            if lacking:
                raise self.refuse(name, f"{found.name} asks that {', '.join(lacking)} be proved")
            terms = [] if found.relation.kind == "=" else [Term((0,))]
            equal = [(0, const(1))] if found.relation.kind == "=" else []
            assumed = checker.certificate([assumed, *sides], found.relation, terms, equal)
        self.leaves[found.relation] = found
        self.lines.append(Line(name, str(found.relation), found.reason))
        self.names[found.relation] = name
        return assumed

    def _taken(self, step: str, make: Callable[[], Leaf]) -> Leaf:
        try:
            return make()
        except Refused as why:
            raise self.refuse(step, why) from None

    def condition(self, name: str) -> Proved:
        """A condition of the object's conclusion."""
        found = self._taken(name, lambda: grants.condition(self.theorem, self.part, name))
        return self._grant(found, name)

    def parameter(self, name: str) -> Proved:
        """The sign of a declared constant."""
        return self._grant(self._taken(name, lambda: grants.parameter(self.theorem, name)), name)

    def hypothesis(self, name: str) -> Proved:
        """What the object says in words, as its own formula."""
        return self._grant(self._taken(name, lambda: grants.hypothesis(self.theorem, name)), name)

    def earlier(self, part: int) -> Proved:
        """A conclusion of the same object that stands before this one."""
        if not 0 <= part < self.part:
            raise self.refuse("earlier", f"conclusion {part} does not stand before {self.part}")
        ours = self.theorem.conclusions[self.part].conditions
        more = [c for c in self.theorem.conclusions[part].conditions if c not in ours]
        if more:
            raise self.refuse("earlier", f"conclusion {part} asks for “{more[0].name}”")
        found = grants.conclusion(self.theorem, part)
        return self._grant(found, found.name)

    def symbol(self, name: str) -> Proved:
        """What a symbol of the object is: an equation; of a root, its square."""
        return self._symbol(name, -1)

    def sign(self, name: str) -> Proved:
        """That a symbol which is a root of a sum is not negative."""
        return self._symbol(name, 0)

    def _symbol(self, name: str, which: int) -> Proved:
        found = self._taken(name, lambda: grants.symbol(self.theorem, name)[which])
        if found.relation in self.leaves:
            return checker.assume(found.relation)
        return self._grant(found, name)

    def define(self, name: str, formula: Any, text: str) -> Proved:
        """A fresh name for a formula."""
        spoken = (*self.leaves, *self.names)
        taken = grants.names_of(self.theorem).union(*(deep(r.poly) for r in spoken))
        return self._grant(
            self._taken(name, lambda: grants.define(name, formula, taken, text)), name
        )

    def fact(
        self, entry: Template, *where: Any, name: str = "", sides: Sequence[Proved] = ()
    ) -> Proved:
        """An instance of a fact of analysis, licensed by the object's hypotheses."""
        step = name or entry.name
        found = self._taken(step, lambda: entry.instance(self.theorem, *where))
        return self._grant(found, step, sides)

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
            known, left = [p.conclusion for p in premises], _number(slack)
            factors = self.multipliers.of(
                name,
                lambda: target.poly - checker.expanded(known, terms, left),
                [known[i].poly for i in places],
            )
            equations = list(zip(places, factors, strict=True))
            found = checker.certificate(premises, target, terms, equations, left)
        except Refused as why:
            raise self.refuse(name, why) from None
        self.obligations.append((name, tuple(p.conclusion for p in premises), target))
        return self.record(name, found, "certificate", premises)

    def record(self, name: str, found: Proved, how: str, uses: Sequence[Proved] = ()) -> Proved:
        """Note a step made by one of the kernel's other rules."""
        used = dict.fromkeys(self.names.get(u.conclusion, str(u.conclusion)) for u in uses)
        self.names[found.conclusion] = name
        self.lines.append(Line(name, str(found.conclusion), how, tuple(used)))
        return found

    def conclude(self, found: Proved) -> Proof:
        """Close the proof.

        Raises:
            Refused: if this is not the object's conclusion, if it rests on what nobody granted, or
                if it was granted as it stands.
        """
        inequality = self.theorem.conclusions[self.part].inequality
        if found.conclusion != relation(inequality):
            raise self.refuse(inequality.name, f"reached {found.conclusion}, not {inequality}")
        for h in found.hypotheses:
            why = self._unfit(h, found.conclusion)
            if why:
                raise self.refuse(inequality.name, why)
        self.reached = found
        return self

    def _unfit(self, h: Relation, conclusion: Relation) -> str:
        """Why a conclusion of this part may not rest on a hypothesis; nothing if it may."""
        leaf, part = self.leaves.get(Relation(h.poly, h.kind)), self.theorem.conclusions[self.part]
        if leaf is None:
            return f"rests on {h}, which nobody granted"
        if h.each and (left := bound.left_out(self.theorem, h)):
            return left
        if not grants.belongs(self.theorem, part, leaf):
            return f"“{leaf.name}” is no {leaf.reason} of it"
        if leaf.reason != "conclusion" and grants.same(h, conclusion):
            return f"the conclusion is its {leaf.reason} “{leaf.name}”"
        return ""

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
        factors = Multipliers(self.stored.get(key, {}), self.find)
        return Proof(self.theorem, part, key, multipliers=factors)


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
    def leaves(self) -> tuple[Leaf, ...]:
        """What the conclusions rest on, each once for every proof."""
        return tuple(leaf for p in self.proofs for leaf in p.rests_on)


def check(prove: Prove, start: Start) -> Record:
    """Run a theorem's proof through the kernel.

    Raises:
        Refused: if a step fails, or a conclusion of the object is not reached.
    """
    began, theorem = time.perf_counter(), start.theorem
    proofs = tuple(prove(start))
    reached = [p for p in proofs if p.reached is not None and p.theorem is theorem]
    for index, part in enumerate(theorem.conclusions):
        used = [grants.cases_of(p.rests_on) for p in reached if p.part == index]
        for case in theorem.cases(part) or {""}:
            if not any(cases <= {case} for cases in used):
                where = f" where {case}" if case and used else ""
                name = part.inequality.name
                raise Refused(f"{theorem.id}: conclusion “{name}” is not reached{where}")
    return Record(theorem, proofs, time.perf_counter() - began)
