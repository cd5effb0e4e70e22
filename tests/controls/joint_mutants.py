"""A right run of the joint method and faulty ones, for the theorems on its whole run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from edits import FLIP, column, lagging, not_a_number, times, unset
from subjects import Subject
from support.problems import parameters
from support.problems import problem as layered

from amverify.methods import joint, solves
from amverify.methods.joint import JointTIAM
from amverify.network.coupling import Band
from amverify.record.layered.run import traced
from amverify.trace.trace import Trace

NAME = "JointTIAM"
METHOD = JointTIAM(scale=1.5, inertia=0.5, momentum=0.3, record=True)
KL = {"theta": 0.5, "c": 1e6, "fstar": 0.0}
"""A KL inequality that the points of this short run satisfy, with room."""
WHOLE_RUN = ("TPsi", "TB", "TR", "TC0", "TK", "TC", "TCplus")
Patch = Callable[[pytest.MonkeyPatch], None]
Edit = Callable[[Trace], Trace]


def run(patch: Patch | None = None, band: Band | None = None, **options: Any) -> Trace:
    """Twelve sweeps on a small network, with or without a fault in the method's code."""
    given = {"mu": 0.05, "mu_bias": 0.03, "coupling": band or Band(0.3)} | options
    p = layered((4, 3, 3), 5, seed=3, **given)
    with pytest.MonkeyPatch.context() as context:
        if patch is not None:
            patch(context)
        return traced(METHOD, p, parameters(p, 3), 12)


@cache
def right() -> Trace:
    """The right run."""
    return run()


def doubled(patch: pytest.MonkeyPatch) -> None:
    """V_l's steps are twice as long."""
    correct = solves.solved
    patch.setattr(solves, "solved", lambda factor, right: 2 * correct(factor, right))


def reckless(patch: pytest.MonkeyPatch) -> None:
    """Inertia is taken as it is asked for, whatever the weights can pay."""
    patch.setattr(joint, "_ratio", lambda old, new: 1e6)


SUBJECTS = {NAME: Subject(right, WHOLE_RUN, KL)}


def settings(**found: object) -> Edit:
    """The trace with other settings."""

    def edit(trace: Trace) -> Trace:
        return replace(trace, header={**trace.header, "settings": {**trace.settings, **found}})

    return edit


def residuals(factor: float) -> Edit:
    """Every ‖w‖² times a factor, in both tables."""

    def edit(trace: Trace) -> Trace:
        for table, name in (("blocks", "residual"), ("blocks", "second_residual"),
                            ("sweeps", "joint_residual")):  # fmt: skip
            trace = column(table, name, times(factor))(trace)
        return trace

    return edit


def _edits() -> Iterator[tuple[str, Edit, dict[str, float]]]:
    for fault, change in (("of the row before", lagging), ("of the wrong sign", FLIP)):
        yield f"ΔF {fault}", column("blocks", "change", change), {}
    yield "NaN in the trace", column("blocks", "metric_step", not_a_number), {}
    yield "‖e‖²_M × 4", column("blocks", "metric_step", times(4.0)), {}
    yield "δ' × 2.5", column("blocks", "delta_next", times(2.5)), {}
    yield "δ recorded as 0", column("blocks", "delta", unset), {}
    yield "old metric's ‖Δ‖² × ¼", column("blocks", "metric_before", times(0.25)), {}
    yield "‖u‖² × 10⁸", column("blocks", "norm", times(1e8)), {}
    yield "gap × −1", column("blocks", "model_gap", times(-1.0)), {}
    yield "gap × 100", column("blocks", "model_gap", times(100.0)), {}
    yield "‖w‖² × 4", residuals(4.0), {}
    yield "‖w‖² × 10²⁰", residuals(1e20), {}
    yield "Ψ × 10⁻¹⁰", column("sweeps", "lyapunov", times(1e-10)), {}
    yield "Ψ × 10⁻²⁰", column("sweeps", "lyapunov", times(1e-20)), {}
    yield "objective of the previous iterate", column("sweeps", "value", lagging), {}
    yield "ϑ recorded × 9", settings(margin=0.9), {}
    yield "floors recorded × 100", settings(mu=5.0, mu_bias=3.0), {}
    yield "no ridge on b, told", settings(mu_bias=0.0), {}
    yield "ρ recorded × 10⁻⁶", settings(rho=0.4e-6), {}
    yield "starts outside the band", settings(starts_feasible=False), {}
    yield "c of KL × 10⁻⁹", lambda trace: trace, {"c": 1e-3}


def faults() -> Iterator[tuple[str, str, Callable[[], Trace], dict[str, float]]]:
    """Fault, subject, the faulty run, and wrong constants."""
    patches: dict[str, Patch] = {"step doubled": doubled, "not certified": reckless}
    for name, patch in patches.items():
        yield name, NAME, (lambda patch=patch: run(patch)), {}
    yield "ε shrinks in every sweep", NAME, lambda: run(band=Band(0.3, 0.9, 1e-3)), {}
    for name, edit, constants in _edits():
        yield name, NAME, (lambda edit=edit: edit(right())), constants
