r"""The trusted kernel: exact arithmetic on polynomials, and the few rules that make theorems.

A *relation* is p ≥ 0, p > 0 or p = 0, with p a polynomial over ℚ in named real variables. A
*theorem* H ⊢ r says: for all real values of the variables for which every relation of H holds,
r holds. Only the rules below make theorems (:class:`Proved`); each checks, none searches:

assume        r ⊢ r
certificate   p = Σ_t c_t·Π g_i·(squares) + Σ_j λ_j h_j + slack, g_i ≥ 0 and h_j = 0 being proved:
              an identity, expanded exactly. Squares: Σ c q², or mᵀGm with G ⪰ 0 by LDLᵀ over ℚ
cases         H, p > 0 ⊢ r and H, p = 0 ⊢ r and H, p < 0 ⊢ r (or ≥, ≤) give H ⊢ r
substitute    a polynomial for a variable, everywhere
cut           H ⊢ a and G, a ⊢ r give H ∪ G ⊢ r
summation     p(x_j) ≥ 0 for every coordinate j gives Σ_j p(x_j) ≥ 0, monomial by monomial
induction     P(x_0, 0), and P(x_n, n) ⊢ P(x_{n+1}, n+1), give P(x_n, n) for every n
inverse, absolute, root   what the symbols 1/(q), |q| and √(q) mean

A hypothesis with ``each`` set holds for every coordinate, or index, of that name. This file,
``polynomial.py``, ``squares.py`` and ``atoms.py`` are all that has to be trusted; standard library
only, no float, no search.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass
from fractions import Fraction
from typing import Literal

from proofs.atoms import ATOMS, atom, deep, named
from proofs.polynomial import Poly, Refused, const, rational, var
from proofs.squares import Term, multiplier

Kind = Literal[">=", ">", "="]


@dataclass(frozen=True)
class Relation:
    """p ≥ 0, p > 0 or p = 0; for every coordinate or index named by ``each``, if it is set."""

    poly: Poly
    kind: Kind
    each: str = ""

    def __post_init__(self) -> None:
        if self.kind not in (">=", ">", "="):
            raise Refused(f"{self.kind!r} is no relation")

    def __str__(self) -> str:
        return f"{self.poly} {self.kind} 0" + (f"  for every {self.each}" if self.each else "")


_KEY = object()


@dataclass(frozen=True)
class Proved:
    """H ⊢ conclusion. Made by the rules of this file only."""

    hypotheses: frozenset[Relation]
    conclusion: Relation
    key: InitVar[object]

    def __post_init__(self, key: object) -> None:
        if key is not _KEY:
            raise Refused("a theorem is made by the kernel's rules, not by hand")


def assume(relation: Relation) -> Proved:
    """R ⊢ r."""
    return Proved(frozenset({relation}), relation, _KEY)


def expanded(known: Sequence[Relation], terms: Sequence[Term], slack: Fraction) -> Poly:
    """Σ (squares)·Π g_i + slack."""
    total = const(slack)
    for term in terms:
        product = multiplier(term)
        for i in term.factors:
            product = product * known[i].poly
        total += product
    return total


def certificate(
    premises: Sequence[Proved],
    goal: Relation,
    terms: Sequence[Term],
    equations: Sequence[tuple[int, Poly]] = (),
    slack: object = 0,
) -> Proved:
    """The goal's p = Σ terms + Σ λ·h + slack, expanded; p > 0 needs a part that is positive."""
    known = [p.conclusion for p in premises]
    if any(r.each for r in (*known, goal)) or rational(slack) < 0:
        raise Refused("a negative slack, or a relation under 'for every'")
    total = expanded(known, terms, rational(slack))
    positive = rational(slack) > 0 or any(
        all(known[i].kind == ">" for i in t.factors)
        and multiplier(t).terms.get((), 0) > 0
        and not multiplier(t).names
        for t in terms
    )
    for i, factor in equations:
        if known[i].kind != "=":
            raise Refused(f"{known[i]} is not an equation")
        total += factor * known[i].poly
    if goal.kind == "=" and (terms or rational(slack)):
        raise Refused("an equation follows from equations only")
    if goal.kind == ">" and not positive:
        raise Refused("nothing makes the inequality strict")
    if total != goal.poly:
        raise Refused(f"the identity fails: {goal.poly - total} is left")
    return Proved(frozenset().union(*(p.hypotheses for p in premises)), goal, _KEY)


def absurd(nothing: Proved, goal: Relation) -> Proved:
    """From 0 > 0, anything."""
    if nothing.conclusion != Relation(const(0), ">"):
        raise Refused(f"{nothing.conclusion} is no contradiction")
    return Proved(nothing.hypotheses, goal, _KEY)


def cases(poly: Poly, branches: Mapping[str, Proved]) -> Proved:
    """Every branch proves the same from its own sign of ``poly``; the signs leave nothing out."""
    if not any(
        set(cover) <= set(branches) for cover in (">=<", (">=", "<="), (">=", "<"), (">", "<="))
    ):
        raise Refused(f"the cases {sorted(branches)} of {poly} leave a sign out")
    if len({b.conclusion for b in branches.values()}) != 1:
        raise Refused("the cases prove different things")
    sign = {">=": Relation(poly, ">="), ">": Relation(poly, ">"), "=": Relation(poly, "="),
            "<=": Relation(-poly, ">="), "<": Relation(-poly, ">")}  # fmt: skip
    rest = frozenset().union(*(b.hypotheses - {sign[k]} for k, b in branches.items()))
    return Proved(rest, next(iter(branches.values())).conclusion, _KEY)


