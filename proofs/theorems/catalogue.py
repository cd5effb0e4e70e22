r"""All theorems' proofs, in one list and of one form, whichever way they were written down.

A theorem is proved by a function over the ledger (``ledger.py``) or by chains (``chains.py``,
``links.py``); both end in theorems of the same kernel, and in an ``Outcome``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from amverify.errors import InvalidInput
from amverify.theorems import theorem
from amverify.theorems.base import Theorem
from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Poly, Refused
from proofs.script import ledger as ledgers
from proofs.script.certificates import load
from proofs.script.chains import Chain
from proofs.script.cited import Cited, same
from proofs.script.grants import Leaf, counted
from proofs.script.ledger import Line, Prove, Start
from proofs.script.links import JOINTS, Join
from proofs.script.whole import Whole, whole
from proofs.search import multipliers as search
from proofs.theorems import (
    classical,
    complexity,
    convergence,
    criticality,
    extrapolated,
    inexact,
    inexact_rates,
    levels,
    lyapunov,
    metric,
    minimisers,
    rates,
    regions,
    relative,
    residuals,
    residuals_penalty,
    samt,
    samt_joins,
    shared_batch,
    tiam,
    wide,
)
from proofs.theorems import one_batch as samt_s3

LEDGERS: Mapping[str, Prove] = {
    **tiam.GROUP, **regions.GROUP, **wide.GROUP, **relative.GROUP, **criticality.GROUP,
    **classical.GROUP, **metric.GROUP, **lyapunov.GROUP, **residuals.GROUP,
    **residuals_penalty.GROUP,
}  # fmt: skip
CHAINS: tuple[Chain, ...] = (
    *rates.CHAINS,
    *inexact.CHAINS,
    *inexact_rates.CHAINS,
    *levels.CHAINS,
    *complexity.CHAINS,
    *convergence.CHAINS,
    *minimisers.CHAINS,
    *samt.CHAINS,
    *samt_s3.CHAINS,
    *shared_batch.CHAINS,
    *extrapolated.CHAINS,
)
ORDER = (
    *("T1", "T1p", "T2", "T2n", "T2z", "T3", "T3z", "T4", "T5", "T5e", "T6", "T6e", "C1"),
    *("TM", "TMG", "TMQ", "TH", "TJ"),
    *("TPsi", "TB", "TBp", "TR", "TRp", "TC0", "TK", "TC", "TCplus"),
    *("S1", "S2", "S3", "S4", "S4m", "S5", "S6", "S7", "S8", "G1", "G2", "G3", "G4"),
)
"""Every theorem with a proof, in the order of the specification."""

JOINS: Mapping[str, tuple[Join, ...]] = {
    **rates.JOINS,
    **inexact.JOINS,
    **levels.JOINS,
    **complexity.JOINS,
    **convergence.JOINS,
    **minimisers.JOINS,
    **samt_joins.JOINS,
    "S7": shared_batch.JOINS,
    "S8": extrapolated.JOINS,
}
"""How the chains of a theorem are joined."""

CITED: Mapping[str, tuple[Cited, ...]] = {"TPsi": lyapunov.CITED}
"""Hypotheses that are conclusions of other theorems; none of those cites again."""

Found = dict[str, dict[str, tuple[Poly, ...]]]


@dataclass(frozen=True)
class Fact:
    """What a proof takes from analysis: a statement, and where it is proved."""

    text: str
    source: str


@dataclass(frozen=True)
class Outcome:
    """A theorem that the kernel accepted.

    Args:
        theorem: the object.
        parts: the lines of each proof or chain, by name.
        certificates: how many identities were expanded.
        facts: what is taken from analysis.
        obligations: (step, premises, goal) of each certificate.
        found: multipliers, if they were searched for.
        seconds: how long it took.
        leaves: what its conclusions rest on, each with the reason why that may be granted.
    """

    theorem: Theorem
    parts: Mapping[str, tuple[Line, ...]]
    facts: tuple[Fact, ...]
    obligations: tuple[tuple[str, tuple[Relation, ...], Relation], ...]
    found: Found
    seconds: float
    leaves: tuple[Leaf, ...] = ()

    @property
    def rests(self) -> Mapping[str, int]:
        """How many conditions, hypotheses, definitions, facts and instances of facts those are."""
        return counted(self.leaves)

    @property
    def steps(self) -> int:
        """How many lines the proof has."""
        return sum(len(lines) for lines in self.parts.values())

    @property
    def certificates(self) -> int:
        """How many of them are certificates."""
        return len(self.obligations)


def known(name: str) -> Theorem:
    """A theorem that has a proof.

    Raises:
        InvalidInput: for an unknown id, or one that states nothing to prove.
    """
    found = theorem(name)
    if found.id not in ORDER:
        raise InvalidInput(f"{found.id} has no proof here; those that have: {', '.join(ORDER)}")
    return found


def prove(
    name: str, folder: Path | None = None, seek: bool = False, variant: Theorem | None = None
) -> Outcome:
    """A theorem through the kernel.

    Args:
        name: its id.
        folder: where the certificates lie.
        seek: find the multipliers anew instead of reading them.
        variant: another object in its place, for mutants.

    Raises:
        InvalidInput: for an unknown id.
        Refused: naming theorem and step, if a step does not follow.
    """
    began, found = time.perf_counter(), variant or known(name)
    stored, find = ({}, search.multipliers) if seek else (load(name, folder), None)
    if name in LEDGERS:
        start = Start(found, stored, find)
        _cite(found, folder)
        return _of_ledger(ledgers.check(LEDGERS[name], start))
    chains = tuple(c for c in CHAINS if c.theorem.id == name)
    if variant is not None:
        chains = tuple(c.of(variant) for c in chains)
    if any(chain.theorem is not found for chain in chains):
        raise Refused(f"{name}: a chain is of another object")
    made = whole(chains, JOINS.get(name, ()), stored, find)
    _complete(found, chains)
    return _of_chains(found, made, began)


def _cite(found: Theorem, folder: Path | None) -> None:
    """What a theorem takes of others is what they say, and is proved of them."""
    for cited in CITED.get(found.id, ()):
        if known(cited.theorem.id) is not cited.theorem:
            raise Refused(f"{found.id}: {cited.theorem.id} is cited, but another object")
        same(found, cited)
        prove(cited.theorem.id, folder)


def _complete(found: Theorem, chains: tuple[Chain, ...]) -> None:
    """Every conclusion of the object is the end of a chain."""
    reached = [end.inequality for chain in chains for end in chain.conclusions]
    for part in found.conclusions:
        if part.inequality not in reached:
            raise Refused(f"{found.id}: conclusion “{part.inequality.name}” is not reached")


def _of_ledger(record: ledgers.Record) -> Outcome:
    taken = (Fact(x.text, x.source) for x in record.leaves if x.reason == "fact")
    facts = tuple(dict.fromkeys(taken))
    return Outcome(
        record.theorem,
        {p.key: tuple(p.lines) for p in record.proofs},
        facts,
        tuple(o for p in record.proofs for o in p.obligations),
        {p.key: p.multipliers.found for p in record.proofs},
        record.seconds,
        record.leaves,
    )


def _of_chains(found: Theorem, made: Whole, began: float) -> Outcome:
    parts = {}
    facts = [Fact(leaf.text, leaf.source) for leaf in made.leaves if leaf.reason == "fact"]
    for name, kernel in made.kernels.items():
        lines = tuple(
            Line(
                step.id,
                str(kernel[step.id].conclusion),
                kernel.reason(step),
                step.uses,
            )
            for step in kernel.chain.steps
        )
        parts[name or "conclusion"] = lines
    if made.inductions:
        ends = [Line(f"induction {i + 1}", "", "induction") for i in range(made.inductions)]
        parts["joined"] = tuple(ends)
    return Outcome(
        found,
        parts,
        tuple(dict.fromkeys(facts)),
        tuple(o for kernel in made.kernels.values() for o in kernel.obligations),
        {name: kernel.multipliers.found for name, kernel in made.kernels.items()}
        | ({JOINTS: made.joints.found} if made.joints.found else {}),
        time.perf_counter() - began,
        made.leaves,
    )
