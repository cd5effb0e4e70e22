r"""Which theorems a run can be judged by, and what it takes for the others.

    for use in uses(trace):
        print(use.name, use.says)      # usable; usable once …; not for this kind of run: …

Nothing is judged here. Each theorem's facts and views are called on the trace through a context
that notes what is missing and puts something in its place, so that the next thing missing is seen
too. So no list of what a theorem needs is kept by hand: it is what the audit itself would ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.balls import Ball
from amverify.theorems import CATALOGUE, Theorem
from amverify.theorems.base import Context, Impossible, Known, Missing, Parameter
from amverify.trace.sources import Kind, Source, can_have, kind_of, lacking, source
from amverify.trace.trace import Trace

Status = Literal["usable", "once", "never"]

WHY: Mapping[Kind, str] = {
    "any": "rows are missing",
    "step": "it speaks of gradient steps",
    "block": "it speaks of single blocks, as recorder.block(name, x, value) records them",
    "layered": "it speaks of layered networks",
    "joint": "it speaks of JointTIAM's blocks",
    "training": "it speaks of sampled batches",
    "enumerated": "it speaks of enumerated batches",
    "loop": "it speaks of scaled blocks",
}
"""Why a theorem is not for a kind of run: what of it the run has nothing of."""


@dataclass(frozen=True)
class Use:
    """What may be done with a theorem, or a quantity in a claim, on a run.

    Args:
        name: the theorem's id, or the quantity as it is written in a claim.
        title: a few words.
        status: *usable*; *once* the arguments are passed; *never* on this kind of run.
        constants: to declare.
        arguments: to pass to the recorder.
        why: not for this kind of run.
    """

    name: str
    title: str
    status: Status
    constants: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    why: str = ""

    @property
    def says(self) -> str:
        """The status in words, with what to pass."""
        if self.status == "usable":
            return "usable"
        if self.status == "never":
            return f"not for this kind of run: {self.why}"
        return f"usable once you pass {self.passing}"

    @property
    def passing(self) -> str:
        """What to pass, as calls."""
        declared = [f"recorder.trace({name}=…)" for name in self.constants]
        return ", ".join(_merged([*declared, *self.arguments]))

    def __str__(self) -> str:
        return f"{self.name} {self.title}: {self.says}"


_SETTINGS = "settings={"


def _merged(calls: Iterable[str]) -> list[str]:
    """Calls of one function as one call with all its arguments."""
    found: dict[str, list[str]] = {}
    for call in calls:
        name, bracket, inside = call.partition("(")
        parts = inside[:-1].split(", ") if inside.count("(") == inside.count(")") - 1 else [inside]
        found.setdefault(name if bracket else call, []).extend(parts if bracket else [])
    return [f"{name}({', '.join(_settled(given))})" for name, given in found.items()]


def _settled(given: Iterable[str]) -> list[str]:
    """Arguments, each once; the settings among them in one dictionary."""
    given = list(dict.fromkeys(given))
    inside = [one[len(_SETTINGS) : -1] for one in given if one.startswith(_SETTINGS)]
    rest = [one for one in given if not one.startswith(_SETTINGS)]
    return [*rest, f"{_SETTINGS}{', '.join(inside)}}}"] if inside else rest


@dataclass
class Lacks:
    """What one theorem asked for in vain."""

    constants: list[str] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.constants) + len(self.sources)


@dataclass(frozen=True)
class Probing(Context):
    """A context that notes what is missing, and answers with something all the same.

    Args:
        lacks: what was asked for in vain.
    """

    lacks: Lacks = field(default_factory=Lacks, compare=False)

    def column(self, table: str, name: str) -> NDArray[Any]:
        """A column; of one that is missing, zeros."""
        found = self.trace.table(table)
        if name in found:
            return found[name]
        by = lacking(self.trace, name) if table == "sweeps" else (source(table, name),)
        self.lacks.sources.extend(by)
        kind = "S4" if name in ("kind", "update") else np.int64 if name == "layer" else float
        return np.zeros(self.trace.rows(table), dtype=kind)

    def known(self, parameter: Parameter) -> Known:
        """A constant; of one that is missing, 1."""
        try:
            return super().known(parameter)
        except Missing:
            self.lacks.constants.append(parameter.name)
            return Known(Ball.of(1.0), "declared")

    def setting(self, name: str) -> Any:
        """A setting of the run.

        Raises:
            Missing: if the trace does not say, for nothing may stand in its place.
        """
        try:
            return super().setting(name)
        except Impossible:
            raise
        except Missing as lack:
            self.lacks.sources.append(lack.source)
            raise


def uses(
    trace: Trace,
    constants: Mapping[str, Any] | None = None,
    among: Iterable[Theorem] = tuple(CATALOGUE.values()),
) -> tuple[Use, ...]:
    """What may be done with each theorem on a run.

    Args:
        trace: the run.
        constants: that would be declared for the claims, beside those of the trace.
        among: the theorems; all of the catalogue unless given.
    """
    given = constants or {}
    return tuple(_use(trace, given, theorem) for theorem in among)


def _use(trace: Trace, constants: Mapping[str, Any], theorem: Theorem) -> Use:
    ctx = Probing(trace, constants)
    broken = list(_broken(ctx, theorem))
    instances = sum(_instances(ctx, theorem))
    lacks = Lacks() if _complete(Context(trace, constants), theorem) else ctx.lacks
    why = _foreign(trace, theorem, lacks) or next(iter(broken), "")
    if not why and not len(lacks) and not instances:
        why = "no row is of its kind"
    if why:
        return Use(theorem.id, theorem.title, "never", why=why)
    names = tuple(p.name for p in theorem.parameters if p.name in lacks.constants)
    arguments = tuple(dict.fromkeys(s.call for s in lacks.sources))
    status: Status = "once" if len(lacks) else "usable"
    return Use(theorem.id, theorem.title, status, names, arguments)


def _complete(ctx: Context, theorem: Theorem) -> bool:
    """Whether facts and conclusions find all that they need: some constants have a default."""
    try:
        for part in theorem.conclusions:
            part.view(ctx)
    except Missing:
        return False
    return all(fact.check(ctx).holds is not None for fact in theorem.facts)


def _foreign(trace: Trace, theorem: Theorem, lacks: Lacks) -> str:
    """What the theorem speaks of that a run of this kind does not have; the narrowest of it."""
    kind = kind_of(trace)
    foreign = [one.of for one in lacks.sources if not can_have(kind, one.of)]
    if "inertia" in theorem.liveness and "inertia" not in trace.blocks:
        foreign.append("block")
    return WHY[max(foreign, key=list(WHY).index)] if foreign else ""


def _broken(ctx: Probing, theorem: Theorem) -> Iterator[str]:
    """Facts that fail whatever is still missing."""
    for fact in theorem.facts:
        before = len(ctx.lacks)
        try:
            found = fact.check(ctx)
        except Exception:
            if len(ctx.lacks) == before:
                raise
            continue
        if found.holds is False and len(ctx.lacks) == before:
            yield f"“{fact.text}” fails"


def _instances(ctx: Probing, theorem: Theorem) -> Iterator[int]:
    """How many instances each conclusion has, as far as can be said."""
    for part in theorem.conclusions:
        before = len(ctx.lacks)
        try:
            yield len(part.view(ctx))
        except Missing as lack:
            if len(ctx.lacks) == before:
                ctx.lacks.sources.append(lack.source)
        except Exception:
            if not len(ctx.lacks):
                raise
