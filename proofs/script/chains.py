r"""A proof as a chain of propositions p ≥ 0, p > 0 or p = 0 over named symbols.

A *derived* proposition carries the reason why it follows from earlier ones,

    p = Σ_t c_t · Π_{i∈t} g_i · Π q²  +  Σ_j λ_j h_j,        c_t ≥ 0 rational,

with earlier g_i ≥ 0, earlier h_j = 0 and polynomials q, λ_j: the kernel expands it. A *root* takes
y ≥ x from y² ≥ x² and y ≥ 0; *cases* join two proofs of the same; *inverse*, *square root* and
*minimum* are the kernel's. λ_j are handed in (``multipliers.py``).

What a chain starts from is *granted* (``proofs.script.grants``): a condition, a declared constant's
sign, a hypothesis, what a symbol is, a fresh name, an instance of a fact of analysis. The chain
names it; the formula comes from the theorem object or the template. Beside these there are a
*case*, which has to be discharged, and what is taken on *credit* from another chain, which a link
has to pay (``proofs.script.links``): neither may be left at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, Literal

import sympy as sp

from amverify.theorems.base import Inequality, Theorem
from amverify.theorems.properties import vector
from proofs.kernel.atoms import atom
from proofs.kernel.checker import Kind
from proofs.kernel.polynomial import Refused
from proofs.script import grants
from proofs.script.facts import NORM, Template
from proofs.script.grants import Leaf
from proofs.script.translate import polynomial

Reason = Literal["granted", "case", "credit", "derived", "root", "cases", "atom"]
Make = Callable[[Theorem, Collection[str]], Leaf]
"""A granted step from the theorem object and the names that are taken."""


@dataclass(frozen=True)
class Product:
    """c·Π g_i·Π q²: a coefficient, ids of earlier propositions (repeats count), squared factors."""

    coefficient: sp.Rational
    factors: tuple[str, ...] = ()
    squares: tuple[sp.Expr, ...] = ()


@dataclass(frozen=True)
class Step:
    """One proposition.

    Args:
        id: its name in the chain.
        expr: p; of a granted step it is the leaf's and not given here.
        kind: what holds of p.
        why: how it is known.
        text: in words.
        terms: of a derived proposition.
        zero: ids of the equations that it may use.
        make: the leaf of a granted step.
        parts: of a root, the ids of y² − x² ≥ 0 and y ≥ 0; of cases, those of the first case, of
            the proof in it, and of the proof in the second (its opposite); of a fact, those of its
            side conditions; of what the kernel says of an atom, those that it needs.
        side: which sign of q is meant, where the condition is |q| ≤ b; which of several facts.
        bounds: of a clamp.
    """

    id: str
    expr: sp.Expr
    kind: Kind
    why: Reason
    text: str
    terms: tuple[Product, ...] = ()
    zero: tuple[str, ...] = ()
    make: Make | None = None
    parts: tuple[str, ...] = ()
    side: int = 0
    bounds: tuple[sp.Expr, ...] = ()

    @property
    def uses(self) -> tuple[str, ...]:
        """The ids of the steps that it is made from."""
        factors = [name for found in self.terms for name in found.factors]
        return tuple(dict.fromkeys([*factors, *self.zero, *self.parts]))


@dataclass(frozen=True)
class Conclusion:
    """A step is one of the theorem's inequalities."""

    inequality: Inequality
    step: str


@dataclass(frozen=True)
class Chain:
    """A theorem's proof, or a lemma of it.

    Args:
        theorem: the object.
        steps: in order.
        conclusions: what of the object it proves.
        name: which lemma it is.
    """

    theorem: Theorem
    steps: tuple[Step, ...]
    conclusions: tuple[Conclusion, ...] = ()
    name: str = ""

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
        """The same proof of what another object of the same names says."""
        ends = {part.inequality.name: part.inequality for part in theorem.conclusions}
        conclusions = tuple(
            replace(end, inequality=ends.get(end.inequality.name, end.inequality))
            for end in self.conclusions
        )
        goals = {end.step: end.inequality for end in conclusions}
        steps = tuple(
            replace(step, expr=goals[step.id].rhs - goals[step.id].lhs, kind=_kind(goals[step.id]))
            if step.id in goals and step.why == "derived"
            else step
            for step in self.steps
        )
        return replace(self, theorem=theorem, conclusions=conclusions, steps=steps)


def _kind(inequality: Inequality) -> Kind:
    return ">" if inequality.strict else ">="


def term(coefficient: Any, *factors: str, squares: tuple[sp.Expr, ...] = ()) -> Product:
    """c·Π g_i·Π q²."""
    return Product(sp.Rational(coefficient), factors, squares)


ZERO = sp.Integer(0)
EXTREMES = (sp.Min, sp.Max)


def _granted(name: str, make: Make, *parts: str, side: int = 0) -> Step:
    return Step(name, ZERO, ">=", "granted", "", make=make, parts=parts, side=side)


def condition(inequality: Inequality, side: int = 0) -> Step:
    """A condition of the theorem object, by its name; for |q| ≤ b and a side ±1, b ∓ q ≥ 0."""

    def make(theorem: Theorem, _: Collection[str]) -> Leaf:
        for index, part in enumerate(theorem.conclusions):
            if any(c.name == inequality.name for c in part.conditions):
                return grants.condition(theorem, index, inequality.name)
        raise Refused(f"{inequality.name} is no condition of the theorem")

    return _granted(inequality.name, make, side=side)


