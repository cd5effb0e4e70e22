r"""What the theorems of a chain may rest on in the end, and that nothing else is left.

A chain's granted steps, and what links and lemmas grant besides (that a sum begins at 0 and grows
by its summand), are *leaves*. Renaming, as an induction does it when it puts every moving symbol at
an index n, makes leaves of leaves. What is proved for one index, with hypotheses about it, holds
for every one (``every``): its hypotheses count then.

``settle`` accepts a theorem as a conclusion only if each of its hypotheses is a leaf, each
condition belongs to this conclusion, the side conditions of facts rest on leaves too, and the
conclusion itself is none of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import sympy as sp

from amverify.theorems.base import Conclusion, Theorem
from proofs.kernel import checker
from proofs.kernel.atoms import deep
from proofs.kernel.atoms import plain as plain_name
from proofs.kernel.checker import Proved, Relation
from proofs.kernel.polynomial import Poly, Refused, const, var
from proofs.script import bound, grants
from proofs.script.facts import genuine
from proofs.script.grants import Leaf
from proofs.script.sequences import Pairings, constant
from proofs.script.translate import spelt


def plain(relation: Relation) -> Relation:
    """Without "for every"."""
    return Relation(relation.poly, relation.kind)


@dataclass
class Ground:
    """Leaves by relation, what facts' side conditions rest on, and what is proved of each index."""

    theorem: Theorem
    leaves: dict[Relation, tuple[Leaf, ...]] = field(default_factory=dict)
    needs: dict[Relation, frozenset[Relation]] = field(default_factory=dict)
    general: dict[Relation, frozenset[Relation]] = field(default_factory=dict)
    defined: dict[str, Relation] = field(default_factory=dict)
    inductions: set[str] = field(default_factory=set)

    def enter(self, leaf: Leaf) -> Proved:
        """Grant a leaf.

        Raises:
            Refused: if nothing makes it of the object, or it defines a symbol that another leaf
                defines otherwise, or in a circle.
        """
        if not genuine(self.theorem, leaf):
            raise Refused(f"{self.theorem.id}: nothing grants {leaf.relation}")
        return self._take(leaf)

    def _take(self, leaf: Leaf) -> Proved:
        if leaf.reason == "definition" and leaf.origin is None:
            own = self.defined.setdefault(leaf.name, leaf.relation)
            if own != leaf.relation or self._within(leaf.name, leaf.name):
                raise Refused(f"{self.theorem.id}: {leaf.name} is defined twice, or by itself")
        known = self.leaves.get(leaf.relation, ())
        self.leaves[leaf.relation] = (*known, leaf)
        return checker.assume(leaf.relation)

    def _within(self, name: str, wanted: str) -> bool:
        """Whether a name's definition speaks of another one, at whatever depth."""
        if name not in self.defined:
            return False
        inside = deep(self.defined[name].poly) - {name}
        return wanted in inside or any(self._within(x, wanted) for x in inside)

    def define(self, name: str, formula: Poly, text: str) -> Proved:
        """A fresh name; the same definition may be asked for again."""
        others = self.spoken(name) if name not in self.defined else frozenset()
        leaf = grants.define(name, formula, grants.names_of(self.theorem) | others, text)
        return self.enter(leaf)

    def spoken(self, name: str) -> frozenset[str]:
        """The name, if a leaf speaks of it."""
        return frozenset({name} if any(name in deep(r.poly) for r in self.leaves) else ())

    def pairings(self, follow: Mapping[sp.Symbol, sp.Symbol]) -> Pairings:
        """Pairings of an induction, before the leaves that there are."""
        return Pairings(self.theorem, {r: found[0] for r, found in self.leaves.items()}, follow)

    def empty(self, x: sp.Symbol, later: sp.Symbol) -> Proved:
        """A sum's value at its first index: 0.

        Raises:
            Refused: unless ``later`` is a name for x and something, and x is nothing else.
        """
        if self.pairings({x: later}).grown(x) is None:
            raise Refused(f"nothing says that {x} is a sum")
        name = spelt(f"{spelt(x.name)}[0]")
        return self._take(Leaf("definition", name, "an empty sum", Relation(var(name), "=")))

    def _called(self, symbol: str, name: str, times: Poly) -> Proved:
        """times·symbol − name = 0: what a symbol is at an index, as an induction found it to be."""
        text, term = self.theorem.symbols[symbol], self.theorem.terms[symbol]
        relation = Relation(times * var(symbol) - var(name), "=")
        return self._take(Leaf("definition", symbol, text, relation, term))

    def counted(self, index: str) -> None:
        """An index counts from 0."""
        self.enter(grants.index(self.theorem, index))

    def renamed(self, proved: Proved, index: str, still: Collection[str] = ()) -> Proved:
        """What is proved of one index, at index n: each x that moves is called x[n].

        Args:
            proved: the theorem; its leaves are leaves again.
            index: n.
            still: fresh names that do not move.

        Raises:
            Refused: if the object speaks of a symbol that is ``still``, or a leaf does.
        """
        for x in still:
            grants.define(x, const(0), grants.names_of(self.theorem) | self.spoken(x), "")
        relations = (*proved.hypotheses, proved.conclusion)
        names = filter(plain_name, frozenset[str]().union(*(deep(r.poly) for r in relations)))
        fixed = {index, *still}
        moving = [x for x in names if x not in fixed and not constant(self.theorem, x)]
        new = {x: var(spelt(f"{x}[{index}]")) for x in moving}
        for h in proved.hypotheses:
            other = _put(h, new)
            if h in self.leaves:
                self.leaves.setdefault(other, self.leaves[h])
            if h in self.needs:
                self.needs[other] = frozenset(_put(x, new) for x in self.needs[h])
                self._follow(self.needs[h], new)
            if h in self.general:
                self.general[other] = self.general[h]
        return checker.substitute(proved, new)

    def _follow(self, relations: frozenset[Relation], new: Mapping[str, Poly]) -> None:
        for h in relations:
            if h in self.leaves:
                self.leaves.setdefault(_put(h, new), self.leaves[h])

    def every(self, proved: Proved) -> Proved:
        """What is proved of one index, to be used of each.

        Raises:
            Refused: if it rests on anything but leaves and what is proved of each already.
        """
        known = set(self.leaves) | set(self.general)
        left = [h for h in proved.hypotheses if plain(h) not in known]
        if left:
            raise Refused(f"{self.theorem.id}: {left[0]}, which nobody granted, is not for every")
        self.general.setdefault(proved.conclusion, proved.hypotheses)
        return checker.assume(proved.conclusion)

    def settle(self, proved: Proved, part: Conclusion) -> tuple[Leaf, ...]:
        """The leaves on which a conclusion rests.

        Raises:
            Refused: if it rests on anything else, or on itself.
        """
        found: dict[Relation, Leaf] = {}
        open_ = [self._whole(h) for h in proved.hypotheses]
        seen = set(open_)
        while open_:
            h = open_.pop()
            more = self.general.get(h, frozenset()) | self.needs.get(h, frozenset())
            if h in self.leaves:
                found[h] = self._fits(self.leaves[h], part)
            elif h not in self.general:
                raise self._refuse(part, f"rests on {h}, which nobody granted")
            fresh = {self._whole(x) for x in more} - seen
            seen |= fresh
            open_ += fresh
        if any(grants.same(h, proved.conclusion) for h in seen):
            raise self._refuse(part, "is granted, not proved")
        return grants.of_one_case(self.theorem, part, dict.fromkeys(found.values()))

    def _whole(self, hypothesis: Relation) -> Relation:
        """A hypothesis without "for every", which has to be of a kind that may be granted."""
        joined = not hypothesis.each or hypothesis.each in self.inductions
        if not joined and (left := bound.left_out(self.theorem, hypothesis)):
            raise Refused(f"{self.theorem.id}: {left}")
        return plain(hypothesis)

    def _fits(self, leaves: tuple[Leaf, ...], part: Conclusion) -> Leaf:
        """Of leaves that say the same, one of this conclusion."""
        for leaf in leaves:
            if grants.belongs(self.theorem, part, leaf):
                return leaf
        raise self._refuse(part, f"{leaves[0].name} is no {leaves[0].reason} of it")

    def _refuse(self, part: Conclusion, why: str) -> Refused:
        return Refused(f"{self.theorem.id}: {part.inequality.name}: {why}")


def _put(relation: Relation, new: Mapping[str, Poly]) -> Relation:
    return checker.substitute(checker.assume(plain(relation)), new).conclusion
