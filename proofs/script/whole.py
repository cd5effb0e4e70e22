"""A theorem's chains, run and joined.

Refused is a credit that nobody pays, a chain that nobody uses, and a conclusion that rests on
anything but granted leaves (``ground.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from proofs.kernel.checker import Proved
from proofs.kernel.polynomial import Refused
from proofs.script.certificates import Steps
from proofs.script.chains import Chain
from proofs.script.grants import Leaf
from proofs.script.ground import Ground
from proofs.script.links import JOINTS, Bench, Join, Link, joined, looked_at
from proofs.script.multipliers import Find, Multipliers
from proofs.script.proving import Kernel


@dataclass(frozen=True)
class Whole:
    """A theorem's chains, joined.

    Args:
        kernels: the chains by name.
        proved: the conclusions' theorems, by chain and step.
        inductions: how many there are.
        joints: multipliers.
        leaves: what the conclusions rest on.
    """

    kernels: Mapping[str, Kernel]
    proved: Mapping[str, Mapping[str, Proved]]
    inductions: int
    joints: Multipliers
    leaves: tuple[Leaf, ...]


def whole(
    chains: Sequence[Chain],
    joins: Sequence[Join] = (),
    stored: Steps | None = None,
    find: Find | None = None,
) -> Whole:
    """Every chain of a theorem, what was taken on credit replaced by its proof.

    Args:
        stored: multipliers by chain and step.
        find: where they come from instead, while they are being searched for.

    Raises:
        Refused: for the first step that does not follow, a conclusion that rests on what nobody
            granted, or a chain that nothing uses.
    """
    stored = stored or {}
    kernels = run(chains, stored, find)
    return together(chains, kernels, joins, Multipliers(stored.get(JOINTS, {}), find))


def run(
    chains: Sequence[Chain], stored: Steps | None = None, find: Find | None = None
) -> Mapping[str, Kernel]:
    """The chains of a theorem, each by itself, by name.

    Raises:
        Refused: for the first step that does not follow.
    """
    stored = stored or {}
    kernels = {
        chain.name: Kernel(chain, Multipliers(stored.get(chain.name, {}), find)) for chain in chains
    }
    if len(kernels) != len(chains):
        raise Refused(f"{chains[0].theorem.id}: two chains of one name")
    if any(chain.theorem is not chains[0].theorem for chain in chains):
        raise Refused(f"{chains[0].theorem.id}: a chain is of another object")
    for kernel in kernels.values():
        kernel.run()
    return kernels


def together(
    chains: Sequence[Chain],
    kernels: Mapping[str, Kernel],
    joins: Sequence[Join],
    joints: Multipliers,
) -> Whole:
    """Chains that have run, joined.

    Raises:
        Refused: for a conclusion that rests on what nobody granted, or a chain that nothing uses.
    """
    bench = Bench(kernels, joints, Ground(chains[0].theorem))
    for kernel in kernels.values():
        for leaf in kernel.granted.values():
            bench.ground.enter(leaf)
        bench.ground.needs.update(kernel.needs)
    for join in joins:
        bench.paid[join.target] = (
            joined(join, bench) if isinstance(join, Link) else looked_at(join, bench)
        )
    proved, leaves = _settled(chains, bench)
    for chain in chains:
        if not chain.conclusions and chain.name not in bench.used:
            raise Refused(f"{chain.id} is proved, but nothing uses it")
    inductions = sum(isinstance(join, Link) for join in joins)
    return Whole(kernels, proved, inductions, joints, leaves)


def _settled(
    chains: Sequence[Chain], bench: Bench
) -> tuple[dict[str, dict[str, Proved]], tuple[Leaf, ...]]:
    proved: dict[str, dict[str, Proved]] = {chain.name: {} for chain in chains}
    leaves: list[Leaf] = []
    for chain in chains:
        for end in chain.conclusions:
            found = bench.proved(chain.name, end.step)
            parts = (p for p in chain.theorem.conclusions if p.inequality == end.inequality)
            leaves += bench.ground.settle(found, next(parts))
            proved[chain.name][end.step] = found
    return proved, tuple(dict.fromkeys(leaves))