def cut(lemma: Proved, main: Proved) -> Proved:
    """H ⊢ a and G, a ⊢ r give H ∪ G ⊢ r."""
    return Proved(lemma.hypotheses | (main.hypotheses - {lemma.conclusion}), main.conclusion, _KEY)


def _replaced(r: Relation, new: Mapping[str, Poly]) -> Relation:
    if any(deep(ATOMS[n]) & set(new) for n in r.poly.names if n in ATOMS) or set(new) & set(ATOMS):
        raise Refused(f"{r}: a substitution does not reach into 1/(·), |·| or √(·)")
    total = const(0)
    for m, c in r.poly.terms.items():
        part = const(c)
        for name, power in m:
            for _ in range(power):
                part = part * new.get(name, var(name))
        total += part
    return Relation(total, r.kind, r.each)


def substitute(proved: Proved, new: Mapping[str, Poly]) -> Proved:
    """Polynomials for variables, in hypotheses and conclusion."""
    if any(r.each for r in (*proved.hypotheses, proved.conclusion)):
        raise Refused("no substitution under 'for every'")
    return Proved(frozenset(_replaced(h, new) for h in proved.hypotheses),
                  _replaced(proved.conclusion, new), _KEY)  # fmt: skip


def _bound(hypotheses: Iterable[Relation], names: frozenset[str], each: str) -> set[Relation]:
    """Hypotheses about one coordinate become hypotheses about every one."""
    if any(h.each and h.poly.names & names for h in hypotheses):
        raise Refused("the coordinate is already bound")
    every = f"{each} of {', '.join(sorted(names))}"
    return {Relation(h.poly, h.kind, every) if deep(h.poly) & names else h for h in hypotheses}


def summation(proved: Proved, names: Iterable[str], each: str) -> Proved:
    """Σ_j p(x_j): each monomial m in the coordinate's ``names`` becomes the variable Σ_each(m)."""
    own, total = frozenset(names), const(0)
    if proved.conclusion.each:
        raise Refused("no sum under 'for every'")
    for m, c in proved.conclusion.poly.terms.items():
        mine = Poly({tuple(f for f in m if f[0] in own): Fraction(1)})
        shared = Poly({tuple(f for f in m if f[0] not in own): c})
        if deep(shared) & own:
            raise Refused("an atom of the coordinate cannot be summed")
        total += shared * named(f"Σ_{each}({mine})", const(0))
    kind: Kind = "=" if proved.conclusion.kind == "=" else ">="
    hypotheses = frozenset(_bound(proved.hypotheses, own, each))
    return Proved(hypotheses, Relation(total, kind), _KEY)


def induction(
    goal: Relation,
    base: Proved,
    step: Proved,
    state: Mapping[str, tuple[str, str]],
    index: str,
) -> Proved:
    """``goal`` is P(x_n, n); ``state``: x_n → (x_0, x_{n+1}); the step assumes P and n ≥ 0."""
    first = {x: var(a) for x, (a, _) in state.items()} | {index: const(0)}
    after = {x: var(b) for x, (_, b) in state.items()} | {index: var(index) + const(1)}
    if _replaced(goal, first) != base.conclusion or _replaced(goal, after) != step.conclusion:
        raise Refused(f"base or step do not prove {goal}")
    moving = frozenset({index, *state, *(b for _, b in state.values())})
    if any(deep(h.poly) & moving for h in base.hypotheses):
        raise Refused("the base speaks of a later index")
    counted = Relation(var(index), ">=")
    steps = _bound(step.hypotheses - {goal, counted}, moving, index)
    return Proved(base.hypotheses | {counted} | steps, goal, _KEY)


def inverse(nonzero: Proved) -> Proved:
    """From q > 0 or −q > 0: 1/(q)·q = 1, with the variable named 1/(q)."""
    q = nonzero.conclusion.poly
    if nonzero.conclusion.kind != ">" or nonzero.conclusion.each:
        raise Refused(f"{q} may be zero")
    equation = atom("1/({})", q) * q - const(1)
    return Proved(nonzero.hypotheses, Relation(equation, "="), _KEY)


def absolute(q: Poly) -> tuple[Proved, Proved]:
    """|q| ≥ 0 and |q|² = q²."""
    a = atom("|{}|", q)
    return (Proved(frozenset(), Relation(a, ">="), _KEY),
            Proved(frozenset(), Relation(a * a - q * q, "="), _KEY))  # fmt: skip


def root(nonnegative: Proved) -> tuple[Proved, Proved]:
    """From q ≥ 0: √(q) ≥ 0 and √(q)² = q."""
    q, kind = nonnegative.conclusion.poly, nonnegative.conclusion.kind
    if kind not in (">=", ">") or nonnegative.conclusion.each:
        raise Refused(f"{q} may be negative")
    a = atom("√({})", q)
    return (Proved(frozenset(), Relation(a, ">="), _KEY),
            Proved(nonnegative.hypotheses, Relation(a * a - q, "="), _KEY))  # fmt: skip
