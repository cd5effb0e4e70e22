r"""Models in which the kernel's relations are true or false, over ℚ and exactly.

A model gives every plain name a number, every label a few coordinates, every name a value at each
of them. "For every j of x" moves x over its values at j's coordinates; "for every n of x: a → b"
moves n, x and b along a sequence. A moved name has new coordinates of its own, drawn at random. Of
1/(0) a model says anything, of √ of a negative number anything ≥ 0; where a root is irrational
the model is given up (:class:`Irrational`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from random import Random

from proofs.kernel.atoms import deep, inside, plain
from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Poly, Refused

Number = int | Fraction
SMALL: tuple[Number, ...] = (-2, -1, -1, 0, 0, 0, 1, 1, 1, 2, 3, 4, Fraction(1, 2), Fraction(-1, 2))


class Irrational(Exception):
    """A root that is no rational number: another model is to be drawn."""


class Model:
    """Values of names, drawn when they are first asked for; a child moves the names ``own``."""

    def __init__(
        self,
        rng: Random,
        parent: Model | None = None,
        own: Iterable[str] = (),
        values: Mapping[str, Number] | None = None,
    ) -> None:
        self.rng, self.parent, self.own = rng, parent, frozenset(own)
        self.values: dict[str, Number] = dict(values or {})
        self.columns: dict[tuple[str, str], list[Number]] = {}
        self.root: Model = self if parent is None else parent.root
        self.lengths: dict[str, int] = {}
        self.families: dict[str, list[Model]] = {}
        self.of_zero: Number = rng.choice((0, 1, -1, 2))
        self.of_negative: Number = rng.choice((0, 1, 2))

    def value(self, name: str) -> Number:
        """The value of a name; an atom's is computed, unless the name itself is moved."""
        if name in self.values:
            return self.values[name]
        if not plain(name):
            return self._atom(name)
        if self.parent is not None and name not in self.own:
            return self.parent.value(name)
        return self.values.setdefault(name, self.rng.choice(SMALL))

    def _atom(self, name: str) -> Number:
        q = _meaning(name)
        if q is None:
            return self.root.values.setdefault(name, self.rng.choice(SMALL))
        if name[0] == "Σ":
            return self._sum(name[2 : name.index("(")], q)
        found = self.at(q)
        if name[0] == "|":
            return abs(found)
        if name[0] == "1":
            return 1 / Fraction(found) if found else self.root.of_zero
        return self.root.of_negative if found < 0 else _sqrt(Fraction(found))

    def _sum(self, label: str, q: Poly) -> Number:
        names = [n for n in deep(q) if plain(n)]
        columns = {n: self.column(label, n) for n in names}
        rows = [{n: columns[n][i] for n in names} for i in range(self.length(label))]
        return sum((Model(self.rng, self, names, row).at(q) for row in rows), 0)

    def length(self, label: str) -> int:
        """How many coordinates a label has."""
        return self.root.lengths.setdefault(label, self.rng.choice((0, 1, 1, 2, 2, 3)))

    def column(self, label: str, name: str) -> list[Number]:
        """A name's values at the coordinates of a label."""
        if self.parent is not None and name not in self.own:
            return self.parent.column(label, name)
        if (label, name) not in self.columns:
            drawn = [self.rng.choice(SMALL) for _ in range(self.length(label))]
            self.columns[label, name] = drawn
        return self.columns[label, name]

    def at(self, poly: Poly) -> Number:
        """The value of a polynomial."""
        total: Number = 0
        for monomial, c in poly.terms.items():
            product: Number = c.numerator if c.denominator == 1 else c
            for name, power in monomial:
                product = product * self.value(name) ** power
            total += product
        return total

    def true(self, relation: Relation) -> bool:
        """Whether a relation holds here; one of a sequence's index does where there is one."""
        if relation.each:
            if _counts(relation):
                return True
            plain_ = Relation(relation.poly, relation.kind)
            return all(child.true(plain_) for child in self.family(relation.each))
        found = self.at(relation.poly)
        return found > 0 if relation.kind == ">" else found == 0 if relation.kind == "=" else (
            found >= 0
        )  # fmt: skip

    def family(self, each: str) -> list[Model]:
        """The models over which "for every …" ranges."""
        if each not in self.families:
            label, _, names = each.partition(" of ")
            if _moves(each):
                self.sequence(each, tied=False)
            else:
                own = names.split(", ") if names else []
                columns = {n: self.column(label, n) for n in own}
                self.families[each] = [
                    Model(self.rng, self, own, {n: columns[n][i] for n in own})
                    for i in range(self.length(label))
                ]
        return self.families[each]

    def sequence(self, each: str, tied: bool) -> bool:
        """Draw sequences for a pairing; ``tied``: that end at this model's own values.

        Returns whether there are any: a name that is there twice may forbid it.
        """
        index, pairs = _pairing(each)
        own = {index, *pairs, *(b for _, b in pairs.values())}
        known = self.values if tied else {}
        length = known.setdefault(index, self.rng.choice((0, 1, 1, 2, 2, 3)))
        if not isinstance(length, int) or not 0 <= length <= 4:
            return False
        rows: list[dict[str, Number]] = []
        for k in range(length, -1, -1):
            row: dict[str, Number] = {index: k}
            if rows:
                wanted = [(b, rows[0][x]) for x, (_, b) in pairs.items()]
                if any(row.setdefault(name, value) != value for name, value in wanted):
                    return False
            for x in pairs:
                at_end = known.get(x) if not rows else None
                row.setdefault(x, self._next(rows, x) if at_end is None else at_end)
            rows.insert(0, row)
        self.families[each] = [Model(self.rng, self, own, row) for row in rows[:-1]]
        if not tied:
            return True
        for x, (a, _) in pairs.items():
            if known.setdefault(x, rows[-1][x]) != rows[-1][x]:
                return False
            if plain(a) and a not in known:
                known[a] = rows[0][x]
        if any(rows[-1][x] != known[x] for x in (index, *pairs)):
            return False
        return all(self.value(a) == rows[0][x] for x, (a, _) in pairs.items())

    def _next(self, rows: list[dict[str, Number]], x: str) -> Number:
        if rows and self.rng.random() < 0.4:
            return rows[0][x] - self.rng.choice((0, 1, 1))
        return self.rng.choice(SMALL)


