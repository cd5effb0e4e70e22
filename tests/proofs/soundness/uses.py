r"""Random uses of the kernel's rules, ill-formed ones among them.

Each ``use`` draws arguments, biased towards what a rule accepts and towards the borders of its side
conditions, and calls the rule: it returns theorems, or the rule raises ``Refused``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from random import Random
from types import ModuleType

from proofs.kernel.atoms import atom, inside
from proofs.kernel.checker import Kind, Proved, Relation
from proofs.kernel.polynomial import Poly, Refused, const, var
from proofs.kernel.squares import Gram, Term

NAMES = ("x", "y", "z", "a", "b", "n")
ONE = Fraction(1)
KINDS: tuple[Kind, ...] = (">=", ">", "=")
CROOKED = ("x^2", "x·y", "1/(y+x)", "|x", "2", "x y", "", "|x+x|", "Σ_j(", "1/x", "-x")
VARS = {name: var(name) for name in NAMES}
ZERO, UNIT = const(0), const(1)
CONSTANTS = tuple(map(const, (-1, 1, 1, 2, Fraction(1, 2))))
INNER: tuple[Callable[[Poly, Poly], Poly], ...] = (
    lambda u, v: u,
    lambda u, v: u,
    lambda u, v: u - v,
    lambda u, v: u * v,
    lambda u, v: u + const(1),
    lambda u, v: u * u,
)
FORMS: tuple[Callable[[Poly, Poly, Poly], Poly], ...] = (
    lambda u, v, c: u,
    lambda u, v, c: u,
    lambda u, v, c: -u,
    lambda u, v, c: u - v,
    lambda u, v, c: u + v,
    lambda u, v, c: u * v,
    lambda u, v, c: u * u,
    lambda u, v, c: u - c,
    lambda u, v, c: c,
    lambda u, v, c: u * (v - c),
    lambda u, v, c: u * u - v * v,
    lambda u, v, c: -u * u,
)
GOALS: tuple[Callable[[Poly, Poly, Poly], Poly], ...] = (
    lambda u, v, n: u,
    lambda u, v, n: u - n,
    lambda u, v, n: u - v,
    lambda u, v, n: n * (u - v),
    lambda u, v, n: n * (u - v),
    lambda u, v, n: n * (n - const(1)),
    lambda u, v, n: n * u,
    lambda u, v, n: u * u - v,
    lambda u, v, n: v - u,
)


class Draw:
    """Draws of one kernel's arguments; ``k`` is proofs.kernel.checker or an edited copy of it."""

    def __init__(self, rng: Random, k: ModuleType) -> None:
        self.rng, self.k = rng, k

    def var(self) -> Poly:
        """A plain name's polynomial."""
        return VARS[self.name()]

    def often(self, chance: float) -> bool:
        """True with this chance."""
        return self.rng.random() < chance

    def name(self) -> str:
        """A plain name."""
        return self.rng.choice(NAMES)

    def inner(self) -> Poly:
        """What an atom may hold."""
        return self.rng.choice(INNER)(self.var(), self.var())

    def atom(self) -> Poly:
        """An atom, perhaps around another."""
        q = self.inner() if self.often(0.85) else self.atom()
        if self.often(0.3):
            return var(f"Σ_{self.rng.choice('jji')}({self.mono()})")
        return atom(self.rng.choice(("|{}|", "|{}|", "1/({})", "√({})")), q)

    def mono(self) -> str:
        """What a sum may be of."""
        x = self.name()
        return self.rng.choice(("1", x, x, f"{x}^2"))

    def unit(self) -> Poly:
        """A name's polynomial."""
        return self.var() if self.often(0.75) else self.atom()

    def poly(self) -> Poly:
        """A small polynomial."""
        u, v = self.unit(), self.unit()
        return self.rng.choice(FORMS)(u, v, self.rng.choice(CONSTANTS))

    def kind(self) -> Kind:
        """A sign."""
        return self.rng.choice((">=", ">=", ">", "="))

    def each(self) -> str:
        """A binder of coordinates."""
        return f"{self.rng.choice('jji')} of " + ", ".join(
            sorted(self.rng.sample(NAMES, self.rng.choice((1, 1, 2))))
        )

    def relation(self, bound: float = 0.08) -> Relation:
        """A relation, for every coordinate with chance ``bound``."""
        return Relation(self.poly(), self.kind(), self.each() if self.often(bound) else "")

    def settled(self, goal: Relation, given: Sequence[Relation] = ()) -> Proved:
        """The goal from nothing, or from one of ``given``; assumed where that is not seen."""
        plain_ = Relation(goal.poly, goal.kind)
        only = str(goal.poly)
        if only[0] == "|" and goal.poly == var(only) and goal.kind == ">=" and not goal.each:
            return self.k.absolute(inside(only))[0]
        for g in (None, *given):
            left = goal.poly if g is None else goal.poly - g.poly
            try:
                found = self._from(plain_, g, left)
            except Refused:
                continue
            return self.bound(found, goal) if goal.each else found
        return self.bound(self.k.assume(plain_), goal) if goal.each else self.k.assume(goal)

    def bound(self, found: Proved, goal: Relation) -> Proved:
        """H ⊢ r for every j of x, where H ⊢ r and H does not speak of x; else it is assumed.

        That is true, though no rule of the kernel makes it: a rule is to be sound by itself.
        """
        own = set(re.findall(r"\w+", goal.each.partition(" of ")[2]))
        if found.conclusion.each or any(h.speaks & own for h in found.hypotheses):
            return self.k.assume(goal)
        return self.k.Proved(found.hypotheses, goal, self.k._KEY)

    def _from(self, goal: Relation, g: Relation | None, left: Poly) -> Proved:
        premises = [] if g is None else [self.k.assume(g)]
        if goal.kind == "=":
            return self.k.certificate(premises, goal, [], [(0, const(1))] * len(premises))
        slack, terms = left.terms.get((), Fraction(0)), [Term((0,))] * len(premises)
        for m, c in left.terms.items():
            if m and any(p % 2 for _, p in m):
                raise Refused("not seen to be nonnegative")
            if m:
                half = Poly({tuple((n, p // 2) for n, p in m): ONE})
                terms.append(Term((), ((c, half),)))
        return self.k.certificate(premises, goal, terms, (), slack)

    def theorem(self, depth: int = 2) -> Proved:
        """Some theorem."""
        while True:
            try:
                return self._theorem(depth)
            except Refused:
                continue

    def _theorem(self, depth: int) -> Proved:
        way = self.rng.random()
        if way < 0.3 or not depth:
            return self.k.assume(self.relation())
        if way < 0.5:
            return self._certified(depth)
        if way < 0.62:
            return self.k.absolute(self.inner() if self.often(0.7) else self.poly())[
                self.rng.randrange(2)
            ]
        if way < 0.7:
            return self.k.inverse(self.k.assume(Relation(self.inner(), ">")))
        if way < 0.75:
            return self.k.root(self.k.assume(Relation(self.inner(), ">=")))[self.rng.randrange(2)]
        if way < 0.9:
            return self.k.summation(
                self._gap() if self.often(0.5) else self.theorem(depth - 1), *self.coordinates()
            )
        if way < 0.95:
            return self.settled(self.relation(0))
        return induction(self)[0]

    def _gap(self) -> Proved:
        u, v = self.var(), self.unit()
        if self.often(0.25):
            above = Relation(v - atom("|{}|", u), ">=")
            return self.k.Proved(frozenset({above}), Relation(v - u, ">="), self.k._KEY)
        return self.k.assume(Relation(self.rng.choice((u - v, v - u, u)), ">="))

    def _certified(self, depth: int) -> Proved:
        p, q = self.theorem(depth - 1), self.theorem(depth - 1)
        terms = [Term((0,)), Term((1,))] if self.often(0.6) else [Term((0, 1))]
        known = [p.conclusion, q.conclusion]
        total = self.k.expanded(known, terms, Fraction(0))
        return self.k.certificate([p, q], Relation(total, ">="), terms)

    def coordinates(self) -> tuple[list[str], str]:
        """Names of a coordinate, an atom among them now and then, and a label."""
        own = self.rng.sample(NAMES, self.rng.choice((1, 1, 2)))
        if self.often(0.15):
            own[0] = next(iter(self.atom().names))
            own += [n for n in NAMES if n in own[0]][: self.rng.randrange(2)]
        return own, self.rng.choice("jji")


def assume(d: Draw) -> Sequence[Proved]:
    """R ⊢ r."""
    return [d.k.assume(d.relation(0.3))]


def certificate(d: Draw) -> Sequence[Proved]:
    """Random terms; the goal is what they give, or nearly."""
    premises = [d.theorem(1) if d.often(0.4) else d.k.assume(d.relation(0.1))
                for _ in range(d.rng.choice((0, 1, 1, 2, 2)))]  # fmt: skip
    known = [p.conclusion for p in premises]
    terms = [_term(d, len(known)) for _ in range(d.rng.choice((0, 1, 1, 2)))]
    slack = d.rng.choice((0, 0, 0, 1, Fraction(1, 2), -1))
    equations = [
        (i, d.poly()) for i, r in enumerate(known) if d.often(0.7 if r.kind == "=" else 0.07)
    ]
    total = const(0)
    for i, factor in equations:
        total += known[i].poly * factor
    try:
        total += d.k.expanded(known, terms, Fraction(slack))
    except Refused:
        total += d.poly()
    if d.often(0.12):
        total += d.rng.choice((const(1), const(-1), d.unit(), -d.unit()))
    kind: Kind = "=" if not terms and not slack and d.often(0.7) else d.rng.choice(KINDS)
    return [d.k.certificate(premises, Relation(total, kind), terms, equations, slack)]


def _term(d: Draw, count: int) -> Term:
    at = tuple(d.rng.randrange(count) for _ in range(d.rng.choice((0, 1, 1, 2)))) if count else ()
    if d.often(0.25):
        a, b, c = (d.rng.choice((-1, 0, 1, 1, 2, 2)) for _ in range(3))
        gram = Gram((d.var(), d.poly()), ((Fraction(a), Fraction(b)),
                                                (Fraction(b), Fraction(c))))  # fmt: skip
        return Term(at, (), gram)
    c_ = Fraction(d.rng.choice((1, 1, 1, 2, 0, -1)), d.rng.choice((1, 1, 2)))
    return Term(at, ((c_, const(1) if d.often(0.6) else d.poly()),))


def absurd(d: Draw) -> Sequence[Proved]:
    """From a contradiction, or from what is none."""
    p, zero = d.poly(), Relation(const(0), ">")
    way = d.rng.random()
    if way < 0.5:
        both = [d.k.assume(Relation(p, ">=")), d.k.assume(Relation(-p, ">"))]
        nothing = d.k.certificate(both, zero, [Term((0,)), Term((1,))])
    elif way < 0.7:
        nothing = d.k.assume(zero)
    else:
        near = (Relation(const(0), ">="), Relation(const(0), "="), Relation(const(1), ">"))
        nothing = d.settled(d.rng.choice(near)) if way < 0.9 else d.theorem()
    return [d.k.absurd(nothing, d.relation())]


def cases(d: Draw) -> Sequence[Proved]:
    """A goal from the signs of a polynomial."""
    p = d.poly()
    covers = ((">=", "<="), (">", "=", "<"), (">=", "<"), (">", "<="))
    signs = list(d.rng.choice(covers))
    if d.often(0.15):
        signs.remove(d.rng.choice(signs))
    goal = d.rng.choice((Relation(p, ">="), Relation(-p, ">="), Relation(p, ">"),
                         Relation(p * p, ">="), d.relation(0)))  # fmt: skip
    own = {">=": Relation(p, ">="), ">": Relation(p, ">"), "=": Relation(p, "="),
           "<=": Relation(-p, ">="), "<": Relation(-p, ">")}  # fmt: skip
    branches = {}
    for sign in signs:
        wanted = goal if d.often(0.9) else Relation(-goal.poly, goal.kind)
        branches[sign] = d.settled(wanted, [own[sign]])
    return [d.k.cases(p, branches)]


def cut(d: Draw) -> Sequence[Proved]:
    """A hypothesis of one theorem from another."""
    main = d.theorem()
    lemma = d.theorem()
    if main.hypotheses and d.often(0.8):
        wanted = d.rng.choice(sorted(main.hypotheses, key=str))
        if not wanted.each:
            given = [Relation(wanted.poly - d.rng.choice((const(1), const(0), d.unit())), ">=")]
            lemma = d.settled(wanted, given)
    return [d.k.cut(lemma, main)]


def substitute(d: Draw) -> Sequence[Proved]:
    """Polynomials for names, atoms among the names now and then."""
    proved = d.theorem() if d.often(0.9) else induction(d)[0]
    names = sorted(proved.conclusion.poly.names) or list(NAMES)
    new = {}
    for _ in range(d.rng.choice((1, 1, 2))):
        name = d.rng.choice(names) if d.often(0.6) else d.name()
        new[name] = d.poly() if d.often(0.7) else const(Fraction(d.rng.randint(-2, 3), 2))
    return [d.k.substitute(proved, new)]


def summation(d: Draw) -> Sequence[Proved]:
    """A sum over coordinates, of a theorem that may have been summed before."""
    proved = d.theorem() if d.often(0.92) else d.k.assume(d.relation(1))
    names, label = d.coordinates()
    if d.often(0.4) and proved.conclusion.poly.names:
        names = [d.rng.choice(sorted(proved.conclusion.poly.names))]
    return [d.k.summation(proved, names, label)]


def induction(d: Draw) -> Sequence[Proved]:
    """A goal; base and step proved from as little as is seen to do."""
    index = "n" if d.often(0.9) else d.name()
    n = var(index)
    pairs = {}
    for _ in range(d.rng.choice((0, 1, 1, 1, 1, 2, 2))):
        one, other, third = d.rng.sample(NAMES, 3)
        if d.often(0.7):
            one, other, third = d.rng.choice((("x", "a", "b"), ("y", "a", "z"), ("y", "z", "x")))
        if d.often(0.2):
            third = next(iter(d.atom().names))
        pairs[one] = (other, third)
    goal = _goal(d, n, [index, *pairs, *pairs, *(b for _, b in pairs.values())])
    k = {x: var(a) for x, (a, _) in pairs.items()} | {index: const(0)}
    after = {x: var(b) for x, (_, b) in pairs.items()} | {index: n + const(1)}
    counted = Relation(n, ">=")
    start, end = _at(goal, k), _at(goal, after)
    if d.often(0.1):
        start = Relation(start.poly + d.unit(), start.kind, start.each)
    if d.often(0.06):
        end = Relation(end.poly + d.unit(), end.kind, end.each)
    base = d.settled(start, [d.relation(0)] if d.often(0.2) else [])
    grows = Relation(end.poly - goal.poly, ">=") if goal.kind != "=" else goal
    step = d.settled(end, [goal, counted])
    if step.hypotheses == {end} and goal.kind == ">=" and d.often(0.8):
        both = [d.k.assume(goal), _grown(d, grows)]
        step = d.k.certificate(both, end, [Term((0,)), Term((1,))])
    return [d.k.induction(goal, base, step, pairs, index)]


def _grown(d: Draw, grows: Relation) -> Proved:
    """The step's increase: assumed, or no less than numbers whose sum is not negative."""
    found = d.settled(grows)
    if d.often(0.3) and "w" not in grows.poly.names:
        mean = {Relation(grows.poly - var("w"), ">=", "j of w"), Relation(var("Σ_j(w)"), ">="),
                Relation(var("Σ_j(1)"), ">")}  # fmt: skip
        return d.k.Proved(frozenset(mean), grows, d.k._KEY)  # type: ignore[no-any-return]
    return found


def _goal(d: Draw, n: Poly, names: Sequence[str]) -> Relation:
    u, v = var(d.rng.choice(names)), d.unit()
    if d.often(0.25):
        u = atom(d.rng.choice(("|{}|", "1/({})")), u)
    kind: Kind = ">=" if d.often(0.85) else d.kind()
    return Relation(d.rng.choice(GOALS)(u, v, n), kind, d.each() if d.often(0.1) else "")


def _at(r: Relation, new: dict[str, Poly]) -> Relation:
    total = const(0)
    for m, c in r.poly.terms.items():
        part = const(c)
        for name, power in m:
            for _ in range(power):
                part = part * new.get(name, var(name))
        total += part
    return Relation(total, r.kind, r.each)


def inverse(d: Draw) -> Sequence[Proved]:
    """Of a theorem that says > 0, or nearly."""
    proved = d.theorem() if d.often(0.4) else d.k.assume(d.relation(0.15))
    if proved.conclusion.kind != ">" and d.often(0.5):
        proved = d.k.assume(Relation(d.poly(), ">"))
    return [d.k.inverse(proved)]


def absolute(d: Draw) -> Sequence[Proved]:
    """Of any polynomial, of names that are none as well."""
    q = d.poly()
    if d.often(0.2):
        q = var(d.rng.choice(CROOKED)) + (d.unit() if d.often(0.3) else const(0))
    return d.k.absolute(q)  # type: ignore[no-any-return]


def root(d: Draw) -> Sequence[Proved]:
    """Of a theorem that says ≥ 0, > 0 or = 0."""
    return d.k.root(d.theorem() if d.often(0.4) else d.k.assume(d.relation(0.15)))  # type: ignore[no-any-return]


RULES: dict[str, Callable[[Draw], Sequence[Proved]]] = {
    f.__name__: f
    for f in (assume, certificate, absurd, cases, cut, substitute, summation, induction,
              inverse, absolute, root)
}  # fmt: skip
