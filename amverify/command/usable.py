r"""What can be claimed of one run: theorems and quantities, with what to pass for the others.

print(amverify.usable(recorder.trace()))

usable       descent   the objective decreases at every step
usable once  G1        you pass recorder.trace(L=…)
not for it   T1 T2 …   it speaks of single blocks
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any

import numpy as np

from amverify import shown
from amverify.claims.quantities import KNOWN, available, quantity
from amverify.errors import expect, of_kinds
from amverify.judge.usable import Probing, Use, uses
from amverify.theorems.base import Missing
from amverify.trace.columns import COLUMNS
from amverify.trace.sources import can_have, kind_of
from amverify.trace.trace import HOW_TO_GET_ONE, Trace

COMPUTED = "error bounds are computed where the recorder is given a value of torch tensors"
TRACK = 'any other quantity is recorded by recorder.track("name", function)'
_NAMED = {"step2": "‖x^k − x^{k−1}‖²", "step": "‖x^k − x^{k−1}‖", "grad2": "‖∇f(x^k)‖²",
          "grad": "‖∇f(x^k)‖", "norm2": "‖x^k‖²", "norm": "‖x^k‖", "value": "f(x^k)"}  # fmt: skip


@dataclass(frozen=True)
class Usable:
    """What can be claimed of a run.

    Args:
        subject: the run's name.
        theorems: every theorem of the catalogue.
        quantities: what a claim as text may compare.
    """

    subject: str
    theorems: tuple[Use, ...]
    quantities: tuple[Use, ...]

    def __getitem__(self, name: str) -> Use:
        """A theorem by its id, or a quantity as it is written in a claim.

        Raises:
            KeyError: if it is neither.
        """
        for use in (*self.theorems, *self.quantities):
            if use.name == name:
                return use
        raise KeyError(name)

    def __iter__(self) -> Iterator[Use]:
        """Theorems, then quantities."""
        return iter((*self.theorems, *self.quantities))

    @property
    def usable(self) -> tuple[str, ...]:
        """The ids of the theorems that the run can be judged by as it is."""
        return tuple(use.name for use in self.theorems if use.status == "usable")

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Status, names and what to know: what cannot be used is one row for each reason."""
        for use in self.theorems:
            if use.status == "usable":
                yield "usable", use.name, use.title
        for use in self.theorems:
            if use.status == "once":
                yield "usable once", use.name, f"you pass {use.passing}"
        for why in dict.fromkeys(use.why for use in self.theorems if use.why):
            named = " ".join(use.name for use in self.theorems if use.why == why)
            yield "not for it", named, why

    def claims(self) -> Iterator[str]:
        """What claims as text may compare, in sentences."""
        named = ", ".join(f"{use.name}[k]" for use in self.quantities if use.status == "usable")
        yield f"a claim as text may compare {named}" if named else "nothing to compare in a claim"
        for use in self.quantities:
            if use.status == "once":
                yield f"{use.name}[k] once you pass {use.passing}"
        yield TRACK

    def __str__(self) -> str:
        rows = list(self.rows())
        widths = [max(len(row[i]) for row in rows) for i in (0, 1)]
        widths[1] = min(widths[1], 12)
        lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in rows]
        return "\n".join([self.subject, *lines, *self.claims()])

    def __repr__(self) -> str:
        return f"<Usable on {self.subject!r}: {', '.join(self.usable)}>"

    def _repr_html_(self) -> str:
        return shown.table(("on this run", "theorem", ""), list(self.rows()), self.subject)


def usable(trace: Trace, constants: Mapping[str, Any] | None = None) -> Usable:
    """Which theorems and quantities can be claimed of a run, and what to pass for the others.

    Args:
        trace: what the run left behind.
        constants: that would be declared for the claims, beside those of the trace.

    Raises:
        InvalidInput: for what is no trace, or a constant that is no number.
    """
    expect("trace", trace, Trace, HOW_TO_GET_ONE)
    of_kinds(locals(), {"constants": (Mapping, NoneType)})
    own = [name for name in available(Probing(trace)) if name not in KNOWN]
    names = [*KNOWN, *(name for name in own if name not in COLUMNS["sweeps"])]
    subject = str(trace.header.get("subject", "a run"))
    quantities = tuple(_quantity(trace, name) for name in names)
    return Usable(subject, uses(trace, constants), quantities)


def _quantity(trace: Trace, name: str) -> Use:
    """What may be done with a quantity in claims on a run."""
    ctx = Probing(trace)
    title = _NAMED.get(name, COLUMNS["sweeps"].get(name, "as it was tracked"))
    try:
        quantity(ctx, name, np.arange(trace.rows("sweeps")))
    except Missing as lack:
        ctx.lacks.sources.append(lack.source)
    sources = ctx.lacks.sources
    if not all(can_have(kind_of(trace), one.of) for one in sources):
        return Use(name, title, "never", why="this run has none")
    calls = tuple(dict.fromkeys(one.call for one in sources))
    return Use(name, title, "once" if sources else "usable", arguments=calls)
