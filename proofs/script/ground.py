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

from collections.abc import Mapping
from dataclasses import dataclass, field

from amverify.theorems.base import Conclusion, Inequality, Theorem
from proofs.kernel import checker
from proofs.kernel.atoms import deep
from proofs.kernel.checker import Proved, Relation
from proofs.kernel.polynomial import Poly, Refused
from proofs.script import grants
from proofs.script.grants import Leaf


def plain(relation: Relation) -> Relation:
    """Without "for every"."""
    return Relation(relation.poly, relation.kind)


@dataclass
class Ground:
    """Leaves by relation, what facts' side conditions rest on, and what is proved of each index."""

    theorem: Theorem
    leaves: dict[Relation, Leaf] = field(default_factory=dict)
    needs: dict[Relation, frozenset[Relation]] = field(default_factory=dict)
    general: dict[Relation, frozenset[Relation]] = field(default_factory=dict)
    defined: dict[str, Relation] = field(default_factory=dict)

    def enter(self, leaf: Leaf) -> Proved:
        """Grant a leaf.

        Raises:
            Refused: if it defines a symbol that another leaf defines otherwise, or in a circle.
        """
        if leaf.reason == "definition" and leaf.origin is None:
            own = self.defined.setdefault(leaf.name, leaf.relation)
            if own != leaf.relation or self._within(leaf.name, leaf.name):
                raise Refused(f"{self.theorem.id}: {leaf.name} is defined twice, or by itself")
        self.leaves[leaf.relation] = leaf
        return checker.assume(leaf.relation)

    def _within(self, name: str, wanted: str) -> bool:
        """Whether a name's definition speaks of another one, at whatever depth."""
        if name not in self.defined:
            return False
        inside = deep(self.defined[name].poly) - {name}
        return wanted in inside or any(self._within(x, wanted) for x in inside)

    def define(self, name: str, formula: Poly, text: str) -> Proved:
        """A fresh name; the same definition may be asked for again."""
        leaf = grants.define(name, formula, grants.names_of(self.theorem), text)
        return self.enter(leaf)

    def counted(self, index: str) -> None:
        """An index counts from 0."""
        leaf = grants.index(self.theorem, index)
        self.leaves[leaf.relation] = leaf

    def renamed(self, proved: Proved, new: Mapping[str, Poly]) -> Proved:
        """A theorem with other symbols for its variables; its leaves are leaves again."""
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
        """What is proved of one index, to be used of each."""
        self.general[proved.conclusion] = proved.hypotheses
        return checker.assume(proved.conclusion)

    def settle(self, proved: Proved, part: Conclusion) -> tuple[Leaf, ...]:
        """The leaves on which a conclusion rests.

        Raises:
            Refused: if it rests on anything else, or on itself.
        """
        found: dict[Relation, Leaf] = {}
        open_ = [plain(h) for h in proved.hypotheses]
        seen = set(open_)
        while open_:
            h = open_.pop()
            more = self.general.get(h, frozenset()) | self.needs.get(h, frozenset())
            if h in self.leaves:
                found[h] = self._fits(self.leaves[h], part)
            elif h not in self.general:
                raise self._refuse(part, f"rests on {h}, which nobody granted")
            fresh = {plain(x) for x in more} - seen
            seen |= fresh
            open_ += fresh
        if proved.conclusion in seen:
            raise self._refuse(part, "is granted, not proved")
        return tuple(dict.fromkeys(found.values()))

    def _fits(self, leaf: Leaf, part: Conclusion) -> Leaf:
        if isinstance(leaf.origin, Inequality) and leaf.origin not in part.conditions:
            raise self._refuse(part, f"{leaf.name} is no condition of it")
        return leaf

    def _refuse(self, part: Conclusion, why: str) -> Refused:
        return Refused(f"{self.theorem.id}: {part.inequality.name}: {why}")


def _put(relation: Relation, new: Mapping[str, Poly]) -> Relation:
    return checker.substitute(checker.assume(plain(relation)), new).conclusion
