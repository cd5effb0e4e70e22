r"""A proof as a chain of propositions p ≥ 0, p > 0 or p = 0 over named symbols.

A *derived* proposition carries the reason why it follows from earlier ones,

    p = Σ_t c_t · Π_{i∈t} g_i · Π q²  +  Σ_j λ_j h_j,        c_t ≥ 0 rational,

with earlier g_i ≥ 0, earlier h_j = 0 and polynomials q, λ_j: the kernel expands it. A *root* takes
y ≥ x from y² ≥ x² and y ≥ 0; *cases* join two proofs of the same; *induction* runs over an index.
Inputs are a *condition* of the theorem object (the very expression that the monitor evaluates), a
*definition* of a symbol, a *case*, an *induction* hypothesis, or an *assumption* from analysis with
its citation. A chain ends in *conclusions*: the objects' own inequalities.

``prove`` turns each step into a theorem of ``proofs.checker``; nothing else decides. λ_j are found
by ``proofs.search`` (untrusted). Symbols such as 1/a are the kernel's inverses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal

import sympy as sp

from amverify.theorems.base import Inequality, Theorem
from proofs import checker, magnitude, search
from proofs.atoms import atom
from proofs.checker import Proved, Relation
from proofs.polynomial import Poly, Refused, const, var
from proofs.squares import Term as Squares

Reason = Literal[
    "condition", "definition", "assumption", "case", "hypothesis", "derived", "root", "cases"
]
Kind = Literal[">=", ">", "="]


@dataclass(frozen=True)
class Term:
    """c·Π g_i·Π q²: a coefficient, ids of earlier propositions (repeats count), squared factors."""

    coefficient: sp.Rational
    factors: tuple[str, ...] = ()
    squares: tuple[sp.Expr, ...] = ()


@dataclass(frozen=True)
class Step:
    """One proposition.

    Args:
        id: its name in the chain.
        expr: p.
        kind: what holds of p.
        why: how it is known.
        text: in words.
        cite: where an assumption from analysis is proved.
        terms: of a derived proposition.
        zero: ids of the equations that it may use.
        object: the condition of the theorem that it is.
        parts: of a root, the ids of y² − x² ≥ 0 and y ≥ 0; of cases, those of the first case, of
            the proof in it, and of the proof in the second (its opposite).
        side: which sign of q is meant, where the condition is |q| ≤ b.
    """

    id: str
    expr: sp.Expr
    kind: Kind
    why: Reason
    text: str
    cite: str = ""
    terms: tuple[Term, ...] = ()
    zero: tuple[str, ...] = ()
    object: Inequality | None = None
    parts: tuple[str, ...] = ()
    side: int = 0


@dataclass(frozen=True)
class Conclusion:
    """A step is one of the theorem's inequalities, sub-expressions ``named`` by symbols."""

    inequality: Inequality
    step: str
    named: Mapping[sp.Expr, sp.Expr] = field(default_factory=dict)


