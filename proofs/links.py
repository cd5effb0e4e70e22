r"""Joining a theorem's chains by induction: P(x_0, 0), P(x_n, n) ⊢ P(x_{n+1}, n+1).

A chain proves one step of an induction, another one uses its result. A ``Link`` says which: the
step's theorem, its symbols renamed; the goal P ≥ 0; for each symbol that moves with the index, its
first and next values; equations that say what those are. The kernel proves base and step from
them, applies its rule ``induction``, and compares what comes out with the input that the other
chain took on credit. ``finish`` is the equation that names the end (T_K = K times the average).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import sympy as sp

from proofs import checker, search
from proofs.certificates_io import Steps
from proofs.chains import Chain, Kernel, polynomial
from proofs.checker import Proved, Relation
from proofs.polynomial import Poly, Refused
from proofs.squares import Term

Find = Callable[[Poly, Sequence[Poly]], tuple[Poly, ...]]


@dataclass(frozen=True)
class Link:
    """One induction.

    Args:
        source: name of the chain that proves the step, and the id of its theorem there.
        target: name of the chain that uses the result, and the id of its input.
        goal: P ≥ 0.
        index: n.
        state: symbol → (first, next).
        rename: formulas for symbols of the step's theorem.
        equations: formulas = 0, each with its meaning: what first and next values are.
        finish: formulas = 0 that take P to the target's input.
        lemmas: inputs of the step proved elsewhere in the theorem's chains: (chain, id).
        above: q > 0 in the step that follows from n ≥ 0, if there is one.
    """

    source: tuple[str, str]
    target: tuple[str, str]
    goal: sp.Expr
    index: sp.Symbol
    state: Mapping[sp.Symbol, tuple[sp.Symbol, sp.Symbol]]
    rename: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)
    equations: Mapping[sp.Expr, str] = field(default_factory=dict)
    finish: Mapping[sp.Expr, str] = field(default_factory=dict)
    lemmas: tuple[tuple[str, str], ...] = ()
    above: sp.Expr | None = None


@dataclass(frozen=True)
class Joints:
    """Multipliers of the equations by which chains are joined: stored ones, or found anew."""

    stored: Mapping[str, tuple[Poly, ...]] | None
    found: dict[str, tuple[Poly, ...]] = field(default_factory=dict)

    def multipliers(self, name: str, rest: Poly, equations: Sequence[Poly]) -> tuple[Poly, ...]:
        """λ_j with rest = Σ λ_j h_j, for the joint of that name.

        Raises:
            Refused: if they are not in the certificate file.
            Undecided: if they are to be found, and are not.
        """
        if not equations:
            return ()
        if self.stored is None:
            self.found[name] = search.multipliers(rest, equations)
            return self.found[name]
        kept = self.stored.get(name)
        if kept is None or len(kept) != len(equations):
            raise Refused(f"step “{name}”: its multipliers are not in the certificate file")
        return kept


@dataclass(frozen=True)
class Lemma:
    """An input of a chain, proved by the kernel's rules directly.

    Args:
        target: name of the chain that uses it, and the id of its input.
        prove: the theorem, from the chains' kernels by name.
    """

    target: tuple[str, str]
    prove: Callable[[Mapping[str, Kernel], Joints], Proved]


JOINTS = "joints"
"""The part of a certificate file that has the joints' multipliers."""

Paid = dict[tuple[str, str], Proved]


def _equal(formulas: Mapping[sp.Expr, str]) -> list[Proved]:
    return [checker.assume(Relation(polynomial(f), "=")) for f in formulas]


def _follows(
    name: str,
    joints: Joints,
    goal: Poly,
    premises: Sequence[Proved],
    equations: Sequence[Proved],
) -> Proved:
    """goal = Σ premises + Σ λ·equations."""
    rest = goal
    for premise in premises:
        rest = rest - premise.conclusion.poly
    factors = joints.multipliers(name, rest, [e.conclusion.poly for e in equations])
    terms = [Term((i,)) for i in range(len(premises))]
    used = [(e, q) for e, q in zip(equations, factors, strict=True) if q.terms]
    pairs = [(len(premises) + i, q) for i, (_, q) in enumerate(used)]
    known = [*premises, *(e for e, _ in used)]
    return at(name, known, Relation(goal, ">="), terms, pairs)


def at(
    name: str,
    known: Sequence[Proved],
    goal: Relation,
    terms: Sequence[Term],
    pairs: Sequence[tuple[int, Poly]],
) -> Proved:
    """A certificate at a joint.

    Raises:
        Refused: naming the joint.
    """
    try:
        return checker.certificate(known, goal, terms, pairs)
    except Refused as why:
        raise Refused(f"step “{name}”: {why}") from None


