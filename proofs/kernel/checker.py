r"""The trusted kernel: exact arithmetic on polynomials, and the few rules that make theorems.

A *relation* is p ≥ 0, p > 0 or p = 0, with p a polynomial over ℚ in named real variables. A
*theorem* H ⊢ r (:class:`Proved`) says: r is true in every model in which all of H is. A *model*
gives each plain name a real number, each label j a finite list of coordinates, and each name a
value at each of them; 1/(q), |q| and √(q) are what they say (of 1/(0) and √(−1) nothing is known),
Σ_j(m) is the sum of m over the coordinates of j. A relation with ``each`` set holds

    for every j of x, y         with x and y at coordinate i in place of x and y, for every i of j
    for every n of x: a → b     with k, x_k and x_{k+1} in place of n, x and b, for every k < n

where x_0 = a, …, x_n = x; that there are such sequences, and that n counts them, is what n ≥ 0
"for every n of x: a → b" says. (A name may be there twice: y: c → x says y_{k+1} = x_k.) A name
that is replaced is replaced inside Σ_j(·) too, by anything.

Each rule has its side conditions at its head; ``require("cases 2", …)`` checks number 2 of *cases*.
What is refused by a plain ``raise`` has no meaning, or none that is meant. No rule searches, and
each reads its arguments once. This file, ``polynomial.py``, ``squares.py`` and ``atoms.py`` are all
that has to be trusted; standard library only, no float.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass
from fractions import Fraction
from typing import Literal

from proofs.kernel.atoms import atom, deep, plain
from proofs.kernel.polynomial import Poly, Refused, const, rational, require, var
from proofs.kernel.squares import Term, multiplier

Kind = Literal[">=", ">", "="]


@dataclass(frozen=True, slots=True)
class Relation:
    """p ≥ 0, p > 0 or p = 0; for every coordinate or index named by ``each``, if it is set.

    Side condition: 1. every name in p, at every depth, is a variable or an atom.
    """

    poly: Poly
    kind: Kind
    each: str = ""

    def __init_subclass__(cls) -> None:
        raise Refused("a relation is equal to itself, and nothing else is")

    def __post_init__(self) -> None:
        if type(self.kind) is not str or self.kind not in (">=", ">", "="):
            raise Refused(f"{self.kind!r} is no relation")
        if type(self.poly) is not Poly or type(self.each) is not str:
            raise Refused(f"{self.poly!r} for every {self.each!r} is no relation")
        require("Relation 1", _named(self.poly), "{} holds a name that is none", self.poly)

    def __str__(self) -> str:
        return f"{self.poly} {self.kind} 0" + (f"  for every {self.each}" if self.each else "")

    @property
    def speaks(self) -> frozenset[str]:
        """The names in p, at every depth, and those in ``each``."""
        return deep(self.poly) | frozenset(re.findall(r"\w+", self.each))


def _named(poly: Poly) -> bool:
    try:
        return deep(poly) is not None
    except Refused:
        return False


_KEY = object()


@dataclass(frozen=True, slots=True)
class Proved:
    """H ⊢ conclusion. Made by the rules of this file only."""

    hypotheses: frozenset[Relation]
    conclusion: Relation
    key: InitVar[object]

    def __init_subclass__(cls) -> None:
        raise Refused("a theorem is made by the kernel's rules, not by another class")

    def __post_init__(self, key: object) -> None:
        if key is not _KEY or type(self.conclusion) is not Relation:
            raise Refused("a theorem is made by the kernel's rules, not by hand")


def _theorem(found: Proved) -> Proved:
    if type(found) is not Proved:
        raise Refused(f"{found!r} is no theorem of the kernel")
    return found


def assume(relation: Relation) -> Proved:
    """───── r ⊢ r. No side condition."""
    return Proved(frozenset({relation}), relation, _KEY)


Part = tuple[Poly, list[Relation]]


def _parts(known: Sequence[Relation], terms: Iterable[Term]) -> list[Part]:
    return [(multiplier(t), [known[i] for i in t.factors]) for t in terms]


def _total(parts: Iterable[Part], slack: Fraction) -> Poly:
    total = const(slack)
    for product, factors in parts:
        for g in factors:
            product = product * g.poly
        total += product
    return total


def expanded(known: Sequence[Relation], terms: Sequence[Term], slack: Fraction) -> Poly:
    """Σ (squares)·Π g_i + slack."""
    return _total(_parts(known, terms), slack)


def certificate(
    premises: Sequence[Proved],
    goal: Relation,
    terms: Sequence[Term],
    equations: Sequence[tuple[int, Poly]] = (),
    slack: object = 0,
) -> Proved:
    """H ⊢ g_i, H ⊢ h_j ───── H ⊢ p, where p = Σ_t σ_t·Π g_i + Σ_j λ_j·h_j + slack.

    Side conditions (σ_t ≥ 0 are those of :func:`proofs.kernel.squares.multiplier`): 1. nothing here
    holds 'for every'; 2. slack ≥ 0; 3. each h_j is an equation; 4. if p is to be = 0, there are no
    terms and no slack; 5. if p is to be > 0, slack > 0, or some σ_t is a constant > 0 and all its
    g_i are strict; 6. the identity, expanded exactly.
    """
    proved, free = [_theorem(p) for p in premises], rational(slack)
    known = [p.conclusion for p in proved]
    require("certificate 1", not any(r.each for r in (*known, goal)), "it holds 'for every'")
    require("certificate 2", free >= 0, "a negative slack")
    parts = _parts(known, terms)
    total = _total(parts, free)
    for i, factor in equations:
        h = known[i]
        require("certificate 3", h.kind == "=", "{} is not an equation", h)
        total += h.poly * factor
    strict = free > 0 or any(
        not s.names and s.terms.get((), 0) > 0 and all(g.kind == ">" for g in own)
        for s, own in parts
    )
    empty = goal.kind != "=" or not (parts or free)
    require("certificate 4", empty, "an equation follows from equations only")
    require("certificate 5", goal.kind != ">" or strict, "nothing makes the inequality strict")
    left = goal.poly - total
    require("certificate 6", left == const(0), "the identity fails: {} is left", left)
    return Proved(frozenset().union(*(p.hypotheses for p in proved)), goal, _KEY)


def absurd(nothing: Proved, goal: Relation) -> Proved:
    """H ⊢ 0 > 0 ───── H ⊢ r. Side condition: 1. it is 0 > 0."""
    found = _theorem(nothing).conclusion
    require("absurd 1", found == Relation(const(0), ">"), "{} is no contradiction", found)
    return Proved(nothing.hypotheses, goal, _KEY)


_COVERS = ({">", "=", "<"}, {">=", "<="}, {">=", "<"}, {">", "<="})


def cases(poly: Poly, branches: Mapping[str, Proved]) -> Proved:
    """H, p > 0 ⊢ r and H, p = 0 ⊢ r and H, p < 0 ⊢ r ───── H ⊢ r (or ≥, ≤ among the signs).

    Side conditions: 1. the signs leave nothing out; 2. every branch proves the same.
    """
    own = {sign: _theorem(branch) for sign, branch in branches.items()}
    signs: dict[str, Relation] = {
        ">=": Relation(poly, ">="), ">": Relation(poly, ">"), "=": Relation(poly, "="),
        "<=": Relation(-poly, ">="), "<": Relation(-poly, ">"),
    }  # fmt: skip
    if not own or any(type(sign) is not str or sign not in signs for sign in own):
        raise Refused(f"{list(own)} are not signs")
    whole = any(cover <= set(own) for cover in _COVERS)
    require("cases 1", whole, "the cases {} of {} leave a sign out", [*own], poly)
    goals = {b.conclusion for b in own.values()}
    require("cases 2", len(goals) == 1, "the cases prove different things")
    rest = frozenset().union(*(b.hypotheses - {signs[k]} for k, b in own.items()))
    return Proved(rest, next(iter(goals)), _KEY)


def cut(lemma: Proved, main: Proved) -> Proved:
    """H ⊢ a and G, a ⊢ r ───── H, G ⊢ r. No side condition."""
    rest = _theorem(main).hypotheses - {_theorem(lemma).conclusion}
    return Proved(lemma.hypotheses | rest, main.conclusion, _KEY)


def _replaced(r: Relation, new: Mapping[str, Poly], side: str) -> Relation:
    atoms = frozenset().union(*(deep(var(n)) for n in r.poly.names if not plain(n)))
    require(side, not atoms & set(new), "{}: it does not reach into 1/(·), |·|, √(·) or Σ(·)", r)
    total = const(0)
    for m, c in r.poly.terms.items():
        part = const(c)
        for name, power in m:
            for _ in range(power):
                part = part * new.get(name, var(name))
        total += part
    return Relation(total, r.kind, r.each)


def substitute(proved: Proved, new: Mapping[str, Poly]) -> Proved:
    """H ⊢ r ───── H[q/x] ⊢ r[q/x], for all x at once.

    Side conditions: 1. nothing in it holds 'for every'; 2. no atom in it is an x, or speaks of one.
    """
    free = not any(r.each for r in (*_theorem(proved).hypotheses, proved.conclusion))
    require("substitute 1", free, "no substitution under 'for every'")
    values = dict(new)
    if any(type(x) is not str for x in values):
        raise Refused("a name is a text")
    hypotheses = frozenset(_replaced(h, values, "substitute 2") for h in proved.hypotheses)
    return Proved(hypotheses, _replaced(proved.conclusion, values, "substitute 2"), _KEY)


def _bound(
    hypotheses: Iterable[Relation], names: frozenset[str], each: str, side: str
) -> frozenset[Relation]:
    """Hypotheses that speak of ``names`` become hypotheses 'for every'."""
    taken = [h for h in hypotheses if h.each and h.speaks & names]
    require(side, not taken, "a hypothesis 'for every' speaks of what is already bound")
    return frozenset(Relation(h.poly, h.kind, each) if h.speaks & names else h for h in hypotheses)


def summation(proved: Proved, names: Iterable[str], each: str) -> Proved:
    """H ⊢ p ≥ 0 ───── H for every j ⊢ Σ_j p ≥ 0, monomial by monomial; > gives ≥, = gives =.

    ``names`` are those of the coordinate, ``each`` is j. Side conditions: 1. p ≥ 0 does not hold
    'for every'; 2. the coordinate's names are variables; 3. no atom in p speaks of them; 4. no
    hypothesis that holds 'for every' does.
    """
    own, total, goal = frozenset(names), const(0), _theorem(proved).conclusion
    require("summation 1", not goal.each, "no sum under 'for every'")
    require("summation 2", all(plain(x) for x in (each, *own)), "an atom is no coordinate")
    for m, c in goal.poly.terms.items():
        mine = Poly({tuple(f for f in m if f[0] in own): Fraction(1)})
        shared = Poly({tuple(f for f in m if f[0] not in own): c})
        require("summation 3", not deep(shared) & own, "an atom of the coordinate is not summed")
        total += shared * var(f"Σ_{each}({mine})")
    every = f"{each} of {', '.join(sorted(own))}"
    hypotheses = _bound(proved.hypotheses, own, every, "summation 4")
    return Proved(hypotheses, Relation(total, "=" if goal.kind == "=" else ">="), _KEY)


def induction(
    goal: Relation,
    base: Proved,
    step: Proved,
    state: Mapping[str, tuple[str, str]],
    index: str,
) -> Proved:
    """H ⊢ P(a, 0) and G, n ≥ 0, P(x, n) ⊢ P(b, n+1) ───── H, n ≥ 0, G for every n ⊢ P(x, n).

    ``goal`` is P, ``state`` is x → (a, b), the names of x_0 and x_{n+1}; n ≥ 0 and G (as far as it
    speaks of an x, a b or n) hold 'for every n of x: a → b'. Side conditions: 1. P does not hold
    'for every'; 2. all x, a, b and n are variables; 3. P speaks of no b, unless it is an x or n;
    4. no atom in P speaks of an x or n; 5. the base proves P(a, 0); 6. the step proves P(b, n+1);
    7. nothing in G that holds 'for every' speaks of an x, a b or n. (Nor may H speak of these: true
    or not, it would be said of x_n alone.)
    """
    pairs = {x: (a, b) for x, (a, b) in state.items()}
    names = (index, *pairs, *(name for two in pairs.values() for name in two))
    later = frozenset(b for _, b in pairs.values())
    moving = later | {index, *pairs}
    first = {x: var(a) for x, (a, _) in pairs.items()} | {index: const(0)}
    after = {x: var(b) for x, (_, b) in pairs.items()} | {index: var(index) + const(1)}
    require("induction 1", not goal.each, "no induction to what holds 'for every'")
    require("induction 2", all(map(plain, names)), "an atom does not move by itself")
    require(
        "induction 3", not goal.speaks & (later - set(first)), "the goal speaks of a later index"
    )
    start, end = (_replaced(goal, new, "induction 4") for new in (first, after))
    require("induction 5", _theorem(base).conclusion == start, "the base does not prove {}", start)
    require("induction 6", _theorem(step).conclusion == end, "the step does not prove {}", end)
    if any(h.speaks & moving for h in base.hypotheses):
        raise Refused("the base speaks of a later index")
    every = ", ".join(f"{x}: {a} → {b}" for x, (a, b) in sorted(pairs.items()))
    counted, each = Relation(var(index), ">="), f"{index} of {every}"
    given = _bound(step.hypotheses - {goal, counted}, moving, each, "induction 7")
    return Proved(base.hypotheses | {Relation(var(index), ">=", each)} | given, goal, _KEY)


def inverse(nonzero: Proved) -> Proved:
    """H ⊢ q > 0 ───── H ⊢ 1/(q)·q = 1. Side conditions: 1. > and not ≥; 2. not 'for every'."""
    goal = _theorem(nonzero).conclusion
    require("inverse 1", goal.kind == ">", "{} may be zero", goal.poly)
    require("inverse 2", not goal.each, "no inverse under 'for every'")
    equation = atom("1/({})", goal.poly) * goal.poly - const(1)
    return Proved(nonzero.hypotheses, Relation(equation, "="), _KEY)


def absolute(q: Poly) -> tuple[Proved, Proved]:
    """───── ⊢ |q| ≥ 0 and ⊢ |q|² = q². No side condition."""
    a = atom("|{}|", q)
    return (Proved(frozenset(), Relation(a, ">="), _KEY),
            Proved(frozenset(), Relation(a * a - q * q, "="), _KEY))  # fmt: skip


def root(nonnegative: Proved) -> tuple[Proved, Proved]:
    """H ⊢ q ≥ 0 (> 0, = 0) ───── ⊢ √(q) ≥ 0 and H ⊢ √(q)² = q. Side condition: 1. not 'for every'.

    Of √(q) with q < 0 it says that it is ≥ 0.
    """
    goal = _theorem(nonnegative).conclusion
    require("root 1", not goal.each, "no root under 'for every'")
    a = atom("√({})", goal.poly)
    return (Proved(frozenset(), Relation(a, ">="), _KEY),
            Proved(nonnegative.hypotheses, Relation(a * a - goal.poly, "="), _KEY))  # fmt: skip
