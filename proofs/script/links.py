r"""Joining a theorem's chains: what one takes on credit, another proves.

A ``Link`` is an induction. The source chain proves P(n), … ⊢ P(n + 1) for symbols that stand for
what they are at one index; every symbol that is no constant *moves*. At index n it is called
x[n]; ``first`` says what it is at 0, ``follow`` what it is called at n + 1. The kernel proves base
and step, applies its rule ``induction``, and what comes out pays the target's credit.

A ``Lemma`` pays one by the kernel's rules directly, from the chains that it looks at.
``whole.py`` joins them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any

import sympy as sp

from amverify.theorems.base import Theorem
from amverify.theorems.quantities import Average, Power, Running
from proofs.kernel import checker
from proofs.kernel.atoms import deep, plain
from proofs.kernel.checker import Proved, Relation
from proofs.kernel.polynomial import Poly, Refused, const, var
from proofs.kernel.squares import Term
from proofs.script import grants
from proofs.script.facts import Template
from proofs.script.ground import Ground
from proofs.script.multipliers import Multipliers, Undecided
from proofs.script.proving import Kernel
from proofs.script.sequences import begins, constant, powers_of
from proofs.script.translate import polynomial, spelt
from proofs.script.vectors import power

Credit = tuple[str, str]
"""Name of a chain, and the id of a step that it takes on credit."""


@dataclass(frozen=True)
class Link:
    """One induction.

    Args:
        source: name of the chain that proves the step.
        step: ids there of P(n), taken on credit, and of P(n + 1).
        target: the credit that it pays.
        index: n.
        constants: symbols that do not move.
        follow: symbol → its name at n + 1, where the source chain has one.
        first: symbol → its name at 0, where that is another symbol of the theorem.
        zero: symbols that are 0 at 0: sums.
        ends: symbols of the object → the source's symbol that they are, at the last index.
        begins: the same at the first index.
        given: fresh constants, as formulas in what symbols are called at 0.
        shift: whether what moves is called x[n] at n, because x is what it is called at 0.
        then: id of a step of the source that follows from P(n) alone, to be used in its place.
    """

    source: str
    step: tuple[str, str]
    target: Credit
    index: sp.Symbol
    constants: tuple[sp.Symbol, ...]
    follow: Mapping[sp.Symbol, sp.Symbol] = field(default_factory=dict)
    first: Mapping[sp.Symbol, sp.Symbol] = field(default_factory=dict)
    zero: tuple[sp.Symbol, ...] = ()
    ends: Mapping[sp.Symbol, sp.Symbol] = field(default_factory=dict)
    begins: Mapping[sp.Symbol, sp.Symbol] = field(default_factory=dict)
    given: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)
    shift: bool = False
    then: str = ""


@dataclass(frozen=True)
class Lemma:
    """A credit that the kernel's rules pay directly.

    Args:
        target: the credit.
        prove: the theorem.
    """

    target: Credit
    prove: Callable[[Bench], Proved]


Join = Link | Lemma


JOINTS = "joints"
"""The part of a certificate file that has the joints' multipliers."""