def joined(link: Link, kernels: Mapping[str, Kernel], paid: Paid, joints: Joints) -> Proved:
    """The target's input as a theorem.

    Raises:
        Refused: if base, step or end do not follow.
    """
    name = " · ".join(x for x in link.target if x)
    where = f"{next(iter(kernels.values())).chain.theorem.id}, induction to “{link.target[1]}”"
    try:
        goal, equations = polynomial(link.goal), _equal(link.equations)
        first = {x: a for x, (a, _) in link.state.items()} | {link.index: sp.Integer(0)}
        after = {x: b for x, (_, b) in link.state.items()} | {link.index: link.index + 1}
        base = _follows(f"{name}: base", joints, polynomial(_put(link.goal, first)), (), equations)
        one = _step(link, kernels, paid)
        step = _follows(
            f"{name}: step", joints, polynomial(_put(link.goal, after)), (one,), equations
        )
        state = {x.name: (a.name, b.name) for x, (a, b) in link.state.items()}
        found = checker.induction(Relation(goal, ">="), base, step, state, link.index.name)
        chain, id_ = link.target
        wanted = kernels[chain].relation(kernels[chain].chain[id_])
        end = _follows(f"{name}: end", joints, wanted.poly, (found,), _equal(link.finish))
    except (Refused, search.Undecided) as why:
        raise Refused(f"{where}: {why}") from None
    return end


def _put(formula: sp.Expr, values: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    return sp.sympify(formula).xreplace(dict(values))


def _step(link: Link, kernels: Mapping[str, Kernel], paid: Paid) -> Proved:
    """The step's theorem: lemmas cut in, symbols renamed, n + 1 > 0 discharged."""
    new = {x.name: polynomial(f) for x, f in link.rename.items()}
    one = checker.substitute(kernels[link.source[0]][link.source[1]], new)
    own = [lemma for (chain, _), lemma in paid.items() if chain == link.source[0]]
    parts = [checker.substitute(kernels[chain][name], new) for chain, name in link.lemmas]
    for lemma in (*own, *parts):
        if lemma.conclusion not in one.hypotheses:
            raise Refused(f"{lemma.conclusion} is not what the step takes on credit")
        one = checker.cut(lemma, one)
    if link.above is not None:
        counted = checker.assume(Relation(polynomial(link.index), ">="))
        positive = checker.certificate(
            [counted], Relation(polynomial(link.above), ">"), [Term((0,))], (), Fraction(1)
        )
        one = checker.cut(positive, one)
    return one


def _wanted(lemma: Lemma, kernels: Mapping[str, Kernel], joints: Joints) -> Proved:
    chain, name = lemma.target
    kernel = kernels[chain]
    try:
        found = lemma.prove(kernels, joints)
    except (Refused, search.Undecided) as why:
        raise Refused(f"{kernel.chain.id}, lemma to “{name}”: {why}") from None
    if found.conclusion != kernel.relation(kernel.chain[name]):
        raise Refused(f"{kernel.chain.id}: {found.conclusion} is not what “{name}” asks for")
    return found


@dataclass(frozen=True)
class Whole:
    """A theorem's chains, joined: the kernels by name, and the theorems of each chain."""

    kernels: Mapping[str, Kernel]
    proved: Mapping[str, Mapping[str, Proved]]
    inductions: int
    joints: Joints


def whole(
    chains: Sequence[Chain],
    links: Sequence[Link] = (),
    lemmas: Sequence[Lemma] = (),
    stored: Steps | None = None,
) -> Whole:
    """Every chain of a theorem, what was taken on credit replaced by its proof.

    Args:
        stored: multipliers by chain and step; found anew where it is None.

    Raises:
        Refused: for the first step that does not follow, or an input on credit that no link pays.
    """
    kernels = {
        chain.name: Kernel(chain, None if stored is None else stored.get(chain.name, {}))
        for chain in chains
    }
    proved = {name: kernel.run() for name, kernel in kernels.items()}
    paid: Paid = {}
    joints = Joints(None if stored is None else stored.get(JOINTS, {}))
    for lemma in lemmas:
        paid[lemma.target] = _wanted(lemma, kernels, joints)
    for link in links:
        paid[link.target] = joined(link, kernels, paid, joints)
    for chain in chains:
        sources = {link.source[0] for link in links}
        for step in chain.steps:
            owed = step.why == "hypothesis" and chain.name not in sources
            if owed and (chain.name, step.id) not in paid:
                raise Refused(f"{chain.id}: “{step.id}” is taken on credit; no induction pays it")
        for end in chain.conclusions:
            found = proved[chain.name][end.step]
            for (name, _), part in paid.items():
                if name == chain.name:
                    found = checker.cut(part, found)
            proved[chain.name][end.step] = found
    return Whole(kernels, proved, len(links), joints)