def declared(name: str, symbol: sp.Symbol) -> Step:
    """The sign of a declared constant."""
    return _granted(name, lambda theorem, _: grants.parameter(theorem, symbol.name))


def said(name: str) -> Step:
    """A hypothesis of the theorem object, by its name."""
    return _granted(name, lambda theorem, _: grants.hypothesis(theorem, name))


def means(name: str, symbol: sp.Symbol, which: int = 0) -> Step:
    """What a symbol of the object is; of a norm, 0: that it is ≥ 0, 1: what its square is."""
    return _granted(name, lambda theorem, _: grants.symbol(theorem, symbol.name)[which])


def counts(name: str, index: sp.Symbol) -> Step:
    """An index of an induction counts from 0."""
    return _granted(name, lambda theorem, _: grants.index(theorem, index.name))


def define(name: str, symbol: sp.Symbol, formula: Any, text: str) -> Step:
    """A fresh symbol for a formula."""
    return _granted(name, lambda _, taken: grants.define(symbol.name, formula, taken, text))


def fact(name: str, template: Template, *where: Any, asks: tuple[str, ...] = ()) -> Step:
    """An instance of a fact of analysis; ``asks``: ids of the steps that are its side conditions.

    A vector of its own, a symbol's name, a formula: whatever the template wants.
    """
    return _granted(name, lambda theorem, _: template.instance(theorem, *where), *asks)


def case(name: str, expr: Any, text: str, kind: Kind = ">=") -> Step:
    """A case, to be discharged by ``either``."""
    return Step(name, sp.sympify(expr), kind, "case", text)


def credit(name: str, expr: Any, text: str) -> Step:
    """p ≥ 0 from another chain; a link has to pay."""
    return Step(name, sp.sympify(expr), ">=", "credit", text)


def derived(
    name: str, expr: Any, text: str, *terms: Product, zero: tuple[str, ...] = (), kind: Kind = ">="
) -> Step:
    """p ≥ 0 (or p > 0) from earlier propositions."""
    return Step(name, sp.sympify(expr), kind, "derived", text, terms=terms, zero=zero)


def root(name: str, smaller: sp.Expr, larger: sp.Expr, text: str, *parts: str) -> Step:
    """y − x ≥ 0 from the propositions y² − x² ≥ 0 and y ≥ 0."""
    return Step(name, larger - smaller, ">=", "root", text, parts=parts)


def either(name: str, expr: Any, text: str, *parts: str) -> Step:
    """p ≥ 0 in the first case and in the second."""
    return Step(name, sp.sympify(expr), ">=", "cases", text, parts=parts)


def a_norm(name: str, symbol: sp.Symbol, of: str) -> tuple[Step, Step, Step]:
    """The symbol is ‖the vector of that name‖, by what a hypothesis says of it, and so ≥ 0."""
    return (
        means(f"{name} is", symbol),
        fact(f"{name}, norm", NORM, vector(of)),
        derived(name, symbol, "a norm", term(1, f"{name}, norm"), zero=(f"{name} is",)),
    )


def inverse(above: str, expr: sp.Expr) -> tuple[Step, Step]:
    """1/q ≥ 0 ("1/" and the step's name) and 1/q·q = 1 ("·1/" and its name) by the step q > 0."""
    return (
        Step(f"1/{above}", expr, ">=", "atom", "the inverse of a positive number", parts=(above,)),
        Step(f"·1/{above}", expr, "=", "atom", "an inverse", parts=(above,)),
    )


def square_root(above: str, expr: sp.Expr) -> tuple[Step, Step]:
    """√q ≥ 0 ("√" and the step's name) and √q² = q ("√²" and its name) by the step q ≥ 0."""
    return (
        Step(f"√{above}", sp.sqrt(expr), ">=", "atom", "a square root", parts=(above,)),
        Step(f"√²{above}", sp.sqrt(expr), "=", "atom", "a square root", parts=(above,)),
    )


def rooted(expr: sp.Symbol) -> sp.Symbol:
    """√q as a symbol: sympy would put q for √q·√q."""
    return sp.Symbol(str(atom("√({})", polynomial(expr))), real=True)


def least(name: str, extreme: sp.Expr, one: int) -> Step:
    """min(x, y) is at most x (``one`` = 0) and y (1); max(x, y) is at least each."""
    return Step(name, extreme, ">=", "atom", "the lesser, or the larger, of two", side=one)


def no_less(name: str, minimum: sp.Expr, than: Any, *above: str) -> Step:
    """min(x, y) ≥ z by the steps x ≥ z and y ≥ z."""
    apart = minimum - sp.sympify(than)
    return Step(name, apart, ">=", "atom", "the lesser of two", parts=above)


def clamped(name: str, clamp: sp.Expr, low: Any, high: Any, side: int, *parts: str) -> Step:
    """y = min(max(x, l), h): ``side`` 0, y ≥ l from h ≥ l; 1, y ≤ h; 2, (y − x)(v − y) ≥ 0 from
    h ≥ l, v ≥ l and v ≤ h."""
    return Step(name, clamp, ">=", "atom", "a clamp", parts=parts, side=side, bounds=(low, high))