def _meaning(name: str) -> Poly | None:
    try:
        return inside(name)
    except Refused:
        return None


def _moves(each: str) -> bool:
    """Whether this is an induction's "n of x: a → b", which may be empty after "of"."""
    return "→" in each or each.endswith(" of ")


def _counts(relation: Relation) -> bool:
    """Whether this is n ≥ 0 "for every n of …": that there are such sequences."""
    index = relation.each.partition(" of ")[0]
    return _moves(relation.each) and relation.kind == ">=" and str(relation.poly) == index


def _pairing(each: str) -> tuple[str, dict[str, tuple[str, str]]]:
    index, _, text = each.partition(" of ")
    pairs = {}
    for part in text.split(", ") if text else ():
        x, _, both = part.partition(": ")
        a, _, b = both.partition(" → ")
        pairs[x] = (a, b)
    return index, pairs


def _sqrt(x: Fraction) -> Fraction:
    p, q = math.isqrt(x.numerator), math.isqrt(x.denominator)
    if p * p != x.numerator or q * q != x.denominator:
        raise Irrational
    return Fraction(p, q)


def draw(rng: Random, hypotheses: Iterable[Relation]) -> Model | None:
    """A model with the sequences that the hypotheses speak of; None if there is none."""
    model = Model(rng)
    for each in sorted({h.each for h in hypotheses if _counts(h)}):
        if not model.sequence(each, tied=True):
            return None
    return model