@dataclass(frozen=True)
class Chain:
    """A theorem's proof, or a lemma of it.

    Args:
        theorem: the object.
        steps: in order.
        conclusions: what of the object it proves.
        name: which lemma it is.
        inverses: symbols that stand for 1/expr, and the step that says expr > 0.
    """

    theorem: Theorem
    steps: tuple[Step, ...]
    conclusions: tuple[Conclusion, ...] = ()
    name: str = ""
    inverses: Mapping[sp.Symbol, tuple[sp.Expr, str]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The theorem, and which lemma of it."""
        return f"{self.theorem.id}{f' ({self.name})' if self.name else ''}"

    def __getitem__(self, name: str) -> Step:
        for step in self.steps:
            if step.id == name:
                return step
        raise Refused(f"{self.id}: no step {name}")

    def of(self, theorem: Theorem) -> Chain:
        """The same proof of what another object of the same names says.

        Raises:
            Refused: if the other object lacks a condition that the proof uses.
        """
        ends = {part.inequality.name: part.inequality for part in theorem.conclusions}
        asked = {c.name: c for part in theorem.conclusions for c in part.conditions}
        conclusions = tuple(
            replace(end, inequality=ends.get(end.inequality.name, end.inequality))
            for end in self.conclusions
        )
        goals = {end.step: end for end in conclusions}
        steps = []
        for step in self.steps:
            if step.object is not None and step.object.name not in asked:
                raise Refused(f"{self.id}: {step.id} is no condition of the theorem")
            if step.object is not None:
                steps.append(replace(_asked(asked[step.object.name], step.side), id=step.id))
            elif step.id in goals and step.why == "derived":
                end = goals[step.id]
                kind: Kind = ">" if end.inequality.strict else ">="
                steps.append(replace(step, expr=_said(end), kind=kind))
            else:
                steps.append(step)
        return replace(self, theorem=theorem, conclusions=conclusions, steps=tuple(steps))

    @property
    def assumptions(self) -> tuple[Step, ...]:
        """What is taken from analysis."""
        return tuple(step for step in self.steps if step.why == "assumption")


def term(coefficient: Any, *factors: str, squares: tuple[sp.Expr, ...] = ()) -> Term:
    """c·Π g_i·Π q²."""
    return Term(sp.Rational(coefficient), factors, squares)


def given(name: str, expr: Any, text: str, why: Reason = "definition", cite: str = "") -> Step:
    """p ≥ 0 as an input."""
    return Step(name, sp.sympify(expr), ">=", why, text, cite)


def positive(name: str, expr: Any, text: str, why: Reason = "definition") -> Step:
    """p > 0 as an input."""
    return Step(name, sp.sympify(expr), ">", why, text)


def equal(name: str, expr: Any, text: str, why: Reason = "definition", cite: str = "") -> Step:
    """p = 0 as an input."""
    return Step(name, sp.sympify(expr), "=", why, text, cite)


def condition(inequality: Inequality, side: int = 0) -> Step:
    """A condition of the theorem object: rhs − lhs ≥ 0; for |q| ≤ b and a side ±1, b ∓ q ≥ 0."""
    return _asked(inequality, side)


def _asked(inequality: Inequality, side: int) -> Step:
    text = inequality.text or str(inequality)
    lhs = side * inequality.lhs.args[0] if side else inequality.lhs
    kind: Kind = ">" if inequality.strict else ">="
    expr = inequality.rhs - lhs
    return Step(inequality.name, expr, kind, "condition", text, object=inequality, side=side)


def _said(end: Conclusion) -> sp.Expr:
    """What the object's inequality says, in the chain's symbols."""
    found = end.inequality.rhs - end.inequality.lhs
    for part, symbol in end.named.items():
        found = found.subs(part, symbol)
    return found


def assumed(name: str, expr: Any, text: str, cite: str) -> Step:
    """p ≥ 0, taken from analysis."""
    return given(name, expr, text, "assumption", cite)


def derived(
    name: str, expr: Any, text: str, *terms: Term, zero: tuple[str, ...] = (), kind: Kind = ">="
) -> Step:
    """p ≥ 0 (or p > 0) from earlier propositions."""
    return Step(name, sp.sympify(expr), kind, "derived", text, terms=terms, zero=zero)


def root(name: str, smaller: sp.Expr, larger: sp.Expr, text: str, *parts: str) -> Step:
    """y − x ≥ 0 from the propositions y² − x² ≥ 0 and y ≥ 0."""
    return Step(name, larger - smaller, ">=", "root", text, parts=parts)


def either(name: str, expr: Any, text: str, *parts: str) -> Step:
    """p ≥ 0 in the first case and in the second."""
    return Step(name, sp.sympify(expr), ">=", "cases", text, parts=parts)


def polynomial(expr: sp.Expr, inverses: Mapping[str, Poly] | None = None) -> Poly:
    """A sympy expression for the kernel; 1/q is the kernel's variable of that name.

    Raises:
        Refused: for anything but +, ·, integer powers, rationals and symbols.
    """
    known = inverses or {}
    if isinstance(expr, sp.Symbol):
        return known.get(expr.name, var(expr.name))
    if isinstance(expr, sp.Rational):
        return const(Fraction(int(expr.p), int(expr.q)))
    if isinstance(expr, sp.Add | sp.Mul):
        total = polynomial(expr.args[0], known)
        for part in expr.args[1:]:
            other = polynomial(part, known)
            total = total + other if isinstance(expr, sp.Add) else total * other
        return total
    if isinstance(expr, sp.Pow) and expr.exp.is_Integer:
        base, found = polynomial(expr.base, known), const(1)
        factor = base if expr.exp > 0 else var(f"1/({base})")
        for _ in range(abs(int(expr.exp))):
            found = found * factor
        return found
    raise Refused(f"{expr} is no polynomial in symbols and inverses")


Stored = Mapping[str, tuple[Poly, ...]]
"""Multipliers by step."""


class Kernel:
    """A chain's steps as theorems of the kernel, one after the other."""

    def __init__(self, chain: Chain, stored: Stored | None = None) -> None:
        self.chain, self.proved, self.stored = chain, dict[str, Proved](), stored
        self.inverses: dict[str, Poly] = {}
        self.found: dict[str, tuple[Poly, ...]] = {}
        self.obligations: list[tuple[str, tuple[Relation, ...], Relation]] = []

    def relation(self, step: Step) -> Relation:
        """A step's proposition."""
        return Relation(polynomial(step.expr, self.inverses), step.kind)

    def __getitem__(self, name: str) -> Proved:
        if name not in self.proved:
            raise Refused(f"{self.chain.id}: step {name} is used before it is proved")
        return self.proved[name]

    def run(self) -> dict[str, Proved]:
        """Every step; then the conclusions are compared with the theorem's own formulas."""
        for symbol, (expr, _) in self.chain.inverses.items():
            inside = polynomial(expr, self.inverses)
            self.inverses[symbol.name] = var(f"1/({inside})")
        for step in self.chain.steps:
            if step.id in self.proved:
                raise Refused(f"{self.chain.id}: two steps {step.id}")
            self.proved[step.id] = self._prove(step)
        for end in self.chain.conclusions:
            self._compare(end)
        return self.proved

    def _prove(self, step: Step) -> Proved:
        if step.why == "derived":
            return self._derived(step)
        if step.why == "root":
            return self._root(step)
        if step.why == "cases":
            first, mine, theirs = (self[name] for name in step.parts)
            first_, other = (">", "<=") if first.conclusion.kind == ">" else (">=", "<=")
            return checker.cases(first.conclusion.poly, {first_: mine, other: theirs})
        conditions = [c for part in self.chain.theorem.conclusions for c in part.conditions]
        if step.object is not None and step.object not in conditions:
            raise Refused(f"{self.chain.id}: {step.id} is no condition of the theorem")
        if step.object is not None and step.side:
            q = polynomial(step.object.lhs.args[0], self.inverses)
            bound = polynomial(step.object.rhs, self.inverses)
            size = checker.assume(Relation(bound - atom("|{}|", q), ">="))
            return magnitude.one_side(size, q, step.side)
        return self._inverse(step) or checker.assume(self.relation(step))

    def _inverse(self, step: Step) -> Proved | None:
        """What is true of 1/q by q > 0: 1/q·q = 1 and 1/q ≥ 0."""
        wanted = self.relation(step)
        for symbol, (_, name) in self.chain.inverses.items():
            if symbol not in step.expr.free_symbols or name not in self.proved:
                continue
            above = self[name]
            equation = checker.inverse(above)
            i = self.inverses[symbol.name]
            squared = Squares((0,), ((Fraction(1), i),))
            sign = checker.certificate([above, equation], Relation(i, ">="), [squared], [(1, -i)])
            for found in (equation, sign):
                if found.conclusion == wanted:
                    return found
        return None

    def _derived(self, step: Step) -> Proved:
        names = list(dict.fromkeys([n for t in step.terms for n in t.factors] + [*step.zero]))
        premises = [self[name] for name in names]
        terms = []
        for found in step.terms:
            square = polynomial(sp.Mul(*found.squares), self.inverses)
            c = Fraction(int(found.coefficient.p), int(found.coefficient.q))
            at = tuple(names.index(name) for name in found.factors)
            terms.append(Squares(at, ((c, square),)))
        goal = self.relation(step)
        rest = goal.poly - checker.expanded([p.conclusion for p in premises], terms, Fraction(0))
        factors = self._factors(step, rest)
        equations = [(names.index(n), q) for n, q in zip(step.zero, factors, strict=True)]
        try:
            reached = checker.certificate(premises, goal, terms, equations)
        except Refused as why:
            raise Refused(f"{self.chain.id}, step “{step.id}”: {why}") from None
        self.obligations.append((step.id, tuple(p.conclusion for p in premises), goal))
        return reached

    def _factors(self, step: Step, rest: Poly) -> tuple[Poly, ...]:
        """The multipliers of the equations: stored ones, or found ones while searching."""
        if not step.zero:
            return ()
        if self.stored is None:
            equations = [self[n].conclusion.poly for n in step.zero]
            self.found[step.id] = search.multipliers(rest, equations)
            return self.found[step.id]
        kept = self.stored.get(step.id)
        if kept is None or len(kept) != len(step.zero):
            raise Refused(f"{self.chain.id}, step “{step.id}”: its multipliers are not in the file")
        return kept

    def _root(self, step: Step) -> Proved:
        """y − x ≥ 0; else x − y = s > 0, and −s = (1/s)((y² − x²) + 2ys) contradicts."""
        squared, larger = (self[name] for name in step.parts)
        goal, y = self.relation(step), larger.conclusion.poly
        s = checker.assume(Relation(-goal.poly, ">"))
        equation = checker.inverse(s)
        i, one = var(f"1/({s.conclusion.poly})"), Fraction(1)
        sign = checker.certificate(
            [s, equation], Relation(i, ">="), [Squares((0,), ((one, i),))], [(1, -i)]
        )
        terms = [
            Squares((1, 2)),
            Squares((0, 1, 3), ((2 * one, const(1)),)),
        ]
        below = checker.certificate(
            [s, sign, squared, larger, equation], goal, terms,
            [(4, s.conclusion.poly + const(0) * y)],
        )  # fmt: skip
        return checker.cases(goal.poly, {">=": checker.assume(goal), "<": below})

    def _compare(self, end: Conclusion) -> None:
        own = [part.inequality for part in self.chain.theorem.conclusions]
        if end.inequality not in own:
            raise Refused(f"{self.chain.id}: {end.inequality.name} is no conclusion of the theorem")
        wanted = Relation(polynomial(_said(end)), ">" if end.inequality.strict else ">=")
        if self[end.step].conclusion != wanted:
            raise Refused(f"{self.chain.id}: {end.inequality.name} is not what {end.step} says")


def prove(chain: Chain) -> dict[str, Proved]:
    """Every step of a chain as a theorem of the kernel.

    Raises:
        Refused: for the first step that does not follow, or a conclusion that is not the object's.
    """
    return Kernel(chain).run()
