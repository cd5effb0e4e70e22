r"""What an induction of a chain may call the same thing at another index.

The kernel keeps the pairings x: a → b of an induction in its hypotheses, where they are claims: the
numbers that x stands for begin with a, and the one after x is b. Nobody may make them up. Here

* x → b is taken if the theorem object says so (``Theorem.follows``); if b is a fresh name for
  x plus something, and nothing else is said of x (then x is the sum so far, by definition); or if
  both are powers, with one exponent that does not move, of what is paired;
* a is taken if the object says so (``Theorem.starts``), or if it is x's own name;
* what does not move is a parameter, what the object calls fixed, or a power of these.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import sympy as sp

from amverify.theorems.base import Theorem
from proofs.kernel.atoms import deep
from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Poly, Refused, var
from proofs.script.grants import Leaf, names_of
from proofs.script.means import SUMS
from proofs.script.translate import polynomial, spelt
from proofs.script.vectors import base_of, made

_CODE = re.compile(r"ǂ+[0-9a-f]+ǂ")


def words(name: str) -> frozenset[str]:
    """The names that a made name was made of."""
    return frozenset(x for x in _CODE.split(name) if x and not x.isdigit())


def constant(theorem: Theorem, name: str) -> bool:
    """Whether the object says that a symbol is the same at every index."""
    own = {p.name for p in theorem.parameters} | set(theorem.fixed)
    return name in own or (name.startswith(spelt("[")) and words(name) <= own)


@dataclass(frozen=True)
class Pairings:
    """The pairings of one induction, as it asks for them, and what its chain was granted.

    Args:
        theorem: the object.
        leaves: of the chain that proves the step.
        follow: x → b.
    """

    theorem: Theorem
    leaves: Mapping[Relation, Leaf]
    follow: Mapping[sp.Symbol, sp.Symbol]

    def check(self, moving: Collection[str]) -> None:
        """Refuse a pairing that nothing says.

        Raises:
            Refused: naming it.
        """
        for x, b in self.follow.items():
            if not (self._said(x, b) or self._sum(x, b) or self._power(x, b, moving)):
                raise Refused(f"nothing says that {x} is {b} at the next index")

    def grown(self, x: sp.Symbol) -> Poly | None:
        """By what a sum grows, if x is one: b is a fresh name for x and that."""
        b = self.follow.get(x)
        return None if b is None else self._added(spelt(x.name), spelt(b.name))

    def _said(self, x: sp.Symbol, b: sp.Symbol) -> bool:
        formula = self.theorem.follows.get(x.name)
        if formula is None:
            return False
        meant = self._meant(spelt(b.name))
        return polynomial(formula) in (var(spelt(b.name)), meant)

    def _meant(self, name: str) -> Poly | None:
        """What a name that the chain defines stands for."""
        for relation, leaf in self.leaves.items():
            if leaf.reason == "definition" and leaf.origin is None and leaf.name == name:
                return var(name) - relation.poly if relation.kind == "=" else None
        return None

    def _sum(self, x: sp.Symbol, b: sp.Symbol) -> bool:
        return self._added(spelt(x.name), spelt(b.name)) is not None

    def _added(self, x: str, b: str) -> Poly | None:
        meant = self._meant(b)
        spoken = [r for r in self.leaves if x in deep(r.poly)]
        if meant is None or x in names_of(self.theorem):
            return None
        added = meant - var(x)
        own = added == SUMS.get(x) if made(x) else len(spoken) == 1
        return added if own and not deep(added) & {x, b} else None

    def _power(self, x: sp.Symbol, b: sp.Symbol, moving: Collection[str]) -> bool:
        for base, then in self.follow.items():
            old, new = base_of(base), base_of(then)
            if x.name.startswith(old) and b.name.startswith(new):
                exponent = x.name.removeprefix(old)
                still = not words(exponent) & set(moving)
                if exponent == b.name.removeprefix(new) and still:
                    return self._said(base, then)
        return False


def begins(theorem: Theorem, x: sp.Symbol, a: sp.Symbol, own: bool) -> None:
    """Refuse a name at the first index that nothing says; ``own``: x is what x is called there.

    Raises:
        Refused: naming it.
    """
    if not (own and a == x) and theorem.starts.get(x.name) != a:
        raise Refused(f"nothing says that {x} is {a} at the first index")


def powers_of(theorem: Theorem, base: sp.Expr, names: Mapping[str, sp.Expr]) -> Iterable[sp.Expr]:
    """A base of a power, and the symbols that ``names`` (follows or starts) says become it."""
    yield base
    for name, other in names.items():
        if other == base and name in theorem.symbols:
            yield sp.Symbol(name, real=True)