@dataclass
class Bench:
    """Where chains are joined.

    Args:
        kernels: the chains, proved, by name.
        joints: multipliers.
        ground: what is granted.
        paid: credits with the theorems that pay them.
        used: the chains that were looked at.
    """

    kernels: Mapping[str, Kernel]
    joints: Multipliers
    ground: Ground
    paid: dict[Credit, Proved] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    @property
    def theorem(self) -> Theorem:
        """The object."""
        return self.ground.theorem

    def proved(self, chain: str, step: str) -> Proved:
        """A step of a chain, its credits paid as far as they are."""
        self.used.add(chain)
        found = self.kernels[chain][step]
        for (name, _), part in self.paid.items():
            if name == chain and part.conclusion in found.hypotheses:
                found = checker.cut(part, found)
        return found

    def wanted(self, target: Credit) -> Relation:
        """What a credit says."""
        kernel = self.kernels[target[0]]
        return kernel.relation(kernel.chain[target[1]])

    def symbol(self, name: sp.Symbol, which: int = 0) -> Proved:
        """What a symbol of the object is."""
        return self.ground.enter(grants.symbol(self.theorem, name.name)[which])

    def define(self, name: sp.Symbol, formula: Poly, text: str) -> Proved:
        """A fresh symbol."""
        return self.ground.define(name.name, formula, text)

    def fact(self, template: Template, *where: Any) -> Proved:
        """An instance of a fact that has no side conditions.

        Raises:
            Refused: if it has.
        """
        leaf = template.instance(self.theorem, *where)
        if leaf.asks:
            raise Refused(f"{leaf.name} asks for {leaf.asks[0]}")
        return self.ground.enter(leaf)

    def every(self, proved: Proved) -> Proved:
        """What is proved of one index, to be used of each."""
        return self.ground.every(proved)

    def collect(
        self,
        name: str,
        goal: Poly,
        parts: Sequence[tuple[Fraction, Proved]],
        equations: Sequence[Proved] = (),
    ) -> Proved:
        """goal = Σ c·part + Σ λ·equation.

        Raises:
            Refused: naming the joint.
        """
        rest = goal
        for c, part in parts:
            rest = rest - const(c) * part.conclusion.poly
        factors = self.joints.of(name, lambda: rest, [e.conclusion.poly for e in equations])
        terms = [Term((i,), ((c, const(1)),)) for i, (c, _) in enumerate(parts)]
        used = [(e, q) for e, q in zip(equations, factors, strict=True) if q.terms]
        pairs = [(len(parts) + i, q) for i, (_, q) in enumerate(used)]
        known = [*(p for _, p in parts), *(e for e, _ in used)]
        return at(name, known, Relation(goal, ">="), terms, pairs)


def at(
    name: str,
    known: Sequence[Proved],
    goal: Relation,
    terms: Sequence[Term],
    pairs: Sequence[tuple[int, Poly]] = (),
) -> Proved:
    """A certificate at a joint.

    Raises:
        Refused: naming the joint.
    """
    try:
        return checker.certificate(known, goal, terms, pairs)
    except Refused as why:
        raise Refused(f"step “{name}”: {why}") from None


@dataclass(frozen=True)
class _Moves:
    """The names of a link: what moves, and what it is called at 0, n and n + 1."""

    link: Link
    names: frozenset[str]

    @classmethod
    def of(cls, link: Link, step: Proved) -> _Moves:
        constants = {spelt(x.name) for x in (*link.constants, link.index)}
        relations = (*step.hypotheses, step.conclusion)
        every = frozenset[str]().union(*(deep(r.poly) for r in relations))
        return cls(link, frozenset(filter(plain, every - constants)))

    def at(self, x: str) -> str:
        return spelt(f"{x}[{self.link.index}]") if self.link.shift else x

    def now(self) -> dict[str, Poly]:
        return {x: var(self.at(x)) for x in self.names if self.at(x) != x}

    def first(self, x: str) -> str:
        said: dict[str, str] = {spelt(y.name): spelt(a.name) for y, a in self.link.first.items()}
        return said.get(x, spelt(f"{x}[0]"))

    def after(self, x: str) -> str:
        said: dict[str, str] = {spelt(y.name): spelt(b.name) for y, b in self.link.follow.items()}
        return self.at(said[x]) if x in said else spelt(f"{x}[{self.link.index}+1]")

    def state(self) -> dict[str, tuple[str, str]]:
        return {self.at(x): (self.first(x), self.after(x)) for x in self.names}


def joined(link: Link, bench: Bench) -> Proved:
    """The target's credit as a theorem.

    Raises:
        Refused: if base, step or end do not follow.
    """
    try:
        return _induced(link, bench)
    except (Refused, Undecided) as why:
        where = f"{bench.theorem.id}, induction to “{link.target[1]}”"
        raise Refused(f"{where}: {why}") from None


def _induced(link: Link, bench: Bench) -> Proved:
    name = " · ".join(x for x in link.target if x)
    before, after = link.step
    one = bench.proved(link.source, after)
    hypothesis = bench.wanted((link.source, before))
    moves = _Moves.of(link, one)
    _fit(link, moves, bench)
    step = _now(link, bench, one)
    then = _now(link, bench, bench.proved(link.source, link.then)) if link.then else None
    goal = checker.substitute(checker.assume(hypothesis), moves.now()).conclusion
    base = _base(link, moves, bench, goal, f"{name}: base")
    bench.ground.counted(link.index.name)
    found = checker.induction(goal, base, step, moves.state(), link.index.name)
    bench.ground.inductions |= {h.each for h in found.hypotheses if "→" in h.each}
    if then is not None:
        found = checker.cut(found, then)
    later = partial(powers_of, bench.theorem, names=bench.theorem.follows)
    ends = [_named(link, bench, x, y, moves.at(spelt(y.name)), later) for x, y in link.ends.items()]
    goal_ = bench.wanted(link.target).poly
    equations = [*ends, *_start(link, moves, bench)]
    return bench.collect(f"{name}: end", goal_, [(Fraction(1), found)], equations)


