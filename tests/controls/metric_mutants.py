"""Joint blocks in their metrics: a right run, and what a program or its records may get wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from edits import FLIP, QUADRUPLE, column, lagging, not_a_number, times, unset
from subjects import Subject
from support.metric_steps import Parts, Plan, metric_run

from amverify.trace.trace import Trace

Fault = tuple[str, str, Callable[[], Trace], dict[str, float]]
NAME = "joint blocks in metrics"
CLAIMS = ("TM", "TMG", "TMQ", "TH", "TJ")


def run(plan: Plan | None = None) -> Trace:
    """One network."""
    return metric_run(plan, count=1, sweeps=12, seed=3)


AHEAD = {"V": 0.75}
CANCELS, CANCELLING = "inertia that cancels", Plan(certified=False, p1=AHEAD, p2=AHEAD)
SUBJECTS: dict[str, Subject] = {
    NAME: Subject(run, CLAIMS, {}),
    CANCELS: Subject(partial(run, CANCELLING), ("TM", "TMG", "TMQ"), {}),
}


def _doubled(kind: str, g: Parts) -> Parts:
    return [2 * x for x in g]


def _flipped(kind: str, g: Parts) -> Parts:
    """The first coordinate of each block has the wrong sign."""
    for x in g:
        x[..., 0, 0] = -x[..., 0, 0]
    return g


def _dead(kind: str, g: Parts) -> Parts:
    """No gradient of V is ever computed."""
    return [0 * x for x in g] if kind == "V" else g


class _Stale:
    """Each gradient is that of the sweep before."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, tuple[int, ...]], Parts] = {}

    def __call__(self, kind: str, g: Parts) -> Parts:
        key = (kind, g[0].shape)
        before, self.seen[key] = self.seen.get(key, g), [x.copy() for x in g]
        return before


class _Poisoned:
    """From the ninth gradient on there is a NaN in it."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, kind: str, g: Parts) -> Parts:
        self.count += 1
        if self.count > 8:
            g[0][..., 0, 0] = np.nan
        return g


def _plans() -> Iterator[tuple[str, Callable[[], Plan]]]:
    yield "step doubled", partial(Plan, gradient=_doubled)
    yield "sign flipped", partial(Plan, gradient=_flipped)
    yield "block left stale", lambda: Plan(gradient=_Stale())
    yield "block never updated", partial(Plan, gradient=_dead, c=0.0)
    yield "NaN", lambda: Plan(gradient=_Poisoned())
    yield "M × 0.9", partial(Plan, stretch=0.9)
    yield "M × 1.5, which is not Q", partial(Plan, stretch=1.5)
    yield "M recorded × 0.9", partial(Plan, metric=0.9)
    yield "M recorded × 2", partial(Plan, metric=2.0)
    yield "displacements forgotten", partial(Plan, forgets=True)
    yield "s = 0.8 in y", partial(Plan, s={"V": 1.0, "y": 0.8, "z": 1.0}, inertia=0.0)
    yield "p3 > 0 in y", partial(Plan, t={"V": 1.25, "y": 1.25, "z": 1.0})
    yield "p3 > 0 in z_L", partial(Plan, t={"V": 1.25, "y": 1.0, "z": 1.25})
    heavy = {"V": 0.75, "y": 0.75, "z": 0.75}
    yield "not certified", partial(Plan, certified=False, p1=heavy)
    yield "p1 and p2 that cancel", lambda: CANCELLING


def _edits() -> Iterator[tuple[str, Callable[[Trace], Trace]]]:
    for fault, change in (
        ("ΔF of the row before", lagging),
        ("ΔF of the wrong sign", FLIP),
        ("NaN in the trace", not_a_number),
    ):
        yield fault, column("blocks", "change", change)
    yield "‖e‖²_M × 4", column("blocks", "metric_step", QUADRUPLE)
    yield "⟨Δ, e⟩_M with the wrong sign", column("blocks", "metric_cross", times(-1.0))
    yield "⟨e, Qe⟩ × 2", column("blocks", "hessian_step", times(2.0))
    yield "‖Δ‖² of the old metric × ¼", column("blocks", "metric_before", times(0.25))
    yield "t recorded as 1", column("blocks", "t", lambda x: np.ones_like(x))
    yield "s recorded × 1.1", column("blocks", "s", times(1.1))
    yield "p1 recorded as 0", column("blocks", "p1", unset)
    yield "δ recorded as 0", column("blocks", "delta", unset)
    yield "weight δ' × 2.5", column("blocks", "delta_next", times(2.5))
    yield "blocks that are none of these", column("blocks", "update", _plain)


def _plain(x: Any) -> Any:
    return np.full_like(x, b"gradient")


def faults() -> Iterator[Fault]:
    """Fault, subject, the faulty run, and wrong constants."""
    for name, plan in _plans():
        yield name, NAME, (lambda plan=plan: run(plan())), {}
    for name, edit in _edits():
        yield name, NAME, (lambda edit=edit: edit(run())), {}
    for name, changed, factor in (
        ("⟨Δ, Qe⟩ × 2", "hessian_cross", 2.0),
        ("p2 recorded × ½", "p2", 0.5),
        ("‖Δ‖²_M × ½", "metric_inertia", 0.5),
    ):
        edit = column("blocks", changed, times(factor))
        yield name, CANCELS, (lambda edit=edit: edit(run(CANCELLING))), {}
