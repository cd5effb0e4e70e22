"""Proving a chain: each of its steps asked of the kernel, its conclusions held to the object."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from amverify.theorems.base import Inequality
from proofs.kernel import checker
from proofs.kernel.atoms import atom, deep
from proofs.kernel.checker import Proved, Relation
from proofs.kernel.polynomial import Refused, const
from proofs.kernel.squares import Term
from proofs.script import grants, magnitude
from proofs.script.chains import EXTREMES, Chain, Conclusion, Step
from proofs.script.clamps import Clamp, clamp_step
from proofs.script.facts import genuine
from proofs.script.grants import Leaf
from proofs.script.multipliers import Find, Multipliers
from proofs.script.translate import polynomial, relation


class Kernel:
    """A chain's steps as theorems of the kernel, one after the other.

    ``leaves`` and ``granted``: the leaves, by relation and by step; ``needs``: what the side
    conditions of a fact rest on.
    """

    def __init__(self, chain: Chain, multipliers: Multipliers | None = None) -> None:
        self.chain, self.proved = chain, dict[str, Proved]()
        self.multipliers = multipliers or Multipliers()
        self.leaves: dict[Relation, Leaf] = {}
        self.granted: dict[str, Leaf] = {}
        self.needs: dict[Relation, frozenset[Relation]] = {}
        self.obligations: list[tuple[str, tuple[Relation, ...], Relation]] = []
        self._taken = set(grants.names_of(chain.theorem))

    def relation(self, step: Step) -> Relation:
        """A step's proposition, where the chain itself says what it is."""
        return Relation(polynomial(step.expr), step.kind)

    def reason(self, step: Step) -> str:
        """Why a step may stand: of a granted one, which kind of leaf it is."""
        return self.granted[step.id].reason if step.id in self.granted else step.why

    def __getitem__(self, name: str) -> Proved:
        if name not in self.proved:
            raise Refused(f"{self.chain.id}: step {name} is used before it is proved")
        return self.proved[name]

    def run(self) -> dict[str, Proved]:
        """Every step; then the conclusions are compared with the theorem's own formulas."""
        for step in self.chain.steps:
            if step.id in self.proved:
                raise Refused(f"{self.chain.id}: two steps {step.id}")
            self.proved[step.id] = found = self._prove(step)
            self._taken |= deep(found.conclusion.poly)
        for end in self.chain.conclusions:
            self._compare(end)
        return self.proved

    def _prove(self, step: Step) -> Proved:
        match step.why:
            case "granted":
                return self._grant(step)
            case "derived":
                return self._derived(step)
            case "root":
                return self._root(step)
            case "cases":
                first, mine, theirs = (self[name] for name in step.parts)
                above, other = (">", "<=") if first.conclusion.kind == ">" else (">=", "<=")
                return checker.cases(first.conclusion.poly, {above: mine, other: theirs})
            case "atom":
                return self._atom(step)
        return checker.assume(self.relation(step))

    def _grant(self, step: Step) -> Proved:
        """Assume what the theorem object, or a fact's template, says.

        Raises:
            Refused: if it does not say so, or a side condition of a fact is not proved.
        """
        assert step.make is not None, "a granted step says how it is made"
        try:
            leaf = step.make(self.chain.theorem, self._taken)
        except Refused as why:
            raise Refused(f"{self.chain.id}: {step.id}: {why}") from None
        if not genuine(self.chain.theorem, leaf):
            raise Refused(f"{self.chain.id}: {step.id}: nothing grants {leaf.relation}")
        proved = [self[name] for name in step.parts]
        known = {p.conclusion for p in proved}
        known |= {Relation(r.poly, ">=") for r in known if r.kind == ">" and not r.each}
        open_ = set(leaf.asks) - known
        if open_:
            missing = ", ".join(map(str, open_))
            raise Refused(f"{self.chain.id}: {step.id}: {leaf.name} asks for {missing}")
        self.leaves[leaf.relation] = self.granted[step.id] = leaf
        if leaf.asks:
            rests = frozenset[Relation]().union(*(p.hypotheses for p in proved))
            self.needs[leaf.relation] = self.needs.get(leaf.relation, frozenset()) | rests
        assumed = checker.assume(leaf.relation)
        return self._one_side(assumed, leaf, step.side) if step.side else assumed

    def _one_side(self, size: Proved, leaf: Leaf, side: int) -> Proved:
        """±q ≤ b from |q| ≤ b."""
        if not isinstance(leaf.origin, Inequality) or not isinstance(leaf.origin.lhs, sp.Abs):
            raise Refused(f"{self.chain.id}: {leaf.name} bounds no absolute value")
        return magnitude.one_side(size, polynomial(leaf.origin.lhs.args[0]), side)

    def _atom(self, step: Step) -> Proved:
        """What the kernel says of 1/q, √q and min(x, y)."""
        parts = [self[name] for name in step.parts]
        if step.bounds:
            return clamp_step(Clamp(step.expr, *step.bounds), step.side, parts)
        extreme = next((x for x in sp.Add.make_args(step.expr) if isinstance(x, EXTREMES)), None)
        if extreme is not None:
            return self._extreme(step, extreme, parts)
        (above,) = parts
        if step.id.startswith(("√", "√²")):
            sign, square = checker.root(above)
            return sign if step.kind == ">=" else square
        equation = checker.inverse(above)
        if step.kind == "=":
            return equation
        i = atom("1/({})", above.conclusion.poly)
        squared = Term((0,), ((Fraction(1), i),))
        return checker.certificate([above, equation], Relation(i, ">="), [squared], [(1, -i)])

    def _extreme(self, step: Step, extreme: sp.Expr, parts: list[Proved]) -> Proved:
        x, y = map(polynomial, extreme.args)
        if parts:
            return magnitude.minimum(x, y, polynomial(extreme - step.expr), *parts)
        side = magnitude.below if isinstance(extreme, sp.Min) else magnitude.over
        return side(x, y, step.side)

    def _derived(self, step: Step) -> Proved:
        names = list(dict.fromkeys([n for t in step.terms for n in t.factors] + [*step.zero]))
        premises = [self[name] for name in names]
        terms = []
        for found in step.terms:
            square = polynomial(sp.Mul(*found.squares))
            c = Fraction(int(found.coefficient.p), int(found.coefficient.q))
            at = tuple(names.index(name) for name in found.factors)
            terms.append(Term(at, ((c, square),)))
        goal = self.relation(step)
        known = [p.conclusion for p in premises]
        factors = self.multipliers.of(
            step.id,
            lambda: goal.poly - checker.expanded(known, terms, Fraction(0)),
            [self[n].conclusion.poly for n in step.zero],
        )
        equations = [(names.index(n), q) for n, q in zip(step.zero, factors, strict=True)]
        try:
            reached = checker.certificate(premises, goal, terms, equations)
        except Refused as why:
            raise Refused(f"{self.chain.id}, step “{step.id}”: {why}") from None
        self.obligations.append((step.id, tuple(p.conclusion for p in premises), goal))
        return reached

    def _root(self, step: Step) -> Proved:
        """y − x ≥ 0; else x − y = s > 0, and −s = (1/s)((y² − x²) + 2ys) contradicts."""
        squared, larger = (self[name] for name in step.parts)
        goal = self.relation(step)
        s = checker.assume(Relation(-goal.poly, ">"))
        equation = checker.inverse(s)
        i, one = atom("1/({})", s.conclusion.poly), Fraction(1)
        sign = checker.certificate(
            [s, equation], Relation(i, ">="), [Term((0,), ((one, i),))], [(1, -i)]
        )
        terms = [Term((1, 2)), Term((0, 1, 3), ((2 * one, const(1)),))]
        known = [s, sign, squared, larger, equation]
        below = checker.certificate(known, goal, terms, [(4, s.conclusion.poly)])
        return checker.cases(goal.poly, {">=": checker.assume(goal), "<": below})

    def _compare(self, end: Conclusion) -> None:
        own = [part.inequality for part in self.chain.theorem.conclusions]
        if end.inequality not in own:
            raise Refused(f"{self.chain.id}: {end.inequality.name} is no conclusion of the theorem")
        if self[end.step].conclusion != relation(end.inequality):
            raise Refused(f"{self.chain.id}: {end.inequality.name} is not what {end.step} says")


def prove(chain: Chain, find: Find | None = None) -> dict[str, Proved]:
    """Every step of a chain as a theorem of the kernel; ``find`` looks for multipliers.

    Raises:
        Refused: for the first step that does not follow, or a conclusion that is not the object's.
    """
    return Kernel(chain, Multipliers(find=find)).run()