def _now(link: Link, bench: Bench, proved: Proved) -> Proved:
    """What the source proves, at index n."""
    if not link.shift:
        return proved
    return bench.ground.renamed(proved, link.index.name, [x.name for x in link.given])


def _start(link: Link, moves: _Moves, bench: Bench) -> list[Proved]:
    """What symbols of the object, and fresh constants, are at the first index."""
    first = partial(powers_of, bench.theorem, names=bench.theorem.starts)
    own = link.begins.items()
    named = [_named(link, bench, x, y, moves.first(spelt(y.name)), first) for x, y in own]
    text = "a constant of the induction"
    return named + [bench.define(x, polynomial(f), text) for x, f in link.given.items()]


def _base(link: Link, moves: _Moves, bench: Bench, goal: Relation, name: str) -> Proved:
    """P(x_0, 0), from the sums' being 0 and what the object's symbols are at the start."""
    first = {moves.at(x): var(moves.first(x)) for x in moves.names}
    first[link.index.name] = const(0)
    wanted = checker.substitute(checker.assume(goal), first).conclusion
    zero = [bench.ground.empty(x, link.follow[x]) for x in link.zero]
    return bench.collect(name, wanted.poly, [], [*zero, *_start(link, moves, bench)])


def _fit(link: Link, moves: _Moves, bench: Bench) -> None:
    """Names at 0 and n + 1 are those of what moves, and the object says so.

    Raises:
        Refused: if a constant is said to move, a name that nothing says is constant to stand
            still, or nothing says what a name is at 0 or at n + 1.
    """
    said = {spelt(x.name) for x in (*link.follow, *link.first, *link.zero)}
    if said - moves.names:
        raise Refused(f"{', '.join(sorted(said - moves.names))}: a constant that moves")
    still = {spelt(x.name) for x in link.constants} - {x.name for x in link.given}
    moved = [x for x in still if plain(x) and not constant(bench.theorem, x)]
    if moved:
        raise Refused(f"nothing says that {moved[0]} is the same at every index")
    pairings = bench.ground.pairings(link.follow)
    pairings.check(moves.names)
    for x, a in link.first.items():
        begins(bench.theorem, x, a, link.shift)
    for x in link.zero:
        if x in link.first or pairings.grown(x) is None:
            raise Refused(f"nothing says that {x} is a sum")


Like = Callable[[sp.Expr], Iterable[sp.Expr]]


def _named(
    link: Link, bench: Bench, symbol: sp.Symbol, own: sp.Symbol, name: str, like: Like
) -> Proved:
    """A symbol of the object is what the chain calls ``name``, by what ``terms`` say it is.

    Raises:
        Refused: if they do not say so.
    """
    term, times = bench.theorem.terms.get(symbol.name), const(1)
    match term:
        case Average(of, count) if count == link.index and _grows(link, bench, own, of):
            times = polynomial(count)
        case Running(of) if _grows(link, bench, own, of):
            pass
        case Power(base, exponent) if own in [power(x, exponent) for x in like(base)]:
            pass
        case _:
            raise Refused(f"{symbol} is not said to be {own}")
    return bench.ground._called(symbol.name, name, times)


def _grows(link: Link, bench: Bench, own: sp.Symbol, of: sp.Expr) -> bool:
    """Whether the source begins a sum at 0 and makes it grow by this summand."""
    if own not in link.zero or own not in link.follow:
        return False
    grown = polynomial(link.follow[own] - own) - polynomial(of)
    return Relation(grown, "=") in bench.kernels[link.source].leaves


def looked_at(lemma: Lemma, bench: Bench) -> Proved:
    """What a lemma proves; refused unless it is what the credit asks for."""
    where = f"{bench.theorem.id} ({lemma.target[0]})"
    try:
        found = lemma.prove(bench)
    except (Refused, Undecided) as why:
        raise Refused(f"{where}, lemma to “{lemma.target[1]}”: {why}") from None
    if found.conclusion != bench.wanted(lemma.target):
        raise Refused(f"{where}: {found.conclusion} is not what “{lemma.target[1]}” asks for")
    return found
